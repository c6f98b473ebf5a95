"""Binance's own snapshots of books over HTTP, asked for as seldom as its limits want."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson

from adapters.binance.messages import depth_snapshot
from adapters.binance.pair import SNAPSHOT_LEVELS
from tradecore.errors import DataMalformed, Unavailable, UnknownInstrument
from tradecore.microstructure.events import DepthSnapshot

_PATIENCE_S: Final = 10.0
_BANNED: Final = HTTPStatus.IM_A_TEAPOT
_RETRY_AFTER_S: Final = 60.0
_MUCH_WEIGHT: Final = 3_000
_RESTS_S: Final = 10.0
_NO_SUCH_SYMBOL: Final = -1121
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def is_on_this_machine(url: str) -> bool:
    """Whether an address is this machine's own, where no proxy leads to."""
    return urlsplit(url).hostname in _LOOPBACK


class DepthSnapshots:
    """
    Asks for one snapshot at a time; waits as long as an answer told us to, and when half of the weight is used up.

    A snapshot of 1,000 levels has a weight of 50, of 6,000 a minute for everybody at this address.
    """

    def __init__(self, url: str, seconds: Callable[[], float]) -> None:
        """`url` is where `/api/v3/depth` is; `seconds` are the machine's."""
        self._client = httpx2.AsyncClient(base_url=url, timeout=_PATIENCE_S, trust_env=not is_on_this_machine(url))
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._not_before = 0.0
        self.asked = 0

    async def of(self, symbol: str) -> DepthSnapshot:
        """
        The book of a pair as the venue has it now.

        Raises:
            UnknownInstrument: The venue has no such pair.
            Unavailable: No answer, or one that can't be used; it is safe to ask again.
        """
        async with self._turn:
            await asyncio.sleep(max(0.0, self._not_before - self._seconds()))
            self.asked += 1
            try:
                answer = await self._client.get("/api/v3/depth", params={"symbol": symbol, "limit": SNAPSHOT_LEVELS})
            except httpx2.HTTPError as problem:
                raise Unavailable(f"Binance: no snapshot of {symbol} ({type(problem).__name__})") from problem
            self._note(answer)
        return _snapshot(symbol, answer.status_code, answer.content)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def _note(self, answer: httpx2.Response) -> None:
        """Remember from when on we may ask again."""
        wait = 0.0
        if answer.status_code in (HTTPStatus.TOO_MANY_REQUESTS, _BANNED):
            wait = _number(answer.headers.get("Retry-After"), _RETRY_AFTER_S)
        elif _number(answer.headers.get("X-MBX-USED-WEIGHT-1M"), 0.0) > _MUCH_WEIGHT:
            wait = _RESTS_S
        self._not_before = max(self._not_before, self._seconds() + wait)


def _number(text: str | None, otherwise: float) -> float:
    return float(text) if text is not None and text.isdecimal() else otherwise


def _snapshot(symbol: str, status: int, content: bytes) -> DepthSnapshot:
    try:
        body: Any = orjson.loads(content)
        if status == HTTPStatus.OK:
            return depth_snapshot(body)
    except (KeyError, TypeError, ValueError, AttributeError, DataMalformed) as problem:
        raise Unavailable(f"Binance: HTTP {status} to {symbol} with a body that can't be read") from problem
    said = str(body.get("msg", "")) if isinstance(body, dict) else ""
    if isinstance(body, dict) and body.get("code") == _NO_SUCH_SYMBOL:
        raise UnknownInstrument(f"Binance has no spot pair {symbol}: {said[:100]}")
    raise Unavailable(f"Binance: no snapshot of {symbol}: HTTP {status} {said[:100]}")
