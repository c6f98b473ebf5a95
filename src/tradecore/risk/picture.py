"""The frozen picture a verdict is made on: one order, the market it was seen in, and everything the account holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tradecore.model.instruments import Instrument
from tradecore.model.market import MarketView
from tradecore.model.money import ZERO, Money
from tradecore.model.plans import PlannedOrder
from tradecore.model.positions import Position
from tradecore.model.sessions import Session
from tradecore.model.terms import Leg
from tradecore.risk.limits import Limits


class TradingState(StrEnum):
    """What the desk lets through: everything, only orders that lower risk, or only cancels."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExposure:
    """One open group: its holdings, the most it can lose and what its stop plans to lose (None: unbounded)."""

    label: str
    strategy: str
    underlying: str
    holdings: tuple[Position, ...]
    worst_loss: Money | None
    planned_loss: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingExposure:
    """An opening order that is reserved, working or unknown: the part that may still fill."""

    client_order_id: str
    group: str
    strategy: str
    underlying: str
    legs: tuple[Leg, ...]
    quantity: Decimal
    worst_loss: Money | None
    planned_loss: Money
    is_unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """When something was opened or asked for, for duplicate, pace and cool-down rules."""

    at: datetime
    strategy: str
    underlying: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExposure:
    """
    Everything the account already has, by the desk's own books.

    `closing_legs` are the legs of exits at the venue with their order ids, `unknown_exits` the underlying and order id
    of exits whose outcome is not known. `locks` are instruments whose books differ from the broker's, and
    `stopped_strategies` those that repeated themselves, each with the reason; `held_cost` is what was paid for all
    that is held, `lotto_premium` what today's lottos cost, working ones at their worst price.
    """

    equity_at_open: Money
    high_water: Money
    realised_today: Money
    fees_today: Money
    realised_this_week: Money
    groups: tuple[GroupExposure, ...] = ()
    working: tuple[WorkingExposure, ...] = ()
    trades_today: Mapping[str, int]
    consecutive_losses: int = 0
    last_loss_at: datetime | None = None
    last_stop_at: Mapping[str, datetime]
    intents: tuple[OpenIntent, ...] = ()
    closing_legs: tuple[tuple[Leg, str], ...] = ()
    unknown_exits: tuple[tuple[str, str], ...] = ()
    locks: Mapping[str, str] = field(default_factory=dict)
    stopped_strategies: Mapping[str, str] = field(default_factory=dict)
    held_cost: Money = ZERO
    lotto_premium: Money = ZERO

    @property
    def loss_today(self) -> Money:
        """Realised loss plus fees; realised gains give nothing back to the budget."""
        return (-self.realised_today).at_least_zero() + self.fees_today

    def committed(self) -> Money | None:
        """Worst-case loss of positions, working and unknown orders; None when unbounded."""
        total = ZERO
        for loss in self.worst_losses():
            if loss is None:
                return None
            total += loss
        return total

    def worst_losses(self, underlying: str | None = None) -> list[Money | None]:
        """Worst case of each open group and working order, of one underlying if named."""
        groups = [(g.underlying, g.worst_loss) for g in self.groups]
        working = [(w.underlying, w.worst_loss) for w in self.working]
        return [loss for owner, loss in (*groups, *working) if underlying in (None, owner)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPicture:
    """
    All that the checks may look at. `worst_loss` and `planned_loss` are the order's own, fees included.

    `in_place_of` is when the opening that this order takes the place of was confirmed; None where it replaces none.
    """

    now: datetime
    session: Session | None
    today: date
    state: TradingState
    state_reason: str
    limits: Limits
    order: PlannedOrder
    worst_loss: Money | None
    planned_loss: Money
    cost: Money
    view: MarketView
    exposure: AccountExposure
    in_place_of: datetime | None = None

    @property
    def direction(self) -> str:
        """Whether the order gains when the underlying rises, falls, or neither (by its first leg's structure)."""
        return direction_of(self.order.legs)


def direction_of(legs: tuple[Leg, ...]) -> str:
    """`long <right>` or the like for one leg, `combo` for several: the key of the duplicate rule."""
    if len(legs) > 1:
        return "combo"
    instrument: Instrument = legs[0].instrument
    kind = getattr(instrument, "right", None)
    return f"{legs[0].side} {kind}" if kind else str(legs[0].side)
