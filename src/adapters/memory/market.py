"""A market that shows what it was given."""

from collections.abc import Sequence
from datetime import date, datetime

from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument
from tradecore.model.market import Bar, Quote
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData


class MemoryMarket(MarketData):
    """Quotes, bars and chains put in by hand; nothing is shown before its time."""

    def __init__(self, clock: Clock) -> None:
        """Start with nothing to show."""
        self._clock = clock
        self._quotes: dict[Instrument, list[Quote]] = {}
        self._bars: dict[Instrument, list[Bar]] = {}
        self._chains: dict[tuple[str, date], OptionChain] = {}

    def put_quote(self, quote: Quote) -> None:
        """Show a quote from its receive time on."""
        self._quotes.setdefault(quote.instrument, []).append(quote)

    def put_bar(self, bar: Bar) -> None:
        """Show a bar from its end on."""
        self._bars.setdefault(bar.instrument, []).append(bar)

    def put_chain(self, chain: OptionChain) -> None:
        """Show a chain, and each of its rows as a quote."""
        self._chains[chain.underlying, chain.expiry] = chain
        for row in range(len(chain)):
            self.put_quote(chain.quote(row))

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote received by now."""
        return self.quote_now(instrument)

    def quote_now(self, instrument: Instrument) -> Quote | None:
        """The same, without waiting."""
        now = self._clock.now()
        known = [quote for quote in self._quotes.get(instrument, ()) if quote.received_at <= now]
        return max(known, key=lambda quote: quote.at) if known else None

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished bars that start in [start, end)."""
        now = self._clock.now()
        found = (bar for bar in self._bars.get(instrument, ()) if start <= bar.start < end and bar.end <= now)
        return sorted(found, key=lambda bar: bar.start)

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """The chain that was put in."""
        return self._chains.get((underlying, expiry))
