# mypy: disable-error-code="comparison-overlap"
"""The life of a ticket: nothing leaves the house without one, and one leaves only once."""

from decimal import Decimal
from typing import Any

import pytest

from tradecore.desk.decisions import Confirmed, Decision, Previewed, Refused, Replayed
from tradecore.desk.new_ticket import NewTicket
from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Price
from tradecore.model.money import usd
from tradecore.model.orders import OrderState
from tradecore.model.terms import Effect, Limit, Side
from tradecore.testing.builders import (
    CALL,
    TEN,
    a_desk,
    a_leg,
    a_plan,
    a_proposal,
    a_quote,
    a_view,
    some_limits,
    some_protection,
)
from tradecore.testing.desk_driver import DeskDriver, sends


def code(decision: Decision) -> str:
    """The refusal's code."""
    assert isinstance(decision.outcome, Refused), decision.outcome
    assert decision.actions == ()
    assert decision.outcome.message
    assert decision.outcome.next_step
    return decision.outcome.code


def a_market(bid: str, ask: str, driver: DeskDriver) -> Any:
    """The call quoted like this, now."""
    return a_view(a_quote(CALL, bid, ask, now=driver.now), now=driver.now)


def test_a_preview_sends_nothing_and_shows_the_figures() -> None:
    """
    1.00 x 1.02: from 1.01 to 1.02. Worst 102 + 0.05 + 0.05279 of fees; stop at half of 1.02, target twice of it;
    planned 51 + fees; even at 674 + 1.0210279; the day's budget falls from 500 by the worst loss.
    """
    decision = DeskDriver().preview()
    assert decision.actions == ()
    assert isinstance(decision.outcome, Previewed)
    (shown,) = decision.outcome.previews
    assert (shown.plan.first_price, shown.plan.worst_price) == (Decimal("1.01"), Decimal("1.02"))
    figures = shown.figures
    assert (figures.cost, figures.fees, figures.worst_loss) == (usd("102.10279"), usd("0.10279"), usd("102.10279"))
    assert (figures.stop, figures.target) == (Decimal("0.51"), Decimal("2.04"))
    assert figures.planned_loss == usd("51.10279")
    assert figures.max_profit is None
    assert figures.break_evens == (Decimal("675.0210"),)
    assert (figures.budget_before, figures.budget_after) == (usd(500), usd("397.89721"))
    assert figures.greeks.delta == pytest.approx(20)
    assert shown.plan.order_class == "bracket"


@pytest.mark.parametrize(
    ("stop", "target", "effect", "wanted"),
    [
        ("50", None, "open", "oto"),
        (None, "9", "open", "oto"),
        (None, None, "open", "simple"),
        ("5", "5", "close", "oco"),
    ],
)
def test_the_class_of_an_order_says_which_exits_it_carries(
    stop: str | None, target: str | None, effect: str, wanted: str
) -> None:
    assert a_plan(protection=some_protection(stop, target), effect=Effect(effect)).order_class == wanted


def test_a_confirmed_ticket_sends_one_order_with_the_ticket_s_content() -> None:
    desk = DeskDriver()
    desk.preview()
    decision = desk.confirm()
    assert isinstance(decision.outcome, Confirmed)
    (send,) = sends(decision)
    assert send.order.client_order_id == "tc-i1-0"
    assert (send.order.legs, send.order.quantity) == ((a_leg(),), 1)
    assert send.order.terms == Limit(Price(Decimal("1.01")))
    assert send.order.authority == "ticket i1"
    assert send.order.account == "T1"
    assert desk.order("tc-i1-0").state is OrderState.SUBMITTED


def test_the_same_token_again_is_the_same_intent_and_never_a_second_order() -> None:
    desk = DeskDriver()
    desk.preview()
    desk.confirm(1)
    for _ in range(3):
        desk.wait(20)
        again = desk.confirm(1)
        assert again.outcome == Replayed(intent_id="i1")
        assert again.actions == ()
    assert list(desk.desk.orders) == ["tc-i1-0"]


def test_another_principal_or_an_altered_token_finds_no_ticket_and_leaves_it_usable() -> None:
    desk = DeskDriver()
    desk.preview()
    assert code(desk.confirm(1, principal="stranger")) == "TOKEN_UNKNOWN"
    assert code(desk.confirm(1, token_hash="h1 ")) == "TOKEN_UNKNOWN"
    assert code(desk.confirm(1, token_hash="")) == "TOKEN_UNKNOWN"
    assert isinstance(desk.confirm(1).outcome, Confirmed)
    assert code(desk.confirm(1, principal="stranger")) == "TOKEN_UNKNOWN"


def test_arguments_that_differ_are_refused_and_leave_the_ticket_usable() -> None:
    desk = DeskDriver()
    desk.preview(strike="30", note="")
    for given in ((("strike", "31"),), (("strike", "30"), ("note", "x")), (("unheard", "1"),), (("unheard", ""),)):
        assert code(desk.confirm(1, given=given)) == "TOKEN_MISMATCH"
    assert isinstance(desk.confirm(1, given=(("strike", "30"),)).outcome, Confirmed)
    assert code(desk.confirm(1, given=(("strike", "31"),))) == "TOKEN_MISMATCH"
    assert isinstance(desk.confirm(1, given=(("note", ""),)).outcome, Replayed)


def test_a_new_preview_of_the_same_request_supersedes_the_old_ticket_only() -> None:
    desk = DeskDriver()
    desk.preview(strike="30")
    desk.preview(strike="25")
    desk.preview(strike="30")
    assert code(desk.confirm(1)) == "TOKEN_SUPERSEDED"
    assert isinstance(desk.confirm(3).outcome, Confirmed)


def test_another_principal_s_preview_supersedes_nothing() -> None:
    desk = DeskDriver()
    desk.preview(strike="30")
    desk.principal = "operator"
    desk.preview(strike="30")
    desk.principal = "model"
    assert isinstance(desk.confirm(1).outcome, Confirmed)


def test_a_ticket_lives_thirty_seconds_and_then_answers_with_a_fresh_preview() -> None:
    desk = DeskDriver()
    desk.preview(strike="30")
    desk.wait(30)
    fresh = desk.confirm(1, view=a_market("1.10", "1.12", desk))
    assert isinstance(fresh.outcome, Previewed)
    assert fresh.actions == ()
    changed = {name: (old, new) for name, old, new in fresh.outcome.changed}
    assert changed == {"first_price": ("1.01", "1.11"), "worst_price": ("1.02", "1.12")}
    assert code(desk.confirm(1)) == "TOKEN_SUPERSEDED"
    assert isinstance(
        desk.confirm(2, given=(("strike", "30"),), view=a_market("1.10", "1.12", desk)).outcome, Confirmed
    )


def test_a_ticket_is_good_until_just_before_it_expires() -> None:
    desk = DeskDriver()
    desk.preview()
    desk.wait(29.999)
    assert isinstance(desk.confirm(1).outcome, Confirmed)


def test_without_a_time_out_there_is_no_ticket() -> None:
    desk = DeskDriver(desk=a_desk(limits=some_limits(confirmation_timeout_s=None)))
    outcome = desk.preview().outcome
    assert isinstance(outcome, Refused)
    assert "missing: confirmation_timeout_s" in outcome.message


@pytest.mark.parametrize(("bid", "ask", "sent"), [("1.01", "1.03", "1.02"), ("0.96", "0.98", "0.97")])
def test_inside_the_band_the_order_goes_at_the_new_mid_and_never_above_the_worst_price(
    bid: str, ask: str, sent: str
) -> None:
    desk = DeskDriver()
    desk.preview()
    (send,) = sends(desk.confirm(1, view=a_market(bid, ask, desk)))
    assert send.order.terms == Limit(Price(Decimal(sent)))


def test_a_market_above_the_worst_price_answers_with_a_fresh_preview() -> None:
    """Mid 1.03 is above the 1.02 that was authorised."""
    desk = DeskDriver()
    desk.preview()
    fresh = desk.confirm(1, view=a_market("1.02", "1.04", desk))
    assert isinstance(fresh.outcome, Previewed)
    assert fresh.outcome.changed
    assert desk.desk.orders == {}


def test_the_gate_runs_again_at_confirm() -> None:
    desk = DeskDriver()
    desk.preview()
    stale = a_view(a_quote(age_s=3.5))
    assert code(desk.confirm(1, view=stale)) == "RISK_REFUSED"
    assert desk.desk.orders == {}
    assert isinstance(desk.confirm(1).outcome, Confirmed)


def test_a_refused_preview_makes_no_ticket() -> None:
    desk = DeskDriver()
    assert code(desk.preview(a_proposal(contracts="6"))) == "RISK_REFUSED"
    assert code(desk.confirm(1)) == "TOKEN_UNKNOWN"


def test_a_limit_price_off_the_tick_is_refused_at_the_preview() -> None:
    with pytest.raises(InvalidRequest, match="grid"):
        DeskDriver().preview(a_proposal(terms=Limit(Price(Decimal("1.015")))))


def test_two_tickets_cannot_spend_the_same_headroom() -> None:
    """Each may lose 102.10; with a cap of 200 one fits and both do not."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(max_daily_loss=Decimal(200), delta_cap=Decimal(500))))
    desk.preview(a_proposal(strategy="one"))
    desk.preview(a_proposal(strategy="two"))
    assert isinstance(desk.confirm(1).outcome, Confirmed)
    refused = desk.confirm(2)
    assert code(refused) == "RISK_REFUSED"
    assert isinstance(refused.outcome, Refused)
    assert refused.outcome.preview is not None
    assert "daily_loss_budget" in {check.name for check in refused.outcome.preview.verdict.failed}


def test_the_same_intent_twice_within_thirty_seconds_is_a_duplicate() -> None:
    desk = DeskDriver(desk=a_desk(limits=some_limits(max_open_groups_per_strategy=9, delta_cap=Decimal(500))))
    desk.preview(note="a")
    desk.preview(note="b")
    assert isinstance(desk.confirm(1).outcome, Confirmed)
    refused = desk.confirm(2).outcome
    assert isinstance(refused, Refused)
    assert refused.preview is not None
    assert {check.name for check in refused.preview.verdict.failed} == {"duplicate_intent"}


def test_a_closing_ticket_is_single_use_too() -> None:
    desk = DeskDriver()
    desk.hold("2")
    desk.preview_close(quantity="1")
    number = desk.tickets
    (send,) = sends(desk.confirm(number))
    assert (send.order.effect, send.order.quantity, send.order.legs[0].side) == (Effect.CLOSE, 1, Side.SELL)
    assert isinstance(desk.confirm(number).outcome, Replayed)


@pytest.mark.parametrize("quantity", ["0", "-1", "3", "0.5", "1.5", "NaN", "Infinity", "1e400"])
def test_a_quantity_that_cannot_be_closed_is_refused(quantity: str) -> None:
    desk = DeskDriver()
    desk.hold("2")
    assert code(desk.preview_close(quantity=quantity)) == "QUANTITY"


def test_an_expired_closing_ticket_answers_with_a_fresh_one() -> None:
    desk = DeskDriver()
    desk.hold()
    desk.preview_close()
    number = desk.tickets
    desk.wait(31)
    fresh = desk.confirm(number, view=a_market("0.80", "0.82", desk))
    assert isinstance(fresh.outcome, Previewed)
    assert fresh.actions == ()
    assert isinstance(desk.confirm(desk.tickets).outcome, Confirmed)


def test_what_is_not_open_cannot_be_closed() -> None:
    desk = DeskDriver()
    assert code(desk.preview_close("ORB-1")) == "NOTHING_TO_CLOSE"
    assert code(desk.preview_close(None)) == "NOTHING_TO_CLOSE"


def test_a_token_hash_is_the_only_key_to_a_ticket() -> None:
    desk = DeskDriver()
    desk.preview()
    assert desk.desk.ticket_instruments("h1", "model") == (CALL,)
    assert desk.desk.ticket_instruments("h1", "stranger") == ()
    assert isinstance(NewTicket(intent_id="i", token_hash="h"), NewTicket)
    assert desk.now == TEN
