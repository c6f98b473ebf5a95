"""The streams, through the unmodified SDK and through raw frames, and what a client that never reads costs."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker, served
from tests.unit.entrypoints.simulated_broker.test_orders import MARKET, credit_spread
from websockets.sync.client import connect

from entrypoints.simulated_broker.clients import MOST_WAITING, StreamClient

CONTRACT = "SPY261120C00600000"


@contextmanager
def live(tmp_path: Path, **options: Any) -> Iterator[tuple[Broker, str]]:
    broker = Broker(tmp_path / "sim", start=None, speed=1, always_open=True, **options)
    with served(broker) as url:
        yield broker, url.replace("http", "ws")


@contextmanager
def listening(url: str) -> Iterator[Any]:
    with connect(f"{url}/stream", proxy=None) as socket:
        socket.send(json.dumps({"action": "authenticate", "data": {"key_id": "k", "secret_key": "s"}}))
        assert json.loads(socket.recv(5))["data"]["status"] == "authorized"
        socket.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
        assert json.loads(socket.recv(5)) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        yield socket


def post(url: str, path: str, body: Any) -> int:
    import requests

    headers = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"}
    address = url.replace("ws", "http") + path
    return requests.post(address, json=body, headers=headers, timeout=5).status_code


BUY = {"symbol": "SPY", "side": "buy", "qty": "1", "time_in_force": "day"} | MARKET


def test_updates_come_in_binary_frames_of_json_and_only_to_their_account(tmp_path: Path) -> None:
    with live(tmp_path) as (_, url), listening(url) as socket:
        assert post(url, "/v2/orders", BUY) == 200
        frames = [socket.recv(5) for _ in range(2)]
        assert all(isinstance(frame, bytes) for frame in frames)
        events = [json.loads(frame)["data"] for frame in frames]
        assert [one["event"] for one in events] == ["new", "fill"]
        assert (events[1]["qty"], events[1]["position_qty"]) == ("1", "1")
        assert events[1]["order"]["filled_avg_price"] == events[1]["price"]


def test_a_wrong_key_is_not_listened_to(tmp_path: Path) -> None:
    with live(tmp_path, keys=("right", "pair")) as (_, url), connect(f"{url}/stream", proxy=None) as socket:
        socket.send(json.dumps({"action": "authenticate", "data": {"key_id": "k", "secret_key": "s"}}))
        assert json.loads(socket.recv(5))["data"]["status"] == "unauthorized"


@contextmanager
def packed_stream(url: str, path: str) -> Iterator[Any]:
    headers = {"Content-Type": "application/msgpack"}
    with connect(url + path, additional_headers=headers, proxy=None) as socket:
        assert msgpack.unpackb(socket.recv(5)) == [{"T": "success", "msg": "connected"}]
        socket.send(msgpack.packb({"action": "auth", "key": "k", "secret": "s"}))
        assert msgpack.unpackb(socket.recv(5)) == [{"T": "success", "msg": "authenticated"}]
        yield socket


@pytest.mark.parametrize(
    ("path", "symbol", "member"),
    [("/v2/iex", "SPY", "z"), ("/v1beta1/indicative", CONTRACT, "bx"), ("/v1beta3/crypto/us", "BTC/USD", "bp")],
)
def test_quotes_are_streamed_as_messagepack_with_its_own_timestamps(
    tmp_path: Path, path: str, symbol: str, member: str
) -> None:
    with live(tmp_path) as (_, url), packed_stream(url, path) as socket:
        socket.send(msgpack.packb({"action": "subscribe", "quotes": [symbol]}))
        assert msgpack.unpackb(socket.recv(5))[0]["quotes"] == [symbol]
        quote = msgpack.unpackb(socket.recv(5))[0]
        assert (quote["T"], quote["S"]) == ("q", symbol)
        assert member in quote
        assert isinstance(quote["t"], msgpack.Timestamp)


def test_the_stock_stream_speaks_json_to_who_does_not_ask_for_messagepack(tmp_path: Path) -> None:
    with live(tmp_path) as (_, url), connect(f"{url}/v2/iex", proxy=None) as socket:
        assert json.loads(socket.recv(5)) == [{"T": "success", "msg": "connected"}]
        socket.send("no json")
        assert json.loads(socket.recv(5))[0]["code"] == 400
        socket.send(json.dumps({"action": "subscribe", "quotes": ["SPY"]}))
        assert json.loads(socket.recv(5))[0]["code"] == 401
        socket.send(json.dumps({"action": "auth", "key": "", "secret": "s"}))
        assert json.loads(socket.recv(5))[0]["code"] == 402


def test_a_dropped_update_is_never_sent_and_the_next_one_is(tmp_path: Path) -> None:
    with live(tmp_path, faults=("drop_update=1",)) as (broker, url), listening(url) as socket:
        broker.simulation.faults.left["drop_update"] = 1
        for _ in range(2):
            post(url, "/v2/orders", BUY)
        events = [json.loads(socket.recv(5))["data"]["event"] for _ in range(3)]
        assert events == ["new", "new", "fill"]


def test_a_disconnect_ends_every_stream(tmp_path: Path) -> None:
    with live(tmp_path) as (_, url), listening(url) as socket:
        assert post(url, "/_sim/faults", {"disconnect": 1}) == 200
        with pytest.raises(Exception, match="1012"):
            socket.recv(5)


def test_a_client_that_never_reads_is_let_go_when_its_queue_is_full() -> None:
    async def fill_up() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        client = StreamClient({}, receive, send, binary=True)
        for _ in range(MOST_WAITING + 10):
            client.offer(b"x")
        await client.pump()
        return sent

    sent = asyncio.run(fill_up())
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "slow client"}]


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sdk_trades_and_is_told(tmp_path: Path) -> None:
    from alpaca.trading.client import TradingClient
    from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest, OptionLegRequest
    from alpaca.trading.stream import TradingStream

    with live(tmp_path, requests_a_minute=0) as (broker, url):
        told, filled = [], threading.Event()

        async def on_update(update: Any) -> None:
            told.append((str(update.event), update.order.symbol))
            if len(told) >= 4:
                filled.set()

        stream = TradingStream("k", "s", url_override=f"{url}/stream")
        stream.subscribe_trade_updates(on_update)
        thread = in_thread(stream.run)
        client: Any = TradingClient("k", "s", url_override=url.replace("ws", "http"))
        assert client.get_account().cash == "100000"
        for _ in range(1_000):
            if client.get_clock().is_open and broker.simulation.updates.count:
                break
        client.submit_order(MarketOrderRequest(symbol="SPY", qty=1, side="buy", time_in_force="day"))
        legs = [OptionLegRequest(**{**leg, "ratio_qty": 1}) for leg in credit_spread()["legs"]]
        spread = client.submit_order(
            LimitOrderRequest(order_class="mleg", qty=1, time_in_force="day", limit_price=-0.01, legs=legs)
        )
        assert spread.symbol is None
        assert filled.wait(5)
        assert told[-2:] == [("new", None), ("fill", None)]
        assert {one.symbol for one in client.get_all_positions()} == {"SPY", *(leg.symbol for leg in legs)}
        assert [one.status for one in client.close_all_positions(cancel_orders=True)] == [200, 200, 200]
        loop: Any = stream._loop
        # The SDK notices only with the next frame that it shall stop.
        asyncio.run_coroutine_threadsafe(stream.stop_ws(), loop).result(5)
        client.submit_order(MarketOrderRequest(symbol="SPY", qty=1, side="buy", time_in_force="day"))
        thread.join(6)
