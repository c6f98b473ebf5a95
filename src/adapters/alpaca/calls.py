"""Calling Alpaca from the event loop: lanes that never wait for each other, each with its threads and its budget."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from adapters.alpaca.addresses import Addresses
from adapters.alpaca.guard import Breaker, BreakerState, Budget, Seconds
from adapters.alpaca.http import AlpacaHttp, RateLimit, Timeouts
from tradecore.errors import OutcomeUnknown, Rejected, Unavailable

T = TypeVar("T")


class Lane(StrEnum):
    """
    What a request is for.

    Entries, reads and data have a budget and a breaker. Exits and cancellations have neither: nothing keeps the desk
    from leaving. The chain, and what a model looks up of prices and of the account, have threads and breakers of their
    own, and of the budgets of data and reads only what those leave: no question starves what guards positions.
    """

    ENTRY = "orders"
    EXIT = "exits"
    CANCEL = "cancels"
    READ = "reads"
    DATA = "data"
    CHAIN = "chain"
    LOOKUP = "lookups"
    REFERENCE = "reference"


_THREADS: Final[Mapping[Lane, int]] = {
    Lane.ENTRY: 2,
    Lane.EXIT: 2,
    Lane.CANCEL: 2,
    Lane.READ: 3,
    Lane.DATA: 3,
    **dict.fromkeys((Lane.CHAIN, Lane.LOOKUP, Lane.REFERENCE), 1),
}
# Alpaca allows 200 requests a minute to each of its two APIs; exits and cancellations keep what these leave.
_PER_MINUTE: Final[Mapping[Lane, int]] = {Lane.ENTRY: 30, Lane.READ: 120, Lane.DATA: 180}
_SHARES: Final[Mapping[Lane, Lane]] = {Lane.CHAIN: Lane.DATA, Lane.LOOKUP: Lane.DATA, Lane.REFERENCE: Lane.READ}
# Of what the lane they share with may take at once.
_LEFT_TO_IT: Final[Mapping[Lane, float]] = {Lane.CHAIN: 0.25, Lane.LOOKUP: 0.5, Lane.REFERENCE: 0.5}
_KEPT_FREE: Final[Mapping[Lane, int]] = {Lane.ENTRY: 20, Lane.READ: 40, Lane.DATA: 5}


@dataclass(frozen=True, slots=True)
class LaneState:
    """What became of a lane's requests since the desk began, and its breaker; None for those that have none."""

    lane: str
    asked: int
    failed: int
    waited: int
    refused: int
    breaker: BreakerState | None


@dataclass(slots=True)
class _Count:
    asked: int = 0
    failed: int = 0


class Calls:
    """
    Carries requests out on threads, at most as many at once as their lane has.

    A caller that gives up while its request waits for a thread takes it back: it is not sent later.
    """

    def __init__(
        self,
        *,
        key: str,
        secret: str,
        addresses: Addresses,
        seconds: Seconds,
        unix_seconds: Callable[[], float],
        timeouts: Timeouts | None = None,
        per_minute: Mapping[Lane, int] | None = None,
    ) -> None:
        """`seconds` are the machine's, `unix_seconds` the wall clock in which a rate limit names its end."""
        self.http = AlpacaHttp(key=key, secret=secret, addresses=addresses, timeouts=timeouts, told=self._told)
        self._addresses = addresses
        self._seconds = seconds
        self._unix_seconds = unix_seconds
        self._pools = {lane: ThreadPoolExecutor(number, f"alpaca-{lane}") for lane, number in _THREADS.items()}
        rates = {**_PER_MINUTE, **(per_minute or {})}
        self._budgets = {lane: Budget(str(lane), rate, seconds) for lane, rate in rates.items()}
        self._breakers = {lane: Breaker(str(lane), seconds) for lane in (*_PER_MINUTE, *_SHARES)}
        self._counts = {lane: _Count() for lane in Lane}

    @property
    def states(self) -> tuple[LaneState, ...]:
        """How each lane stands."""
        return tuple(self._state(lane) for lane in Lane)

    async def ask(self, lane: Lane, request: Callable[[AlpacaHttp], T]) -> T:
        """
        Carry out one request, once.

        Raises:
            Unavailable, Rejected, OutcomeUnknown: As `AlpacaHttp` tells them apart, or the lane's guard refused.
        """
        breaker, budget, count = (
            self._breakers.get(lane),
            self._budgets.get(_SHARES.get(lane, lane)),
            self._counts[lane],
        )
        if breaker is not None:
            breaker.check()
        if budget is not None:
            await budget.take(leaves=_LEFT_TO_IT.get(lane, 0.0))
        count.asked += 1
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._pools[lane], request, self.http)
        except Rejected:
            self._answered(breaker)
            raise
        except (Unavailable, OutcomeUnknown) as problem:
            count.failed += 1
            if breaker is not None:
                breaker.failed(str(problem))
            raise
        except asyncio.CancelledError:
            count.failed += 1
            if breaker is not None:
                breaker.failed("no answer within the desk's patience")
            raise
        self._answered(breaker)
        return answer

    def close(self) -> None:
        """Take back what waits and let what is under way come to its end."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self.http.close()

    def _answered(self, breaker: Breaker | None) -> None:
        if breaker is not None:
            breaker.succeeded()

    def _told(self, url: str, limit: RateLimit) -> None:
        """From a thread: nearly used up, entries and reads wait until the limit begins anew."""
        trading = url.startswith(f"{self._addresses.trading}/v2/") and not url.startswith(
            (f"{self._addresses.data}/v2/stocks", f"{self._addresses.data}/v1beta1")
        )
        left = max(limit.reset - self._unix_seconds(), 0.0)
        for lane in (Lane.ENTRY, Lane.READ) if trading else (Lane.DATA,):
            if limit.remaining <= min(_KEPT_FREE[lane], limit.limit // 4):
                self._budgets[lane].close_until(self._seconds() + min(left, 60.0))

    def _state(self, lane: Lane) -> LaneState:
        budget, breaker, count = self._budgets.get(lane), self._breakers.get(lane), self._counts[lane]
        return LaneState(
            lane=str(lane),
            asked=count.asked,
            failed=count.failed,
            waited=budget.waited if budget else 0,
            refused=budget.refused if budget else 0,
            breaker=breaker.state if breaker else None,
        )
