"""What the simulator on this machine promises that Alpaca does not."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker, served

from adapters.alpaca.http import Timeouts
from adapters.system.time import SystemClock
from entrypoints.settings import read_settings
from entrypoints.wiring.alpaca_worlds import paper_world, simulated_world
from tradecore.usecases.floor import ANSWERS_WITHIN_S


def test_at_alpaca_no_time_proves_that_an_order_will_not_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "k")
    monkeypatch.setenv("ALPACA_SECRET_KEY", "s")
    assert paper_world(read_settings(), SystemClock()).not_found_is_final_after is None


def test_at_a_simulator_an_order_has_arrived_once_its_request_can_not_wait_any_more(tmp_path: Path) -> None:
    with served(Broker(tmp_path / "broker", speed=1)) as url:
        world = simulated_world(read_settings(), url, "desk")
    assert world.not_found_is_final_after is not None
    assert world.not_found_is_final_after > timedelta(seconds=ANSWERS_WITHIN_S + Timeouts().connect)
