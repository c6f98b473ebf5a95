"""Fills whose messages are lost, doubled and late: the stream and the poll together book each of them once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.still_market import StillMarket, in_a_still_market

from tradecore.errors import Unavailable
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution, Filled
from tradecore.model.orders import OrderState, Role
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerPosition
from tradecore.testing.builders import some_limits
from tradecore.usecases.answers import PreviewAnswer
from tradecore.usecases.asking_broker import ask_broker
from tradecore.usecases.confirming import confirm
from tradecore.usecases.orders import cancel
from tradecore.usecases.previewing import preview_close

MOST_LOST: Final = 0.8
LARGEST: Final = 20
_ROOM: Final = Decimal(1_000_000)
_MANY: Final = 100_000
ROOMY: Final = some_limits(
    max_daily_loss=_ROOM,
    max_daily_loss_pct=Decimal(100),
    max_weekly_loss=_ROOM,
    max_drawdown_pct=Decimal(100),
    per_trade_max_loss=_ROOM,
    max_heat_pct=Decimal(100),
    max_contracts_per_order=Decimal(LARGEST),
    max_order_cost=_ROOM,
    max_position_pct=Decimal(100),
    max_open_groups=_MANY,
    delta_cap=_ROOM,
    delta_cap_after_move=_ROOM,
    max_trades_per_day=_MANY,
    losses_before_pause=_MANY,
    losses_before_stop=_MANY,
    max_opens_per_minute=_MANY,
    duplicate_window_s=Decimal(0),
)
_POLL_S: Final = 2.0
_QUOTES: Final = (("0.99", "1.01"), ("1.00", "1.02"), ("1.01", "1.03"))


class LossyWire(Broker):
    """
    Loses messages of the stream and carries the rest twice or late; the poll fails, or misses what is newest.

    `heard` counts what became of each message.
    """

    def __init__(self, broker: Broker, chance: Random, lost: float) -> None:
        self._broker = broker
        self._chance = chance
        self._lost = lost
        self._arrived: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self.heard: Counter[str] = Counter()
        self.poll_fails = 0.2

    @property
    def capabilities(self) -> BrokerCapabilities:
        return self._broker.capabilities

    async def events(self) -> AsyncIterator[BrokerEvent]:
        carries = asyncio.ensure_future(self._carry())
        while (event := await self._arrived.get()) is not None:
            yield event
        await carries

    async def _carry(self) -> None:
        async for event in self._broker.events():
            if self._chance.random() < self._lost:
                self.heard["frames lost"] += 1
            elif self._chance.random() < 0.5:
                self.heard["frames doubled"] += 1
                self._arrived.put_nowait(event)
                self._later(event)
            else:
                self.heard["frames out of order"] += 1
                self._later(event)
        self._arrived.put_nowait(None)

    def _later(self, event: BrokerEvent) -> None:
        asyncio.get_running_loop().call_later(self._chance.uniform(0, 3), self._arrived.put_nowait, event)

    async def executions(self, since: datetime) -> Sequence[Execution]:
        self._may_fail()
        found = await self._broker.executions(since)
        newest = self._chance.randrange(3) if self._chance.random() < self.poll_fails else 0
        return found[: len(found) - newest]

    async def open_orders(self) -> Sequence[BrokerOrder]:
        self._may_fail()
        return await self._broker.open_orders()

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        self._may_fail()
        return await self._broker.order(client_order_id)

    def _may_fail(self) -> None:
        if self._chance.random() < self.poll_fails / 3:
            raise Unavailable("the venue does not answer")

    async def submit(self, order: ConfirmedOrder) -> None:
        await self._broker.submit(order)

    async def cancel(self, client_order_id: str) -> None:
        await self._broker.cancel(client_order_id)

    async def positions(self) -> Sequence[BrokerPosition]:
        return await self._broker.positions()

    async def account(self) -> AccountSnapshot:
        return await self._broker.account()


class Round:
    """A few groups bought and sold piece by piece beside a poll."""

    def __init__(self, scene: StillMarket, wire: LossyWire, chance: Random) -> None:
        self._scene = scene
        self._wire = wire
        self._chance = chance

    async def trade(self) -> None:
        """Buy, sell, and let the poll catch up once it does not fail any more."""
        poll = asyncio.ensure_future(self._poll())
        for _ in range(self._chance.randrange(2, 5)):
            await self._buy()
        await self._pieces(self._chance.randrange(2, 12))
        for group in self._scene.floor.desk.open_groups:
            if self._chance.random() < 0.8:
                await self._sell(group.label)
        await self._pieces(self._chance.randrange(5, 30))
        self._wire.poll_fails = 0.0
        await asyncio.sleep(10)
        if poll.done():
            poll.result()
        poll.cancel()
        # An exit may have been sent again a moment ago.
        await ask_broker(self._scene.floor)

    async def _buy(self) -> None:
        bid, ask = self._chance.choice(_QUOTES)
        self._scene.quote(bid, ask, "1")
        contracts = str(self._chance.randrange(1, LARGEST + 1))
        ticket = await self._scene.preview(limit=ask, contracts=contracts)
        await confirm(self._scene.floor, "model", ticket.confirm_token, wait=timedelta(0))
        await self._pieces(self._chance.randrange(0, 8))
        if self._chance.random() < 0.3:
            await cancel(self._scene.floor, "model", f"tc-{ticket.intent_id}-0")

    async def _sell(self, label: str) -> None:
        part = Decimal(1) if self._chance.random() < 0.3 else None
        ticket = await preview_close(self._scene.floor, "model", label, part)
        if isinstance(ticket, PreviewAnswer):
            await confirm(self._scene.floor, "model", ticket.confirm_token, wait=timedelta(0))

    async def _pieces(self, count: int) -> None:
        """Trade a few contracts at a time."""
        for _ in range(count):
            await asyncio.sleep(self._chance.uniform(0.05, 0.8))
            self._scene.quote(*self._chance.choice(_QUOTES), str(self._chance.randrange(1, 4)))

    async def _poll(self) -> None:
        while True:
            await ask_broker(self._scene.floor)
            await asyncio.sleep(_POLL_S)


def _judge(scene: StillMarket, share: Share) -> None:
    """Each execution of the venue stands once in the desk's books, nothing else does, and the sums are the venue's."""
    desk = scene.floor.desk
    booked = Counter(fill for group in desk.groups for fill in group.fills)
    in_orders = Counter(fill for order in desk.orders.values() for fill in order.fills)
    standing = scene.broker._executions
    for fill in standing:
        kind = "bought" if desk.orders[fill.client_order_id].role is Role.ENTRY else "sold"
        times, kept = booked[fill], in_orders[fill]
        wrong = None if times == kept == 1 else f"{fill.exec_id}: booked {times} times, kept {kept} times"
        share.count(kind, wrong)
    for invented in (booked.keys() | in_orders.keys()) - set(standing):
        share.fail(f"{invented} is no execution of the venue")
    for wrong in _wrong_sums(scene, standing):
        share.fail(wrong)


def _wrong_sums(scene: StillMarket, standing: Sequence[Filled]) -> Iterator[str]:
    desk = scene.floor.desk
    held = sum((position.quantity for group in desk.groups for position in group.holdings), Decimal(0))
    bought = sum((fill.side.sign * fill.quantity for fill in standing), Decimal(0))
    if held != bought or sum(scene.broker._holdings.values()) != bought:
        yield f"{held} held, {bought} at the venue"
    result = desk.day.result(desk.day.today)
    cost = sum((p.cost * 100 for group in desk.groups for p in group.holdings), Decimal(0))
    cash = Decimal(10_000) + result.realised.amount - result.fees.amount - cost
    # The desk divides costs by quantities, to 28 digits.
    if abs(cash - scene.broker._cash.amount) > Decimal("1e-9"):
        yield f"cash {cash}, {scene.broker._cash} at the venue"
    open_there = {order_id for order_id, held_there in scene.broker._orders.items() if held_there.open}
    # What left a moment ago has not arrived yet.
    arrived = {key: order for key, order in desk.orders.items() if key in scene.broker._orders}
    working = {key for key, order in arrived.items() if order.may_be_at_venue}
    if working != open_there or any(desk.orders[key].state is OrderState.UNKNOWN for key in working):
        yield f"{sorted(working)} work here, {sorted(open_there)} at the venue"


def run(seed: int, count: int) -> Share:
    """So many fills, in as many rounds as they take."""
    share, number = Share(seed), 0
    while share.tried < count:
        _one_round(f"{seed}/{number}", seed, share)
        number += 1
    return share


def _one_round(name: str, seed: int, share: Share) -> None:
    chance = Random(name)
    wires: list[LossyWire] = []

    def wire(broker: Broker) -> Broker:
        wires.append(LossyWire(broker, chance, lost=chance.choice([MOST_LOST, chance.uniform(0, MOST_LOST)])))
        return wires[0]

    async def story(scene: StillMarket) -> None:
        await Round(scene, wires[0], chance).trade()
        _judge(scene, share)

    try:
        in_a_still_market(seed, story, delay=lambda: chance.uniform(0, 0.2), wire=wire, limits=ROOMY)
    except Exception as failure:  # noqa: BLE001 - a desk that stops has broken the promise
        share.count("stopped", f"round {name}: {type(failure).__name__}: {failure}"[:300])
    share.kinds.update(wires[0].heard)
    share.kinds["rounds"] += 1


CAMPAIGN: Final = Campaign("lost-frames", "fills", "not booked once", 100_000, 1_000, run)
