"""What a strategy proposes and what a ticket authorises."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Final

from tradecore.model.instruments import Instrument
from tradecore.model.money import Money
from tradecore.model.terms import Effect, Leg, PriceTerms, TimeInForce

LOTTO: Final = "LOTTO"
"""Label of groups whose premium counts toward the day's lotto budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Whether the data call for the trade, and the figures that say so."""

    present: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """
    How a position is left.

    `stop_pct` and `target_pct` are percent of the premium paid or the credit received (50 = half of it); None means
    that side is not wanted. `out_by` is the New York time at which the position is closed whatever its price.
    `stop_level` and `target_level`, where given, are net closing values of one unit and stand instead of the percent;
    `trail` is how far below the best closing value seen the stop follows it.
    """

    stop_pct: Decimal | None
    target_pct: Decimal | None
    out_by: time | None
    stop_level: Decimal | None = None
    target_level: Decimal | None = None
    trail: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRequest:
    """How much was asked for: a number of units, dollars at risk, or neither (the desk's own risk per trade)."""

    contracts: Decimal | None = None
    risk_dollars: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    A strategy's plan before any risk rule saw it: legs of one unit, sizing wish, way out, reason.

    Without `terms` the desk works the entry adaptively from mid; a Limit or StopLimit is taken as it is. Other terms
    put no bound on the price and are refused for an opening order. `alternatives` are like plans, most wanted first,
    of which the first that the desk's limits let through stands in for this one when they refuse it. `replaces` is the
    group whose unfilled entry this order is to take the place of: it is judged as if that one were gone.
    """

    strategy: str
    label: str
    legs: tuple[Leg, ...]
    size: SizeRequest
    protection: Protection | None
    signal: Signal
    reason: str
    note: str = ""
    terms: PriceTerms | None = None
    alternatives: tuple["Proposal", ...] = ()
    replaces: str | None = None

    @property
    def underlying(self) -> str:
        """The one underlying of every leg."""
        return self.legs[0].instrument.underlying


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProposal:
    """A strategy can't build a plan from these facts; `missing` names what it needs, `signal` is what it saw anyway."""

    strategy: str
    missing: str
    signal: Signal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """How a quantity came about; dollars are worst-case per unit."""

    method: str
    budget: Money | None
    per_unit_worst: Money | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """
    One order as a ticket authorises it, exact to the tick.

    `group` is None for an entry (its group is labelled at confirmation) and the group's label for a closing order.
    `worst_price` is the net price of one unit that confirmation may not pass (None: a closing order at any price);
    `first_price` is where an adaptive entry starts; an entry that is not adaptive rests with exactly its terms.
    """

    strategy: str
    label: str
    group: str | None
    effect: Effect
    legs: tuple[Leg, ...]
    quantity: Decimal
    terms: PriceTerms
    first_price: Decimal | None
    worst_price: Decimal | None
    protection: Protection | None
    reason: str
    note: str = ""
    adaptive: bool = True
    time_in_force: TimeInForce = TimeInForce.DAY

    @property
    def underlying(self) -> str:
        """The one underlying of every leg."""
        return self.legs[0].instrument.underlying

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Instruments of the legs, in order."""
        return tuple(leg.instrument for leg in self.legs)

    @property
    def order_class(self) -> str:
        """simple, bracket (stop and target), oto (one of them) or oco (a pair of exits for what is held)."""
        exits = self.protection
        armed = [exits.stop_pct, exits.target_pct] if exits else []
        count = sum(side is not None for side in armed)
        if self.effect is Effect.CLOSE:
            return "oco" if count == 2 else "simple"
        return ("simple", "oto", "bracket")[count]
