"""What every MarketData promises; subclass MarketDataContract in a test module and open your market."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tradecore.model.instruments import Equity, Instrument, Right
from tradecore.ports.market_data import MarketData


@dataclass(slots=True)
class MarketWorld:
    """
    A market somewhere in the middle of a session of `underlying`.

    `run` runs a coroutine on the loop the market lives on; `opens` is when its session began.
    """

    market: MarketData
    underlying: Equity
    expiry: date
    opens: datetime
    now: Callable[[], datetime]
    run: Callable[[Awaitable[Any]], Any] = lambda work: asyncio.run(_await(work))


async def _await(work: Awaitable[Any]) -> Any:
    return await work


class MarketDataContract:
    """Promises of the MarketData port."""

    @abstractmethod
    def open_market(self) -> MarketWorld:
        """A market that has a quote, at least two finished bars and a same-day chain."""

    def test_a_quote_is_of_what_was_asked_and_not_from_the_future(self) -> None:
        """Instrument, times and sizes make sense."""
        world = self.open_market()
        quote = world.run(world.market.quote(world.underlying))
        assert quote is not None
        assert quote.instrument == world.underlying
        assert quote.at <= quote.received_at <= world.now()
        assert quote.at.utcoffset() == timedelta(0)
        assert quote.source

    def test_an_unknown_instrument_has_no_quote(self) -> None:
        """Absence is None, never zero."""
        world = self.open_market()
        assert world.run(world.market.quote(Equity("ZZZZZ"))) is None

    def test_bars_are_finished_and_in_order(self) -> None:
        """A bar that is still forming is not shown."""
        world = self.open_market()
        bars = world.run(world.market.bars(world.underlying, world.opens, world.now()))
        assert len(bars) >= 2
        assert [bar.start for bar in bars] == sorted({bar.start for bar in bars})
        assert all(world.opens <= bar.start and bar.end <= world.now() for bar in bars)
        assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)

    def test_bars_start_within_the_asked_time(self) -> None:
        """The start is included, the end is not."""
        world = self.open_market()
        bars = world.run(world.market.bars(world.underlying, world.opens, world.now()))
        part = world.run(world.market.bars(world.underlying, bars[0].start, bars[1].start))
        assert [bar.start for bar in part] == [bars[0].start]
        assert list(world.run(world.market.bars(world.underlying, bars[0].start, bars[0].start))) == []

    def test_an_unknown_instrument_has_no_bars(self) -> None:
        """Emptiness, not an error."""
        world = self.open_market()
        assert list(world.run(world.market.bars(Equity("ZZZZZ"), world.opens, world.now()))) == []

    def test_the_chain_is_of_one_expiry_calls_first_by_strike(self) -> None:
        """Columns are aligned with the contracts."""
        world = self.open_market()
        chain = world.run(world.market.chain(world.underlying.symbol, world.expiry))
        assert chain is not None
        assert {c.expiry for c in chain.contracts} == {world.expiry}
        assert {c.underlying for c in chain.contracts} == {world.underlying.symbol}
        order = [(c.right is Right.PUT, c.strike) for c in chain.contracts]
        assert order == sorted(order)
        columns = (chain.bid_cents, chain.ask_cents, chain.bid_size, chain.ask_size)
        assert {len(column) for column in columns} == {len(chain)}
        assert chain.at <= chain.received_at <= world.now()

    def test_a_contract_s_quote_is_its_row_of_the_chain(self) -> None:
        """One market, one price."""
        world = self.open_market()
        chain = world.run(world.market.chain(world.underlying.symbol, world.expiry))
        row = len(chain) // 4
        contract: Instrument = chain.contracts[row]
        quote = world.run(world.market.quote(contract))
        of_chain = chain.quote(row)
        assert (quote.bid, quote.ask) == (of_chain.bid, of_chain.ask)

    def test_another_expiry_has_no_chain(self) -> None:
        """Absence is None."""
        world = self.open_market()
        assert world.run(world.market.chain(world.underlying.symbol, world.expiry + timedelta(days=400))) is None
