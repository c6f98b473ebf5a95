"""Whole simulated sessions with a random trader: no faults yet, every promise held to the venue's own books."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.simulation.random_trader import RandomTrader, check_the_end

from adapters.jsonl.journal import read_entries
from adapters.jsonl.verify import JournalState, verify
from entrypoints.limits_file import load_limits
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import Settings
from entrypoints.wiring import simulated_house
from tradecore.model.sessions import session_on
from tradecore.risk.limits import Limits
from tradecore.usecases.audit import replay

FULL_DAY = date(2026, 11, 20)


def only_the_loss_caps() -> Limits:
    """The shipped limits without what paces a day, so that the loss budget itself is leaned on hard."""
    many = 100_000
    return replace(
        load_limits("default"),
        max_trades_per_day=many,
        max_trades_per_day_per_strategy=many,
        losses_before_pause=many,
        losses_before_stop=many,
        reentry_minutes_after_stop=0,
        duplicate_window_s=Decimal(0),
        max_open_groups=many,
        max_open_groups_per_strategy=many,
        delta_cap=Decimal(many),
        delta_cap_after_move=Decimal(many),
        max_heat_pct=Decimal(100),
    )


@pytest.mark.parametrize("seed", range(24))
def test_a_random_trader_never_passes_the_cap_and_ends_flat(seed: int, tmp_path: Path) -> None:
    session = session_on(FULL_DAY)
    assert session is not None
    settings = Settings(home=tmp_path)
    house = simulated_house(settings, seed=seed, session=session, limits=only_the_loss_caps(), account=None)
    trader = RandomTrader(house, seed)
    run_house(house, trader, SessionRecorder())
    assert trader.steps > 100
    check_the_end(house)
    journal = house.directory / "journal"
    assert verify(journal).state is JournalState.WHOLE
    again = replay(read_entries(journal))
    assert (again.different, again.trace_sha256) == (0, house.floor.trace.hexdigest)
