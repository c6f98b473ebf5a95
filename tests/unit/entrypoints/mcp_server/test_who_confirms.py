"""Who confirms: the model, a form of the client, or the operator; each asked through a real client of both eras."""

import asyncio
from datetime import time
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, ME, Desk, at_the_desk, call, refused

from tradecore.errors import InvalidRequest
from tradecore.model.confirmation import ConfirmationPolicy, Confirmer
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer
from tradecore.usecases.approving import approve, pending_approvals

FORM = ConfirmationPolicy(small=Confirmer.FORM, large=Confirmer.FORM)
OPERATOR = ConfirmationPolicy(small=Confirmer.OPERATOR, large=Confirmer.OPERATOR)


class Person:
    """Answers forms and keeps what was asked."""

    def __init__(self, action: str = "accept", **content: Any) -> None:
        self.asked: list[str] = []
        self._answer = types.ElicitResult(action=action, content=content or None)

    async def __call__(self, _: Any, asked: Any) -> types.ElicitResult:
        self.asked.append(asked.message)
        return self._answer


@BOTH_ERAS
def test_a_person_who_ticks_the_form_sends_the_order(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        person = Person(approve=True)
        async with desk.client(era, elicitation_callback=person) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            assert shown["who_confirms"] == "elicit"
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert done["status"] == "confirmed"
            assert person.asked == [f"{shown['headline']}\nSend this order?"]
            again = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert again["replayed"]
            assert len(person.asked) == 1, "what was sent is not asked about again"

    at_the_desk(tmp_path, story, confirmation=FORM)


@BOTH_ERAS
@pytest.mark.parametrize(
    ("action", "content"),
    [("decline", {}), ("cancel", {}), ("accept", {"approve": False}), ("accept", {})],
)
def test_anything_but_a_tick_sends_nothing(tmp_path: Path, era: str, action: str, content: dict[str, Any]) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era, elicitation_callback=Person(action, **content)) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            error = await refused(client, "orb_long_call", confirm_token=shown["confirm_token"])
            assert error["code"] == "NOT_APPROVED"
            assert "could not ask" in error["message"]
            assert desk.sent() == []
            # A client may have declined without showing the form; the next step names the operator, who finds it.
            assert [one.intent_id for one in pending_approvals(desk.floor)] == [shown["intent_id"]]

    at_the_desk(tmp_path, story, confirmation=FORM)


def test_a_client_whose_form_fails_is_told_how_the_operator_approves(tmp_path: Path) -> None:
    """In the newer era the client itself gives up the call; in the older one its failure reaches us."""

    async def fail(_: Any, __: Any) -> types.ErrorData:
        return types.ErrorData(code=-32603, message="no window to show it in")

    async def story(desk: Desk) -> None:
        async with desk.client("legacy", elicitation_callback=fail) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            error = await refused(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert error["code"] == "NOT_APPROVED"
            assert "tradecore approve" in error["details"]["next_step"]
            assert desk.sent() == []
            assert [one.intent_id for one in pending_approvals(desk.floor)] == [shown["intent_id"]]

    at_the_desk(tmp_path, story, confirmation=FORM)


@BOTH_ERAS
def test_nobody_is_asked_about_an_order_that_is_not_the_ticket_s(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        person = Person(approve=True)
        async with desk.client(era, elicitation_callback=person) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            error = await refused(client, "orb_long_call", contracts=2, confirm_token=shown["confirm_token"])
            assert (error["code"], person.asked) == ("TOKEN_MISMATCH", [])
            await desk.later(seconds=30)
            fresh = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert (fresh["status"], person.asked) == ("preview", [])

    at_the_desk(tmp_path, story, confirmation=FORM)


@BOTH_ERAS
def test_a_client_that_cannot_ask_is_told_how_the_operator_approves(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            error = await refused(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert error["code"] == "CANNOT_ASK"
            assert "tradecore approve" in error["details"]["next_step"]
            assert desk.sent() == []
            (waiting,) = pending_approvals(desk.floor)
            assert waiting.headline == shown["headline"]
            assert isinstance(await approve(desk.floor, waiting.intent_id), ConfirmAnswer)
            assert (await call(client, "confirm_order", confirm_token=shown["confirm_token"]))["replayed"]

    at_the_desk(tmp_path, story, confirmation=FORM)


def test_an_answer_nobody_was_asked_for_confirms_nothing_twice(tmp_path: Path) -> None:
    """The newer protocol lets a client replay its accepted form; the ticket is what is used once."""

    async def story(desk: Desk) -> None:
        accepted = types.ElicitResult(action="accept", content={"approve": True})
        async with desk.client(elicitation_callback=Person(approve=True)) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            arguments = {"confirm_token": shown["confirm_token"]}
            answers = await asyncio.gather(
                *(
                    client.session.call_tool("confirm_order", arguments, input_responses={"approve": accepted})
                    for _ in range(20)
                )
            )
            ids = {answer.structured_content["order_id"] for answer in answers}
            assert len(ids) == 1
            assert len(desk.floor.desk.groups) == 1

    at_the_desk(tmp_path, story, confirmation=FORM)


@BOTH_ERAS
def test_the_operator_s_word_sends_the_order_while_the_model_waits(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            assert shown["who_confirms"] == "operator"
            waiting = asyncio.ensure_future(
                client.call_tool("confirm_order", {"confirm_token": shown["confirm_token"]})
            )
            await desk.later(seconds=5)
            (one,) = pending_approvals(desk.floor)
            assert (one.principal, one.headline) == (ME, shown["headline"])
            await approve(desk.floor, one.intent_id)
            done = (await waiting).structured_content
            assert (done["status"], done["replayed"]) == ("confirmed", True)
            assert pending_approvals(desk.floor) == ()

    at_the_desk(tmp_path, story, confirmation=OPERATOR)


def test_a_model_whose_operator_is_shown_a_newer_price_is_not_sent_to_confirm_it_itself(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            token = (await call(client, "orb_long_call", contracts=1))["confirm_token"]
            await refused(client, "confirm_order", confirm_token=token)
            await desk.later(seconds=80)
            waiting = asyncio.ensure_future(client.call_tool("confirm_order", {"confirm_token": token}))
            await desk.later(seconds=1)
            (one,) = pending_approvals(desk.floor)
            assert isinstance(await approve(desk.floor, one.intent_id), PreviewAnswer), "the price moved"
            error = (await waiting).structured_content["error"]
            assert error["code"] == "TOKEN_SUPERSEDED"
            assert "operator was shown a newer preview" in error["details"]["next_step"]
            (newer,) = pending_approvals(desk.floor)
            assert isinstance(await approve(desk.floor, newer.intent_id), ConfirmAnswer)

    at_the_desk(tmp_path, story, confirmation=OPERATOR, begins=time(10, 20))


def test_a_model_that_waits_in_vain_is_answered_within_its_time_and_may_ask_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "orb_long_call", contracts=1)
            began = desk.floor.clock.now()
            error = await refused(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert error["code"] == "APPROVAL_PENDING"
            assert 10 <= (desk.floor.clock.now() - began).total_seconds() <= 25
            assert error["details"]["expires_in_s"] == 106, "two minutes from display, 14 seconds of them spent"
            await desk.later(seconds=105)
            (one,) = pending_approvals(desk.floor)
            assert isinstance(await approve(desk.floor, one.intent_id), ConfirmAnswer) or desk.sent() == []
            await desk.later(seconds=120)
            with pytest.raises(InvalidRequest, match="waits for an approval"):
                await approve(desk.floor, one.intent_id)

    at_the_desk(tmp_path, story, confirmation=OPERATOR)


def test_leaving_a_position_needs_nobody_s_approval(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(elicitation_callback=Person(approve=True)) as client:
            await desk.enter(client)
        async with desk.client() as client:
            closing = await call(client, "flatten_all")
            assert closing["who_confirms"] == "model"
            assert (await call(client, "flatten_all", confirm_token=closing["confirm_token"]))["status"] == "confirmed"

    at_the_desk(tmp_path, story, confirmation=FORM)
