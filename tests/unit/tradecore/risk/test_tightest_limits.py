"""However tight a limit is, set to nothing or not set at all: what lowers risk still goes."""

from dataclasses import fields, replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.desk.decisions import Confirmed, Previewed, Refused
from tradecore.desk.desk import Desk
from tradecore.model.terms import Effect
from tradecore.risk.limits import Limits, MarketEvent
from tradecore.testing.builders import TEN, a_desk, a_proposal, some_limits
from tradecore.testing.desk_driver import DeskDriver, cancels, sends

TIGHTEST: dict[type, Any] = {int: 0, Decimal: Decimal(0), time: time(0, 0)}
TIGHTEST_SWITCH = {
    "collar_enabled": True,
    "spread_check_enabled": True,
    "worst_price_is_touch": False,
    "allow_early_close": False,
}
NAMES = sorted(field.name for field in fields(Limits) if field.name != "profile")
READING_TIME = "confirmation_timeout_s"
"""A ticket that is dead at birth closes nothing; the kill switch, stops and cut-offs need no ticket."""


def tightest(name: str) -> Any:
    """The value of a limit that lets the least through."""
    if name == "event_blackout":
        return (MarketEvent("now", TEN),)
    return TIGHTEST_SWITCH.get(name, TIGHTEST.get(type(getattr(some_limits(), name))))


NOTHING_GOES: dict[str, Any] = {name: tightest(name) for name in NAMES}


def under(desk: Desk, changes: dict[str, Any]) -> Desk:
    """The same desk under other limits from now on."""
    desk._state.opening = replace(desk._state.opening, limits=some_limits(**changes))
    return desk


def a_busy_desk() -> DeskDriver:
    """One group held, the entry of another strategy working, twelve requests within a minute, a loss and a pause."""
    driver = DeskDriver(a_desk(limits=some_limits(max_opens_per_minute=20)))
    driver.hold()
    driver.wait(1)
    driver.enter(a_proposal(strategy="other", label="OTHER"))
    driver.desk.day.consecutive_losses = 9
    driver.desk.day.last_loss_at = driver.now
    return driver


LIMITS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["tightest", "not set"]), min_size=1).map(
    lambda drawn: {name: None if how == "not set" else tightest(name) for name, how in drawn.items()}
)
ALL_AT_ONCE = [NOTHING_GOES, dict.fromkeys(NAMES)]


def check_that_risk_can_be_lowered(changes: dict[str, Any]) -> None:
    check_a_cancel(changes)
    check_an_exit(changes)
    check_the_kill_switch(changes)
    if READING_TIME not in changes:
        check_a_close(changes)


def check_a_cancel(changes: dict[str, Any]) -> None:
    driver = a_busy_desk()
    under(driver.desk, changes)
    assert cancels(driver.cancel("tc-i3-0")) == ["tc-i3-0"]


def check_a_close(changes: dict[str, Any]) -> None:
    driver = a_busy_desk()
    under(driver.desk, changes)
    assert isinstance(driver.preview_close().outcome, Previewed)
    closed = driver.confirm()
    assert isinstance(closed.outcome, Confirmed)
    assert [send.order.effect for send in sends(closed)] == [Effect.CLOSE]


def check_an_exit(changes: dict[str, Any]) -> None:
    """A stop that was seen twice and a cut-off fire, and an exit that did not fill is pushed."""
    for cause, seen in (("stop", ("0.40", "0.40")), ("cut_off", ())):
        driver = a_busy_desk()
        under(driver.desk, changes)
        (send,) = sends(driver.trigger(cause, *seen))
        driver.accept(send.order.client_order_id)
        driver.wait(10)
        withdrawn = driver.step_exit("10")
        if cancels(withdrawn):
            driver.canceled(send.order.client_order_id)
            assert len(sends(driver.step_exit("10"))) == 1


def check_the_kill_switch(changes: dict[str, Any]) -> None:
    driver = a_busy_desk()
    under(driver.desk, changes)
    killed = driver.kill(flatten=True)
    assert cancels(killed) == ["tc-i3-0"]
    assert [send.order.effect for send in sends(killed)] == [Effect.CLOSE]


@pytest.mark.parametrize("changes", [{}, *ALL_AT_ONCE], ids=["shipped", "tightest", "not set"])
def test_a_killed_desk_still_closes_and_cancels(changes: dict[str, Any]) -> None:
    driver = a_busy_desk()
    driver.kill()
    driver.canceled("tc-i3-0")
    under(driver.desk, {name: value for name, value in changes.items() if name != READING_TIME})
    driver.preview_close()
    (send,) = sends(driver.confirm())
    assert send.order.effect is Effect.CLOSE
    assert isinstance(driver.preview().outcome, Refused)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["tightest", "not set"])
def test_no_single_limit_holds_back_what_lowers_risk(name: str, how: str) -> None:
    check_that_risk_can_be_lowered({name: None if how == "not set" else tightest(name)})


@pytest.mark.parametrize("changes", ALL_AT_ONCE, ids=["tightest", "not set"])
def test_all_of_them_together_hold_nothing_back_and_let_nothing_in(changes: dict[str, Any]) -> None:
    without_reading_time = {name: value for name, value in changes.items() if name != READING_TIME}
    check_that_risk_can_be_lowered(changes)
    check_that_risk_can_be_lowered(without_reading_time)
    driver = a_busy_desk()
    under(driver.desk, without_reading_time)
    assert isinstance(driver.preview().outcome, Refused)


@given(LIMITS)
def test_no_mixture_of_them_holds_back_what_lowers_risk(changes: dict[str, Any]) -> None:
    check_that_risk_can_be_lowered(changes)


@pytest.mark.parametrize("how", ["tightest", "not set"])
def test_a_closing_ticket_works_without_reading_time(how: str) -> None:
    check_a_close({READING_TIME: None if how == "not set" else tightest(READING_TIME)})


def test_a_saturated_throttle_lets_cancels_and_closes_through() -> None:
    """Two intents a minute are allowed and were used: the third opening is refused, the rest goes."""
    driver = a_busy_desk()
    under(driver.desk, {"max_opens_per_minute": 2})
    third = driver.preview(a_proposal(strategy="third", label="THIRD")).outcome
    assert isinstance(third, Refused)
    assert third.preview is not None
    assert "open_throttle" in {check.name for check in third.preview.verdict.failed}
    for _ in range(100):
        assert isinstance(driver.preview_close().outcome, Previewed)
        driver.now += timedelta(milliseconds=1)
    assert len(sends(driver.confirm())) == 1
    assert cancels(driver.cancel("tc-i3-0")) == ["tc-i3-0"]
