"""Telling other processes of the chain; a slow or broken store holds up nobody here."""

from datetime import timedelta
from typing import Final

from tradecore.analysis.completed_chain import CompletedChain
from tradecore.errors import PortError
from tradecore.market_board import MarketBoard
from tradecore.ports.chain_store import ChainStore
from tradecore.ports.clock import Clock
from tradecore.ports.timers import Timers
from tradecore.usecases.chain_snapshot import chain_snapshot

_WITHIN_S: Final = 2.0
_KEPT_S: Final = 60.0


class ChainPublisher:
    """
    Publishes the newest chain to a store, if there is one; those that come while it is busy are left out.

    `published` counts what the store took; `state` is off, ok, or what is wrong with it.
    """

    def __init__(self, board: MarketBoard, symbol: str, store: ChainStore | None, clock: Clock, timers: Timers) -> None:
        """Have nothing to publish."""
        self._board = board
        self._symbol = symbol
        self._store = store
        self._clock = clock
        self._timers = timers
        self._bell = timers.bell()
        self._waiting: CompletedChain | None = None
        self._takes_back = False
        self._problem: str | None = None
        self.published = 0

    @property
    def state(self) -> str:
        """How the store is."""
        return "off" if self._store is None else self._problem or "ok"

    def offer(self, completed: CompletedChain) -> None:
        """A newer chain is there."""
        self._waiting = completed
        self._bell.ring()

    def take_back(self) -> None:
        """What was published is no longer true."""
        self._waiting, self._takes_back = None, True
        self._bell.ring()

    async def publish_again_and_again(self) -> None:
        """Publish whatever is offered, for ever."""
        while True:
            if self._waiting is None and not self._takes_back:
                await self._bell.wait(self._clock.now() + timedelta(minutes=1))
            await self.publish()

    async def publish(self) -> None:
        """Publish what is offered and not published yet."""
        completed, self._waiting = self._waiting, None
        takes_back, self._takes_back = self._takes_back, False
        if self._store is None:
            return
        try:
            if takes_back:
                await self._timers.within(_WITHIN_S, self._forgotten(self._store))
            if completed is not None:
                await self._timers.within(_WITHIN_S, self._kept(self._store, completed))
        except (PortError, TimeoutError) as problem:
            # The next chain is offered within the second; a lost word of expiry ends with the store's own time.
            self._problem = str(problem)[:200] or f"no answer within {_WITHIN_S:g} s"
        else:
            self._problem = None

    async def _kept(self, store: ChainStore, completed: CompletedChain) -> None:
        await store.publish(chain_snapshot(completed, self.published + 1), _KEPT_S)
        self.published += 1

    async def _forgotten(self, store: ChainStore) -> None:
        await store.forget(self._symbol)
