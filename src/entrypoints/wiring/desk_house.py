"""A desk that stands, whatever world it trades in."""

import os
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.system.identity import SystemIds
from adapters.system.lease import FileLease
from adapters.system.stop_file import StopFile
from adapters.system.time import LoopTimers, SystemClock
from entrypoints.settings import Settings
from entrypoints.wiring import Place
from entrypoints.wiring.day_recording import DayRecording
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.model.confirmation import ConfirmationPolicy, Confirmer
from tradecore.model.events import BrokerEvent
from tradecore.model.instruments import Equity
from tradecore.model.money import Money, usd
from tradecore.model.sessions import Session
from tradecore.ports.broker import Broker
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData, MarketStep
from tradecore.ports.quote_wishes import NO_WISHES, QuoteWishes
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.updates import UpdateLog

UNDERLYING = Equity("SPY")


@dataclass(slots=True, kw_only=True)
class DeskHouse:
    """
    One desk with a market that goes on: everything the runtime moves and the doors show.

    `wall` is the machine's clock, the floor's the market's; `seed` is None where the market is not ours. `recording`
    is shown what the market shows, where days are recorded.
    """

    floor: TradingFloor
    timers: LoopTimers
    wall: SystemClock
    directory: Path
    account: str
    mode: str
    seed: int | None
    lease: FileLease
    opening: DeskOpening
    recording: DayRecording | None = None

    @property
    def principal(self) -> str:
        """Who speaks on this machine's own channels: the user the desk runs as."""
        return f"local:{os.getuid()}"

    @property
    @abstractmethod
    def session(self) -> Session:
        """The session the market stands in, or waits for."""

    @property
    def wishes(self) -> QuoteWishes:
        """Where quotes of options are asked to be streamed, if anywhere."""
        return NO_WISHES

    async def run(self) -> None:
        """Whatever has to go on beside trading; ends with the desk."""

    @abstractmethod
    def steps(self) -> AsyncIterator[MarketStep]:
        """The market from now to the close of its session."""

    def show(self, step: MarketStep) -> None:
        """Let the venue act on a step of the market, where it is ours to show."""

    @abstractmethod
    def end_session(self) -> None:
        """The session is over: settle what the venue leaves to us."""

    @abstractmethod
    async def next_day(self) -> None:
        """Move on to the next session; returns when its day is to be opened."""

    @abstractmethod
    def shut(self) -> None:
        """End the broker's events."""

    def events(self) -> AsyncIterator[BrokerEvent]:
        """What happens to the account's orders."""
        return self.floor.broker.events()

    def close(self) -> None:
        """Release journal and account; idempotent."""
        self.floor.journal.close()
        self.lease.release()


def confirmation_policy(settings: Settings) -> ConfirmationPolicy:
    """Who confirms: the owner's choice, else the model, and in live mode a form or, above an amount, the operator."""
    if settings.who_confirms is not None:
        who = Confirmer(settings.who_confirms)
        return ConfirmationPolicy(small=who, large=who)
    if settings.mode == "live":
        up_to: Money = usd(settings.elicit_up_to)
        return ConfirmationPolicy(small=Confirmer.FORM, large=Confirmer.OPERATOR, up_to=up_to)
    return ConfirmationPolicy(small=Confirmer.MODEL, large=Confirmer.MODEL)


def furnished_floor(
    place: Place, desk: Desk, *, market: MarketData, broker: Broker, clock: Clock, timers: LoopTimers, begins: datetime
) -> TradingFloor:
    """The floor of a standing desk on its account; `begins` (UTC, of the machine) tells this life from others."""
    floor = TradingFloor(
        desk=desk,
        underlying=UNDERLYING,
        market=market,
        broker=broker,
        journal=place.journal,
        clock=clock,
        timers=timers,
        ids=SystemIds(),
        strategies=place.strategies,
        stop_signal=StopFile(place.directory),
    )
    # Every fresh account's first holder has number 1, and a chat keeps its cursor when its desk is started anew.
    floor.updates = UpdateLog(life=f"{begins.timestamp() * 1000:.0f}{place.lease.number}")
    return floor
