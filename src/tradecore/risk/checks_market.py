"""Checks of the market an opening order was seen in: state of the desk, clock, quotes, spread, collar."""

from datetime import datetime, timedelta
from decimal import Decimal

from tradecore.model.instruments import OptionContract
from tradecore.model.market import Quote
from tradecore.model.sessions import Session, exchange_time, next_session
from tradecore.model.terms import Limit, StopLimit
from tradecore.risk.expiry_clock import ExpiryClock, clock_limits, expiry_clock
from tradecore.risk.outcome import MissingInput, failed, judge, passed, require
from tradecore.risk.picture import RiskPicture, TradingState
from tradecore.risk.prices import net_quote
from tradecore.risk.verdict import CheckResult, Cure

_NO_EVENT = passed("event_blackout", "none near", "none near")
_TWO_SIDED = passed("quote_two_sided", "bid and ask", "bid and ask")
_EVENT_BEFORE = timedelta(minutes=10)
_EVENT_AFTER = timedelta(minutes=20)


def trading_state(p: RiskPicture) -> CheckResult:
    """The desk is ACTIVE: no kill switch, no loss latch."""
    ok = p.state is TradingState.ACTIVE
    return judge("trading_state", ok, str(p.state), "active", lambda: f"the desk is {p.state}: {p.state_reason}")


def market_session(p: RiskPicture) -> CheckResult:
    """The exchange is open, past its opening buffer and before its closing one."""
    name = "market_session"
    opening = timedelta(minutes=require(p.limits.open_buffer_minutes, "open_buffer_minutes"))
    closing = timedelta(minutes=require(p.limits.close_buffer_minutes, "close_buffer_minutes"))
    measured = f"{exchange_time(p.now)} ET"
    if p.session is None:
        return failed(name, measured, "an exchange session", "the exchange is closed today", passes_at=_next_open(p))
    first, last = p.session.opens + opening, p.session.closes - closing
    limit = f"{exchange_time(first)} to {exchange_time(last)} ET"
    if p.now < first:
        why = f"opening orders start {int(opening.total_seconds() // 60)} minutes after the open"
        return failed(name, measured, limit, why, passes_at=first, cure=Cure.TIME)
    if p.now > last:
        return failed(name, measured, limit, "too late to open anything today", passes_at=_next_open(p))
    return passed(name, measured, limit)


def expiry(p: RiskPicture) -> CheckResult:
    """No leg is past its expiry, and one that expires today is opened only within the expiry clock."""
    name = "expiry_clock"
    contracts = [i for i in p.order.instruments if isinstance(i, OptionContract)]
    if not contracts:
        return passed(name, "no option", "any time")
    nearest = min(contract.expiry for contract in contracts)
    if nearest < p.today:
        return failed(
            name, f"expired {nearest}", f"{p.today} or later", "the contract has expired; choose a live expiry"
        )
    if nearest > p.today or p.session is None:
        return passed(name, f"expires {nearest}", "any time")
    clock = expiry_clock(p.session, p.limits)
    if clock is None:
        raise MissingInput(next(name for name in clock_limits(p.session) if getattr(p.limits, name) is None))
    return _within_clock(p.now, p.session, clock)


def _within_clock(now: datetime, session: Session, clock: ExpiryClock) -> CheckResult:
    name, measured = "expiry_clock", f"{exchange_time(now)} ET"
    if clock.last_open is None:
        why = f"half day (close {exchange_time(session.closes)} ET): same-day openings need allow_early_close"
        return failed(name, measured, "not on a half day", why)
    limit = f"until {exchange_time(clock.last_open)} ET"
    return judge(
        name, now <= clock.last_open, measured, limit, lambda: "too late to open a contract that expires today"
    )


def scheduled_events(p: RiskPicture) -> CheckResult:
    """No listed announcement within 10 minutes before to 20 minutes after."""
    events = require(p.limits.event_blackout, "event_blackout")
    for event in events:
        if event.at - _EVENT_BEFORE <= p.now < event.at + _EVENT_AFTER:
            until = event.at + _EVENT_AFTER
            why = f"{event.name} at {exchange_time(event.at)} ET"
            return failed("event_blackout", why, "none near", why, passes_at=until, cure=Cure.TIME)
    return _NO_EVENT


def quote_presence(p: RiskPicture) -> CheckResult:
    """Every leg has a two-sided, uncrossed quote, and the underlying has one."""
    name = "quote_two_sided"
    for instrument in p.order.instruments:
        quote = p.view.quote(instrument)
        problem = _quote_problem(quote)
        if problem:
            return failed(name, problem, "bid and ask", f"{instrument.symbol}: {problem}", missing=instrument.symbol)
    under = p.view.quotes.get(p.order.underlying)
    problem = _quote_problem(under)
    if problem:
        return failed(name, problem, "bid and ask", f"{p.order.underlying}: {problem}", missing=p.order.underlying)
    return _TWO_SIDED


def _quote_problem(quote: Quote | None) -> str | None:
    return "no quote" if quote is None else quote.problem


def quote_age(p: RiskPicture) -> CheckResult:
    """Every leg's quote is fresh."""
    limit = require(p.limits.max_quote_age_s, "max_quote_age_s")
    oldest = Decimal(0)
    for instrument in p.order.instruments:
        quote = p.view.quote(instrument)
        if quote is None:
            raise MissingInput(f"quote of {instrument.symbol}")
        oldest = _older(oldest, quote.age_seconds(p.now))
    return _age("quote_age", oldest, limit, "the option quote" if len(p.order.legs) == 1 else "a leg's quote")


def underlying_age(p: RiskPicture) -> CheckResult:
    """The underlying's quote is fresh."""
    limit = require(p.limits.max_underlying_age_s, "max_underlying_age_s")
    quote = p.view.quotes.get(p.order.underlying)
    if quote is None:
        raise MissingInput(f"quote of {p.order.underlying}")
    return _age("underlying_age", quote.age_seconds(p.now), limit, f"the quote of {p.order.underlying}")


def chain_age(p: RiskPicture) -> CheckResult:
    """The chain the strike was chosen from is fresh."""
    limit = require(p.limits.max_chain_age_s, "max_chain_age_s")
    if not any(isinstance(i, OptionContract) for i in p.order.instruments):
        return passed("chain_age", "no option", f"{limit} s")
    if p.view.chain_at is None:
        raise MissingInput(f"option chain of {p.order.underlying}")
    age = Decimal(str(round((p.now - p.view.chain_at).total_seconds(), 6)))
    return _age("chain_age", age, limit, "the option chain")


def _older(oldest: Decimal, age: Decimal) -> Decimal:
    # One quote from the future is not made good by another that is merely old.
    return min(oldest, age) if min(oldest, age) < 0 else max(oldest, age)


def _age(name: str, age: Decimal, limit: Decimal, what: str) -> CheckResult:
    if age < 0:
        return failed(name, f"{age} s", f"0 to {limit} s", f"{what} claims to come from the future; check the clock")
    return judge(name, age <= limit, f"{age} s", f"{limit} s", lambda: f"{what} is {age} s old; wait for a fresh one")


def spread(p: RiskPicture) -> CheckResult:
    """The market is narrow enough to open: max(ticks, percent) for one leg, max(dollars, percent) for several."""
    name = "max_spread"
    if not require(p.limits.spread_check_enabled, "spread_check_enabled"):
        return passed(name, "not checked", f"off in profile {p.limits.profile}")
    net = net_quote(p.order.legs, p.view)
    if net is None:
        raise MissingInput("a two-sided quote")
    if len(p.order.legs) == 1:
        ticks = require(p.limits.max_spread_ticks, "max_spread_ticks")
        pct = require(p.limits.max_spread_pct, "max_spread_pct")
        limit = max(ticks * p.order.instruments[0].tick(net.mid), pct * net.mid / 100)
    else:
        pct = require(p.limits.max_combo_spread_pct, "max_combo_spread_pct")
        limit = max(require(p.limits.max_combo_spread, "max_combo_spread"), pct * abs(net.mid) / 100)
    shown = f"{limit:.4f}".rstrip("0").rstrip(".")
    return judge(
        name,
        net.spread <= limit,
        str(net.spread),
        shown,
        lambda: f"the spread of {net.spread} costs too much to open; wait for a narrower market",
    )


def price_collar(p: RiskPicture) -> CheckResult:
    """An opening price is within max(ticks, percent) of mid (fat finger); market orders count at their worst price."""
    name = "price_collar"
    if not require(p.limits.collar_enabled, "collar_enabled"):
        return passed(name, "not checked", f"off in profile {p.limits.profile}")
    net = net_quote(p.order.legs, p.view)
    if net is None:
        raise MissingInput("a two-sided quote")
    ticks = require(p.limits.collar_ticks, "collar_ticks")
    pct = require(p.limits.collar_pct, "collar_pct")
    price = p.order.terms.price if isinstance(p.order.terms, Limit | StopLimit) else p.order.worst_price
    if price is None:
        raise MissingInput("a price")
    reach = max(ticks * p.order.instruments[0].tick(abs(net.mid)), pct * abs(net.mid) / 100)
    away = abs(price - net.mid)
    return judge(
        name,
        away <= reach,
        str(away),
        str(reach),
        lambda: f"{price} is {away} from mid {net.mid}; at most {reach} is allowed",
        cure=Cure.PRICE,
    )


def _next_open(p: RiskPicture) -> datetime | None:
    buffer = p.limits.open_buffer_minutes or 0
    return next_session(p.today).opens + timedelta(minutes=buffer)
