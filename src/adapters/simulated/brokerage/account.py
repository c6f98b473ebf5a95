"""One account: cash, positions, what it is allowed, and what happened on it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from adapters.simulated.brokerage.orders import ZERO, Order
from tradecore.model.instruments import Instrument

STARTING_CASH: Final = Decimal(100_000)
CONFIGURATION: Final[dict[str, Any]] = {
    "dtbp_check": "entry",
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "max_options_trading_level": 3,
    "no_shorting": False,
    "pdt_check": "entry",
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
    "disable_overnight_trading": False,
}


@dataclass(slots=True)
class Position:
    """A holding: signed quantity, what it cost in dollars with the quantity's sign, what of it was bought today."""

    instrument: Instrument
    qty: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def average(self) -> Decimal:
        """Average entry price per unit."""
        return self.cost / self.qty / self.instrument.multiplier

    def move(self, signed: Decimal, price: Decimal) -> Decimal:
        """Add or take away `signed` units at a price; the profit that was realised by it."""
        value = signed * price * self.instrument.multiplier
        if self.qty == 0 or (self.qty > 0) == (signed > 0):
            self.qty += signed
            self.cost += value
            return ZERO
        closing = min(abs(signed), abs(self.qty)).copy_sign(signed)
        released = self.cost * (-closing / self.qty)
        realised = -closing * price * self.instrument.multiplier - released
        self.cost -= released
        self.qty += closing
        rest = signed - closing
        self.qty += rest
        self.cost += rest * price * self.instrument.multiplier
        return realised


@dataclass(slots=True)
class Account:
    """
    Cash in dollars, positions by symbol, orders by id, activities from the oldest on.

    `equity_at_close` is what the account was worth when each session ended.
    """

    id: str
    created_at: datetime
    cash: Decimal = STARTING_CASH
    last_equity: Decimal = STARTING_CASH
    fees: Decimal = ZERO
    positions: dict[str, Position] = field(default_factory=dict)
    orders: "OrderedDict[str, Order]" = field(default_factory=OrderedDict)
    by_client_id: dict[str, Order] = field(default_factory=dict)
    open: dict[str, Order] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=lambda: dict(CONFIGURATION))
    watchlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    equity_at_close: list[tuple[datetime, Decimal]] = field(default_factory=list)
    not_exercised: set[str] = field(default_factory=set)

    @property
    def number(self) -> str:
        """The number on the account's statements."""
        return f"SIM{self.id[:8].upper()}"

    def held(self, symbol: str) -> Decimal:
        """Signed quantity of a symbol."""
        found = self.positions.get(symbol)
        return ZERO if found is None else found.qty

    def move(self, instrument: Instrument, signed: Decimal, price: Decimal, fee: Decimal) -> None:
        """Book one execution."""
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument)
        position.move(signed, price)
        self.cash -= signed * price * instrument.multiplier + fee
        self.fees += fee
        if position.qty == 0:
            del self.positions[instrument.symbol]

    def closing_quantity(self, symbol: str) -> Decimal:
        """What open orders may still take off the position in a symbol; exits of one pair count once."""
        held = self.held(symbol)
        taken: dict[str, Decimal] = {}
        for order in self.open.values():
            if order.symbol != symbol or order.leaves <= 0 or order.sign * held >= 0:
                continue
            root = order.root.id if order.root.order_class in ("bracket", "oco", "oto") else order.id
            taken[root] = max(taken.get(root, ZERO), order.leaves)
        return sum(taken.values(), ZERO)

    def available(self, symbol: str) -> Decimal:
        """Units of a position that no open order would close."""
        return max(abs(self.held(symbol)) - self.closing_quantity(symbol), ZERO)
