"""The one judge of an order: runs every check and looks for the smallest change that would pass."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradecore.model.instruments import Price
from tradecore.model.plans import PlannedOrder
from tradecore.model.sessions import exchange_time
from tradecore.model.terms import Effect, Limit
from tradecore.risk import checks_delta as deltas
from tradecore.risk import checks_exposure as exposure
from tradecore.risk import checks_market as market
from tradecore.risk import checks_pace as pace
from tradecore.risk import checks_structure as structures
from tradecore.risk.outcome import MissingInput, failed
from tradecore.risk.picture import RiskPicture, TradingState
from tradecore.risk.prices import net_quote, on_order_grid
from tradecore.risk.verdict import Change, CheckResult, Cure, Verdict

Check = Callable[[RiskPicture], CheckResult]
Remake = Callable[[PlannedOrder], RiskPicture]

CHECKS: Final[dict[str, Check]] = {
    "trading_state": market.trading_state,
    "market_session": market.market_session,
    "expiry_clock": market.expiry,
    "event_blackout": market.scheduled_events,
    "quote_two_sided": market.quote_presence,
    "quote_age": market.quote_age,
    "underlying_age": market.underlying_age,
    "chain_age": market.chain_age,
    "max_spread": market.spread,
    "price_collar": market.price_collar,
    "leg_structure": structures.structure,
    "net_price": structures.net_price,
    "defined_risk": exposure.defined_risk,
    "execution_limits": exposure.execution_limits,
    "per_trade_max_loss": exposure.per_trade_loss,
    "daily_loss_budget": exposure.daily_loss,
    "weekly_loss_budget": exposure.weekly_loss,
    "max_drawdown": exposure.drawdown,
    "portfolio_heat": exposure.heat,
    "order_quantity": exposure.order_quantity,
    "order_cost": exposure.order_cost,
    "lotto_budget": exposure.lotto_budget,
    "position_size": exposure.position_size,
    "options_buying_power": exposure.buying_power,
    "delta_cap": deltas.delta,
    "delta_after_move": deltas.delta_after_move,
    "leg_conflict": exposure.leg_conflict,
    "self_match": exposure.self_match,
    "unknown_orders": exposure.unknown_orders,
    "instrument_lock": exposure.instrument_lock,
    "open_groups": pace.open_groups,
    "open_groups_of_strategy": pace.groups_of_strategy,
    "trades_per_day": pace.trades_today,
    "trades_per_day_of_strategy": pace.trades_of_strategy,
    "consecutive_losses": pace.losing_streak,
    "reentry_cooldown": pace.reentry,
    "open_throttle": pace.throttle,
    "repeated_execution": pace.repeated_execution,
    "duplicate_intent": pace.duplicate,
}


def judge_opening(picture: RiskPicture) -> Verdict:
    """Every check must pass; a check that lacks an input fails and names it."""
    results = tuple([_run(name, check, picture) for name, check in CHECKS.items()])
    return Verdict(approved=all([result.passed for result in results]), checks=results)


def judge_closing(picture: RiskPicture) -> Verdict:
    """
    The verdict on an order that can only lower the worst-case loss: it goes, whatever the checks say of it.

    Only HALTED, the operator's own state, holds it back. What would have refused an opening order is flagged.
    """
    if picture.order.effect is not Effect.CLOSE:
        raise ValueError("only a closing order may pass unjudged")
    results = tuple(_run(name, check, picture) for name, check in _FLAGS.items())
    flagged = tuple(result.name for result in results if not result.passed)
    return Verdict(approved=picture.state is not TradingState.HALTED, checks=results, flagged=flagged)


_FLAGS: Final[dict[str, Check]] = {
    name: CHECKS[name]
    for name in ("trading_state", "market_session", "quote_two_sided", "quote_age", "underlying_age", "max_spread")
}


# Checks that time alone changes; quotes have to be fresh again by then, which no waiting decides.
_CLOCKED: Final[dict[str, Check]] = {
    name: CHECKS[name]
    for name in (
        "market_session",
        "expiry_clock",
        "event_blackout",
        "consecutive_losses",
        "reentry_cooldown",
        "open_throttle",
        "duplicate_intent",
    )
}
_MOST_WAITS: Final = 20


def smallest_change(verdict: Verdict, picture: RiskPicture, remake: Remake) -> tuple[Change, ...]:
    """
    The least that would have to differ for a refused opening order to pass; empty when no such change exists.

    Args:
        verdict: The refusal.
        picture: What it was made on.
        remake: The same picture for the order at another price or quantity.
    """
    cures = {result.cure for result in verdict.failed}
    if Cure.NOTHING in cures:
        return ()
    changes: list[Change] = []
    candidate = picture
    if Cure.PRICE in cures:
        price = _price_within_collar(picture)
        if price is None:
            return ()
        candidate = remake(replace(picture.order, terms=Limit(Price(price)), worst_price=price))
        changes.append(Change("limit_price", str(price)))
    if Cure.TIME in cures:
        passes_at = _when_time_cures(candidate)
        if passes_at is None:
            return ()
        changes.append(Change("not_before", f"{exchange_time(passes_at)} ET"))
    if not quantity_fits(candidate):
        quantity = _largest_passing(candidate, remake)
        if quantity is None:
            return ()
        changes.append(Change("quantity", str(quantity)))
    return tuple(changes)


def _run(name: str, check: Check, picture: RiskPicture) -> CheckResult:
    try:
        return check(picture)
    except MissingInput as missing:
        what = str(missing)
        return failed(name, "missing", "known", f"missing: {what}", missing=what)


def _largest_passing(picture: RiskPicture, remake: Remake) -> Decimal | None:
    low, high, best = Decimal(1), picture.order.quantity - 1, None
    # Every quantity check is monotone unless held and asked delta differ in sign; then the answer passes, but another
    # one may be larger.
    while low <= high:
        middle = (low + high) // 2
        if quantity_fits(remake(replace(picture.order, quantity=middle))):
            best, low = middle, middle + 1
        else:
            high = middle - 1
    return best


def quantity_fits(picture: RiskPicture) -> bool:
    """No check that a smaller quantity would cure stands against this one."""
    return all(result.passed or result.cure is not Cure.QUANTITY for result in judge_opening(picture).checks)


def _price_within_collar(picture: RiskPicture) -> Decimal | None:
    net = net_quote(picture.order.legs, picture.view)
    terms, limits = picture.order.terms, picture.limits
    if net is None or not isinstance(terms, Limit) or limits.collar_ticks is None or limits.collar_pct is None:
        return None
    tick = picture.order.instruments[0].tick(abs(net.mid))
    reach = max(limits.collar_ticks * tick, limits.collar_pct * abs(net.mid) / 100)
    bound = net.mid + reach if terms.price > net.mid else net.mid - reach
    price = on_order_grid(picture.order.legs, bound)
    if abs(price - net.mid) > reach:
        price += tick if price < net.mid else -tick
    return price


def _when_time_cures(picture: RiskPicture) -> datetime | None:
    """The first whole second at which no clocked check stands against the order; None when that never comes today."""
    now = picture.now
    for _ in range(_MOST_WAITS):
        later = replace(picture, now=now)
        failed_then = [r for r in (_run(name, check, later) for name, check in _CLOCKED.items()) if not r.passed]
        if not failed_then:
            return now
        waits = [result.passes_at for result in failed_then if result.cure is Cure.TIME and result.passes_at]
        if len(waits) < len(failed_then):
            return None
        latest = max(waits)
        now = latest if not latest.microsecond else latest.replace(microsecond=0) + timedelta(seconds=1)
    return None
