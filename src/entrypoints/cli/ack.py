"""`tradecore ack`: a person has seen what is wrong."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from entrypoints.settings import read_settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import standing_directories
from tradecore.errors import InvalidRequest, Unavailable


def ack(
    context: typer.Context,
    alerts: Annotated[list[str] | None, typer.Argument(help="Ids of alerts; by default every open one.")] = None,
    account: Annotated[str | None, typer.Option(help="One account; by default every desk that stands.")] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Show what is open and acknowledge nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """
    Acknowledge critical alerts, so that they are not told again; it releases nothing.

    Only a person at this machine can: no tool of a model does it.
    """
    settings = read_settings(context.obj)
    desks = list(standing_directories(settings.home, account))
    if not desks:
        raise Unavailable(f"no desk stands{f' on account {account}' if account else ''} in {settings.home}")
    if alerts and len(desks) > 1:
        names = ", ".join(desk.name for desk in desks)
        raise InvalidRequest(f"several desks stand ({names}); name one with --account")
    wish = {"ask": "alerts"} if only_list else {"ask": "ack", "alerts": alerts or None}
    answers = {f"{desk.parent.name}/{desk.name}": _asked(desk, wish) for desk in desks}
    if as_json:
        typer.echo(json.dumps(answers))
    else:
        for name, found in answers.items():
            _tell(name, found, "open" if only_list else "acknowledged")


def _asked(desk: Path, wish: dict[str, Any]) -> list[dict[str, Any]]:
    answer = ask_desk(desk, wish)
    if not answer["ok"]:
        raise InvalidRequest(f"{desk.name}: {answer['error']}")
    found: list[dict[str, Any]] = answer["alerts" if wish["ask"] == "alerts" else "acknowledged"]
    return found


def _tell(name: str, found: list[dict[str, Any]], what: str) -> None:
    if not found:
        typer.echo(f"{name}: nothing is open" if what == "open" else f"{name}: nothing was open")
    for one in found:
        times = f" ({one['times']} times)" if one["times"] > 1 else ""
        typer.echo(f"{name}: {what}: {one['id']}  {one['at']}  {one['code']}{times}\n  {one['message']}")
