"""What every TradeTape promises; subclass TradeTapeContract in a test module and open your tape."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tradecore.model.instruments import Equity
from tradecore.ports.trade_tape import TradeTape


@dataclass(frozen=True, slots=True)
class TapeWorld:
    """A tape at least a minute into a session in which `underlying` trades; `run` runs a coroutine on its loop."""

    tape: TradeTape
    underlying: Equity
    opens: datetime
    now: Callable[[], datetime]
    run: Callable[[Awaitable[Any]], Any]


class TradeTapeContract:
    """Promises of the TradeTape port."""

    @abstractmethod
    def open_tape(self) -> TapeWorld:
        """A tape with trades."""

    def test_trades_are_in_order_within_the_asked_time_and_none_from_the_future(self) -> None:
        """With prices and sizes above zero."""
        world = self.open_tape()
        end = world.now() + timedelta(hours=1)
        trades = world.run(world.tape.trades(world.underlying, world.opens, end, 10_000))
        assert len(trades) > 10
        assert [trade.at for trade in trades] == sorted(trade.at for trade in trades)
        assert all(world.opens <= trade.at <= world.now() for trade in trades)
        assert all(trade.instrument == world.underlying and trade.price > 0 and trade.size > 0 for trade in trades)

    def test_the_last_of_them_come_when_there_are_more_than_asked_for(self) -> None:
        """Never the first."""
        world = self.open_tape()
        now = world.now()
        every = world.run(world.tape.trades(world.underlying, world.opens, now, 10_000))
        assert list(world.run(world.tape.trades(world.underlying, world.opens, now, 3))) == list(every[-3:])
        assert list(world.run(world.tape.trades(world.underlying, world.opens, now, 0))) == []

    def test_the_start_is_included_and_the_end_is_not(self) -> None:
        """A span of no length holds nothing."""
        world = self.open_tape()
        every = world.run(world.tape.trades(world.underlying, world.opens, world.now(), 10_000))
        first, last = every[2].at, every[5].at
        part = world.run(world.tape.trades(world.underlying, first, last, 10_000))
        assert [trade.at for trade in part] == [trade.at for trade in every if first <= trade.at < last]
        assert list(world.run(world.tape.trades(world.underlying, first, first, 10))) == []

    def test_the_latest_is_the_last(self) -> None:
        """Of the same market."""
        world = self.open_tape()
        latest = world.run(world.tape.latest_trade(world.underlying))
        end = world.now() + timedelta(seconds=1)
        assert latest == world.run(world.tape.trades(world.underlying, world.opens, end, 1))[-1]

    def test_an_unknown_ticker_has_no_trades(self) -> None:
        """Absence is no error."""
        world = self.open_tape()
        assert world.run(world.tape.latest_trade(Equity("ZZZZZ"))) is None
        assert list(world.run(world.tape.trades(Equity("ZZZZZ"), world.opens, world.now(), 10))) == []
