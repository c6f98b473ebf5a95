"""The door on this machine: what it lets in when versions differ, clients crowd it, or it closes."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.standing.processes import run

from adapters.system.stop_file import StopFile
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.connection import pump
from entrypoints.settings import Settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.control import Control
from entrypoints.standing.desk_file import listening_socket
from entrypoints.standing.door import Door, DoorRefused, enter
from entrypoints.standing.lines import read_message, write_message
from entrypoints.standing.passphrase import OperatorLock, save_passphrase
from entrypoints.wiring.standing import standing_house
from tradecore import __version__
from tradecore.ports.stop_signal import StopRequest

KILLED = {"ok": True, "what": "kill switch engaged", "orders": [], "held": []}


async def answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: str) -> None:
    while await read_message(reader) is not None:
        await write_message(writer, KILLED)


async def nothing_more() -> None:
    """Be done."""


def behind_a_door(
    directory: Path,
    story: Callable[[], Awaitable[None]],
    afterwards: Callable[[], Awaitable[None]] = nothing_more,
) -> None:
    """Run a story while a door stands open, whose every wish is carried out; and the rest once it was closed."""
    directory.mkdir(parents=True)

    async def stand() -> None:
        async with Door({"mcp": answer_each, "control": answer_each}, directory.name, "simulated").open(directory):
            await story()
        await asyncio.sleep(0.05)
        await afterwards()

    asyncio.run(stand())


@contextmanager
def refusing_everybody(directory: Path) -> Iterator[None]:
    """A desk that turns every program away, as one of another version that knows no exception."""
    directory.mkdir(parents=True)
    listener = listening_socket(directory)
    listener.setblocking(True)
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if connection.recv(4096):
                    connection.sendall(b'{"ok":false,"error":"the standing desk is version 0"}\n')

    served = threading.Thread(target=serve)
    served.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        served.join()
        listener.close()


def test_one_desk_that_refuses_does_not_keep_the_kill_switch_from_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        killed = await asyncio.to_thread(run, tmp_path, "kill", "--json")
        answers = json.loads(killed.stdout)
        assert killed.returncode == 1, "one desk was not stopped"
        assert not answers["first"]["ok"]
        assert answers["first"]["error"].startswith("the standing desk is version 0; a stop request lies in")
        assert StopFile(tmp_path / "simulated" / "first").requested() == StopRequest("from a terminal", flatten=False)
        assert answers["second"] == KILLED

    with refusing_everybody(tmp_path / "simulated" / "first"):
        behind_a_door(tmp_path / "simulated" / "second", story)


def test_two_desks_of_one_name_are_told_apart(tmp_path: Path) -> None:
    async def story() -> None:
        killed = await asyncio.to_thread(run, tmp_path, "kill", "--json")
        assert set(json.loads(killed.stdout)) == {"paper/one", "simulated/one"}

    with refusing_everybody(tmp_path / "paper" / "one"):
        behind_a_door(tmp_path / "simulated" / "one", story)


def test_a_program_of_another_version_may_engage_the_kill_switch_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "desk"

    async def story() -> None:
        desks, programs = __version__, "9.9.9"
        reader, writer = await asyncio.open_unix_connection(str(directory / "desk.sock"))
        await write_message(writer, {"version": programs, "door": "control"})
        assert (await read_message(reader) or {})["version"] == desks
        writer.close()
        reader, writer = await asyncio.open_unix_connection(str(directory / "desk.sock"))
        await write_message(writer, {"version": programs, "door": "mcp"})
        assert not (await read_message(reader) or {})["ok"]
        writer.close()
        # In one process both sides have one version; the desk's is the one it greets with.
        monkeypatch.setattr("entrypoints.standing.door.__version__", programs)
        assert await asyncio.to_thread(_asked, directory, any_version=True) == KILLED
        with pytest.raises(DoorRefused, match=f"version {desks}, this program {programs}"):
            await asyncio.to_thread(_asked, directory, any_version=False)

    behind_a_door(directory, story)


def _asked(directory: Path, *, any_version: bool) -> dict[str, Any]:
    return ask_desk(directory, {"ask": "kill"}, any_version=any_version)


def test_a_crowd_of_clients_leaves_room_for_the_kill_switch(tmp_path: Path) -> None:
    directory = tmp_path / "desk"

    async def story() -> None:
        crowd = [await enter(directory, "mcp") for _ in range(64)]
        with pytest.raises(DoorRefused, match="64 programs"):
            await enter(directory, "mcp")
        assert await asyncio.to_thread(ask_desk, directory, {"ask": "kill"}) == KILLED
        for _, writer in crowd:
            writer.close()

    behind_a_door(directory, story)


def test_a_door_that_closes_with_clients_inside_logs_no_failure(tmp_path: Path) -> None:
    logged: list[dict[str, Any]] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
        inside.extend([await enter(tmp_path / "desk", "mcp"), await enter(tmp_path / "desk", "control")])

    async def leave() -> None:
        for _, writer in inside:
            writer.close()

    inside: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    behind_a_door(tmp_path / "desk", story, leave)
    assert logged == []


def test_the_last_words_of_a_client_that_leaves_are_still_answered() -> None:
    async def story() -> None:
        (client, near), (far, desk) = socket.socketpair(), socket.socketpair()
        client_side, near_side, far_side, desk_side = [
            await asyncio.open_unix_connection(sock=one) for one in (client, near, far, desk)
        ]
        pumping = asyncio.create_task(pump(near_side, far_side))
        client_side[1].write(b"order?\n")
        client_side[1].write_eof()
        async with asyncio.timeout(5):
            assert await desk_side[0].read() == b"order?\n"
        desk_side[1].write(b"filled\n")
        desk_side[1].close()
        assert await client_side[0].readline() == b"filled\n"
        await pumping
        for _, writer in (client_side, near_side, far_side):
            writer.close()

    asyncio.run(story())


def test_guesses_that_come_at_once_are_counted_like_guesses_one_after_the_other(tmp_path: Path) -> None:
    save_passphrase(tmp_path, "correct horse battery")
    settings = Settings(home=tmp_path)
    house = standing_house(settings, limits_in_force(settings)[0], account=None, purpose="test")

    async def no_tool(name: str, arguments: dict[str, Any], principal: str) -> dict[str, Any]:
        raise AssertionError(f"{principal} called {name} with {arguments}")

    control = Control(house, OperatorLock(tmp_path, house.wall.now), no_tool)

    async def guess() -> str:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        asked, asking = await asyncio.open_unix_connection(sock=theirs)
        serving = asyncio.create_task(control(reader, writer, "local:me"))
        await write_message(asking, {"ask": "approve", "intent_id": "i", "passphrase": "wrong wrong wrong"})
        error = str((await read_message(asked) or {})["error"])
        asking.close()
        await serving
        writer.close()
        return error

    async def story() -> None:
        answers = await asyncio.gather(*(guess() for _ in range(12)))
        assert answers.count("too many wrong passphrases; wait a minute") == 12 - 5

    asyncio.run(story())
    house.close()
