"""Checks of an opening order's legs and net price: whether they make one sane position at all."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from math import gcd
from typing import Final

from tradecore.model.instruments import OptionContract
from tradecore.model.payoff import at_expiry
from tradecore.model.terms import Leg, Side
from tradecore.risk.outcome import failed, passed
from tradecore.risk.picture import RiskPicture
from tradecore.risk.verdict import CheckResult

MOST_LEGS: Final = 4
_ONE_LEG: Final = passed("leg_structure", "one leg", "one leg")
_NO_SPREAD: Final = passed("net_price", "one leg", "a price that can win and lose")


def structure(p: RiskPicture) -> CheckResult:
    """The legs are one order's: at most four, each contract once, one underlying and expiry, ratios in lowest terms."""
    legs = p.order.legs
    if len(legs) == 1 and legs[0].ratio == 1:
        return _ONE_LEG
    fault = next(_faults(legs), None)
    if fault is None:
        return passed("leg_structure", f"{len(legs)} legs", "one underlying and expiry, each contract once")
    measured, why = fault
    return failed("leg_structure", measured, "one underlying and expiry, each contract once", why)


def _faults(legs: tuple[Leg, ...]) -> Iterator[tuple[str, str]]:
    if len(legs) > MOST_LEGS:
        yield f"{len(legs)} legs", f"{len(legs)} legs; an order takes at most {MOST_LEGS}: send the rest apart"
    symbols = [leg.instrument.symbol for leg in legs]
    twice = next((symbol for symbol in symbols if symbols.count(symbol) > 1), None)
    if twice is not None:
        yield f"{twice} twice", f"{twice} stands in two legs; make it one leg with the ratio of both"
    contracts = [leg.instrument for leg in legs if isinstance(leg.instrument, OptionContract)]
    if len(legs) > 1 and len(contracts) < len(legs):
        yield "shares beside options", "shares and options can't be one order; send the shares apart"
    yield from _several("underlyings", sorted({one.root for one in contracts}))
    yield from _several("expiries", sorted({f"{one.expiry}" for one in contracts}))
    common = gcd(*(leg.ratio for leg in legs))
    if common > 1:
        step = "/".join(str(leg.ratio // common) for leg in legs)
        yield (
            f"common factor {common}",
            f"ratios share the factor {common}; make them {step}, the quantity {common}x",
        )


def _several(what: str, found: list[str]) -> Iterator[tuple[str, str]]:
    if len(found) > 1:
        yield ", ".join(found), f"legs of different {what} ({', '.join(found)}) can't cover each other; use one"


def net_price(p: RiskPicture) -> CheckResult:
    """A spread bought or sold at its price can win and can lose; what can't is a wrong quote or a wrong leg."""
    legs, price = p.order.legs, p.order.worst_price
    contracts = [leg.instrument for leg in legs if isinstance(leg.instrument, OptionContract)]
    if len(legs) == 1 or len(contracts) < len(legs) or price is None or next(_faults(legs), None) is not None:
        return _NO_SPREAD
    units = [(leg.instrument, leg.signed_ratio) for leg in legs if isinstance(leg.instrument, OptionContract)]
    payoff = at_expiry(units, price * legs[0].instrument.multiplier)
    shown = f"debit {price:f}" if price >= 0 else f"credit {-price:f}"
    limit = "a price that can win and lose"
    if payoff.max_loss is not None and payoff.max_loss <= 0:
        return failed("net_price", shown, limit, _never_loses(price, legs))
    if payoff.max_profit is not None and payoff.max_profit <= 0:
        why = f"a {shown} can never win: at best it loses {-payoff.max_profit / legs[0].instrument.multiplier:f} a unit"
        return failed("net_price", shown, limit, f"{why}; check sides and strikes, or ask for a better price")
    return passed("net_price", shown, limit)


def _never_loses(price: Decimal, legs: tuple[Leg, ...]) -> str:
    strikes = sorted({leg.instrument.strike for leg in legs if isinstance(leg.instrument, OptionContract)})
    width = max((high - low for low, high in itertools.pairwise(strikes)), default=Decimal(0))
    if price < 0 and any(leg.side is Side.SELL for leg in legs):
        return f"a credit of {-price:f} on strikes at most {width:f} apart can't be lost: no market pays that; requote"
    return f"a debit of {price:f} for what is never worth less: no market sells that; requote"
