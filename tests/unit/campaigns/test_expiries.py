"""A slice of the campaign of expiries, and bugs that it must catch."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.campaigns import expiries

from adapters.alpaca import broker
from adapters.alpaca.settlements import read_settlements
from tradecore.desk.groups import Group


def test_the_next_morning_the_books_are_the_broker_s() -> None:
    share = expiries.run(1, 6)
    assert share.failures == []
    assert share.tried == 6


def never_over(_: Group, __: datetime) -> bool:
    """Nothing expires."""
    return False


def without_shares(rows: Any) -> Any:
    """Only the contracts are booked."""
    return [one for one in read_settlements(rows) if one.price == 0]


def at_intrinsic(rows: Any) -> Any:
    """A cent too much for each share."""
    return [one if one.price == 0 else _dearer(one) for one in read_settlements(rows)]


def _dearer(fill: Any) -> Any:
    return type(fill)(
        fill.client_order_id, fill.at, fill.exec_id, fill.instrument, fill.side, fill.quantity,
        fill.price + Decimal("0.01"), fill.fee, fill.settlement,
    )  # fmt: skip


BUGS: dict[str, tuple[Any, str, Any]] = {
    "what expired is still closed": (Group, "has_expired", never_over),
    "delivered shares are forgotten": (broker, "read_settlements", without_shares),
    "shares come at another price than the strike": (broker, "read_settlements", at_intrinsic),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BUGS[bug])
    assert expiries.run(1, 8).failed > 0
