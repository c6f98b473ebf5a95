"""A slice of the campaign of the kill switch, and bugs that it must catch."""

from typing import Any

import pytest
from tests.campaigns import kill_switch

from adapters.system.stop_file import StopFile
from tradecore.desk import exits, folding
from tradecore.desk.desk import Desk
from tradecore.desk.images import StandingImage
from tradecore.desk.latches import Latch
from tradecore.desk.state import DeskState
from tradecore.model.orders import Role
from tradecore.usecases import kill_switch as switch


def test_nothing_takes_risk_after_the_kill_switch() -> None:
    shares = [kill_switch.run(seed, 20) for seed in (1, 2)]
    assert [share.failures for share in shares] == [[], []]
    assert sum(share.tried for share in shares) == 40
    kinds = shares[0].kinds + shares[1].kinds
    assert {*kill_switch.WAYS, "entry accepted", "entry pending_cancel", "held", "desk down"} <= set(kinds)
    assert kinds["orders"] > 25
    assert kinds["lives"] > 4


def always(_self: Desk, _order_id: str) -> bool:
    return True


def forgets(state: DeskState, image: StandingImage) -> None:
    FOLD(state, image)
    state.latches.pop(Latch.KILL_SWITCH, None)


def spares_entries(state: DeskState, group: Any, roles: tuple[Role, ...]) -> list[Any]:
    return [] if roles == (Role.ENTRY,) else CANCEL_LIVE(state, group, roles)


async def clears_first(floor: Any, principal: str, **wish: Any) -> Any:
    """The request to stop is taken away before the journal remembers it."""
    floor.stop_signal.clear()
    return await ENGAGE(floor, principal, **wish)


FOLD, CANCEL_LIVE, ENGAGE = folding._fold_standing, exits._cancel_live, switch._engage
BUGS: dict[str, tuple[Any, str, Any]] = {
    "the last hop does not look": (Desk, "may_still_send", always),
    "a restart forgets it": (folding, "_fold_standing", forgets),
    "entries go on working": (exits, "_cancel_live", spares_entries),
    "the request is taken away too soon": (switch, "_engage", clears_first),
    "the request is not read": (StopFile, "requested", lambda _: None),
    "what is held is not sold": (exits, "close_group", lambda *_: []),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken)
    assert any(kill_switch.run(seed, 10).failed for seed in range(1, 120))
