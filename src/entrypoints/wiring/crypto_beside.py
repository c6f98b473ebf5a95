"""Crypto market reports beside a desk."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.wiring.crypto_house import CryptoHouse

_log = logging.getLogger(__name__)


@asynccontextmanager
async def reports_beside(settings: Settings) -> AsyncIterator["CryptoHouse | None"]:
    """
    Reports beside a desk: those in Redis, or with a CRYPTO_FEED and no Redis our own; None when none are asked for.

    A feed that fails ends no desk: it is logged, and the reports tell how old they are.

    Raises:
        SettingsError: See `crypto_house`.
    """
    if "crypto" not in settings.toolsets or (settings.redis_url is None and settings.crypto_feed == "none"):
        yield None
        return
    # Only who asks for reports waits for their libraries.
    from entrypoints.wiring.crypto_house import crypto_house, running_house

    is_own = settings.redis_url is None
    house = crypto_house(settings, feeds=is_own, works=is_own)
    async with running_house(house) as running:
        running.add_done_callback(_logged)
        yield house


def _logged(running: "asyncio.Task[None]") -> None:
    if not running.cancelled() and running.exception() is not None:
        _log.error("crypto reports ended", exc_info=running.exception())
