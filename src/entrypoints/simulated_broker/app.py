"""The ASGI application: who may come in, what is served, and how a refusal looks."""

import asyncio
import base64
import binascii
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from adapters.simulated.brokerage.refusals import MALFORMED, Refusal
from entrypoints.simulated_broker.answers import Answer, Call, refused
from entrypoints.simulated_broker.clients import StreamClient
from entrypoints.simulated_broker.connections import ABORT
from entrypoints.simulated_broker.data_errors import DataRefusal
from entrypoints.simulated_broker.data_streams import serve_data_stream
from entrypoints.simulated_broker.routes import methods_of, route
from entrypoints.simulated_broker.simulation import Simulation
from entrypoints.simulated_broker.trade_updates import serve_trade_updates
from tradecore.errors import JournalUnavailable

LONGEST_BODY: Final = 1_048_576
_MOST_COUNTED: Final = 4_096
_NOT_AUTHORIZED: Final = orjson.dumps({"code": 40110000, "message": "request is not authorized"})
_DATA_NOT_AUTHORIZED: Final = orjson.dumps({"message": "unauthorized."})
_BROKEN: Final[Answer] = (500, b"")
_TOO_MANY: Final = orjson.dumps({"code": 42910000, "message": "too many requests."})
_STREAMS: Final = {
    "/v2/iex": "stocks",
    "/v2/sip": "stocks",
    "/v2/test": "stocks",
    "/v2/delayed_sip": "stocks",
    "/v1beta1/indicative": "options",
    "/v1beta1/opra": "options",
    "/v1beta1/news": "news",
    "/v1beta3/crypto/us": "crypto",
}


class TooLarge(Exception):
    """A body beyond LONGEST_BODY."""


class Gone(Exception):
    """The client hung up before its request was complete."""


class SimulatedBroker:
    """Serves one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        """Serve this one."""
        self._simulation = simulation
        self._windows: OrderedDict[str, tuple[int, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one stream from handshake to end."""
        if scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        elif scope["type"] == "http":
            try:
                await self._request(scope, receive, send)
            except Gone:
                return
            except ConnectionResetError:
                if ABORT not in scope.get("state", {}):
                    raise
                scope["state"][ABORT]()

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        try:
            body = await _body(receive)
        except TooLarge:
            words = f"request body is larger than {LONGEST_BODY} bytes"
            await _answer(send, refused(Refusal(413, MALFORMED, words)), [(b"connection", b"close")])
            return
        headers = dict(scope["headers"])
        account = self._account(headers)
        control = path.startswith("/_sim/")
        if account is None and not (control and path != "/_sim/liquidate"):
            trading = path.startswith("/v2/") and not path.startswith("/v2/stocks")
            await _answer(send, (401, _NOT_AUTHORIZED if trading else _DATA_NOT_AUTHORIZED), [])
            return
        extra, allowed = ([], True) if control else self._allow(account or "")
        if not allowed:
            await _answer(send, (429, _TOO_MANY), extra)
            return
        try:
            query = _query(scope)
        except ValueError:
            await _answer(send, refused(Refusal(400, MALFORMED, "query string is invalid")), extra)
            return
        answer = self._served(method, path, Call(self._simulation, account or "", (), query, body))
        await self._settle(method, path, answer, extra, send)

    def _served(self, method: str, path: str, call: Call) -> Answer:
        found = route(method, path)
        if found is None:
            known = methods_of(path)
            words = "method not allowed" if known else "endpoint not found."
            return (405 if known else 404), orjson.dumps({"code": 40510000 if known else 40410000, "message": words})
        handler, call.path = found
        try:
            return handler(call)
        except DataRefusal as refusal:
            return refusal.status, orjson.dumps({"message": refusal.message})
        except Refusal as refusal:
            return refused(refusal)
        except Exception:
            if self._simulation.broken is None:
                raise
            # It is told with the answer, and by the program when it ends.
            return _BROKEN

    async def _settle(
        self, method: str, path: str, answer: Answer, extra: list[tuple[bytes, bytes]], send: Send
    ) -> None:
        simulation = self._simulation
        if simulation.is_dirty or simulation.broken:
            try:
                if simulation.broken:
                    raise JournalUnavailable(simulation.broken)
                await simulation.durable()
            except JournalUnavailable as error:
                await _answer(send, (500, orjson.dumps({"code": 50010000, "message": str(error)})), [])
                return
        if (method, path) == ("POST", "/v2/orders") and answer[0] == 200:
            if simulation.faults.uses("accept_then_504"):
                await _answer(send, (504, orjson.dumps({"code": 50410000, "message": "gateway timeout"})), extra)
                return
            if simulation.faults.uses("reset_after_send"):
                raise ConnectionResetError("a simulated reset after the order was accepted")
        await _answer(send, answer, extra)

    def _account(self, headers: dict[bytes, bytes]) -> str | None:
        key, secret = headers.get(b"apca-api-key-id"), headers.get(b"apca-api-secret-key")
        if key is None or secret is None:
            scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"basic":
                return None
            try:
                key, _, secret = base64.b64decode(given, validate=True).partition(b":")
            except binascii.Error:
                return None
        return self._simulation.account_of(key.decode("latin-1"), secret.decode("latin-1"))

    def _allow(self, account: str) -> tuple[list[tuple[bytes, bytes]], bool]:
        simulation = self._simulation
        if simulation.faults.uses("too_many_requests"):
            return [], False
        most = simulation.requests_a_minute
        if not most:
            return [], True
        minute, now = divmod(simulation.seconds(), 60)
        known, used = self._windows.pop(account, (int(minute), 0))
        used = used + 1 if known == int(minute) else 1
        self._windows[account] = (int(minute), used)
        if len(self._windows) > _MOST_COUNTED:
            self._windows.popitem(last=False)
        reset = int(simulation.now().timestamp() + 60 - now)
        shown = {"limit": most, "remaining": max(most - used, 0), "reset": reset}
        return [(f"x-ratelimit-{name}".encode(), str(value).encode()) for name, value in shown.items()], used <= most

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        simulation, path = self._simulation, scope["path"]
        if path == "/stream":
            await serve_trade_updates(simulation, StreamClient(scope, receive, send, binary=True))
            return
        market = _STREAMS.get(path)
        if market is None:
            await send({"type": "websocket.close", "code": 1008, "reason": "endpoint not found"})
            return
        asked = dict(scope["headers"]).get(b"content-type", b"")
        packed = market == "options" or asked == b"application/msgpack"
        client = StreamClient(scope, receive, send, binary=packed)
        await serve_data_stream(simulation, client, market=market, packed=packed)


async def _body(receive: Receive) -> bytes:
    whole: bytes = b""
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            raise Gone
        whole += bytes(message.get("body", b""))
        if len(whole) > LONGEST_BODY:
            raise TooLarge
        if not message.get("more_body"):
            return whole


def _query(scope: Scope) -> dict[str, str]:
    raw = scope["query_string"]
    return dict(parse_qsl(raw.decode("latin-1"), errors="replace", max_num_fields=200)) if raw else {}


async def _answer(send: Send, answer: Answer, extra: list[tuple[bytes, bytes]]) -> None:
    status, body = answer
    headers = [(b"content-length", str(len(body)).encode()), *extra]
    if body:
        headers.append((b"content-type", b"application/json; charset=UTF-8"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def keep_time(simulation: Simulation, every_s: float = 0.1) -> None:
    """Let the simulation's time pass and its streams speak, until cancelled."""
    while simulation.broken is None:
        await asyncio.sleep(every_s)
        simulation.look()
        if simulation.is_dirty:
            await simulation.durable()
        if not simulation.faults.is_mute:
            simulation.data.publish(simulation)
