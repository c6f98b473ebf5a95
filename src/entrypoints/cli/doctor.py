"""`tradecore doctor`: whether this machine and its settings are fit for a desk, one line each."""

import dataclasses
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from entrypoints.cli.terminal import Terminal
from entrypoints.examination import Finding, examine, examine_broker, tested_alert
from entrypoints.settings import Settings, SettingsError, read_settings

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    broker: Annotated[
        str | None, typer.Option(metavar="alpaca", help="Ask this broker too: keys, feeds, levels, clock, latency.")
    ] = None,
    test_alert: Annotated[
        bool, typer.Option("--test-alert", help="Post one alert to ALERT_WEBHOOK_URL and beat once.")
    ] = False,
) -> None:
    """Check settings, disk, durability, clock, ports and desks, and print how a client is configured."""
    if broker not in (None, "alpaca"):
        raise typer.BadParameter(f"{broker!r} is not a broker of this version; there is alpaca")
    try:
        settings = read_settings(context.obj)
    except SettingsError as problem:
        findings = [Finding("settings", "failed", line) for line in str(problem).splitlines()]
        clients: dict[str, Any] = {}
    else:
        findings = examine(settings) + ([] if broker is None else examine_broker(settings))
        findings += [tested_alert(settings)] if test_alert else []
        clients = _clients(settings, context.obj)
    if as_json:
        shown = {"findings": [dataclasses.asdict(one) for one in findings], "clients": clients}
        typer.echo(json.dumps(shown, indent=2))
    else:
        _print(findings, clients)
    raise typer.Exit(1 if any(one.status == "failed" for one in findings) else 0)


def _print(findings: list[Finding], clients: dict[str, Any]) -> None:
    console = Terminal()
    for one in findings:
        colour = _COLOURS[one.status]
        line = f"[{colour}]{one.status:<8}[/{colour}] {one.name}: {escape(one.found)}"
        console.print(line, highlight=False, soft_wrap=True)
    if clients:
        console.print("\nClaude Desktop, claude_desktop_config.json:", highlight=False)
        typer.echo(json.dumps(clients["claude_desktop"], indent=2))
        console.print("\nClaude Code:", highlight=False)
        typer.echo(clients["claude_code"])


def _clients(settings: Settings, env_file: Path | None) -> dict[str, Any]:
    beside = Path(sys.executable).with_name("tradecore")
    program = str(beside) if beside.exists() else shutil.which("tradecore") or sys.argv[0]
    arguments = [] if env_file is None else ["--env-file", str(env_file.absolute())]
    arguments += ["mcp", "--account", "claude"]
    home = str(settings.home)
    entry = {"command": program, "args": arguments, "env": {"TRADECORE_HOME": home}}
    return {
        "claude_desktop": {"mcpServers": {"tradecore": entry}},
        "claude_code": shlex.join(
            ["claude", "mcp", "add", "tradecore", "--env", f"TRADECORE_HOME={home}", "--", program, *arguments]
        ),
    }
