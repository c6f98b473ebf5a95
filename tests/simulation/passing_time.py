"""What time brings to a simulated world: steps of its market, and a machine's clock that is set now and then."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from tests.simulation.light_market import LightMarket

from adapters.simulated.jumping_clock import JumpingClock
from tradecore.ports.clock import Clock

_OFF_S: Final = (1.0, 20.0)
_OFF_FOR_S: Final = (5.0, 30.0)


async def move_market(market: LightMarket, time: Clock, ends: datetime, on_step: Callable[[datetime], None]) -> None:
    """Tell of each step of the market as it comes."""
    step = 1
    while (at := market.step_at(step)) < ends:
        await asyncio.sleep((at - time.now()).total_seconds())
        on_step(at)
        step += 1


async def set_clock(
    clock: JumpingClock, random: np.random.Generator, per_hour: float, may_jump: Callable[[], bool]
) -> None:
    """Set the machine's clock forward or back, and right again after a while."""
    while per_hour > 0:
        await asyncio.sleep(float(random.exponential(3600 / per_hour)))
        if not may_jump():
            return
        ahead = float(random.uniform(*_OFF_S)) * (1 if random.random() < 0.7 else -1)
        clock.set_off(timedelta(seconds=ahead))
        await asyncio.sleep(float(random.uniform(*_OFF_FOR_S)))
        clock.set_off(timedelta(0))
