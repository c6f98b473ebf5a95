"""A slice of the campaign of concurrent redemptions, and bugs that it must catch."""

import asyncio
from typing import Any

import pytest
from tests.campaigns import one_token

from tradecore.desk.decisions import Send
from tradecore.desk.tickets import Ticket, TicketBook
from tradecore.usecases import confirming, floor
from tradecore.usecases.answers import ConfirmAnswer
from tradecore.usecases.floor import TradingFloor


def test_many_redemptions_of_one_token_send_one_order() -> None:
    share = one_token.run(1, 6, at_once=100)
    assert share.failures == []
    assert share.tried == 6


async def at_once(trading: TradingFloor, intent_id: str) -> ConfirmAnswer:
    return confirming.confirm_answer(trading, intent_id, trading.desk.confirmed(intent_id))


def never_redeemed(_: TicketBook, __: Ticket) -> None:
    """The ticket stays open."""


async def sent_twice(trading: TradingFloor, send: Send) -> None:
    """A retry that does not wait for the first answer."""
    await asyncio.gather(SUBMIT(trading, send), SUBMIT(trading, send))


SUBMIT = floor._submit
BUGS: dict[str, tuple[Any, str, Any]] = {
    "a ticket is not marked as redeemed": (TicketBook, "redeem", never_redeemed),
    "a repetition is told what is so far": (confirming, "_first_answer", at_once),
    "an order is sent twice": (floor, "_submit", sent_twice),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken)
    assert one_token.run(1, 4, at_once=50).failed
