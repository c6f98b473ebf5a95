"""A market bus on Redis Streams: one stream a symbol, one consumer group, reports as keys."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from tradecore.errors import Unavailable
from tradecore.ports.market_bus import Entry, MarketBus, Message

GROUP: Final = "context8"
EVENTS: Final = "events:"
REPORT: Final = "report:"
OWNER: Final = "owner:"
SET_ASIDE: Final = "set-aside:"
STREAMS: Final = "event-streams"
REPORTED: Final = "reported"
_FIELD: Final = b"events"
_AT_A_TIME: Final = 500
_PAGE: Final = 1_000
_SET_ASIDE_MOST: Final = 1_000

# Takes the lease when it is free or ours already; the reply says whether it is ours now.
_OWN: Final = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_FINISH: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then
    redis.call('SET', KEYS[2], ARGV[2])
    redis.call('SADD', KEYS[3], ARGV[3])
end
for i = 5, #ARGV, 1000 do
    redis.call('XACK', KEYS[4], ARGV[4], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

_Raw = tuple[bytes, dict[bytes, bytes] | None]


class RedisMarketBus(MarketBus):
    """
    Keys: `events:SYMBOL` (stream), `report:SYMBOL`, `owner:SYMBOL` (lease), `set-aside:SYMBOL` (stream of what could
    not be understood), and the sets `event-streams` and `reported`. An entry's field `events` is a JSON list of
    envelopes.
    """

    def __init__(
        self,
        client: Redis,
        *,
        retention: timedelta = timedelta(minutes=60),
        lease: timedelta = timedelta(seconds=5),
    ) -> None:
        """Speak through this client, which answers bytes."""
        self._client = client
        self._retention_ms = int(retention.total_seconds() * 1000)
        self._lease_ms = int(lease.total_seconds() * 1000)
        self._newest: dict[str, int] = {}
        self._groups: set[str] = set()

    async def publish(self, symbol: str, messages: Sequence[Message]) -> None:
        """XADD with MINID by the server's time, which its last reply told."""
        pipe = self._client.pipeline(transaction=False)
        if symbol not in self._newest:
            pipe.sadd(STREAMS, symbol)
        oldest = self._newest.get(symbol, 0) - self._retention_ms
        minid = str(oldest) if oldest > 0 else None
        pipe.xadd(EVENTS + symbol, {_FIELD: orjson.dumps(list(messages))}, minid=minid, approximate=True)
        replies = await self._ask(pipe.execute())
        self._newest[symbol] = int(replies[-1].partition(b"-")[0])

    async def streams(self) -> list[str]:
        """Members of the set."""
        return sorted(name.decode() for name in await self._ask(self._client.smembers(STREAMS)))

    async def own(self, symbol: str, worker: str) -> bool:
        """SET with an end, unless it is another's."""
        return bool(await self._ask(self._client.eval(_OWN, 1, OWNER + symbol, worker, str(self._lease_ms))))

    async def release(self, symbol: str, worker: str) -> None:
        """DEL if it is ours."""
        await self._ask(self._client.eval(_RELEASE, 1, OWNER + symbol, worker))

    async def unfinished(self, symbol: str, worker: str) -> list[Entry]:
        """XAUTOCLAIM from the first to the last; the owner alone asks, so nobody else works on them."""
        await self._need_group(symbol)
        found: list[Entry] = []
        start = b"0-0"
        while True:
            reply = await self._ask(
                self._client.xautoclaim(EVENTS + symbol, GROUP, worker, 0, start_id=start, count=_PAGE)
            )
            start, entries = reply[0], reply[1]
            found += [_entry(raw) for raw in entries if raw[1] is not None]
            if start == b"0-0":
                return found

    async def history(self, symbol: str, since: int) -> list[Entry]:
        """XRANGE up to what the group was given last."""
        await self._need_group(symbol)
        groups = await self._ask(self._client.xinfo_groups(EVENTS + symbol))
        last = next(group["last-delivered-id"] for group in groups if group["name"] == GROUP.encode())
        found: list[Entry] = []
        begin: bytes | str = str(since)
        while True:
            page = await self._ask(self._client.xrange(EVENTS + symbol, min=begin, max=last, count=_PAGE))
            found += [_entry(raw) for raw in page]
            if len(page) < _PAGE:
                return found
            begin = b"(" + page[-1][0]

    async def read(self, symbol: str, worker: str, wait_s: float) -> list[Entry]:
        """XREADGROUP."""
        await self._need_group(symbol)
        block = max(1, int(wait_s * 1000))
        reply = await self._ask(
            self._client.xreadgroup(GROUP, worker, {EVENTS + symbol: ">"}, count=_AT_A_TIME, block=block)
        )
        return [_entry(raw) for _, entries in _by_stream(reply) for raw in entries]

    async def finish(
        self, symbol: str, worker: str, report: Mapping[str, Any] | None, entry_ids: Iterable[str]
    ) -> bool:
        """SET and XACK in one script, which looks at the lease first."""
        keys = (OWNER + symbol, REPORT + symbol, REPORTED, EVENTS + symbol)
        held = b"" if report is None else orjson.dumps(report)
        return bool(await self._ask(self._client.eval(_FINISH, 4, *keys, worker, held, symbol, GROUP, *entry_ids)))

    async def set_aside(self, symbol: str, entry_id: str, reason: str) -> None:
        """Copy to another stream of at most a thousand, and acknowledge."""
        found = await self._ask(self._client.xrange(EVENTS + symbol, min=entry_id, max=entry_id))
        held = {b"id": entry_id.encode(), b"reason": reason.encode(), **(found[0][1] if found else {})}
        pipe = self._client.pipeline(transaction=True)
        pipe.xadd(SET_ASIDE + symbol, cast("Any", held), maxlen=_SET_ASIDE_MOST, approximate=True)
        pipe.xack(EVENTS + symbol, GROUP, entry_id)
        await self._ask(pipe.execute())

    async def report(self, symbol: str) -> Mapping[str, Any] | None:
        """GET."""
        held = await self._ask(self._client.get(REPORT + symbol))
        return None if held is None else cast("Mapping[str, Any]", orjson.loads(held))

    async def reported(self) -> list[str]:
        """Members of the set."""
        return sorted(name.decode() for name in await self._ask(self._client.smembers(REPORTED)))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _need_group(self, symbol: str) -> None:
        if symbol in self._groups:
            return
        try:
            await self._ask(self._client.xgroup_create(EVENTS + symbol, GROUP, id="0", mkstream=True))
        except ResponseError as refused:
            if "BUSYGROUP" not in str(refused):
                raise
        self._groups.add(symbol)

    async def _ask(self, reply: Any) -> Any:
        try:
            return await reply
        except (OutOfMemoryError, ReadOnlyError) as full:
            raise Unavailable(f"Redis takes nothing more: {full}") from full
        except ResponseError as refused:
            if "NOGROUP" in str(refused):
                # The server lost its data: groups are made anew.
                self._groups.clear()
                self._newest.clear()
                raise Unavailable(f"Redis: {refused}") from refused
            raise
        except (RedisError, OSError, TimeoutError) as problem:
            raise Unavailable(f"Redis: {str(problem) or type(problem).__name__}") from problem


def _by_stream(reply: Any) -> list[tuple[bytes, list[_Raw]]]:
    """The entries by stream, whichever protocol the client speaks."""
    if isinstance(reply, dict):
        return [(name, [raw for part in parts for raw in part]) for name, parts in reply.items()]
    return list(reply or [])


def _entry(raw: _Raw) -> Entry:
    entry_id, fields = raw[0].decode(), raw[1] or {}
    at = int(entry_id.partition("-")[0])
    try:
        messages = orjson.loads(fields.get(_FIELD, b""))
    except orjson.JSONDecodeError:
        messages = None
    whole = isinstance(messages, list) and all(isinstance(message, dict) for message in messages)
    return Entry(entry_id, at, messages if whole else None)
