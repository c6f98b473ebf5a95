"""What is known of a market at an instant: quotes, trades, bars, and the frozen view a decision was made on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.model.account import AccountSnapshot
from tradecore.model.instruments import Instrument

_TWO = Decimal(2)


@dataclass(frozen=True, slots=True)
class Quote:
    """
    Best bid and offer of one instrument.

    A side without interest is None, never zero. Sizes are in units of quantity (shares, contracts). `at` is the time
    the quote was known to stand, by the exchange; `received_at` when we saw it; both aware UTC.
    """

    instrument: Instrument
    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal
    ask_size: Decimal
    at: datetime
    received_at: datetime
    source: str

    @property
    def mid(self) -> Decimal | None:
        """Half-way between bid and ask; None while either side is missing."""
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / _TWO

    @property
    def spread(self) -> Decimal | None:
        """Ask less bid; None while either side is missing."""
        if self.bid is None or self.ask is None:
            return None
        return self.ask - self.bid

    @property
    def problem(self) -> str | None:
        """Why the quote can't be traded on, or None: both sides are there, positive numbers and not crossed."""
        if self.bid is None or self.ask is None:
            return "no bid" if self.bid is None else "no ask"
        if not (self.bid.is_finite() and self.ask.is_finite()) or self.bid <= 0:
            return "unreadable quote"
        return f"crossed quote {self.bid} x {self.ask}" if self.is_crossed else None

    @property
    def is_crossed(self) -> bool:
        """Bid above ask: a vendor artefact or a market in trouble, never a price."""
        if self.bid is None or self.ask is None or not (self.bid.is_finite() and self.ask.is_finite()):
            return False
        return self.bid > self.ask

    def age_seconds(self, now: datetime) -> Decimal:
        """Seconds between the quote's own time and `now`; negative when it claims to come from the future."""
        return Decimal(str(round((now - self.at).total_seconds(), 6)))


@dataclass(frozen=True, slots=True)
class Bar:
    """Trades of one interval, [start, end); prices per unit, volume in units."""

    instrument: Instrument
    start: datetime
    end: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Trade:
    """One print: dollars per unit, units, and when it was made (UTC)."""

    instrument: Instrument
    price: Decimal
    size: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class SidePrices:
    """Open, high, low and close of one side of the quote within an interval, and its last size."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class QuoteBar:
    """The two sides of the quote over one interval, [start, end); a side never seen in it is None."""

    instrument: Instrument
    start: datetime
    end: datetime
    bid: SidePrices | None
    ask: SidePrices | None


@dataclass(frozen=True, slots=True)
class ContractGreeks:
    """
    Sensitivities of one option, per share of the underlying.

    Theta is per minute on the calendar clock, vega per volatility point (0.01), iv a fraction per year;
    `delta_after_rise` and `delta_after_fall` are delta with the underlying 1 % higher or lower. All None with
    `iv_reason` where the quote does not identify a volatility.
    """

    instrument: Instrument
    iv: float | None
    delta: float | None
    gamma: float | None
    theta_per_minute: float | None
    vega_per_point: float | None
    delta_after_rise: float | None = None
    delta_after_fall: float | None = None
    iv_reason: str | None = None


@dataclass(frozen=True, slots=True)
class MarketView:
    """
    The frozen facts one decision is made on: only the instruments it needs, and the account as the broker states it.

    An instrument that is absent here is unknown, which refuses whatever needed it.
    """

    quotes: Mapping[str, Quote]
    greeks: Mapping[str, ContractGreeks]
    account: AccountSnapshot | None
    chain_at: datetime | None = None

    def quote(self, instrument: Instrument) -> Quote | None:
        """The quote of an instrument, or None when it is not in the view."""
        return self.quotes.get(instrument.symbol)

    def delta(self, instrument: Instrument) -> float | None:
        """Delta per share: 1 for the underlying itself, None where an option's is unknown."""
        if instrument.symbol == instrument.underlying:
            return 1.0
        found = self.greeks.get(instrument.symbol)
        return found.delta if found else None


NO_VIEW = MarketView(quotes={}, greeks={}, account=None)
