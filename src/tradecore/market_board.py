"""The newest quote, bar and chain of each instrument, with source and times."""

from collections.abc import Callable, Iterable, Mapping

from tradecore.analysis.completed_chain import CompletedChain
from tradecore.model.account import AccountSnapshot
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument
from tradecore.model.market import Bar, ContractGreeks, MarketView, Quote


class MarketBoard:
    """Keeps what was last known; never older than what it had."""

    def __init__(self) -> None:
        """Start empty."""
        self._quotes: dict[str, Quote] = {}
        self._bars: dict[str, Bar] = {}
        self._chains: dict[str, OptionChain] = {}
        self._completed: dict[str, CompletedChain] = {}
        self._listeners: list[Callable[[Quote], None]] = []

    def put_quote(self, quote: Quote) -> None:
        """Keep a quote unless a newer one is known."""
        known = self._quotes.get(quote.instrument.symbol)
        if known is None or quote.at >= known.at:
            self._quotes[quote.instrument.symbol] = quote
            for listener in self._listeners:
                listener(quote)

    def listen(self, listener: Callable[[Quote], None]) -> None:
        """Tell this listener every quote that is kept from now on."""
        self._listeners.append(listener)

    def put_bar(self, bar: Bar) -> None:
        """Keep a finished bar."""
        self._bars[bar.instrument.symbol] = bar

    def put_chain(self, chain: OptionChain) -> None:
        """Keep a chain."""
        self._chains[chain.underlying] = chain

    def put_completed(self, completed: CompletedChain) -> None:
        """Keep a chain with its figures, and the chain itself unless a newer one is known."""
        chain = completed.chain
        self._completed[chain.underlying] = completed
        known = self._chains.get(chain.underlying)
        if known is None or chain.at >= known.at:
            self._chains[chain.underlying] = chain

    def drop_chain(self, underlying: str) -> None:
        """Forget an expired chain."""
        self._completed.pop(underlying, None)
        self._chains.pop(underlying, None)

    def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote."""
        return self._quotes.get(instrument.symbol)

    def bar(self, instrument: Instrument) -> Bar | None:
        """The newest finished bar."""
        return self._bars.get(instrument.symbol)

    def chain(self, underlying: str) -> OptionChain | None:
        """The newest chain."""
        return self._chains.get(underlying)

    def completed(self, underlying: str) -> CompletedChain | None:
        """The newest chain with its figures."""
        return self._completed.get(underlying)

    def view(
        self,
        symbols: Iterable[str],
        greeks: Mapping[str, ContractGreeks],
        account: AccountSnapshot | None,
        underlying: str,
    ) -> MarketView:
        """Freeze what is known of these symbols now; unknown ones are absent."""
        chain = self._chains.get(underlying)
        quotes = {symbol: self._quotes[symbol] for symbol in sorted(set(symbols)) if symbol in self._quotes}
        return MarketView(quotes=quotes, greeks=greeks, account=account, chain_at=None if chain is None else chain.at)
