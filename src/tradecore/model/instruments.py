"""What can be traded: equities, US options (OCC symbols), crypto pairs, with their price and quantity grids."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final, NewType

from tradecore.errors import InvalidRequest, OffTick, UnknownInstrument

Price = NewType("Price", Decimal)
Quantity = NewType("Quantity", Decimal)

_PENNY_ROOTS: Final = frozenset({"SPY", "QQQ", "IWM"})
_DOLLAR: Final = Decimal(1)
_THREE: Final = Decimal(3)
_OCC: Final = re.compile(r"([A-Z]{1,6}) *([0-9]{6})([CP])([0-9]{8})")
_ROOT: Final = re.compile(r"[A-Z]{1,6}")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_EQUITY: Final = re.compile(r"[A-Z]{1,5}(?:\.[A-Z])?")
_PAIR: Final = re.compile(r"([A-Z0-9]{2,10})/([A-Z]{3,5})")


class Right(StrEnum):
    """What an option's holder may do."""

    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class Equity:
    """A share or fund listed in the US; prices from $1 move in cents, below in hundredths of a cent."""

    symbol: str

    def __post_init__(self) -> None:
        """Refuse a malformed ticker."""
        if not _EQUITY.fullmatch(self.symbol):
            raise UnknownInstrument(f"{self.symbol!r} is not a US ticker such as SPY or BRK.B")

    @property
    def underlying(self) -> str:
        """The ticker itself: exposure is counted per underlying."""
        return self.symbol

    @property
    def multiplier(self) -> int:
        """Shares per unit of quantity."""
        return 1

    @property
    def lot(self) -> Decimal:
        """Smallest step of quantity (whole shares)."""
        return Decimal(1)

    def tick(self, price: Decimal) -> Decimal:
        """Smallest price step at this price (SEC Rule 612)."""
        return Decimal("0.01") if price >= _DOLLAR else Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class OptionContract:
    """
    A listed US equity option; price is quoted per share, `multiplier` shares make one contract.

    `symbol` is the compact OCC symbol, for example SPY261120C00674000.
    """

    root: str
    expiry: date
    right: Right
    strike: Decimal
    multiplier: int = 100
    symbol: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what an OCC symbol could not carry, and spell the symbol once."""
        if not _ROOT.fullmatch(self.root):
            raise UnknownInstrument(f"{self.root!r} is not an option root such as SPY")
        scaled = self.strike * 1000
        if self.strike <= 0 or scaled != int(scaled) or scaled >= 100_000_000:
            raise UnknownInstrument(f"strike {self.strike} is not a positive multiple of 0.001 below 100000")
        symbol = f"{self.root}{self.expiry:%y%m%d}{self.right[0].upper()}{int(scaled):08d}"
        object.__setattr__(self, "symbol", symbol)

    @property
    def occ(self) -> str:
        """The 21-character OCC symbol with the root padded to six."""
        return f"{self.root:<6}{self.symbol[len(self.root) :]}"

    @property
    def underlying(self) -> str:
        """Ticker whose shares the contract delivers."""
        return self.root

    @property
    def lot(self) -> Decimal:
        """Smallest step of quantity (whole contracts)."""
        return Decimal(1)

    def tick(self, price: Decimal) -> Decimal:
        """
        Smallest price step at this price.

        SPY, QQQ and IWM move in cents at every price; other roots are held to the standard grid of 0.05 below $3 and
        0.10 from there, which is valid on every class.
        """
        if self.root in _PENNY_ROOTS:
            return Decimal("0.01")
        return Decimal("0.05") if abs(price) < _THREE else Decimal("0.10")

    def intrinsic(self, spot: Decimal) -> Decimal:
        """Value per share if exercised with the underlying at `spot`."""
        value = spot - self.strike if self.right is Right.CALL else self.strike - spot
        return max(value, Decimal(0))


@dataclass(frozen=True, slots=True)
class CryptoPair:
    """A spot pair with the venue's own price and quantity steps."""

    base: str
    quote: str
    price_step: Decimal = Decimal("0.01")
    lot: Decimal = Decimal("0.00001")

    def __post_init__(self) -> None:
        """Refuse a malformed pair."""
        if not _PAIR.fullmatch(self.symbol):
            raise UnknownInstrument(f"{self.symbol!r} is not a pair such as BTC/USD")

    @property
    def symbol(self) -> str:
        """BASE/QUOTE."""
        return f"{self.base}/{self.quote}"

    @property
    def underlying(self) -> str:
        """The pair itself."""
        return self.symbol

    @property
    def multiplier(self) -> int:
        """Coins per unit of quantity."""
        return 1

    def tick(self, price: Decimal) -> Decimal:  # noqa: ARG002 - one signature for every instrument
        """The venue's price step."""
        return self.price_step


Instrument = Equity | OptionContract | CryptoPair


def parse_instrument(text: str) -> Instrument:
    """
    Read a symbol: SPY, BRK.B, SPY261120C00674000 (or the padded 21 characters), BTC/USD.

    Raises:
        UnknownInstrument: The text is none of these; the message shows the forms.
    """
    if occ := _OCC.fullmatch(text):
        return _option(*occ.groups())
    if pair := _PAIR.fullmatch(text):
        return CryptoPair(pair[1], pair[2])
    if _EQUITY.fullmatch(text):
        return Equity(text)
    shown = text[:32]
    raise UnknownInstrument(f"{shown!r} is no symbol; use SPY, an OCC option like SPY261120C00674000, or BTC/USD")


def _option(root: str, day: str, right: str, strike: str) -> OptionContract:
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError as error:
        raise UnknownInstrument(f"{day} in the option symbol is no date (YYMMDD)") from error
    side = Right.CALL if right == "C" else Right.PUT
    return OptionContract(root, expiry, side, Decimal(strike) / 1000)


def exact_price(instrument: Instrument, value: Decimal) -> Price:
    """
    Stamp a value as a price of the instrument.

    Raises:
        OffTick: The value does not lie on the price grid; the message names the nearest ones.
        InvalidRequest: The value is not a positive finite number.
    """
    _require_positive(value, "price")
    if value.adjusted() > 17:
        raise InvalidRequest(f"price {value:.6g} is beyond any this desk handles")
    tick = instrument.tick(value)
    if value % tick:
        low, high = (value // tick) * tick, (value // tick + 1) * tick
        raise OffTick(f"{value} is off the {tick} grid of {instrument.symbol}; use {low} or {high}")
    return Price(value)


def nearest_price(instrument: Instrument, value: Decimal, rounding: str = ROUND_HALF_EVEN) -> Price:
    """A value moved onto the instrument's price grid by a `decimal` rounding mode, at least one tick."""
    tick = instrument.tick(value)
    steps = (value / tick).to_integral_value(rounding)
    return Price(max(steps, Decimal(1)) * tick)


def exact_quantity(instrument: Instrument, value: Decimal) -> Quantity:
    """
    Stamp a value as a quantity of the instrument.

    Raises:
        InvalidRequest: Not a positive finite multiple of the lot, or beyond a million units.
    """
    _require_positive(value, "quantity")
    if value > 1_000_000:
        raise InvalidRequest(f"quantity {value:.6g} is beyond 1,000,000 units; no desk of this size sends that")
    if value % instrument.lot:
        raise InvalidRequest(f"quantity {value} is not a multiple of {instrument.lot} for {instrument.symbol}")
    return Quantity(value)


def read_decimal(text: str | int | Decimal, name: str) -> Decimal:
    """
    Read an exact number that came from outside.

    Raises:
        InvalidRequest: Not a plain finite decimal of at most 18 digits before and 9 after the point.
    """
    shown = str(text)[:32]
    # Decimal itself reads NaN, underscores and the digits of every script.
    if not _NUMBER.fullmatch(str(text).strip()):
        raise InvalidRequest(f"{name} {shown!r} is not a number")
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if value.adjusted() > 17 or not isinstance(exponent, int) or exponent < -9:
        raise InvalidRequest(f"{name} {shown} is outside any price or quantity this desk handles")
    return value


def _require_positive(value: Decimal, name: str) -> None:
    if not value.is_finite() or value <= 0:
        raise InvalidRequest(f"{name} must be a positive number, not {value}")
