"""The kill switch at any moment of a busy session: from its record on nothing that takes risk leaves the desk."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.kill_scene import BusyTrader, BusyWorld
from tests.simulation.cheap_greeks import cheap_greeks
from tests.simulation.mortal import mortal_tasks
from tests.simulation.world import DeskDied

from adapters.simulated.virtual_time import VirtualTimeLoop
from tradecore.desk.latches import Latch
from tradecore.ports.stop_signal import StopRequest
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import ActionAnswer

WAYS: Final = ("tool", "flatten", "stop file", "stop file, flatten")
TRADERS: Final = 2
_OBEYED_WITHIN_S: Final = 90.0
_ENDED_WITHIN_S: Final = 90.0
_LIFTED_WITHIN_S: Final = 120.0
_EXITS_WITHIN_S: Final = 20.0
_SESSION_S: Final = 420.0


@dataclass(slots=True)
class Killer:
    """Engages the kill switch again and again, each time at another moment and another way."""

    world: BusyWorld
    trader: BusyTrader
    chance: Random
    share: Share
    wrong: list[str] = field(default_factory=list)

    async def one_point(self) -> None:
        """Engage, look on, lift."""
        world, chance = self.world, self.chance
        await self._a_moment()
        seen = len(world.door.wrong)
        self.wrong = []
        situations = world.situations()
        if chance.random() < 0.15:
            world.die_soon(chance.randrange(1, 80))
        world.dies_after_record = chance.randrange(1, 10) if chance.random() < 0.2 else None
        way = chance.choice(WAYS)
        await self._engage(way)
        if chance.random() < 0.2 and world.end_desk():
            situations.add("restart after it")
        await self._hold(flattened=way.endswith("flatten"))
        self.wrong += world.door.wrong[seen:]
        self.share.count(way, "; ".join([*self.wrong, str(sorted(situations))]) if self.wrong else None)
        self.share.kinds.update(situations)
        if not await self._soon(self._lifted, _LIFTED_WITHIN_S, self.trader.lift):
            self.share.fail("the kill switch could not be lifted")

    async def _a_moment(self) -> None:
        """Wait a while, then for something to move, then for a few steps or milliseconds more."""
        chance = self.chance
        await asyncio.sleep(chance.uniform(0.3, 4.0))
        if chance.random() < 0.7:
            self.world.door.moving.clear()
            try:
                await asyncio.wait_for(self.world.door.moving.wait(), 10.0)
            except TimeoutError:
                return
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        await asyncio.sleep(
            chance.choice([0.0, chance.uniform(0, 0.015), chance.uniform(0, 0.2), chance.uniform(0, 3)])
        )

    async def _engage(self, way: str) -> None:
        flatten = way.endswith("flatten")
        if way.startswith("stop file"):
            self.world.stop_file.leave(StopRequest("the campaign", flatten=flatten))
            if not await self._soon(self._obeyed, _OBEYED_WITHIN_S):
                self.wrong.append(f"the stop file was not obeyed within {_OBEYED_WITHIN_S:g} s")
            return
        while True:
            try:
                answer = await self.world.call(
                    lambda floor: kill_switch.engage(floor, "campaign", flatten=flatten, reason="a point")
                )
            except DeskDied:
                # Whoever hears nothing asks again.
                continue
            self._compare(answer)
            return

    def _compare(self, answer: ActionAnswer) -> None:
        missing = set(self.world.open_entries()) - set(answer.not_cancelled)
        if missing:
            self.wrong.append(f"{sorted(missing)} may still fill and are not listed")

    async def _hold(self, *, flattened: bool) -> None:
        """It holds in whatever life answers, entries are withdrawn, and exits go on."""
        world, chance = self.world, self.chance
        await self._must_hold()
        closes = flattened or chance.random() < 0.4
        if closes:
            await self._exits_leave(asks=not flattened)
        await asyncio.sleep(chance.uniform(0.5, 3.0))
        await self._must_hold()
        floor = await world.living_floor()
        for order_id in world.open_entries():
            order = floor.desk.orders.get(order_id)
            if order is None or not order.may_be_at_venue:
                self.wrong.append(f"{order_id} may still fill and the desk does not know it")
            elif not order.is_unknown and order_id not in world.door.cancels_asked:
                self.wrong.append(f"nobody asked to cancel {order_id}")

    async def _must_hold(self) -> None:
        floor = await self.world.living_floor()
        if Latch.KILL_SWITCH not in floor.desk.latches:
            self.wrong.append("the kill switch does not hold")

    async def _exits_leave(self, *, asks: bool) -> None:
        """Each group that is held is sold, or has an exit that left; one that may have left before a death counts."""
        floor = await self.world.living_floor()
        life, left = self.world.lives[-1], self.world.door.left
        waiting = {group.label for group in floor.desk.open_groups}

        def leave() -> bool:
            ids = {order.client_order_id for order in left}
            for group in floor.desk.groups:
                order = floor.desk.orders[group.closing.order_id] if group.closing is not None else None
                if not group.is_open or (order is not None and (order.client_order_id in ids or order.is_unknown)):
                    waiting.discard(group.label)
            return life.is_over or not waiting

        if not await self._soon(leave, _EXITS_WITHIN_S, self.trader.close_everything if asks else None):
            self.wrong.append(f"no exit left for {sorted(waiting)}")

    def _obeyed(self) -> bool:
        return self.world.is_living and self.world.stop_file.requested() is None

    def _lifted(self) -> bool:
        floor = self.world._floor
        return self.world.is_living and floor is not None and Latch.KILL_SWITCH not in floor.desk.latches

    async def _soon(
        self, done: Callable[[], bool], seconds: float, act: Callable[[], Awaitable[None]] | None = None
    ) -> bool:
        until = asyncio.get_running_loop().time() + seconds
        while not done():
            if asyncio.get_running_loop().time() >= until:
                return False
            if act is not None:
                await act()
            await asyncio.sleep(0.25)
        return True

    async def the_end(self) -> None:
        """Once nothing goes wrong any more, every entry ends and everything is sold."""
        self.world.calm_down()
        await self._engage("flatten")
        if not await self._soon(lambda: not self.world.open_entries(), _ENDED_WITHIN_S):
            self.share.fail(f"{self.world.open_entries()} still work, {_ENDED_WITHIN_S:g} s after the last fault")
        if not await self._soon(lambda: not self.world.account.holdings, _ENDED_WITHIN_S):
            self.share.fail(f"{self.world.account.holdings} still held, {_ENDED_WITHIN_S:g} s after the last fault")


def run(seed: int, count: int) -> Share:
    """So many points, in as many sessions as they take."""
    share, session = Share(seed), 0
    while share.tried < count:
        _session(seed * 1_000 + session, count, share)
        session += 1
    return share


def _session(seed: int, count: int, share: Share) -> None:
    loop = VirtualTimeLoop(seed)
    loop.set_task_factory(mortal_tasks)
    loop.set_exception_handler(lambda *_: None)
    try:
        with cheap_greeks():
            loop.run_until_complete(_points(seed, count, share, loop))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _points(seed: int, count: int, share: Share, loop: VirtualTimeLoop) -> None:
    world = BusyWorld(seed, loop)
    try:
        killer = Killer(world, BusyTrader(world, 0), Random(seed), share)
        world.begin()
        traders = [asyncio.ensure_future(BusyTrader(world, number).be_busy()) for number in range(1, TRADERS + 1)]
        while share.tried < count and loop.time() < _SESSION_S:
            await killer.one_point()
        for trader in traders:
            trader.cancel()
        await killer.the_end()
        share.kinds["orders"] += len(world.door.left)
        share.kinds["lives"] += len(world.lives)
    finally:
        await world.wire.close()
        world.bury()


CAMPAIGN: Final = Campaign("kill-switch", "points", "broken", 10_000, 20, run)
