"""Budgets and breakers, on a clock that is moved by hand."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests.unit.adapters.alpaca.test_prices import NOW, QUOTE, SPY

from adapters.alpaca import guard
from adapters.alpaca.guard import Breaker, Budget
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.prices import read_quote
from tradecore.errors import Unavailable


class Machine:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_third_of_a_minute_s_requests_go_at_once_and_what_would_wait_too_long_does_not_go() -> None:
    machine = Machine()
    budget = Budget("orders", 6, machine)

    async def take(times: int) -> None:
        for _ in range(times):
            await budget.take()

    asyncio.run(take(2))
    with pytest.raises(Unavailable, match="budget for orders is used up for 10 s"):
        asyncio.run(take(1))
    machine.at += 10
    asyncio.run(take(1))
    assert (budget.waited, budget.refused) == (0, 1)


def test_who_leaves_a_part_to_others_can_never_use_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def no_sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(guard, "asyncio", SimpleNamespace(sleep=no_sleep))
    budget = Budget("data", 60, Machine())

    async def greedy() -> int:
        for taken in range(1_000):
            try:
                await budget.take(leaves=0.5)
            except Unavailable:
                return taken
        raise AssertionError("nothing was left to others")

    async def story() -> None:
        taken = await greedy()
        assert 10 <= taken <= 13, "half of the twenty that may go at once, and what is worth waiting for"
        assert max(waits) <= 3
        waits.clear()
        for _ in range(7):
            await budget.take()
        assert waits == [], "what trades waits for nothing"

    asyncio.run(story())


def test_a_service_that_says_it_had_enough_is_left_alone_until_then() -> None:
    machine = Machine()
    budget = Budget("reads", 600, machine)
    budget.close_until(machine.at + 30)
    with pytest.raises(Unavailable, match="for 30 s"):
        asyncio.run(budget.take())
    machine.at += 30
    asyncio.run(budget.take())


def test_a_breaker_opens_after_failures_in_a_row_lets_one_trial_pass_and_waits_longer_each_time() -> None:
    machine = Machine()
    breaker = Breaker("reads", machine, failures=3, first=1, last=4)
    for _ in range(3):
        breaker.check()
        breaker.failed("HTTP 502")
    assert breaker.state.open
    for pause in (1, 2, 4, 4):
        with pytest.raises(Unavailable, match=r"HTTP 502"):
            breaker.check()
        machine.at += pause
        breaker.check()
        with pytest.raises(Unavailable):
            breaker.check()
        breaker.failed("HTTP 502")
    machine.at += 4
    breaker.check()
    breaker.succeeded()
    breaker.check()
    assert (breaker.state.open, breaker.state.opened) == (False, 1)


def test_failures_that_are_not_in_a_row_open_nothing() -> None:
    breaker = Breaker("reads", Machine(), failures=2)
    for _ in range(5):
        breaker.failed("reset")
        breaker.succeeded()
    assert not breaker.state.open


def test_a_slow_reader_sees_the_newest_quote_only_and_what_it_missed_is_counted() -> None:
    live = LiveQuotes(Machine())
    for number in range(100):
        at = NOW + timedelta(milliseconds=number)
        live.put(read_quote(SPY, QUOTE | {"t": at.isoformat(), "bp": 1 + number}, at, "x"), streamed=True)
    quotes, bars = asyncio.run(live.change(0.1))
    assert [quote.bid for quote in quotes] == [100]
    assert (bars, live.conflated) == ((), 99)
    assert asyncio.run(live.change(0)) == ((), ())


def test_a_quote_stands_while_its_stream_is_up_and_only_for_an_instant_otherwise() -> None:
    machine = Machine()
    live = LiveQuotes(machine)
    quote = read_quote(SPY, QUOTE, NOW, "x")
    live.put(quote, streamed=True)
    machine.at += 5
    assert live.standing(SPY) is None
    live.streaming = frozenset({"SPY"})
    assert live.standing(SPY) == quote
    assert live.stalled_for == 5


def test_an_older_quote_never_takes_the_place_of_a_newer_one() -> None:
    live = LiveQuotes(Machine())
    newer = read_quote(SPY, QUOTE, NOW, "x")
    older = read_quote(SPY, QUOTE | {"t": "2026-11-20T14:00:00Z", "bp": 9}, NOW, "x")
    live.put(newer, streamed=True)
    live.put(older, streamed=False)
    assert live.standing(SPY) == newer
