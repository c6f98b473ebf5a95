"""One seeded session from beginning to end, and what it showed."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tests.simulation.cheap_greeks import cheap_greeks
from tests.simulation.mortal import mortal_tasks
from tests.simulation.operator_at_work import work_as_operator
from tests.simulation.options import Options
from tests.simulation.seeded_trader import SeededTrader
from tests.simulation.start_desk import orders_of
from tests.simulation.truth import Broken, Violation
from tests.simulation.world import LIVENESS_S, TRADING_S, World

from adapters.jsonl.journal import read_entries
from adapters.jsonl.verify import JournalState, verify
from adapters.simulated.virtual_time import VirtualTimeLoop
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Filled
from tradecore.model.money import ZERO
from tradecore.model.orders import Order
from tradecore.usecases.audit import replay
from tradecore.usecases.floor import TradingFloor

# Deciding a whole journal again takes half as long as the session itself.
REPLAYED_EACH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """What a session showed; `orders` are those of the desk that reached the venue."""

    seed: int
    orders: int
    faults: Mapping[str, int]
    violations: tuple[Violation, ...]
    digest: str


def run_session(seed: int, options: Options) -> SessionResult:
    """Run one session on virtual time."""
    loop = VirtualTimeLoop(seed)
    loop.set_task_factory(mortal_tasks)
    # A desk that died leaves futures nobody will ever ask; that is no error of this session.
    loop.set_exception_handler(lambda *_: None)
    # No asyncio.Runner: it waits for every task to end, and those of a dead desk never do.
    try:
        with cheap_greeks():
            return loop.run_until_complete(_run(seed, options, loop))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _run(seed: int, options: Options, loop: VirtualTimeLoop) -> SessionResult:
    world = World(seed, options, loop)
    try:
        trader = SeededTrader(world)
        world.begin()
        if not options.not_found_is_final:
            world.wire.in_world(work_as_operator(world))
        await trader.trade(TRADING_S)
        world.calm_down()
        if not await trader.go_home(LIVENESS_S):
            world.truth.note(Broken.OTHER, f"not flat, or an outcome unknown, {LIVENESS_S:g} s after the last fault")
        # What happened last may be known by asking only, which an idle desk does every fifteen seconds.
        await asyncio.sleep(40.0)
        floor = await world.living_floor()
        _compare(world, floor)
        world.end_life()
        _check_journal(world)
        ours = sum(isinstance(working.order, ConfirmedOrder) for working in world.truth.orders)
        return SessionResult(
            seed=seed,
            orders=ours,
            faults=dict(world.counted),
            violations=tuple(world.truth.violations),
            digest=world.digest,
        )
    finally:
        await world.wire.close()
        world.bury()


def _compare(world: World, floor: TradingFloor) -> None:
    """Orders, executions, holdings and cash: the venue's and the desk's, each way."""
    books, truth = orders_of(floor), world.truth
    for working in truth.orders:
        order_id = working.order.client_order_id
        if order_id not in books and isinstance(working.order, ConfirmedOrder):
            truth.note(Broken.LOST, f"{order_id} is at the venue and not in the desk's books")
        elif order_id in books and books[order_id].is_ended is working.is_open:
            truth.note(Broken.LOST, f"{order_id} is {working.status} at the venue and {books[order_id].state} here")
    _compare_fills(world, books.values())
    _compare_balances(world, floor)


def _compare_fills(world: World, books: Iterable[Order]) -> None:
    """Each execution once; one of somebody else's orders may be shared among the groups it changed."""
    booked: dict[str, list[Filled]] = {}
    for order in books:
        for fill in order.fills:
            booked.setdefault(fill.exec_id, []).append(fill)
    standing = {fill.exec_id: fill for fill in world.venue.standing_fills}
    for exec_id in sorted({*booked, *standing}):
        ours, theirs = _together(booked.get(exec_id, [])), standing.get(exec_id)
        if ours != theirs:
            world.truth.note(Broken.LOST, f"execution {exec_id} is {theirs} at the venue, {ours} here")


def _together(shares: list[Filled]) -> Filled | None:
    if not shares:
        return None
    quantity, fee = sum((one.quantity for one in shares), Decimal(0)), sum((one.fee for one in shares), ZERO)
    order_id = shares[0].client_order_id.partition("/")[0]
    return replace(shares[0], client_order_id=order_id, quantity=quantity, fee=fee)


def _compare_balances(world: World, floor: TradingFloor) -> None:
    """The desk's totals, external orders among them, must be the account's, to the last digit."""
    held: Counter[str] = Counter()
    for group in floor.desk.groups:
        for position in group.holdings:
            held[position.instrument.symbol] += position.quantity  # type: ignore[assignment]
    result = floor.desk.day.result(floor.desk.day.today)
    cost = sum((p.cost * p.instrument.multiplier for group in floor.desk.groups for p in group.holdings), Decimal(0))
    cash = world.truth.begins_with.amount + result.realised.amount - result.fees.amount - cost
    theirs = {instrument.symbol: quantity for instrument, quantity in world.account.holdings.items()}
    ours = {symbol: quantity for symbol, quantity in held.items() if quantity}
    if ours != theirs:
        world.truth.note(Broken.LOST, f"the venue holds {theirs}, the desk {ours}")
    if cash != world.account.cash.amount:
        world.truth.note(Broken.LOST, f"the venue has {world.account.cash}, the desk {cash}")


def _check_journal(world: World) -> None:
    """Whole, and for some seeds decided again: the same decisions, the same digest."""
    directory = world.journal.directory
    found = verify(directory)
    if found.state is not JournalState.WHOLE:
        world.truth.note(Broken.OTHER, f"the journal is {found.state}: {found.message}")
        return
    if world.seed % REPLAYED_EACH:
        return
    again = replay(read_entries(directory))
    if again.different:
        world.truth.note(Broken.OTHER, f"{again.different} decisions come out otherwise: {again.differences[:1]}")
