"""`tradecore halt`, `resume`, `settle`: what only the operator may, at a terminal and with the passphrase."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from entrypoints.cli.terminal import typed_passphrase
from entrypoints.settings import read_settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import standing_directories
from tradecore.errors import InvalidRequest, Unavailable

Account = Annotated[str | None, typer.Option(help="The account; needed when several desks stand.")]
Reason = Annotated[str, typer.Option(help="Why, for the journal.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def halt(
    context: typer.Context, account: Account = None, reason: Reason = "from a terminal", as_json: AsJson = False
) -> None:
    """Stop everything but cancels, exits too; lists what is left without protection."""
    _tell(_ask(context, account, {"ask": "halt", "reason": reason}, "Passphrase to halt the desk: "), as_json)


def resume(context: typer.Context, account: Account = None, as_json: AsJson = False) -> None:
    """Release a halt, the kill switch, the weekly loss, the drawdown, and strategies that repeated themselves."""
    _tell(_ask(context, account, {"ask": "resume"}, "Passphrase to let the desk trade again: "), as_json)


def settle(
    context: typer.Context,
    order_id: Annotated[str, typer.Argument(help="An order whose outcome is unknown.")],
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say that an order of unknown outcome is not at the broker, after looking at the broker's own screen."""
    wish = {"ask": "settle", "order_id": order_id}
    _tell(_ask(context, account, wish, f"Passphrase to say that {order_id} is not at the broker: "), as_json)


def _ask(context: typer.Context, account: str | None, wish: dict[str, Any], prompt: str) -> dict[str, Any]:
    desk = _one_desk(read_settings(context.obj).home, account)
    return ask_desk(desk, wish | {"passphrase": typed_passphrase(prompt)})


def _one_desk(home: Path, account: str | None) -> Path:
    desks = list(standing_directories(home, account))
    if not desks:
        raise Unavailable(f"no desk stands{f' on account {account}' if account else ''} in {home}")
    if len(desks) > 1:
        raise InvalidRequest(f"several desks stand; name one with --account: {', '.join(desk.name for desk in desks)}")
    return desks[0]


def _tell(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer))
    elif answer["ok"]:
        typer.echo(f"{answer['what']}; the desk is {answer['state']}")
    else:
        raise InvalidRequest(str(answer["error"]))
    raise typer.Exit(0 if answer["ok"] else 1)
