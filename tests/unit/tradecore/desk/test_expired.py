# mypy: disable-error-code="comparison-overlap"
"""What has expired is the broker's to settle: no order is sent for it, and its booking is no accident."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.unit.tradecore.desk.test_condors import LEGS, sold

from tradecore.desk.decisions import Decision, Refused
from tradecore.model.events import Settlement
from tradecore.model.sessions import session_on
from tradecore.model.terms import Side
from tradecore.testing.builders import TODAY, a_fill
from tradecore.testing.desk_driver import DeskDriver, alert_codes, sends


def at_the_close(desk: DeskDriver, seconds: float = 0) -> None:
    session = session_on(TODAY)
    assert session is not None
    desk.now = session.closes + timedelta(seconds=seconds)


def code(decision: Decision) -> str:
    return decision.outcome.code if isinstance(decision.outcome, Refused) else ""


def test_one_second_before_the_close_an_exit_is_still_sent() -> None:
    desk = DeskDriver()
    desk.hold("1")
    at_the_close(desk, -1)
    assert len(sends(desk.trigger("cut_off"))) == 1


@pytest.mark.parametrize("after", [0, 3_600, 60 * 3_600])
def test_from_the_close_on_nothing_is_sent_for_what_expired(after: float) -> None:
    desk = DeskDriver()
    desk.hold("1")
    at_the_close(desk, after)
    assert code(desk.trigger("cut_off")) == "EXPIRED"
    assert code(desk.preview_close()) == "EXPIRED"
    assert sends(desk.kill(flatten=True)) == []


def test_an_exit_that_did_not_fill_by_the_close_ends_there() -> None:
    desk = DeskDriver()
    desk.hold("1")
    at_the_close(desk, -1)
    order_id = sends(desk.trigger("cut_off"))[0].order.client_order_id
    at_the_close(desk, 1)
    desk.canceled(order_id)
    assert code(desk.step_exit("5")) == "EXPIRED"
    assert desk.desk.awaits_settlement("ORB-1", desk.now)


def test_a_ticket_to_close_that_was_read_past_the_close_sends_nothing() -> None:
    desk = DeskDriver()
    desk.hold("1")
    at_the_close(desk, -5)
    desk.preview_close()
    at_the_close(desk)
    assert code(desk.confirm()) == "NOTHING_TO_CLOSE"


def test_a_condor_that_expires_is_booked_leg_by_leg_without_an_alarm() -> None:
    """Sold for 0.72 and worthless at the close: 72 dollars less the fees of the entry."""
    desk = DeskDriver()
    sold(desk)
    at_the_close(desk)
    told: list[str] = []
    for number, leg in enumerate(LEGS):
        side = Side.SELL if leg.side is Side.BUY else Side.BUY
        gone = a_fill(
            "1", "0", order_id=f"ext-{number}", exec_id=f"x{number}", side=side, instrument=leg.instrument, fee="0",
            when=desk.now,
        )  # fmt: skip
        told += alert_codes(desk.desk.apply(replace(gone, settlement=Settlement.EXPIRED)))
    assert set(told) == {"SETTLED", "GROUP_CLOSED"}
    group = desk.group("IC-1")
    assert not group.is_open
    assert group.realised.amount == Decimal(72)
