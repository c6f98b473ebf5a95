"""`tradecore watch`: a desk that is started again when it falls silent, and flattened when that does not help."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.cli.limits_told import limits_told
from entrypoints.settings import Settings, read_settings
from entrypoints.wiring.machine import machine_seconds
from tradecore.errors import AccountHeld, InvalidRequest, Unavailable

if TYPE_CHECKING:
    from entrypoints.watchdog.desk_process import DeskProcess

_FLATTENED: Final = 1
_STARTS_WITHIN_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.1


def watch(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="The account whose desk is watched.")],
    http: Annotated[bool, typer.Option(help="Open the HTTP door of the desk too.")] = True,
    silence: Annotated[float, typer.Option(help="Seconds without an answer after which the desk is ended.")] = 60.0,
) -> None:
    """
    Start the account's desk, or watch the one that stands; when it dies or falls silent, start it again.

    When two restarts do not help, take the account over, engage the kill switch and close everything (exit code 1).
    The account's lock goes from one to the other: nothing trades beside a living desk. Ctrl-C ends the desk in order.
    """
    # The HTTP and MCP libraries take more than a second to load, which no other command should wait for.
    from entrypoints.cli.ending import ending
    from entrypoints.watchdog.desk_process import DeskProcess
    from entrypoints.watchdog.supervision import BEAT_S, Pace, Verdict, supervise

    name = checked_account(account)
    if name is None or not 1 <= silence <= 3600:
        raise InvalidRequest("--silence takes 1 to 3600 seconds")
    settings = read_settings(context.obj)
    directory = settings.home / settings.mode / name
    desk = DeskProcess(directory, context.obj, http=http)
    pace = Pace(beat_s=min(BEAT_S, silence / 4), silence_s=silence)

    async def watched() -> int:
        async with ending() as ended:

            async def beat(seconds: float) -> None:
                await asyncio.wait((asyncio.ensure_future(ended.wait()),), timeout=seconds)

            await _stand(desk, directory)
            verdict = await supervise(desk, pace, ended=ended, seconds=machine_seconds, wait=beat, tell=_tell)
            if verdict is Verdict.TAKE_OVER:
                return await _flatten(settings, directory, ended)
        _tell("the desk ended in order")
        return 0

    raise typer.Exit(asyncio.run(watched()))


async def _stand(desk: "DeskProcess", directory: Path) -> None:
    """
    Start the desk unless it stands, and wait until it answers.

    Raises:
        Unavailable: It ended before it stood; the message is its last line.
    """
    if desk.pid is None:
        desk.start()
    for _ in range(int(_STARTS_WITHIN_S / _LOOKS_EVERY_S)):
        if await desk.answers():
            _tell(f"desk {directory.name} stands, process {desk.pid}")
            return
        if desk.exit_code() is not None:
            raise Unavailable(f"the desk of account {directory.name} did not start: {desk.last_words()}")
        await asyncio.sleep(_LOOKS_EVERY_S)
    _tell(f"desk {directory.name} does not answer yet, process {desk.pid}")


async def _flatten(settings: Settings, directory: Path, ended: asyncio.Event) -> int:
    from entrypoints.watchdog.take_over import flatten_account

    flattening = asyncio.create_task(flatten_account(settings, limits_told(settings), directory, _tell))
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait((flattening, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not flattening.done():
        flattening.cancel()
        await asyncio.wait((flattening,))
        _tell("ended before everything was closed; the account stays killed")
        return _FLATTENED
    try:
        await flattening
    except AccountHeld as problem:
        raise Unavailable(f"{problem}; close what is held at the broker") from problem
    _tell(f"account {directory.name} is flat and stays killed; find out why its desk fell silent before you start it")
    return _FLATTENED


def _tell(text: str) -> None:
    typer.echo(f"tradecore: {text}", err=True)
