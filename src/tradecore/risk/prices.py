"""Net quotes of an order's legs, the price band an opening order may use, and the defensive price of a closing one."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tradecore.model.instruments import nearest_price
from tradecore.model.market import MarketView
from tradecore.model.terms import Leg, Side
from tradecore.risk.limits import Limits

_TWO = Decimal(2)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class NetQuote:
    """
    One unit of an order priced from its legs' quotes.

    For one leg these are its bid and ask; for several, `ask` is the net debit of taking every leg at the touch and
    `bid` what undoing them there would bring (credits are below zero).
    """

    bid: Decimal
    ask: Decimal

    @property
    def mid(self) -> Decimal:
        """Half-way between the two."""
        return (self.bid + self.ask) / _TWO

    @property
    def spread(self) -> Decimal:
        """Ask less bid."""
        return self.ask - self.bid


@dataclass(frozen=True, slots=True)
class Band:
    """Where an adaptive order starts and the price it may not pass."""

    first: Decimal
    worst: Decimal


def net_quote(legs: tuple[Leg, ...], view: MarketView) -> NetQuote | None:
    """The legs' net quote, or None while a leg lacks a two-sided, uncrossed quote."""
    if len(legs) == 1:
        quote = view.quote(legs[0].instrument)
        if quote is None or quote.problem or quote.bid is None or quote.ask is None:
            return None
        return NetQuote(quote.bid, quote.ask)
    bid = ask = Decimal(0)
    for leg in legs:
        quote = view.quote(leg.instrument)
        if quote is None or quote.problem or quote.bid is None or quote.ask is None:
            return None
        near, far = (quote.ask, quote.bid) if leg.side is Side.BUY else (-quote.bid, -quote.ask)
        ask += leg.ratio * near
        bid += leg.ratio * far
    return NetQuote(bid, ask)


def opening_band(legs: tuple[Leg, ...], view: MarketView, limits: Limits) -> Band | None:
    """
    Price band of an opening order: from mid to mid ± max(ticks, share of the spread, percent), never through the touch.

    None while a leg has no two-sided quote or a limit of the band is not set.
    """
    net = net_quote(legs, view)
    if net is None or limits.worst_price_is_touch is None:
        return None
    selling = len(legs) == 1 and legs[0].side is Side.SELL
    touch = net.bid if selling else net.ask
    if limits.worst_price_is_touch:
        at_touch = on_order_grid(legs, touch)
        return Band(at_touch, at_touch)
    if limits.band_ticks is None or limits.band_spread_fraction is None or limits.band_pct is None:
        return None
    tick = legs[0].instrument.tick(abs(net.mid))
    reach = max(
        limits.band_ticks * tick,
        limits.band_spread_fraction * net.spread,
        limits.band_pct * abs(net.mid) / _HUNDRED,
    )
    worst = max(net.bid, net.mid - reach) if selling else min(net.ask, net.mid + reach)
    return Band(on_order_grid(legs, net.mid), on_order_grid(legs, worst))


def most_spread(legs: tuple[Leg, ...], net: NetQuote, limits: Limits) -> Decimal | None:
    """Widest spread that is not wide: max(ticks, percent) for one leg, max(dollars, percent) for several."""
    if len(legs) == 1:
        if limits.max_spread_ticks is None or limits.max_spread_pct is None:
            return None
        tick = legs[0].instrument.tick(abs(net.mid))
        return max(limits.max_spread_ticks * tick, limits.max_spread_pct * abs(net.mid) / _HUNDRED)
    if limits.max_combo_spread is None or limits.max_combo_spread_pct is None:
        return None
    return max(limits.max_combo_spread, limits.max_combo_spread_pct * abs(net.mid) / _HUNDRED)


def step_price(band: Band, step: int, steps: int) -> Decimal:
    """Price of one step (0-based) of an adaptive order, from first to worst in equal parts; not yet on the grid."""
    if steps <= 1:
        return band.worst
    return band.first + (band.worst - band.first) * step / (steps - 1)


def closing_touch(legs: tuple[Leg, ...], view: MarketView) -> Decimal | None:
    """
    Price at which closing legs trade at once: the far touch, whatever its age; None where that side is missing.

    Of several legs, one that is sold and offered but that nobody bids for is given away.
    """
    if len(legs) > 1:
        value = closing_touch_value(legs, view)
        return None if value is None else -value
    price = _touch(legs[0], view, alone=True)
    return price if price else None


def closing_touch_value(legs: tuple[Leg, ...], view: MarketView) -> Decimal | None:
    """What closing legs bring at the touch, one unit (below zero: costs); None where a leg's side is missing."""
    total = Decimal(0)
    for leg in legs:
        price = _touch(leg, view, alone=len(legs) == 1)
        if price is None:
            return None
        total -= leg.side.sign * leg.ratio * price
    return total


def _touch(leg: Leg, view: MarketView, *, alone: bool) -> Decimal | None:
    quote = view.quote(leg.instrument)
    if quote is None:
        return None
    price = quote.ask if leg.side is Side.BUY else quote.bid
    if price is None and leg.side is Side.SELL and quote.ask is not None and not alone:
        return Decimal(0)
    return price if price is not None and price.is_finite() and price >= 0 else None


def on_order_grid(legs: tuple[Leg, ...], value: Decimal) -> Decimal:
    """A price moved onto the order's grid, never to a worse one for us."""
    selling = len(legs) == 1 and legs[0].side is Side.SELL
    rounding = ROUND_CEILING if selling else ROUND_FLOOR
    if len(legs) == 1:
        return nearest_price(legs[0].instrument, value, rounding)
    tick = min(leg.instrument.tick(abs(value)) for leg in legs)
    return (value / tick).to_integral_value(rounding) * tick
