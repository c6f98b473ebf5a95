"""A standing desk day after day: the market rolls, positions are settled, nothing stops."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.simulated.virtual_time import VirtualTimeLoop
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings, SettingsError
from entrypoints.standing.running import standing
from entrypoints.wiring.standing import StandingHouse, simulated_start, standing_house
from tradecore.errors import DeskHalted, JournalUnavailable
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.previewing import preview_strategy

ME = "local:me"


async def bought(house: StandingHouse) -> bool:
    for _ in range(20):
        shown = await preview_strategy(house.floor, ME, "orb_long_call", {"contracts": 1})
        if isinstance(shown, PreviewAnswer):
            done = await confirm(house.floor, ME, shown.confirm_token)
            if isinstance(done, ConfirmAnswer) and done.filled_quantity:
                return True
        await house.timers.sleep_until(house.clock.now() + timedelta(seconds=40))
    return False


def on_virtual_time(home: Path, start: str, story: Callable[[StandingHouse], Awaitable[None]]) -> None:
    """Run a standing desk's days in no time, each run the same."""
    settings = Settings(home=home, sim_start=start)
    loop = VirtualTimeLoop()

    async def stand() -> None:
        limits, _ = limits_in_force(settings)
        house = standing_house(settings, limits, account=None, purpose="test", seconds=loop.time)
        async with standing(house):
            await story(house)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(stand())


def test_after_the_close_the_next_full_trading_day_begins_and_the_desk_trades_on(tmp_path: Path) -> None:
    """From a Wednesday before Thanksgiving: Thursday is closed and Friday closes early, so Monday comes next."""

    async def story(house: StandingHouse) -> None:
        while house.floor.desk.day.today == date(2026, 11, 25):
            await asyncio.sleep(1)
        assert house.floor.desk.day.today == date(2026, 11, 30)
        assert [u.kind for u in house.floor.updates.after(0, 100).updates] == ["day"]
        await house.timers.sleep_until(house.market.session.opens + timedelta(minutes=20))
        shown = await preview_strategy(house.floor, ME, "orb_long_call", {"contracts": 1})
        assert isinstance(shown, PreviewAnswer)
        assert shown.previews[0].plan.legs[0].instrument.symbol.startswith("SPY261130")

    on_virtual_time(tmp_path, "2026-11-25T15:58", story)


def test_what_is_held_in_the_afternoon_does_not_follow_into_the_next_day(tmp_path: Path) -> None:
    async def story(house: StandingHouse) -> None:
        assert await bought(house)
        while house.floor.desk.day.today == date(2026, 11, 20):
            await asyncio.sleep(1)
        assert house.floor.desk.open_groups == ()
        assert await house.venue.positions() == []
        result = house.floor.desk.day.result(date(2026, 11, 20))
        account = await house.venue.account()
        assert account.equity.amount == 10_000 + (result.realised - result.fees).amount

    on_virtual_time(tmp_path, "2026-11-20T14:30", story)


def test_a_week_of_days_follows_each_other(tmp_path: Path) -> None:
    async def story(house: StandingHouse) -> None:
        days = [house.floor.desk.day.today]
        while len(days) < 6:
            await asyncio.sleep(60)
            if house.floor.desk.day.today != days[-1]:
                days.append(house.floor.desk.day.today)
        assert [day.isoformat() for day in days] == [
            "2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-30", "2026-12-01",
        ]  # fmt: skip

    on_virtual_time(tmp_path, "2026-11-20T15:50", story)


@pytest.mark.parametrize(
    ("start", "today", "wanted"),
    [
        (None, date(2026, 11, 21), "2026-11-20T15:00:00+00:00"),
        (None, date(2026, 11, 27), "2026-11-25T15:00:00+00:00"),
        (None, date(2026, 7, 1), "2026-07-01T14:00:00+00:00"),
        ("09:30", date(2026, 11, 23), "2026-11-23T14:30:00+00:00"),
        ("2013-10-04T11:15", date(2026, 11, 21), "2013-10-04T15:15:00+00:00"),
    ],
)
def test_a_simulated_market_starts_in_the_newest_full_session_or_where_it_is_told(
    start: str | None, today: date, wanted: str
) -> None:
    """10:00 in New York is 15:00 UTC in winter and 14:00 in summer; 27 November 2026 closes early."""
    assert simulated_start(start, today)[1].isoformat() == wanted


@pytest.mark.parametrize("start", ["2026-11-21T10:00", "2026-11-26T10:00", "16:00", "09:29", "2026-11-27T13:00"])
def test_a_start_outside_a_session_is_refused_by_name(start: str) -> None:
    with pytest.raises(SettingsError, match="SIM_START"):
        simulated_start(start, date(2026, 11, 23))


def test_a_desk_whose_journal_fails_ends_within_seconds_and_says_why(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    async def story() -> None:
        house = standing_house(settings, limits_in_force(settings)[0], account=None, purpose="test")

        def broken(*_: object) -> None:
            raise JournalUnavailable("no space left on the device")

        async with asyncio.timeout(10), standing_server(house, settings, None):
            house.floor.journal.append = broken  # type: ignore[method-assign, assignment]
            with pytest.raises(DeskHalted):
                await preview_strategy(house.floor, ME, "orb_long_call", {"contracts": 1})
            await asyncio.sleep(9)

    with pytest.raises(DeskHalted, match="no space left"):
        asyncio.run(story())


def test_every_directory_the_desk_makes_is_its_owner_s(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "deep" / "home")
    house = standing_house(settings, limits_in_force(settings)[0], account="mine", purpose="test")
    house.close()
    made = [tmp_path / "deep", *(path for path in (tmp_path / "deep").rglob("*") if path.is_dir())]
    assert {path.name for path in made} >= {"deep", "home", "simulated", "mine"}
    closed = [path for path in made if path.name != "journal"]
    assert [path for path in closed if path.stat().st_mode & 0o077] == []


def test_a_cursor_kept_from_a_former_desk_loses_nothing_of_the_next_one(tmp_path: Path) -> None:
    """A chat outlives its embedded desk; the next one's account is fresh and counts its updates from 1 again."""
    settings = Settings(home=tmp_path)
    former, later = (
        standing_house(settings, limits_in_force(settings)[0], account=None, purpose="mcp") for _ in range(2)
    )
    kept = former.floor.updates.cursor(37)
    assert former.floor.updates.number_of(kept) == 37
    assert later.floor.updates.number_of(kept) == 0, "everything, from the first update on"
    former.close()
    later.close()
