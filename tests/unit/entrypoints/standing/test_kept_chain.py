"""A standing desk keeps the chain by itself; whoever stops that stops nothing that guards what is held."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from pydantic import SecretStr
from redis.asyncio import Redis
from tests.redis_server import redis_server

from adapters.alpaca.live_quotes import LiveQuotes
from adapters.redis.chain_store import RedisChainStore
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.server import PRINCIPAL, DeskServer
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.wiring.standing import standing_house
from tradecore.model.instruments import OptionContract, parse_instrument
from tradecore.testing.builders import a_contract
from tradecore.usecases.chain_keeping import STREAMED_MOST

ME = "local:me"
Story = Callable[[DeskServer], Awaitable[None]]


def standing(home: Path, story: Story, **settings: Any) -> None:
    chosen = Settings(
        home=home,
        sim_start="2026-11-20T10:00",
        toolsets=("desk", "options"),
        spy_chain_update_interval=0.25,
        **settings,
    )

    async def stand() -> None:
        limits, _ = limits_in_force(chosen)
        house = standing_house(chosen, limits, account=None, purpose="test")
        async with asyncio.timeout(20), standing_server(house, chosen, None) as server:
            await story(server)

    asyncio.run(stand())


async def status(server: DeskServer) -> dict[str, Any]:
    found: dict[str, Any] = (await server.call("streaming_status", {}, ME))["streaming"]
    return found


async def until(server: DeskServer, state: str) -> dict[str, Any]:
    while (found := await status(server))["state"] != state or (state == "polling" and not found["contracts"]):
        await asyncio.sleep(0.02)
    return found


def test_it_begins_by_itself_and_a_model_may_stop_and_start_it(tmp_path: Path) -> None:
    async def story(server: DeskServer) -> None:
        found = await until(server, "polling")
        assert found["contracts"] == 62
        assert found["every_s"] == 0.25
        assert found["store"] == "off"
        contract = parse_instrument((await server.call("get_option_contracts", {"max_rows": 1}, ME))["rows"][0][0])
        assert (await server.call("stop_option_streaming", {}, ME))["streaming"]["state"] == "stopped"
        polls = (await status(server))["polls"]
        quote = await server.floor.market.quote(contract)
        assert quote is not None, "what is held is quoted by its own questions"
        asked = await server.call("get_option_chain", {}, ME)
        assert asked["age_s"] <= 1.0, "a stopped chain is asked for at each call"
        assert (await status(server))["polls"] == polls
        await server.call("start_option_streaming", {}, ME)
        await until(server, "polling")

    standing(tmp_path, story)


def test_three_clients_read_on_while_the_chain_is_renewed(tmp_path: Path) -> None:
    async def story(server: DeskServer) -> None:
        await until(server, "polling")
        PRINCIPAL.set(ME)

        async def reads() -> list[float]:
            ages = []
            async with Client(server.protocol) as client:
                for _ in range(20):
                    result = await client.call_tool("get_option_chain", {})
                    assert not result.is_error
                    ages.append((result.structured_content or {})["age_s"])
            return ages

        ages = [age for one in await asyncio.gather(reads(), reads(), reads()) for age in one]
        assert len(ages) == 60
        assert max(ages) < 2.0
        assert (await status(server))["failed_polls"] == 0

    standing(tmp_path, story)


def test_with_a_redis_the_chain_is_published_there(tmp_path: Path) -> None:
    with redis_server(durable=False) as redis:

        async def story(server: DeskServer) -> None:
            store = RedisChainStore(Redis.from_url(redis.url))
            first = await anext(aiter(store.follow("SPY")))
            assert first["expiry"] == "2026-11-20"
            assert len(first["delta"]) == len(first["symbol"]) == 62
            assert (await status(server))["store"] == "ok"
            await store.close()

        standing(tmp_path, story, redis_url=SecretStr(redis.url))


def test_a_redis_that_is_not_there_is_told_and_the_chain_is_kept_all_the_same(tmp_path: Path) -> None:
    async def story(server: DeskServer) -> None:
        found = await until(server, "polling")
        while found["store"] == "ok":
            await asyncio.sleep(0.02)
            found = await status(server)
        assert found["store"].startswith("Redis: ")
        assert found["contracts"] == 62

    standing(tmp_path, story, redis_url=SecretStr(f"unix://{tmp_path}/nobody"))


@pytest.mark.parametrize("held", [a_contract("500"), a_contract("800")])
def test_wishes_of_the_chain_never_push_out_what_is_held(held: OptionContract) -> None:
    """The stream has room for a hundred; what is held is wished for again every few seconds."""
    live = LiveQuotes(lambda: 0.0)
    for poll in range(200):
        for strike in range(600 + poll % 40, 600 + poll % 40 + STREAMED_MOST):
            live.want(a_contract(str(strike)))
        if poll % 5 == 0:
            live.want(held)
        if poll >= 5:
            assert held in live.wanted
