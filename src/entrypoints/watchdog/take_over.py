"""Closing what a desk that can't be brought back left: with its lock, its journal and its broker, and no doors."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from entrypoints.settings import Settings
from entrypoints.standing.running import standing
from entrypoints.wiring.choosing import desk_house
from entrypoints.wiring.desk_house import DeskHouse
from entrypoints.wiring.machine import leave_stop_request
from tradecore.risk.limits import Limits

_LOOKS_EVERY: Final = timedelta(seconds=1)
_TELLS_EVERY: Final = timedelta(seconds=60)


async def flatten_account(settings: Settings, limits: Limits, directory: Path, tell: Callable[[str], None]) -> None:
    """
    Engage the kill switch on the account and close everything; returns once nothing is held and no order is live.

    Raises:
        AccountHeld: A process still holds the account; nothing was done.
        JournalCorrupt, SettingsError, JournalUnavailable: It can't be taken up; a person has to close at the broker.
    """
    house = desk_house(settings, limits, account=directory.name, purpose="watch")
    # Only now: a living desk must not obey what is meant for its absence.
    tell(leave_stop_request(directory, "the watchdog took over", flatten=True))
    async with standing(house):
        await _until_flat(house, tell)


async def _until_flat(house: DeskHouse, tell: Callable[[str], None]) -> None:
    desk = house.floor.desk
    told_at = house.wall.now()
    while house.floor.stop_signal.requested() is not None or desk.open_groups or desk.live_orders:
        await house.timers.sleep_until(house.floor.clock.now() + _LOOKS_EVERY)
        if house.wall.now() - told_at >= _TELLS_EVERY:
            told_at = house.wall.now()
            held = ", ".join(f"{group.label} {group.open_units():f}" for group in desk.open_groups) or "nothing"
            tell(f"still closing: {held} held, {len(desk.live_orders)} orders live")
