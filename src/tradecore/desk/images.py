"""
After-images: what a decision left behind, recorded beside it, so that a desk is rebuilt by taking the newest of each.

Recovery therefore never decides again: an upgrade that would decide otherwise can't change what was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradecore.desk.day_book import DayResult
from tradecore.desk.decisions import Confirmed
from tradecore.desk.groups import Closing, Group
from tradecore.desk.state import DeskState, Mismatch, Touched
from tradecore.model.money import Money
from tradecore.model.orders import Order, Role
from tradecore.model.plans import PlannedOrder, Protection
from tradecore.model.standing import StandingPlan
from tradecore.risk.picture import OpenIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBirth:
    """What never changes of a group."""

    label: str
    plan: PlannedOrder
    intent_id: str
    authority: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingImage:
    """A closing under way."""

    role: Role
    authority: str
    reason: str
    units: Decimal | None
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupImage:
    """
    What changes of a group.

    `booked` are only the executions booked since its last image; `wanted`: its entry still looks for a fill.
    """

    label: str
    sequence: int
    closing: ClosingImage | None
    last_exit: Role
    traded: bool
    armed: Mapping[str, str]
    adjusted: Protection | None
    closed_at: datetime | None
    booked: tuple[tuple[str, str], ...]
    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultImage:
    """One day's result."""

    day: date
    realised: Money
    fees: Money
    wins: int
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayImage:
    """Today's counters; `results` of the last few days that results were booked on."""

    today: date
    equity_at_open: Money
    high_water: Money
    results: tuple[ResultImage, ...]
    trades: Mapping[str, int]
    consecutive_losses: int
    last_loss_at: datetime | None
    last_stop_at: Mapping[str, datetime]
    intents: tuple[OpenIntent, ...]
    executions: tuple[OpenIntent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingImage:
    """Latches, locks, standing plans, and what people were told."""

    latches: Mapping[str, str]
    kill_latch: int
    engagements: int
    flattened_latch: int
    locks: Mapping[str, str]
    stopped: Mapping[str, str]
    warned_pct: int
    unanswered: tuple[str, ...]
    mismatches: Mapping[str, Mismatch]
    armed: tuple[StandingPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketImage:
    """A redeemed ticket: enough to answer the same token again with its first result."""

    token_hash: str
    principal: str
    arguments: tuple[tuple[str, str], ...]
    result: Confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterImages:
    """What changed since the last images; empty when nothing did."""

    born: tuple[GroupBirth, ...] = ()
    orders: tuple[Order, ...] = ()
    groups: tuple[GroupImage, ...] = ()
    day: DayImage | None = None
    standing: StandingImage | None = None
    tickets: tuple[TicketImage, ...] = ()


NOTHING_CHANGED = AfterImages()
_RESULTS_TOLD = 8


class ImageTaker:
    """Takes the images of one desk; each call tells what changed since the one before."""

    def __init__(self, state: DeskState) -> None:
        """Start from a state that is recorded already."""
        self._state = state
        self._standing = _standing(state)
        self._booked = {label: len(group.booked) for label, group in state.groups.items()}
        state.touched = Touched()
        state.day.changed = False

    def take(self) -> AfterImages:
        """What changed."""
        state, touched = self._state, self._state.touched
        standing = _standing(state)
        changed = touched.orders or touched.groups or touched.redeemed or state.day.changed
        if not changed and standing == self._standing:
            return NOTHING_CHANGED
        images = AfterImages(
            born=tuple(_birth(state.groups[label]) for label in touched.born),
            orders=tuple(state.orders[order_id] for order_id in touched.orders),
            groups=tuple(self._group(state.groups[label]) for label in touched.groups),
            day=_day(state) if state.day.changed else None,
            standing=standing if standing != self._standing else None,
            tickets=tuple(_ticket(state, confirmed) for confirmed in touched.redeemed),
        )
        self._standing = standing
        state.touched = Touched()
        state.day.changed = False
        return images

    def _group(self, group: Group) -> GroupImage:
        told = self._booked.get(group.label, 0)
        self._booked[group.label] = len(group.booked)
        return GroupImage(
            label=group.label,
            sequence=group.sequence,
            closing=None if group.closing is None else _closing(group.closing),
            last_exit=group.last_exit,
            traded=group.traded,
            armed={str(role): order_id for role, order_id in group.armed.items()},
            adjusted=group.adjusted,
            closed_at=group.closed_at,
            booked=tuple(group.booked[told:]),
            wanted=group.intent_id in self._state.entries,
        )


def _birth(group: Group) -> GroupBirth:
    return GroupBirth(
        label=group.label,
        plan=group.plan,
        intent_id=group.intent_id,
        authority=group.authority,
        opened_at=group.opened_at,
    )


def _closing(closing: Closing) -> ClosingImage:
    return ClosingImage(
        role=closing.role,
        authority=closing.authority,
        reason=closing.reason,
        units=closing.units,
        order_ids=tuple(closing.order_ids),
    )


def _day(state: DeskState) -> DayImage:
    day = state.day
    return DayImage(
        today=day.today,
        equity_at_open=day.equity_at_open,
        high_water=day.high_water,
        results=tuple(_result(when, day.results[when]) for when in sorted(day.results)[-_RESULTS_TOLD:]),
        trades=dict(day.trades),
        consecutive_losses=day.consecutive_losses,
        last_loss_at=day.last_loss_at,
        last_stop_at=dict(day.last_stop_at),
        intents=tuple(day.intents),
        executions=tuple(day.executions),
    )


def _result(when: date, result: DayResult) -> ResultImage:
    return ResultImage(day=when, realised=result.realised, fees=result.fees, wins=result.wins, losses=result.losses)


def _standing(state: DeskState) -> StandingImage:
    return StandingImage(
        latches={str(latch): reason for latch, reason in state.latches.items()},
        kill_latch=state.kill_latch,
        engagements=state.engagements,
        flattened_latch=state.flattened_latch,
        locks=dict(state.locks),
        stopped=dict(state.stopped),
        warned_pct=state.warned_pct,
        unanswered=tuple(state.unanswered),
        mismatches=dict(state.mismatches),
        armed=tuple(state.armed.values()),
    )


def _ticket(state: DeskState, confirmed: Confirmed) -> TicketImage:
    ticket = state.tickets.redeemed(confirmed.intent_id)
    if ticket is None:
        raise KeyError(confirmed.intent_id)
    return TicketImage(
        token_hash=ticket.token_hash,
        principal=ticket.principal,
        arguments=ticket.arguments,
        result=confirmed,
    )
