"""Checks of an opening order's delta: what the underlying's holdings would move like, now and after a move."""

from collections.abc import Callable, Iterable
from decimal import ROUND_UP, Decimal

from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.terms import Leg
from tradecore.risk.outcome import MissingInput, judge, require
from tradecore.risk.picture import RiskPicture
from tradecore.risk.verdict import CheckResult, Cure

_ONE = Decimal(1)
_TENTH = Decimal("0.1")


def delta(p: RiskPicture) -> CheckResult:
    """Share-equivalents of the underlying after the order."""
    limit = require(p.limits.delta_cap, "delta_cap")
    total = _total(p, _units(p), "delta")
    return _shares_within("delta_cap", total, limit, lambda: f"{p.order.underlying} delta would be")


def delta_after_move(p: RiskPicture) -> CheckResult:
    """Share-equivalents after the order if the underlying moves 1 % either way."""
    limit = require(p.limits.delta_cap_after_move, "delta_cap_after_move")
    units = _units(p)
    worst = max((_total(p, units, "delta_after_rise"), _total(p, units, "delta_after_fall")), key=abs)
    return _shares_within(
        "delta_after_move", worst, limit, lambda: f"after a 1 % move {p.order.underlying} delta would be"
    )


def _shares_within(name: str, total: Decimal, limit: Decimal, what: Callable[[], str]) -> CheckResult:
    # Away from zero, so that what is over a limit never shows as the limit.
    shown = str(total.quantize(_TENTH, ROUND_UP))
    return judge(
        name, abs(total) <= limit, shown, str(limit), lambda: f"{what()} {shown} share-equivalents", cure=Cure.QUANTITY
    )


def _total(p: RiskPicture, units: Iterable[tuple[Instrument, Decimal]], figure: str) -> Decimal:
    return sum((count * _per_share(p, instrument, figure) for instrument, count in units), Decimal(0))


def _units(p: RiskPicture) -> list[tuple[Instrument, Decimal]]:
    """Signed units of the underlying behind everything held, working and asked for: quantity times multiplier."""
    underlying = p.order.underlying
    found: list[tuple[Instrument, Decimal]] = []
    for group in p.exposure.groups:
        if group.underlying == underlying:
            found += [(held.instrument, held.quantity * held.instrument.multiplier) for held in group.holdings]
    for working in p.exposure.working:
        if working.underlying == underlying:
            found += _of_legs(working.legs, working.quantity)
    return found + _of_legs(p.order.legs, p.order.quantity)


def _of_legs(legs: tuple[Leg, ...], quantity: Decimal) -> list[tuple[Instrument, Decimal]]:
    return [(leg.instrument, leg.side.sign * leg.ratio * quantity * leg.instrument.multiplier) for leg in legs]


def _per_share(p: RiskPicture, instrument: Instrument, figure: str) -> Decimal:
    if not isinstance(instrument, OptionContract):
        return _ONE
    greeks = p.view.greeks.get(instrument.symbol)
    value = None if greeks is None else getattr(greeks, figure)
    if value is None:
        reason = greeks.iv_reason if greeks and greeks.iv_reason else "no quote that identifies it"
        raise MissingInput(f"delta of {instrument.symbol} ({reason})")
    return Decimal(repr(round(float(value), 6)))
