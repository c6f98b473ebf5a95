"""straddle_scan: which same-day straddles are cheap enough to look at. Reads only; nothing here becomes an order."""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

import numpy as np

from tradecore.analysis.contract_greeks import ChainDeltas, chain_deltas, minutes_to_expiry
from tradecore.analysis.pricing import MINUTES_PER_YEAR
from tradecore.errors import InvalidRequest
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.strategies.strategy import StrategyFacts

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class StraddleWish:
    """What a straddle has to be: implied volatility a fraction per year at most, contracts traded today at least."""

    max_iv: Decimal = Decimal("0.8")
    min_volume: int = 100

    def __post_init__(self) -> None:
        """Refuse bounds that say nothing."""
        if not 0 < self.max_iv <= 10:
            raise InvalidRequest(f"max_iv must be in (0, 10], not {self.max_iv}: 0.8 is 80 % a year")
        if self.min_volume < 0:
            raise InvalidRequest(f"min_volume must not be below zero, not {self.min_volume}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Straddle:
    """
    A call and a put of one strike.

    Prices are dollars per share: `ask` buys both at the touch, `mid` half-way. `iv` is the mean of both legs; `volume`
    the smaller of theirs. `needed_move` is the larger distance from the market to a break-even at mid, `expected_move`
    one standard deviation until the close at `iv`; `ratio` is needed / expected.
    """

    call: OptionContract
    put: OptionContract
    mid: Decimal
    ask: Decimal
    iv: float
    volume: int
    break_evens: tuple[Decimal, Decimal]
    needed_move: Decimal
    expected_move: Decimal
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StraddleScan:
    """Straddles that are as wished, the least demanding first, and how many strikes fell out for each reason."""

    hits: tuple[Straddle, ...]
    left_out: dict[str, int]
    missing: str | None = None


def scan_straddles(facts: StrategyFacts, wish: StraddleWish) -> StraddleScan:
    """Every strike of the same-day chain that is as wished; what can't be judged is counted, never assumed."""
    chain, spot = facts.chain, None if facts.quote is None else facts.quote.mid
    if chain is None or not len(chain) or spot is None:
        missing = "the same-day chain" if spot is not None else "a two-sided quote"
        return StraddleScan(hits=(), left_out={}, missing=f"{missing} of {facts.underlying}")
    if chain.volume is None:
        return StraddleScan(hits=(), left_out={}, missing="volumes: the feed gives none for options")
    rows = {(contract.right, contract.strike): row for row, contract in enumerate(chain.contracts)}
    known = chain_deltas(chain, spot, facts.now)
    minutes = minutes_to_expiry(chain.contracts[0], facts.now) or 0.0
    left_out: dict[str, int] = {}
    hits = []
    for strike in sorted({contract.strike for contract in chain.contracts}):
        pair = rows.get((Right.CALL, strike)), rows.get((Right.PUT, strike))
        why = _unfit(chain, known, pair, wish)
        if why is not None or pair[0] is None or pair[1] is None:
            left_out[why or "one side is not listed"] = left_out.get(why or "one side is not listed", 0) + 1
            continue
        hits.append(_straddle(chain, known, (pair[0], pair[1]), spot, minutes))
    return StraddleScan(hits=tuple(sorted(hits, key=lambda one: one.ratio)), left_out=left_out)


def _unfit(
    chain: OptionChain, known: ChainDeltas, pair: tuple[int | None, int | None], wish: StraddleWish
) -> str | None:
    rows = [row for row in pair if row is not None]
    if len(rows) < 2:
        return "one side is not listed"
    if any(chain.bid_cents[row] <= 0 or chain.ask_cents[row] < chain.bid_cents[row] for row in rows):
        return "a side is not quoted"
    volumes = [chain.volume_of(row) for row in rows]
    if any(volume is None for volume in volumes):
        return "volume is not known"
    if min(volume or 0 for volume in volumes) < wish.min_volume:
        return f"volume below {wish.min_volume}"
    if not all(np.isfinite(known.iv[row]) for row in rows):
        return "no volatility can be read from its price"
    if float(np.mean([known.iv[row] for row in rows])) > float(wish.max_iv):
        return f"implied volatility above {wish.max_iv}"
    return None


def _straddle(chain: OptionChain, known: ChainDeltas, pair: tuple[int, int], spot: Decimal, minutes: float) -> Straddle:
    call, put = (chain.contracts[row] for row in pair)
    ask = Decimal(sum(int(chain.ask_cents[row]) for row in pair)) / 100
    mid = (ask + Decimal(sum(int(chain.bid_cents[row]) for row in pair)) / 100) / 2
    iv = float(np.mean([known.iv[row] for row in pair]))
    below, above = call.strike - mid, call.strike + mid
    needed = max(above - spot, spot - below)
    expected = float(spot) * iv * math.sqrt(minutes / MINUTES_PER_YEAR)
    return Straddle(
        call=call,
        put=put,
        mid=mid,
        ask=ask,
        iv=iv,
        volume=min(chain.volume_of(row) or 0 for row in pair),
        break_evens=(below, above),
        needed_move=needed,
        expected_move=Decimal(repr(expected)).quantize(_CENT),
        ratio=float(needed) / expected if expected else math.inf,
    )


def limit_of(straddle: Straddle) -> Decimal:
    """A net price to ask for: mid, rounded up to the cent."""
    return straddle.mid.quantize(_CENT, ROUND_CEILING)
