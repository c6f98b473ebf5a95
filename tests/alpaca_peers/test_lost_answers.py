"""A desk on the simulated broker that is neither answered nor told what became of its order, and has to ask."""

from pathlib import Path

import pytest
from tests.unit.entrypoints.standing.test_alpaca_desk import trade_with_a_lost_answer


@pytest.mark.parametrize("fault", ["accept_then_504", "reset_after_send"])
def test_a_desk_that_is_told_nothing_asks_what_became_of_its_order(tmp_path: Path, fault: str) -> None:
    trade_with_a_lost_answer(tmp_path, fault, told=False)
