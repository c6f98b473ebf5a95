"""Alpaca's prints of shares over REST."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from adapters.alpaca import fields
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.http import Refused
from adapters.alpaca.prices import read_trade
from tradecore.model.instruments import Equity
from tradecore.model.market import Trade
from tradecore.ports.clock import Clock
from tradecore.ports.trade_tape import TradeTape

_MOST: Final = 10_000
_NOBODY_KNOWS_IT: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


class AlpacaTradeTape(TradeTape):
    """Trades of one stock feed; a ticker Alpaca does not know has none."""

    def __init__(self, calls: Calls, *, clock: Clock, feed: str) -> None:
        """`feed` is one the account is entitled to."""
        self._calls = calls
        self._clock = clock
        self._feed = feed

    async def trades(self, instrument: Equity, start: datetime, end: datetime, most: int) -> Sequence[Trade]:
        """The newest page that fits, turned round."""
        now = self._clock.now()
        if most <= 0 or start >= min(end, now):
            return []
        query: dict[str, Any] = {"start": _written(start), "end": _written(min(end, now)), "sort": "desc"}
        found = await self._ask("/stocks/trades", instrument.symbol, limit=min(most, _MOST), **query)
        rows = fields.rows(None if found is None else found.get(instrument.symbol), instrument.symbol)
        trades = [read_trade(instrument, row, now) for row in rows]
        return sorted((one for one in trades if start <= one.at < end), key=lambda one: one.at)[-most:]

    async def latest_trade(self, instrument: Equity) -> Trade | None:
        """As Alpaca answers now."""
        found = await self._ask("/stocks/trades/latest", instrument.symbol)
        raw = None if found is None else found.get(instrument.symbol)
        if raw is None:
            return None
        return read_trade(instrument, fields.mapping(raw, instrument.symbol), self._clock.now())

    async def _ask(self, path: str, symbol: str, **query: Any) -> fields.Raw | None:
        try:
            answer = await self._calls.ask(
                Lane.LOOKUP, lambda http: http.stocks(path, symbols=symbol, feed=self._feed, **query)
            )
        except Refused as refusal:
            if refusal.status not in _NOBODY_KNOWS_IT:
                raise
            return None
        return fields.mapping(fields.mapping(answer, path).get("trades") or {}, "trades")


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
