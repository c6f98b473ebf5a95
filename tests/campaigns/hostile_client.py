"""A hostile client that knows whatever a model knows: it takes no risk that was not confirmed and learns no secret."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest import mock

import orjson
from mcp import Client, MCPError
from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.hostile_calls import Knowledge, a_call
from tests.campaigns.hostile_witness import LogText, Witness
from tests.campaigns.still_market import memory_disk

from entrypoints.limits_file import load_limits
from entrypoints.mcp_server.server import PRINCIPAL, DeskServer, offered_tools
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import read_settings
from entrypoints.settings.values import TOOLSETS
from entrypoints.wiring import House, simulated_house
from tradecore.model.confirmation import MODEL_CONFIRMS, ConfirmationPolicy, Confirmer
from tradecore.model.sessions import session_on
from tradecore.risk.limits import Limits
from tradecore.usecases.floor import TradingFloor

CANARY: Final = "canary-7f3a9c41"
SECRETS: Final = {
    "HTTP_KEYS": f"{CANARY}-{'k' * 32}",
    "ALPACA_API_KEY_ID": CANARY,
    "ALPACA_API_SECRET_KEY": CANARY,
    "PAGERDUTY_API_KEY": CANARY,
    "DATABASE_URL": f"postgresql://desk:{CANARY}@db/desk",
    "NEWS_API_KEY": CANARY,
}
PRINCIPALS: Final = ("local:mallory", "local:eve", "http:key-1")
OVER_MCP: Final = 0.03
READS: Final = 0.005
RESOURCES: Final = (
    "desk://account",
    "desk://orders",
    "desk://risk",
    "desk://../.env",
    "file:///proc/self/environ",
    "x",
)
OPERATOR_CONFIRMS: Final = ConfirmationPolicy(small=Confirmer.OPERATOR, large=Confirmer.OPERATOR)


class Over(Exception):
    """The calls are made; the rest of the session need not be run."""


def roomy() -> Limits:
    """The shipped limits without what paces a day, so that the loss budget itself is leaned on."""
    many = 100_000
    return replace(
        load_limits("default"),
        max_trades_per_day=many,
        max_trades_per_day_per_strategy=many,
        max_opens_per_minute=many,
        losses_before_pause=many,
        losses_before_stop=many,
        reentry_minutes_after_stop=0,
        duplicate_window_s=Decimal(0),
        max_open_groups=many,
        max_open_groups_per_strategy=many,
        delta_cap=Decimal(many),
        delta_cap_after_move=Decimal(many),
        max_heat_pct=Decimal(100),
    )


@dataclass(slots=True)
class Attack:
    """Three clients at one desk, each with what it was told; `share` counts their calls."""

    server: DeskServer
    witness: Witness
    share: Share
    count: int
    seed: int
    made: int = 0

    async def __call__(self) -> None:
        """Make every call."""
        chances = {principal: Random(f"{self.seed}/{principal}") for principal in PRINCIPALS}
        known = {who: Knowledge(self.server.listed.tools, chance) for who, chance in chances.items()}
        await asyncio.gather(*(self._client(who, known) for who in PRINCIPALS))

    async def _client(self, me: str, known: dict[str, Knowledge]) -> None:
        PRINCIPAL.set(me)
        mine, chance = known[me], known[me].chance
        async with Client(self.server.protocol, mode=chance.choice(["auto", "legacy"])) as client:
            while self.made < self.count:
                self.made += 1
                if chance.random() < READS:
                    await self._read(client, me, chance)
                    continue
                tool, given = a_call(mine)
                answer = await self._call(client if chance.random() < OVER_MCP else None, me, tool, given)
                mine.learn(answer)
                for other in PRINCIPALS:
                    if other != me and answer.get("status") == "preview":
                        known[other].stolen.append(answer["confirm_token"])
                if chance.random() < 0.5:
                    await self._pass(chance.expovariate(0.7))

    async def _call(self, client: Client | None, me: str, tool: str, given: dict[str, Any]) -> dict[str, Any]:
        witness = self.witness
        witness.before(me, given)
        found, before = len(witness.wrong), len(witness.sent)
        way = "over MCP" if client is not None and is_json(given) else "direct"
        answer: dict[str, Any] = {}
        try:
            if client is not None and way == "over MCP":
                result = await client.call_tool(tool, given)
                answer = dict(result.structured_content or {})
            else:
                answer = await self.server.call(tool, given, me)
            witness.after(me, answer, orjson.dumps(answer))
        except MCPError as refusal:
            witness.overheard("a refusal", str(refusal).encode())
        except Exception as escaped:  # noqa: BLE001 - that nothing escapes is what is tried here
            witness.wrong.append(f"{type(escaped).__name__} escaped: {escaped}"[:300])
        await witness.look()
        wrong = "; ".join(witness.wrong[found:])
        self.share.count(way, f"{tool} {given!r} by {me}: {wrong}"[:600] if wrong else None)
        self.share.kinds[str(answer.get("status", "looked" if answer else "protocol error"))] += 1
        self.share.kinds["orders sent"] += len(witness.sent) - before
        return answer

    async def _read(self, client: Client, me: str, chance: Random) -> None:
        """A resource, there or not."""
        uri, found = chance.choice(RESOURCES), len(self.witness.wrong)
        try:
            result = await client.read_resource(uri)
            for content in result.contents:
                self.witness.overheard("a resource", content.model_dump_json().encode())
        except MCPError as refusal:
            self.witness.overheard("a refusal", str(refusal).encode())
        except Exception as escaped:  # noqa: BLE001 - as above
            self.witness.wrong.append(f"{type(escaped).__name__} escaped: {escaped}"[:300])
        wrong = "; ".join(self.witness.wrong[found:])
        self.share.count("resource", f"{uri} read by {me}: {wrong}" if wrong else None)

    async def _pass(self, seconds: float) -> None:
        floor = self.server.floor
        await floor.timers.sleep_until(floor.clock.now() + timedelta(seconds=seconds))


def is_json(given: dict[str, Any]) -> bool:
    """Whether a client could send it at all."""
    try:
        return bool(orjson.loads(orjson.dumps(given)) == given)
    except (TypeError, ValueError):
        return False


@contextmanager
def planted_secrets(home: Path) -> Iterator[None]:
    """The environment of a desk with keys and passwords in it, and nothing else of ours."""
    ours = {f"TRADECORE_{name}": value for name, value in SECRETS.items()}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment = kept | ours | {"TRADECORE_HOME": str(home), "HOME": str(home), "OPERATOR_PASSPHRASE": CANARY}
    with mock.patch.dict(os.environ, environment, clear=True):
        yield


def run(seed: int, count: int) -> Share:
    """So many calls in one simulated session."""
    home = Path(tempfile.mkdtemp(prefix="hostile-", dir=memory_disk()))
    log = LogText()
    logging.getLogger().addHandler(log)
    try:
        with planted_secrets(home):
            return _session(seed, count, log)
    finally:
        logging.getLogger().removeHandler(log)
        shutil.rmtree(home)


def _session(seed: int, count: int, log: LogText) -> Share:
    session = session_on(date(2026, 11, 20))
    if session is None:
        raise ValueError("no session")
    share, chance = Share(seed), Random(seed)
    settings = read_settings()
    house = simulated_house(
        settings,
        seed=seed,
        session=session,
        limits=roomy() if chance.random() < 0.6 else load_limits("default"),
        account=None,
        confirmation=OPERATOR_CONFIRMS if chance.random() < 0.2 else MODEL_CONFIRMS,
    )
    witness = Witness(house, (CANARY.encode(),))

    async def trade(floor: TradingFloor) -> None:
        server = DeskServer(floor, offered_tools(floor, TOOLSETS, read_only=False))
        await floor.timers.sleep_until(session.at(time(9, 46)))
        news = asyncio.ensure_future(server.fan_out.run())
        await Attack(server, witness, share, count, seed)()
        news.cancel()
        raise Over

    _run_until_over(house, trade, share)
    seen = len(witness.wrong)
    witness.end(house.directory / "journal", "\n".join(log.lines))
    for wrong in witness.wrong[seen:]:
        share.fail(wrong)
    return share


def _run_until_over(house: House, trade: Any, share: Share) -> None:
    try:
        run_house(house, trade, SessionRecorder())
        share.fail("the session ended before the calls were made")
    except Over:
        pass
    except Exception as failure:  # noqa: BLE001 - a desk that stops has broken the promise
        share.fail(f"the desk stopped: {type(failure).__name__}: {failure}"[:500])


CAMPAIGN: Final = Campaign("hostile-client", "hostile tool calls", "harmful", 1_000_000, 2_000, run)
