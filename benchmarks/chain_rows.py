"""Option chains: decoded from the broker's answer, completed with volatility and greeks, shown and published."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import numpy as np
import orjson
from redis.asyncio import Redis
from scipy.special import ndtr
from tests.redis_server import redis_server

from adapters.alpaca.prices import read_chain
from adapters.redis.chain_store import RedisChainStore
from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Round, Row, compare, each
from tradecore.analysis.completed_chain import complete
from tradecore.analysis.normal import FloatArray
from tradecore.analysis.option_surface import OptionSurface
from tradecore.market_board import MarketBoard
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Right
from tradecore.testing.builders import SPY, TEN, TODAY, a_contract, a_quote
from tradecore.usecases.chain_snapshot import chain_snapshot
from tradecore.usecases.live_chain import LiveChain

SPOT = 670.0
MINUTES = 360.0
WIDTH = 24.0
SIZES = (1_000, 2_000)


def chains(pace: Pace, _: Peers) -> list[Row]:
    """Chains of 1,000 and 2,000 contracts, in process."""
    return [row for count in SIZES for row in _in_process(count, pace)]


def chains_published(pace: Pace, _: Peers) -> list[Row]:
    """The same with a real Redis behind."""
    with redis_server(durable=False) as server:
        return [row for count in SIZES for row in _published(count, server.url, pace)]


def _in_process(count: int, pace: Pace) -> list[Row]:
    chain = a_chain(count)
    spot, board, live, kept = a_quote(SPY, "669.99", "670.01"), MarketBoard(), LiveChain(chain), [0]
    answer = orjson.dumps(as_answered(chain))

    def decode() -> OptionChain | None:
        return read_chain("SPY", TODAY, orjson.loads(answer)["snapshots"], TEN, "bench")

    def complete_and_show() -> None:
        # A quote moves first, as it does between two polls.
        kept[0] += 1
        now = TEN + timedelta(milliseconds=kept[0])
        live.put(a_quote(chain.contracts[0], "1.00", "1.10", now=now))
        board.put_completed(live.completed(spot, TEN))

    return [
        *compare(
            f"chain of {count:,}: decoded from the broker's answer of {len(answer) // 1000} kB",
            each(decode, pace.calls(10)),
            Against("orjson.loads of it", each(lambda: orjson.loads(answer), pace.calls(20))),
            pace=pace,
        ),
        *compare(
            f"chain of {count:,}: IV, its interval and greeks, on the board",
            each(complete_and_show, pace.calls(50)),
            Against(
                "one Black-Scholes price of each mid, bid and ask, scipy's ndtr",
                each(_one_price_of_each(chain), pace.calls(100)),
                Goal(ratio=25),
            ),
            pace=pace,
        ),
    ]


def _published(count: int, url: str, pace: Pace) -> list[Row]:
    chain, spot = a_chain(count), a_quote(SPY, "669.99", "670.01")
    completed = complete(chain, spot, TEN)
    body = orjson.dumps(chain_snapshot(completed, 1))
    numbers = iter(range(1, 1_000_000))

    async def publish(client: Redis) -> None:
        await RedisChainStore(client).publish(chain_snapshot(completed, next(numbers)), 60.0)

    async def put(client: Redis) -> None:
        await client.set("floor", body)

    return compare(
        f"chain of {count:,}: published to Redis, {len(body) // 1000} kB",
        _at_redis(publish, url, pace.calls(20)),
        Against("SET of its bytes", _at_redis(put, url, pace.calls(20)), Goal(ratio=15)),
        pace=pace,
    )


def _at_redis(work: Callable[[Redis], Coroutine[Any, Any, None]], url: str, calls: int) -> Round:
    async def told() -> float:
        client = Redis.from_url(url)
        await work(client)
        samples = []
        for _ in range(calls):
            began = time.perf_counter_ns()
            await work(client)
            samples.append(time.perf_counter_ns() - began)
        await client.aclose()
        return float(np.median(samples)) / 1000

    return lambda: asyncio.run(told())


def _one_price_of_each(chain: OptionChain) -> Callable[[], object]:
    strikes = np.tile(np.array([float(contract.strike) for contract in chain.contracts]), 3)
    calls = np.tile(np.array([contract.right is Right.CALL for contract in chain.contracts]), 3)
    deviation = np.full(strikes.shape, 0.2 * (MINUTES / 525_600) ** 0.5)

    def price() -> FloatArray:
        d1 = np.log(SPOT / strikes) / deviation + 0.5 * deviation
        side = np.where(calls, 1.0, -1.0)
        result: FloatArray = side * (SPOT * ndtr(side * d1) - strikes * ndtr(side * (d1 - deviation)))
        return result

    return price


def a_chain(count: int) -> OptionChain:
    """So many contracts around the money, quoted from a smile."""
    step = WIDTH / (count // 2)
    strikes = [round(SPOT - WIDTH / 2 + step * number, 3) for number in range(count // 2)]
    quotes = OptionSurface(seed=1, strikes_dollars=strikes).quote_arrays(SPOT, MINUTES, 60)
    contracts = tuple(a_contract(f"{strike:.3f}", right) for right in (Right.CALL, Right.PUT) for strike in strikes)
    columns = (quotes.bid_cents, quotes.ask_cents, quotes.bid_size, quotes.ask_size)
    return OptionChain("SPY", TODAY, contracts, *columns, TEN, TEN, "bench")


def as_answered(chain: OptionChain) -> dict[str, Any]:
    """The chain as the broker's snapshots tell it, with the members we do not read."""
    found = {}
    for row, contract in enumerate(chain.contracts):
        quote = {
            "t": "2026-11-20T14:59:59.123456789Z",
            "ax": "C",
            "ap": int(chain.ask_cents[row]) / 100,
            "as": int(chain.ask_size[row]),
            "bx": "N",
            "bp": int(chain.bid_cents[row]) / 100,
            "bs": int(chain.bid_size[row]),
            "c": " ",
        }
        trade = {"t": "2026-11-20T14:58:01.5Z", "x": "C", "p": int(chain.bid_cents[row]) / 100, "s": 3, "c": "a"}
        bar = {"t": "2026-11-20T14:58:00Z", "o": 1.0, "h": 1.1, "l": 0.9, "c": 1.0, "v": 10, "n": 3, "vw": 1.01}
        found[contract.symbol] = {
            "latestQuote": quote,
            "latestTrade": trade,
            "dailyBar": bar,
            "minuteBar": bar,
            "prevDailyBar": bar,
        }
    return {"snapshots": found, "next_page_token": None}
