"""`tradecore kill`: stop taking risk, from a terminal."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from entrypoints.settings import read_settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import standing_directories
from entrypoints.wiring.machine import leave_stop_request
from tradecore.errors import TradeError, Unavailable

_PATIENCE_S: Final = 15.0


def kill(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="One account; by default every desk that stands.")] = None,
    flatten: Annotated[bool, typer.Option("--flatten", help="Close everything too.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")] = "from a terminal",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """
    Engage the kill switch: no new risk, entries cancelled, protective exits keep working.

    A request is left in the account's directory first, which the desk obeys before anything else it sends, also when it
    hangs now and answers nobody.
    """
    settings = read_settings(context.obj)
    desks = list(standing_directories(settings.home, account))
    if not desks:
        raise Unavailable(f"no desk stands{f' on account {account}' if account else ''} in {settings.home}")
    wish = {"ask": "kill", "flatten": flatten, "reason": reason}
    # All at once: a desk that hangs or refuses must not keep the others trading.
    with ThreadPoolExecutor(len(desks)) as asking:
        said = list(asking.map(lambda desk: _asked(desk, wish), desks))
    answers = {_named(desk, desks): answer for desk, answer in zip(desks, said, strict=True)}
    if as_json:
        typer.echo(json.dumps(answers))
    else:
        for name, answer in answers.items():
            typer.echo(f"{name}: {_told(answer)}")
    raise typer.Exit(0 if all(answer["ok"] for answer in answers.values()) else 1)


def _asked(desk: Path, wish: dict[str, Any]) -> dict[str, Any]:
    left = leave_stop_request(desk, str(wish["reason"]), flatten=bool(wish["flatten"]))
    try:
        return ask_desk(desk, wish, any_version=True, patience_s=_PATIENCE_S)
    except TradeError as problem:
        return {"ok": False, "error": f"{problem}; {left}"}


def _named(desk: Path, desks: list[Path]) -> str:
    """The account, with its mode where two modes have one of that name."""
    alone = [other.name for other in desks].count(desk.name) == 1
    return desk.name if alone else f"{desk.parent.name}/{desk.name}"


def _told(answer: dict[str, Any]) -> str:
    if not answer["ok"]:
        return str(answer["error"])
    held = ", ".join(answer["held"]) or "nothing"
    still = ", ".join(answer.get("not_cancelled", ())) or "none"
    orders = ", ".join(answer["orders"]) or "none"
    return f"{answer['what']}; orders concerned: {orders}; not cancelled yet: {still}; still held: {held}"
