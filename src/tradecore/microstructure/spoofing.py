"""
Large orders away from the touch that come and go without being traded.

A venue's book has no order ids and nobody has labelled a spoof in one, so this is what it looks like, not what it was:
large levels that appear at a distance, vanish within seconds, and whose quantity was cancelled, which is what vanished
less what traded at their price. A level of the same size that comes back elsewhere at once was moved, as market makers
do all day.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tradecore.microstructure.anomalies import Finding, Severity
from tradecore.microstructure.book import BookSide
from tradecore.microstructure.thresholds import Thresholds
from tradecore.microstructure.traded import TradedAt

_CANCELLED: Final = 0.8
_GONE: Final = 0.5
_LIKE: Final = 0.1
_MOVES_WITHIN_MS: Final = 500
_SIDES: Final = {1: "bid", -1: "ask"}


class Pull(NamedTuple):
    """A large level that came and went."""

    sign: int
    tick: int
    began: int
    ended: int
    quantity: int
    distance_bps: float


class SpoofingDetector:
    """Follows large levels from their coming to their going."""

    __slots__ = ("_ended", "_large", "_pulls", "_thresholds")

    def __init__(self, thresholds: Thresholds) -> None:
        """Nothing was seen."""
        self._thresholds = thresholds
        self._large: dict[tuple[int, int], Pull] = {}
        self._ended: list[Pull] = []
        self._pulls: list[Pull] = []

    def see(self, at: int, side: BookSide, changes: Sequence[tuple[int, int, int]]) -> None:
        """Take the changes of large levels that one message brought: first what went, then what came."""
        for rank, _, after in changes:
            known = self._large.get((side.sign, rank))
            if known is not None and after < _GONE * known.quantity:
                del self._large[side.sign, rank]
                if at - known.began <= self._thresholds.spoof_life_ms:
                    self._ended.append(known._replace(ended=at, quantity=known.quantity - after))
            elif known is not None:
                self._large[side.sign, rank] = known._replace(quantity=max(known.quantity, after))
        for rank, before, after in changes:
            if after >= side.large and before < _GONE * after and side.best is not None:
                distance = (side.best - rank) / abs(side.best) * 10_000
                if distance >= self._thresholds.spoof_distance_bps:
                    came = Pull(side.sign, side.sign * rank, at, at, after, distance)
                    self._large[side.sign, rank] = came._replace(began=self._moved_from(came))

    def findings(self, now: int, traded: TradedAt) -> list[Finding]:
        """What is suspicious now. A going is judged half a second later: whoever only moves is back by then."""
        waits = now - _MOVES_WITHIN_MS
        ended, self._ended = self._ended, [pull for pull in self._ended if pull.ended > waits]
        for pull in ended:
            if pull.ended <= waits:
                self._judge(pull, traded)
        first = now - self._thresholds.spoof_window_ms
        self._pulls = [pull for pull in self._pulls if pull.ended > first]
        oldest = now - self._thresholds.spoof_life_ms
        self._large = {name: pull for name, pull in self._large.items() if pull.began >= oldest}
        return [finding for sign in _SIDES for finding in self._of_side(sign)]

    def _moved_from(self, came: Pull) -> int:
        """Since when an order of this size has been there, at another price before."""
        for number, gone in enumerate(self._ended):
            is_like = abs(gone.quantity - came.quantity) <= _LIKE * gone.quantity
            if gone.sign == came.sign and is_like and came.began - gone.ended <= _MOVES_WITHIN_MS:
                del self._ended[number]
                return gone.began
        return came.began

    def _judge(self, pull: Pull, traded: TradedAt) -> None:
        cancelled = pull.quantity - traded.between(pull.tick, pull.began, pull.ended)
        if cancelled >= _CANCELLED * pull.quantity:
            self._pulls.append(pull._replace(quantity=cancelled))

    def _of_side(self, sign: int) -> list[Finding]:
        pulls = [pull for pull in self._pulls if pull.sign == sign]
        least = self._thresholds.spoof_pulls
        if len(pulls) < least:
            return []
        lives = sorted(pull.ended - pull.began for pull in pulls)
        side = _SIDES[sign]
        window_s = self._thresholds.spoof_window_ms // 1000
        return [
            Finding(
                kind="spoofing",
                key=side,
                severity=Severity.HIGH if len(pulls) >= 2 * least else Severity.MEDIUM,
                note=f"{len(pulls)} large {side}s away from the touch were cancelled unfilled in {window_s} s",
                evidence={
                    "side": side,
                    "pulls": len(pulls),
                    "cancelled_quantity": sum(pull.quantity for pull in pulls) / 1e8,
                    "median_life_ms": lives[len(lives) // 2],
                    "nearest_bps": round(min(pull.distance_bps for pull in pulls), 3),
                },
            )
        ]
