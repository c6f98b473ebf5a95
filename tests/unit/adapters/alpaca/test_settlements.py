"""Exercise, assignment and expiry as Alpaca's activities tell them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.alpaca.fields import UnreadableAnswer
from adapters.alpaca.settlements import read_settlements
from tradecore.model.events import Settlement
from tradecore.model.terms import Side

ID = "20230721000000000::5f596936-6f23-4cef-bdf1-3806aae57dbf"
CLOSE = datetime(2023, 7, 21, 20, 0, tzinfo=UTC)


def row(kind: str, symbol: str, qty: str, cash: str = "0", **changes: Any) -> dict[str, Any]:
    """The fields of a non-trade activity."""
    return {
        "id": ID,
        "activity_type": kind,
        "date": "2023-07-21",
        "net_amount": cash,
        "symbol": symbol,
        "qty": qty,
        "status": "executed",
    } | changes


def test_an_exercise_ends_the_contracts_at_zero_and_buys_the_shares_at_the_strike() -> None:
    """Two calls of strike 150: 200 shares for 30,000; the activity's own price is the market's."""
    rows = [row("OPEXC", "AAPL230721C00150000", "-2"), row("OPTRD", "AAPL", "200", "-30000", price="90")]
    contracts, shares = read_settlements(rows)
    assert (contracts.side, contracts.quantity, contracts.price) == (Side.SELL, Decimal(2), Decimal(0))
    assert (shares.side, shares.quantity, shares.price) == (Side.BUY, Decimal(200), Decimal(150))
    assert contracts.settlement is shares.settlement is Settlement.EXERCISED
    assert contracts.at == shares.at == CLOSE
    assert contracts.exec_id != shares.exec_id, "the halves share one id at Alpaca"
    assert contracts.client_order_id.startswith("ext-")


def test_an_assignment_ends_what_was_sold_and_takes_the_shares() -> None:
    rows = [row("OPASN", "AAPL230721C00150000", "2"), row("OPTRD", "AAPL", "-200", "30000")]
    contracts, shares = read_settlements(rows)
    assert (contracts.side, contracts.quantity, contracts.price) == (Side.BUY, Decimal(2), Decimal(0))
    assert (shares.side, shares.quantity, shares.price) == (Side.SELL, Decimal(200), Decimal(150))
    assert contracts.settlement is shares.settlement is Settlement.ASSIGNED


def test_what_expires_worthless_ends_at_zero_on_either_side() -> None:
    rows = [row("OPEXP", "AAPL230721C00200000", "-3"), row("OPEXP", "AAPL230721P00100000", "1")]
    bought, sold = read_settlements(rows)
    assert (bought.side, bought.quantity, bought.price) == (Side.SELL, Decimal(3), Decimal(0))
    assert (sold.side, sold.quantity, sold.settlement) == (Side.BUY, Decimal(1), Settlement.EXPIRED)


@pytest.mark.parametrize(
    "broken",
    [{"qty": None}, {"date": "soon"}, {"activity_type": "DIV"}, {"symbol": "?"}, {"id": ""}, {"net_amount": "much"}],
)
def test_what_cannot_be_read_is_named_and_nothing_is_guessed(broken: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_settlements([row("OPTRD", "AAPL", "100", "-15000") | broken])
