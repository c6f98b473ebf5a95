"""Symbols, grids and numbers from outside."""

from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.errors import InvalidRequest, OffTick, UnknownInstrument
from tradecore.model.instruments import (
    CryptoPair,
    Equity,
    OptionContract,
    Right,
    exact_price,
    exact_quantity,
    nearest_price,
    parse_instrument,
    read_decimal,
)
from tradecore.testing.builders import CALL, SPY, a_contract

roots = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=6)
contracts = st.builds(
    OptionContract,
    roots,
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(Right),
    st.integers(1, 99_999_999).map(lambda mills: Decimal(mills) / 1000),
)


@given(contracts)
def test_an_option_symbol_comes_back_as_the_same_contract(contract: OptionContract) -> None:
    assert parse_instrument(contract.symbol) == contract
    assert parse_instrument(contract.occ) == contract
    assert len(contract.occ) == 21


@given(st.from_regex(r"[A-Z]{1,5}(\.[A-Z])?", fullmatch=True))
def test_a_ticker_comes_back_as_the_same_equity(symbol: str) -> None:
    assert parse_instrument(symbol) == Equity(symbol)


@pytest.mark.parametrize("symbol", ["BTC/USD", "ETH/USDT", "1INCH/USD"])
def test_a_pair_comes_back_as_the_same_pair(symbol: str) -> None:
    found = parse_instrument(symbol)
    assert isinstance(found, CryptoPair)
    assert found.symbol == symbol


def test_the_symbols_of_the_exchange_s_own_manual() -> None:
    """The OCC's layout: root padded to six, YYMMDD, C or P, strike times 1000 in eight digits."""
    assert a_contract("674").occ == "SPY   261120C00674000"
    assert a_contract("0.5", Right.PUT, root="F").symbol == "F261120P00000500"
    assert parse_instrument("GOOG151224P00747500") == OptionContract(
        "GOOG", date(2015, 12, 24), Right.PUT, Decimal("747.5")
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "spy",
        "TOOLONG",
        "SPY ",
        "SPY\n",
        "SPY261120X00674000",
        "SPY261320C00674000",
        "SPY260230C00674000",
        "SPY261120C00000000",
        "SPY261120C0067400",
        "SPY\uff12\uff161120C00674000",
        "SPY261120C0067400\u0660",
        "BTC/",
        "/USD",
        "BTC-USD",
        "B/USD",
        "SPY; DROP TABLE",
        "A" * 10_000,
    ],
)
def test_a_wrong_symbol_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(UnknownInstrument) as refused:
        parse_instrument(text)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("strike", ["0", "-1", "100000", "0.0001"])
def test_a_strike_no_symbol_can_carry_is_refused(strike: str) -> None:
    with pytest.raises(UnknownInstrument):
        a_contract(strike)


GRIDS = [
    (SPY, "1.00", "0.01"),
    (SPY, "0.9999", "0.0001"),
    (SPY, "670.01", "0.01"),
    (CALL, "0.01", "0.01"),
    (CALL, "3.01", "0.01"),
    (a_contract(root="GOOG"), "2.95", "0.05"),
    (a_contract(root="GOOG"), "3.00", "0.10"),
    (CryptoPair("BTC", "USD"), "60000.01", "0.01"),
]


@pytest.mark.parametrize(("instrument", "price", "tick"), GRIDS)
def test_a_price_on_the_grid_is_a_price_and_half_a_tick_beside_it_is_not(
    instrument: Equity, price: str, tick: str
) -> None:
    value, step = Decimal(price), Decimal(tick)
    assert instrument.tick(value) == step
    assert exact_price(instrument, value) == value
    assert exact_price(instrument, value + step) == value + step
    for off in (value + step / 2, value + step / 10):
        with pytest.raises(OffTick, match=f"use {value} or"):
            exact_price(instrument, off)


@pytest.mark.parametrize("price", ["0", "-0.01", "NaN", "Infinity", "-Infinity", "1e400", "1e30", "sNaN"])
def test_what_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(InvalidRequest):
        exact_price(CALL, Decimal(price))


@pytest.mark.parametrize("quantity", ["0", "-1", "0.5", "1.5", "NaN", "Infinity", "1e400", "1000001", "sNaN"])
def test_what_is_no_number_of_contracts_is_refused(quantity: str) -> None:
    with pytest.raises(InvalidRequest):
        exact_quantity(CALL, Decimal(quantity))


def test_whole_lots_are_quantities() -> None:
    assert exact_quantity(CALL, Decimal(1)) == 1
    assert exact_quantity(SPY, Decimal(1_000_000)) == 1_000_000
    assert exact_quantity(CryptoPair("BTC", "USD"), Decimal("0.00001")) == Decimal("0.00001")


@given(st.integers(1, 10**7), st.sampled_from([SPY, CALL, a_contract(root="GOOG")]))
def test_the_nearest_price_is_on_the_grid_on_the_asked_side(ten_thousandths: int, instrument: Equity) -> None:
    value = Decimal(ten_thousandths) / 10_000
    low, high = (nearest_price(instrument, value, way) for way in (ROUND_FLOOR, ROUND_CEILING))
    assert exact_price(instrument, low) == low
    assert exact_price(instrument, high) == high
    tick = instrument.tick(value)
    assert value <= high < value + tick
    assert low <= max(value, tick)
    assert low > value - tick


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "sNaN",
        "nan123",
        "inf",
        "-Infinity",
        "1e400",
        "-1e400",
        "1e-400",
        "1e18",
        "\uff11\uff12",
        "\u0663",
        "1_000",
        "1,000",
        "0x10",
        "abc",
        "1..2",
        "--1",
        "1" * 40,
        "0.1234567890",
        "1.00000000000000000001",
        "$5",
        "1e99999999999",
    ],
)
def test_text_that_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="price"):
        read_decimal(text, "price")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "1"), ("-4.05", "-4.05"), ("0", "0"), ("1e3", "1000"), ("0.000000001", "1e-9"), ("9" * 18, "9" * 18)],
)
def test_a_plain_number_is_read_exactly(text: str, value: str) -> None:
    assert read_decimal(text, "price") == Decimal(value)


@given(st.text(max_size=30))
def test_any_text_is_a_small_finite_number_or_a_clear_refusal(text: str) -> None:
    try:
        value = read_decimal(text, "x")
    except InvalidRequest:
        return
    assert value.is_finite()
    assert abs(value) < Decimal(10) ** 18
