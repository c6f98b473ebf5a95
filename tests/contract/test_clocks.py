"""Every clock keeps the promises of the Clock port."""

from datetime import UTC, datetime

from adapters.memory.clock import ManualClock
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import SystemClock
from tradecore.ports.clock import Clock
from tradecore.testing.clock_contract import ClockContract

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


class TestManualClock(ClockContract):
    def clock(self) -> Clock:
        return ManualClock(NOON)


class TestSystemClock(ClockContract):
    def clock(self) -> Clock:
        return SystemClock()


class TestVirtualClock(ClockContract):
    def clock(self) -> Clock:
        loop = VirtualTimeLoop()
        clock = VirtualClock(loop, NOON)
        loop.close()
        return clock
