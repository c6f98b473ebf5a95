"""Before and after: what an order would do to delta, to the loss budget, and to the day if the market moved."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

from tradecore.analysis.expiry_odds import Rung, Units, probability_of_profit, profit_ladder, smile_of
from tradecore.analysis.scenario import Holding, changes_in_value
from tradecore.desk.decisions import Figures, PositionGreeks, Preview
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.market import ContractGreeks, Quote
from tradecore.model.money import ZERO, Money
from tradecore.model.terms import Effect
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.views import known_greeks

LADDER_PCT: Final = tuple(Decimal(step) for step in ("-1.5", "-1", "-0.5", "-0.25", "0", "0.25", "0.5", "1", "1.5"))
_CENT: Final = Decimal("0.01")
MOVES_PCT: Final = (Decimal("-1"), Decimal("-0.5"), Decimal("0.5"), Decimal("1"))
_HUNDRED: Final = Decimal(100)
T = TypeVar("T", Money, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """
    The account before and after an order; None where a quote or a volatility is missing.

    Delta in share-equivalents; `pnl` is (move in percent, dollars before, dollars after), at once and at mid.
    `odds` is the probability that an opening order of options, held to expiry, ends above its cost; `ladder` what it
    makes at prices around the market, at once and at expiry, from its worst price with fees.
    """

    delta_before: float | None
    delta_after: float | None
    budget_before: Money | None
    budget_after: Money | None
    pnl: tuple[tuple[Decimal, Decimal | None, Decimal | None], ...]
    odds: float | None = None
    ladder: tuple[Rung, ...] = ()


def outlook(floor: TradingFloor, previews: Sequence[Preview]) -> Outlook:
    """What these orders would change, from the newest quotes on the board."""
    held = [(position.instrument, position.quantity) for g in floor.desk.open_groups for position in g.holdings]
    ordered = [
        (leg.instrument, leg.side.sign * leg.ratio * preview.plan.quantity)
        for preview in previews
        for leg in preview.plan.legs
    ]
    after = [*held, *ordered]
    now = floor.clock.now()
    greeks = known_greeks(floor, [instrument for instrument, _ in after], now)
    quote = floor.board.quote(floor.underlying)
    spot = None if quote is None or quote.mid is None else float(quote.mid)

    def delta(holdings: Sequence[Holding]) -> float | None:
        parts = [_delta(instrument, greeks) for instrument, _ in holdings]
        if any(part is None for part in parts):
            return None
        pairs = zip(holdings, parts, strict=True)
        return sum((float(q) * i.multiplier * (part or 0.0) for (i, q), part in pairs), 0.0)

    def gains(holdings: Sequence[Holding]) -> list[Decimal | None]:
        moves = [float(move / _HUNDRED) for move in MOVES_PCT]
        found = None if spot is None else changes_in_value(holdings, moves, spot, greeks, now)
        return [None] * len(moves) if found is None else [Decimal(format(gain, ".2f")) for gain in found]

    figures = [preview.figures for preview in previews]
    return Outlook(
        delta_before=delta(held),
        delta_after=delta(after),
        budget_before=figures[0].budget_before if figures else None,
        budget_after=figures[-1].budget_after if figures else None,
        pnl=tuple(zip(MOVES_PCT, gains(held), gains(after), strict=True)),
        odds=_odds(floor, previews, quote, now),
        ladder=_ladder(previews, quote, greeks, now),
    )


def _units_of(previews: Sequence[Preview]) -> Units:
    """What an opening order of options would hold; nothing for any other ticket."""
    if len(previews) != 1 or previews[0].plan.effect is not Effect.OPEN or previews[0].figures.cost is None:
        return ()
    plan = previews[0].plan
    legs = [(leg.instrument, leg.signed_ratio * plan.quantity) for leg in plan.legs]
    options = [(one, quantity) for one, quantity in legs if isinstance(one, OptionContract)]
    return options if len(options) == len(legs) else ()


def _odds(floor: TradingFloor, previews: Sequence[Preview], quote: Quote | None, now: datetime) -> float | None:
    units, chain = _units_of(previews), floor.board.chain(floor.underlying.symbol)
    if not units or chain is None or quote is None or quote.mid is None:
        return None
    if (units[0][0].root, units[0][0].expiry) != (chain.underlying, chain.expiry):
        return None
    smile, cost = smile_of(chain, quote.mid, now), previews[0].figures.cost
    return None if smile is None or cost is None else probability_of_profit(units, cost.amount, quote.mid, now, smile)


def _ladder(
    previews: Sequence[Preview], quote: Quote | None, greeks: dict[str, ContractGreeks], now: datetime
) -> tuple[Rung, ...]:
    units = _units_of(previews)
    if not units or quote is None or quote.mid is None or previews[0].figures.cost is None:
        return ()
    spots = {(quote.mid * (1 + step / _HUNDRED)).quantize(_CENT) for step in LADDER_PCT}
    spots |= set(previews[0].figures.break_evens)
    return profit_ladder(units, previews[0].figures.cost.amount, sorted(spots), greeks, now)


def total_figures(previews: Sequence[Preview]) -> Figures | None:
    """Dollars and greeks of a ticket's orders together, None where one is unknown; stop and target are the first's."""
    every = [preview.figures for preview in previews]
    if len(every) < 2:
        return every[0] if every else None
    greeks = {
        field.name: _all([getattr(one.greeks, field.name) for one in every], 0.0) for field in fields(PositionGreeks)
    }
    return replace(
        every[0],
        cost=_all([one.cost for one in every], ZERO),
        fees=sum((one.fees for one in every), ZERO),
        max_loss=_all([one.max_loss for one in every], ZERO),
        max_profit=_all([one.max_profit for one in every], ZERO),
        worst_loss=_all([one.worst_loss for one in every], ZERO),
        planned_loss=sum((one.planned_loss for one in every), ZERO),
        greeks=PositionGreeks(**greeks),
    )


def _all(parts: Sequence[T | None], nothing: T) -> T | None:
    known = [part for part in parts if part is not None]
    return sum(known, nothing) if len(known) == len(parts) else None


def _delta(instrument: Instrument, greeks: dict[str, ContractGreeks]) -> float | None:
    if not isinstance(instrument, OptionContract):
        return 1.0
    known = greeks.get(instrument.symbol)
    return None if known is None else known.delta
