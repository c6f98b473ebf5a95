"""Alpaca's market data as a stream: two sockets read without waiting, watched for silence, with polling behind them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

import msgpack

from adapters.alpaca import fields
from adapters.alpaca.addresses import Addresses
from adapters.alpaca.connection import Connection, Frame, Refused, Socket, StreamState
from adapters.alpaca.fields import Raw, UnreadableAnswer
from adapters.alpaca.market import AlpacaMarket
from adapters.alpaca.prices import read_bar, read_quote
from tradecore.errors import PortError
from tradecore.model.instruments import Equity, Instrument
from tradecore.model.sessions import Session
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketFeed, MarketStep
from tradecore.ports.quote_wishes import QuoteWishes
from tradecore.ports.timers import Timers

_HEADERS: Final = {"Content-Type": "application/msgpack"}
_STEP_EVERY_S: Final = 0.25
_POLL_AFTER_S: Final = 2.0
_SILENT_S: Final = 15.0
_CHAIN_EVERY_S: Final = 1.0
_LOOK_EVERY_S: Final = 1.0


class AlpacaFeed(MarketFeed):
    """
    Quotes and bars of one underlying, and quotes of the options somebody wants.

    The underlying is the sentinel: within a session it is never silent for long. When its exchange time stands still,
    the connections are begun anew, and until they are there its quote is asked for every two seconds.
    """

    def __init__(
        self,
        market: AlpacaMarket,
        *,
        underlying: Equity,
        addresses: Addresses,
        key: str,
        secret: str,
        clock: Clock,
        timers: Timers,
        session: Callable[[], Session],
        chance: Callable[[], float],
    ) -> None:
        """`session` is the one the market stands in or waits for, `chance` gives numbers in [0, 1)."""
        self._market = market
        self._live = market.live
        self._underlying = underlying
        self._credentials = {"action": "auth", "key": key, "secret": secret}
        self._clock = clock
        self._timers = timers
        self._session = session
        self._known: dict[str, Instrument] = {underlying.symbol: underlying}
        self._subscribed: set[str] = set()
        self.unreadable = 0
        self.restarts = 0
        feeds, origin, own = market.feeds, addresses.data_stream, addresses.is_loopback
        shared: dict[str, Any] = {"chance": chance, "seconds": clock.machine_seconds, "on_this_machine": own}
        shared |= {"take": self._take, "headers": _HEADERS}
        stocks, options = f"{origin}/v2/{feeds.stocks}", f"{origin}/v1beta1/{feeds.options}"
        self._stocks = Connection("stock data", stocks, greet=self._greet_stocks, **shared)
        self._options = Connection("option data", options, greet=self._greet_options, **shared)

    @property
    def wishes(self) -> QuoteWishes:
        """Where contracts are wished for."""
        return self._market

    @property
    def states(self) -> tuple[StreamState, ...]:
        """How both streams stand."""
        return self._stocks.state, self._options.state

    async def run(self) -> None:
        """Keep the streams, their subscriptions and the chains going, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stocks.run())
            group.create_task(self._options.run())
            group.create_task(self._watch())
            group.create_task(self._refresh_chains())

    async def steps(self) -> AsyncIterator[MarketStep]:
        """What changed, at least four times a second, from the session's opening (or now) to its close."""
        session = self._session()
        await self._timers.sleep_until(session.opens)
        while self._clock.now() < session.closes:
            quotes, bars = await self._live.change(_STEP_EVERY_S)
            if self._live.quiet_for(self._underlying) > _POLL_AFTER_S:
                quotes = (*quotes, *await self._polled())
            yield MarketStep(at=self._clock.now(), quotes=quotes, bars=bars)

    async def _polled(self) -> Iterable[Any]:
        try:
            quote = await self._market.ask_quote(self._underlying)
        except PortError:
            return ()
        return () if quote is None else (quote,)

    async def _greet_stocks(self, socket: Socket) -> None:
        await self._authenticate(socket)
        symbols = [self._underlying.symbol]
        await socket.send(msgpack.packb({"action": "subscribe", "quotes": symbols, "bars": symbols}))

    async def _greet_options(self, socket: Socket) -> None:
        await self._authenticate(socket)
        self._subscribed = set()
        await self._subscribe(socket.send)

    async def _authenticate(self, socket: Socket) -> None:
        """
        Say who we are.

        Raises:
            Refused: The keys, the feed or the number of connections is not accepted.
        """
        await self._expect(socket, "connected")
        await socket.send(msgpack.packb(self._credentials))
        await self._expect(socket, "authenticated")

    async def _expect(self, socket: Socket, message: str) -> None:
        for raw in _messages(await socket.recv()):
            if raw.get("T") == "error":
                raise Refused(f"{raw.get('code')} {fields.shown(raw.get('msg'))}")
            if raw.get("T") == "success" and raw.get("msg") == message:
                return
        raise Refused(f"the service did not say {message!r}")

    async def _subscribe(self, send: Callable[[bytes], Any]) -> None:
        wanted = {contract.symbol: contract for contract in self._live.wanted}
        self._known.update(wanted)
        new, old = sorted(wanted.keys() - self._subscribed), sorted(self._subscribed - wanted.keys())
        self._subscribed = set(wanted)
        if new:
            await send(msgpack.packb({"action": "subscribe", "quotes": new}))
        if old:
            await send(msgpack.packb({"action": "unsubscribe", "quotes": old}))
            for symbol in old:
                self._known.pop(symbol, None)

    def _take(self, frame: Frame) -> None:
        try:
            messages = _messages(frame)
        except UnreadableAnswer:
            self.unreadable += 1
            return
        received_at = self._clock.now()
        for raw in messages:
            instrument = self._known.get(str(raw.get("S")))
            if instrument is None:
                continue
            try:
                if raw.get("T") == "q":
                    quote = read_quote(instrument, raw, received_at, self._market.feeds.source(instrument))
                    self._live.put(quote, streamed=True)
                elif raw.get("T") == "b":
                    self._live.put_bar(read_bar(instrument, raw))
            except UnreadableAnswer:
                self.unreadable += 1

    async def _watch(self) -> None:
        """Subscribe to what is wanted, and begin anew what has fallen silent."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._options.state.connected:
                await self._subscribe(self._options.send)
            up = self._stocks.state.connected
            silent = self._is_open() and min(self._live.stalled_for, self._stocks.state.connected_for) > _SILENT_S
            streaming = {self._underlying.symbol} if up and not silent else set()
            self._live.streaming = frozenset(streaming | (self._subscribed if self._options.state.connected else set()))
            if up and silent:
                self.restarts += 1
                await self._stocks.start_again(f"exchange time stood still for {_SILENT_S:.0f} s")
                await self._options.start_again("begun anew with the stock stream")

    def _is_open(self) -> bool:
        session = self._session()
        return session.opens <= self._clock.now() < session.closes

    async def _refresh_chains(self) -> None:
        while True:
            await asyncio.sleep(_CHAIN_EVERY_S)
            if not self._is_open():
                continue
            try:
                await self._market.refresh()
            except PortError:
                # What is known stays, as old as it says it is.
                continue


def _messages(frame: Frame) -> list[Raw]:
    """
    What one frame says.

    Raises:
        UnreadableAnswer: It is no MessagePack list of maps.
    """
    if isinstance(frame, str):
        raise UnreadableAnswer("a text frame where MessagePack was asked for")
    try:
        return fields.rows(msgpack.unpackb(frame), "frame")
    except (ValueError, msgpack.UnpackException, msgpack.ExtraData):
        raise UnreadableAnswer("the frame is no MessagePack") from None
