"""A slice of the campaign of the hostile client, and bugs that it must catch."""

import os
from decimal import Decimal
from typing import Any

import pytest
from tests.campaigns import hostile_client
from tests.campaigns.hostile_witness import Books

from entrypoints.mcp_server import rendering, server, trading_tools, two_steps
from entrypoints.mcp_server.confirmation import execute, preview_json
from tradecore.desk import redemption
from tradecore.desk.commands import Redeem
from tradecore.desk.decisions import Confirmed, Decision
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket, TicketBook
from tradecore.model.confirmation import ConfirmationPolicy, Confirmer
from tradecore.model.money import ZERO
from tradecore.model.terms import Side
from tradecore.risk.picture import AccountExposure, TradingState
from tradecore.testing.builders import CALL, a_fill
from tradecore.usecases.previewing import preview_lift


def test_a_hostile_client_does_no_harm() -> None:
    share = hostile_client.run(1, 500)
    assert share.failures == []
    assert share.tried == 500
    assert share.kinds["orders sent"] > 0
    assert share.kinds["over MCP"] > 0


def test_what_the_venue_s_books_say_is_at_risk() -> None:
    """
    Bought 2 at 1.00: 200 and 0.10 of fees. Sold 1 at 0.40: 60 lost, 0.05279 of fees, 100 still held. At risk: 60 lost
    + 0.15279 + 100. After selling the other at 1.80, 80 won: the day made 20, which gives nothing back: the fees.
    """
    books = Books(Decimal(10_000))
    books.take([a_fill("2", "1.00")])
    assert books.at_risk == Decimal("200.10")
    books.take([a_fill("1", "0.40", side=Side.SELL)])
    assert books.at_risk == Decimal("160.15279")
    books.take([a_fill("1", "1.80", side=Side.SELL)])
    assert books.at_risk == Decimal("0.20558")
    assert books.held == {CALL: 0}


def goes_all_the_same(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    decision = redemption._redeem_open(state, ticket, command)
    if isinstance(decision.outcome, Confirmed):
        state.tickets.redeem(ticket, decision.outcome)
    return decision


def anybody(book: TicketBook, token_hash: str, _: str) -> Any:
    return book._tickets.get(token_hash)


async def executes_unconfirmed(call: Any, given: Any, content: Any, preview: Any) -> Any:
    """`confirm=true` is taken for a confirmation."""
    if given.confirm_token is None and given.confirm:
        answer = await preview()
        return await execute(call, getattr(answer, "confirm_token", "none"))
    return await TWO_STEPS(call, given, content, preview)


async def lifts_at_once(floor: Any, principal: str) -> Any:
    floor.desk._state.killed = False
    floor.desk._state.trading = TradingState.ACTIVE
    return await preview_lift(floor, principal)


def leaky(call: Any, answer: Any) -> Any:
    shown = preview_json(call, answer)
    return shown | {"headline": f"{shown['headline']} {os.environ['TRADECORE_NEWS_API_KEY']}"}


def fails(*_: Any) -> Any:
    raise ZeroDivisionError


TWO_STEPS = two_steps.two_steps
BUGS: dict[str, tuple[Any, str, Any]] = {
    "the principal is not asked for": (TicketBook, "find", anybody),
    "confirm=true confirms": (trading_tools, "two_steps", executes_unconfirmed),
    "an expired ticket goes": (redemption, "_fresh", goes_all_the_same),
    "what is open does not count": (AccountExposure, "committed", lambda _: ZERO),
    "the model confirms what is the operator's": (ConfirmationPolicy, "needed", lambda *_: Confirmer.MODEL),
    "the switch is lifted by its preview": (trading_tools, "preview_lift", lifts_at_once),
    "a setting leaks": (two_steps, "preview_json", leaky),
    "a tool fails": (rendering, "headroom", fails),
    "a call escapes": (server.DeskServer, "surroundings", fails),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken)
    assert any(hostile_client.run(seed, 250).failed for seed in range(1, 20))
