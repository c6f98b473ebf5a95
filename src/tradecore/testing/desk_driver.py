"""Drives a Desk as a trader, a clock and a venue would, so that a test reads as the story it tells."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tradecore.desk.commands import (
    CancelOrder,
    EngageKillSwitch,
    ExitCause,
    PreviewClose,
    PreviewLift,
    PreviewOrder,
    Redeem,
    Sending,
    SendingOutcome,
    StepEntry,
    StepExit,
    TriggerExit,
)
from tradecore.desk.decisions import CancelAtBroker, Decision, Send
from tradecore.desk.desk import Desk
from tradecore.desk.groups import Group
from tradecore.model.events import Accepted, Canceled
from tradecore.model.market import MarketView
from tradecore.model.orders import Order
from tradecore.model.plans import Proposal
from tradecore.testing.builders import TEN, a_desk, a_fill, a_proposal, a_ticket, a_view


@dataclass(slots=True)
class DeskDriver:
    """
    A desk with a clock of its own; every call is one command or one venue event.

    Ticket `n` has the intent `i<n>`, so that its entry is `tc-i<n>-0`. Without a view each command sees the market of
    `a_view` at the present.
    """

    desk: Desk = field(default_factory=a_desk)
    now: datetime = TEN
    principal: str = "model"
    tickets: int = 0
    executions: int = 0

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def preview(self, proposal: Proposal | None = None, view: MarketView | None = None, **arguments: str) -> Decision:
        """Preview an order; its ticket is number `tickets`."""
        self.tickets += 1
        return self.desk.handle(
            PreviewOrder(
                at=self.now,
                principal=self.principal,
                ticket=a_ticket(self.tickets, **(arguments or {"n": str(self.tickets)})),
                proposal=proposal or a_proposal(),
                view=view or self.view(),
            )
        )

    def preview_close(
        self, group: str | None = "ORB-1", quantity: str | None = None, view: MarketView | None = None
    ) -> Decision:
        """Preview the closing of a group, or of all."""
        self.tickets += 1
        return self.desk.handle(
            PreviewClose(
                at=self.now,
                principal=self.principal,
                ticket=a_ticket(self.tickets, n=str(self.tickets)),
                group=group,
                quantity=None if quantity is None else Decimal(quantity),
                view=view or self.view(),
            )
        )

    def preview_lift(self) -> Decision:
        """Preview lifting the kill switch."""
        self.tickets += 1
        ticket = a_ticket(self.tickets, n=str(self.tickets))
        return self.desk.handle(PreviewLift(at=self.now, principal=self.principal, ticket=ticket))

    def confirm(self, number: int | None = None, view: MarketView | None = None, **changes: Any) -> Decision:
        """Redeem a ticket, by default the newest; `given` and `principal` may be changed."""
        self.tickets += 1
        command: dict[str, Any] = {
            "at": self.now,
            "principal": self.principal,
            "token_hash": f"h{number or self.tickets - 1}",
            "given": (),
            "fresh": a_ticket(self.tickets),
            "view": view or self.view(),
        }
        return self.desk.handle(Redeem(**(command | changes)))

    def enter(self, proposal: Proposal | None = None, **proposed: Any) -> str:
        """Preview and confirm an entry that the venue accepts; its client order id."""
        self.preview(proposal or a_proposal(**proposed))
        order_id = sends(self.confirm())[0].order.client_order_id
        self.accept(order_id)
        return order_id

    def hold(self, quantity: str = "1", price: str = "1.00", **proposed: Any) -> str:
        """Enter and fill; the label of the group."""
        order_id = self.enter(contracts=quantity, **proposed)
        self.fill(order_id, quantity, price)
        return self.desk.orders[order_id].group

    def accept(self, order_id: str) -> Decision:
        """The venue has the order."""
        return self.desk.apply(Accepted(order_id, self.now))

    def fill(self, order_id: str, quantity: str = "1", price: str = "1.00", **changes: Any) -> Decision:
        """The venue filled part of an order on its first leg, as execution `e<n>`."""
        self.executions += 1
        leg = self.desk.orders[order_id].legs[0]
        facts: dict[str, Any] = {
            "exec_id": f"e{self.executions}",
            "side": leg.side,
            "instrument": leg.instrument,
            "when": self.now,
        }
        return self.desk.apply(a_fill(quantity, price, order_id=order_id, **(facts | changes)))

    def canceled(self, order_id: str) -> Decision:
        """The venue took the rest of an order out."""
        return self.desk.apply(Canceled(order_id, self.now))

    def cancel(self, order_id: str) -> Decision:
        """Ask for an entry to be cancelled."""
        return self.desk.handle(CancelOrder(at=self.now, principal=self.principal, client_order_id=order_id))

    def kill(self, *, flatten: bool = False) -> Decision:
        """Engage the kill switch."""
        return self.desk.handle(
            EngageKillSwitch(at=self.now, principal=self.principal, flatten=flatten, reason="drill", view=self.view())
        )

    def step_entry(self, intent: str = "i1", view: MarketView | None = None) -> Decision:
        """The entry's time at its price is over."""
        return self.desk.handle(StepEntry(at=self.now, intent_id=intent, view=view or self.view()))

    def trigger(
        self, cause: str = "stop", *seen: str, group: str = "ORB-1", view: MarketView | None = None
    ) -> Decision:
        """A stop, target or cut-off fires at these closing prices."""
        values = tuple(Decimal(value) for value in seen)
        return self.desk.handle(
            TriggerExit(at=self.now, group=group, cause=ExitCause(cause), seen=values, view=view or self.view())
        )

    def step_exit(self, waited: str = "1", group: str = "ORB-1", view: MarketView | None = None) -> Decision:
        """The exit has not filled."""
        return self.desk.handle(StepExit(at=self.now, group=group, waited_s=Decimal(waited), view=view or self.view()))

    def sent(self, order_id: str, sending: str) -> Decision:
        """How handing an order to the venue went."""
        return self.desk.handle(SendingOutcome(at=self.now, client_order_id=order_id, sending=Sending(sending)))

    def view(self) -> MarketView:
        """The market of `a_view` at the present."""
        return a_view(now=self.now)

    def order(self, order_id: str) -> Order:
        """One order."""
        return self.desk.orders[order_id]

    def group(self, label: str = "ORB-1") -> Group:
        """One group."""
        return next(group for group in self.desk.groups if group.label == label)


def sends(decision: Decision) -> list[Send]:
    """Orders a decision hands to the venue."""
    return [action for action in decision.actions if isinstance(action, Send)]


def cancels(decision: Decision) -> list[str]:
    """Orders a decision asks the venue to cancel."""
    return [action.client_order_id for action in decision.actions if isinstance(action, CancelAtBroker)]


def alert_codes(decision: Decision) -> list[str]:
    """Codes of a decision's alerts."""
    return [alert.code for alert in decision.alerts]
