"""orb_long_call: buy a same-day call when the underlying closes above its opening range."""

from typing import Any, ClassVar

from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal
from tradecore.strategies.opening_range_breakout import BreakoutParameters, propose_breakout
from tradecore.strategies.strategy import Strategy, StrategyFacts


class OrbLongCall(Strategy):
    """Opening-range breakout, long call."""

    name: ClassVar[str] = "orb_long_call"
    summary: ClassVar[str] = "Buy a same-day call on a one-minute close above the 15-minute opening range."
    Parameters: ClassVar[type] = BreakoutParameters

    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """The call nearest the asked delta, with stop, target and the reason in the data."""
        return propose_breakout(facts, parameters, Right.CALL, self.name)
