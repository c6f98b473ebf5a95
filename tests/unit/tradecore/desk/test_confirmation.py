"""Who confirms: a ticket leaves the house only by the word of whom the owner named, and exits by nobody's."""

from decimal import Decimal

import pytest

from tradecore.desk.commands import AskApproval, OpenDay
from tradecore.desk.decisions import Confirmed, Decision, Done, Previewed, Refused, Replayed
from tradecore.model.confirmation import ConfirmationPolicy, Confirmer
from tradecore.model.money import usd
from tradecore.testing.builders import TODAY, a_desk, some_limits
from tradecore.testing.desk_driver import DeskDriver, sends

MODEL, FORM, OPERATOR = Confirmer.MODEL, Confirmer.FORM, Confirmer.OPERATOR


def policed(small: Confirmer, large: Confirmer, up_to: str | None = None, rate: str = "1") -> DeskDriver:
    policy = ConfirmationPolicy(small=small, large=large, up_to=None if up_to is None else usd(up_to))
    return DeskDriver(desk=a_desk(confirmation=policy, clock_rate=Decimal(rate)))


def code(decision: Decision) -> str:
    assert isinstance(decision.outcome, Refused), decision.outcome
    return decision.outcome.code


def show(driver: DeskDriver, number: int = 1, principal: str | None = None) -> Decision:
    command = AskApproval(at=driver.now, principal=principal or driver.principal, token_hash=f"h{number}")
    return driver.desk.handle(command)


@pytest.mark.parametrize(
    ("needed", "given", "goes"),
    [
        (MODEL, MODEL, True),
        (MODEL, OPERATOR, True),
        (FORM, MODEL, False),
        (FORM, FORM, True),
        (FORM, OPERATOR, True),
        (OPERATOR, MODEL, False),
        (OPERATOR, FORM, False),
        (OPERATOR, OPERATOR, True),
    ],
)
def test_nothing_weaker_than_the_named_confirmer_sends_an_order(
    needed: Confirmer, given: Confirmer, goes: bool
) -> None:
    driver = policed(needed, needed)
    driver.preview()
    decision = driver.confirm(confirmed_by=given)
    assert bool(sends(decision)) is goes
    if not goes:
        assert code(decision) == "APPROVAL_NEEDED"
        assert "tradecore approve" in getattr(decision.outcome, "next_step", "")
        assert isinstance(driver.confirm(1, confirmed_by=needed).outcome, Confirmed), "the ticket was left as it was"


def test_the_amount_decides_who_confirms_and_an_exact_amount_is_small() -> None:
    """One call at 1.02 can lose 102 + 0.10279 of fees (see test_tickets)."""
    for up_to, wanted in (("102.10279", FORM), ("102.10", OPERATOR), (None, OPERATOR)):
        outcome = policed(FORM, OPERATOR, up_to).preview().outcome
        assert isinstance(outcome, Previewed)
        assert outcome.confirmer is wanted


def test_an_order_that_only_reduces_risk_asks_nobody() -> None:
    driver = policed(OPERATOR, OPERATOR)
    driver.preview()
    (entry,) = sends(driver.confirm(confirmed_by=OPERATOR))
    driver.accept(entry.order.client_order_id)
    driver.fill(entry.order.client_order_id)
    shown = driver.preview_close().outcome
    assert isinstance(shown, Previewed)
    assert shown.confirmer is MODEL
    assert sends(driver.confirm())


def test_lifting_the_kill_switch_is_confirmed_as_the_largest_order_would_be() -> None:
    driver = policed(FORM, OPERATOR, "1000000")
    driver.kill()
    driver.preview_lift()
    assert code(driver.confirm(confirmed_by=FORM)) == "APPROVAL_NEEDED"
    assert isinstance(driver.confirm(1, confirmed_by=OPERATOR).outcome, Confirmed)


def test_a_person_has_two_minutes_from_the_moment_the_order_is_shown_and_only_once() -> None:
    driver = policed(FORM, FORM)
    driver.preview()
    driver.wait(29)
    assert isinstance(show(driver).outcome, Done)
    driver.wait(60)
    show(driver)
    driver.wait(59.9)
    assert isinstance(driver.confirm(1, confirmed_by=FORM).outcome, Confirmed)
    late = policed(FORM, FORM)
    late.preview()
    show(late)
    late.wait(60)
    show(late)
    late.wait(60)
    assert isinstance(late.confirm(1, confirmed_by=FORM).outcome, Previewed), "an expired ticket is previewed afresh"


def test_what_is_not_waiting_cannot_be_shown() -> None:
    driver = policed(FORM, FORM)
    driver.preview()
    assert code(show(driver, principal="somebody else")) == "NOTHING_TO_APPROVE"
    assert code(show(driver, 7)) == "NOTHING_TO_APPROVE"
    driver.wait(30)
    assert code(show(driver)) == "NOTHING_TO_APPROVE"


def test_without_a_limit_for_approvals_nobody_gets_more_time() -> None:
    policy = ConfirmationPolicy(small=FORM, large=FORM)
    driver = DeskDriver(desk=a_desk(confirmation=policy, limits=some_limits(approval_timeout_s=None)))
    driver.preview()
    show(driver)
    driver.wait(30)
    assert isinstance(driver.confirm(1, confirmed_by=FORM).outcome, Previewed)


def test_time_outs_count_on_the_clock_of_the_person_who_reads() -> None:
    """At ten market seconds a second, thirty seconds of reading are 300 of the market."""
    driver = policed(MODEL, MODEL, rate="10")
    driver.preview()
    driver.wait(299.9)
    assert sends(driver.confirm())
    late = policed(MODEL, MODEL, rate="10")
    late.preview()
    late.wait(300)
    assert isinstance(late.confirm().outcome, Previewed)


def test_a_new_day_forgets_unused_tickets_and_remembers_redeemed_ones() -> None:
    driver = policed(MODEL, MODEL)
    assert isinstance(driver.preview().outcome, Previewed)
    driver.preview_lift()
    driver.kill()
    assert isinstance(driver.preview_lift().outcome, Previewed)
    lift = driver.tickets
    assert isinstance(driver.confirm().outcome, Confirmed)
    driver.desk.handle(OpenDay(at=driver.now, day=TODAY, equity=usd(10_000)))
    assert isinstance(driver.confirm(lift).outcome, Replayed)
    assert code(driver.confirm(1)) == "TOKEN_UNKNOWN"
