"""The market-data streams: each quote, trade and bar is encoded once and shared by everybody who asked for it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgpack
import orjson

from entrypoints.simulated_broker import option_data, stock_data
from entrypoints.simulated_broker.answers import Call
from entrypoints.simulated_broker.clients import StreamClient
from entrypoints.simulated_broker.other_data import news_item
from tradecore.model.instruments import CryptoPair, Equity, Instrument, OptionContract

if TYPE_CHECKING:
    from entrypoints.simulated_broker.simulation import Simulation

CHANNELS: Final = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "news", "orderbooks")
MOST_CLIENTS: Final = 64
_MOST_SYMBOLS: Final = 2_000
_TIMES: Final = ("t", "created_at", "updated_at")
_NEWS_EVERY_S: Final = 900
_MANY_CONTRACTS: Final = 4
_PACKER: Final = msgpack.Packer(datetime=True)


@dataclass(slots=True, eq=False)
class Subscriber:
    """One client of a data stream: its codec, the kind of market it asks about, and what it asked for."""

    client: StreamClient
    packed: bool
    market: str
    wanted: dict[str, frozenset[str]] = field(default_factory=lambda: dict.fromkeys(CHANNELS, frozenset()))

    def tell(self, *messages: dict[str, Any]) -> None:
        """Send messages of the protocol itself."""
        self.client.offer(encoded(list(messages), packed=self.packed))


def encoded(messages: Any, *, packed: bool) -> bytes:
    """Messages in a client's codec; instants become MessagePack's own type there."""
    if not packed:
        return orjson.dumps(messages)
    return bytes(_PACKER.pack(messages))


class DataStreams:
    """Every subscriber, and what each symbol showed last."""

    def __init__(self) -> None:
        """Nobody is connected."""
        self.subscribers: list[Subscriber] = []
        self._told: dict[tuple[str, str], Any] = {}

    def publish(self, simulation: "Simulation") -> None:
        """Send what is new of everything somebody asked for; each message is encoded once for each codec."""
        for market in ("stocks", "options", "crypto", "news"):
            clients = [one for one in self.subscribers if one.market == market and one.client.is_known]
            if clients:
                self._publish_to(simulation, market, clients)

    def disconnect(self) -> None:
        """Close every connection."""
        for one in list(self.subscribers):
            one.client.shut(1012, "simulated disconnect")

    def _publish_to(self, simulation: "Simulation", market: str, clients: list[Subscriber]) -> None:
        fresh: dict[str, list[tuple[str, dict[bool, bytes]]]] = {}
        codecs, now = {one.packed for one in clients}, simulation.now()
        for channel in ("trades", "quotes", "bars", "dailyBars", "news"):
            symbols = _asked(simulation, market, [one.wanted[channel] for one in clients])
            if market == "options":
                _quote_together(simulation, symbols, now)
            for symbol in sorted(symbols):
                message = self._news_of(simulation, market, channel, symbol, now)
                if message is not None:
                    shared = {packed: encoded(message, packed=packed) for packed in codecs}
                    fresh.setdefault(channel, []).append((symbol, shared))
        # Who asked for the same is sent the same bytes.
        frames: dict[tuple[object, ...], bytes] = {}
        for one in clients if fresh else ():
            asked = (one.packed, *one.wanted.values())
            if asked not in frames:
                frames[asked] = _frame(one, fresh)
            if frames[asked]:
                one.client.offer(frames[asked])

    def _news_of(
        self, simulation: "Simulation", market: str, channel: str, symbol: str, now: datetime
    ) -> dict[str, Any] | None:
        found = _message(simulation, market, channel, symbol, now)
        key = (channel, symbol)
        mark = None if found is None else (found.get("t"), found.get("id"))
        if found is None or self._told.get(key) == mark:
            return None
        self._told[key] = mark
        return found


def _frame(one: Subscriber, fresh: dict[str, list[tuple[str, dict[bool, bytes]]]]) -> bytes:
    chosen = [
        shared[one.packed]
        for channel, found in fresh.items()
        for symbol, shared in found
        if symbol in one.wanted[channel] or "*" in one.wanted[channel]
    ]
    return _array(chosen, packed=one.packed) if chosen else b""


def _array(bodies: list[bytes], *, packed: bool) -> bytes:
    if not packed:
        return b"[" + b",".join(bodies) + b"]"
    return bytes(_PACKER.pack_array_header(len(bodies))) + b"".join(bodies)


def _asked(simulation: "Simulation", market: str, wanted: list[frozenset[str]]) -> set[str]:
    listings, symbols = simulation.brokerage.listings, set[str]()
    for some in set(wanted):
        symbols |= some
    if "*" in symbols:
        symbols.discard("*")
        if market == "news":
            symbols |= set(listings.shares())
        elif market != "options":
            symbols |= {one.symbol for one in listings.listed.values() if one.is_crypto == (market == "crypto")}
    return {one for one in symbols if _is_of(listings.find(one), market)}


def _is_of(instrument: Instrument | None, market: str) -> bool:
    kinds: dict[str, type] = {"stocks": Equity, "news": Equity, "options": OptionContract, "crypto": CryptoPair}
    return isinstance(instrument, kinds[market])


def _message(simulation: "Simulation", market: str, channel: str, symbol: str, now: datetime) -> dict[str, Any] | None:
    if market == "options":
        return _option_message(simulation, channel, symbol, now)
    call = Call(simulation, "", (), {}, b"")
    if market == "news":
        found = _timed(news_item(call, int(now.timestamp()) // _NEWS_EVERY_S))
        return {"T": "n", **found} if symbol in found["symbols"] else None
    if channel == "dailyBars":
        shown = stock_data.snapshot(call, symbol).get("dailyBar")
        return None if shown is None else {"T": "d", "S": symbol, **_timed(shown)}
    shown = stock_data.newest(call, symbol, channel)
    return None if shown is None else {"T": channel[0], "S": symbol, **_timed(shown)}


def _quote_together(simulation: "Simulation", symbols: set[str], now: datetime) -> None:
    """Quote whole expiries at once where that is cheaper than one contract after the other."""
    listings = simulation.brokerage.listings
    found = (listings.find(one) for one in symbols)
    many = Counter((one.root, one.expiry) for one in found if isinstance(one, OptionContract))
    for (root, expiry), count in many.items():
        if count >= _MANY_CONTRACTS:
            listings.tape(root, now).quote_all(expiry, now)


def _option_message(simulation: "Simulation", channel: str, symbol: str, now: datetime) -> dict[str, Any] | None:
    contract = simulation.brokerage.listings.find(symbol)
    touch = None if contract is None else simulation.brokerage.listings.touch(contract, now)
    if touch is None or not isinstance(contract, OptionContract) or channel not in ("quotes", "trades"):
        return None
    shown = option_data.quote_fields(touch) if channel == "quotes" else option_data.trade_view(contract, touch)
    return {"T": channel[0], "S": symbol, **shown, "t": touch.at}


def _timed(message: dict[str, Any]) -> dict[str, Any]:
    return {name: _instant(value) if name in _TIMES else value for name, value in message.items()}


def _instant(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


async def serve_data_stream(simulation: "Simulation", client: StreamClient, *, market: str, packed: bool) -> None:
    """Serve one client from handshake to end."""
    if not await client.accept():
        return
    streams = simulation.data
    subscriber = Subscriber(client, packed, market)
    subscriber.tell({"T": "success", "msg": "connected"})
    if len(streams.subscribers) >= MOST_CLIENTS:
        subscriber.tell({"T": "error", "code": 406, "msg": "connection limit exceeded"})
        client.shut(1008, "connection limit exceeded")
        await client.pump()
        return
    streams.subscribers.append(subscriber)
    unknown = encoded([{"T": "error", "code": 404, "msg": "auth timeout"}], packed=packed)
    try:
        await client.converse(_read(simulation, subscriber), unknown)
    finally:
        streams.subscribers.remove(subscriber)
        simulation.slow_clients += client.is_slow


async def _read(simulation: "Simulation", subscriber: Subscriber) -> None:
    while not subscriber.client.ended.is_set():
        raw = await subscriber.client.message()
        if raw is None:
            return
        message = _decoded(raw, packed=subscriber.packed)
        if not isinstance(message, dict):
            subscriber.tell({"T": "error", "code": 400, "msg": "invalid syntax"})
            continue
        act = _ACTIONS.get(str(message.get("action")))
        if act is None:
            subscriber.tell({"T": "error", "code": 400, "msg": "invalid syntax"})
        else:
            act(simulation, subscriber, message)


def _decoded(raw: bytes, *, packed: bool) -> Any:
    try:
        return msgpack.unpackb(raw) if packed else orjson.loads(raw)
    except (ValueError, msgpack.UnpackException):
        return None


def _authenticate(simulation: "Simulation", subscriber: Subscriber, message: dict[str, Any]) -> None:
    key, secret = message.get("key"), message.get("secret")
    account = simulation.account_of(key, secret) if isinstance(key, str) and isinstance(secret, str) else None
    if subscriber.client.is_known:
        subscriber.tell({"T": "error", "code": 403, "msg": "already authenticated"})
    elif account is None:
        subscriber.tell({"T": "error", "code": 402, "msg": "auth failed"})
        subscriber.client.shut(1008, "auth failed")
    else:
        subscriber.client.is_known = True
        subscriber.tell({"T": "success", "msg": "authenticated"})


def _subscribe(_: "Simulation", subscriber: Subscriber, message: dict[str, Any]) -> None:
    _change(subscriber, message, lambda wanted, symbols: wanted | symbols)


def _unsubscribe(_: "Simulation", subscriber: Subscriber, message: dict[str, Any]) -> None:
    _change(subscriber, message, lambda wanted, symbols: wanted - symbols)


def _change(
    subscriber: Subscriber, message: dict[str, Any], change: Callable[[frozenset[str], frozenset[str]], frozenset[str]]
) -> None:
    if not subscriber.client.is_known:
        subscriber.tell({"T": "error", "code": 401, "msg": "not authenticated"})
        return
    for channel in CHANNELS:
        given = message.get(channel)
        if isinstance(given, list) and all(isinstance(one, str) for one in given):
            subscriber.wanted[channel] = change(subscriber.wanted[channel], frozenset(given))
    if sum(len(symbols) for symbols in subscriber.wanted.values()) > _MOST_SYMBOLS:
        subscriber.wanted = dict.fromkeys(CHANNELS, frozenset())
        subscriber.tell({"T": "error", "code": 405, "msg": "symbol limit exceeded"})
        return
    shown = {channel: sorted(symbols) for channel, symbols in subscriber.wanted.items()}
    subscriber.tell({"T": "subscription", **shown})


_ACTIONS: Final = {"auth": _authenticate, "subscribe": _subscribe, "unsubscribe": _unsubscribe}
