"""All figures of one option from its volatility, its price or its quote, on one of two clocks.

A clock turns minutes into years. The calendar clock has 525,600 minutes a year and 1,440 a day: nights and weekends
count. The trading clock has 252 days of 390 minutes: only the minutes in which the exchange trades count. The minutes
given, and theta, are minutes of the chosen clock; a volatility belongs to the clock it was read on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from tradecore.analysis.implied_volatility import Identified, identified, implied_volatility
from tradecore.analysis.pricing import MINUTES_PER_DAY, MINUTES_PER_YEAR, black_scholes_price, greeks
from tradecore.errors import InvalidRequest


class MinuteClock(Enum):
    """How many minutes a year and a day have."""

    CALENDAR = ("calendar", MINUTES_PER_YEAR, MINUTES_PER_DAY)
    TRADING = ("trading", 252 * 390, 390)

    def __init__(self, label: str, per_year: int, per_day: int) -> None:
        """Name it and count its minutes."""
        self.label = label
        self.per_year = per_year
        self.per_day = per_day


WHY_NOT_IDENTIFIED: Final[Mapping[Identified, str]] = {
    Identified.NO_PRICE: "there is no price",
    Identified.NO_TERMS: "there is no spot or strike to measure it by",
    Identified.NO_TIME_LEFT: "no time is left",
    Identified.BELOW_INTRINSIC: "the price is below the discounted intrinsic value",
    Identified.NO_TIME_VALUE: "the price has less than a hundredth of a cent of time value",
    Identified.ABOVE_BOUND: "the price is not below what the option can at most be worth",
}
"""What a person is told of a price that has no implied volatility."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTerms:
    """
    One European-style option without dividends.

    `spot` and `strike` in dollars, positive; `minutes` of `clock`, zero or more; `rate` a continuously compounded
    fraction per year.
    """

    spot: float
    strike: float
    minutes: float
    rate: float
    is_call: bool
    clock: MinuteClock = MinuteClock.CALENDAR

    def __post_init__(self) -> None:
        """
        Check what was given.

        Raises:
            InvalidRequest: A figure is not finite, a price not positive, or the time negative.
        """
        for name in ("spot", "strike", "minutes", "rate"):
            _need(np.isfinite(getattr(self, name)), f"{name} must be a finite number")
        _need(self.spot > 0, "spot must be positive")
        _need(self.strike > 0, "strike must be positive")
        _need(self.minutes >= 0, "minutes must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFigures:
    """
    Price in dollars per share and its sensitivities at `iv`, a fraction per square root of a year of `clock`.

    `delta` is dollars per dollar of spot, `gamma` delta per dollar, `theta_per_minute` and `theta_per_day` dollars per
    minute and day of the clock (its instantaneous slope, negative as the option decays), `vega_per_point` dollars per
    0.01 of volatility. `iv_low` and `iv_high` belong to bid and ask and are None without a quote. What cannot be known
    is None and `iv_reason` says why; without `iv` there are no sensitivities.
    """

    price: float
    delta: float | None
    gamma: float | None
    theta_per_minute: float | None
    theta_per_day: float | None
    vega_per_point: float | None
    iv: float | None
    iv_low: float | None
    iv_high: float | None
    iv_reason: str | None
    clock: str


def figures_at_volatility(terms: OptionTerms, volatility: float) -> OptionFigures:
    """
    The model's price at a volatility, a fraction: 0.2 is 20 %.

    Raises:
        InvalidRequest: The volatility is negative or not finite, or a figure is beyond what a double holds.
    """
    _need(np.isfinite(volatility) and volatility >= 0, "vol must be zero or more")
    with np.errstate(all="ignore"):
        price = float(black_scholes_price(*_contract(terms)[:4], volatility, terms.is_call))
    return _figures(terms, price, volatility, (None, None), None)


def figures_at_price(terms: OptionTerms, price: float) -> OptionFigures:
    """
    The volatility at which the model's price is this one, in dollars per share.

    Raises:
        InvalidRequest: The price is negative or not finite.
    """
    _need(np.isfinite(price) and price >= 0, "price must be zero or more")
    iv, why = _implied(terms, price)
    return _figures(terms, price, iv, (None, None), why)


def figures_at_quote(terms: OptionTerms, bid: float, ask: float) -> OptionFigures:
    """
    Volatility at the mid, with the interval that bid and ask leave; a bid of zero is no bid and makes no mid.

    Raises:
        InvalidRequest: A side is negative or not finite, there is no ask, or the quote is crossed.
    """
    _need(np.isfinite(bid) and bid >= 0, "bid must be zero or more")
    _need(np.isfinite(ask) and ask > 0, "ask must be positive")
    _need(bid <= ask, "the quote is crossed: bid is above ask")
    mid = bid + (ask - bid) / 2
    if bid > 0:
        (iv, why), (low, why_low) = _implied(terms, mid), _implied(terms, bid)
    else:
        (iv, why), (low, why_low) = (None, "without a bid there is no mid"), (None, "there is no bid")
    high, why_high = _implied(terms, ask)
    found = (("iv", why), ("iv_low", why_low), ("iv_high", why_high))
    reasons = "; ".join(f"{name}: {reason}" for name, reason in found if reason)
    return _figures(terms, mid, iv, (low, high), reasons or None)


def _implied(terms: OptionTerms, price: float) -> tuple[float | None, str | None]:
    contract = (price, *_contract(terms), terms.is_call)
    code = Identified(int(identified(*contract)))
    if code is not Identified.YES:
        return None, WHY_NOT_IDENTIFIED[code]
    return float(implied_volatility(*contract)), None


def _figures(
    terms: OptionTerms,
    price: float,
    iv: float | None,
    interval: tuple[float | None, float | None],
    reason: str | None,
) -> OptionFigures:
    delta = gamma = theta = vega = None
    if iv is not None:
        with np.errstate(all="ignore"):
            found = greeks(*_contract(terms), iv, terms.is_call)
        per_minute = float(found.theta_per_minute) * (MINUTES_PER_YEAR / terms.clock.per_year)
        delta, gamma, theta, vega = float(found.delta), float(found.gamma), per_minute, float(found.vega_per_point)
        _need(np.all(np.isfinite([price, delta, gamma, theta, vega])), "these figures are beyond what can be computed")
    return OptionFigures(
        price=price,
        delta=delta,
        gamma=gamma,
        theta_per_minute=theta,
        theta_per_day=None if theta is None else theta * terms.clock.per_day,
        vega_per_point=vega,
        iv=iv,
        iv_low=interval[0],
        iv_high=interval[1],
        iv_reason=reason,
        clock=terms.clock.label,
    )


def _contract(terms: OptionTerms) -> tuple[float, float, float, float]:
    # The formulas count calendar minutes; a year is a year on either clock.
    minutes = terms.minutes * (MINUTES_PER_YEAR / terms.clock.per_year)
    return terms.spot, terms.strike, minutes, terms.rate


def _need(holds: object, otherwise: str) -> None:
    if not holds:
        raise InvalidRequest(otherwise)
