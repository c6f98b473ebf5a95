"""Checks of what an opening order would add: loss budgets, size, structure, buying power, legs, unknowns."""

from collections.abc import Callable
from decimal import Decimal

from tradecore.model.instruments import OptionContract
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.plans import LOTTO
from tradecore.risk.outcome import MissingInput, failed, judge, passed, require
from tradecore.risk.picture import RiskPicture
from tradecore.risk.verdict import CheckResult, Cure
from tradecore.risk.worst_case import uncovered_leg

_HUNDRED = Decimal(100)
_UNCOVERED = "a short leg is not covered by a bought one of the same right and expiry; add the covering leg"
_ALL_SET = passed("execution_limits", "all set", "all set")
_NO_LOTTO = passed("lotto_budget", "no lotto", "any")
_NO_CONFLICT = passed("leg_conflict", "none", "no opposite leg")
_NO_MATCH = passed("self_match", "none", "no own order opposite")
_NO_LOCK = passed("instrument_lock", "no difference", "no difference")
_ALL_KNOWN = passed("unknown_orders", "none", "none")
_EXECUTION_LIMITS = (
    "entry_steps",
    "entry_step_s",
    "exit_step_s",
    "exit_market_after_s",
    "stop_confirmations",
    "stop_confirmation_gap_s",
    "wide_spread_wait_s",
    "confirmation_timeout_s",
    "gap_stress_pct",
    "protected_within_s",
    "max_repeated_executions",
    "repeated_execution_minutes",
    "worst_price_is_touch",
)
_BAND_LIMITS = ("band_ticks", "band_spread_fraction", "band_pct")


def defined_risk(p: RiskPicture) -> CheckResult:
    """The order's loss is bounded by its own legs: no naked short option, a short put no more than a short call."""
    if p.order.worst_price is None:
        raise MissingInput("a price for every leg")
    naked = uncovered_leg(p.order.legs)
    if naked is not None:
        return failed("defined_risk", f"{naked.symbol} uncovered", "every short leg covered", _UNCOVERED)
    measured = "unbounded" if p.worst_loss is None else str(p.worst_loss)
    return judge("defined_risk", p.worst_loss is not None, measured, "a bounded loss", lambda: _UNCOVERED)


def execution_limits(p: RiskPicture) -> CheckResult:
    """Every limit that says how the order would be priced, worked, protected and left is set."""
    for name in _EXECUTION_LIMITS if p.limits.worst_price_is_touch else (*_EXECUTION_LIMITS, *_BAND_LIMITS):
        require(getattr(p.limits, name), name)
    return _ALL_SET


def per_trade_loss(p: RiskPicture) -> CheckResult:
    """The order's own worst-case loss."""
    limit = usd(require(p.limits.per_trade_max_loss, "per_trade_max_loss"))
    loss = require(p.worst_loss, "a bounded worst-case loss")
    return _money_within(
        "per_trade_max_loss",
        loss,
        limit,
        lambda: f"the order can lose {loss}, {loss - limit} above the limit for one trade",
    )


def daily_loss_cap(p: RiskPicture) -> Money:
    """
    Dollars the account may lose today: the lower of the dollar and the percent limit.

    Raises:
        MissingInput: One of the two limits is not set.
    """
    dollars = usd(require(p.limits.max_daily_loss, "max_daily_loss"))
    pct = require(p.limits.max_daily_loss_pct, "max_daily_loss_pct")
    share = p.exposure.equity_at_open * (pct / _HUNDRED)
    return min(dollars, share)


def loss_so_far(p: RiskPicture) -> Money:
    """
    What the day has lost, positions at cost: the worse of our own ledger and the broker's cash.

    Raises:
        MissingInput: The broker's balances are not known.
    """
    account = p.view.account
    if account is None:
        raise MissingInput("account balances")
    seen = p.exposure.equity_at_open - account.cash - p.exposure.held_cost
    return max(p.exposure.loss_today, seen)


def daily_loss(p: RiskPicture) -> CheckResult:
    """Realised loss, fees and the worst case of everything held, working, unknown and asked for stay within the cap."""
    cap = daily_loss_cap(p)
    committed = require(p.exposure.committed(), "a bounded worst-case loss of what is open")
    left = cap - loss_so_far(p) - committed
    loss = require(p.worst_loss, "a bounded worst-case loss")
    return _money_within(
        "daily_loss_budget",
        loss,
        left,
        lambda: f"the order can lose {loss}; {left.at_least_zero()} of today's {cap} budget is left",
    )


def weekly_loss(p: RiskPicture) -> CheckResult:
    """The week's realised loss and everything at risk stay within the weekly cap."""
    cap = usd(require(p.limits.max_weekly_loss, "max_weekly_loss"))
    committed = require(p.exposure.committed(), "a bounded worst-case loss of what is open")
    loss = require(p.worst_loss, "a bounded worst-case loss")
    left = cap - (-p.exposure.realised_this_week).at_least_zero() - committed
    return _money_within(
        "weekly_loss_budget",
        loss,
        left,
        lambda: f"the order can lose {loss}; {left.at_least_zero()} of this week's {cap} is left",
    )


def drawdown(p: RiskPicture) -> CheckResult:
    """Equity is not too far below its high-water mark."""
    limit = require(p.limits.max_drawdown_pct, "max_drawdown_pct")
    account = p.view.account
    if account is None:
        raise MissingInput("account balances")
    high = max(p.exposure.high_water, account.equity)
    fall = (high.amount - account.equity.amount) * _HUNDRED / high.amount if high.amount > 0 else _HUNDRED
    shown = _pct(fall)
    return judge(
        "max_drawdown",
        fall < limit,
        shown,
        f"{limit} %",
        lambda: f"equity is {shown} below its high of {high}; the operator decides how to go on",
    )


def heat(p: RiskPicture) -> CheckResult:
    """Planned losses (at the stops) of everything open plus this order, of equity."""
    limit = require(p.limits.max_heat_pct, "max_heat_pct")
    groups = (group.planned_loss for group in p.exposure.groups)
    planned = sum((*groups, *(order.planned_loss for order in p.exposure.working)), ZERO)
    share = (planned + p.planned_loss).amount * _HUNDRED / _equity(p).amount
    return _share_within("portfolio_heat", share, limit, lambda: f"planned losses would reach {_pct(share)} of equity")


def order_quantity(p: RiskPicture) -> CheckResult:
    """Contracts or shares in one order (fat finger)."""
    first = p.order.instruments[0]
    limit = require(p.limits.max_shares_per_order, "max_shares_per_order")
    if isinstance(first, OptionContract):
        limit = require(p.limits.max_contracts_per_order, "max_contracts_per_order")
        cheap = require(p.limits.cheap_option_price, "cheap_option_price")
        if p.order.worst_price is not None and abs(p.order.worst_price) <= cheap:
            limit = require(p.limits.max_cheap_contracts_per_order, "max_cheap_contracts_per_order")
    asked = p.order.quantity * max(leg.ratio for leg in p.order.legs)
    return judge(
        "order_quantity",
        asked <= limit,
        str(asked),
        str(limit),
        lambda: f"{asked} in one order; at most {limit}",
        cure=Cure.QUANTITY,
    )


def order_cost(p: RiskPicture) -> CheckResult:
    """Cost or margin of one order."""
    limit = usd(require(p.limits.max_order_cost, "max_order_cost"))
    need = _capital(p)
    return _money_within("order_cost", need, limit, lambda: f"the order needs {need}; at most {limit} per order")


def lotto_budget(p: RiskPicture) -> CheckResult:
    """What the day pays for lottos, this one with its fees among them; nothing comes back when one wins."""
    name = "lotto_budget"
    if p.order.label != LOTTO:
        return _NO_LOTTO
    limit = usd(require(p.limits.max_lotto_premium_per_day, "max_lotto_premium_per_day"))
    left = limit - p.exposure.lotto_premium
    return _money_within(
        name, p.cost, left, lambda: f"the lotto costs {p.cost}; {left.at_least_zero()} of today's {limit} is left"
    )


def position_size(p: RiskPicture) -> CheckResult:
    """Capital in this underlying after the order, of equity."""
    limit = require(p.limits.max_position_pct, "max_position_pct")
    there = p.exposure.worst_losses(p.order.underlying)
    held = sum((require(loss, "a bounded worst-case loss of what is open") for loss in there), ZERO)
    share = (held + _capital(p)).amount * _HUNDRED / _equity(p).amount
    return _share_within(
        "position_size", share, limit, lambda: f"{p.order.underlying} would tie up {_pct(share)} of equity"
    )


def buying_power(p: RiskPicture) -> CheckResult:
    """The broker lets the account pay for it now."""
    account = p.view.account
    if account is None:
        raise MissingInput("account balances")
    held_back = sum((require(w.worst_loss, "a bounded loss of a working order") for w in p.exposure.working), ZERO)
    options = any(isinstance(i, OptionContract) for i in p.order.instruments)
    name = "options_buying_power" if options else "buying_power"
    available = (account.options_buying_power if options else account.buying_power) - held_back
    need = _capital(p)
    return _money_within(name, need, available, lambda: f"the order needs {need}; {available} is available")


def leg_conflict(p: RiskPicture) -> CheckResult:
    """No leg nets against another group's holding: one contract is long or short at the broker, never both."""
    signs = {leg.instrument.symbol: leg.side.sign for leg in p.order.legs}
    for group in p.exposure.groups:
        for held in group.holdings:
            if signs.get(held.instrument.symbol, 0) * held.quantity < 0:
                why = f"{group.label} holds {held.quantity} {held.instrument.symbol}; choose another strike"
                return failed("leg_conflict", held.instrument.symbol, "no opposite leg", why)
    return _NO_CONFLICT


def self_match(p: RiskPicture) -> CheckResult:
    """No own order works on the other side of a leg."""
    sides = {leg.instrument.symbol: leg.side for leg in p.order.legs}
    working = [(leg, w.client_order_id) for w in p.exposure.working for leg in w.legs]
    for leg, order_id in (*working, *p.exposure.closing_legs):
        side = sides.get(leg.instrument.symbol)
        if side is not None and leg.side is side.opposite:
            why = f"{order_id} works the other side of {leg.instrument.symbol}; cancel it first"
            return failed("self_match", order_id, "no own order opposite", why)
    return _NO_MATCH


def instrument_lock(p: RiskPicture) -> CheckResult:
    """No leg, nor the underlying, is one whose position differs from the broker's."""
    for instrument in p.order.instruments:
        for symbol in (instrument.symbol, instrument.underlying):
            if symbol in p.exposure.locks:
                why = f"{symbol}: {p.exposure.locks[symbol]}; reconcile before more is opened in it"
                return failed("instrument_lock", symbol, "no difference", why)
    return _NO_LOCK


def unknown_orders(p: RiskPicture) -> CheckResult:
    """No order with an unknown outcome in the same underlying."""
    unknown = [w.client_order_id for w in p.exposure.working if w.is_unknown and w.underlying == p.order.underlying]
    unknown += [order_id for underlying, order_id in p.exposure.unknown_exits if underlying == p.order.underlying]
    if not unknown:
        return _ALL_KNOWN
    measured = ", ".join(unknown)
    why = f"the outcome of {measured} is not known yet; wait until the broker has answered for it"
    return failed("unknown_orders", measured, "none", why)


def _money_within(name: str, need: Money, cap: Money, why: Callable[[], str]) -> CheckResult:
    return judge(name, need <= cap, str(need), str(cap), why, cure=Cure.QUANTITY)


def _share_within(name: str, share: Decimal, limit: Decimal, why: Callable[[], str]) -> CheckResult:
    return judge(name, share <= limit, _pct(share), f"{limit} %", why, cure=Cure.QUANTITY)


def _capital(p: RiskPicture) -> Money:
    loss = require(p.worst_loss, "a bounded worst-case loss")
    return max(p.cost, loss)


def _equity(p: RiskPicture) -> Money:
    if p.view.account is None or p.view.account.equity.amount <= 0:
        raise MissingInput("account equity")
    return p.view.account.equity


def _pct(value: Decimal) -> str:
    return f"{value:.2f} %"
