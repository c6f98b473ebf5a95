# mypy: disable-error-code="comparison-overlap"
"""Orders nobody knows the outcome of: what they block, what ends them, and what happens when they turn up."""

from decimal import Decimal

import pytest

from tradecore.desk.commands import NotFound, SettleUnknown
from tradecore.desk.decisions import Decision, Refused
from tradecore.model.orders import OrderState, Role
from tradecore.testing.builders import a_desk, a_proposal, some_limits
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
