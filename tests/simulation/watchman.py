"""Looks at the venue at every step of the market for what a desk owes it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tests.simulation.intent_book import intent_of
from tests.simulation.light_market import STEP, LightMarket
from tests.simulation.promises import Promise
from tests.simulation.truth import Broken, Truth

from adapters.simulated.order_book import WorkingOrder
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Instrument
from tradecore.model.money import CENT
from tradecore.model.terms import Effect, Limit, Side

# An adaptive entry takes a few steps of seconds; what still works after this is wanted by nobody.
_ENTRY_WORKS_AT_MOST: Final = timedelta(seconds=120)
_LOST_EXITS_END_WITHIN: Final = timedelta(seconds=120)
# A lost exit that may not be sent again waits for the venue's bound of 30 seconds, and is asked for after that.
_STOP_ACTS_WITHIN: Final = timedelta(seconds=45)
_KILL_ACTS_WITHIN: Final = timedelta(seconds=55)
# The chase makes an exit more urgent every few seconds; nothing of it rests.
_EXIT_RESTS_AT_MOST: Final = timedelta(seconds=90)
_HUNDRED: Final = Decimal(100)


class Watchman:
    """A stop that was passed has to be acted on while the desk can act; an entry must not work for ever."""

    def __init__(
        self,
        truth: Truth,
        market: LightMarket,
        is_able: Callable[[], bool],
        is_killed: Callable[[], bool],
        *,
        waits_for_operator: bool,
    ) -> None:
        # A lost exit that may not be sent again, where "not found" proves nothing, waits for a person.
        self._acts_within = _LOST_EXITS_END_WITHIN if waits_for_operator else _STOP_ACTS_WITHIN
        self._truth = truth
        self._market = market
        self._is_able = is_able
        self._is_killed = is_killed
        self._killed_for = timedelta()
        self._passed: dict[str, timedelta] = {}
        self._at_work: dict[str, timedelta] = {}

    def look(self, now: datetime) -> None:
        """Look once a step of the market."""
        able = self._is_able()
        if not self._is_killed():
            self._killed_for = timedelta()
        elif able:
            self._killed_for += STEP
        self._watch_entries(now)
        self._watch_exits(able=able)
        if able:
            for intent, promise in self._truth.promises.items():
                if promise.given and promise.plan is not None and intent not in self._truth.surprised:
                    self._watch_stop(intent, promise, now)

    def _watch_entries(self, now: datetime) -> None:
        killed = self._killed_for > _KILL_ACTS_WITHIN
        for working in self._truth.orders:
            order = working.order
            if working.is_open and isinstance(order, ConfirmedOrder) and order.effect is Effect.OPEN:
                if killed:
                    self._truth.note(Broken.OTHER, f"{order.client_order_id} works on after the kill switch")
                elif now - working.arrived > _ENTRY_WORKS_AT_MOST:
                    self._truth.note(Broken.OTHER, f"{order.client_order_id} works on although nobody wants it")

    def _watch_exits(self, *, able: bool) -> None:
        exits = [w for w in self._truth.orders if w.is_open and isinstance(w.order, ConfirmedOrder)]
        working = [w.order.client_order_id for w in exits if w.order.effect is Effect.CLOSE and not _is_most_urgent(w)]
        self._at_work = {order_id: self._at_work.get(order_id, timedelta()) for order_id in working}
        if not able:
            return
        for order_id in working:
            self._at_work[order_id] += STEP
            if self._at_work[order_id] > _EXIT_RESTS_AT_MOST:
                self._truth.note(Broken.OTHER, f"{order_id} closes, and nobody makes it more urgent")

    def _watch_stop(self, intent: str, promise: Promise, now: datetime) -> None:
        beyond = self._is_beyond_stop(intent, promise)
        left_at = self._truth.left_at.get(intent)
        if beyond is None:
            return
        # An exit that left and was lost ends when the venue's bound is over, or when the operator settled it.
        if not beyond or (left_at is not None and now - left_at < _LOST_EXITS_END_WITHIN):
            self._passed.pop(intent, None)
            return
        self._passed[intent] = self._passed.get(intent, timedelta()) + STEP
        if self._passed[intent] > self._acts_within and not self._is_leaving(intent):
            text = f"{intent} is beyond its stop and nothing was done for {self._acts_within.total_seconds():g} s"
            self._truth.note(Broken.OTHER, text)

    def _is_leaving(self, intent: str) -> bool:
        exits = (w for w in self._truth.orders if w.is_open and w.order.effect is Effect.CLOSE)
        return any(intent_of(working.order.client_order_id) == intent for working in exits)

    def _is_beyond_stop(self, intent: str, promise: Promise) -> bool | None:
        """None while nothing is held in the plan's proportion, or a side is not quoted."""
        plan, held = promise.plan, self._truth.book.held(intent)
        if plan is None or plan.protection is None or plan.protection.stop_pct is None or not held:
            return None
        units = {
            held[leg.instrument.symbol].quantity / (leg.side.sign * leg.ratio) if leg.instrument.symbol in held else 0
            for leg in plan.legs
        }
        count = units.pop()
        values = [self._value(leg.instrument, leg.side, leg.ratio) for leg in plan.legs]
        if units or count <= 0 or None in values:
            return None
        cost = sum((holding.cost for holding in held.values()), Decimal(0)) / count
        stop = cost - max(CENT, abs(cost) * plan.protection.stop_pct / _HUNDRED)
        return sum((value for value in values if value is not None), Decimal(0)) < stop - CENT

    def _value(self, instrument: Instrument, side: Side, ratio: int) -> Decimal | None:
        quote = self._market.quote_now(instrument)
        price = None if quote is None else (quote.bid if side is Side.BUY else quote.ask)
        return None if price is None else side.sign * ratio * price


def _is_most_urgent(working: WorkingOrder) -> bool:
    """Whether it asks for a cent already, for something that nobody bids for."""
    return isinstance(working.terms, Limit) and working.terms.price == CENT
