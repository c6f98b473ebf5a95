"""A session told as it happens: one line for each thing a person would want to see."""

from contextlib import suppress
from datetime import datetime

from rich.console import Console
from rich.markup import escape

from tradecore.desk.commands import CancelOrder, EngageKillSwitch, Redeem, StepEntry, StepExit, TriggerExit
from tradecore.desk.decisions import Confirmed, Decision, Previewed, Refused, Send
from tradecore.desk.opening import DeskOpening
from tradecore.model.events import Canceled, Filled
from tradecore.model.sessions import exchange_time
from tradecore.model.terms import legs_text, short_name
from tradecore.usecases.floor import Note
from tradecore.usecases.headline import headline
from tradecore.usecases.orders import terms_text


class Story:
    """Prints decisions and fills; knows nothing that the record does not."""

    def __init__(self, console: Console, opening: DeskOpening) -> None:
        """Tell the story of the desk that opened like this."""
        self._console = console
        self._opening = opening

    def __call__(self, at: datetime, seen: object, decision: Decision | None) -> None:
        """Tell one record."""
        if decision is None:
            if isinstance(seen, Note) and seen.what == "refused":
                self._say(at, "refused", ", ".join(str(value) for value in seen.facts.values()), "yellow")
            return
        outcome = decision.outcome
        if isinstance(outcome, Previewed):
            self._say(at, "preview", headline(self._opening, outcome), "cyan")
        elif isinstance(outcome, Refused):
            self._say(at, "refused", f"{outcome.code}: {outcome.message}", "yellow")
            self._say(at, "", outcome.next_step, "yellow")
        elif isinstance(outcome, Confirmed) and isinstance(seen, Redeem):
            self._say(at, "confirmed", ", ".join(outcome.groups) or str(outcome.kind), "green")
        elif isinstance(seen, EngageKillSwitch | CancelOrder):
            self._say(at, "desk", str(getattr(outcome, "what", outcome)), "magenta")
        self._tell_event(at, seen, decision)
        self._tell_actions(at, seen, decision)
        for alert in decision.alerts:
            said = f" ({alert.said})" if alert.said else ""
            colour = "red" if alert.severity == "critical" else "blue"
            self._say(at, "alert", f"{alert.severity}: {alert.message}{said}", colour)

    def tell_while_heard(self, at: datetime, seen: object, decision: Decision | None) -> None:
        """Tell one record in the middle of a tool call, which must not fail because the reader went away."""
        with suppress(BrokenPipeError):
            self(at, seen, decision)

    def say(self, at: datetime, what: str, text: str) -> None:
        """A line of the script's own."""
        self._say(at, what, text, "bold")

    def _tell_event(self, at: datetime, seen: object, decision: Decision) -> None:
        if isinstance(seen, Filled):
            note = str(getattr(decision.outcome, "note", ""))
            text = f"{seen.side} {seen.quantity} {short_name(seen.instrument)} at {seen.price}, fee {seen.fee.amount}"
            self._say(at, "fill", f"{text} ({seen.client_order_id}){' ' + note if note else ''}", "green")
        elif isinstance(seen, Canceled):
            self._say(at, "canceled", seen.client_order_id, "dim")

    def _tell_actions(self, at: datetime, seen: object, decision: Decision) -> None:
        if isinstance(seen, StepEntry | StepExit | TriggerExit | Redeem | EngageKillSwitch):
            for action in decision.actions:
                if isinstance(action, Send):
                    order = action.order
                    text = f"{legs_text(order.legs)} x {order.quantity}, {terms_text(order.terms)}"
                    self._say(at, "sent", f"{order.client_order_id}: {text} [{order.authority}]", "white")

    def _say(self, at: datetime, what: str, text: str, style: str) -> None:
        line = f"{exchange_time(at)}  [{style}]{what:<10}[/{style}] {escape(text)}"
        self._console.print(line, highlight=False, soft_wrap=True)
