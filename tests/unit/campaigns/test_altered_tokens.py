"""A slice of the campaign of altered tokens, and bugs that it must catch."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from tests.campaigns import altered_tokens

from tradecore.desk import redemption
from tradecore.desk.commands import Redeem
from tradecore.desk.decisions import Confirmed, Decision
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket, TicketBook
from tradecore.usecases import confirming
from tradecore.usecases.floor import hash_token

TOKEN = "TonoB_qfmvI28hxGDFa0eJUcmngRe3gIyPQwjW2kwsU"


def test_no_altered_token_is_accepted_and_the_genuine_one_still_is() -> None:
    share = altered_tokens.run(1, 2_000)
    assert share.failures == []
    assert share.tried == 2_000
    assert set(share.kinds) >= set(altered_tokens.ALTERATIONS)


@pytest.mark.parametrize("name", altered_tokens.ALTERATIONS)
def test_every_alteration_alters(name: str) -> None:
    alter: Callable[[str, Random], str] = altered_tokens.ALTERATIONS[name]
    altered = [alter(TOKEN, Random(seed)) for seed in range(200)]
    assert sum(token != TOKEN for token in altered) > 150


def goes_all_the_same(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    decision = redemption._redeem_open(state, ticket, command)
    if isinstance(decision.outcome, Confirmed):
        state.tickets.redeem(ticket, decision.outcome)
    return decision


def anybody(book: TicketBook, token_hash: str, _: str) -> Any:
    return book._tickets.get(token_hash)


BUGS: dict[str, tuple[Any, str, Any]] = {
    "the principal is not asked for": (TicketBook, "find", anybody),
    "blanks are stripped": (confirming, "hash_token", lambda token: hash_token(token.strip())),
    "the arguments are not compared": (redemption, "dict", lambda _: AnyArguments()),
    "an expired ticket goes": (redemption, "_fresh", goes_all_the_same),
}


class AnyArguments:
    """Says yes to whatever was given."""

    def get(self, _: str, default: object = None) -> object:
        return default if default is not None else Anything()


class Anything:
    """Equal to everything."""

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken, raising=False)
    assert altered_tokens.run(1, 1_000).failed
