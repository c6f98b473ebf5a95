"""Streams at a WebSocket server that misbehaves: what is made up for, what is begun anew, what is seen of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from tests.unit.adapters.alpaca.test_prices import NOW, QUOTE, SPY
from tests.unit.adapters.alpaca.wire_rows import CALL
from websockets.asyncio.server import ServerConnection, serve

from adapters.alpaca import feed as feed_module
from adapters.alpaca.addresses import Addresses
from adapters.alpaca.connection import Connection, Socket
from adapters.alpaca.feed import AlpacaFeed
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.market import Feeds
from adapters.memory.clock import ManualClock
from adapters.system.time import LoopTimers, machine_seconds
from tradecore.model.instruments import OptionContract, parse_instrument
from tradecore.model.market import Quote
from tradecore.model.sessions import session_on, trading_day

Server = Callable[[ServerConnection], Awaitable[None]]


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not met():
            await asyncio.sleep(0.002)


def test_a_connection_that_ends_is_made_anew_after_a_pause_drawn_by_chance() -> None:
    drawn: list[float] = []
    taken: list[str | bytes] = []

    async def hang_up(socket: ServerConnection) -> None:
        await socket.send("hello")
        await socket.send("news")

    async def greet(socket: Socket) -> None:
        assert await socket.recv() == "hello"

    def chance() -> float:
        drawn.append(0.0)
        return 0.0

    async def story() -> None:
        async with serve(hang_up, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            stream = Connection(
                "test",
                f"ws://127.0.0.1:{port}",
                greet=greet,
                take=taken.append,
                chance=chance,
                seconds=machine_seconds,
                on_this_machine=True,
            )
            running = asyncio.create_task(stream.run())
            await until(lambda: len(taken) >= 3)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert stream.state.connects >= 3
            assert not stream.state.connected

    asyncio.run(story())
    assert set(taken) == {"news"}
    assert len(drawn) >= 2


class _Market:
    """What a feed needs of the market: its live quotes, its feeds, and an answer to a poll."""

    def __init__(self) -> None:
        self.live = LiveQuotes(machine_seconds)
        self.feeds = Feeds("iex", "indicative")
        self.polls = 0

    async def ask_quote(self, instrument: Any) -> Quote | None:
        self.polls += 1
        return Quote(instrument, Decimal(1), Decimal(2), Decimal(1), Decimal(1), NOW, NOW, "poll")

    async def refresh(self) -> int:
        return 0


class _Clock(ManualClock):
    """The exchange's time stands still, the machine's passes."""

    def machine_seconds(self) -> float:
        return machine_seconds()


def a_feed(market: _Market, port: int) -> AlpacaFeed:
    clock = _Clock(NOW + timedelta(seconds=1))
    session = session_on(trading_day(NOW))
    assert session is not None
    origin = f"ws://127.0.0.1:{port}"
    return AlpacaFeed(
        market,  # type: ignore[arg-type]
        underlying=SPY,
        addresses=Addresses(trading="http://x", data="http://x", trading_stream="", data_stream=origin),
        key="k",
        secret="s",
        clock=clock,
        timers=LoopTimers(clock),
        session=lambda: session,
        chance=lambda: 0.0,
    )


class _Service:
    """Speaks the data streams' protocol; remembers what was subscribed, by path."""

    def __init__(self, *, accepts: bool = True) -> None:
        self.accepts = accepts
        self.wishes: list[tuple[str, dict[str, Any]]] = []
        self.sockets: dict[str, ServerConnection] = {}

    async def __call__(self, socket: ServerConnection) -> None:
        path = socket.request.path if socket.request else ""
        await socket.send(msgpack.packb([{"T": "success", "msg": "connected"}]))
        await socket.recv()
        answer = {"T": "success", "msg": "authenticated"}
        refusal = {"T": "error", "code": 406, "msg": "connection limit exceeded"}
        await socket.send(msgpack.packb([answer if self.accepts else refusal]))
        self.sockets[path] = socket
        async for message in socket:
            self.wishes.append((path, msgpack.unpackb(message)))


def running_feed(service: _Service, story: Callable[[AlpacaFeed, _Market], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serve(service, "127.0.0.1", 0) as server:
            market = _Market()
            feed = a_feed(market, server.sockets[0].getsockname()[1])
            running = asyncio.create_task(feed.run())
            try:
                await story(feed, market)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())


def test_the_feed_subscribes_to_its_underlying_and_to_the_options_somebody_wants_again_after_each_connection() -> None:
    service = _Service()
    contract = parse_instrument(CALL)
    assert isinstance(contract, OptionContract)

    async def story(_: AlpacaFeed, market: _Market) -> None:
        market.live.want(contract)
        options = ("/v1beta1/indicative", {"action": "subscribe", "quotes": [CALL]})
        await until(lambda: options in service.wishes)
        assert ("/v2/iex", {"action": "subscribe", "quotes": ["SPY"], "bars": ["SPY"]}) in service.wishes
        await service.sockets["/v1beta1/indicative"].close()
        await until(lambda: service.wishes.count(options) == 2)

    running_feed(service, story)


def test_what_a_frame_holds_that_can_t_be_read_is_counted_and_the_rest_of_it_is_taken() -> None:
    service = _Service()

    async def story(feed: AlpacaFeed, market: _Market) -> None:
        await until(lambda: "/v2/iex" in service.sockets)
        socket = service.sockets["/v2/iex"]
        good, bad = QUOTE | {"T": "q", "S": "SPY"}, QUOTE | {"T": "q", "S": "SPY", "t": "yesterday"}
        await socket.send("a text frame")
        await socket.send(b"\xc1 no MessagePack")
        await socket.send(msgpack.packb([bad, {"T": "q", "S": "UNASKED"}, good]))
        quotes, _ = await market.live.change(5)
        assert [quote.bid for quote in quotes] == [Decimal("1.01")]
        assert quotes[0].source == "alpaca iex (one exchange only)"
        assert feed.unreadable == 3

    running_feed(service, story)


def test_a_service_that_refuses_us_is_told_and_tried_again() -> None:
    async def story(feed: AlpacaFeed, _: _Market) -> None:
        await until(lambda: "connection limit exceeded" in feed.states[0].why)
        assert not feed.states[0].connected

    running_feed(_Service(accepts=False), story)


def test_while_no_stream_speaks_the_underlying_is_asked_for() -> None:
    async def story(feed: AlpacaFeed, market: _Market) -> None:
        async for step in feed.steps():
            if step.quotes:
                assert step.quotes[0].source == "poll"
                break
        assert market.polls == 1

    running_feed(_Service(accepts=False), story)


def test_a_stream_whose_exchange_time_stands_still_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_SILENT_S", 0.05)
    monkeypatch.setattr(feed_module, "_LOOK_EVERY_S", 0.01)
    service = _Service()

    async def story(feed: AlpacaFeed, _: _Market) -> None:
        await until(lambda: feed.restarts >= 1 and feed.states[0].connects >= 2)

    running_feed(service, story)
