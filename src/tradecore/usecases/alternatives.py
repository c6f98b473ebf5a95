"""What comes near a plan that the limits refuse: its own alternatives, and the smallest change of an argument."""

import dataclasses
from decimal import Decimal
from typing import Any, Final

from tradecore.desk.decisions import Preview
from tradecore.model.market import MarketView
from tradecore.model.plans import NoProposal, Proposal
from tradecore.risk.verdict import Cure
from tradecore.strategies.strategy import Strategy, StrategyFacts
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.views import fresh_view

# Tried in this order, only below what was asked: the first that passes is the smallest change.
_SMALLER: Final = {
    "width": tuple(Decimal(step) / 2 for step in range(200, 0, -1)),
    "strike_delta": tuple(Decimal(step) for step in (25, 20, 15, 10, 5)),
}


def most_wanted(floor: TradingFloor, proposal: Proposal, view: MarketView) -> Proposal:
    """
    The first of a plan and its alternatives that the desk would approve now, without alternatives of its own.

    Where none passes, the first that only something else than its size holds back; else the last, so that the refusal
    speaks of the plan that comes nearest.
    """
    every = [dataclasses.replace(one, alternatives=()) for one in (proposal, *proposal.alternatives)]
    if len(every) == 1:
        return every[0]
    judged = [floor.desk.consider(one, view, floor.clock.now()) for one in every]
    for fits in (lambda preview: preview.verdict.approved, _is_small_enough):
        found = next((one for one, preview in zip(every, judged, strict=True) if fits(preview)), None)
        if found is not None:
            return found
    return every[-1]


def _is_small_enough(preview: Preview) -> bool:
    too_big = any(check.cure is Cure.QUANTITY or check.name == "sizing_budget" for check in preview.verdict.failed)
    return not too_big


async def easier_argument(
    floor: TradingFloor, strategy: Strategy, facts: StrategyFacts, parameters: Any
) -> tuple[tuple[str, str], ...]:
    """The largest smaller width or delta whose plan passes, for strategies that have such an argument."""
    for name, steps in _SMALLER.items():
        asked = getattr(parameters, name, None)
        if asked is None:
            continue
        asked = asked * 100 if name == "strike_delta" and asked < 1 else asked
        for step in (one for one in steps if one < asked):
            if await _passes(floor, strategy, facts, dataclasses.replace(parameters, **{name: step})):
                return ((name, f"{step.normalize():f}"),)
    return ()


async def _passes(floor: TradingFloor, strategy: Strategy, facts: StrategyFacts, parameters: Any) -> bool:
    proposal = strategy.propose(facts, parameters)
    if isinstance(proposal, NoProposal):
        return False
    every = (proposal, *proposal.alternatives)
    view = await fresh_view(floor, [leg.instrument for one in every for leg in one.legs])
    chosen = most_wanted(floor, proposal, view)
    return floor.desk.consider(chosen, view, floor.clock.now()).verdict.approved
