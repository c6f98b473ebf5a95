"""Every clock keeps the promises of the Clock port."""

from datetime import UTC, datetime, timedelta

from adapters.memory.clock import ManualClock
from adapters.simulated.jumping_clock import JumpingClock
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import PacedClock, SystemClock, machine_seconds
from tradecore.ports.clock import Clock
from tradecore.testing.clock_contract import ClockContract

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


class TestManualClock(ClockContract):
    def clock(self) -> Clock:
        return ManualClock(NOON)


class TestSystemClock(ClockContract):
    def clock(self) -> Clock:
        return SystemClock()


class TestPacedClock(ClockContract):
    def clock(self) -> Clock:
        return PacedClock(NOON, 10.0, machine_seconds)


class TestJumpingClock(ClockContract):
    def clock(self) -> Clock:
        clock = JumpingClock(SystemClock())
        clock.set_off(timedelta(seconds=5))
        clock.now()
        clock.set_off(timedelta(seconds=-5))
        return clock


class TestVirtualClock(ClockContract):
    def clock(self) -> Clock:
        loop = VirtualTimeLoop()
        clock = VirtualClock(loop, NOON)
        loop.close()
        return clock
