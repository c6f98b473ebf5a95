"""Standing plans: bounds that mean something, and a person who knows when one is gone."""

from decimal import Decimal

import pytest
from tests.unit.tradecore.desk.test_condors import CONDOR, at_entry

from tradecore.desk.commands import Recover
from tradecore.desk.decisions import Confirmed, Decision, Refused
from tradecore.desk.desk import Desk
from tradecore.desk.folding import Folding
from tradecore.desk.standing_commands import PreviewStanding
from tradecore.model.alerts import Severity
from tradecore.model.encoding import encode
from tradecore.model.plans import Proposal
from tradecore.testing.builders import a_proposal, a_ticket, a_view
from tradecore.testing.desk_driver import DeskDriver, alert_codes


def ask(desk: DeskDriver, proposal: Proposal = CONDOR, worst: str | None = None) -> Decision:
    desk.tickets += 1
    command = PreviewStanding(
        at=desk.now, principal="model", ticket=a_ticket(desk.tickets), strategy=proposal.strategy, parameters=(),
        proposal=proposal, until=None, worst_price=None if worst is None else Decimal(worst),
        view=at_entry(desk) if len(proposal.legs) > 1 else a_view(now=desk.now),
    )  # fmt: skip
    return desk.desk.handle(command)


def armed() -> DeskDriver:
    desk = DeskDriver()
    ask(desk)
    assert isinstance(desk.confirm(view=at_entry(desk)).outcome, Confirmed)
    return desk


@pytest.mark.parametrize("worst", ["0", "0.001", "-2", "-1E+30"])
def test_a_worst_price_at_which_a_condor_can_not_win_or_not_lose_is_refused(worst: str) -> None:
    refused = ask(DeskDriver(), worst=worst).outcome
    assert isinstance(refused, Refused)
    assert refused.code == "WORST_PRICE"


@pytest.mark.parametrize("worst", ["0", "-1"])
def test_a_worst_price_that_no_option_has_is_refused(worst: str) -> None:
    refused = ask(DeskDriver(), a_proposal(), worst).outcome
    assert isinstance(refused, Refused)
    assert refused.code == "WORST_PRICE"


def test_a_restart_tells_which_plans_are_lost() -> None:
    desk = armed()
    (plan,) = desk.desk.armed_plans
    folding = Folding(desk.desk.opening)
    folding.take(encode(desk.desk.after_images()))
    again = Desk(desk.desk.opening, folding.state())
    decision = again.handle(Recover(at=desk.now, opening=desk.desk.opening))
    (alert,) = decision.alerts
    assert (alert.code, alert.severity) == ("PLAN_LOST", Severity.CRITICAL)
    assert plan.plan_id in alert.message
    assert "arm it again" in alert.message
    assert again.armed_plans == ()


def test_the_kill_switch_names_what_it_disarmed() -> None:
    desk = armed()
    (plan,) = desk.desk.armed_plans
    decision = desk.kill()
    assert alert_codes(decision) == ["KILL_SWITCH"]
    assert f"disarmed {plan.plan_id}" in decision.alerts[0].message
