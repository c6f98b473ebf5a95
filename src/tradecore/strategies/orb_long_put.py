"""orb_long_put: buy a same-day put when the underlying closes below its opening range."""

from typing import Any, ClassVar

from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal
from tradecore.strategies.opening_range_breakout import BreakoutParameters, propose_breakout
from tradecore.strategies.strategy import Strategy, StrategyFacts


class OrbLongPut(Strategy):
    """Opening-range breakout, long put."""

    name: ClassVar[str] = "orb_long_put"
    summary: ClassVar[str] = "Buy a same-day put on a one-minute close below the 15-minute opening range."
    Parameters: ClassVar[type] = BreakoutParameters

    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """The put nearest the asked delta, with stop, target and the reason in the data."""
        return propose_breakout(facts, parameters, Right.PUT, self.name)
