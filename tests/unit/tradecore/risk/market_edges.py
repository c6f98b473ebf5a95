"""Limits of the checks that look at the market: state, clocks, events, quotes, ages, spread, collar."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.unit.tradecore.risk.pictures import (
    CONDOR,
    HALF_DAY,
    THANKSGIVING,
    Edge,
    at_clock,
    at_instant,
    condor_view,
    edge,
    ordered,
    seconds,
)

from tradecore.model.instruments import Price
from tradecore.model.terms import Side, StopLimit
from tradecore.risk.limits import Limits, MarketEvent
from tradecore.risk.picture import RiskPicture, TradingState
from tradecore.testing.builders import (
    CALL,
    SPY,
    TEN,
    TODAY,
    a_contract,
    a_leg,
    a_picture,
    a_quote,
    a_view,
    at,
    some_limits,
)

CPI: Final = some_limits(event_blackout=(MarketEvent("CPI", at("10:30")),))
EARLY_CLOSE: Final = some_limits(allow_early_close=True)
HIGHER: Final = a_contract("676")


def half_day(clock: str, limits: Limits = EARLY_CLOSE) -> RiskPicture:
    return at_clock(clock, HALF_DAY, limits=limits)


def expiring(days: str) -> RiskPicture:
    contract = a_contract(expiry=TODAY + timedelta(days=int(days)))
    return ordered(a_leg(contract), view=a_view(a_quote(contract)))


def viewed(*quotes: Any, **changes: Any) -> RiskPicture:
    return a_picture(view=a_view(*quotes, **changes))


def call_quoted(text: str) -> RiskPicture:
    return viewed(a_quote(CALL, *sides(text)))


def second_leg_quoted(text: str) -> RiskPicture:
    return a_spread(a_quote(HIGHER, *sides(text)))


def a_spread(*quotes: Any) -> RiskPicture:
    """The 674 call bought, the 676 sold at half of it."""
    legs = (a_leg(), a_leg(HIGHER, Side.SELL))
    return ordered(*legs, view=a_view(a_quote(HIGHER, "0.50", "0.52"), *quotes))


def sides(text: str) -> tuple[str | None, str | None]:
    bid, ask = (None if side == "none" else side for side in text.split("/"))
    return bid, ask


def aged(age: str) -> RiskPicture:
    return viewed(a_quote(age_s=float(age)))


def priced(price: str, bid: str, ask: str) -> RiskPicture:
    return ordered(price=price, view=a_view(a_quote(CALL, bid, ask)))


def stop_limited(price: str) -> RiskPicture:
    terms = StopLimit(trigger=Price(Decimal("1.00")), price=Price(Decimal(price)))
    return ordered(terms=terms, view=a_view(a_quote(CALL, "0.99", "1.01")))


def condor_priced(price: str) -> RiskPicture:
    view = condor_view("0.10/0.12", "0.40/0.42", "0.40/0.42", "0.10/0.12")
    return ordered(*CONDOR, price=price, view=view)


def condor_quoted(text: str) -> RiskPicture:
    return ordered(*CONDOR, view=condor_view(*text.split("|")))


EDGES: Final[tuple[Edge, ...]] = (
    edge(
        "trading_state",
        "only ACTIVE takes risk",
        lambda state: a_picture(state=TradingState(state)),
        passes="active",
        refuses="reducing halted",
    ),
    edge(
        "market_session",
        "open 09:30 + 5 min = 09:35, which passes",
        at_clock,
        passes="09:35:00.000001 09:35",
        refuses="09:34:59.999999 09:30 04:00",
    ),
    edge(
        "market_session",
        "close 16:00 - 15 min = 15:45, which passes",
        at_clock,
        passes="15:44:59.999999 15:45",
        refuses="15:45:00.000001 16:00 20:00",
    ),
    edge(
        "market_session",
        "half day: close 13:00 - 15 min = 12:45, which passes",
        half_day,
        passes="12:44:59.999999 12:45",
        refuses="12:45:00.000001 13:00 14:00",
    ),
    edge(
        "market_session",
        "Thanksgiving is closed at every time of the day; the day before is not",
        lambda text: at_clock("10:00", date.fromisoformat(text)),
        passes="2026-11-25",
        refuses=THANKSGIVING.isoformat(),
    ),
    edge(
        "market_session",
        "09:35 in New York is 13:35 UTC until 30 October and 14:35 UTC from 2 November on",
        lambda text: at_instant(datetime.fromisoformat(text).replace(tzinfo=UTC)),
        passes="2026-10-30T13:35:00 2026-11-02T14:35:00",
        refuses="2026-10-30T13:34:59.999999 2026-11-02T14:34:59.999999",
    ),
    edge(
        "expiry_clock",
        "the last same-day opening is at 15:00, which passes",
        at_clock,
        passes="14:59:59.999999 15:00",
        refuses="15:00:00.000001",
    ),
    edge(
        "expiry_clock",
        "half day: close 13:00 - 60 min = 12:00, which passes",
        half_day,
        passes="11:59:59.999999 12:00",
        refuses="12:00:00.000001",
    ),
    edge(
        "expiry_clock",
        "a half day has same-day openings only where they are allowed",
        lambda allowed: half_day("10:00", some_limits(allow_early_close=allowed == "allowed")),
        passes="allowed",
        refuses="refused",
    ),
    edge(
        "expiry_clock",
        "a contract of today or later lives, one of yesterday does not",
        expiring,
        passes="3 1 0",
        refuses="-1",
    ),
    edge(
        "event_blackout",
        "10:30 - 10 min = 10:20, from which on it is refused",
        lambda clock: at_clock(clock, limits=CPI),
        passes="10:19:59.999998 10:19:59.999999",
        refuses="10:20 10:20:00.000001",
    ),
    edge(
        "event_blackout",
        "10:30 + 20 min = 10:50, from which on it passes",
        lambda clock: at_clock(clock, limits=CPI),
        passes="10:50:00.000001 10:50",
        refuses="10:49:59.999999",
    ),
    edge(
        "quote_two_sided",
        "one cent wide or locked passes, crossed by a cent does not; a bid of one cent is the smallest",
        call_quoted,
        passes="1.00/1.01 1.01/1.01 0.01/0.02",
        refuses="1.02/1.01 0/0.01 -0.01/0.01 none/1.02 1.00/none NaN/1.02 1.00/NaN 1.00/Infinity",
    ),
    edge(
        "quote_two_sided",
        "the same of the second leg",
        second_leg_quoted,
        passes="0.50/0.51 0.51/0.51",
        refuses="0.52/0.51 none/0.52 0.50/none",
    ),
    edge(
        "quote_two_sided",
        "the same of the underlying",
        lambda text: viewed(a_quote(SPY, *sides(text))),
        passes="670.00/670.01 670.01/670.01",
        refuses="670.02/670.01 none/670.01 670.00/none",
    ),
    edge("quote_age", "at most 3 s", aged, passes="2.999999 3", refuses="3.000001"),
    edge("quote_age", "never from the future", aged, passes="0.000001 0", refuses="-0.000001"),
    edge(
        "quote_age",
        "the older of two legs decides",
        lambda age: a_spread(a_quote(HIGHER, "0.50", "0.52", age_s=float(age))),
        passes="2.999999 3",
        refuses="3.000001 -0.000001",
    ),
    edge(
        "underlying_age",
        "at most 3 s, never from the future",
        lambda age: viewed(a_quote(SPY, "670", "670.02", age_s=float(age))),
        passes="0 2.999999 3",
        refuses="3.000001 -0.000001",
    ),
    edge(
        "chain_age",
        "at most 5 s, never from the future",
        lambda age: viewed(chain_at=TEN - seconds(age)),
        passes="0 4.999999 5",
        refuses="5.000001 -0.000001",
    ),
    edge(
        "max_spread",
        "mid 0.20: max(2 ticks = 0.02, 5 % = 0.01) = 0.02",
        call_quoted,
        passes="0.20/0.21 0.19/0.21",
        refuses="0.19/0.22",
    ),
    edge(
        "max_spread",
        "mid 2.00: max(2 ticks = 0.02, 5 % = 0.10) = 0.10; of 1.995 it is 0.09975",
        call_quoted,
        passes="1.96/2.05 1.95/2.05",
        refuses="1.94/2.05",
    ),
    edge(
        "max_spread",
        "condor for 0.60: max(0.08, 10 % = 0.06) = 0.08, the sum of its legs' spreads",
        condor_quoted,
        passes="0.10/0.12|0.40/0.42|0.40/0.42|0.10/0.11 0.10/0.12|0.40/0.42|0.40/0.42|0.10/0.12",
        refuses="0.10/0.12|0.40/0.42|0.40/0.42|0.10/0.13",
    ),
    edge(
        "max_spread",
        "condor for 0.615 + 0.605 - 2 x 0.11 = 1.00: 10 % = 0.10; a cent more on a short makes 0.995 and 0.0995",
        condor_quoted,
        passes="0.10/0.12|0.60/0.63|0.60/0.62|0.10/0.12 0.10/0.12|0.60/0.63|0.59/0.62|0.10/0.12",
        refuses="0.10/0.12|0.60/0.63|0.58/0.62|0.10/0.12",
    ),
    edge(
        "price_collar",
        "mid 1.00: max(2 ticks = 0.02, 10 % = 0.10) = 0.10, so up to 1.10",
        lambda price: priced(price, "0.99", "1.01"),
        passes="1.09 1.10",
        refuses="1.11",
    ),
    edge(
        "price_collar",
        "and down to 0.90",
        lambda price: priced(price, "0.99", "1.01"),
        passes="0.91 0.90",
        refuses="0.89",
    ),
    edge(
        "price_collar",
        "mid 0.06: max(2 ticks = 0.02, 10 % = 0.006) = 0.02, so 0.04 to 0.08",
        lambda price: priced(price, "0.05", "0.07"),
        passes="0.05 0.04 0.07 0.08",
        refuses="0.03 0.09",
    ),
    edge(
        "price_collar",
        "a stop limit counts at its limit: mid 1.00, 0.90 to 1.10",
        stop_limited,
        passes="0.90 1.09 1.10",
        refuses="0.89 1.11",
    ),
    edge(
        "price_collar",
        "condor for 0.60: max(2 ticks = 0.02, 10 % = 0.06) = 0.06, so credits of 0.54 to 0.66",
        condor_priced,
        passes="-0.55 -0.54 -0.65 -0.66",
        refuses="-0.53 -0.67 0.60",
    ),
)
