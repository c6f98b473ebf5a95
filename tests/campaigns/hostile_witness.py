"""What a bystander with the venue's books and ears on every wire notes of a desk that a hostile client calls."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from entrypoints.wiring import House
from tradecore.model.confirmation import MODEL_CONFIRMS
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Instrument
from tradecore.model.terms import Effect, Limit
from tradecore.risk.picture import TradingState

CAP: Final = Decimal(500)
TICKET_LIFE: Final = timedelta(seconds=30)
_INTENT: Final = re.compile(r"tc-([a-z2-7]+)-\d+")
_TOKEN: Final = re.compile(rb"(?<![\w-])[\w-]{43}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as its caller saw it."""

    principal: str
    at: datetime
    token: str
    intent: str
    kind: str
    legs: tuple[tuple[str, str, Decimal], ...] = ()
    worst_price: Decimal | None = None


@dataclass(slots=True)
class Witness:
    """Writes down what was shown, confirmed and sent, and compares it; nothing here asks the desk."""

    house: House
    secrets: tuple[bytes, ...]
    shown: dict[str, Shown] = field(default_factory=dict)
    confirmed: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    sent: list[ConfirmedOrder] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    _seen: int = 0
    _books: "Books" = field(init=False)
    _killed: bool = False
    _limits: str = ""

    def __post_init__(self) -> None:
        """Listen to what reaches the venue."""
        venue = self.house.venue
        submit = venue.submit

        async def noted(order: ConfirmedOrder) -> None:
            self.sent.append(order)
            if order.effect is Effect.OPEN:
                self._check_entry(order)
            await submit(order)

        vars(venue)["submit"] = noted
        self._books = Books(self.house.floor.desk.opening.equity.amount)
        self._limits = self.house.floor.desk.opening.limits.hash

    @property
    def now(self) -> datetime:
        """The market's time."""
        return self.house.floor.clock.now()

    def before(self, principal: str, given: dict[str, Any]) -> None:
        """A call is about to be made; a token in it is a confirmation."""
        token = given.get("confirm_token")
        if isinstance(token, str):
            self.confirmed.setdefault(token, []).append((principal, self.now))
        self.said |= {value for name, value in given.items() if isinstance(value, str) and name != "confirm_token"}

    def after(self, principal: str, answer: dict[str, Any], raw: bytes) -> None:
        """A call was answered: nobody else's token, no secret, no failure, the mode and the limits as they were."""
        if answer.get("status") == "preview":
            self._note(principal, answer)
        if answer.get("error", {}).get("code") == "INTERNAL_ERROR":
            self.wrong.append(f"a tool failed: {answer['error']}")
        if answer["desk"]["mode"] != "simulated":
            self.wrong.append(f"the mode became {answer['desk']['mode']}")
        for token in re.findall(rb'"confirm_token":"([^"]+)"', raw):
            if self.shown[token.decode()].principal != principal:
                self.wrong.append(f"{principal} was told the token of another")
        self.overheard("an answer", raw)

    async def look(self) -> None:
        """Compare with the venue's books: no more at risk than the cap, nothing sold that is not held."""
        self._check_kill_switch()
        if self.house.floor.desk.opening.limits.hash != self._limits:
            self.wrong.append("the limits changed")
        if not self.sent:
            return
        fills = await self.house.venue.executions(self.house.session.opens)
        self._books.take(fills[self._seen :])
        self._seen = len(fills)
        asked = [one for one in await self.house.venue.open_orders() if self._is_entry(one.client_order_id)]
        reserved = sum(
            ((one.quantity - one.filled_quantity) * (one.limit_price or 0) * 100 for one in asked), Decimal(0)
        )
        at_risk = self._books.at_risk + reserved
        if at_risk > CAP:
            self.wrong.append(f"{at_risk} dollars can be lost, the cap is {CAP}")
        if any(quantity < 0 for quantity in self._books.held.values()):
            self.wrong.append("something was sold that was not held")

    def end(self, journal: Path, log: str) -> None:
        """The session is over: no secret and no token in what was written, and no traceback."""
        for path in sorted(journal.glob("*.jsonl")):
            content = path.read_bytes()
            self.overheard(path.name, content)
            tokens = {match.decode() for match in _TOKEN.findall(content)} & self.shown.keys()
            if tokens - self.said:
                self.wrong.append(f"{path.name} holds {len(tokens)} tokens")
        self.overheard("the log", log.encode())
        if "Traceback" in log:
            self.wrong.append(f"the log holds a traceback: {log[log.index('Traceback') :][-400:]}")

    def _note(self, principal: str, answer: dict[str, Any]) -> None:
        plan = answer["plan"]
        legs = tuple((leg["symbol"], leg["side"], Decimal(leg["quantity"])) for leg in plan["legs"]) if plan else ()
        worst = Decimal(plan["worst_price"]) if plan and plan["worst_price"] else None
        token, intent = answer["confirm_token"], answer["intent_id"]
        kind = "lift" if plan is None else ("close" if plan["closes"] else "open")
        self.shown[token] = Shown(principal, self.now, token, intent, kind, legs, worst)

    def _check_entry(self, order: ConfirmedOrder) -> None:
        match = _INTENT.fullmatch(order.client_order_id)
        intent = match.group(1) if match else ""
        shown = next((one for one in self.shown.values() if one.intent == intent), None)
        if shown is None or shown.kind != "open":
            self.wrong.append(f"{order.client_order_id} was sent and never shown")
            return
        in_time = [
            at
            for who, at in self.confirmed.get(shown.token, [])
            if who == shown.principal and at < shown.at + TICKET_LIFE
        ]
        if not in_time:
            self.wrong.append(f"{order.client_order_id} was sent and not confirmed in time by {shown.principal}")
        if self.house.floor.desk.opening.confirmation != MODEL_CONFIRMS:
            self.wrong.append(f"{order.client_order_id} was sent on a model's word, not the operator's")
        self._check_content(order, shown)

    def _check_content(self, order: ConfirmedOrder, shown: Shown) -> None:
        asked = {symbol: (side, quantity) for symbol, side, quantity in shown.legs}
        for leg in order.legs:
            side, quantity = asked.get(leg.instrument.symbol, ("", Decimal(0)))
            if leg.side.value != side or leg.ratio * order.quantity > quantity:
                self.wrong.append(f"{order.client_order_id} is not what was shown: {leg} {order.quantity}")
        price = order.terms.price if isinstance(order.terms, Limit) else None
        if price is None or shown.worst_price is None or price > shown.worst_price:
            self.wrong.append(f"{order.client_order_id} asks {price}, at worst {shown.worst_price} was shown")

    def _is_entry(self, order_id: str) -> bool:
        return any(order.client_order_id == order_id and order.effect is Effect.OPEN for order in self.sent)

    def _check_kill_switch(self) -> None:
        active = self.house.floor.desk.trading[0] is TradingState.ACTIVE
        if self._killed and active and not self._lifted():
            self.wrong.append("the kill switch was lifted without the token of a preview")
        self._killed = not active

    def _lifted(self) -> bool:
        lifts = [one for one in self.shown.values() if one.kind == "lift"]
        return any(who == one.principal for one in lifts for who, _ in self.confirmed.get(one.token, []))

    def overheard(self, where: str, content: bytes) -> None:
        """Whatever somebody can read holds no secret."""
        if any(secret in content for secret in self.secrets):
            self.wrong.append(f"{where} holds a secret")


class Books:
    """The account by its executions alone: what is held, what it cost, and what the day made."""

    def __init__(self, cash: Decimal) -> None:
        self.held: dict[Instrument, Decimal] = {}
        self._cost: dict[Instrument, Decimal] = {}
        self._begun = self._cash = cash
        self._fees = Decimal(0)

    def take(self, fills: Iterable[Any]) -> None:
        """Book what is new."""
        for fill in fills:
            held, cost = self.held.get(fill.instrument, Decimal(0)), self._cost.get(fill.instrument, Decimal(0))
            signed, paid = fill.side.sign * fill.quantity, fill.side.sign * fill.quantity * fill.price * 100
            self._cash -= paid + fill.fee.amount
            self._fees += fill.fee.amount
            self._cost[fill.instrument] = cost + paid if signed > 0 else cost * (1 + signed / held) if held else cost
            self.held[fill.instrument] = held + signed

    @property
    def at_risk(self) -> Decimal:
        """Today's loss if everything held ends worthless; what the day made gives nothing back."""
        cost = sum(self._cost.values(), Decimal(0))
        made = self._cash - self._begun + self._fees + cost
        return max(-made, Decimal(0)) + self._fees + cost


class LogText(logging.Handler):
    """Keeps what is logged, tracebacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.lines.append(self.format(record))
