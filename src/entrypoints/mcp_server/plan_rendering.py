"""What a plan wins and how it was worked, as JSON."""

from typing import Any, Final

from entrypoints.mcp_server import rendering
from tradecore.analysis.expiry_odds import Rung
from tradecore.model.standing import StandingPlan
from tradecore.usecases.execution_quality import ExecutionQuality
from tradecore.usecases.outlook import Outlook

Json = dict[str, Any]
_ODDS: Final = "held to expiry; lognormal, no drift, the chain's volatility at each break-even, calendar minutes"


def odds_and_ladder(ahead: Outlook) -> Json:
    """What the plan wins if held to expiry: how likely, and how much at prices of the underlying, now and then."""
    if not ahead.ladder:
        return {}
    return {
        "probability_of_profit": None if ahead.odds is None else round(ahead.odds, 4),
        "probability_basis": _ODDS,
        "ladder": [_rung(one) for one in ahead.ladder],
    }


def _rung(one: Rung) -> Json:
    return {"spot": rendering.text(one.spot), "now": rendering.text(one.now), "expiry": rendering.text(one.expiry)}


def standing(plan: StandingPlan | None) -> Json:
    """A standing plan: what is armed, until when, and its bounds."""
    if plan is None:
        return {}
    return {
        "standing": {
            "plan_id": plan.plan_id,
            "strategy": plan.strategy,
            "until": rendering.utc(plan.until),
            "worst_price": rendering.text(plan.worst_price),
            "worst_loss": rendering.text(plan.worst_loss),
            "quantity": rendering.text(plan.quantity),
            "text": plan.text,
        }
    }


def execution(found: ExecutionQuality | None) -> Json | None:
    """How well an order was worked."""
    if found is None:
        return None
    return {
        "arrival_mid": rendering.text(found.arrival_mid),
        "arrival_spread": rendering.text(found.arrival_spread),
        "average_price": rendering.text(found.average_price),
        "slippage": rendering.text(found.slippage),
        "spread_fraction": rendering.text(found.spread_fraction),
        "seconds": rendering.text(found.seconds),
        "price_steps": found.steps,
    }
