"""How many requests and wrong keys the door bears; each test has its own desk or its own clock."""

import tracemalloc
from collections.abc import Iterator

import pytest
from tests.unit.entrypoints.http_server.running_desk import KEY, OTHER_KEY, RunningDesk, running_desk

from entrypoints.http_server.allowances import Allowances

WRONG_KEY = "wrong-key-of-the-tests-0123456789abcdef"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("home"), http_requests_per_minute=60) as up:
        yield up


def test_a_thousand_wrong_keys_are_answered_shortly_and_the_right_one_still_opens(
    desk: RunningDesk, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [desk.ask("/tools", key=f"{number:04}-{WRONG_KEY}") for number in range(1_000)]
    statuses = [answer.status for answer in answers]
    # The bucket refills by one every three seconds while this runs.
    assert statuses[:20] == [401] * 20
    assert statuses.count(401) <= 40
    assert statuses.count(401) + statuses.count(429) == 1_000
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer ")
    assert int(answers[-1].headers["Retry-After"]) <= 3
    assert desk.ask("/tools").status == 200
    printed = "".join(capfd.readouterr()).encode()
    assert all(WRONG_KEY.encode() not in text for text in (printed, *(answer.body for answer in answers)))


def test_one_caller_may_ask_so_often_and_the_other_is_not_held_up(desk: RunningDesk) -> None:
    answers = [desk.ask("/tools", key=OTHER_KEY) for _ in range(70)]
    statuses = [answer.status for answer in answers]
    assert statuses[:60] == [200] * 60
    assert statuses[-1] == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert desk.ask("/tools", key=KEY).status == 200


def test_an_allowance_comes_back_with_time() -> None:
    now = [0.0]
    allowances = Allowances(2, lambda: now[0])
    assert [allowances.take("a"), allowances.take("a"), allowances.take("a")] == [0, 0, 30]
    now[0] = 29.0
    assert allowances.take("a") == pytest.approx(1)
    now[0] = 30.0
    assert allowances.take("a") == 0
    now[0] = 1e6
    assert [allowances.take("a") for _ in range(3)] == [0, 0, 30]


def test_a_thousand_addresses_and_a_million_more_take_bounded_memory() -> None:
    allowances = Allowances(20, lambda: 0.0)
    for number in range(2_000):
        allowances.take(f"198.51.{number}")
    tracemalloc.start()
    try:
        for number in range(20_000):
            allowances.take(f"203.0.{number}")
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(allowances) == 1024
    assert grown < 1_000_000


def test_who_keeps_trying_is_not_forgotten_for_newcomers() -> None:
    allowances = Allowances(1, lambda: 0.0)
    allowances.take("stubborn")
    for number in range(5_000):
        allowances.take(f"newcomer-{number}")
        assert allowances.take("stubborn") > 0
