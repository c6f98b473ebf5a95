"""The synchronous state machine that owns one account."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

from tradecore.desk import adjusting, bookings, entries, exits, previews, recovery, redemption, standing_plans, unknowns
from tradecore.desk.commands import (
    AdjustProtection,
    AskApproval,
    CancelOrder,
    Command,
    EngageKillSwitch,
    Halt,
    NoteLoss,
    NoteProtection,
    NotFound,
    OpenDay,
    PreviewAdjustment,
    PreviewClose,
    PreviewLift,
    PreviewOrder,
    Reconcile,
    Recover,
    Redeem,
    Resume,
    SendingOutcome,
    SettleUnknown,
    StepEntry,
    StepExit,
    TriggerExit,
    WithdrawExcess,
)
from tradecore.desk.day_book import DayBook
from tradecore.desk.decisions import Confirmed, Decision, Preview
from tradecore.desk.groups import Group
from tradecore.desk.images import AfterImages, ImageTaker
from tradecore.desk.latches import Latch
from tradecore.desk.losses import LossReadings, loss_readings, would_change
from tradecore.desk.opening import DeskOpening
from tradecore.desk.standing_commands import FirePlan, PreviewStanding
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket, TicketState
from tradecore.model.events import BrokerEvent
from tradecore.model.instruments import Instrument
from tradecore.model.market import MarketView
from tradecore.model.money import Money
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.plans import Proposal
from tradecore.model.standing import StandingPlan
from tradecore.risk.picture import AccountExposure, TradingState


class Desk:
    """
    Takes commands and broker events, each with its time, and returns decisions.

    No clock, no I/O, no waiting: the same inputs in the same order give the same decisions, always. Whoever calls it
    records the decision and carries out its actions; nothing is sent that a decision did not order.
    """

    def __init__(self, opening: DeskOpening, state: DeskState | None = None) -> None:
        """Start flat, with the day, equity, limits and fees of `opening`, or with a state folded from a journal."""
        day = DayBook(today=opening.day, equity_at_open=opening.equity, high_water=opening.equity)
        self._state = state or DeskState(opening=opening, day=day)
        self._images = ImageTaker(self._state)

    def after_images(self) -> AfterImages:
        """What changed since this was last asked, to be recorded beside the decision that changed it."""
        return self._images.take()

    def handle(self, command: Command) -> Decision:
        """Decide on one command."""
        return _HANDLERS[type(command)](self._state, command)

    def apply(self, event: BrokerEvent) -> Decision:
        """Take in one broker event."""
        return bookings.apply(self._state, event)

    def consider(self, proposal: Proposal, view: MarketView, now: datetime) -> Preview:
        """What a preview of this proposal would say; issues no ticket and changes nothing."""
        return previews.judge_proposal(self._state, proposal, view, now)

    @property
    def opening(self) -> DeskOpening:
        """What the desk was started with."""
        return self._state.opening

    @property
    def trading(self) -> tuple[TradingState, str]:
        """The trading state and the reason for it."""
        return self._state.trading, self._state.trading_reason

    @property
    def orders(self) -> Mapping[str, Order]:
        """Every order by client order id, oldest first."""
        return self._state.orders

    @property
    def live_orders(self) -> list[Order]:
        """Orders that may be at the venue."""
        return self._state.live_orders

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, oldest first, open or not."""
        return tuple(self._state.groups.values())

    @property
    def open_groups(self) -> tuple[Group, ...]:
        """Groups that hold something, oldest first."""
        return tuple(self._state.open_groups)

    @property
    def armed_plans(self) -> tuple[StandingPlan, ...]:
        """Standing plans that wait for their signal."""
        return tuple(self._state.armed.values())

    @property
    def day(self) -> DayBook:
        """Results by trading day and today's counters."""
        return self._state.day

    def exposure(self) -> AccountExposure:
        """Everything held, working and unknown, with its worst case."""
        return self._state.exposure()

    def knows(self, event: BrokerEvent) -> bool:
        """Whether an event would change nothing: it was taken in before."""
        return bookings.is_known(self._state, event)

    def confirmed(self, intent_id: str) -> Confirmed | None:
        """What the confirmation of an intent was answered with."""
        ticket = self._state.tickets.redeemed(intent_id)
        return None if ticket is None else ticket.result

    @property
    def opened_at(self) -> datetime:
        """Before anything this desk can know of: the start of the trading day it was opened on (UTC)."""
        return datetime.combine(self._state.opening.day, time(), UTC)

    @property
    def has_excess(self) -> bool:
        """Whether something works beyond its ticket or its holding whose withdrawal is not asked for."""
        return bookings.has_excess(self._state)

    @property
    def expected_cash(self) -> Money:
        """Cash by our own books."""
        return recovery.expected_cash(self._state)

    @property
    def locked(self) -> tuple[str, ...]:
        """Instruments in which nothing is opened because the broker's position differs."""
        return tuple(sorted(self._state.locks))

    @property
    def books_differ(self) -> bool:
        """Whether the last reconciliation found a difference, or the first is still to come after a start."""
        return bool(self._state.mismatches) or Latch.STARTING in self._state.latches

    @property
    def protected_groups(self) -> tuple[str, ...]:
        """Groups that hold something, were opened with a stop or target, and are not being closed."""
        held = (group for group in self._state.open_groups if group.closing is None and group.protection is not None)
        return tuple(group.label for group in held)

    def protection_is_news(self, unprotected: tuple[str, ...], reason: str) -> bool:
        """Whether noting that these groups have no protection would change anything."""
        return recovery.protection_text(unprotected, reason) != self._state.latches.get(Latch.UNPROTECTED)

    @property
    def latches(self) -> Mapping[Latch, str]:
        """What keeps the desk from taking risk, with the reasons."""
        return self._state.latches

    def losses(self, view: MarketView) -> LossReadings:
        """The day's loss on a view of everything held."""
        return loss_readings(self._state, view)

    def loss_is_news(self, view: MarketView) -> bool:
        """Whether noting the day's loss on this view would warn somebody or stop the desk."""
        equity = view.account.equity if view.account else None
        return would_change(self._state, loss_readings(self._state, view), equity)

    def may_still_send(self, client_order_id: str) -> bool:
        """
        Whether an order decided on moments ago may still leave the house.

        Asked once the journal is durable: an entry cancelled meanwhile (kill switch) stays at home, also where its
        cancellation was refused because the venue did not have it yet; so does an exit of more than is held.
        """
        return bookings.may_still_send(self._state, self._state.orders[client_order_id])

    def entry_is_running(self, intent_id: str) -> bool:
        """Whether an adaptive entry still looks for its fill."""
        return intent_id in self._state.entries

    def entry_escaped(self, client_order_id: str) -> bool:
        """Whether an entry may still fill although it was given up, withdrawn or killed, and no cancel is pending."""
        order = self._state.orders.get(client_order_id)
        if order is None or order.role is not Role.ENTRY or not order.may_be_at_venue:
            return False
        wanted = self._state.groups[order.group].intent_id in self._state.entries
        return not wanted and order.state is not OrderState.PENDING_CANCEL

    def entry_is_adaptive(self, intent_id: str) -> bool:
        """Whether an entry is worked step by step; one with its own terms rests instead."""
        run = self._state.entries.get(intent_id)
        return run is not None and self._state.groups[run.group].plan.adaptive

    def entry_awaits_next(self, intent_id: str) -> bool:
        """Whether a running entry's last order has ended, so that the next price can be sent."""
        run = self._state.entries.get(intent_id)
        if run is None:
            return False
        group = self._state.groups[run.group]
        entries = [self._state.orders[i] for i in group.order_ids if self._state.orders[i].role is Role.ENTRY]
        return entries[-1].is_ended

    def last_entry(self, intent_id: str) -> str | None:
        """The newest order of a running entry."""
        run = self._state.entries.get(intent_id)
        return None if run is None else self._state.entry_orders(self._state.groups[run.group])[-1].client_order_id

    def ended_exit(self, label: str) -> str | None:
        """The newest order of a closing under way, if the venue ended it with something left to close."""
        group = self._state.groups[label]
        if group.closing is None or not group.is_open:
            return None
        order = self._state.orders[group.closing.order_id]
        may_have_filled = order.is_ended and order.state not in (OrderState.DENIED, OrderState.REJECTED)
        return order.client_order_id if may_have_filled else None

    def exit_needs_push(self, label: str, view: MarketView, waited_s: Decimal) -> bool:
        """Whether a group's exit ended unfinished, or rests at a price that is not urgent enough any more."""
        return exits.needs_push(self._state, self._state.groups[label], view, waited_s)

    def awaits_settlement(self, label: str, at: datetime) -> bool:
        """Whether a group holds what has expired, which no order can close any more."""
        return self._state.groups[label].has_expired(at)

    @property
    def is_flattening(self) -> bool:
        """Whether the kill switch was told to close everything and has not been lifted since."""
        return self._state.killed and self._state.flattened_latch == self._state.kill_latch

    def is_left_uncovered(self, group: Group) -> bool:
        """Whether a group holds a sold option without cover, with no fill under way that could still bring one."""
        return exits.is_left_uncovered(self._state, group)

    def exit_was_withdrawn(self, label: str) -> bool:
        """Whether a group's newest exit was cancelled with something left to close."""
        group = self._state.groups[label]
        if group.closing is None or not group.is_open:
            return False
        return self._state.orders[group.closing.order_id].state is OrderState.CANCELED

    def exit_is_over(self, label: str) -> bool:
        """Whether nothing of a group is being closed."""
        return self._state.groups[label].closing is None

    def concerned_instruments(self) -> tuple[Instrument, ...]:
        """Instruments of everything held or working, each once, by symbol."""
        found: dict[str, Instrument] = {}
        for group in self._state.open_groups:
            found.update({held.instrument.symbol: held.instrument for held in group.holdings})
        for run in self._state.entries.values():
            found.update({i.symbol: i for i in self._state.groups[run.group].plan.instruments})
        for order in self._state.live_orders:
            found.update({leg.instrument.symbol: leg.instrument for leg in order.legs})
        return tuple(found[symbol] for symbol in sorted(found))

    def open_ticket(self, token_hash: str, principal: str) -> Ticket | None:
        """The ticket of this token while it may still be redeemed, as far as time is not considered."""
        ticket = self._state.tickets.find(token_hash, principal)
        return ticket if ticket is not None and ticket.state is TicketState.OPEN else None

    def ticket_instruments(self, token_hash: str, principal: str) -> tuple[Instrument, ...]:
        """Instruments of a ticket's orders; empty for an unknown token."""
        ticket = self._state.tickets.find(token_hash, principal)
        return () if ticket is None else tuple(i for order in ticket.orders for i in order.instruments)


_HANDLERS: Final[dict[type, Callable[[DeskState, Any], Decision]]] = {
    OpenDay: recovery.open_day,
    PreviewOrder: previews.preview_order,
    PreviewClose: previews.preview_close,
    PreviewLift: previews.preview_lift,
    PreviewAdjustment: adjusting.preview_adjustment,
    AdjustProtection: adjusting.adjust_protection,
    PreviewStanding: standing_plans.preview_standing,
    FirePlan: standing_plans.fire_plan,
    Redeem: redemption.redeem,
    AskApproval: redemption.ask_approval,
    CancelOrder: entries.cancel_order,
    EngageKillSwitch: exits.engage_kill_switch,
    StepEntry: entries.step_entry,
    TriggerExit: exits.trigger_exit,
    StepExit: exits.step_exit,
    SendingOutcome: bookings.note_sending,
    Recover: recovery.recover,
    NotFound: unknowns.note_not_found,
    SettleUnknown: unknowns.settle_unknown,
    WithdrawExcess: bookings.withdraw_excess,
    Reconcile: recovery.reconcile,
    NoteLoss: recovery.take_loss,
    NoteProtection: recovery.note_protection,
    Halt: recovery.halt,
    Resume: recovery.resume,
}
