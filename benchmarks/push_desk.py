"""
A standing desk with its doors open, as a process, which tells what the broker did whenever it is asked to.

It prints its URL; each line it reads then, a count, makes that many broker events, 50 ms apart, each of which names the
nanosecond of the machine's monotonic clock at which the desk got it.
"""

import asyncio
import sys
import time
from pathlib import Path

from entrypoints.http_server.http_door import http_door
from entrypoints.http_server.keys import http_keys
from entrypoints.http_server.listening import listen
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.wiring.standing import standing_house
from tradecore.model.events import Canceled
from tradecore.usecases.floor import TradingFloor, take_event

ACCOUNT = "pushed"
KEY = "key-of-the-benchmarks-0123456789-0123456789"
_APART_S = 0.05


async def _stand(home: Path) -> None:
    settings = Settings.model_validate({"home": home, "http_keys": KEY, "http_requests_per_minute": 1_000_000})
    listener = listen(settings, "127.0.0.1", 0, said="a benchmark", instead="")
    house = standing_house(settings, limits_in_force(settings)[0], account=ACCOUNT, purpose="bench")
    async with (
        standing_server(house, settings, listener.url) as server,
        http_door(server, settings, http_keys(settings, lambda: KEY), listener),
    ):
        print(f"{listener.url}/mcp", flush=True)
        while count := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await _tell(house.floor, int(count))


async def _tell(floor: TradingFloor, count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(_APART_S)
        await take_event(floor, Canceled(f"push-{time.monotonic_ns()}", floor.clock.now()))


if __name__ == "__main__":
    asyncio.run(_stand(Path(sys.argv[1])))
