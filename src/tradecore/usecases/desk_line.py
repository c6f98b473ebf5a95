"""The desk in one line, for every answer: what it is, what state it is in, how the day goes, how fresh its data are."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.model.money import Money
from tradecore.risk.picture import TradingState
from tradecore.usecases.day_result import day_pnl
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.results import budget_left
from tradecore.usecases.updates import Update

_RECENT_S: Final = Decimal(60)
_RECENT: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLine:
    """Where the desk stands at `now` (UTC); None where a price or limit is missing."""

    mode: str
    account: str
    state: TradingState
    now: datetime
    day_pnl: Money | None
    budget_left: Money | None
    data_age_s: Decimal | None
    recent: tuple[Update, ...]


def desk_line(floor: TradingFloor) -> DeskLine:
    """The desk now, from what it knows already: asks no port."""
    now = floor.clock.now()
    quote = floor.board.quote(floor.underlying)
    age = None if quote is None else max(Decimal(f"{(now - quote.received_at).total_seconds():.3f}"), Decimal(0))
    opening = floor.desk.opening
    return DeskLine(
        mode=opening.mode,
        account=opening.account,
        state=TradingState.HALTED if floor.halted else floor.desk.trading[0],
        now=now,
        day_pnl=day_pnl(floor.desk, floor.board),
        budget_left=budget_left(floor.desk),
        data_age_s=age,
        recent=floor.updates.recent(now, opening.reading_time(_RECENT_S), _RECENT),
    )
