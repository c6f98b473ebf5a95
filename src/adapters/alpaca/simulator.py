"""The simulator on this machine that speaks Alpaca's protocol: whether it is one, and what time it is there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests

from adapters.alpaca import fields
from adapters.alpaca.fields import UnreadableAnswer
from tradecore.errors import Unavailable

_WITHIN_S: Final = (2.0, 3.0)
_EVERY_S: Final = 1.0
_IT_SAYS: Final = "tradecore sim"


@dataclass(frozen=True, slots=True)
class SimulatorState:
    """What a simulator says of itself; `speed` is 0 where time passes by steps only."""

    name: str
    now: datetime
    speed: float


class Simulator:
    """A simulator at one origin, `http://host:port` on this machine."""

    def __init__(self, origin: str) -> None:
        """Ask nothing yet."""
        self._origin = origin.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def state(self) -> SimulatorState:
        """
        What it says of itself; blocking.

        Raises:
            Unavailable: Nothing answers there, or something that is not the simulator.
        """
        try:
            answer = self._session.get(f"{self._origin}/_sim/state", timeout=_WITHIN_S, allow_redirects=False)
            said: Any = answer.json()
        except (requests.RequestException, ValueError):
            raise Unavailable(f"{self._origin}: no simulator answers; start one with `tradecore sim`") from None
        try:
            raw = fields.mapping(said, "state")
            if raw.get("simulator") != _IT_SAYS:
                raise Unavailable(f"{self._origin}: what answers there is not `tradecore sim`")
            name = fields.optional_text(raw, "name") or _IT_SAYS
            return SimulatorState(name, fields.moment(raw, "clock"), float(fields.decimal(raw, "speed")))
        except UnreadableAnswer as problem:
            raise Unavailable(f"{self._origin}: what answers there is not `tradecore sim`: {problem}") from None

    async def follow(self, take: Callable[[datetime], None]) -> None:
        """Tell every second what time it is there, for ever; in silence while it does not answer."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                state = await loop.run_in_executor(None, self.state)
            except Unavailable:
                continue
            take(state.now)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
