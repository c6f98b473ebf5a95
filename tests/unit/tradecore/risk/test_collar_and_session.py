"""Every kind of order at every time of the day: nothing is opened outside the collar or outside the session."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.unit.tradecore.risk.pictures import HALF_DAY, THANKSGIVING

from tradecore.desk.decisions import Confirmed, Previewed
from tradecore.model.instruments import OptionContract, Price
from tradecore.model.market import MarketView
from tradecore.model.terms import Limit, Market, PriceTerms, Stop, StopLimit, TrailingStop
from tradecore.testing.builders import (
    TODAY,
    a_contract,
    a_desk,
    a_leg,
    a_proposal,
    a_quote,
    a_view,
    at,
    some_limits,
)
from tradecore.testing.desk_driver import DeskDriver, sends

# 0.99 x 1.01: mid 1.00, so the collar is max(2 ticks = 0.02, 10 % = 0.10) = 0.10 each way.
LOWEST, HIGHEST = Decimal("0.90"), Decimal("1.10")


def dollars(text: str) -> Price:
    return Price(Decimal(text))


# What of an opening order bounds its price: nothing in a stop or a trailing stop.
KINDS: dict[str, tuple[PriceTerms | None, bool]] = {
    "adaptive": (None, True),
    "market, worked as adaptive": (Market(), True),
    "limit a cent below the collar": (Limit(dollars("0.89")), False),
    "limit at its low end": (Limit(dollars("0.90")), True),
    "limit at mid": (Limit(dollars("1.00")), True),
    "limit at its high end": (Limit(dollars("1.10")), True),
    "limit a cent above the collar": (Limit(dollars("1.11")), False),
    "limit ten times the price": (Limit(dollars("10.00")), False),
    "stop limit a cent below": (StopLimit(dollars("1.00"), dollars("0.89")), False),
    "stop limit at the low end": (StopLimit(dollars("1.00"), dollars("0.90")), True),
    "stop limit at the high end": (StopLimit(dollars("1.05"), dollars("1.10")), True),
    "stop limit a cent above": (StopLimit(dollars("1.05"), dollars("1.11")), False),
    "stop": (Stop(dollars("1.00")), False),
    "trailing stop": (TrailingStop(Decimal("0.05")), False),
}
TIMES: dict[str, tuple[date, str, bool]] = {
    "before the open": (TODAY, "09:29:59.999999", False),
    "at the open": (TODAY, "09:30", False),
    "last of the first minutes": (TODAY, "09:34:59.999999", False),
    "after the first minutes": (TODAY, "09:35", True),
    "noon": (TODAY, "12:00", True),
    "last opening of the day": (TODAY, "15:00", True),
    "after the last opening": (TODAY, "15:00:00.000001", False),
    "last minutes": (TODAY, "15:45:00.000001", False),
    "at the close": (TODAY, "16:00", False),
    "after the close": (TODAY, "18:00", False),
    "half day in its first minutes": (HALF_DAY, "09:34:59.999999", False),
    "half day": (HALF_DAY, "10:00", True),
    "last opening of a half day": (HALF_DAY, "12:00", True),
    "after the last opening of a half day": (HALF_DAY, "12:00:00.000001", False),
    "half day after its close": (HALF_DAY, "13:00:01", False),
    "holiday": (THANKSGIVING, "12:00", False),
}


def a_driver(day: date, clock: str) -> DeskDriver:
    limits = some_limits(allow_early_close=True)
    return DeskDriver(a_desk(limits=limits, day=day), now=at(clock, day))


def quoted(contract: OptionContract, now: datetime, bid: str = "0.99", ask: str = "1.01") -> MarketView:
    return a_view(a_quote(contract, bid, ask, now=now), now=now)


@pytest.mark.parametrize("when", TIMES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_order_is_opened_only_inside_collar_and_session(kind: str, when: str) -> None:
    terms, inside = KINDS[kind]
    day, clock, open_then = TIMES[when]
    driver, contract = a_driver(day, clock), a_contract(expiry=day)
    view = quoted(contract, driver.now)
    shown = driver.preview(a_proposal(a_leg(contract), terms=terms), view)
    assert isinstance(shown.outcome, Previewed) is (inside and open_then)
    done = driver.confirm(view=view)
    assert isinstance(done.outcome, Confirmed) is (inside and open_then)
    for send in sends(done):
        assert isinstance(send.order.terms, Limit | StopLimit)
        assert LOWEST <= send.order.terms.price <= HIGHEST


@pytest.mark.parametrize("kind", [kind for kind, (_, inside) in KINDS.items() if inside])
@pytest.mark.parametrize(("day", "clock"), [(TODAY, "14:59:59"), (HALF_DAY, "11:59:59")])
def test_a_ticket_of_the_session_opens_nothing_after_it(kind: str, day: date, clock: str) -> None:
    """The ticket lives for 30 s; the last opening is one second away."""
    driver, contract = a_driver(day, clock), a_contract(expiry=day)
    proposal = a_proposal(a_leg(contract), terms=KINDS[kind][0])
    assert isinstance(driver.preview(proposal, quoted(contract, driver.now)).outcome, Previewed)
    driver.now += timedelta(seconds=1, microseconds=1)
    assert sends(driver.confirm(view=quoted(contract, driver.now))) == []


@pytest.mark.parametrize(
    ("price", "bid", "ask"),
    [("1.10", "0.98", "1.00"), ("0.90", "1.00", "1.02")],
    ids=["mid 0.99 + 0.099 = 1.089 is below 1.10", "mid 1.01 - 0.101 = 0.909 is above 0.90"],
)
def test_a_limit_that_the_market_left_behind_its_collar_is_not_sent(price: str, bid: str, ask: str) -> None:
    driver, contract = a_driver(TODAY, "12:00"), a_contract()
    assert isinstance(
        driver.preview(a_proposal(a_leg(contract), terms=Limit(dollars(price))), quoted(contract, driver.now)).outcome,
        Previewed,
    )
    assert sends(driver.confirm(view=quoted(contract, driver.now, bid, ask))) == []
