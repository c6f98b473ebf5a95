"""The simulated brokerage: several accounts on one market, made by its seed and by what it was asked when."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from adapters.simulated.brokerage import amending, expiring, watchlists
from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.configuring import configure
from adapters.simulated.brokerage.entry import enter
from adapters.simulated.brokerage.exits import after_end
from adapters.simulated.brokerage.listings import Listings
from adapters.simulated.brokerage.margin import standing
from adapters.simulated.brokerage.matching import activate, match, needs_watching, wake
from adapters.simulated.brokerage.orders import Order, Status
from adapters.simulated.brokerage.refusals import Refusal
from adapters.simulated.brokerage.tickets import read_ticket
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import CryptoPair
from tradecore.model.sessions import Session, next_session, session_on, trading_day

_SECOND: Final = timedelta(seconds=1)
_LATE_ROOTS: Final = ("SPY", "QQQ")
_AT_THE_OPEN: Final = ("day", "gtc", "opg", "ioc", "fok")


class Brokerage:
    """
    Answers requests in the order they come; time is given with each and never runs back.

    Resting orders are matched at whole seconds, so that it is the same how often it is asked what time it is.
    """

    def __init__(self, *, listings: Listings, fees: FeeSchedule, begins: datetime, always_open: bool = False) -> None:
        """Open at `begins` (UTC)."""
        self.listings = listings
        self._event = begins
        self._early_roots = [one for one in listings.shares() if one not in _LATE_ROOTS]
        self.books = Books(listings=listings, fees=fees, begins=begins, always_open=always_open)

    @property
    def now(self) -> datetime:
        """The brokerage's present."""
        return self.books.now

    def account(self, account_id: str) -> Account:
        """The account of this id."""
        return self.books.account(account_id)

    def advance(self, now: datetime) -> None:
        """Let time pass until `now`: sessions open and close, orders match, options expire."""
        books = self.books
        while books.now < now:
            step = min(self._next_step(), now)
            before, books.now = books.now, step
            self._pass(before, step)
            if step.microsecond == 0 and books.open:
                match(books)

    def enter(self, account_id: str, body: dict[str, Any]) -> Order:
        """Take an order in; `activate` puts it to work."""
        account = self.account(account_id)
        order = enter(self.books, account, read_ticket(body))
        if not self.books.is_open(order.instrument) and not order.extended_hours:
            order.status = Status.ACCEPTED
        return order

    def activate(self) -> None:
        """Put what came in to work."""
        activate(self.books)

    def cancel(self, account_id: str, order_id: str) -> Order:
        """Take an order back."""
        return amending.cancel(self.books, self.account(account_id), order_id)

    def cancel_too_late(self, account_id: str, order_id: str) -> Order:
        """Take an order back just after the market filled it: it ends as filled, at its own price."""
        return amending.cancel_too_late(self.books, self.account(account_id), order_id)

    def configure(self, account_id: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Change what the owner of an account may choose."""
        return configure(self.account(account_id), changes)

    def watch(self, account_id: str, list_id: str | None, name: str, symbols: list[str]) -> dict[str, Any]:
        """Make a watchlist, or give one another name and other symbols."""
        return watchlists.keep(self.books, self.account(account_id), list_id, name, symbols)

    def unwatch(self, account_id: str, list_id: str) -> None:
        """Drop a watchlist."""
        watchlists.drop(self.account(account_id), list_id)

    def cancel_all(self, account_id: str) -> list[Order]:
        """Take every open order back."""
        return amending.cancel_all(self.books, self.account(account_id))

    def replace(self, account_id: str, order_id: str, body: dict[str, Any]) -> Order:
        """Put a new order in the place of an open one."""
        return amending.replace(self.books, self.account(account_id), order_id, body)

    def close(self, account_id: str, symbol: str, qty: Decimal | None, percentage: Decimal | None) -> Order:
        """Close a position or a part of it."""
        return amending.close(self.books, self.account(account_id), symbol, qty, percentage)

    def close_all(self, account_id: str, *, cancel_orders: bool) -> list[tuple[str, Order | Refusal]]:
        """Close every position, open orders taken back first if asked to."""
        if cancel_orders:
            self.cancel_all(account_id)
        return amending.close_all(self.books, self.account(account_id))

    def exercise(self, account_id: str, symbol: str) -> None:
        """Exercise a long option position."""
        account = self.account(account_id)
        expiring.exercise(self.books, account, amending.find_position(self.books, account, symbol))

    def do_not_exercise(self, account_id: str, symbol: str) -> None:
        """Let a long option position expire."""
        account = self.account(account_id)
        expiring.do_not_exercise(account, amending.find_position(self.books, account, symbol))

    def liquidate(self, account_id: str, symbol: str) -> Order | None:
        """Close a holding as the broker does it for a client, whatever it leaves uncovered."""
        account = self.account(account_id)
        return expiring.liquidate(self.books, account, amending.find_position(self.books, account, symbol))

    def _next_step(self) -> datetime:
        books = self.books
        if self._event <= books.now:
            self._event = _next_event(books.now)
        event = self._event
        if not books.open or not needs_watching(books.open.values()):
            return event
        if not self._trades_now():
            return event
        return min(event, books.now.replace(microsecond=0) + _SECOND)

    def _trades_now(self) -> bool:
        books = self.books
        if books.always_open or books.in_session():
            return True
        return any(isinstance(one.instrument, CryptoPair) or one.extended_hours for one in books.open.values())

    def _pass(self, before: datetime, now: datetime) -> None:
        session = session_on(trading_day(now))
        if session is None:
            return
        if before < session.opens <= now:
            wake(self.books, _AT_THE_OPEN)
        late, early = session.closes - timedelta(minutes=15), session.closes - timedelta(minutes=30)
        if before < early <= now:
            expiring.liquidate_what_cannot_be_carried(self.books, self._early_roots)
        if before < late <= now:
            expiring.liquidate_what_cannot_be_carried(self.books, _LATE_ROOTS)
        if before < session.closes <= now:
            self._close(session)

    def _close(self, session: Session) -> None:
        books = self.books
        wake(books, ("cls",))
        for order in sorted(books.open.values(), key=lambda one: one.arrival):
            if order.is_open and order.time_in_force in ("day", "cls", "opg") and order.created_at < session.closes:
                self._expire(order)
        expiring.settle_expired(books)
        for account in books.accounts.values():
            account.last_equity = standing(account, books.mark).equity
            account.equity_at_close.append((session.closes, account.last_equity))

    def _expire(self, order: Order) -> None:
        if order.parent is not None and (order.parent.is_multileg or order.parent.is_open):
            return
        self.books.end(order, Status.EXPIRED)
        self.books.tell("expired", order)
        after_end(self.books, order)


def _next_event(after: datetime) -> datetime:
    """The next instant at which something happens by the clock."""
    session = session_on(trading_day(after))
    while True:
        if session is not None:
            closes = session.closes
            marks = (session.opens, closes - timedelta(minutes=30), closes - timedelta(minutes=15), closes)
            later = [mark for mark in marks if mark > after]
            if later:
                return later[0]
        session = next_session(session.day if session is not None else trading_day(after))
