"""Results by exchange trading day, and the counters that pace the day. State inside the desk."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from tradecore.model.money import ZERO, Money, usd
from tradecore.model.sessions import trading_day
from tradecore.risk.picture import OpenIntent


@dataclass(slots=True)
class DayResult:
    """Money made and paid on one trading day; `realised` is before fees."""

    realised: Money = ZERO
    fees: Money = ZERO
    wins: int = 0
    losses: int = 0


@dataclass(slots=True)
class DayBook:
    """
    Today's counters and every day's results.

    `intents` are what was confirmed today, `executions` the openings among them that filled, each at its first fill.
    """

    today: date
    equity_at_open: Money
    high_water: Money
    results: dict[date, DayResult] = field(default_factory=dict)
    trades: dict[str, int] = field(default_factory=dict)
    consecutive_losses: int = 0
    last_loss_at: datetime | None = None
    last_stop_at: dict[str, datetime] = field(default_factory=dict)
    intents: list[OpenIntent] = field(default_factory=list)
    executions: list[OpenIntent] = field(default_factory=list)
    changed: bool = False

    def begin(self, day: date, equity: Money) -> None:
        """Start a trading day: counters at zero, results kept."""
        self.today = day
        self.equity_at_open = equity
        self.high_water = max(self.high_water, equity)
        self.trades.clear()
        self.consecutive_losses = 0
        self.last_loss_at = None
        self.last_stop_at.clear()
        self.intents.clear()
        self.executions.clear()
        self.changed = True

    def result(self, day: date) -> DayResult:
        """The result of a day, begun at zero."""
        return self.results.setdefault(day, DayResult())

    def book(self, at: datetime, realised: Money, fee: Money) -> None:
        """Add one fill's profit and fee to the trading day it happened on."""
        result = self.result(trading_day(at))
        result.realised += realised
        result.fees += fee
        self.changed = True

    def count_trade(self, execution: OpenIntent) -> None:
        """Count an opening trade that got its first fill."""
        self.trades[execution.strategy] = self.trades.get(execution.strategy, 0) + 1
        self.executions.append(execution)
        self.changed = True

    def see_equity(self, equity: Money) -> None:
        """Raise the high-water mark."""
        if equity > self.high_water:
            self.high_water, self.changed = equity, True

    def close_trade(self, at: datetime, strategy: str, net: Money, *, stopped: bool) -> None:
        """Count a finished round trip by its net result."""
        self.changed = True
        result = self.result(trading_day(at))
        if net.amount < 0:
            result.losses += 1
            self.consecutive_losses += 1
            self.last_loss_at = at
        else:
            result.wins += 1
            self.consecutive_losses = 0
        if stopped:
            self.last_stop_at[strategy] = at

    def remember(self, intent: OpenIntent) -> None:
        """Keep a confirmed opening for the pace and duplicate rules, until the day ends."""
        self.intents.append(intent)
        self.changed = True

    def realised_this_week(self) -> Money:
        """Realised profit net of fees since Monday of today's week."""
        monday = self.today - timedelta(days=self.today.weekday())
        days = (result for day, result in self.results.items() if monday <= day <= self.today)
        return sum((result.realised - result.fees for result in days), usd(Decimal(0)))
