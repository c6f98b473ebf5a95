"""The day's profit and loss, and how much of each limit is left."""

from decimal import Decimal

from tradecore.desk.desk import Desk
from tradecore.model.account import AccountSnapshot
from tradecore.model.money import ZERO, Money, usd
from tradecore.usecases.answers import HeadroomAnswer, PnlAnswer
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import positions


async def show_pnl(floor: TradingFloor) -> PnlAnswer:
    """Realised and unrealised result of the trading day; a missing mark makes the total unknown, never zero."""
    day = floor.desk.day
    result = day.result(day.today)
    lines = await positions(floor)
    missing = tuple(line.symbol for line in lines if line.unrealised is None)
    unrealised: Money | None = sum((line.unrealised or ZERO for line in lines), ZERO)
    if missing:
        unrealised = None
    return PnlAnswer(
        day=str(day.today),
        realised=result.realised,
        fees=result.fees,
        unrealised=unrealised,
        total=None if unrealised is None else result.realised - result.fees + unrealised,
        missing=missing,
        wins=result.wins,
        losses=result.losses,
        trades=sum(day.trades.values()),
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
