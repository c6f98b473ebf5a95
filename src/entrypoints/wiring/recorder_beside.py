"""Recording each day of a standing desk for `tradecore replay`."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from adapters.replay.lean_recorder import LeanRecorder
from entrypoints.settings import Settings
from entrypoints.wiring.day_recording import DayRecording
from entrypoints.wiring.desk_house import UNDERLYING, DeskHouse

RECORDINGS: Final = "recordings"
_AGAIN_AFTER_S: Final = 5.0
_log = logging.getLogger(__name__)


@asynccontextmanager
async def recorder_beside(house: DeskHouse, settings: Settings) -> AsyncIterator[None]:
    """
    Record into the account's directory while the body runs, unless TRADECORE_RECORD says no.

    A fault of it ends no desk: it is logged, and recording goes on.
    """
    if not settings.record:
        yield
        return
    keeps = timedelta(days=settings.recording_days)
    recording = DayRecording(house.floor, LeanRecorder(house.directory / RECORDINGS, UNDERLYING, keeps=keeps))
    house.recording = recording
    running = asyncio.create_task(_run(recording))
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await recording.end()


async def _run(recording: DayRecording) -> None:
    while True:
        try:
            await recording.record_again_and_again()
        except Exception:  # noqa: BLE001 - what only records must not end what guards positions
            _log.exception("recording the day failed and goes on")
        await asyncio.sleep(_AGAIN_AFTER_S)
