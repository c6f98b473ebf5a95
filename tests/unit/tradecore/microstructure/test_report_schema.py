"""Whatever market comes, its report is what the published schema says."""

from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from tradecore.microstructure.events import DayTicker, DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report
from tradecore.microstructure.report_schema import REPORT_SCHEMA
from tradecore.microstructure.thresholds import Thresholds

BEGIN = 1_700_000_000_000
VALIDATOR = jsonschema.Draft7Validator(REPORT_SCHEMA)
QUANTITIES = st.sampled_from([0, 1, 10**6, 10**8, 50 * 10**8, 10**13])
PRICES = st.integers(9_900, 10_100).map(lambda cents: cents * 10**6) | st.integers(1, 10**15)
LEVELS = st.lists(st.tuples(PRICES, QUANTITIES), max_size=8).map(tuple)
SIDES = st.tuples(LEVELS, LEVELS)


@st.composite
def markets(draw: st.DrawFn) -> list[MarketEvent]:
    """Events in any order, of books that may cross, with gaps, half books, zero quantities and times that go back."""
    found: list[MarketEvent] = []
    now, update = BEGIN, 1_000
    for number in range(draw(st.integers(0, 20))):
        now += draw(st.integers(-500, 5_000))
        kind = draw(st.sampled_from(["trade", "diff", "diff", "gap", "snapshot", "ticker"]))
        if kind == "trade":
            found.append(Trade(now, number, draw(PRICES), draw(QUANTITIES), draw(st.booleans())))
        elif kind == "snapshot":
            found.append(DepthSnapshot(draw(st.sampled_from([0, now])), update, *draw(SIDES)))
        elif kind == "ticker":
            found.append(DayTicker(now, draw(PRICES), draw(st.floats(-1, 10)), draw(PRICES), draw(PRICES), 10**15))
        else:
            update += 1 + 5 * (kind == "gap")
            found.append(DepthDiff(now, update, update, *draw(SIDES)))
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(REPORT_SCHEMA)


@given(markets(), st.integers(-1_000, 20_000))
@settings(max_examples=60, deadline=None)
def test_any_market_gives_a_valid_report(events: list[MarketEvent], age: int) -> None:
    state = MarketState(Thresholds(spoof_pulls=1, iceberg_fills=1, iceberg_times_shown=0.1))
    for event in events:
        state.take(event)
        state.settle()
    state.flush()
    report: dict[str, Any] = market_report(state, symbol="BTCUSDT", venue="BINANCE", now=state.newest + max(0, age))
    VALIDATOR.validate(report)
    bid, ask = report["prices"]["best_bid"], report["prices"]["best_ask"]
    assert bid is None or ask is None or bid["price"] < ask["price"]
