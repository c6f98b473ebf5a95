"""Everything a desk knows; only its own command handlers change it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradecore.desk.day_book import DayBook
from tradecore.desk.decisions import Confirmed
from tradecore.desk.groups import Group
from tradecore.desk.latches import Latch, trading_reason, trading_state
from tradecore.desk.opening import DeskOpening
from tradecore.desk.tickets import TicketBook
from tradecore.model.market import MarketView
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.orders import Order, Role
from tradecore.model.plans import LOTTO, PlannedOrder
from tradecore.model.sessions import session_on, trading_day
from tradecore.model.standing import StandingPlan
from tradecore.model.terms import Effect, Leg
from tradecore.risk.limits import Limits
from tradecore.risk.picture import AccountExposure, RiskPicture, TradingState, WorkingExposure
from tradecore.risk.worst_case import holdings_of, worst_loss

_HUNDRED = Decimal(100)


@dataclass(slots=True)
class EntryRun:
    """An adaptive entry under way: where its price starts and ends, and how many steps it has taken."""

    intent_id: str
    group: str
    worst: Decimal
    step: int = 0
    withdrawing: bool = False


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A difference between our books and the broker's, and since when it has been the same."""

    text: str
    since: datetime


@dataclass(slots=True)
class Touched:
    """What changed since it was last asked: keys in the order of their first change."""

    orders: dict[str, None] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    born: dict[str, None] = field(default_factory=dict)
    redeemed: list[Confirmed] = field(default_factory=list)


@dataclass(slots=True)
class DeskState:
    """
    Orders, groups, tickets, counters and the trading state of one account.

    `kill_latch` counts the times from an engagement of the kill switch to its lift, `engagements` every engagement.
    `locks` are instruments whose books do not agree with the broker's, `stopped` strategies that repeated themselves,
    each with the reason. `warned_pct` is the highest step of the daily loss that a person was told of today;
    `unanswered` are unknown orders of which a person was told; `mismatches` are the differences of the last
    reconciliation. `armed` are standing plans by their id; they end with the
    desk's life. `live` are the orders that may be at the venue.
    """

    opening: DeskOpening
    day: DayBook
    latches: dict[Latch, str] = field(default_factory=dict)
    kill_latch: int = 0
    engagements: int = 0
    flattened_latch: int = -1
    orders: dict[str, Order] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    live: dict[str, None] = field(default_factory=dict)
    group_of: dict[str, str] = field(default_factory=dict)
    entries: dict[str, EntryRun] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    tickets: TicketBook = field(default_factory=TicketBook)
    armed: dict[str, StandingPlan] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    warned_pct: int = 0
    unanswered: dict[str, None] = field(default_factory=dict)
    mismatches: dict[str, Mismatch] = field(default_factory=dict)
    touched: Touched = field(default_factory=Touched)

    @property
    def trading(self) -> TradingState:
        """What the desk lets through now."""
        return trading_state(self.latches)

    @property
    def trading_reason(self) -> str:
        """Why."""
        return trading_reason(self.latches)

    @property
    def killed(self) -> bool:
        """The kill switch is engaged."""
        return Latch.KILL_SWITCH in self.latches

    @property
    def limits(self) -> Limits:
        """Limits in force."""
        return self.opening.limits

    @property
    def open_groups(self) -> list[Group]:
        """Groups that hold something, oldest first."""
        return [group for group in self.groups.values() if group.is_open]

    @property
    def live_orders(self) -> list[Order]:
        """Orders that may be at the venue."""
        return [self.orders[order_id] for order_id in self.live]

    def next_label(self, label: str) -> str:
        """ORB-1, ORB-2, …"""
        self.labels[label] = self.labels.get(label, 0) + 1
        return f"{label}-{self.labels[label]}"

    def keep(self, order: Order) -> None:
        """Store an order's newest version."""
        self.orders[order.client_order_id] = order
        if order.may_be_at_venue:
            self.live[order.client_order_id] = None
        else:
            self.live.pop(order.client_order_id, None)
        self.touched.orders[order.client_order_id] = None
        self.touched.groups[order.group] = None

    def open_group(self, group: Group) -> None:
        """Store a new group."""
        self.groups[group.label] = group
        self.touched.born[group.label] = None
        self.touched.groups[group.label] = None

    def add(self, group: Group, order: Order) -> None:
        """Store a new order of a group."""
        self.keep(order)
        group.order_ids.append(order.client_order_id)
        self.group_of[order.client_order_id] = group.label

    def exposure(self, without: str | None = None) -> AccountExposure:
        """Everything held, working and unknown, as the gate sees it; `without` leaves one group's entry out."""
        result = self.day.result(self.day.today)
        return AccountExposure(
            equity_at_open=self.day.equity_at_open,
            high_water=self.day.high_water,
            realised_today=result.realised,
            fees_today=result.fees,
            realised_this_week=self.day.realised_this_week(),
            groups=tuple(group.exposure(self.opening.fees, self.limits) for group in self.open_groups),
            working=tuple(self._working(without)),
            trades_today=dict(self.day.trades),
            consecutive_losses=self.day.consecutive_losses,
            last_loss_at=self.day.last_loss_at,
            last_stop_at=dict(self.day.last_stop_at),
            intents=tuple(self.day.intents),
            closing_legs=tuple(self._closing_legs()),
            unknown_exits=tuple(self._unknown_exits()),
            locks=dict(self.locks),
            stopped_strategies=dict(self.stopped),
            held_cost=self.held_cost(),
            lotto_premium=self._lotto_premium(without),
        )

    def held_cost(self) -> Money:
        """What was paid for everything held (received: below zero)."""
        held = (position for group in self.open_groups for position in group.holdings)
        return sum((usd(p.cost * p.instrument.multiplier) for p in held), ZERO)

    def _lotto_premium(self, without: str | None) -> Money:
        """What today's lottos cost: filled entries with their fees, and the rest of working ones at its worst price."""
        total = ZERO
        for group in self.groups.values():
            if group.plan.label != LOTTO or group.label == without or trading_day(group.opened_at) != self.day.today:
                continue
            entries = {order.client_order_id for order in self.entry_orders(group)}
            bought = [fill for fill in group.fills if fill.client_order_id in entries]
            paid = (usd(fill.price * fill.quantity * fill.instrument.multiplier) + fill.fee for fill in bought)
            total += sum(paid, ZERO)
        working = [one for one in self._working(without) if self.groups[one.group].plan.label == LOTTO]
        return total + sum((one.worst_loss or ZERO for one in working), ZERO)

    def picture(self, order: PlannedOrder, view: MarketView, now: datetime, without: str | None = None) -> RiskPicture:
        """What the gate looks at for one order; `without` leaves out what one group's entry has reserved."""
        worst, planned, cost = self.order_losses(order, order.quantity)
        replaced = self.groups.get(without or "")
        return RiskPicture(
            in_place_of=None if replaced is None else replaced.opened_at,
            now=now,
            session=session_on(self.day.today),
            today=self.day.today,
            state=self.trading,
            state_reason=self.trading_reason,
            limits=self.limits,
            order=order,
            worst_loss=worst,
            planned_loss=planned,
            cost=cost,
            view=view,
            exposure=self.exposure(without),
        )

    def order_losses(self, order: PlannedOrder, quantity: Decimal) -> tuple[Money | None, Money, Money]:
        """Worst-case loss (None: unbounded), planned loss and cost of an opening order, round-trip fees included."""
        price = order.worst_price
        if price is None:
            return None, ZERO, ZERO
        multiplier = order.legs[0].instrument.multiplier
        fees = sum((self.opening.fees.round_trip(leg.instrument, leg.ratio * quantity) for leg in order.legs), ZERO)
        stress = self.limits.gap_stress_pct if self.limits.gap_stress_pct is not None else _HUNDRED
        held = worst_loss(holdings_of(order.legs, quantity, price), gap_stress_pct=stress, resting_stop=False)
        worst = None if held is None else held + fees
        planned = worst or ZERO
        stop_pct = order.protection.stop_pct if order.protection else None
        if stop_pct is not None:
            planned = usd(abs(price) * stop_pct / _HUNDRED * multiplier * quantity) + fees
        sign = order.legs[0].side.sign if len(order.legs) == 1 else 1
        cost = usd(sign * price * multiplier * quantity) + fees
        return worst, planned, cost

    def entry_orders(self, group: Group) -> list[Order]:
        """Orders of a group's entry, one a price step, oldest first."""
        mine = (self.orders[order_id] for order_id in group.order_ids)
        return [order for order in mine if order.role is Role.ENTRY]

    def _working(self, without: str | None) -> list[WorkingExposure]:
        # An entry that is being cancelled or whose run is over can still be filled while the venue may have it.
        found = []
        for group in self.groups.values():
            if group.label == without:
                continue
            entries = self.entry_orders(group)
            live = [order for order in entries if order.may_be_at_venue]
            if not live and group.intent_id not in self.entries:
                continue
            leaves = sum((order.leaves_quantity for order in live), Decimal(0))
            if group.intent_id in self.entries:
                filled = sum((order.cumulative_quantity for order in entries), Decimal(0))
                leaves = max(leaves, group.plan.quantity - filled)
            found.append(self._exposure_of(group, (live or entries)[-1], leaves))
        return found

    def _exposure_of(self, group: Group, order: Order, leaves: Decimal) -> WorkingExposure:
        worst, planned, _ = self.order_losses(group.plan, leaves)
        return WorkingExposure(
            client_order_id=order.client_order_id,
            group=group.label,
            strategy=group.plan.strategy,
            underlying=group.plan.underlying,
            legs=order.legs,
            quantity=leaves,
            worst_loss=worst,
            planned_loss=planned,
            is_unknown=order.is_unknown,
        )

    def _unknown_exits(self) -> list[tuple[str, str]]:
        exits = (order for order in self.live_orders if order.effect is Effect.CLOSE and order.is_unknown)
        return [(self.groups[order.group].plan.underlying, order.client_order_id) for order in exits]

    def _closing_legs(self) -> list[tuple[Leg, str]]:
        closing = (order for order in self.live_orders if order.effect is Effect.CLOSE)
        return [(leg, order.client_order_id) for order in closing for leg in order.legs]
