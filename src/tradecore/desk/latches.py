"""
Latches: what keeps the desk from taking risk, each by its own cause and released by its own.

The trading state follows from them: HALTED while the operator halted the desk, else REDUCING while any holds.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tradecore.risk.picture import TradingState


class Latch(StrEnum):
    """
    Causes, in the order in which they are named to a person.

    HALT, WEEKLY_LOSS and DRAWDOWN are released by the operator; KILL_SWITCH by a confirmed lift (in live mode the
    operator); DAILY_LOSS with its day; STARTING, UNPROTECTED and BOOKS when what they stand for is over.
    """

    HALT = "halt"
    KILL_SWITCH = "kill_switch"
    DAILY_LOSS = "daily_loss"
    WEEKLY_LOSS = "weekly_loss"
    DRAWDOWN = "drawdown"
    UNPROTECTED = "unprotected"
    BOOKS = "books"
    STARTING = "starting"


OPERATORS: Final = (Latch.HALT, Latch.KILL_SWITCH, Latch.WEEKLY_LOSS, Latch.DRAWDOWN)


def trading_state(latches: Mapping[Latch, str]) -> TradingState:
    """What the latches let through."""
    if Latch.HALT in latches:
        return TradingState.HALTED
    return TradingState.REDUCING if latches else TradingState.ACTIVE


def trading_reason(latches: Mapping[Latch, str]) -> str:
    """The first cause, in a few words."""
    return next((latches[latch] for latch in Latch if latch in latches), "open for business")
