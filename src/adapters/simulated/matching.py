"""When a resting order trades: against moving quotes, or against recorded bars. Pure rules, no state."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from tradecore.model.market import Quote, QuoteBar, SidePrices
from tradecore.model.terms import Leg, Limit, Market, PriceTerms, Side, Stop, StopLimit, TrailingStop

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Match:
    """A price per unit and the most that trades at it."""

    price: Decimal
    size: Decimal


def against_quote(side: Side, terms: PriceTerms, quote: Quote) -> Match | None:
    """A marketable order takes the touch, at most its displayed size; a one-sided or crossed quote trades nothing."""
    if quote.bid is None or quote.ask is None or quote.is_crossed:
        return None
    price, size = (quote.ask, quote.ask_size) if side is Side.BUY else (quote.bid, quote.bid_size)
    if isinstance(terms, Market):
        return Match(price, size)
    if isinstance(terms, Limit | StopLimit) and _at_least_as_good(side, price, terms.price):
        return Match(price, size)
    return None


def all_legs(legs: tuple[Leg, ...], terms: PriceTerms, quotes: Sequence[Quote | None]) -> tuple[Match, ...] | None:
    """Every leg at its touch when the net price keeps a limit; sizes count units of the order."""
    matches = legs_at_touch(legs, quotes)
    if matches is None or (isinstance(terms, Limit) and net_price(legs, matches) > terms.price):
        return None
    return matches


def legs_at_touch(legs: tuple[Leg, ...], quotes: Sequence[Quote | None]) -> tuple[Match, ...] | None:
    """Every leg at its touch; one that is sold beside others and that nobody bids for is given away."""
    matches = []
    for leg, quote in zip(legs, quotes, strict=True):
        match = None if quote is None else against_quote(leg.side, Market(), quote)
        if match is None and quote is not None and leg.side is Side.SELL and quote.bid is None and quote.ask:
            match = Match(Decimal(0), quote.ask_size)
        if match is None:
            return None
        matches.append(Match(match.price, match.size // leg.ratio))
    return tuple(matches)


def met_inside(
    legs: tuple[Leg, ...], terms: PriceTerms, quotes: Sequence[Quote | None]
) -> tuple[Decimal, tuple[Match, ...]] | None:
    """
    How far a net limit reaches across the legs' spread, from 0 to 1, and prices of the legs, in cents, that make it up.

    None where it does not lie inside, or where no cents of the legs add up to it.
    """
    matches = legs_at_touch(legs, quotes)
    if matches is None or not isinstance(terms, Limit) or any(quote is None or quote.bid is None for quote in quotes):
        return None
    spreads = [quote.spread or Decimal(0) for quote in quotes if quote is not None]
    whole = sum((leg.ratio * spread for leg, spread in zip(legs, spreads, strict=True)), Decimal(0))
    short = net_price(legs, matches) - terms.price
    if not 0 < short < whole:
        return None
    found = []
    for leg, match, spread in zip(legs, matches, spreads, strict=True):
        gain = min(spread, (short / leg.ratio).quantize(_CENT, ROUND_FLOOR))
        short -= gain * leg.ratio
        found.append(Match(match.price - leg.side.sign * gain, match.size))
    reach = (whole - (net_price(legs, matches) - terms.price)) / whole
    return None if short else (reach, tuple(found))


def all_legs_at_open(
    legs: tuple[Leg, ...], terms: PriceTerms, bars: Sequence[QuoteBar | None], *, first: bool
) -> tuple[Match, ...] | None:
    """As `all_legs` on recorded bars; highs and lows of different legs need not have met, so their opens only."""
    matches = []
    for leg, bar in zip(legs, bars, strict=True):
        match = None if bar is None else against_bar(leg.side, Market(), bar, Decimal(0), first=True)
        if match is None:
            return None
        matches.append(Match(match.price, match.size // leg.ratio))
    net = net_price(legs, matches)
    tick = Decimal(0) if first else min(leg.instrument.tick(abs(net)) for leg in legs)
    return None if isinstance(terms, Limit) and net > terms.price - tick else tuple(matches)


def net_price(legs: tuple[Leg, ...], matches: Sequence[Match]) -> Decimal:
    """Net debit of one unit."""
    pairs = zip(legs, matches, strict=True)
    return sum((leg.side.sign * leg.ratio * match.price for leg, match in pairs), Decimal(0))


def inside_the_spread(side: Side, terms: PriceTerms, quote: Quote) -> Decimal | None:
    """How far a resting limit reaches across the spread, from 0 (own touch) to 1 (the other); None outside it."""
    if not isinstance(terms, Limit) or quote.bid is None or quote.ask is None or quote.ask <= quote.bid:
        return None
    reach = terms.price - quote.bid if side is Side.BUY else quote.ask - terms.price
    share = reach / (quote.ask - quote.bid)
    return share if 0 < share < 1 else None


def against_bar(side: Side, terms: PriceTerms, bar: QuoteBar, tick: Decimal, *, first: bool) -> Match | None:
    """
    What a bar after the decision trades.

    The first bar gives the opposite side's open if the order takes it. Otherwise, and on every later bar, a limit
    trades at its own price only when the opposite side went through it by a tick. At most the recorded size; a bar
    without both sides trades nothing.
    """
    if bar.bid is None or bar.ask is None:
        return None
    opposite = bar.ask if side is Side.BUY else bar.bid
    if isinstance(terms, Market):
        return Match(opposite.open, opposite.size)
    if not isinstance(terms, Limit):
        return None
    if first and _at_least_as_good(side, opposite.open, terms.price):
        return Match(opposite.open, opposite.size)
    beyond = opposite.low <= terms.price - tick if side is Side.BUY else opposite.high >= terms.price + tick
    return Match(terms.price, opposite.size) if beyond else None


def is_triggered(side: Side, trigger: Decimal, quote: Quote) -> bool:
    """A sell stop fires at a bid at or below its trigger, a buy stop at an ask at or above it."""
    if side is Side.SELL:
        return quote.bid is not None and quote.bid <= trigger
    return quote.ask is not None and quote.ask >= trigger


def trigger_of(terms: PriceTerms, leg: Leg, best: Decimal | None) -> Decimal | None:
    """The price at which a stop fires now; `best` is the most favourable price a trailing stop has seen."""
    if isinstance(terms, Stop | StopLimit):
        return terms.trigger
    if isinstance(terms, TrailingStop) and best is not None:
        return best - terms.distance if leg.side is Side.SELL else best + terms.distance
    return None


def bar_touches(side: Side, trigger: Decimal, bar: QuoteBar) -> bool:
    """Whether a stop at `trigger` fires within a bar."""
    prices: SidePrices | None = bar.bid if side is Side.SELL else bar.ask
    if prices is None:
        return False
    return prices.low <= trigger if side is Side.SELL else prices.high >= trigger


def _at_least_as_good(side: Side, price: Decimal, limit: Decimal) -> bool:
    return price <= limit if side is Side.BUY else price >= limit
