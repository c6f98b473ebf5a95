"""One session of a burn-in, from the bell to the books."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from entrypoints.burnin.outcome import Outcome
from entrypoints.burnin.trader import Answer, BurninTrader
from entrypoints.mcp_server.server import DeskServer, offered_tools
from entrypoints.settings import Settings
from entrypoints.wiring.rehearsal import NETWORK_FAULTS, NO_FAULTS, Life, Regime, Rehearsal, virtual_loop
from tradecore.analysis.contract_greeks import chain_deltas
from tradecore.desk.commands import Redeem, TriggerExit
from tradecore.desk.decisions import Decision, Send
from tradecore.desk.latches import Latch
from tradecore.model.alerts import Severity
from tradecore.model.events import Filled
from tradecore.model.events import Refused as RefusedByVenue
from tradecore.model.orders import Role
from tradecore.model.sessions import session_on
from tradecore.model.terms import Effect
from tradecore.risk.limits import Limits
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.results import daily_cap
from tradecore.usecases.views import known_greeks, refresh_chain

FULL_DAY: Final = date(2026, 11, 20)
HALF_DAY: Final = date(2026, 11, 27)
KINDS: Final = (*Regime, "half day")
_TOOLSETS: Final = ("desk", "options", "stocks", "data", "analytics", "admin")
_RESTARTS_AFTER: Final = timedelta(seconds=20)
_SETTLES: Final = timedelta(seconds=90)
_CURVE_MINUTES: Final = 5
_CRASHES_IN: Final = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """Which session: its number, the seed of everything random in it, and where its journal goes."""

    number: int
    seed: int
    home: Path
    limits: Limits

    @property
    def kind(self) -> str:
        """Kinds of days take turns."""
        return str(KINDS[self.number % len(KINDS)])

    @property
    def has_faults(self) -> bool:
        """Every other round of kinds has a network that fails."""
        return self.number // len(KINDS) % 2 == 1

    @property
    def crashes(self) -> int:
        """How often the desk dies: once in every fourth session."""
        return int(self.number % _CRASHES_IN == _CRASHES_IN - 1)


def run_session(plan: Plan) -> Outcome:
    """Run one session on virtual time."""
    session = session_on(HALF_DAY if plan.kind == "half day" else FULL_DAY)
    if session is None:
        raise RuntimeError("no session")
    with virtual_loop() as loop:
        regime = Regime.USUAL if plan.kind == "half day" else Regime(plan.kind)
        rehearsal = Rehearsal(
            settings=Settings(home=plan.home),
            name=f"session-{plan.number:04d}",
            seed=plan.seed,
            session=session,
            regime=regime,
            rates=NETWORK_FAULTS if plan.has_faults else NO_FAULTS,
            limits=plan.limits,
            loop=loop,
        )
        outcome = Outcome(
            number=plan.number,
            seed=plan.seed,
            regime=plan.kind,
            day=str(session.day),
            half_day=session.is_half_day,
            session_s=(session.closes - session.opens).total_seconds(),
        )
        loop.run_until_complete(_Day(plan, rehearsal, outcome).run())
        return outcome


@dataclass(slots=True)
class _Day:
    plan: Plan
    world: Rehearsal
    outcome: Outcome
    life: Life | None = None
    server: DeskServer | None = None
    died_at: datetime | None = None
    _start_equity: float = 0.0
    _asked_at: float = 0.0
    _back: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """The day, and the books after it."""
        world, outcome = self.world, self.outcome
        world.start()
        self._start_equity = float(world.equity().amount)
        await self._begin_life()
        trader = BurninTrader(world.session, self.plan.seed, self._ask, self._until, world.clock.now)
        tasks = [asyncio.ensure_future(work) for work in (trader.day(), self._accidents(), self._watch_uptime())]
        try:
            await world.market_day(self._each_minute)
            await self._until(world.session.closes + _SETTLES)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        outcome.errors += [f"trader: {one!r}"[:200] for one in ended if isinstance(one, Exception)]
        await self._close_books(trader)

    async def _close_books(self, trader: BurninTrader) -> None:
        world, outcome = self.world, self.outcome
        if self.life is not None:
            floor = self.life.floor
            outcome.differences = world.differences(floor)
            outcome.positions_left = sum(len(group.holdings) for group in floor.desk.groups)
            if self.life.failure is not None:
                outcome.errors.append(f"desk: {self.life.failure!r}"[:200])
            await self.life.die()
        await world.close()
        outcome.net = round(float(world.equity().amount) - self._start_equity, 2)
        outcome.journal = str(world.journal_state)
        outcome.faults = {str(kind): number for kind, number in world.faults.by_kind.items()}
        intents = {order_id: order_id.split("-")[1] for order_id in world.venue.confirmed_orders}
        outcome.unintended = [order for order, intent in intents.items() if intent not in trader.confirmed]

    # Lives.

    async def _begin_life(self) -> None:
        self.life = self.world.life(self._listen)
        await self.life.begin()
        floor = self.life.floor
        self.server = DeskServer(floor, offered_tools(floor, _TOOLSETS, read_only=False))
        self._back.set()
        self.outcome.loss_cap = float((daily_cap(floor.desk) or self.world.equity()).amount)

    async def _accidents(self) -> None:
        random = np.random.default_rng([self.plan.seed, 0x435253])
        for _ in range(self.plan.crashes):
            minutes = float(random.uniform(20, self.outcome.session_s / 60 - 60))
            await self._until(self.world.session.opens + timedelta(minutes=minutes))
            await self._crash()

    async def _crash(self) -> None:
        if self.life is None:
            return
        self.outcome.crashes += 1
        self._back.clear()
        self.died_at = self.world.clock.now()
        life, self.life, self.server = self.life, None, None
        await life.die()
        await self._until(self.world.clock.now() + _RESTARTS_AFTER)
        await self._begin_life()

    async def _watch_uptime(self) -> None:
        """A second in which the desk could not have opened anything for a reason of its own is a second down."""
        while self.world.clock.now() < self.world.session.closes:
            if not self._is_up():
                self.outcome.down_s += 1.0
            elif self.died_at is not None:
                self.outcome.recovered_s.append((self.world.clock.now() - self.died_at).total_seconds())
                self.died_at = None
            if self.life is not None and self.world.clock.now().second == 0:
                await self._time_chain(self.life.floor)
            await self._until(self.world.clock.now() + timedelta(seconds=1))

    async def _time_chain(self, floor: TradingFloor) -> None:
        began = time.perf_counter()
        chain = await refresh_chain(floor)
        quote = floor.board.quote(floor.underlying)
        if chain is not None and quote is not None and quote.mid is not None:
            chain_deltas(chain, quote.mid, floor.clock.now())
            self.outcome.chain.append(time.perf_counter() - began)

    def _is_up(self) -> bool:
        if self.life is None or self.life.failure is not None or self.life.floor.halted:
            return False
        return Latch.STARTING not in self.life.floor.desk.latches

    # The trader's side.

    async def _ask(self, tool: str, arguments: Answer, who: str) -> Answer:
        while True:
            await self._back.wait()
            server = self.server
            if server is None or tool not in server.tools:
                return {"status": "absent"} if server is not None else {}
            self.outcome.calls += 1
            self._asked_at = began = time.perf_counter()
            try:
                answer: dict[str, Any] = await server.call(tool, arguments, who)
            except asyncio.CancelledError:
                raise
            except Exception as problem:  # noqa: BLE001 - a desk that dies in the middle of a call; told, and asked again
                if self.server is server:
                    self.outcome.errors.append(f"{tool}: {problem!r}"[:200])
                    return {}
                continue
            self._count(tool, arguments, answer, time.perf_counter() - began)
            return answer

    def _count(self, tool: str, arguments: Answer, answer: Answer, seconds: float) -> None:
        status = answer.get("status")
        self.outcome.refusals += status == "refused"
        self.outcome.previews += status == "preview"
        self.outcome.confirmed += status == "confirmed"
        code = answer.get("error", {}).get("code")
        if code in ("INTERNAL_ERROR", "TIMEOUT"):
            self.outcome.errors.append(f"{tool}: {code} {answer['error']['message']}"[:200])
        if tool != "confirm_order" and not (tool == "kill_switch" and arguments.get("flatten")):
            # A confirmation and a flatten wait for fills, which is no work of theirs.
            self.outcome.work.setdefault("preview" if status == "preview" else tool, []).append(seconds)

    # What the records say.

    def _listen(self, _: datetime, __: str, seen: object, decision: Decision | None) -> None:
        outcome = self.outcome
        if decision is None:
            return
        outcome.orders += sum(isinstance(action, Send) for action in decision.actions)
        outcome.rejects += isinstance(seen, RefusedByVenue)
        for alert in decision.alerts:
            if alert.severity is Severity.CRITICAL:
                outcome.criticals[alert.code] = outcome.criticals.get(alert.code, 0) + 1
        if isinstance(seen, Filled) and not str(getattr(decision.outcome, "note", "")):
            outcome.fills += 1
            self._note_distance(seen)
        sends = [action for action in decision.actions if isinstance(action, Send)]
        if sends and self.life is not None:
            if isinstance(seen, TriggerExit):
                outcome.tick_to_order.append(time.perf_counter() - self.life.tick_came)
            elif isinstance(seen, Redeem):
                outcome.confirm_to_order.append(time.perf_counter() - self._asked_at)
                self._check_delta(self.life.floor, sends[0])

    def _check_delta(self, floor: TradingFloor, send: Send) -> None:
        order, cap = send.order, self.plan.limits.delta_cap
        if order.effect is not Effect.OPEN:
            return
        held = [(p.instrument, p.quantity) for group in floor.desk.open_groups for p in group.holdings]
        held += [(leg.instrument, leg.side.sign * leg.ratio * order.quantity) for leg in order.legs]
        known = known_greeks(floor, [instrument for instrument, _ in held], floor.clock.now())
        parts = [(known[i.symbol].delta, float(q) * i.multiplier) for i, q in held if i.symbol in known]
        total = sum(delta * size for delta, size in parts if delta is not None)
        self.outcome.delta_breaches += cap is not None and abs(total) > float(cap)

    def _note_distance(self, fill: Filled) -> None:
        order = None if self.life is None else self.life.floor.desk.orders.get(fill.client_order_id)
        quote = self.world.market.quote_now(fill.instrument)
        if order is None or order.role is not Role.ENTRY or len(order.legs) > 1 or quote is None or quote.mid is None:
            return
        if quote.bid is not None and quote.ask is not None:
            # A quarter of a narrow spread is less than the price grid knows.
            near = max(fill.instrument.tick(quote.mid), (quote.ask - quote.bid) / 4)
            self.outcome.fills_near_mid.append(fill.side.sign * (fill.price - quote.mid) <= near)

    def _each_minute(self) -> None:
        world, outcome = self.world, self.outcome
        dollars = float(world.equity().amount) - self._start_equity
        outcome.worst_loss = max(outcome.worst_loss, -dollars)
        minute = int((world.clock.now() - world.session.opens).total_seconds() // 60)
        if minute % _CURVE_MINUTES == 0:
            outcome.dollars.append((minute, round(dollars, 2)))

    async def _until(self, at: datetime) -> None:
        seconds = (at - self.world.clock.now()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(seconds)
