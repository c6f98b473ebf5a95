"""A standing desk records its days, goes on after a restart, and trades on when the disk refuses."""

import asyncio
import time
import zipfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.unit.entrypoints.standing.processes import run

from adapters.replay.lean import read_lean_day
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.wiring.standing import StandingHouse, standing_house
from tradecore.model.instruments import Equity
from tradecore.model.sessions import session_on

DAY = date(2026, 11, 20)
_PATIENCE_S = 30.0


def at_a_fast_desk(home: Path, start: str, story: Callable[[StandingHouse], Awaitable[None]], **more: object) -> None:
    """A real desk with its market a thousand times as fast."""
    settings = Settings.model_validate({"home": home, "sim_start": start, "sim_speed": 1000, **more})

    async def stand() -> None:
        house = standing_house(settings, limits_in_force(settings)[0], account="recorded", purpose="test")
        async with standing_server(house, settings, None):
            await story(house)

    asyncio.run(stand())


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


def test_the_day_is_recorded_over_a_restart_and_replay_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "simulated" / "recorded" / "recordings"

    async def until_three(house: StandingHouse) -> None:
        await until(lambda: house.clock.now() >= house.market.session.closes - timedelta(minutes=8))

    async def over_the_close(_: StandingHouse) -> None:
        await until(lambda: (folder / "option" / "spy" / "20261120_quote_american.zip").exists())

    at_a_fast_desk(tmp_path, "2026-11-20T15:40", until_three)
    assert [path.name for path in folder.iterdir()] == ["20261120.partial"]
    at_a_fast_desk(tmp_path, "2026-11-20T15:40", over_the_close)
    session = session_on(DAY)
    assert session is not None
    found = read_lean_day(folder / "equity", Equity("SPY"), session, options=folder / "option")
    starts = [bar.start for bar in found.bars]
    assert starts == sorted(set(starts))
    assert starts[0] >= session.closes - timedelta(minutes=20)
    assert starts[-1] == session.closes - timedelta(minutes=1)
    assert len(starts) >= 16, "but for the minutes around the restart each is there"
    with zipfile.ZipFile(folder / "option" / "spy" / "20261120_quote_american.zip") as archive:
        minutes = max(len(archive.read(name).splitlines()) for name in archive.namelist())
    assert minutes >= 12, "a chain a minute, at a thousand times the pace too"
    strategy = ("--strategy", "orb_long_call", "--limits", "recorded", "--json")
    source = (str(folder / "equity"), "--options", str(folder / "option"))
    replayed = run(tmp_path, "replay", *source, "--symbol", "SPY", "--date", "2026-11-20", *strategy)
    assert replayed.returncode == 0, replayed.stderr


def test_a_disk_that_refuses_is_alerted_once_and_the_desk_trades_on(tmp_path: Path) -> None:
    async def story(house: StandingHouse) -> None:
        (house.directory / "recordings").write_text("a file is in the way")
        await until(lambda: any(one.subject == "RECORDING_FAILED" for one in house.floor.updates.after(0, 99).updates))
        began = house.clock.now()
        await until(lambda: house.clock.now() > began + timedelta(minutes=5))
        (house.directory / "recordings").unlink()
        await until(lambda: any(one.subject == "RECORDING_WORKS" for one in house.floor.updates.after(0, 99).updates))
        subjects = [one.subject for one in house.floor.updates.after(0, 99).updates]
        assert subjects.count("RECORDING_FAILED") == 1
        assert house.floor.halted is None

    at_a_fast_desk(tmp_path, "2026-11-20T10:00", story)


def test_who_wants_no_recording_gets_none(tmp_path: Path) -> None:
    async def story(house: StandingHouse) -> None:
        began = house.clock.now()
        await until(lambda: house.clock.now() > began + timedelta(minutes=5))
        assert house.recording is None
        assert not (house.directory / "recordings").exists()

    at_a_fast_desk(tmp_path, "2026-11-20T10:00", story, record=False)


@pytest.mark.parametrize("days", [1, 30])
def test_recordings_older_than_the_days_asked_for_are_removed(tmp_path: Path, days: int) -> None:
    old = tmp_path / "simulated" / "recorded" / "recordings" / "equity" / "spy" / "20261105_trade.zip"

    async def story(house: StandingHouse) -> None:
        old.parent.mkdir(parents=True)
        old.write_bytes(b"")
        await until(lambda: house.floor.desk.day.today > DAY and any(old.parent.glob("20261120_*")))
        await until(lambda: old.exists() is (days == 30))

    at_a_fast_desk(tmp_path, "2026-11-20T15:55", story, recording_days=days)
