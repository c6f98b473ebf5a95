"""Messages: what is written is what is read, always by the published schema; what is no message is refused."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradecore.errors import DataMalformed
from tradecore.microstructure.envelope import ENVELOPE_SCHEMA, envelope, read_envelope
from tradecore.microstructure.events import DayTicker, DepthDiff, DepthSnapshot, MarketEvent, Trade, units

VALIDATOR = jsonschema.Draft7Validator(ENVELOPE_SCHEMA)
AMOUNTS = st.integers(0, 2**62 - 1)
IDS = st.integers(0, 2**53)
LEVELS = st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=4).map(tuple)
EVENTS: st.SearchStrategy[MarketEvent] = st.one_of(
    st.builds(Trade, IDS, IDS, AMOUNTS, AMOUNTS, st.booleans()),
    st.builds(DepthDiff, IDS, IDS, IDS, LEVELS, LEVELS, st.none() | IDS),
    st.builds(DepthSnapshot, IDS, IDS, LEVELS, LEVELS),
    st.builds(
        DayTicker, IDS, AMOUNTS, st.integers(-(10**8), 10**9).map(lambda n: n / 10**8), AMOUNTS, AMOUNTS,
        st.integers(0, 10**27),
    ),
)  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), st.just([["1", "x"]]), st.just("9" * 40),
    st.just("NaN"), st.just([[None, None]]), st.just([["1", "2", "3"]]),
)  # fmt: skip


def a_trade(**changes: Any) -> dict[str, Any]:
    message = envelope(Trade(17, 5, 10**10, 10**8, True), "BINANCE", "BTCUSDT")
    return {**message, **changes}


def test_a_trade_is_written_with_decimal_text() -> None:
    assert a_trade() == {
        "type": "trade_tick",
        "venue": "BINANCE",
        "symbol": "BTCUSDT",
        "ts_event": 17,
        "payload": {"trade_id": 5, "price": "100", "quantity": "1", "side": "buy"},
    }


@given(EVENTS)
def test_what_is_written_is_valid_and_read_again_as_it_was(event: MarketEvent) -> None:
    message = envelope(event, "BINANCE", "BTCUSDT")
    VALIDATOR.validate(message)
    found = read_envelope(message, "BTCUSDT")
    if isinstance(event, DayTicker):
        assert isinstance(found, DayTicker)
        assert found.change == pytest.approx(event.change, abs=1e-8)
        event, found = event._replace(change=0), found._replace(change=0)
    assert found == event


@given(EVENTS, st.data())
@settings(max_examples=400)
def test_a_message_with_one_field_replaced_is_read_or_refused_and_never_breaks_anything(
    event: MarketEvent, data: st.DataObject
) -> None:
    """What is read after all can be written, and the schema agrees with it."""
    message: Any = dict(envelope(event, "BINANCE", "BTCUSDT"))
    message["payload"] = dict(message["payload"])
    place = data.draw(st.sampled_from([message, message["payload"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JUNK)
    try:
        found = read_envelope(message, "BTCUSDT")
    except DataMalformed:
        return
    VALIDATOR.validate(envelope(found, "BINANCE", "BTCUSDT"))


@given(EVENTS, st.data())
@settings(max_examples=400)
def test_what_the_schema_refuses_for_a_missing_or_foreign_value_is_refused(
    event: MarketEvent, data: st.DataObject
) -> None:
    message: Any = dict(envelope(event, "BINANCE", "BTCUSDT"))
    message["payload"] = dict(message["payload"])
    place = data.draw(st.sampled_from([message, message["payload"]]))
    name = data.draw(st.sampled_from(sorted(place)))
    if data.draw(st.booleans()):
        del place[name]
    else:
        place[name] = data.draw(st.one_of(st.none(), st.booleans(), st.lists(st.integers()), st.just(["12", "34"])))
    if VALIDATOR.is_valid(message):
        return
    with pytest.raises(DataMalformed):
        read_envelope(message, "BTCUSDT")


@given(JUNK)
def test_what_is_no_message_at_all_is_refused(junk: Any) -> None:
    with pytest.raises(DataMalformed):
        read_envelope(junk, "BTCUSDT")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"symbol": "ETHUSDT"}, "about 'ETHUSDT' in the stream of BTCUSDT"),
        ({"type": "news"}, "no market event"),
        ({"ts_event": -1}, "no whole number"),
        ({"ts_event": "17"}, "no whole number"),
        ({"ts_event": True}, "no whole number"),
        ({"payload": {}}, "no market event: KeyError"),
        ({"payload": {"trade_id": 5, "price": "-100", "quantity": "1", "side": "buy"}}, "no price or quantity"),
        ({"payload": {"trade_id": 5, "price": "100", "quantity": "1e9", "side": "buy"}}, "no price or quantity"),
        ({"payload": {"trade_id": 5, "price": "100", "quantity": "1" * 20, "side": "buy"}}, "too large"),
        ({"payload": {"trade_id": 5, "price": "100", "quantity": "1", "side": "both"}}, "no market event"),
    ],
    ids=str,
)
def test_the_refusal_says_what_is_wrong(change: dict[str, Any], said: str) -> None:
    with pytest.raises(DataMalformed, match=said):
        read_envelope(a_trade(**change), "BTCUSDT")


@pytest.mark.parametrize(
    "change",
    [{"ts_event": "17"}, {"type": "news"}, {"venue": ""}, {"payload": {}}, {"more": 1}, {"symbol": None}],
    ids=str,
)
def test_the_schema_refuses_it_too(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(a_trade(**change))


@pytest.mark.parametrize(
    ("text", "found"),
    [("0", 0), ("1", 10**8), ("0.00000001", 1), ("61837.63000000", 6_183_763_000_000), ("1.5000000000", 150_000_000)],
)
def test_decimal_text_is_read_without_rounding(text: str, found: int) -> None:
    assert units(text) == found
