"""The day's profit and loss, and how much of each limit is left."""

from decimal import Decimal

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


def headroom(floor: TradingFloor) -> HeadroomAnswer:
    """What may still be risked today."""
    limits = floor.desk.opening.limits
    exposure = floor.desk.exposure()
    state, reason = floor.desk.trading
    cap: Money | None = None
    if limits.max_daily_loss is not None and limits.max_daily_loss_pct is not None:
        cap = min(usd(limits.max_daily_loss), exposure.equity_at_open * (limits.max_daily_loss_pct / Decimal(100)))
    committed = exposure.committed()
    trades = sum(exposure.trades_today.values())
    open_now = len({g.label for g in exposure.groups} | {w.group for w in exposure.working})
    return HeadroomAnswer(
        state=str(state),
        reason=reason,
        daily_cap=cap,
        loss_today=exposure.loss_today,
        committed=committed,
        budget_left=None if cap is None or committed is None else cap - exposure.loss_today - committed,
        trades_left=None if limits.max_trades_per_day is None else max(limits.max_trades_per_day - trades, 0),
        groups_left=None if limits.max_open_groups is None else max(limits.max_open_groups - open_now, 0),
        missing_limits=limits.missing,
    )
