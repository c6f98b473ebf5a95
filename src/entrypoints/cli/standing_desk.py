"""Standing at a desk in this process: its doors are opened, and closed in order when somebody ends it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass

import typer

from entrypoints.cli.ending import ending
from entrypoints.cli.limits_told import limits_told
from entrypoints.http_server.keys import HttpKeys, http_keys
from entrypoints.http_server.listening import Listener, listen
from entrypoints.mcp_server.server import DeskServer
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.choosing import desk_house
from entrypoints.wiring.standing import fresh_key


@dataclass(frozen=True, slots=True)
class HttpEntry:
    """An address that is taken, the keys that will open the door there, and how it is opened, with its MCP path."""

    listener: Listener
    keys: HttpKeys
    door: Callable[[DeskServer, Settings, HttpKeys, Listener], AbstractAsyncContextManager[None]]
    path: str


def http_entry(settings: Settings, host: str, port: int, *, said: str, instead: str) -> HttpEntry:
    """
    Take the address and read the keys, before a desk is begun that would have to be ended again.

    Raises:
        SettingsError, Unavailable: See `listen` and `http_keys`.
    """
    # Its libraries take half a second to load, in which a desk without this door guards what is held already.
    from entrypoints.http_server.app import MCP_PATH
    from entrypoints.http_server.http_door import http_door

    listener = listen(settings, host, port, said=said, instead=instead)
    try:
        return HttpEntry(listener, http_keys(settings, fresh_key), http_door, MCP_PATH)
    except SettingsError:
        listener.socket.close()
        raise


async def stand(settings: Settings, account: str | None, purpose: str, entry: HttpEntry | None) -> None:
    """Stand until ended by Ctrl-C or a signal; the account is by default a fresh one, named after the purpose."""
    url = None if entry is None else entry.listener.url
    async with ending() as ended, AsyncExitStack() as open_doors:
        if entry is not None:
            open_doors.enter_context(entry.listener.socket)
        house = desk_house(settings, limits_told(settings), account=account, purpose=purpose)
        server = await open_doors.enter_async_context(standing_server(house, settings, url))
        reached = ""
        if entry is not None:
            await open_doors.enter_async_context(entry.door(server, settings, entry.keys, entry.listener))
            reached = f"{url}{entry.path} with the key in {entry.keys.source}, "
        typer.echo(f"tradecore: desk {house.account} stands ({house.mode}), {reached}{house.directory}", err=True)
        await ended.wait()
    typer.echo("tradecore: the desk ended in order", err=True)
