"""The day's profit and loss, and how much of each limit is left."""

from datetime import date
from decimal import Decimal

from tradecore.desk.desk import Desk
from tradecore.model.account import AccountSnapshot
from tradecore.model.money import ZERO, Money, usd
from tradecore.usecases.answers import HeadroomAnswer, PnlAnswer
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import positions


async def show_pnl(floor: TradingFloor, of: date | None = None) -> PnlAnswer:
    """
    Realised and unrealised result of the desk's trading day, or of another one.

    A missing mark makes the total unknown, never zero. `trades` of another day are those that ended on it.
    """
    day = floor.desk.day
    shown = day.today if of is None else of
    result = day.result(shown)
    opened = sum(day.trades.values()) if shown == day.today else result.wins + result.losses
    lines = await positions(floor)
    missing = tuple(line.symbol for line in lines if line.unrealised is None)
    unrealised: Money | None = sum((line.unrealised or ZERO for line in lines), ZERO)
    if missing:
        unrealised = None
    return PnlAnswer(
        day=str(shown),
        realised=result.realised,
        fees=result.fees,
        unrealised=unrealised,
        total=None if unrealised is None else result.realised - result.fees + unrealised,
        missing=missing,
        wins=result.wins,
        losses=result.losses,
        trades=opened,
    )


def daily_cap(desk: Desk) -> Money | None:
    """The most the day may lose; None while a limit is missing."""
    limits = desk.opening.limits
    if limits.max_daily_loss is None or limits.max_daily_loss_pct is None:
        return None
    return min(usd(limits.max_daily_loss), desk.day.equity_at_open * (limits.max_daily_loss_pct / Decimal(100)))


def budget_left(desk: Desk) -> Money | None:
    """What of the day's cap neither a loss nor a worst case has taken; None where one of them is unknown."""
    cap, exposure = daily_cap(desk), desk.exposure()
    committed = exposure.committed()
    return None if cap is None or committed is None else cap - exposure.loss_today - committed


async def account_now(floor: TradingFloor) -> AccountSnapshot:
    """Balances as the broker states them."""
    return await floor.broker.account()


def headroom(floor: TradingFloor) -> HeadroomAnswer:
    """What may still be risked today."""
    limits = floor.desk.opening.limits
    exposure = floor.desk.exposure()
    state, reason = floor.desk.trading
    cap = daily_cap(floor.desk)
    committed = exposure.committed()
    trades = sum(exposure.trades_today.values())
    open_now = len({g.label for g in exposure.groups} | {w.group for w in exposure.working})
    return HeadroomAnswer(
        state=str(state),
        reason=reason,
        daily_cap=cap,
        loss_today=exposure.loss_today,
        committed=committed,
        budget_left=budget_left(floor.desk),
        trades_left=None if limits.max_trades_per_day is None else max(limits.max_trades_per_day - trades, 0),
        groups_left=None if limits.max_open_groups is None else max(limits.max_open_groups - open_now, 0),
        missing_limits=limits.missing,
    )
