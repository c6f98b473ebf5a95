"""A simulated session that is busy all the time, and a door that knows since when nothing may take risk any more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
from tests.simulation.options import Options, only_the_loss_caps
from tests.simulation.seeded_trader import SeededTrader
from tests.simulation.witness import Witness
from tests.simulation.world import World

from adapters.simulated.faults import Fault, FaultRates
from adapters.simulated.virtual_time import VirtualTimeLoop
from adapters.system.stop_file import STOP_FILE, StopFile
from tradecore.desk.commands import EngageKillSwitch
from tradecore.desk.decisions import Decision
from tradecore.desk.tickets import TicketState
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Effect
from tradecore.risk.picture import TradingState
from tradecore.usecases.floor import TradingFloor

_PAUSE_S: Final = 0.5
_OUTAGES_AN_HOUR: Final = 30.0
_CRASHES_AN_HOUR: Final = 2.0
_WITH_CRASHES: Final = 0.4
_FEWER: Final = 0.3
_TRIES_IN_VAIN: Final = 0.2
_NOT_ASKED_HERE: Final = (
    Fault.BUST,
    Fault.CORRECTION,
    Fault.LIQUIDATION,
    Fault.FOREIGN_ORDER,
    Fault.LEGS_APART,
    Fault.CLOCK_JUMP,
)


class Door(Witness):
    """
    The last thing an order passes; tells of each order that takes risk when none may.

    None may while an engaged kill switch is durable, and while somebody's request to stop lies there.
    """

    def __init__(self, world: World, stop_file: Path) -> None:
        super().__init__(world.wire, world.truth, world.overheard, lambda: None)
        self._world = world
        self._stop_file = stop_file
        self.wrong: list[str] = []
        self.left: list[ConfirmedOrder] = []
        self.cancels_asked: set[str] = set()
        self.moving = asyncio.Event()

    async def submit(self, order: ConfirmedOrder) -> None:
        self._look_at(order)
        self.moving.set()
        await super().submit(order)

    async def cancel(self, client_order_id: str) -> None:
        self.cancels_asked.add(client_order_id)
        self.moving.set()
        await super().cancel(client_order_id)

    def _look_at(self, order: ConfirmedOrder) -> None:
        order_id = order.client_order_id
        self.left.append(order)
        if order.effect is not Effect.OPEN:
            return
        if self._world.truth.killed():
            self.wrong.append(f"{order_id} takes risk and left after the kill switch was durable")
        elif self._stop_file.exists():
            self.wrong.append(f"{order_id} takes risk and left beside a request to stop")


class BusyWorld(World):
    """Orders at every moment, a broker that is often down, and losses that do not end the day."""

    def __init__(self, seed: int, loop: VirtualTimeLoop) -> None:
        super().__init__(seed, _options(seed), loop)
        limits = replace(
            only_the_loss_caps(),
            max_daily_loss=Decimal(5_000),
            max_daily_loss_pct=Decimal(50),
            max_weekly_loss=Decimal(5_000),
            max_drawdown_pct=Decimal(50),
            max_repeated_executions=100_000,
        )
        self.opening = replace(self.opening, limits=limits)
        self.stop_file = StopFile(self.directory)
        self.door = Door(self, self.directory / STOP_FILE)
        self.broker = self.door
        self.dies_after_record: int | None = None

    def _bear(self) -> None:
        super()._bear()
        if self._floor is not None:
            self._floor.stop_signal = self.stop_file

    def listener(self, at: datetime, kind: str, seen: object, decision: Decision | None) -> None:
        """As in any session; a death that was asked for comes so many steps after the kill switch was recorded."""
        super().listener(at, kind, seen, decision)
        if isinstance(seen, EngageKillSwitch) and self.dies_after_record is not None:
            self.die_soon(self.dies_after_record)
            self.dies_after_record = None

    @property
    def is_living(self) -> bool:
        """Whether a desk answers now."""
        return self._living.is_set()

    def end_desk(self) -> bool:
        """End the present life, now, in a session in which desks die; whether it ended."""
        if not self.may_die or not self.is_living:
            return False
        self.lives[-1].end()
        return True

    def open_entries(self) -> list[str]:
        """Entries of ours that may fill, by the venue's own book."""
        ours = (working for working in self.truth.orders if working.is_open and working.order.effect is Effect.OPEN)
        return [working.order.client_order_id for working in ours if isinstance(working.order, ConfirmedOrder)]

    def situations(self) -> set[str]:
        """What is under way now, as the figures count it."""
        found = {"broker down"} if not self.wire._connected else set()
        found |= {"broker silent"} if self.wire._silent else set()
        if not self.is_living or self._floor is None:
            return found | {"desk down"}
        desk, left = self._floor.desk, {order.client_order_id for order in self.door.left}
        tickets = desk._state.tickets._tickets.values()
        found |= {"ticket open"} if any(ticket.state is TicketState.OPEN for ticket in tickets) else set()
        entries = [order for order in desk.orders.values() if order.role is Role.ENTRY and order.may_be_at_venue]
        found |= {_situation(order, left) for order in entries}
        running = list(desk._state.entries)
        found |= {"between price steps"} if any(desk.entry_awaits_next(intent) for intent in running) else set()
        found |= {"held"} if desk.open_groups else set()
        found |= {"exit under way"} if any(group.closing for group in desk.open_groups) else set()
        return found or {"nothing under way"}


class BusyTrader(SeededTrader):
    """Opens, withdraws and closes without a rest; the kill switch is somebody else's."""

    def __init__(self, world: BusyWorld, number: int) -> None:
        super().__init__(world)
        self._door = world.door
        self._random = np.random.default_rng([world.seed, number, 0x4255])

    async def be_busy(self) -> None:
        """Act for ever."""
        moves: list[Callable[[], Awaitable[None]]] = [self._open] * 8
        moves += [self._open_two_at_once] * 3 + [self._close_one] * 4 + [self._cancel_something] * 2
        moves += [self._repeat, self._flatten]
        closed: list[Callable[[], Awaitable[None]]] = [self._open, self._repeat, self._repeat, self._close_one]
        while True:
            await asyncio.sleep(float(self._random.exponential(_PAUSE_S)))
            if self._is_refused(await self._world.living_floor()):
                moves_now = closed if self._random.random() < _TRIES_IN_VAIN else []
            else:
                moves_now = moves
            if moves_now:
                await self._survive(moves_now[self._one_of(len(moves_now))])

    async def _confirm(self, token: Any) -> Any:
        self._door.moving.set()
        return await super()._confirm(token)

    def _is_refused(self, floor: TradingFloor) -> bool:
        unknown = any(order.is_unknown for order in floor.desk.orders.values())
        return unknown or floor.desk.trading[0] is not TradingState.ACTIVE

    async def lift(self) -> None:
        """Ask for the lift of the kill switch and confirm it, whatever becomes of that."""
        await self._survive(self._lift)

    async def close_everything(self) -> None:
        """Ask to close all that is held and confirm it, whatever becomes of that."""
        await self._survive(self._flatten)


def _options(seed: int) -> Options:
    """What one session meets; an order that was lost holds up the next for a minute, so that few are."""
    mortal = bool(np.random.default_rng([seed, 0x4B53]).random() < _WITH_CRASHES)
    drawn = Options.of(seed, faults=True, restarts=True)
    rates: FaultRates = replace(
        drawn.rates.without(*_NOT_ASKED_HERE),
        crash=_CRASHES_AN_HOUR if mortal else 0.0,
        disconnect=_OUTAGES_AN_HOUR,
        request_lost=drawn.rates.request_lost * _FEWER,
        request_late=drawn.rates.request_late * _FEWER,
    )
    # A desk that is down for a minute obeys a minute later.
    return replace(drawn, rates=rates, worst_moments=False)


def _situation(order: Order, left: set[str]) -> str:
    if order.state is OrderState.SUBMITTED:
        return "entry on its way" if order.client_order_id in left else "entry waits for the journal"
    return f"entry {order.state}"
