"""Planted bugs of caps and exits: what counts toward a limit, how much is closed, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.planting import Planted, replaced

from tradecore.desk import redemption
from tradecore.desk.decisions import Action, TicketKind
from tradecore.desk.external import EXTERNAL
from tradecore.desk.groups import Group
from tradecore.desk.state import DeskState
from tradecore.model.account import AccountSnapshot
from tradecore.model.money import ZERO, Money
from tradecore.model.orders import Order
from tradecore.risk.outcome import passed
from tradecore.risk.picture import AccountExposure, RiskPicture
from tradecore.risk.verdict import CheckResult
from tradecore.usecases import views
from tradecore.usecases.floor import TradingFloor

_exposure = DeskState.exposure
_account = views.account_if_known
_EXPOSURE: Final = "tradecore.desk.state.DeskState.exposure"
_LOOKED_UP_EVERY: Final = 20


@contextmanager
def _looks_up_now_and_then() -> Iterator[None]:
    """Exposure and balances are kept for the next nineteen questions."""
    kept: dict[str, Any] = {}
    asked = {"exposure": 0, "account": 0}

    def exposure(self: DeskState, without: str | None = None) -> AccountExposure:
        asked["exposure"] += 1
        if asked["exposure"] % _LOOKED_UP_EVERY == 1:
            kept["exposure"] = _exposure(self, without)
        found: AccountExposure = kept["exposure"]
        return found

    async def account(floor: TradingFloor) -> AccountSnapshot | None:
        asked["account"] += 1
        if asked["account"] % _LOOKED_UP_EVERY == 1:
            kept["account"] = await _account(floor)
        found: AccountSnapshot | None = kept["account"]
        return found

    with patch.object(DeskState, "exposure", exposure), patch.object(views, "account_if_known", account):
        yield


def _has_lost_nothing(_: RiskPicture) -> Money:
    return ZERO


def _counts_only_what_is_held(self: DeskState, without: str | None = None) -> AccountExposure:
    return replace(_exposure(self, without), working=())


def _forgets_the_unknown(self: DeskState, without: str | None = None) -> AccountExposure:
    found = _exposure(self, without)
    return replace(found, working=tuple(one for one in found.working if not one.is_unknown), unknown_exits=())


def _counts_only_its_own(self: DeskState, without: str | None = None) -> AccountExposure:
    found = _exposure(self, without)
    return replace(found, groups=tuple(one for one in found.groups if one.strategy != EXTERNAL))


def _counts_no_leaving(self: DeskState, without: str | None = None) -> AccountExposure:
    leaving = {group.label for group in self.open_groups if group.closing is not None}
    found = _exposure(self, without)
    return replace(found, groups=tuple(one for one in found.groups if one.label not in leaving))


def _passes(_: RiskPicture) -> CheckResult:
    return passed("unknown_orders", "none", "none")


def _closes_all_that_was_planned(self: Group) -> Decimal:
    return self.plan.quantity if self.is_open else Decimal(0)


async def _watches_nothing(*_: Any) -> None:
    return


def _fills_count_from_the_slowest_leg(self: Order) -> Decimal:
    return self.cumulative_quantity


@contextmanager
def _a_second_exit_may_start() -> Iterator[None]:
    """Closing looks only at what is held, not at what is being closed already."""
    trigger, redeem = redemption._redeem_close, redemption._REDEEMERS

    def close(state: DeskState, ticket: Any, command: Any) -> Any:
        for group in state.open_groups:
            group.closing = None
        return trigger(state, ticket, command)

    with (
        patch.dict(redeem, {TicketKind.CLOSE: close}),
        patch("tradecore.desk.exits._cancel_live", _withdraws_nothing_of),
    ):
        yield


def _withdraws_nothing_of(_state: DeskState, _group: Group, _roles: Any) -> list[Action]:
    return []


RISK: Final[dict[str, Planted]] = {
    "stale cap": _looks_up_now_and_then,
    "the day's losses do not count": replaced("tradecore.risk.checks_exposure.loss_so_far", by=_has_lost_nothing),
    "working orders do not count": replaced(_EXPOSURE, by=_counts_only_what_is_held),
    "an unknown order releases its reservation": replaced(_EXPOSURE, by=_forgets_the_unknown),
    "what others hold does not count": replaced(_EXPOSURE, by=_counts_only_its_own),
    "what is being closed does not count": replaced(_EXPOSURE, by=_counts_no_leaving),
    "unknown orders block nothing": lambda: patch.dict("tradecore.risk.gate.CHECKS", {"unknown_orders": _passes}),
    "torn legs bought again": replaced(
        "tradecore.model.orders.Order.begun_quantity", by=property(_fills_count_from_the_slowest_leg)
    ),
    "exits sized by the plan, not by the fill": replaced(
        "tradecore.desk.groups.Group.open_units", by=_closes_all_that_was_planned
    ),
    "stops never fire": replaced("tradecore.usecases.protecting.ProtectionWatch.look", by=_watches_nothing),
    "two exits of one holding": _a_second_exit_may_start,
}
