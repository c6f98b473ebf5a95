"""The stream of trade updates, turned into events; what it leaves out is fetched before the next event is told."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from adapters.alpaca import fields
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.connection import Frame, Refused, Socket
from adapters.alpaca.executions import TradeUpdate, WireFill, read_trade_update
from adapters.alpaca.fields import UnreadableAnswer
from tradecore.errors import PortError
from tradecore.model.events import Accepted, BrokerEvent, Canceled, CancelRefused, Expired, ReplaceRefused
from tradecore.model.events import Refused as OrderRefused
from tradecore.model.fees import FeeSchedule
from tradecore.ports.clock import Clock

_OVERLAP: Final = timedelta(seconds=60)
_REMEMBERED: Final = 20_000
_WORKED: Final = frozenset({"new", "accepted", "pending_new", "fill", "partial_fill"})
_ENDS: Final[Mapping[str, Callable[[str, datetime], BrokerEvent]]] = {
    "canceled": Canceled,
    "expired": Expired,
    "replaced": Canceled,
}
_REFUSALS: Final[Mapping[str, Callable[[str, datetime, str], BrokerEvent]]] = {
    "rejected": OrderRefused,
    "order_cancel_rejected": CancelRefused,
    "order_replace_rejected": ReplaceRefused,
}


class TradeUpdates:
    """
    Reads one account's stream and tells the broker's listeners, each execution once.

    A frame that can't be read is counted and made up for by asking.
    """

    def __init__(self, broker: AlpacaBroker, *, fees: FeeSchedule, clock: Clock, key: str, secret: str) -> None:
        """`fees` as the broker has them."""
        self._broker = broker
        self._fees = fees
        self._since = clock.now()
        self._key = key
        self._secret = secret
        self._executions: OrderedDict[str, None] = OrderedDict()
        self._accepted: OrderedDict[str, None] = OrderedDict()
        self._arrived: asyncio.Queue[Frame | None] = asyncio.Queue()
        self.unreadable = 0
        self.caught_up = 0

    async def greet(self, socket: Socket) -> None:
        """
        Authenticate and ask for the updates, then fetch what happened while nobody listened.

        Raises:
            Refused: The keys are wrong, or another connection has the stream.
        """
        who = {"action": "authenticate", "data": {"key_id": self._key, "secret_key": self._secret}}
        await socket.send(orjson.dumps(who).decode())
        answer = _message(await socket.recv())
        if fields.mapping(answer.get("data"), "data").get("status") != "authorized":
            raise Refused("the stream of trade updates does not take these keys")
        await socket.send(orjson.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}).decode())
        self._arrived.put_nowait(None)

    def arrive(self, frame: Frame) -> None:
        """Take one frame off the socket's hands."""
        self._arrived.put_nowait(frame)

    async def run(self) -> None:
        """Work off what arrives, in order, for ever; a new connection begins with what was missed."""
        while True:
            frame = await self._arrived.get()
            try:
                await (self._catch_up() if frame is None else self.take(frame))
            finally:
                self._arrived.task_done()

    async def settled(self) -> None:
        """Return once everything that has arrived was told."""
        await self._arrived.join()

    async def take(self, frame: Frame) -> None:
        """Turn one frame into events."""
        try:
            message = _message(frame)
            if message.get("stream") != "trade_updates":
                return
            update = read_trade_update(fields.mapping(message.get("data"), "data"))
        except UnreadableAnswer:
            self.unreadable += 1
            await self._catch_up()
            return
        await self._tell(update)

    async def _tell(self, update: TradeUpdate) -> None:
        known = self._broker.known
        known.learn(update.order)
        ours = known.owner(update.order.id)
        if ours is None:
            # A leg by itself, of an order whose answer never came: the activities and the order's list tell whose.
            await self._catch_up()
            return
        self._accept(update, ours)
        await self._tell_fills(update, ours)
        if update.event in _ENDS:
            self._broker.tell(_ENDS[update.event](ours, update.at))
        elif update.event in _REFUSALS:
            self._broker.tell(_REFUSALS[update.event](ours, update.at, update.reason))

    def _accept(self, update: TradeUpdate, ours: str) -> None:
        if update.event in _WORKED and not update.order.is_leg and _first_time(self._accepted, ours):
            self._broker.tell(Accepted(ours, update.at))

    async def _tell_fills(self, update: TradeUpdate, ours: str) -> None:
        """Where the message does not continue what is known, something was lost: the activities tell all of it."""
        known, fill = self._broker.known, update.fill
        if fill is None:
            parts = zip(update.order.part_ids, update.order.report.filled_legs, strict=True)
            if update.tells_execution or any(filled > known.filled(part) for part, filled in parts):
                await self._catch_up()
            return
        if fill.cumulative - fill.quantity > known.filled(fill.order_id) or fill.cumulative < fill.quantity:
            await self._catch_up()
        if fill.cumulative >= fill.quantity:
            self._tell_fill(fill, ours)

    def _tell_fill(self, fill: WireFill, ours: str) -> None:
        self._broker.known.note_fill(fill.order_id, fill.cumulative)
        self._since = max(self._since, fill.at)
        if _first_time(self._executions, fill.exec_id):
            self._broker.tell(fill.filled(ours, self._fees))

    async def _catch_up(self) -> None:
        """What can't be fetched now, the desk's own questions find."""
        self.caught_up += 1
        try:
            fills = await self._broker.fills(self._since - _OVERLAP)
        except PortError:
            return
        for fill in fills:
            ours = self._broker.known.owner(fill.order_id)
            if ours is not None:
                self._tell_fill(fill, ours)


def _first_time(seen: "OrderedDict[str, None]", what: str) -> bool:
    if what in seen:
        return False
    seen[what] = None
    if len(seen) > _REMEMBERED:
        seen.popitem(last=False)
    return True


def _message(frame: Frame) -> Mapping[str, Any]:
    try:
        return fields.mapping(orjson.loads(frame), "message")
    except orjson.JSONDecodeError:
        raise UnreadableAnswer("the frame is no JSON") from None
