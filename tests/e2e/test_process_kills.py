"""Slices of the campaigns that kill real desks, and bugs that they must catch."""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.campaigns.boundary_kills import ScriptedSession
from tests.campaigns.dying_desk import HALF, KILLED
from tests.campaigns.process_kills import Scene
from tests.campaigns.real_desk import RealDesk, simulator, soon
from tests.campaigns.swallowing_proxy import SwallowingProxy
from tests.e2e.planted_desk import BUGS


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that outlives every desk here; each test has an account of its own there."""
    with simulator(tmp_path_factory.mktemp("broker"), seed=1) as url:
        yield url


def test_a_desk_that_is_killed_at_work_is_whole_again(tmp_path: Path, broker: str) -> None:
    with SwallowingProxy(int(broker.rpartition(":")[2])) as wire:
        scene = Scene(RealDesk(tmp_path, broker, wire=wire.url, account="busy"), wire, Random(1))
        try:
            scene.begin()
            for blow in ("killed", "half open, then killed"):
                assert scene.strike(blow).wrong == []
        finally:
            scene.end()


def test_a_desk_that_dies_at_a_call_or_loses_its_disk_is_whole_again(tmp_path: Path, broker: str) -> None:
    session = ScriptedSession(tmp_path, broker)
    try:
        session.begin(5, HALF)
        assert session.die(5, HALF, (2, "ENOSPC")).wrong == []
        assert session.die(2, "ENOSPC", (0, KILLED)).wrong == []
    finally:
        session.desk.kill()


CAUGHT_BY = {
    "it never compares its books": "a restart that needs hands",
    "it watches no stop": "and is held",
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_campaigns_find_planted_bugs(bug: str, tmp_path: Path, broker: str) -> None:
    desk = RealDesk(tmp_path, broker, account=bug.replace(" ", "-"))
    desk.stands_within_s, desk.agrees_within_s = 10.0, 3.0
    try:
        found = life_and_restart(desk, (sys.executable, "-m", "tests.e2e.planted_desk", bug))
        assert any(CAUGHT_BY[bug] in each for each in found), found
    finally:
        desk.kill()


def life_and_restart(desk: RealDesk, program: tuple[str, ...]) -> list[str]:
    """
    What is wrong with a desk that buys, is killed and started again.

    Its stops are near enough to be passed, one by the spread alone and one by the market, whichever way that goes.
    """
    desk.start(program)
    if desk.back() is None:
        return ["a restart that needs hands"]
    for strategy in ("orb_long_call", "orb_long_put"):
        shown = desk.call(strategy, contracts=1, stop_pct=1)
        assert shown is not None
        desk.call("confirm_order", confirm_token=shown["confirm_token"])
    assert soon(lambda: bool(desk.held()), 10.0)
    desk.kill()
    desk.start(program)
    assert desk.back() is not None
    return next((wrong for wrong in (desk.whole() for _ in range(20)) if wrong), [])
