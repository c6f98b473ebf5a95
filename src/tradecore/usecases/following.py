"""Following the desk: what happened after a cursor, waiting a while for it."""

from decimal import Decimal
from typing import Final

from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.updates import Missed

_AT_ONCE: Final = 100
_SHOWN_AT_FIRST: Final = 10


async def wait_for_updates(floor: TradingFloor, cursor: str | None, seconds: Decimal) -> tuple[Missed, int]:
    """
    The updates after `cursor`, and the number of the newest of them; waits up to `seconds` of the reader's clock.

    Without a cursor the newest few are told at once.

    Raises:
        InvalidRequest: It is no cursor of ours.
    """
    log = floor.updates
    number = max(log.newest - _SHOWN_AT_FIRST, 0) if cursor is None else log.number_of(cursor)
    deadline = floor.clock.now() + floor.desk.opening.reading_time(seconds)
    missed = log.after(number, _AT_ONCE)
    while not missed.updates and await floor.changed.wait(deadline):
        missed = log.after(number, _AT_ONCE)
    return missed, missed.updates[-1].number if missed.updates else number
