"""The live feed against a local exchange: whatever goes wrong, who follows ends up with the exchange's own book."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.unit.adapters.binance.stand_in import StandIn, exchange

from adapters.binance.live_feed import LiveFeed, LiveFeedLimits
from adapters.system.time import SystemClock
from tradecore.errors import Unavailable, UnknownInstrument
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState

BTC, ETH = "BTCUSDT", "ETHUSDT"


@dataclass
class Follower:
    """Keeps what was published, and follows it as a worker does."""

    is_away: bool = False
    told: dict[str, list[MarketEvent]] = field(default_factory=lambda: {BTC: [], ETH: []})
    states: dict[str, MarketState] = field(default_factory=lambda: {BTC: MarketState(), ETH: MarketState()})

    async def publish(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        if self.is_away:
            raise Unavailable("no bus")
        self.told[symbol] += events
        for event in events:
            self.states[symbol].take(event)
        self.states[symbol].flush()

    def of(self, kind: type, symbol: str = BTC) -> list[Any]:
        return [event for event in self.told[symbol] if isinstance(event, kind)]

    def has_the_book_of(self, stand_in: StandIn, symbol: str = BTC) -> bool:
        state, book = self.states[symbol], stand_in.books[symbol]
        cents = state.grid.tick // 10**6 if state.grid.tick else 0
        shown = {tick * cents: quantity // 10**5 for tick, quantity in state.book.bids.top(100)}
        return state.sequence.last_id == book.update and shown == book.bids

    def trades(self) -> list[int]:
        return sorted(trade.trade_id for trade in self.of(Trade))


Story = Callable[[StandIn, LiveFeed, Follower], Awaitable[None]]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def running(story: Story, symbols: tuple[str, ...] = (BTC,), **limits: float) -> None:
    async def told() -> None:
        async with exchange() as stand_in:
            where = LiveFeedLimits(streams_url=stand_in.streams_url, rest_url=stand_in.rest_url)
            known = {name: limits.get(name, getattr(where, name)) for name in ("silence_s", "oldest_s")}
            where = LiveFeedLimits(streams_url=stand_in.streams_url, rest_url=stand_in.rest_url, **known)
            feed, follower = LiveFeed(symbols, SystemClock(), lambda: 0.0, where), Follower()
            task = asyncio.create_task(feed.run(follower.publish))
            try:
                await story(stand_in, feed, follower)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    asyncio.run(told())


async def in_step(stand_in: StandIn, follower: Follower, symbol: str = BTC) -> None:
    await until(lambda: bool(stand_in.sockets))
    await stand_in.change(symbol)
    await until(lambda: follower.has_the_book_of(stand_in, symbol))


def test_it_subscribes_to_trades_changes_and_day_tickers_on_one_connection() -> None:
    async def story(stand_in: StandIn, _: LiveFeed, follower: Follower) -> None:
        for symbol in (BTC, ETH):
            await in_step(stand_in, follower, symbol)
            assert isinstance(follower.told[symbol][0], DepthSnapshot)
        names = [f"{pair}@{kind}" for pair in ("btcusdt", "ethusdt") for kind in ("trade", "depth@100ms", "ticker")]
        assert stand_in.paths == [f"/stream?streams={'/'.join(names)}"]
        assert sorted(stand_in.asked) == [BTC, ETH]

    running(story, (BTC, ETH))


def test_changes_follow_the_snapshot_without_a_gap() -> None:
    async def story(stand_in: StandIn, _: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        for _number in range(50):
            await stand_in.change()
            await stand_in.trade()
        await until(lambda: follower.has_the_book_of(stand_in) and len(follower.trades()) == 50)
        last = follower.of(DepthSnapshot)[0].last_id
        for diff in follower.of(DepthDiff):
            assert diff.first_id == last + 1
            last = diff.last_id
        assert stand_in.asked == [BTC]

    running(story)


def test_a_lost_message_is_noticed_by_the_next_and_a_new_snapshot_mends_it() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        await stand_in.change(loses=True)
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert (feed.gaps, feed.resyncs, stand_in.asked) == (1, 1, [BTC, BTC])
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert follower.states[BTC].sequence.in_step

    running(story)


def test_a_snapshot_older_than_the_first_change_is_not_used() -> None:
    async def story(stand_in: StandIn, _: LiveFeed, follower: Follower) -> None:
        old = stand_in.books[BTC].answer() | {"lastUpdateId": 900, "bids": [["5.00000000", "1.00000000"]]}
        stand_in.answers.extend([(200, {}, old)] * 2)
        await in_step(stand_in, follower)
        assert len(stand_in.asked) == 3
        assert follower.of(DepthSnapshot)[0].last_id >= 1_002

    running(story)


def test_after_a_cut_it_connects_again_and_catches_up() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        await stand_in.cut()
        await stand_in.change()
        await until(lambda: len(stand_in.paths) == 2 and bool(stand_in.sockets))
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert feed.counts.connections == 2

    running(story)


@pytest.mark.parametrize("speaks", [False, True])
def test_a_connection_that_tells_nothing_new_is_given_up(speaks: bool) -> None:
    """Whether it says nothing at all, or repeats what was: time is the exchange's."""

    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        stand_in.stopped_at = stand_in.now
        first = stand_in.sockets[0]
        while first in stand_in.sockets:
            if speaks:
                await stand_in.trade()
            await asyncio.sleep(0.02)
        assert feed.counts.connections >= 1
        stand_in.stopped_at = None
        await until(lambda: bool(stand_in.sockets) and first not in stand_in.sockets)
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert feed.why == "fell silent"

    running(story, silence_s=0.4)


def test_an_old_connection_is_replaced_before_it_is_closed() -> None:
    """Nothing is lost or asked for again, and nobody sees it."""

    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        first, both_open, begin = stand_in.sockets[0], 0, stand_in.books[BTC].trades
        while first in stand_in.sockets:
            await stand_in.change()
            await stand_in.trade()
            both_open += len(stand_in.sockets) == 2
            await asyncio.sleep(0.01)
        assert both_open
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        last = stand_in.books[BTC].trades
        await until(lambda: last in follower.trades())
        assert sorted(set(follower.trades())) == list(range(begin + 1, last + 1))
        assert (feed.gaps, stand_in.asked) == (0, [BTC])

    running(story, oldest_s=0.3)


def test_messages_that_come_twice_change_nothing() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        for _ in range(20):
            await stand_in.change(times=2)
            await stand_in.trade(times=2)
        await until(lambda: follower.has_the_book_of(stand_in))
        last = stand_in.books[BTC].trades
        await until(lambda: last in follower.trades())
        assert follower.states[BTC].flow.net(stand_in.now) == 20 * 50_000_000
        assert (feed.gaps, feed.counts.malformed) == (0, 0)

    running(story)


def test_what_can_t_be_read_is_counted_and_skipped() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        await stand_in.say_raw("{")
        await stand_in.say_raw("[]")
        await stand_in.say_raw('{"result":null,"id":1}')
        await stand_in.say(BTC, "trade", {"e": "trade", "s": BTC, "T": 1, "t": 2, "p": "-1", "q": "1", "m": True})
        await stand_in.say(BTC, "trade", {"e": "trade", "s": BTC, "T": 1, "t": 2, "p": 1.5, "q": "1", "m": True})
        await stand_in.say("DOGEUSDT", "trade", {"e": "trade", "s": "DOGEUSDT"})
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert (feed.counts.malformed, feed.gaps, follower.trades()) == (6, 0, [])

    running(story)


def test_a_change_that_can_t_be_read_is_a_gap() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        await stand_in.change(loses=True)
        await stand_in.say(BTC, "depth@100ms", {"e": "depthUpdate", "s": BTC, "U": 1, "u": "x"})
        await stand_in.change()
        await until(lambda: follower.has_the_book_of(stand_in))
        assert (feed.counts.malformed, feed.gaps, feed.resyncs) == (1, 1, 1)

    running(story)


def test_a_pair_that_does_not_exist_is_one_clear_error() -> None:
    async def told() -> None:
        async with exchange() as stand_in:
            limits = LiveFeedLimits(streams_url=stand_in.streams_url, rest_url=stand_in.rest_url)
            feed = LiveFeed((BTC, "NOSUCH"), SystemClock(), lambda: 0.0, limits)
            with pytest.raises(UnknownInstrument, match="no spot pair NOSUCH: Invalid symbol"):
                await asyncio.wait_for(feed.run(Follower().publish), 10)

    asyncio.run(told())


@pytest.mark.parametrize("status", [429, 418])
def test_it_asks_again_no_sooner_than_it_was_told(status: int) -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        stand_in.answers.append((status, {"Retry-After": "1"}, {"code": -1003, "msg": "Too many requests."}))
        await until(lambda: bool(stand_in.sockets))
        await stand_in.change()
        await until(lambda: bool(stand_in.asked))
        began = asyncio.get_running_loop().time()
        await until(lambda: len(stand_in.asked) == 2)
        assert asyncio.get_running_loop().time() - began >= 0.9
        await until(lambda: follower.has_the_book_of(stand_in))
        assert feed.why == f"Binance: no snapshot of BTCUSDT: HTTP {status} Too many requests."

    running(story)


@pytest.mark.parametrize(
    "answer",
    [(500, {}, "<html>"), (200, {}, "{}"), (200, {}, "[]"), (200, {}, {"lastUpdateId": 1, "bids": [["a", "1"]]})],
    ids=str,
)
def test_an_answer_that_can_t_be_read_is_asked_for_again(answer: Any) -> None:
    async def story(stand_in: StandIn, _: LiveFeed, follower: Follower) -> None:
        stand_in.answers.append(answer)
        await in_step(stand_in, follower)
        assert len(stand_in.asked) == 2

    running(story)


def test_what_could_not_be_published_is_made_up_for_by_a_snapshot() -> None:
    async def story(stand_in: StandIn, feed: LiveFeed, follower: Follower) -> None:
        await in_step(stand_in, follower)
        follower.is_away = True
        await stand_in.change()
        await until(lambda: feed.counts.lost_batches > 0)
        follower.is_away = False
        seen = len(follower.told[BTC])
        await stand_in.trade()
        await until(lambda: follower.has_the_book_of(stand_in) and bool(follower.trades()))
        assert isinstance(follower.told[BTC][seen + 1], DepthSnapshot)
        assert stand_in.asked == [BTC]

    running(story)


def test_where_nobody_answers_it_tries_on() -> None:
    async def told() -> None:
        drawn = iter([0.0] * 1_000)
        limits = LiveFeedLimits(streams_url="ws://127.0.0.1:1", rest_url="http://127.0.0.1:1")
        feed = LiveFeed((BTC,), SystemClock(), lambda: next(drawn), limits)
        task = asyncio.create_task(feed.run(Follower().publish))
        await until(lambda: feed.counts.failed_connections >= 3)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert sum(1 for _ in drawn) <= 997
        assert "Connect" in feed.why

    asyncio.run(told())
