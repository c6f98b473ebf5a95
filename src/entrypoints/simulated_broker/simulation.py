"""One running simulation: the brokerage, its clock, its ledger with group commit, its faults, and who listens."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from adapters.simulated.brokerage.books import Update
from adapters.simulated.brokerage.brokerage import Brokerage
from adapters.simulated.brokerage.ledger import Ledger
from adapters.simulated.brokerage.pace import BrokerageClock
from adapters.simulated.brokerage.refusals import Refusal, forbidden
from adapters.simulated.brokerage.requests import line_of, perform
from entrypoints.simulated_broker.data_streams import DataStreams
from entrypoints.simulated_broker.faults import Faults
from entrypoints.simulated_broker.trade_updates import TradeUpdates
from entrypoints.simulated_broker.views import order_view
from tradecore.errors import JournalUnavailable

MOST_ACCOUNTS: Final = 4_096
_FAMILY: Final = uuid.UUID("c0ffee00-51ab-4b1e-8f00-7d6c5b4a3921")


@lru_cache(maxsize=4_096)
def account_id(key: str, secret: str) -> str:
    """The id of the account a pair of keys opens: every pair its own."""
    return str(uuid.uuid5(_FAMILY, f"{key} {secret}"))


class Simulation:
    """
    What every handler works on. Changes are made at once, and answered when the ledger has them.

    `keys` is the one pair that may come in, None for any.
    """

    def __init__(
        self,
        *,
        brokerage: Brokerage,
        clock: BrokerageClock,
        ledger: Ledger,
        seconds: Callable[[], float],
        keys: tuple[str, str] | None,
        requests_a_minute: int,
        name: str,
    ) -> None:
        """Listen to the brokerage; `seconds` counts the machine's and never runs backwards."""
        self.brokerage = brokerage
        self.clock = clock
        self.seconds = seconds
        self.keys = keys
        self.requests_a_minute = requests_a_minute
        self.name = name
        self.faults = Faults()
        self.updates = TradeUpdates()
        self.data = DataStreams()
        self.broken: str | None = None
        self.slow_clients = 0
        self._ledger = ledger
        self._lines: list[bytes] = []
        self._frames: list[tuple[str, bytes]] = []
        self._heard = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        brokerage.books.teller = self._told

    def account_of(self, key: str, secret: str) -> str | None:
        """The account of a pair of keys, None for a pair that may not come in."""
        if not key or not secret or (self.keys is not None and self.keys != (key, secret)):
            return None
        return account_id(key, secret)

    def look(self) -> None:
        """Let the brokerage's time pass up to now, and keep what happened by itself."""
        told = self._heard
        with self._whole():
            self.brokerage.advance(self.now())
        if self._heard > told:
            self._keep("", "pass", {}, self.brokerage.now, None)

    def now(self) -> datetime:
        """The market's present; never before the brokerage's."""
        return max(self.clock.now(), self.brokerage.now)

    def do(self, account: str, name: str, given: Mapping[str, Any], render: Callable[[Any], bytes]) -> bytes:
        """
        Do what is asked and render the outcome as it stands before it is put to work.

        Raises:
            Refusal: Refused; nothing is kept.
        """
        now = self.now()
        self.know(account)
        with self._whole():
            outcome = perform(self.brokerage, account, name, given, now)
            rendered = render(outcome)
            self.brokerage.activate()
        self._keep(account, name, given, now, outcome)
        return rendered

    def know(self, account: str) -> None:
        """
        Open the account if nobody has asked for it before.

        Raises:
            Refusal: There are too many.
        """
        accounts = self.brokerage.books.accounts
        if account not in accounts:
            if len(accounts) >= MOST_ACCOUNTS:
                raise forbidden(f"this simulator has {MOST_ACCOUNTS} accounts already")
            now = self.now()
            with self._whole():
                perform(self.brokerage, account, "open", {}, now)
            self._keep(account, "open", {}, now, None)

    def disconnect_streams(self) -> None:
        """Close the connection of every stream."""
        self.updates.disconnect()
        self.data.disconnect()

    def data_streams(self) -> int:
        """How many market-data streams are connected."""
        return len(self.data.subscribers)

    @property
    def is_dirty(self) -> bool:
        """Whether something is not durable yet."""
        return bool(self._lines or self._frames)

    async def durable(self) -> None:
        """
        Wait until all that happened up to here is on the disk; one sync serves everybody who waits.

        Raises:
            JournalUnavailable: It may not be; the simulation serves no more.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await waiter

    def close(self) -> None:
        """Write what is left and release the ledger."""
        if self._lines:
            self._ledger.append(self._lines)
            self._lines = []
        self._ledger.close()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """End the service when a request fails half-way: what it left behind is not what the ledger would repeat."""
        try:
            yield
        except Refusal:
            raise
        except Exception as error:
            self.broken = f"a request could not be carried out: {error!r}"
            raise

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._lines or self._waiting or self._frames:
            lines, self._lines = self._lines, []
            waiting, self._waiting = self._waiting, []
            frames, self._frames = self._frames, []
            try:
                if lines:
                    await loop.run_in_executor(None, self._ledger.append, lines)
            except JournalUnavailable as error:
                self.broken = str(error)
                _answer(waiting, error)
                return
            _answer(waiting, None)
            for account, frame in frames:
                self.updates.send(account, frame)

    def _keep(self, account: str, name: str, given: Mapping[str, Any], at: datetime, outcome: Any) -> None:
        self._lines.append(orjson.dumps(line_of(account, name, given, at, outcome)) + b"\n")

    def _told(self, update: Update) -> None:
        self._heard += 1
        if not self.updates.has(update.order.account) or self.faults.drops_update(update.event):
            return
        data: dict[str, Any] = {
            "event": update.event,
            "execution_id": update.execution_id,
            "order": order_view(update.order),
            "timestamp": update.at.isoformat().replace("+00:00", "Z"),
        }
        for name, value in (("price", update.price), ("qty", update.qty), ("position_qty", update.position_qty)):
            if value is not None:
                data[name] = f"{value:f}"
        frame = orjson.dumps({"stream": "trade_updates", "data": data})
        self._frames.append((update.order.account, frame))


def _answer(waiting: list[asyncio.Future[None]], error: Exception | None) -> None:
    for waiter in waiting:
        if waiter.done():
            continue
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
