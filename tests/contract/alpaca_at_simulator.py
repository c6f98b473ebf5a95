"""The Alpaca adapter at a simulated broker on a free port: real HTTP, real WebSockets, a market shown by hand."""

import asyncio
from collections.abc import Awaitable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
from tests.unit.entrypoints.simulated_broker.broker import TEN, Broker, served

from adapters.alpaca.addresses import on_this_machine
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.connection import Connection
from adapters.alpaca.http import Timeouts
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.market import AlpacaMarket, Feeds
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.simulated.brokerage.tape import Touch
from adapters.system.time import machine_seconds
from entrypoints.limits_file import shipped_fees
from tradecore.model.events import BrokerEvent
from tradecore.model.instruments import Instrument, OptionContract, parse_instrument
from tradecore.model.money import usd
from tradecore.ports.clock import Clock
from tradecore.testing.broker_contract import BrokerWorld

CALL_SYMBOL = "SPY261120C00600000"
CASH = usd(100_000)
_MANY = {Lane.ENTRY: 6_000, Lane.READ: 6_000, Lane.DATA: 6_000}


class BrokerTime(Clock):
    """The simulated broker's own clock, which moves by steps."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def now(self) -> datetime:
        return self._broker.simulation.now()

    def machine_seconds(self) -> float:
        return machine_seconds()


class AlpacaAtSimulator:
    """One desk's adapter, its event loop, and the broker it talks to."""

    def __init__(self, directory: Path, *, start: str = TEN) -> None:
        self._open = ExitStack()
        self.server = Broker(directory, start=start)
        self.url = self._open.enter_context(served(self.server))
        self.loop = asyncio.new_event_loop()
        self.clock = BrokerTime(self.server)
        self.quotes: dict[Instrument, Touch] = {}
        self.sent = 0
        self.events: list[BrokerEvent] = []
        self._show_by_hand()
        addresses, fees = on_this_machine(self.url), shipped_fees()
        self.calls = Calls(
            key="k",
            secret="s",
            addresses=addresses,
            seconds=machine_seconds,
            unix_seconds=lambda: self.clock.now().timestamp(),
            timeouts=Timeouts(connect=3, read=6),
            per_minute=_MANY,
        )
        self.broker = AlpacaBroker(self.calls, fees=fees, clock=self.clock)
        self.updates = TradeUpdates(self.broker, fees=fees, clock=self.clock, key="k", secret="s")
        self.stream = Connection(
            "trade updates",
            addresses.trading_stream,
            greet=self.updates.greet,
            take=self.updates.arrive,
            chance=lambda: 0.0,
            seconds=machine_seconds,
            on_this_machine=True,
        )
        self.market = AlpacaMarket(
            self.calls, clock=self.clock, feeds=Feeds("sip", "opra"), live=LiveQuotes(machine_seconds)
        )
        self._tasks = [self.loop.create_task(work) for work in (self.stream.run(), self.updates.run(), self._listen())]
        self.run(self.heard(1))

    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            return await work

        return self.loop.run_until_complete(waits())

    def control(self, path: str, **body: Any) -> None:
        """Tell the simulator something only it understands."""
        request = Request(f"{self.url}/_sim/{path}", orjson.dumps(body), {"Content-Type": "application/json"})
        urlopen(request, timeout=5).close()

    def show(self, bid: Decimal | None, ask: Decimal | None, size: Decimal) -> None:
        now = self.clock.now() + timedelta(milliseconds=1)
        touch = Touch(bid, ask, int(size) if bid else 0, int(size) if ask else 0, now)
        self.quotes[parse_instrument(CALL_SYMBOL)] = touch
        self.control("step", seconds=1)
        self.run(self.heard(1 + self.sent))

    async def heard(self, frames: int) -> None:
        """Wait until the stream has brought so many frames, and what they say was told."""
        async with asyncio.timeout(10):
            while self.stream.state.frames < frames:
                await asyncio.sleep(0.005)
        await self.updates.settled()
        await asyncio.sleep(0)

    def world(self) -> BrokerWorld:
        contract = parse_instrument(CALL_SYMBOL)
        assert isinstance(contract, OptionContract)
        return BrokerWorld(self.broker, contract, CASH, self.show, lambda: self.events, self.run)

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.run(asyncio.gather(*self._tasks, return_exceptions=True))
        self.calls.close()
        self.loop.close()
        self._open.close()
        self.server.world.lease.release()

    async def _listen(self) -> None:
        async for event in self.broker.events():
            self.events.append(event)

    def _show_by_hand(self) -> None:
        listings, updates = self.server.simulation.brokerage.listings, self.server.simulation.updates
        usual, send = listings.touch, updates.send

        def touch(instrument: Instrument, at: datetime) -> Touch | None:
            if instrument.symbol == CALL_SYMBOL:
                return self.quotes.get(instrument)
            return usual(instrument, at)

        def counted(account: str, frame: bytes) -> None:
            self.sent += not updates.is_mute
            send(account, frame)

        listings.touch = touch  # type: ignore[method-assign]
        updates.send = counted  # type: ignore[method-assign]


LONG_AGO = datetime.min.replace(tzinfo=UTC)
