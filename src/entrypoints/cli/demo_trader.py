"""The demo's trader: a client of the desk's MCP server, in memory and on virtual time."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from mcp import Client

from entrypoints.cli.demo import STRATEGIES
from entrypoints.cli.story import Story
from entrypoints.mcp_server.server import PRINCIPAL, DeskServer, offered_tools
from entrypoints.wiring import House
from tradecore.model.sessions import Session
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.previewing import signal_of

PRINCIPAL_NAME: Final = "local:demo"
_READS_FOR: Final = timedelta(seconds=8)
_TRIES: Final = 8
_TRIES_AGAIN_AFTER: Final = timedelta(seconds=35)
Answer = dict[str, Any]


class DemoTrader:
    """What a person with Claude would do in a day, one tool call after the other."""

    def __init__(self, house: House, story: Story) -> None:
        """Trade on this house's floor."""
        self._floor = house.floor
        self._session: Session = house.session
        self._story = story
        self._client: Client | None = None

    async def __call__(self, floor: TradingFloor) -> None:
        """The day from before the bell's dust has settled to after the last exit."""
        server = DeskServer(floor, offered_tools(floor, ("desk",), read_only=False))
        PRINCIPAL.set(PRINCIPAL_NAME)
        async with Client(server.protocol) as client:
            self._client = client
            await self._day()

    async def _day(self) -> None:
        await self._at(self._session.at(time(9, 31)))
        await self._ask("orb_long_call", {})
        strategy = await self._first_breakout()
        await self._breakout_trade(strategy)
        await self._wait_until_flat(time(13, 30))
        await self._opinion_trade("orb_long_put" if strategy == "orb_long_call" else "orb_long_call")
        await self._emergency()

    async def _first_breakout(self) -> str:
        """The strategy whose signal comes first, seen as on a chart: a look makes no ticket."""
        for minute in range(15, 121):
            await self._at(self._session.opens + timedelta(minutes=minute, milliseconds=500))
            for strategy in STRATEGIES:
                signal = await signal_of(self._floor, strategy)
                if signal is not None and signal.present:
                    self._say("signal", signal.why)
                    return strategy
        return "orb_long_call"

    async def _breakout_trade(self, strategy: str) -> None:
        greedy = await self._ask(strategy, {"contracts": 50, "note": "all in"})
        wish = {name: value for name, value in _smallest_change(greedy).items() if name == "contracts"}
        await self._trade(strategy, wish)

    async def _opinion_trade(self, strategy: str) -> None:
        self._say("trader", "one more on a hunch, against the signal")
        await self._trade(strategy, {"risk_dollars": 120, "note": "a hunch"})

    async def _trade(self, strategy: str, wish: Answer) -> None:
        """Ask, read, confirm; and again half a minute later while the market runs away unfilled."""
        for _ in range(_TRIES):
            answer = await self._ask(strategy, wish)
            if answer["status"] == "refused" and _smallest_change(answer):
                answer = await self._ask(strategy, _smallest_change(answer))
            if answer.get("signal"):
                self._say("signal", answer["signal"]["why"])
            if await self._read_and_confirm(answer):
                return
            self._say("trader", "not filled; once more in a moment")
            await self._at(self._floor.clock.now() + _TRIES_AGAIN_AFTER)

    async def _emergency(self) -> None:
        await self._at(self._floor.clock.now() + timedelta(minutes=4))
        await self._call("kill_switch", {"reason": "the risk officer calls"})
        await self._ask("orb_long_call", {"contracts": 1})
        await self._read_and_confirm(await self._call("flatten_all", {}))
        await self._wait_until_flat(time(15, 0))
        await self._read_and_confirm(await self._call("kill_switch", {"enable": False}))

    async def _ask(self, strategy: str, arguments: Answer) -> Answer:
        given = ", ".join(f"{name}={value}" for name, value in arguments.items())
        self._say("trader", f"{strategy}({given})")
        return await self._call(strategy, arguments)

    async def _read_and_confirm(self, answer: Answer) -> bool:
        """Whether something filled."""
        if answer["status"] != "preview":
            return False
        await self._at(self._floor.clock.now() + _READS_FOR)
        self._say("trader", "yes, do it")
        result = await self._call("confirm_order", {"confirm_token": answer["confirm_token"]})
        if result["status"] == "preview":
            self._say("trader", "the market moved; yes to the fresh preview")
            result = await self._call("confirm_order", {"confirm_token": result["confirm_token"]})
        for line in result.get("protection", ()):
            self._say("protected", line)
        return bool(result["status"] == "confirmed" and result["filled_quantity"] != "0")

    async def _wait_until_flat(self, latest: time) -> None:
        deadline = self._session.at(latest)
        while (await self._call("get_positions", {}))["positions"] and self._floor.clock.now() < deadline:
            await self._at(min(self._floor.clock.now() + timedelta(minutes=1), deadline))

    async def _call(self, tool: str, arguments: Answer) -> Answer:
        if self._client is None:
            raise RuntimeError("the trader is not at the desk")
        result = await self._client.call_tool(tool, arguments)
        return dict(result.structured_content)

    async def _at(self, at: datetime) -> None:
        await self._floor.timers.sleep_until(at)

    def _say(self, what: str, text: str) -> None:
        self._story.say(self._floor.clock.now(), what, text)


def _smallest_change(answer: Answer) -> Answer:
    changes = answer.get("error", {}).get("details", {}).get("smallest_change", ())
    return {one["argument"]: one["value"] for one in changes}
