"""Rebuilding a desk from the images its decisions left: the newest of each stands, nothing is decided again."""

from decimal import Decimal

from tradecore.desk.day_book import DayBook, DayResult
from tradecore.desk.groups import Closing, Group
from tradecore.desk.images import ClosingImage, DayImage, GroupBirth, GroupImage, StandingImage, TicketImage
from tradecore.desk.latches import Latch
from tradecore.desk.opening import DeskOpening
from tradecore.desk.state import DeskState, EntryRun
from tradecore.desk.tickets import Ticket, retired_ticket
from tradecore.model.encoding import Json, decode
from tradecore.model.orders import Order, Role


class Folding:
    """
    Takes recorded images, oldest first, as they stand in the journal; `state` is what they leave.

    Only the newest image of each thing is decoded, so that a long journal folds as fast as it is read.
    """

    def __init__(self, opening: DeskOpening) -> None:
        """Start from what the desk was opened with."""
        self._opening = opening
        self._born: dict[str, Json] = {}
        self._orders: dict[str, Json] = {}
        self._groups: dict[str, Json] = {}
        self._booked: dict[str, list[tuple[str, str]]] = {}
        self._tickets: dict[str, Json] = {}
        self._results: dict[str, Json] = {}
        self._day: Json = None
        self._standing: Json = None

    def take(self, images: Json) -> None:
        """Let newer images replace older ones."""
        for birth in images["born"]:
            self._born[birth["label"]] = birth
        for order in images["orders"]:
            self._orders[order["client_order_id"]] = order
        for group in images["groups"]:
            self._groups[group["label"]] = group
            self._booked.setdefault(group["label"], []).extend((one, other) for one, other in group["booked"])
        for ticket in images["tickets"]:
            self._tickets[ticket["token_hash"]] = ticket
        if images["day"] is not None:
            self._day = images["day"]
            self._results.update({result["day"]: result for result in self._day["results"]})
        self._standing = images["standing"] or self._standing

    def state(self) -> DeskState:
        """
        The desk as its last decision left it, without tickets that were not redeemed and the steps of running entries.

        Raises:
            InvalidRequest: An image is not one of this schema.
        """
        opening = self._opening
        day = DayBook(today=opening.day, equity_at_open=opening.equity, high_water=opening.equity)
        state = DeskState(opening=opening, day=day)
        self._fold_orders(state)
        if self._day is not None:
            _fold_day(day, decode(DayImage, self._day | {"results": list(self._results.values())}))
        if self._standing is not None:
            _fold_standing(state, decode(StandingImage, self._standing))
        for image in self._tickets.values():
            state.tickets.keep(_ticket(decode(TicketImage, image)))
        return state

    def _fold_orders(self, state: DeskState) -> None:
        for label, birth in self._born.items():
            image: GroupImage = decode(GroupImage, self._groups[label])
            group = _group(decode(GroupBirth, birth), image)
            state.groups[label] = group
            if image.wanted:
                worst = group.plan.worst_price or Decimal(0)
                state.entries[group.intent_id] = EntryRun(group.intent_id, label, worst)
            prefix, _, number = label.rpartition("-")
            state.labels[prefix] = max(state.labels.get(prefix, 0), int(number))
        for image in self._orders.values():
            order: Order = decode(Order, image)
            state.add(state.groups[order.group], order)
        for label, group in state.groups.items():
            group.booked = list(self._booked.get(label, ()))
            standing = {(f.client_order_id, f.exec_id): f for i in group.order_ids for f in state.orders[i].fills}
            group.rebuild([standing[key] for key in group.booked if key in standing])


def _group(birth: GroupBirth, image: GroupImage) -> Group:
    return Group(
        label=birth.label,
        plan=birth.plan,
        intent_id=birth.intent_id,
        authority=birth.authority,
        opened_at=birth.opened_at,
        sequence=image.sequence,
        closing=None if image.closing is None else _closing(image.closing),
        last_exit=image.last_exit,
        traded=image.traded,
        armed={Role(role): order_id for role, order_id in image.armed.items()},
        adjusted=image.adjusted,
        closed_at=image.closed_at,
    )


def _closing(image: ClosingImage) -> Closing:
    return Closing(image.role, image.authority, image.reason, image.units, list(image.order_ids))


def _fold_day(day: DayBook, image: DayImage) -> None:
    day.today, day.equity_at_open, day.high_water = image.today, image.equity_at_open, image.high_water
    day.results = {r.day: DayResult(r.realised, r.fees, r.wins, r.losses) for r in image.results}
    day.trades = dict(image.trades)
    day.consecutive_losses, day.last_loss_at = image.consecutive_losses, image.last_loss_at
    day.last_stop_at = dict(image.last_stop_at)
    day.intents, day.executions = list(image.intents), list(image.executions)


def _fold_standing(state: DeskState, image: StandingImage) -> None:
    state.latches = {Latch(latch): reason for latch, reason in image.latches.items()}
    state.kill_latch, state.engagements = image.kill_latch, image.engagements
    state.flattened_latch = image.flattened_latch
    state.locks, state.stopped = dict(image.locks), dict(image.stopped)
    state.warned_pct = image.warned_pct
    state.unanswered = dict.fromkeys(image.unanswered)
    state.mismatches = dict(image.mismatches)
    state.armed = {plan.plan_id: plan for plan in image.armed}


def _ticket(image: TicketImage) -> Ticket:
    return retired_ticket(image.token_hash, image.principal, image.arguments, image.result)
