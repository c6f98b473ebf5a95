"""Running a campaign: its shares, its last line, its exit code and what it leaves in a file."""

import json
from pathlib import Path

import pytest
from tests.campaigns import __main__ as running
from tests.campaigns.campaign import Campaign, Share, run_shares


def every_seventh_is_wrong(seed: int, count: int) -> Share:
    share = Share(seed)
    for number in range(count):
        share.count("even" if number % 2 == 0 else "odd", "seven" if seed == 7 else None)
    return share


COINS = Campaign("coins", "coins thrown", "lost", 25, 10, every_seventh_is_wrong)


@pytest.fixture(autouse=True)
def coins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(running.CAMPAIGNS, "coins", COINS)


def test_the_trials_are_shared_out_over_seeds() -> None:
    assert COINS.shares(25, 3) == [(3, 10), (4, 10), (5, 5)]
    assert COINS.shares(20, 1) == [(1, 10), (2, 10)]


def test_a_kept_promise_ends_in_one_line_and_in_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.jsonl"
    assert running.main(["coins", "--jobs", "1", "--results", str(results)]) == 0
    assert capsys.readouterr().out.startswith("coins: 25 coins thrown, 0 lost, seeds 1 to 3, ")
    figure = json.loads(results.read_text())
    assert (figure["tried"], figure["lost"], figure["first_seed"], figure["last_seed"]) == (25, 0, 1, 3)
    assert figure["kinds"] == {"even": 13, "odd": 12}


def test_a_broken_promise_says_how_to_see_it_again_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert running.main(["coins", "--jobs", "1", "--count", "12", "--seed", "6"]) == 1
    told = capsys.readouterr().out
    assert "seed 7: even: seven" in told
    assert "REPRO: nox -s campaigns -- coins --count 2 --seed 7" in told
    assert told.splitlines()[-1].startswith("coins: 12 coins thrown, 2 lost, seeds 6 to 7, ")


NAMED = [
    ("altered-tokens", 40),
    ("journal-mutations", 40),
    ("hostile-client", 60),
    ("kill-switch", 5),
    ("lost-frames", 60),
]


@pytest.mark.parametrize(("name", "size"), NAMED)
def test_two_processes_come_to_the_same_as_one(name: str, size: int) -> None:
    """The same seeds, in other processes with other hash seeds."""
    campaign, shares = running.CAMPAIGNS[name], [(1, size), (2, size)]
    alone = {share.seed: share for share in run_shares(campaign, shares, 1)}
    together = {share.seed: share for share in run_shares(campaign, shares, 2)}
    assert alone == together


@pytest.mark.parametrize("count", ["0", "-1"])
def test_nothing_to_do_is_refused(count: str) -> None:
    with pytest.raises(SystemExit):
        running.main(["coins", "--count", count])
