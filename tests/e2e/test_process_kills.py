"""Slices of the campaigns that kill real desks, and bugs that they must catch."""

import sys
import time
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


_STOP_IS_PASSED_WITHIN_S = 90.0
CAUGHT_BY = {
    "it never compares its books": ("a restart that needs hands",),
    # Whichever comes first: the price beyond the stop, or the desk's own second look at what nobody watches.
    "it watches no stop": ("and is held", "not protected"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_campaigns_find_planted_bugs(bug: str, tmp_path: Path, broker: str) -> None:
    desk = RealDesk(tmp_path, broker, account=bug.replace(" ", "-"))
    desk.stands_within_s, desk.agrees_within_s = 10.0, 3.0
    try:
        found = life_and_restart(desk, (sys.executable, "-m", "tests.e2e.planted_desk", bug))
        assert any(symptom in each for each in found for symptom in CAUGHT_BY[bug]), found
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
    # A price that passed a stop comes back before long; a desk that watches would have sold within a second.
    desk.agrees_within_s = 1.0
    deadline = time.monotonic() + _STOP_IS_PASSED_WITHIN_S
    while not (wrong := desk.whole()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return wrong
