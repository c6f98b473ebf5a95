"""What a desk can be told of standing plans."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.desk.new_ticket import NewTicket
from tradecore.model.market import NO_VIEW, MarketView
from tradecore.model.plans import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewStanding:
    """
    What arming a strategy would do; `proposal` is what it would trade now.

    Without `until` (UTC) and `worst_price` they are what the limits and the preview say.
    """

    at: datetime
    principal: str
    ticket: NewTicket
    strategy: str
    parameters: tuple[tuple[str, str], ...]
    proposal: Proposal
    until: datetime | None
    worst_price: Decimal | None
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class FirePlan:
    """The signal of an armed plan came, with this proposal; None: its time is over."""

    at: datetime
    plan_id: str
    proposal: Proposal | None
    view: MarketView = NO_VIEW
