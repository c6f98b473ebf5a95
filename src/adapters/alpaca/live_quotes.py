"""The newest quote of each instrument, from streams and answers alike; a reader that is slow sees the newest only."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from adapters.alpaca.guard import Seconds
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.market import Bar, Quote

_MOST_BARS: Final = 1_000
_MOST_WANTED: Final = 100
_ANSWER_STANDS_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Heard:
    quote: Quote
    at: float
    streamed: bool


class LiveQuotes:
    """
    Conflates per symbol: what nobody has read yet is replaced by what came after it, and counted.

    `wanted` are the options somebody asked for lately, at most a hundred: the stream subscribes to them.
    """

    def __init__(self, seconds: Seconds) -> None:
        """Know nothing; `seconds` are the machine's."""
        self._seconds = seconds
        self._heard: dict[str, _Heard] = {}
        self._unread: dict[str, Quote] = {}
        self._bars: list[Bar] = []
        self._wanted: OrderedDict[str, OptionContract] = OrderedDict()
        self._advanced_at = seconds()
        self._changed = asyncio.Event()
        self.streaming: frozenset[str] = frozenset()
        self.conflated = 0
        self.dropped_bars = 0

    @property
    def wanted(self) -> tuple[OptionContract, ...]:
        """Options to be streamed, the oldest wish first."""
        return tuple(self._wanted.values())

    def want(self, contract: OptionContract) -> bool:
        """Somebody asks for this option; True when that is news."""
        news = contract.symbol not in self._wanted
        self._wanted[contract.symbol] = contract
        self._wanted.move_to_end(contract.symbol)
        if len(self._wanted) > _MOST_WANTED:
            self._wanted.popitem(last=False)
        return news

    def put(self, quote: Quote, *, streamed: bool) -> None:
        """Take in a quote unless a newer one of the same instrument is known."""
        symbol = quote.instrument.symbol
        known = self._heard.get(symbol)
        if known is not None and quote.at < known.quote.at:
            return
        if streamed and (known is None or quote.at > known.quote.at):
            self._advanced_at = self._seconds()
        self._heard[symbol] = _Heard(quote, self._seconds(), streamed)
        if streamed:
            self.conflated += symbol in self._unread
            self._unread[symbol] = quote
            self._changed.set()

    def put_bar(self, bar: Bar) -> None:
        """Take in a finished bar."""
        self._bars.append(bar)
        if len(self._bars) > _MOST_BARS:
            del self._bars[0]
            self.dropped_bars += 1
        self._changed.set()

    def standing(self, instrument: Instrument) -> Quote | None:
        """The quote that stands: the last of a stream that is up, or an answer of this instant; else None."""
        heard = self._heard.get(instrument.symbol)
        if heard is None:
            return None
        young = self._seconds() - heard.at <= _ANSWER_STANDS_S
        return heard.quote if young or (heard.streamed and instrument.symbol in self.streaming) else None

    def quiet_for(self, instrument: Instrument) -> float:
        """Machine seconds since anything was heard of it; for ever when nothing was."""
        heard = self._heard.get(instrument.symbol)
        return float("inf") if heard is None else self._seconds() - heard.at

    @property
    def stalled_for(self) -> float:
        """Machine seconds in which no streamed quote moved exchange time on, of whatever instrument."""
        return self._seconds() - self._advanced_at

    async def change(self, within: float) -> tuple[tuple[Quote, ...], tuple[Bar, ...]]:
        """What came since the last call, waiting up to so many seconds for the first of it; read once."""
        try:
            async with asyncio.timeout(within):
                await self._changed.wait()
        except TimeoutError:
            return (), ()
        self._changed.clear()
        quotes, bars = tuple(self._unread.values()), tuple(self._bars)
        self._unread.clear()
        self._bars.clear()
        return quotes, bars
