"""Planted bugs of a new life: what recovery forgets, and what it does too soon."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.planting import Planted, replaced

from tradecore.desk import folding, images, recovery
from tradecore.desk.commands import Recover
from tradecore.desk.decisions import Action, Decision
from tradecore.desk.groups import Group
from tradecore.desk.images import GroupBirth, GroupImage, ImageTaker
from tradecore.desk.latches import Latch
from tradecore.desk.state import DeskState
from tradecore.model.encoding import Json
from tradecore.model.orders import Order

_group = folding._group
_recover = recovery.recover
_image_of = ImageTaker._group
_take = folding.Folding.take


def _is_known(_: Order) -> bool:
    return False


def _forgets_closings(birth: GroupBirth, image: GroupImage) -> Group:
    return _group(birth, replace(image, closing=None))


def _counts_ids_anew(birth: GroupBirth, image: GroupImage) -> Group:
    return _group(birth, replace(image, sequence=1))


def _trades_at_once(state: DeskState, command: Recover) -> Decision:
    decision = _recover(state, command)
    state.latches.pop(Latch.STARTING, None)
    return decision


def _leaves_entries(_state: DeskState, _group: Group, *, wanted: bool) -> Iterator[Action]:  # noqa: ARG001
    return iter(())


def _leaves_out_bookings(self: ImageTaker, group: Group) -> GroupImage:
    return replace(_image_of(self, group), booked=())


def _keeps_first_orders(self: folding.Folding, after: Json) -> None:
    known = dict(self._orders)
    _take(self, after)
    self._orders |= known


async def _does_nothing(*_: Any) -> None:
    return


def _day_unchanged(_: DeskState) -> images.DayImage | None:
    return None


RESTART: Final[dict[str, Planted]] = {
    "orders on their way at a crash are not unknown": replaced("tradecore.desk.recovery._was_on_its_way", by=_is_known),
    "trading before reconciling": lambda: patch.dict("tradecore.desk.desk._HANDLERS", {Recover: _trades_at_once}),
    "the closing under way is forgotten": replaced("tradecore.desk.folding._group", by=_forgets_closings),
    "the closing under way is not resumed": replaced("tradecore.usecases.recovering.chase_exit", by=_does_nothing),
    "order ids begin anew": replaced("tradecore.desk.folding._group", by=_counts_ids_anew),
    "entries of before a crash work on": replaced("tradecore.desk.recovery._end_entry", by=_leaves_entries),
    "bookings left out of the journal": replaced("tradecore.desk.images.ImageTaker._group", by=_leaves_out_bookings),
    "the first image of an order stands": replaced("tradecore.desk.folding.Folding.take", by=_keeps_first_orders),
    "the day's counters left out of the journal": replaced("tradecore.desk.images._day", by=_day_unchanged),
}
