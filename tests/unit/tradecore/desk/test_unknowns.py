# mypy: disable-error-code="comparison-overlap"
"""Orders nobody knows the outcome of: what they block, what ends them, and what happens when they turn up."""

from decimal import Decimal

import pytest

from tradecore.desk.commands import NotFound, Recover, SettleUnknown, StepEntry, WithdrawExcess
from tradecore.desk.decisions import Decision, Refused
from tradecore.desk.desk import Desk
from tradecore.desk.folding import Folding
from tradecore.model.encoding import encode
from tradecore.model.events import CancelRefused
from tradecore.model.instruments import Price
from tradecore.model.orders import OrderState, Role
from tradecore.model.terms import Limit, Side
from tradecore.testing.builders import (
    CALL,
    a_contract,
    a_desk,
    a_fill,
    a_leg,
    a_proposal,
    a_quote,
    a_view,
    some_greeks,
    some_limits,
)
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends


def a_lost_entry(**limits: object) -> tuple[DeskDriver, str]:
    """An entry for two calls whose request was not answered."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(**limits)))
    desk.preview(a_proposal(contracts="2"))
    order_id = sends(desk.confirm())[0].order.client_order_id
    desk.sent(order_id, "unknown")
    return desk, order_id


def not_found(desk: DeskDriver, order_id: str, *, again: bool = True, final: bool = False) -> Decision:
    return desk.desk.handle(
        NotFound(at=desk.now, client_order_id=order_id, may_send_again=again, is_final=final, view=desk.view())
    )


def refused_by(decision: Decision) -> set[str]:
    outcome = decision.outcome
    assert isinstance(outcome, Refused), outcome
    assert outcome.preview is not None
    return {check.name for check in outcome.preview.verdict.failed}


def test_an_unknown_order_holds_its_reservation_and_blocks_its_underlying() -> None:
    desk, order_id = a_lost_entry()
    (working,) = desk.desk.exposure().working
    assert (working.client_order_id, working.quantity, working.is_unknown) == (order_id, 2, True)
    desk.wait(60)
    assert "unknown_orders" in refused_by(desk.preview(a_proposal(strategy="other", label="X")))


def test_the_same_id_is_sent_again_while_its_ticket_lives_and_the_gate_passes() -> None:
    desk, order_id = a_lost_entry()
    desk.wait(5)
    (send,) = sends(not_found(desk, order_id))
    assert send.order.client_order_id == order_id
    assert send.order.quantity == 2
    assert desk.order(order_id).state is OrderState.SUBMITTED


@pytest.mark.parametrize("why", ["ticket expired", "killed", "cancelled", "ids come back", "gate refuses"])
def test_it_is_not_sent_again_when(why: str) -> None:
    """A ticket lives 30 s; two calls at 1.02 cost 204 and more, above a cap of 200."""
    desk, order_id = a_lost_entry()
    desk.wait(5)
    if why == "ticket expired":
        desk.wait(26)
    elif why == "killed":
        desk.kill()
    elif why == "cancelled":
        desk.cancel(order_id)
    elif why == "gate refuses":
        desk.desk._state.locks["SPY"] = "a difference"
    decision = not_found(desk, order_id, again=why != "ids come back")
    assert sends(decision) == []
    assert desk.order(order_id).is_unknown
    assert desk.desk.exposure().working


def test_a_lost_exit_is_sent_again_under_its_id_also_while_reducing() -> None:
    desk = DeskDriver()
    desk.hold()
    (send,) = sends(desk.trigger("cut_off"))
    exit_id = send.order.client_order_id
    desk.sent(exit_id, "unknown")
    desk.kill()
    (again,) = sends(not_found(desk, exit_id))
    assert (again.order.client_order_id, again.order.authority) == (exit_id, send.order.authority)


def test_proof_that_it_never_arrived_ends_it_and_frees_its_reservation() -> None:
    desk, order_id = a_lost_entry()
    decision = not_found(desk, order_id, final=True)
    assert alert_codes(decision) == ["NEVER_ARRIVED"]
    assert desk.order(order_id).state is OrderState.DENIED
    assert desk.desk.exposure().working == ()


def test_without_proof_a_person_is_told_once_and_nothing_ends() -> None:
    desk, order_id = a_lost_entry()
    desk.wait(59)
    assert alert_codes(not_found(desk, order_id, again=False)) == []
    desk.wait(1)
    assert alert_codes(not_found(desk, order_id, again=False)) == ["UNKNOWN_UNRESOLVED"]
    desk.wait(3600)
    assert alert_codes(not_found(desk, order_id, again=False)) == []
    assert desk.order(order_id).is_unknown


def test_the_operator_settles_what_is_unknown_and_nothing_else() -> None:
    desk, order_id = a_lost_entry()
    desk.desk.handle(SettleUnknown(at=desk.now, principal="op", client_order_id=order_id))
    assert desk.order(order_id).state is OrderState.DENIED
    again = desk.desk.handle(SettleUnknown(at=desk.now, principal="op", client_order_id=order_id))
    assert isinstance(again.outcome, Refused)
    assert again.outcome.code == "NOT_UNKNOWN"


@pytest.mark.parametrize("settled", [False, True])
def test_an_entry_that_turns_up_is_cancelled_and_what_filled_of_it_is_protected(settled: bool) -> None:
    """Also one that was taken for never sent: the venue knows better."""
    desk, order_id = a_lost_entry()
    if settled:
        desk.desk.handle(SettleUnknown(at=desk.now, principal="op", client_order_id=order_id))
    decision = desk.fill(order_id, "1")
    assert cancels(decision) == [order_id]
    assert "ORDER_FOUND" in alert_codes(decision)
    group = desk.group()
    stop = desk.order(group.armed[Role.STOP])
    assert (group.open_units(), stop.quantity, stop.state) == (1, 1, OrderState.EMULATED)
    desk.canceled(order_id)
    assert desk.desk.exposure().working == ()
    assert sends(desk.step_entry()) == []


def test_a_duplicate_id_is_no_refusal() -> None:
    """The venue has it: from an answer that was lost. It stays unknown until it was asked."""
    desk, order_id = a_lost_entry()
    desk.wait(5)
    not_found(desk, order_id)
    desk.sent(order_id, "unknown")
    assert desk.order(order_id).is_unknown
    desk.accept(order_id)
    assert desk.order(order_id).state is OrderState.PENDING_CANCEL


def test_a_found_order_never_buys_more_than_its_ticket() -> None:
    desk, order_id = a_lost_entry()
    desk.fill(order_id, "2")
    assert desk.group().open_units() == Decimal(2)
    assert desk.desk.exposure().working == ()


@pytest.mark.parametrize("second", ["refused", "not_sent"])
def test_what_is_sent_again_and_refused_stays_unknown_because_the_first_may_still_arrive(second: str) -> None:
    desk, order_id = a_lost_entry()
    desk.wait(5)
    not_found(desk, order_id)
    desk.sent(order_id, second)
    assert desk.order(order_id).is_unknown
    assert desk.desk.exposure().working
    assert cancels(desk.fill(order_id, "1")) == [order_id]


def test_it_is_sent_three_times_at_most_so_that_not_found_can_become_proof() -> None:
    desk = DeskDriver()
    desk.hold()
    exit_id = sends(desk.trigger("cut_off"))[0].order.client_order_id
    for _ in range(2):
        desk.sent(exit_id, "unknown")
        assert len(sends(not_found(desk, exit_id))) == 1
    desk.sent(exit_id, "refused")
    assert sends(not_found(desk, exit_id)) == []
    assert desk.order(exit_id).is_unknown
    not_found(desk, exit_id, final=True)
    assert len(sends(desk.step_exit())) == 1


def test_a_next_life_asks_again_for_a_cancellation_that_may_never_have_left() -> None:
    desk = DeskDriver()
    order_id = desk.enter()
    assert cancels(desk.kill()) == [order_id]
    decision = desk.desk.handle(Recover(at=desk.now, opening=desk.desk.opening))
    assert cancels(decision) == [order_id]


def test_a_next_life_does_not_know_what_was_on_its_way() -> None:
    desk = DeskDriver()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    desk.desk.handle(Recover(at=desk.now, opening=desk.desk.opening))
    assert desk.order(order_id).state is OrderState.UNKNOWN
    assert sends(not_found(desk, order_id)) == [], "its ticket's time is not remembered, so nothing is sent again"


def test_a_refused_withdrawal_of_what_is_too_much_is_asked_again_in_its_own_time_only() -> None:
    """Two held and being sold; a stranger sells one, the exit for two is too much, the venue will not cancel it yet."""
    desk = DeskDriver()
    desk.hold("2")
    exit_id = sends(desk.trigger("cut_off"))[0].order.client_order_id
    desk.accept(exit_id)
    stranger = a_fill("1", order_id="ext-1", exec_id="x1", side=Side.SELL, when=desk.now)
    assert cancels(desk.desk.apply(stranger)) == [exit_id]
    assert cancels(desk.desk.apply(CancelRefused(exit_id, desk.now, "busy"))) == []
    assert desk.desk.has_excess
    assert cancels(desk.desk.handle(WithdrawExcess(at=desk.now))) == [exit_id]
    assert not desk.desk.has_excess


def test_legs_that_fill_apart_end_the_entry_and_are_protected_as_they_are() -> None:
    """Two spreads wanted; one leg of the first price step fills alone and the step is withdrawn: no second step."""
    higher = a_contract("676")
    desk = DeskDriver()
    greeks = {contract.symbol: some_greeks(contract) for contract in (CALL, higher)}
    view = a_view(a_quote(), a_quote(higher, "0.40", "0.42"), greeks=greeks)
    desk.preview(a_proposal(a_leg(), a_leg(higher, Side.SELL), contracts="2"), view=view)
    order_id = sends(desk.confirm(view=view))[0].order.client_order_id
    desk.accept(order_id)
    desk.fill(order_id, "1", "1.00")
    higher_mid = a_view(a_quote(CALL, "1.02", "1.04"), a_quote(higher, "0.40", "0.42"), greeks=greeks)
    desk.step_entry(view=higher_mid)
    desk.canceled(order_id)
    assert sends(desk.step_entry(view=view)) == []
    assert [position.quantity for position in desk.group().holdings] == [1]
    assert desk.order(desk.group().armed[Role.STOP]).quantity == 1


def test_an_entry_whose_fills_the_venue_does_not_tell_ends() -> None:
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.step_entry(view=a_view(a_quote(CALL, "1.01", "1.03"), now=desk.now))
    desk.canceled(order_id)
    command = StepEntry(at=desk.now, intent_id="i1", view=desk.view(), fills_known=False)
    assert sends(desk.desk.handle(command)) == []
    assert not desk.desk.entry_is_running("i1")


def test_a_cancelled_entry_stays_at_home_although_its_cancellation_was_refused() -> None:
    """Decided and not yet durable; the kill switch cancels it, the venue, which never saw it, refuses."""
    desk = DeskDriver()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    assert desk.desk.may_still_send(order_id)
    desk.kill()
    desk.desk.apply(CancelRefused(order_id, desk.now, "no such order"))
    assert desk.order(order_id).state is OrderState.SUBMITTED
    assert not desk.desk.may_still_send(order_id)


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_resting_entry_rests_through_a_restart_unless_somebody_took_it_back(taken_back: bool) -> None:
    """Its cancellation was refused once, then the desk died: the next life must not take it for wanted."""
    desk = DeskDriver()
    folding = Folding(desk.desk.opening)
    order_id = desk.enter(a_proposal(terms=Limit(Price(Decimal("1.02")))))
    if taken_back:
        desk.kill()
        desk.desk.apply(CancelRefused(order_id, desk.now, "busy"))
    folding.take(encode(desk.desk.after_images()))
    next_life = Desk(desk.desk.opening, folding.state())
    decision = next_life.handle(Recover(at=desk.now, opening=desk.desk.opening))
    assert cancels(decision) == ([order_id] if taken_back else [])
    assert next_life.entry_is_running("i1") != taken_back
