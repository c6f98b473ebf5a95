"""Alpaca's market data over REST, with what the streams know already."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Final

from adapters.alpaca import fields
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.fields import Raw
from adapters.alpaca.http import AlpacaHttp, Refused
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.prices import finished_bars, read_bar, read_chain, read_quote
from adapters.alpaca.records import read_news
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import CryptoPair, Instrument, OptionContract
from tradecore.model.market import Bar, Quote
from tradecore.model.news import NewsItem
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData
from tradecore.ports.news import NewsFeed
from tradecore.ports.quote_wishes import QuoteWishes

_CHAIN_STANDS_S: Final = 1.0
_WISH_LASTS_S: Final = 300.0
_MOST_PAGES: Final = 20
_PAGE: Final = 1_000
_BARS_PAGE: Final = 10_000
_NEWS_PAGE: Final = 50
_NOBODY_KNOWS_IT: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class Feeds:
    """Which of Alpaca's feeds the account is entitled to: sip, iex or delayed_sip, and opra or indicative."""

    stocks: str
    options: str

    def source(self, instrument: Instrument) -> str:
        """What a quote says of where it comes from; the free feeds say what they lack."""
        feed = self.options if isinstance(instrument, OptionContract) else self.stocks
        return f"alpaca {feed}{REMARKS.get(feed, '')}"


REMARKS: Final[Mapping[str, str]] = {
    "iex": " (one exchange only)",
    "indicative": " (indicative, not the market's)",
    "delayed_sip": " (delayed 15 minutes)",
}


class AlpacaMarket(MarketData, NewsFeed, QuoteWishes):
    """
    Quotes, bars and chains; a chain asked for in the last five minutes is fetched every second by `refresh`.

    Instruments Alpaca does not know have no quote and no bars.
    """

    def __init__(
        self,
        calls: Calls,
        *,
        clock: Clock,
        feeds: Feeds,
        live: LiveQuotes,
        chain_stands_s: float = _CHAIN_STANDS_S,
    ) -> None:
        """`live` is what streams feed; a chain younger than `chain_stands_s` is not asked for again."""
        self._chain_stands_s = chain_stands_s
        self._calls = calls
        self._clock = clock
        self.feeds = feeds
        self.live = live
        self._chains: dict[tuple[str, date], tuple[float, OptionChain | None]] = {}
        self._wishes: dict[tuple[str, date], float] = {}
        self._fetching = asyncio.Lock()

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote: what a stream that is up said last, else what Alpaca answers now."""
        if isinstance(instrument, OptionContract):
            self.live.want(instrument)
        return self.live.standing(instrument) or await self.ask_quote(instrument)

    async def ask_quote(self, instrument: Instrument, lane: Lane = Lane.DATA) -> Quote | None:
        """The newest quote as Alpaca answers now."""
        if isinstance(instrument, CryptoPair):
            return None
        symbol, feeds = instrument.symbol, self.feeds
        if isinstance(instrument, OptionContract):
            path, read, feed = "/options/quotes/latest", AlpacaHttp.options, feeds.options
        else:
            path, read, feed = "/stocks/quotes/latest", AlpacaHttp.stocks, feeds.stocks
        answer = await self._ask(lambda http: read(http, path, symbols=symbol, feed=feed), lane)
        raw = None if answer is None else fields.mapping(answer.get("quotes") or {}, "quotes").get(symbol)
        if raw is None:
            return None
        quote = read_quote(instrument, fields.mapping(raw, symbol), self._clock.now(), feeds.source(instrument))
        self.live.put(quote, streamed=False)
        return quote

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished one-minute bars that start in [start, end), oldest first."""
        return await self.ask_bars(instrument, start, end)

    async def ask_bars(
        self, instrument: Instrument, start: datetime, end: datetime, lane: Lane = Lane.DATA
    ) -> Sequence[Bar]:
        """The same, in whichever lane."""
        if isinstance(instrument, CryptoPair) or start >= end:
            return []
        symbol = instrument.symbol
        query: dict[str, Any] = {"symbols": symbol, "timeframe": "1Min", "limit": _BARS_PAGE, "sort": "asc"}
        query |= {"start": _written(start), "end": _written(end)}
        is_option = isinstance(instrument, OptionContract)
        if not is_option:
            query |= {"feed": self.feeds.stocks, "adjustment": "raw"}

        def read(http: AlpacaHttp) -> list[Raw]:
            path, ask = ("/options/bars", http.options) if is_option else ("/stocks/bars", http.stocks)
            pages = http.pages(ask, path, _MOST_PAGES, **query)
            return [row for page in pages for row in fields.rows(_of(page, "bars").get(symbol), symbol)]

        found = await self._ask(read, lane)
        return finished_bars([read_bar(instrument, row) for row in found or []], start, end, self._clock.now())

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """Every quoted contract of one expiry, at most `chain_stands_s` old when it is given out."""
        wish = (underlying, expiry)
        self._wishes[wish] = self._clock.machine_seconds()
        async with self._fetching:
            known = self._chains.get(wish)
            if known is not None and self._stands(known[0]):
                return known[1]
            return await self._fetch(wish)

    async def look_up_chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """A chain that is not fetched again by itself; one that is has the newest already."""
        known = self._chains.get((underlying, expiry))
        if known is not None and self._stands(known[0]):
            return known[1]
        return await self._ask_chain((underlying, expiry), Lane.LOOKUP)

    def want_quotes(self, contracts: Sequence[OptionContract]) -> None:
        """Have the stream send these."""
        for contract in contracts:
            self.live.want(contract)

    async def refresh(self) -> int:
        """Fetch again every chain that somebody asked for lately; how many there are."""
        now = self._clock.machine_seconds()
        self._wishes = {wish: at for wish, at in self._wishes.items() if now - at <= _WISH_LASTS_S}
        self._chains = {wish: known for wish, known in self._chains.items() if wish in self._wishes}
        for wish in tuple(self._wishes):
            async with self._fetching:
                if wish not in self._chains or not self._stands(self._chains[wish][0]):
                    await self._fetch(wish)
        return len(self._wishes)

    async def news(self, symbols: Sequence[str], since: datetime) -> Sequence[NewsItem]:
        """Articles about these tickers since then, oldest first, the fifty first of them."""
        query = {"symbols": ",".join(symbols), "start": _written(since), "sort": "asc", "limit": _NEWS_PAGE}
        answer = await self._calls.ask(Lane.DATA, lambda http: http.options("/news", **query))
        items = [read_news(row) for row in fields.rows(fields.mapping(answer, "news").get("news"), "news")]
        return sorted((item for item in items if item.at >= since), key=lambda item: item.at)

    def _stands(self, fetched_at: float) -> bool:
        return self._clock.machine_seconds() - fetched_at < self._chain_stands_s

    async def _fetch(self, wish: tuple[str, date]) -> OptionChain | None:
        chain = await self._ask_chain(wish, Lane.CHAIN)
        self._chains[wish] = (self._clock.machine_seconds(), chain)
        return chain

    async def _ask_chain(self, wish: tuple[str, date], lane: Lane) -> OptionChain | None:
        underlying, expiry = wish
        query = {"expiration_date": expiry.isoformat(), "limit": _PAGE, "feed": self.feeds.options}

        def read(http: AlpacaHttp) -> dict[str, Raw]:
            path = f"/options/snapshots/{underlying}"
            found: dict[str, Raw] = {}
            for page in http.pages(http.options, path, _MOST_PAGES, **query):
                found |= _of(page, "snapshots")
            return found

        found = await self._ask(read, lane)
        source = f"alpaca {self.feeds.options}{REMARKS.get(self.feeds.options, '')}"
        return read_chain(underlying, expiry, found or {}, self._clock.now(), source)

    async def _ask(self, request: Any, lane: Lane) -> Any:
        try:
            return await self._calls.ask(lane, request)
        except Refused as refusal:
            if refusal.status not in _NOBODY_KNOWS_IT:
                raise
            return None


def _of(page: Raw, name: str) -> Raw:
    return fields.mapping(page.get(name) or {}, name)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
