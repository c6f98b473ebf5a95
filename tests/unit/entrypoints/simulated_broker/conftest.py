"""A broker at 10:00 of a trading day, whose clock moves by steps alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    opened = Broker(tmp_path / "sim")
    yield opened
    opened.close()
