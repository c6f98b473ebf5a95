"""One simulated regular session of an SPY-like underlying, a pure function of a seed.

The mid price is an arithmetic Brownian motion with a U-shaped intraday variance, assembled from four legs so that every
seed contains an opening-range breakout:

1. opening: the first 15 minutes, free, rescaled once if its range is implausibly narrow or wide;
2. inside: a Brownian bridge reflected strictly inside the opening range up to the breakout minute;
3. breakout: one minute that ends beyond the range; then the move either follows through or fades;
4. rest: reflected inside a band around where the move ended.

Reflection and bridging plant the structure in one pass, so no redraw loop exists. Only additions, products and square
roots act on the draws, which keeps the bytes equal on every processor.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

OPENING_RANGE_MINUTES = 15
SMALLEST_SESSION_MINUTES = 150
TICK_SPACING_MS = 220

_MS_PER_MINUTE = 60_000
_TRADING_DAYS = 252
_FULL_SESSION_MINUTES = 390
_FIRST_BREAKOUT_MINUTE = 20
_LAST_BREAKOUT_MINUTE = 80
_FOLLOW_THROUGH_PROBABILITY = 0.55
_INSIDE_MARGIN_CENTS = 3.0
_NOISE_SCALES = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
_STREAM_PLAN, _STREAM_PRICE, _STREAM_BOOK = 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricePath:
    """Ticks of one session: read-only int64 arrays of equal length, one element per tick.

    offset_ms: milliseconds since the session open, strictly increasing, below the session length. bid_cents, ask_cents,
    trade_cents: dollars times 100, bid <= trade <= ask. bid_size, ask_size, volume: shares.
    breakout_minute: index m of the first one-minute trade bar [m, m + 1) after the opening range whose close is beyond
    that range; breakout_up tells on which side; follow_through tells whether the move was planted to continue.
    """

    offset_ms: IntArray
    bid_cents: IntArray
    ask_cents: IntArray
    bid_size: IntArray
    ask_size: IntArray
    volume: IntArray
    trade_cents: IntArray
    breakout_minute: int
    breakout_up: bool
    follow_through: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    daily_volatility: float
    breakout_minute: int
    up: bool
    follow_through: bool
    leg_minutes: int
    leg_fraction: float
    excess_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Book:
    width: IntArray
    bid_size: IntArray
    ask_size: IntArray
    at_ask: npt.NDArray[np.bool_]
    volume: IntArray


def seeded_day(*, seed: int, session_minutes: int, open_price: float = 598.0) -> PricePath:
    """Return the session that belongs to `seed`, bit-identical in every process.

    session_minutes: 390 for a full day, 210 for a half day. open_price: dollars, the mid of the first tick.

    Raises ValueError for a negative seed, a session shorter than SMALLEST_SESSION_MINUTES or an open_price below $100
    (where one cent is too coarse a grid for the planted ranges).
    """
    if seed < 0:
        raise ValueError("seed must not be negative")
    if session_minutes < SMALLEST_SESSION_MINUTES:
        raise ValueError(f"a session must have at least {SMALLEST_SESSION_MINUTES} minutes")
    if not 100.0 <= open_price < 1e7:
        raise ValueError("open_price must be at least 100 dollars")
    plan = _draw_plan(_stream(seed, _STREAM_PLAN))
    price_stream, book_stream = _stream(seed, _STREAM_PRICE), _stream(seed, _STREAM_BOOK)
    ticks = session_minutes * _MS_PER_MINUTE // TICK_SPACING_MS
    offset = np.arange(ticks, dtype=np.int64) * TICK_SPACING_MS + book_stream.integers(0, TICK_SPACING_MS, size=ticks)
    book = _draw_book(book_stream, _u_shape(offset, session_minutes))
    mid = _mid_cents(price_stream, plan, offset, session_minutes, open_price * 100.0, book)
    bid, ask, trade = _quotes(mid, book.width, book.at_ask)
    arrays = (offset, bid, ask, book.bid_size, book.ask_size, book.volume, trade)
    for array in arrays:
        array.setflags(write=False)
    return PricePath(
        offset_ms=offset,
        bid_cents=bid,
        ask_cents=ask,
        bid_size=book.bid_size,
        ask_size=book.ask_size,
        volume=book.volume,
        trade_cents=trade,
        breakout_minute=plan.breakout_minute,
        breakout_up=plan.up,
        follow_through=plan.follow_through,
    )


def _stream(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose])))


def _draw_plan(stream: np.random.Generator) -> _Plan:
    follow_through = bool(stream.random() < _FOLLOW_THROUGH_PROBABILITY)
    annual = stream.uniform(0.12, 0.17)
    return _Plan(
        daily_volatility=float(annual / np.sqrt(_TRADING_DAYS)),
        breakout_minute=int(stream.integers(_FIRST_BREAKOUT_MINUTE, _LAST_BREAKOUT_MINUTE + 1)),
        up=bool(stream.random() < 0.5),
        follow_through=follow_through,
        leg_minutes=int(stream.integers(15, 46)),
        leg_fraction=float(stream.uniform(0.0040, 0.0070) if follow_through else -stream.uniform(0.0030, 0.0045)),
        excess_fraction=float(stream.uniform(0.0002, 0.0005)),
    )


def _u_shape(offset: IntArray, session_minutes: int) -> FloatArray:
    side = 2.0 * offset / (session_minutes * _MS_PER_MINUTE) - 1.0
    shape: FloatArray = (0.7 + 1.5 * side * side * side * side) / (0.7 + 1.5 / 5.0)
    return shape


def _draw_book(stream: np.random.Generator, shape: FloatArray) -> _Book:
    n = shape.size
    return _Book(
        width=np.where(stream.random(n) < 0.88, 1, 2).astype(np.int64),
        bid_size=stream.integers(1, 25, size=n) * 100,
        ask_size=stream.integers(1, 25, size=n) * 100,
        at_ask=stream.random(n) < 0.5,
        volume=1 + np.floor(500.0 * shape * stream.standard_exponential(n)).astype(np.int64),
    )


def _quotes(mid: FloatArray, width: IntArray, at_ask: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray, IntArray]:
    odd_bid, even_bid = np.floor(mid).astype(np.int64), np.rint(mid).astype(np.int64) - 1
    bid = np.where(width == 1, odd_bid, even_bid)
    ask = bid + width
    return bid, ask, np.where(at_ask, ask, bid)


def _mid_cents(
    stream: np.random.Generator,
    plan: _Plan,
    offset: IntArray,
    session_minutes: int,
    open_cents: float,
    book: _Book,
) -> FloatArray:
    # A shorter session carries proportionally less variance, so that the per-minute level does not depend on it.
    per_tick = plan.daily_volatility**2 * session_minutes / _FULL_SESSION_MINUTES / offset.size
    noise = stream.standard_normal(offset.size) * np.sqrt(per_tick * _u_shape(offset, session_minutes)) * open_cents
    marks = np.array([OPENING_RANGE_MINUTES, plan.breakout_minute, plan.breakout_minute + 1], dtype=np.int64)
    marks = np.append(marks, marks[-1] + plan.leg_minutes)
    opening_end, inside_end, break_end, leg_end = np.searchsorted(offset, marks * _MS_PER_MINUTE).tolist()
    mid = np.empty(offset.size)
    mid[:opening_end] = open_cents + _opening(noise[:opening_end], open_cents)
    _, _, trades = _quotes(mid[:opening_end], book.width[:opening_end], book.at_ask[:opening_end])
    low, high = float(trades.min()), float(trades.max())
    band = (low + _INSIDE_MARGIN_CENTS, high - _INSIDE_MARGIN_CENTS)
    edge = band[1] if plan.up else band[0]
    side = 1.0 if plan.up else -1.0
    approach = edge - side * 0.08 * (band[1] - band[0])
    start = min(max(float(mid[opening_end - 1]), band[0]), band[1])
    mid[opening_end:inside_end] = _reflect(_bridge(start, approach, noise[opening_end:inside_end]), *band)
    beyond = edge + side * (2.0 * _INSIDE_MARGIN_CENTS + plan.excess_fraction * open_cents)
    mid[inside_end:break_end] = _settled_bridge(approach, beyond, 0.6 * noise[inside_end:break_end])
    mid[break_end:leg_end] = side * _leg(side * beyond, plan, side * noise[break_end:leg_end], open_cents)
    last = float(mid[leg_end - 1])
    rest = last + np.cumsum(noise[leg_end:])
    mid[leg_end:] = _reflect(rest, last - 0.0025 * open_cents, last + 0.0025 * open_cents)
    return mid


def _opening(noise: FloatArray, open_cents: float) -> FloatArray:
    walk = np.cumsum(noise) - noise[0]
    extent = float(walk.max() - walk.min())
    wanted = min(max(extent, 0.0018 * open_cents), 0.0035 * open_cents)
    scaled: FloatArray = walk * (wanted / extent)
    return scaled


def _bridge(start: float, end: float, noise: FloatArray) -> FloatArray:
    walk = np.cumsum(noise)
    share = np.arange(1, noise.size + 1) / noise.size
    path: FloatArray = start + walk + share * (end - start - walk[-1])
    return path


def _settled_bridge(start: float, end: float, noise: FloatArray) -> FloatArray:
    # The last second or so holds the target, so that the bar's closing trade cannot slip back inside the range.
    settled = 5
    path = _bridge(start, end, noise[:-settled])
    return np.append(path, np.full(settled, end))


def _leg(start: float, plan: _Plan, noise: FloatArray, open_cents: float) -> FloatArray:
    # Prices here are signed so that the breakout direction is up. The same draws are calmed step by step until the move
    # neither shakes out a follow-through nor pays a fade before it fades; without noise both hold by construction.
    end = start + plan.leg_fraction * open_cents
    tolerance = 0.0010 * open_cents
    path = _bridge(start, end, _NOISE_SCALES[-1] * noise)
    for scale in _NOISE_SCALES:
        path = _bridge(start, end, scale * noise)
        adverse = start - path.min() if plan.follow_through else path.max() - start
        if adverse <= tolerance:
            break
    return path


def _reflect(path: FloatArray, low: float, high: float) -> FloatArray:
    width = high - low
    phase = np.mod(path - low, 2.0 * width)
    folded: FloatArray = low + width - np.abs(phase - width)
    return folded
