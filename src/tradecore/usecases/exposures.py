"""What is held, as greeks, as a ladder of profit and loss, and as shares that expiry would deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import sqrt
from typing import Final

from tradecore.analysis.contract_greeks import minutes_to_expiry
from tradecore.analysis.pricing import MINUTES_PER_YEAR
from tradecore.analysis.scenario import AT_ONCE, Holding, Later, TotalGreeks, changes_in_value, total_greeks
from tradecore.errors import InvalidRequest
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import ContractGreeks
from tradecore.model.sessions import trading_day
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.views import fresh_view, known_greeks

LADDER_PCT: Final = tuple(Decimal(step) for step in ("-2", "-1", "-0.5", "-0.25", "0", "0.25", "0.5", "1", "2"))
MOST_MOVE_PCT: Final = Decimal(20)
MOST_MINUTES: Final = 1440
MOST_IV_POINTS: Final = Decimal(200)
_HUNDRED: Final = Decimal(100)
_DAY_MINUTES: Final = float(MOST_MINUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGreeks:
    """One group's greeks; None with the symbols whose volatility is unknown."""

    group: str
    greeks: TotalGreeks | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioGreeks:
    """
    Everything held of the desk's underlying; `total` is None while anything is missing, `spot` is its mid.

    `elsewhere` are groups of other underlyings, which none of these figures counts.
    """

    spot: Decimal | None
    groups: tuple[GroupGreeks, ...]
    total: TotalGreeks | None
    missing: tuple[str, ...]
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rung of the ladder: the underlying's move in percent, dollars gained at once and at the close, at mid."""

    move_pct: Decimal
    at_once: Decimal | None
    at_close: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringLeg:
    """
    What today's expiry would make of one holding at the present price.

    `shares` are bought (above zero) or sold by exercise or assignment if it expires in the money; `distance` is how
    far the underlying stands in the money (below zero: out of it); `is_pinned` says that this is less than one
    standard deviation of the minutes left, None where the volatility is unknown.
    """

    group: str
    symbol: str
    quantity: Decimal
    shares: Decimal
    distance: Decimal | None
    is_pinned: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """An imagined market: dollars gained until then, and greeks then, in all and by group; None where unknown."""

    spot: Decimal
    minutes: Decimal
    iv_points: Decimal
    gain: Decimal | None
    greeks: TotalGreeks | None
    groups: tuple[tuple[str, Decimal | None], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """Holdings of the desk's underlying by group, and the prices they are valued with."""

    groups: tuple[tuple[str, tuple[Holding, ...]], ...]
    greeks: Mapping[str, ContractGreeks]
    spot: Decimal | None
    now: datetime

    @property
    def everything(self) -> tuple[Holding, ...]:
        return tuple(holding for _, holdings in self.groups for holding in holdings)

    def missing(self, holdings: Sequence[Holding]) -> tuple[str, ...]:
        options = sorted({i.symbol for i, _ in holdings if isinstance(i, OptionContract)})
        return tuple(s for s in options if s not in self.greeks or self.greeks[s].iv is None)

    def total(self, holdings: Sequence[Holding]) -> TotalGreeks | None:
        spot = self._spot()
        return None if spot is None else total_greeks(holdings, spot, self.greeks, self.now)

    def gains(self, holdings: Sequence[Holding], moves: Sequence[float], later: Later) -> list[Decimal | None]:
        spot = self._spot()
        found = None if spot is None else changes_in_value(holdings, moves, spot, self.greeks, self.now, later)
        return [None] * len(moves) if found is None else [Decimal(format(gain, ".2f")) for gain in found]

    def _spot(self) -> float | None:
        return None if self.spot is None else float(self.spot)


async def portfolio_greeks(floor: TradingFloor) -> PortfolioGreeks:
    """Greeks by group and in all, of fresh quotes."""
    held = await _held(floor)
    groups = tuple(
        GroupGreeks(group=label, greeks=held.total(holdings), missing=held.missing(holdings))
        for label, holdings in held.groups
    )
    return PortfolioGreeks(
        spot=held.spot,
        groups=groups,
        total=held.total(held.everything),
        missing=held.missing(held.everything),
        elsewhere=tuple(g.label for g in floor.desk.open_groups if g.plan.underlying != floor.underlying.symbol),
    )


async def ladder(floor: TradingFloor) -> tuple[Step, ...]:
    """What everything held would gain at each move, at once and if the price then stood until the close."""
    held = await _held(floor)
    moves = [float(step / _HUNDRED) for step in LADDER_PCT]
    now = held.gains(held.everything, moves, AT_ONCE)
    close = held.gains(held.everything, moves, Later(minutes=_DAY_MINUTES))
    return tuple(
        Step(move_pct=move, at_once=one, at_close=other)
        for move, one, other in zip(LADDER_PCT, now, close, strict=True)
    )


async def expiring_today(floor: TradingFloor) -> tuple[ExpiringLeg, ...]:
    """Every holding that expires with the present trading day, and what would be delivered."""
    held = await _held(floor)
    today = trading_day(held.now)
    return tuple(
        _expiring(label, instrument, quantity, held)
        for label, holdings in held.groups
        for instrument, quantity in holdings
        if isinstance(instrument, OptionContract) and instrument.expiry <= today
    )


async def what_if(
    floor: TradingFloor,
    *,
    spot: Decimal | None = None,
    move_pct: Decimal | None = None,
    minutes: Decimal = Decimal(0),
    iv_points: Decimal = Decimal(0),
) -> WhatIf:
    """
    What everything held would gain until an imagined moment; nothing is placed or changed.

    Args:
        floor: Where it is held.
        spot: Price of the underlying then; or
        move_pct: Its move in percent; neither: as it stands.
        minutes: Calendar minutes from now; contracts past their expiry are worth their intrinsic value.
        iv_points: Volatility points added to every contract.

    Raises:
        InvalidRequest: Both prices are given, a number is out of range, or the price of the underlying is unknown.
    """
    if spot is not None and move_pct is not None:
        raise InvalidRequest("give spot or move_pct, not both")
    if not 0 <= minutes <= MOST_MINUTES:
        raise InvalidRequest(f"minutes must be from 0 to {MOST_MINUTES}, not {minutes}")
    if abs(iv_points) > MOST_IV_POINTS:
        raise InvalidRequest(f"iv_points must be within ±{MOST_IV_POINTS}, not {iv_points}")
    held = await _held(floor)
    if held.spot is None:
        raise InvalidRequest(f"no two-sided quote of {floor.underlying.symbol}: nothing can be valued")
    then = spot if spot is not None else held.spot * (1 + (move_pct or Decimal(0)) / _HUNDRED)
    moved = then / held.spot - 1
    if abs(moved) * _HUNDRED > MOST_MOVE_PCT:
        raise InvalidRequest(f"spot must be within {MOST_MOVE_PCT} % of {held.spot}, not {moved * _HUNDRED:.1f} % off")
    later, move = Later(minutes=float(minutes), iv_points=float(iv_points)), [float(moved)]
    return WhatIf(
        spot=then,
        minutes=minutes,
        iv_points=iv_points,
        gain=held.gains(held.everything, move, later)[0],
        greeks=total_greeks(held.everything, float(then), held.greeks, held.now, later),
        groups=tuple((label, held.gains(holdings, move, later)[0]) for label, holdings in held.groups),
        missing=held.missing(held.everything),
    )


async def _held(floor: TradingFloor) -> _Held:
    view = await fresh_view(floor)
    now = floor.clock.now()
    groups = tuple(
        (group.label, tuple((p.instrument, p.quantity) for p in group.holdings))
        for group in floor.desk.open_groups
        if group.plan.underlying == floor.underlying.symbol
    )
    quote = view.quote(floor.underlying)
    greeks = known_greeks(floor, [i for _, holdings in groups for i, _ in holdings], now)
    return _Held(groups, greeks, None if quote is None else quote.mid, now)


def _expiring(label: str, contract: OptionContract, quantity: Decimal, held: _Held) -> ExpiringLeg:
    call = contract.right is Right.CALL
    sign = 1 if call else -1
    distance = None if held.spot is None else sign * (held.spot - contract.strike)
    return ExpiringLeg(
        group=label,
        symbol=contract.symbol,
        quantity=quantity,
        shares=sign * quantity * contract.multiplier,
        distance=distance,
        is_pinned=_is_pinned(contract, distance, held),
    )


def _is_pinned(contract: OptionContract, distance: Decimal | None, held: _Held) -> bool | None:
    known = held.greeks.get(contract.symbol)
    minutes = minutes_to_expiry(contract, held.now)
    if distance is None or held.spot is None or known is None or known.iv is None or minutes is None:
        return None
    return abs(float(distance)) < float(held.spot) * known.iv * sqrt(minutes / MINUTES_PER_YEAR)
