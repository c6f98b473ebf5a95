"""The kept chain: what it shows when polls fail, halve or end, when quotes stream, and when the day is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from adapters.memory.chain_store import MemoryChainStore
from adapters.memory.market import MemoryMarket
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.errors import Unavailable
from tradecore.market_board import MarketBoard
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument, OptionContract, Right
from tradecore.model.market import Quote
from tradecore.model.sessions import session_on
from tradecore.ports.chain_store import ChainStore
from tradecore.ports.quote_wishes import QuoteWishes
from tradecore.testing.builders import SPY, TODAY, a_contract, a_quote, at
from tradecore.usecases.chain_keeping import ChainKeeper
from tradecore.usecases.chain_status import chain_window

STRIKES = tuple(range(660, 680))


class _Market(MemoryMarket):
    """Every strike quoted afresh at each poll, until it is told to fail or to show fewer."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.strikes: Sequence[int] = STRIKES
        self.failure: Exception | None = None
        self.polls = 0
        self.bid = 100
        self.takes_s = 0.0

    async def quote(self, instrument: Instrument) -> Quote | None:
        if self.failure is not None:
            raise self.failure
        return a_quote(SPY, "669.99", "670.01", now=self.clock.now()) if instrument == SPY else None

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        self.polls += 1
        await asyncio.sleep(self.takes_s)
        if not self.strikes:
            return None
        contracts = tuple(a_contract(str(k), right, expiry) for right in (Right.CALL, Right.PUT) for k in self.strikes)
        bid, ones, now = np.full(len(contracts), self.bid), np.ones(len(contracts), dtype=np.int64), self.clock.now()
        return OptionChain(underlying, expiry, contracts, bid, bid + 2, ones, ones, now, now, "test")


class _Wishes(QuoteWishes):
    def __init__(self) -> None:
        self.last: list[OptionContract] = []

    def want_quotes(self, contracts: Sequence[OptionContract]) -> None:
        self.last = list(contracts)


class _Broken(MemoryChainStore):
    async def publish(self, *_: Any) -> None:
        raise Unavailable("Redis: gone")

    async def forget(self, *_: Any) -> None:
        raise Unavailable("Redis: gone")


class Scene:
    """A keeper on virtual time, its market, its board and its store."""

    def __init__(self, loop: VirtualTimeLoop, begins: datetime, store: ChainStore | None, every_s: float) -> None:
        self.clock = VirtualClock(loop, begins)
        self.timers = LoopTimers(self.clock)
        self.market = _Market(self.clock)
        self.board = MarketBoard()
        self.wishes = _Wishes()
        self.store = store or MemoryChainStore(loop.time)
        self.keeper = ChainKeeper(
            underlying=SPY,
            market=self.market,
            board=self.board,
            clock=self.clock,
            timers=self.timers,
            every=timedelta(seconds=every_s),
            wishes=self.wishes,
            store=self.store,
        )

    async def later(self, seconds: float) -> None:
        await self.timers.sleep_until(self.clock.now() + timedelta(seconds=seconds))

    def stream(self, contract: OptionContract, bid: str, ask: str) -> None:
        self.board.put_quote(a_quote(contract, bid, ask, now=self.clock.now()))

    def row(self, contract: OptionContract) -> int:
        shown = self.board.completed("SPY")
        assert shown is not None
        return shown.columns.rows[contract.symbol]


def keeping(
    story: Callable[[Scene], Awaitable[None]],
    begins: str = "10:00",
    day: date = TODAY,
    store: ChainStore | None = None,
    every_s: float = 1.0,
) -> None:
    loop = VirtualTimeLoop()

    async def told() -> None:
        scene = Scene(loop, at(begins, day), store, every_s)
        works = [asyncio.ensure_future(work()) for work in scene.keeper.works]
        try:
            await story(scene)
            assert not [work for work in works if work.done()], "a work ended"
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(told())


def test_the_chain_is_polled_completed_shown_and_published_every_second() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.01)
        first = scene.board.completed("SPY")
        assert first is not None, "the first chain is there at once"
        assert np.isfinite(first.iv).sum() > 0
        await scene.later(10)
        assert scene.market.polls == 11
        shown = scene.board.completed("SPY")
        assert shown is not None
        assert shown.age_s(scene.clock.now()) < 1.01
        assert scene.board.chain("SPY") is shown.chain
        published = await scene.store.newest("SPY")
        assert published is not None
        assert published["spot"] == 670.0
        assert len(published["iv"]) == len(published["symbol"]) == 40
        status = scene.keeper.status()
        assert (status.state, status.contracts, status.store, status.failed_polls) == ("polling", 40, "ok", 0)
        assert status.published >= 11

    keeping(story)


@pytest.mark.parametrize(("takes_s", "polls"), [(0.5, 11), (0.9, 9), (2.0, 5)])
def test_polls_begin_a_second_apart_however_long_one_takes_and_leave_a_breath(takes_s: float, polls: int) -> None:
    """Of 10 s: one each second; 0.9 + 0.25 s apart; 2.25 s apart."""

    async def story(scene: Scene) -> None:
        scene.market.takes_s = takes_s
        await scene.later(10.01)
        assert scene.market.polls == polls

    keeping(story)


def test_a_streamed_quote_shows_within_a_quarter_of_a_second_and_the_next_poll_does_not_undo_it() -> None:
    call = a_contract("674")

    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.stream(call, "1.50", "1.52")
        await scene.later(0.26)
        shown = scene.board.completed("SPY")
        assert shown is not None
        row = scene.row(call)
        assert (shown.chain.bid_cents[row], shown.chain.ask_cents[row]) == (150, 152)
        assert scene.keeper.status().state == "streaming"
        before, iv = shown, float(shown.iv[row])
        scene.market.chain = _older(scene)  # type: ignore[method-assign]
        await scene.later(1.5)
        shown = scene.board.completed("SPY")
        assert shown is not None
        assert shown.chain.bid_cents[scene.row(call)] == 150, "the poll's row is older than the streamed one"
        assert shown.chain.quote(scene.row(call)).at > shown.chain.quote(0).at
        assert (before.chain.bid_cents[row], float(before.iv[row])) == (150, iv), "what was given out stays as it was"

    keeping(story)


def _older(scene: Scene) -> Any:
    usual, behind = scene.market.chain, timedelta(seconds=3)

    async def chain(underlying: str, expiry: date) -> OptionChain | None:
        found = await usual(underlying, expiry)
        assert found is not None
        return OptionChain(
            "SPY", expiry, found.contracts, found.bid_cents, found.ask_cents, found.bid_size, found.ask_size,
            found.at - behind, found.at, "test",
        )  # fmt: skip

    return chain


def test_when_the_stream_dies_polling_goes_on_and_the_state_says_so() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.stream(a_contract("674"), "1.50", "1.52")
        await scene.later(1)
        assert scene.keeper.status().state == "streaming"
        await scene.later(5)
        scene.market.bid = 130
        await scene.later(1.3)
        assert scene.keeper.status().state == "polling"
        shown = scene.board.completed("SPY")
        assert shown is not None
        assert set(shown.chain.bid_cents.tolist()) == {130}

    keeping(story)


@pytest.mark.parametrize("failure", [Unavailable("no connection"), TimeoutError()])
def test_a_failing_source_is_asked_less_and_less_often_and_the_last_chain_ages(failure: Exception) -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.market.failure = failure
        await scene.later(60)
        status = scene.keeper.status()
        assert status.state == "failing"
        assert status.problem
        assert 5 <= status.failed_polls <= 10
        assert status.chain_age_s is not None
        assert status.chain_age_s > 59
        scene.market.failure = None
        await scene.later(16)
        status = scene.keeper.status()
        assert (status.state, status.problem) == ("polling", None)
        assert status.chain_age_s is not None
        assert status.chain_age_s < 1.1

    keeping(story)


def test_half_a_chain_is_not_taken_for_a_whole_one_until_it_comes_three_times() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.market.strikes = STRIKES[:4]
        await scene.later(1)
        status = scene.keeper.status()
        assert (status.contracts, status.state) == (40, "failing")
        assert status.problem == "only 8 of 40 contracts came"
        await scene.later(10)
        assert scene.keeper.status().contracts == 8

    keeping(story)


def test_an_empty_chain_leaves_the_last_one_and_says_so() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.market.strikes = ()
        await scene.later(1)
        status = scene.keeper.status()
        assert (status.contracts, status.problem) == (40, "there is no chain of today")

    keeping(story)


def test_a_contract_that_vanished_is_gone_and_counted_and_its_late_quote_is_nobody_s() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.market.strikes = STRIKES[1:]
        await scene.later(1)
        scene.stream(a_contract("660"), "9.00", "9.10")
        await scene.later(1)
        status = scene.keeper.status()
        assert (status.contracts, status.vanished, status.streamed) == (38, 2, 0)

    keeping(story)


def test_stopping_ends_the_chain_for_today_only_and_touches_no_other_quote() -> None:
    held = a_contract("674")

    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        scene.stream(held, "1.50", "1.52")
        scene.keeper.stop()
        await scene.later(3)
        polls = scene.market.polls
        assert scene.keeper.status().state == "stopped"
        assert scene.board.completed("SPY") is None
        assert await scene.store.newest("SPY") is None
        scene.stream(held, "1.40", "1.42")
        quote = scene.board.quote(held)
        assert quote is not None
        assert str(quote.bid) == "1.40", "what is held is quoted whether the chain is kept or not"
        assert scene.market.polls == polls
        scene.keeper.start()
        await scene.later(2)
        assert scene.keeper.status().state == "polling"
        scene.keeper.stop()
        tomorrow = session_on(TODAY)
        assert tomorrow is not None
        await scene.timers.sleep_until(tomorrow.opens)
        assert scene.keeper.status().state == "polling", "the next day begins by itself"

    keeping(story, begins="16:10", day=date(2026, 11, 19), every_s=60)


def test_a_chain_that_was_stopped_while_its_answer_was_under_way_does_not_come_back() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(0.5)
        usual = scene.market.chain

        async def slow(underlying: str, expiry: date) -> OptionChain | None:
            await scene.later(1)
            return await usual(underlying, expiry)

        scene.market.chain = slow  # type: ignore[method-assign]
        await scene.later(1)
        scene.keeper.stop()
        await scene.later(5)
        assert scene.board.completed("SPY") is None

    keeping(story)


def test_it_begins_before_the_open_and_the_chain_expires_at_a_quarter_past_four() -> None:
    async def story(scene: Scene) -> None:
        assert scene.keeper.status().begins_at == at("09:20")
        await scene.timers.sleep_until(at("09:19:59"))
        assert scene.keeper.status().state == "closed"
        await scene.timers.sleep_until(at("09:21:30"))
        assert scene.keeper.status().contracts == 40
        await scene.timers.sleep_until(at("16:14:50"))
        status = scene.keeper.status()
        assert (status.contracts, status.minutes_to_expiry, status.identified) == (40, 0.0, 0)
        await scene.timers.sleep_until(at("16:16"))
        assert scene.board.chain("SPY") is None
        assert await scene.store.newest("SPY") is None
        assert scene.keeper.status().state == "closed"

    keeping(story, begins="08:00", every_s=60)


def test_on_a_half_day_the_chain_ends_fifteen_minutes_after_the_early_close() -> None:
    half, full = session_on(date(2026, 11, 27)), session_on(TODAY)
    assert half is not None
    assert full is not None
    assert chain_window(half, time(16, 15))[1] == at("13:15", half.day)
    assert chain_window(half, time(13, 5))[1] == at("13:05", half.day)
    assert chain_window(full, time(16, 15))[1] == at("16:15")


def test_a_store_that_is_gone_is_told_and_holds_up_nothing() -> None:
    async def story(scene: Scene) -> None:
        await scene.later(5.5)
        status = scene.keeper.status()
        assert (status.state, status.store, status.published) == ("polling", "Redis: gone", 0)
        assert status.chain_age_s is not None
        assert status.chain_age_s < 1.01

    keeping(story, store=_Broken(lambda: 0.0))


def test_the_contracts_nearest_the_money_are_wished_for_and_never_too_many() -> None:
    async def story(scene: Scene) -> None:
        scene.market.strikes = tuple(range(600, 740))
        await scene.later(0.5)
        assert len(scene.wishes.last) == 60
        assert max(abs(float(contract.strike) - 670) for contract in scene.wishes.last) <= 15
        assert scene.wishes.last[-1].strike == 670, "the nearest is the latest wish"

    keeping(story)


def test_a_quote_that_nobody_can_read_does_not_reach_who_brought_it() -> None:
    """Who feeds the board also guards positions; the fault ends the keeper's own work, which begins anew."""
    loop = VirtualTimeLoop()

    async def told() -> None:
        scene = Scene(loop, at("10:00"), None, 1.0)
        await scene.keeper.poll()
        odd = replace(a_quote(a_contract("674"), now=scene.clock.now() + timedelta(seconds=1)), bid=Decimal("NaN"))
        scene.board.put_quote(odd)
        assert scene.board.quote(a_contract("674")) is odd
        with pytest.raises(ValueError, match="NaN"):
            scene.keeper.complete()
        assert scene.keeper.complete() is not None, "the next time it goes on"

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(told())
