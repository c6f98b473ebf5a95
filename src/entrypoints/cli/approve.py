"""`tradecore approve`: the operator says yes, at a terminal and with a passphrase."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from entrypoints.cli.terminal import typed_passphrase
from entrypoints.settings import Settings, read_settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import standing_directories
from entrypoints.standing.passphrase import SHORTEST, load_passphrase, save_passphrase
from tradecore.errors import InvalidRequest, Unavailable

_MOST_ASKED_AGAIN: Final = 5
Waiting = tuple[Path, dict[str, Any]]


def approve(
    context: typer.Context,
    intent: Annotated[str | None, typer.Argument(help="Which order; needed when several wait.")] = None,
    account: Annotated[str | None, typer.Option(help="One account; by default every desk that stands.")] = None,
    set_passphrase: Annotated[bool, typer.Option("--set-passphrase", help="Set the operator's passphrase.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Only list what waits, as JSON.")] = False,
) -> None:
    """Show the orders that wait for the operator and carry one out."""
    settings = read_settings(context.obj)
    if set_passphrase:
        _set_passphrase(settings)
        return
    waiting = _waiting(settings, account)
    if as_json:
        typer.echo(json.dumps([{"account": desk.name} | one for desk, one in waiting]))
        return
    _approve_one(_chosen(waiting, intent))


def _set_passphrase(settings: Settings) -> None:
    known = load_passphrase(settings.home)
    if known is not None and not known.matches(typed_passphrase("Present passphrase: ")):
        raise InvalidRequest("that is not the operator's passphrase")
    first = typed_passphrase(f"New passphrase (at least {SHORTEST} characters): ")
    if len(first) < SHORTEST:
        raise InvalidRequest(f"a passphrase has at least {SHORTEST} characters")
    if typed_passphrase("Once more: ") != first:
        raise InvalidRequest("the two differ; nothing was changed")
    typer.echo(f"kept as an scrypt hash in {save_passphrase(settings.home, first)}")
    if known is not None:
        typer.echo("a desk that stands keeps the former one until it is started anew")


def _waiting(settings: Settings, account: str | None) -> list[Waiting]:
    desks = list(standing_directories(settings.home, account))
    if not desks:
        raise Unavailable(f"no desk stands{f' on account {account}' if account else ''} in {settings.home}")
    return [(desk, one) for desk in desks for one in ask_desk(desk, {"ask": "approvals"}).get("approvals", [])]


def _chosen(waiting: list[Waiting], intent: str | None) -> Waiting:
    for desk, one in waiting:
        typer.echo(f"{one['intent_id']}  {desk.name}  {one['expires_in_s']} s left\n  {one['headline']}")
    found = [(desk, one) for desk, one in waiting if intent in (None, one["intent_id"])]
    if not found:
        raise Unavailable("nothing waits for an approval" if not waiting else f"nothing called {intent} waits")
    if len(found) > 1:
        raise InvalidRequest("several orders wait; name one: tradecore approve INTENT")
    return found[0]


def _approve_one(waiting: Waiting) -> None:
    desk, one = waiting
    for _ in range(_MOST_ASKED_AGAIN):
        passphrase = typed_passphrase("Passphrase to send this order (Ctrl-C leaves it alone): ")
        answer = ask_desk(desk, {"ask": "approve", "intent_id": one["intent_id"], "passphrase": passphrase})
        if not answer["ok"]:
            raise InvalidRequest(str(answer["error"]))
        if answer["status"] != "preview":
            _tell(answer)
            return
        one = answer
        typer.echo(f"the market moved; now:\n  {one['headline']}")


def _tell(answer: dict[str, Any]) -> None:
    if answer["status"] == "refused":
        typer.echo(f"refused: {answer['code']}: {answer['message']}")
        raise typer.Exit(1)
    groups = ", ".join(answer["groups"]) or "done"
    typer.echo(f"{answer['status']}: {groups}, filled {answer['filled_quantity']} at {answer['average_price']}")
    for line in answer["protection"]:
        typer.echo(line)
