"""What the brokerage knows at one instant: its accounts, its open orders, its market, and whom it tells."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.listings import Listings, session_now_or_next
from adapters.simulated.brokerage.margin import Standing, standing
from adapters.simulated.brokerage.orders import OPEN, ZERO, Order, Status
from adapters.simulated.brokerage.refusals import not_found
from adapters.simulated.brokerage.tape import Touch
from tradecore.analysis.hash_noise import bits_at, stream_key
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import CryptoPair, Instrument, OptionContract
from tradecore.model.sessions import NEW_YORK, Session, session_on, trading_day
from tradecore.model.terms import Side

_IDS: Final = 77
_TWO: Final = Decimal(2)
_UNSEEN: Final = Touch(None, None, 0, 0, datetime.min.replace(tzinfo=UTC))
# The last minutes in which a contract that expires today may be opened, and from when on it may be liquidated.
_LATE_ROOTS: Final = frozenset(("SPY", "QQQ"))
_OPENS_UNTIL: Final = {True: timedelta(minutes=30), False: timedelta(minutes=45)}
_LIQUIDATED_FROM: Final = {True: timedelta(minutes=15), False: timedelta(minutes=30)}


@dataclass(frozen=True, slots=True)
class Update:
    """What happened to an order, in the service's words; price, quantity and position only with an execution."""

    event: str
    order: Order
    at: datetime
    filled: Decimal
    price: Decimal | None = None
    qty: Decimal | None = None
    position_qty: Decimal | None = None

    @property
    def execution_id(self) -> str:
        """An id of what happened, which needs no counter: who does not listen must not change what comes later."""
        said = zlib.crc32(f"{self.event} {self.filled} {self.at}".encode())
        return f"{self.order.id[:24]}{said:012x}"


class Books:
    """Accounts and orders of every client, at `now` (UTC)."""

    def __init__(self, *, listings: Listings, fees: FeeSchedule, begins: datetime, always_open: bool) -> None:
        """Open without accounts."""
        self.listings = listings
        self.fees = fees
        self.now = begins
        self.always_open = always_open
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.open: dict[str, Order] = {}
        self.arriving: list[Order] = []
        self.taken: dict[tuple[str, str, datetime], Decimal] = {}
        self.teller: Callable[[Update], None] | None = None
        self._names = stream_key(listings.seed, _IDS)
        self._looked_at = begins
        self._touches: dict[Instrument, Touch | None] = {}
        self._drawn = 0
        self._arrivals = 0

    def account(self, account_id: str) -> Account:
        """The account of this id, opened when it is first asked for."""
        found = self.accounts.get(account_id)
        if found is None:
            found = self.accounts[account_id] = Account(account_id, self.now)
        return found

    def draw_id(self) -> str:
        """The next id, the same in every run with the same seed and the same requests."""
        high, low = bits_at(self._names, self._drawn), bits_at(self._names, self._drawn + 1)
        self._drawn += 2
        return _uuid(high, low)

    def luck(self, order: Order) -> float:
        """A number from 0 to 1 that belongs to an order and a second, the same in every run with the same seed."""
        return bits_at(stream_key(self._names, order.arrival), int(self.now.timestamp())) / 2.0**64

    def next_arrival(self) -> int:
        """The place in the queue of the order that comes now."""
        self._arrivals += 1
        return self._arrivals

    def touch(self, instrument: Instrument) -> Touch | None:
        """The quote now."""
        if self._looked_at != self.now:
            self._looked_at = self.now
            self._touches.clear()
        found = self._touches.get(instrument, _UNSEEN)
        if found is _UNSEEN:
            found = self._touches[instrument] = self.listings.touch(instrument, self.now)
        return found

    def mark(self, instrument: Instrument) -> Decimal:
        """What a unit is worth now: half-way, the side that is there, or nothing."""
        return _mark_of(self.touch(instrument))

    def last_close(self, instrument: Instrument) -> Decimal:
        """What a unit was worth when the session before the one that shows ended, nothing where it is not known."""
        return _mark_of(self.listings.closed_at(instrument, self.now))

    def standing(self, account: Account) -> Standing:
        """Where an account stands now."""
        return standing(account, self.mark)

    def is_open(self, instrument: Instrument | None) -> bool:
        """Whether the market of an instrument trades now; None is that of options."""
        if self.always_open or isinstance(instrument, CryptoPair):
            return True
        return self.in_session()

    def in_session(self) -> bool:
        """Whether the exchange's regular session runs."""
        session = session_on(trading_day(self.now))
        return session is not None and session.opens <= self.now < session.closes

    def in_extended_hours(self) -> bool:
        """Whether shares trade before or after the session: 04:00 to 20:00, New York time."""
        local = self.now.astimezone(NEW_YORK)
        return session_on(local.date()) is not None and 4 <= local.hour < 20

    def may_open(self, contract: OptionContract) -> bool:
        """Whether a contract may still be opened: on its last day only until the cut-off."""
        return self.now < opens_until(contract)

    def fee(self, instrument: Instrument, side: str, qty: Decimal) -> Decimal:
        """Dollars one execution costs beside its price."""
        return self.fees.fee(instrument, Side.BUY if side == "buy" else Side.SELL, qty).amount

    def find_order(self, account: Account, order_id: str) -> Order:
        """
        An order of the account by the service's id.

        Raises:
            Refusal: There is none.
        """
        found = account.orders.get(order_id)
        if found is None:
            raise not_found(f"order not found for {order_id}")
        return found

    def add(self, account: Account, order: Order) -> None:
        """Take an order and its legs in."""
        self.orders[order.id] = account.orders[order.id] = order
        account.by_client_id[order.client_order_id] = order
        self.open[order.id] = account.open[order.id] = order
        for leg in order.legs:
            self.add(account, leg)

    def end(self, order: Order, status: Status) -> None:
        """Take an order, and the legs of a multi-leg one, out of the market."""
        order.status = status
        order.updated_at = self.now
        order.hold = ZERO
        if status is Status.CANCELED:
            order.canceled_at = self.now
        elif status is Status.EXPIRED:
            order.expired_at = self.now
        elif status is Status.REPLACED:
            order.replaced_at = self.now
        self.open.pop(order.id, None)
        self.accounts[order.account].open.pop(order.id, None)
        if order.is_multileg:
            for leg in order.legs:
                self.end(leg, status)

    def tell(self, event: str, order: Order, **execution: Any) -> None:
        """Tell whoever listens what happened to an order."""
        if self.teller is not None:
            self.teller(Update(event, order, self.now, order.filled, **execution))

    def drop_if_done(self, order: Order) -> None:
        """Forget an order that has ended as an open one."""
        if order.status not in OPEN:
            self.open.pop(order.id, None)
            self.accounts[order.account].open.pop(order.id, None)

    def session(self) -> Session:
        """The session now, or the next one."""
        return session_now_or_next(self.now)


def _mark_of(touch: Touch | None) -> Decimal:
    if touch is None:
        return ZERO
    if touch.bid is None or touch.ask is None:
        return touch.bid or ZERO
    return (touch.bid + touch.ask) / _TWO


def _uuid(high: int, low: int) -> str:
    # Version 4, variant 1, written as uuid.UUID writes it.
    digits = f"{high & ~(0xF000) | 0x4000:016x}{low & ~(0xC000 << 48) | 0x8000 << 48:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def opens_until(contract: OptionContract) -> datetime:
    """The instant from which on a contract can't be opened."""
    return _before_close(contract, _OPENS_UNTIL)


def liquidated_from(contract: OptionContract) -> datetime:
    """The instant from which on positions the account can't carry into expiry are closed for it."""
    return _before_close(contract, _LIQUIDATED_FROM)


def _before_close(contract: OptionContract, times: dict[bool, timedelta]) -> datetime:
    session = session_on(contract.expiry)
    if session is None:
        return datetime.combine(contract.expiry, datetime.min.time(), NEW_YORK)
    return session.closes - times[contract.root in _LATE_ROOTS]
