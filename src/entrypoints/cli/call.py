"""`tradecore call`: one tool of a standing desk, from a terminal or a script."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from entrypoints.settings import read_settings
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import standing_directories
from tradecore.errors import InvalidRequest, Unavailable


def call(
    context: typer.Context,
    tool: Annotated[str, typer.Argument(help="Name of the tool, for example orb_long_call.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="name=value, as often as needed.")] = None,
    account: Annotated[str | None, typer.Option(help="The account; needed when several desks stand.")] = None,
) -> None:
    """Call a tool of the standing desk as an MCP client would, and print its answer as JSON; 1 if it is refused."""
    settings = read_settings(context.obj)
    given = dict(_argument(text) for text in arguments or ())
    asked = ask_desk(_desk(settings.home, account), {"ask": "call", "tool": tool, "arguments": given})
    if not asked["ok"]:
        raise Unavailable(str(asked["error"]))
    typer.echo(json.dumps(asked["answer"], indent=2, ensure_ascii=False))
    raise typer.Exit(1 if asked["answer"].get("status") == "refused" else 0)


def _argument(text: str) -> tuple[str, Any]:
    """
    One name=value; a value that is JSON is taken as such, any other is text.

    Raises:
        InvalidRequest: It has no name.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InvalidRequest(f"{text[:40]!r} is no argument; write name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _desk(home: Path, account: str | None) -> Path:
    desks = list(standing_directories(home, account))
    if not desks:
        raise Unavailable(f"no desk stands{f' on account {account}' if account else ''} in {home}")
    if len(desks) > 1:
        names = ", ".join(desk.name for desk in desks)
        raise InvalidRequest(f"several desks stand ({names}); name one with --account")
    return desks[0]
