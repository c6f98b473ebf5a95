"""The trading day that every simulated session is a part of, and what its desk is opened with."""

from datetime import date
from functools import cache
from typing import Final

from tests.simulation.options import only_the_loss_caps

from entrypoints.limits_file import shipped_fees
from tradecore.desk.opening import DeskOpening
from tradecore.model.money import usd
from tradecore.model.sessions import Session, session_on

CASH: Final = usd(10_000)
_DAY: Final = date(2026, 11, 20)


@cache
def the_session() -> Session:
    """A full day of the exchange."""
    found = session_on(_DAY)
    assert found is not None
    return found


@cache
def the_opening() -> DeskOpening:
    """A flat account with little money, and only the limits that cap losses."""
    return DeskOpening(
        account="sim",
        mode="simulated",
        day=_DAY,
        equity=CASH,
        limits=only_the_loss_caps(),
        fees=shipped_fees(),
    )
