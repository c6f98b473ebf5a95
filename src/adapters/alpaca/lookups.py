"""Alpaca's market data for whoever only looks: it takes nothing away from what trades and guards."""

from collections.abc import Sequence
from datetime import date, datetime

from adapters.alpaca.calls import Lane
from adapters.alpaca.market import AlpacaMarket
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument
from tradecore.model.market import Bar, Quote
from tradecore.ports.market_data import MarketData


class AlpacaLookups(MarketData):
    """
    The same market in a lane of its own.

    What is looked up is not streamed and not fetched again by itself, so it pushes out nothing that is.
    """

    def __init__(self, market: AlpacaMarket) -> None:
        """`market` is what the desk trades on."""
        self._market = market

    async def quote(self, instrument: Instrument) -> Quote | None:
        """What a stream says already, else what Alpaca answers now."""
        return self._market.live.standing(instrument) or await self._market.ask_quote(instrument, Lane.LOOKUP)

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished one-minute bars that start in [start, end), oldest first."""
        return await self._market.ask_bars(instrument, start, end, Lane.LOOKUP)

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """Every quoted contract of one expiry."""
        return await self._market.look_up_chain(underlying, expiry)
