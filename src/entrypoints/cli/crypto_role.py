"""Standing for one part of the crypto reports: feeding Redis with events, or keeping reports of them there."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

import typer

from entrypoints.cli.ending import ending
from entrypoints.cli.standing_desk import HttpEntry
from entrypoints.http_server.crypto_door import crypto_door
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.crypto_house import CryptoHouse, crypto_house, running_house
from tradecore.errors import InvalidRequest

FEED: Final = "crypto-feed"


def check_role(role: str, settings: Settings, account: str | None) -> None:
    """
    See that the role can be played.

    Raises:
        InvalidRequest: It has no account.
        SettingsError: There is no Redis to meet the other roles at, or no feed.
    """
    if account is not None:
        raise InvalidRequest(f"--role {role} has no account; leave --account out")
    if settings.redis_url is None:
        raise SettingsError(f"REDIS_URL: --role {role} meets the other roles in Redis; set its address")
    if role == FEED and settings.crypto_feed == "none":
        raise SettingsError("CRYPTO_FEED: --role crypto-feed needs one: simulated, replay or binance")


async def stand_for(role: str, settings: Settings, entry: HttpEntry | None) -> None:
    """
    Stand until ended by Ctrl-C or a signal, or until the feed's events end.

    Raises:
        TradeError: What failed.
    """
    house = crypto_house(settings, feeds=role == FEED, works=role != FEED)
    async with AsyncExitStack() as stack:
        if entry is not None:
            stack.enter_context(entry.listener.socket)
        ended = await stack.enter_async_context(ending())
        running = await stack.enter_async_context(running_house(house))
        if entry is not None:
            await stack.enter_async_context(crypto_door(house, role, settings, entry.keys, entry.listener))
        typer.echo(f"tradecore: {role} stands, {_told(house)}{_reached(entry)}", err=True)
        waiting = asyncio.ensure_future(ended.wait())
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()
    typer.echo(f"tradecore: {role} ended in order", err=True)


def _told(house: CryptoHouse) -> str:
    if house.feed is not None:
        return f"{house.feed.venue}: {', '.join(house.feed.symbols)}"
    return "" if house.worker is None else f"worker {house.worker.name}"


def _reached(entry: HttpEntry | None) -> str:
    return "" if entry is None else f", {entry.listener.url}/metrics with the key in {entry.keys.source}"
