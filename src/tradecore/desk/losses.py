"""
The day's loss measured three ways, the worst taken; the ladder of warnings; the latches of loss and drawdown.

The broker's equity includes whatever others did on the account; our own ledger includes what the broker has not booked
yet; marks at the closing side include what leaving would cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradecore.desk.latches import Latch
from tradecore.desk.state import DeskState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.instruments import Instrument
from tradecore.model.market import MarketView
from tradecore.model.money import ZERO, Money, usd

WARNING_STEPS: Final = (50, 75, 90, 95)
_HUNDRED: Final = Decimal(100)

MarkOf = Callable[[MarketView, Instrument, Decimal], Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReadings:
    """
    Losses of the day so far, above zero; below zero is a gain; None while an input is missing.

    `broker` is the fall of the broker's equity since the open, `ledger` our own books at mid, `closing` our own books
    with everything left at the side it would be closed on, fees included.
    """

    broker: Money | None
    ledger: Money | None
    closing: Money | None

    @property
    def worst(self) -> Money | None:
        """The largest of those that are known."""
        return max((one for one in (self.broker, self.ledger, self.closing) if one is not None), default=None)


def loss_readings(state: DeskState, view: MarketView) -> LossReadings:
    """Measure the day's loss on a view of everything held."""
    result = state.day.result(state.day.today)
    booked = result.fees - result.realised
    account = view.account
    at_mid = _unrealised(state, view, _mid)
    at_close = _unrealised(state, view, _closing_side)
    exits = sum((group.closing_fees(state.opening.fees) for group in state.open_groups), ZERO)
    return LossReadings(
        broker=None if account is None else state.day.equity_at_open - account.equity,
        ledger=None if at_mid is None else booked - at_mid,
        closing=None if at_close is None else booked - at_close + exits,
    )


def daily_cap(state: DeskState) -> Money | None:
    """What the day may lose: the lower of the dollar and the percent limit; None while one of them is missing."""
    limits = state.limits
    if limits.max_daily_loss is None or limits.max_daily_loss_pct is None:
        return None
    return min(usd(limits.max_daily_loss), state.day.equity_at_open * (limits.max_daily_loss_pct / _HUNDRED))


def note_loss(state: DeskState, loss: Money, equity: Money | None) -> list[Alert]:
    """Warn at each step of the ladder once a day, and take no more risk at the cap."""
    alerts = _climb(state, loss)
    if equity is not None:
        state.day.see_equity(equity)
    alerts += _weekly(state)
    return alerts + _drawdown(state, equity)


def booked_loss(state: DeskState) -> Money:
    """Realised loss and fees of the day; gains give nothing back."""
    result = state.day.result(state.day.today)
    return (-result.realised).at_least_zero() + result.fees


def would_change(state: DeskState, readings: LossReadings, equity: Money | None) -> bool:
    """Whether noting these readings would warn or latch."""
    worst = readings.worst
    if worst is not None and _step(state, worst) > state.warned_pct:
        return True
    return Latch.DRAWDOWN not in state.latches and equity is not None and _fallen(state, equity)


def _climb(state: DeskState, loss: Money) -> list[Alert]:
    cap, step = daily_cap(state), _step(state, loss)
    if cap is None or step <= state.warned_pct:
        return []
    state.warned_pct = step
    if step < _HUNDRED:
        return [Alert("LOSS_WARNING", Severity.WARNING, f"daily loss {loss} passed {step} % of the cap of {cap}")]
    state.latches[Latch.DAILY_LOSS] = f"daily loss {loss} reached the cap of {cap}"
    return [Alert("DAILY_LOSS", Severity.CRITICAL, state.latches[Latch.DAILY_LOSS])]


def _step(state: DeskState, loss: Money) -> int:
    cap = daily_cap(state)
    if cap is None:
        return 0
    steps = [step for step in (*WARNING_STEPS, 100) if loss.amount * _HUNDRED >= cap.amount * step]
    return steps[-1] if steps and loss.amount > 0 else 0


def _weekly(state: DeskState) -> list[Alert]:
    cap = state.limits.max_weekly_loss
    loss = (-state.day.realised_this_week()).at_least_zero()
    if cap is None or loss < usd(cap) or Latch.WEEKLY_LOSS in state.latches:
        return []
    state.latches[Latch.WEEKLY_LOSS] = f"this week's loss {loss} reached the cap of {usd(cap)}"
    return [Alert("WEEKLY_LOSS", Severity.CRITICAL, state.latches[Latch.WEEKLY_LOSS])]


def _drawdown(state: DeskState, equity: Money | None) -> list[Alert]:
    if equity is None or Latch.DRAWDOWN in state.latches or not _fallen(state, equity):
        return []
    fall = f"equity {equity} is {state.limits.max_drawdown_pct} % or more below its high of {state.day.high_water}"
    state.latches[Latch.DRAWDOWN] = fall
    return [Alert("DRAWDOWN", Severity.CRITICAL, fall)]


def _fallen(state: DeskState, equity: Money) -> bool:
    limit, high = state.limits.max_drawdown_pct, state.day.high_water
    return limit is not None and (high - equity).amount * _HUNDRED >= high.amount * limit


def _unrealised(state: DeskState, view: MarketView, mark_of: MarkOf) -> Money | None:
    total = ZERO
    for group in state.open_groups:
        for held in group.holdings:
            mark = mark_of(view, held.instrument, held.quantity)
            if mark is None:
                return None
            total += held.unrealised(mark)
    return total


def _mid(view: MarketView, instrument: Instrument, quantity: Decimal) -> Decimal | None:
    quote = view.quote(instrument)
    if quote is not None and quote.mid is not None:
        return quote.mid
    return _closing_side(view, instrument, quantity)


def _closing_side(view: MarketView, instrument: Instrument, quantity: Decimal) -> Decimal | None:
    quote = view.quote(instrument)
    if quote is None:
        return None
    if quantity < 0:
        return quote.ask
    # What nobody bids for is worth nothing.
    return quote.bid if quote.bid is not None else Decimal(0)
