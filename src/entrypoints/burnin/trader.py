"""The burn-in's trader: what a person with Claude would ask in a day, one tool call after the other, from one seed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Any, Final

import numpy as np

from tradecore.model.sessions import Session

Answer = dict[str, Any]
Ask = Callable[[str, Answer, str], Awaitable[Answer]]
Until = Callable[[datetime], Awaitable[None]]

TRADER: Final = "local:trader"
READERS: Final = (TRADER, "local:risk", "local:owner")
_READS_FOR: Final = timedelta(seconds=8)
_AGAIN_AFTER: Final = timedelta(seconds=35)
_TRIES: Final = 4
_CHANGES: Final = ("contracts", "risk_dollars", "strike_delta", "width")
_LOOKS: Final = ("get_positions", "show_pnl", "risk_check")


class BurninTrader:
    """
    Opens the day with a look, tries what the clock suggests, manages what it holds, and goes home flat.

    `ask` calls a tool for a principal; a desk that is down is waited for. `confirmed` are the intents this trader said
    yes to: nobody else's orders may ever reach the venue.
    """

    def __init__(self, session: Session, seed: int, ask: Ask, until: Until, now: Callable[[], datetime]) -> None:
        """Trade one session."""
        self._session = session
        self._random = np.random.default_rng([seed, 0x5452])
        self._ask = ask
        self._until = until
        self._now = now
        self.confirmed: set[str] = set()

    async def day(self) -> None:
        """The whole day."""
        await self._at(self._session.opens + timedelta(minutes=2))
        for tool in ("day_brief", "get_account_info", "risk_check"):
            await self._call(tool)
        for at, tool, wish in self._plan():
            await self._at(at)
            await self._look_around()
            await self._try(tool, wish)
            await self._manage()
        await self._last_hour()

    def _plan(self) -> list[tuple[datetime, str, Answer]]:
        """What is tried today, in order; on a half day everything comes earlier."""
        opens = self._session.opens
        minutes = sorted(float(self._random.uniform(18, 120)) for _ in range(3))
        tools = ["orb_long_call", "orb_long_put", "iron_condor_30_delta"]
        self._random.shuffle(tools)
        wishes: list[tuple[datetime, str, Answer]] = []
        for minute, tool in zip(minutes, tools, strict=True):
            wishes.append((opens + timedelta(minutes=minute), tool, self._wish(tool)))
        if not self._session.is_half_day:
            side = "call" if self._random.random() < 0.5 else "put"
            wishes.append((self._session.at(time(14, 10)), "lotto_play_5_delta", {"side": side}))
        return wishes

    def _wish(self, tool: str) -> Answer:
        if not tool.startswith("orb"):
            return {}
        kinds: list[Answer] = [{}, {"contracts": 1}, {"risk_dollars": 120}, {"contracts": 50}, {"stop_pct": 30}]
        return kinds[int(self._random.integers(len(kinds)))]

    async def _try(self, tool: str, wish: Answer) -> None:
        for _ in range(_TRIES):
            answer = await self._call(tool, wish)
            change = _smallest_change(answer)
            if answer.get("status") == "refused":
                await self._call("explain")
                if not change:
                    return
                answer = await self._call(tool, {**wish, **change} if "contracts" not in change else change)
            if await self._say_yes(answer):
                return
            await self._at(self._now() + _AGAIN_AFTER)

    async def _say_yes(self, answer: Answer) -> bool:
        """Whether something filled."""
        if answer.get("status") != "preview":
            return answer.get("status") == "refused"
        await self._at(self._now() + _READS_FOR)
        result = await self._confirm(answer)
        if result.get("status") == "preview":
            result = await self._confirm(result)
        return result.get("status") == "confirmed" and result.get("filled_quantity", "0") != "0"

    async def _confirm(self, answer: Answer) -> Answer:
        self.confirmed.add(str(answer["intent_id"]))
        token = {"confirm_token": answer["confirm_token"]}
        result = await self._call("confirm_order", token)
        if self._random.random() < 0.2:
            # A client that lost the answer asks again: the first result, never a second order.
            await self._call("confirm_order", token)
        return result

    async def _manage(self) -> None:
        positions = (await self._call("get_positions")).get("positions", [])
        for group in sorted({held["group"] for held in positions}):
            drawn = self._random.random()
            if drawn < 0.25:
                await self._call("manage_position", {"symbol": group, "break_even": True})
            elif drawn < 0.4:
                await self._call("manage_position", {"symbol": group, "trail": 0.4})
            elif drawn < 0.5:
                await self._say_yes(await self._call("close_position", {"symbol": group}))
        if positions:
            await self._call("what_if", {"move_pct": -0.5, "minutes": 30})

    async def _look_around(self) -> None:
        """Three people at once, each with their own client."""
        await asyncio.gather(*(self._ask(tool, {}, who) for tool, who in zip(_LOOKS, READERS, strict=True)))

    async def _last_hour(self) -> None:
        await self._at(self._session.closes - timedelta(minutes=70))
        if self._random.random() < 0.35:
            await self._call("kill_switch", {"reason": "drill", "flatten": bool(self._random.random() < 0.5)})
            await self._try_while_killed()
            lift = await self._call("kill_switch", {"enable": False})
            await self._say_yes(lift)
        else:
            await self._say_yes(await self._call("flatten_all"))
        await self._at(self._session.closes - timedelta(minutes=20))
        await self._call("show_pnl")
        await self._call("day_brief")

    async def _try_while_killed(self) -> None:
        answer = await self._call("orb_long_call", {"contracts": 1})
        if answer.get("status") == "preview":
            await self._say_yes(answer)

    async def _call(self, tool: str, arguments: Answer | None = None) -> Answer:
        return await self._ask(tool, arguments or {}, TRADER)

    async def _at(self, at: datetime) -> None:
        await self._until(at)


def _smallest_change(answer: Answer) -> Answer:
    changes = answer.get("error", {}).get("details", {}).get("smallest_change", ())
    known = {one["argument"]: one["value"] for one in changes}
    return {
        name: value for name, value in known.items() if name in ("contracts", "risk_dollars", "strike_delta", "width")
    }
