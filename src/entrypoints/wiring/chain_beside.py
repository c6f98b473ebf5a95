"""The same-day chain, kept beside a standing desk."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from adapters.jsonl.iv_history import JsonlIvHistory
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.desk_house import UNDERLYING, DeskHouse
from tradecore.ports.chain_store import ChainStore
from tradecore.usecases.chain_keeping import ChainKeeper
from tradecore.usecases.iv_recording import IvRecorder

NO_REDIS: Final = "redis is not installed; install tradecore with its extra: pip install 'tradecore[redis]'"
_AGAIN_AFTER_S: Final = 5.0
_log = logging.getLogger(__name__)


@asynccontextmanager
async def chain_beside(house: DeskHouse, settings: Settings) -> AsyncIterator[ChainKeeper]:
    """
    Keep the chain while the body runs, published to REDIS_URL if there is one.

    A fault of it ends no desk: it is logged, and keeping begins anew.

    Raises:
        SettingsError: redis is not installed, or does not understand the address.
    """
    store = _store(settings)
    floor = house.floor
    keeper = ChainKeeper(
        underlying=UNDERLYING,
        market=floor.market,
        board=floor.board,
        clock=floor.clock,
        timers=floor.timers,
        every=timedelta(seconds=settings.spy_chain_update_interval),
        expires_at=settings.auto_expire_time,
        pace=float(floor.desk.opening.clock_rate),
        wishes=house.wishes,
        store=store,
    )
    floor.chain_keeper = keeper
    history = JsonlIvHistory(house.directory / "iv_history.jsonl")
    floor.research.iv_history = history
    recorder = IvRecorder(history, UNDERLYING.symbol, floor.board, floor.clock, floor.timers)
    running = asyncio.create_task(_run((*keeper.works, recorder.record_again_and_again)))
    try:
        yield keeper
    finally:
        running.cancel()
        await asyncio.wait((running,))
        if store is not None:
            await store.close()


async def _run(works: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    while True:
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(work())
        except* Exception:  # noqa: BLE001 - what only shows prices must not end what guards positions
            _log.exception("keeping the option chain failed and begins anew")
        await asyncio.sleep(_AGAIN_AFTER_S)


def _store(settings: Settings) -> ChainStore | None:
    if settings.redis_url is None:
        return None
    try:
        from entrypoints.wiring.chain_redis import redis_chain_store
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "redis":
            raise
        raise SettingsError(NO_REDIS) from None
    return redis_chain_store(settings.redis_url, settings.redis_password)
