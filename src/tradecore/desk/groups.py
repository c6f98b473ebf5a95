"""Strategy groups: labelled holdings with their entry, their exits and their result. State inside the desk."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tradecore.model.events import Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import OptionContract
from tradecore.model.market import MarketView
from tradecore.model.money import CENT, ZERO, Money
from tradecore.model.orders import Order, Role
from tradecore.model.plans import PlannedOrder, Protection
from tradecore.model.positions import Position, trade
from tradecore.model.sessions import session_on, trading_day
from tradecore.model.terms import Leg, Side
from tradecore.risk.limits import Limits
from tradecore.risk.picture import GroupExposure
from tradecore.risk.prices import closing_touch_value
from tradecore.risk.worst_case import uncovered_leg, worst_loss

_HUNDRED = Decimal(100)


@dataclass(slots=True)
class Closing:
    """
    A closing under way: why, on whose authority, how many units (None: all that is held) and its orders, oldest first.

    One closing at a time per group: its orders follow each other, so no two exits can sell the same holding.
    """

    role: Role
    authority: str
    reason: str
    units: Decimal | None
    order_ids: list[str]

    @property
    def order_id(self) -> str:
        """The newest order of the closing."""
        return self.order_ids[-1]


@dataclass(slots=True)
class Group:
    """
    One labelled group, for example ORB-1; `sequence` numbers its child orders.

    `booked` are the order and execution id of every fill ever booked, in that order, taken back or not.
    """

    label: str
    plan: PlannedOrder
    intent_id: str
    authority: str
    opened_at: datetime
    positions: dict[str, Position] = field(default_factory=dict)
    order_ids: list[str] = field(default_factory=list)
    fills: list[Filled] = field(default_factory=list)
    booked: list[tuple[str, str]] = field(default_factory=list)
    sequence: int = 0
    realised: Money = ZERO
    fees: Money = ZERO
    closing: Closing | None = None
    last_exit: Role = Role.EXIT
    traded: bool = False
    armed: dict[Role, str] = field(default_factory=dict)
    adjusted: Protection | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Something is held."""
        return any(position.quantity for position in self.positions.values())

    @property
    def holdings(self) -> tuple[Position, ...]:
        """Positions that are not flat, by symbol."""
        return tuple(self.positions[symbol] for symbol in sorted(self.positions) if self.positions[symbol].quantity)

    @property
    def protection(self) -> Protection | None:
        """How the group is left: as was planned, or as it was changed to since."""
        return self.plan.protection if self.adjusted is None else self.adjusted

    def next_order_id(self) -> str:
        """`tc-<intent>-<child>`, never used before."""
        number, self.sequence = self.sequence, self.sequence + 1
        return f"tc-{self.intent_id}-{number}"

    def book(self, fill: Filled) -> Money:
        """Move positions and fees by a fill; the profit it realised."""
        self.fills.append(fill)
        self.booked.append((fill.client_order_id, fill.exec_id))
        return self._move(fill)

    def rebuild(self, fills: list[Filled]) -> None:
        """Book these fills, and no others, afresh."""
        self.fills, self.positions, self.realised, self.fees = fills, {}, ZERO, ZERO
        for fill in fills:
            self._move(fill)

    def rebook(self, withdrawn: Filled, booked: Filled | None) -> Money:
        """
        Book all again with one fill taken back or restated; the change of the realised profit.

        Trading the other way instead would leave a cost and a profit that no standing fill explains.
        """
        before = self.realised
        index = self.fills.index(withdrawn)
        self.rebuild([*self.fills[:index], *([] if booked is None else [booked]), *self.fills[index + 1 :]])
        return self.realised - before

    def _move(self, fill: Filled) -> Money:
        held = self.positions.get(fill.instrument.symbol, Position(fill.instrument))
        position, realised = trade(held, fill.side, fill.quantity, fill.price)
        self.positions[fill.instrument.symbol] = position
        self.realised += realised
        self.fees += fill.fee
        return realised

    def closing_legs(self) -> tuple[Leg, ...]:
        """Legs of one closing unit: the opposite of what is held, in the plan's ratios, or all of it once broken."""
        ratios = {leg.instrument.symbol: leg.ratio for leg in self.plan.legs}
        alone, broken = len(self.holdings) == 1, self.is_broken
        legs = []
        for position in self._in_plan_order():
            side = Side.SELL if position.quantity > 0 else Side.BUY
            ratio = int(abs(position.quantity)) if broken else ratios.get(position.instrument.symbol, 1)
            legs.append(Leg(position.instrument, side, 1 if alone else ratio))
        return tuple(legs)

    def open_units(self) -> Decimal:
        """Units to close: those of the plan, of the one holding that is left, or one of everything once broken."""
        if len(self.holdings) == 1:
            return abs(self.holdings[0].quantity)
        return Decimal(1) if self.is_broken else min(self._plan_units(), default=Decimal(0))

    def holds_less_than(self, order: Order) -> bool:
        """Whether what is left of a closing order would close more of a leg than is held."""
        held = {position.instrument: position.quantity for position in self.holdings}
        for leg in order.legs:
            rest = leg.ratio * order.quantity - order.leg_quantity(leg.instrument)
            if rest > max(-leg.side.sign * held.get(leg.instrument, Decimal(0)), Decimal(0)):
                return True
        return False

    @property
    def is_broken(self) -> bool:
        """Legs are held out of the plan's proportion, so that only closing them all together ends the group."""
        units = self._plan_units()
        return len(set(units)) > 1 or any(count % 1 for count in units)

    @property
    def has_lost_a_leg(self) -> bool:
        """What is held is not the plan's structure any more: a leg is gone, or out of proportion."""
        return self.is_open and (len(self.holdings) < len(self.plan.legs) or self.is_broken)

    @property
    def uncovered(self) -> OptionContract | None:
        """A sold option held that no bought one of the group covers."""
        sides = [(p, Side.BUY if p.quantity > 0 else Side.SELL) for p in self.holdings]
        legs = [Leg(p.instrument, side, int(abs(p.quantity))) for p, side in sides]
        return uncovered_leg(legs) if len(self.plan.legs) > 1 else None

    def has_expired(self, at: datetime) -> bool:
        """Whether something held trades no more: the broker settles it by the next open, and no order can close it."""
        held = (position.instrument for position in self.holdings)
        return any(isinstance(one, OptionContract) and _is_over(one, at) for one in held)

    def _plan_units(self) -> list[Decimal]:
        ratios = {leg.instrument.symbol: leg.ratio for leg in self.plan.legs}
        return [abs(p.quantity) / ratios.get(p.instrument.symbol, 1) for p in self.holdings]

    def _in_plan_order(self) -> list[Position]:
        order = {leg.instrument.symbol: index for index, leg in enumerate(self.plan.legs)}
        return sorted(self.holdings, key=lambda held: order.get(held.instrument.symbol, len(order)))

    def unit_cost(self) -> Decimal:
        """Net price paid (debit) or received (credit, below zero) per held unit."""
        units = self.open_units()
        return sum((p.cost for p in self.holdings), Decimal(0)) / units if units else Decimal(0)

    def closing_value(self, view: MarketView) -> Decimal | None:
        """
        What closing one unit brings at the touch (below zero: costs); None where a quote is missing that side.

        Of several legs, one that is sold and offered but that nobody bids for brings nothing: a worthless wing must
        not blind the watch over the rest.
        """
        return closing_touch_value(self.closing_legs(), view)

    def exit_levels(self) -> tuple[Decimal | None, Decimal | None]:
        """
        Net closing values of one unit at which stop and target fire.

        A percent of the premium paid or credit received, never less than one tick away from it.
        """
        if self.protection is None or not self.open_units():
            return None, None
        return levels(self.unit_cost(), self.protection, self.plan.legs)

    def exposure(self, fees: FeeSchedule, limits: Limits) -> GroupExposure:
        """The group as the risk gate sees it; closing fees are part of its worst case."""
        stress = limits.gap_stress_pct if limits.gap_stress_pct is not None else _HUNDRED
        loss = worst_loss(self.holdings, gap_stress_pct=stress, resting_stop=False)
        closing = self.closing_fees(fees)
        worst = None if loss is None else loss + closing
        return GroupExposure(
            label=self.label,
            strategy=self.plan.strategy,
            underlying=self.plan.underlying,
            holdings=self.holdings,
            worst_loss=worst,
            planned_loss=self.planned_loss(worst, closing),
        )

    def closing_fees(self, fees: FeeSchedule) -> Money:
        """Fees of closing all that is held."""
        held = self.holdings
        sides = [Side.SELL if p.quantity > 0 else Side.BUY for p in held]
        parts = (fees.fee(p.instrument, side, abs(p.quantity)) for p, side in zip(held, sides, strict=True))
        return sum(parts, ZERO)

    def planned_loss(self, worst: Money | None, closing: Money) -> Money:
        """Loss at the stop with closing fees; the worst case where there is no stop."""
        stop, _ = self.exit_levels()
        if stop is None:
            return worst or ZERO
        multiplier = self.plan.legs[0].instrument.multiplier
        return Money((self.unit_cost() - stop) * multiplier * self.open_units()) + closing


def _is_over(contract: OptionContract, at: datetime) -> bool:
    today = trading_day(at)
    session = session_on(contract.expiry) if contract.expiry == today else None
    return contract.expiry < today or (session is not None and at >= session.closes)


def levels(unit_cost: Decimal, protection: Protection, legs: tuple[Leg, ...]) -> tuple[Decimal | None, Decimal | None]:
    """
    Net closing values of one unit at which stop and target fire, for a unit bought at `unit_cost` (credit < 0).

    On the cent, which changes nothing for quotes in cents: the stop rounds away from the market, so does the target.
    """
    size = abs(unit_cost)
    tick = legs[0].instrument.tick(size)
    stop = target = None
    if protection.stop_level is not None:
        stop = protection.stop_level
    elif protection.stop_pct is not None:
        stop = (unit_cost - max(tick, size * protection.stop_pct / _HUNDRED)).quantize(CENT, ROUND_FLOOR)
    if protection.target_level is not None:
        target = protection.target_level
    elif protection.target_pct is not None:
        target = (unit_cost + max(tick, size * protection.target_pct / _HUNDRED)).quantize(CENT, ROUND_CEILING)
    return stop, target
