"""What an order asks of the venue: sides, price terms, time in force, legs."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradecore.model.instruments import Instrument, OptionContract, Price


class Side(StrEnum):
    """Direction of a leg."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a purchase, -1 for a sale."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Effect(StrEnum):
    """Whether an order may take new exposure or only give up what is held."""

    OPEN = "open"
    CLOSE = "close"


class TimeInForce(StrEnum):
    """How long the venue keeps an order."""

    DAY = "day"
    IMMEDIATE_OR_CANCEL = "ioc"


@dataclass(frozen=True, slots=True)
class Market:
    """Trade now at whatever the other side asks."""


@dataclass(frozen=True, slots=True)
class Limit:
    """
    Trade at this price or better.

    For several legs it is the net price of one unit: above zero a debit is the most paid, below zero a credit is the
    least received.
    """

    price: Price


@dataclass(frozen=True, slots=True)
class Stop:
    """Becomes a market order once the market trades through the trigger."""

    trigger: Price


@dataclass(frozen=True, slots=True)
class StopLimit:
    """Becomes a limit order once the market trades through the trigger."""

    trigger: Price
    price: Price


@dataclass(frozen=True, slots=True)
class TrailingStop:
    """A stop whose trigger follows the best price seen at this distance (price units) and never retreats."""

    distance: Decimal


PriceTerms = Market | Limit | Stop | StopLimit | TrailingStop


@dataclass(frozen=True, slots=True)
class Leg:
    """One instrument of an order; `ratio` units of it per unit of the order."""

    instrument: Instrument
    side: Side
    ratio: int = 1

    @property
    def signed_ratio(self) -> Decimal:
        """Units of the instrument per unit of the order: bought above zero, sold below."""
        return Decimal(self.side.sign * self.ratio)

    def closing(self) -> "Leg":
        """The leg that undoes this one."""
        return Leg(self.instrument, self.side.opposite, self.ratio)


def legs_text(legs: tuple[Leg, ...]) -> str:
    """Legs as a trader writes them: `+1 SPY 674C`."""
    return " ".join(f"{'+' if leg.side is Side.BUY else '-'}{leg.ratio} {short_name(leg.instrument)}" for leg in legs)


def short_name(instrument: Instrument) -> str:
    """A contract as `SPY 674C`, anything else by its symbol."""
    if isinstance(instrument, OptionContract):
        return f"{instrument.root} {instrument.strike.normalize():f}{instrument.right.value[0].upper()}"
    return instrument.symbol
