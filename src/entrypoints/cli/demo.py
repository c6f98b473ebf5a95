"""`tradecore demo`: a whole simulated 0-DTE session in seconds, with a scripted trader at the desk."""

from datetime import date
from typing import Annotated, Final

import typer
from rich.console import Console

from entrypoints.cli.limits_told import limits_told
from entrypoints.cli.story import Story
from entrypoints.cli.summary import is_clean, print_json, print_report, summarise
from entrypoints.cli.terminal import Terminal
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import SettingsError, read_settings
from entrypoints.wiring import House, simulated_house
from entrypoints.wiring.strategies import allowed_strategies
from tradecore.errors import DataMissing, InvalidRequest
from tradecore.model.sessions import session_on

DEMO_DAY: Final = date(2026, 11, 20)
STRATEGIES: Final = ("orb_long_call", "orb_long_put")
_MOST_SEED: Final = 2**32 - 1


def demo(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Another seed is another market.", min=0, max=_MOST_SEED)] = 1,
    account: Annotated[str | None, typer.Option(help="A name for the account; by default a fresh one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run a whole simulated 0-DTE session: previews, a guarded entry, its exit, a refusal, the kill switch, flat."""
    # The MCP library takes most of a second to load, which no other command should wait for.
    from entrypoints.cli.demo_trader import DemoTrader

    settings = read_settings(context.obj)
    missing = [name for name in STRATEGIES if name not in allowed_strategies(settings)]
    if missing:
        raise SettingsError(f"TRADECORE_STRATEGIES: the demo trades {' and '.join(STRATEGIES)}; add {missing[0]}")
    session = session_on(DEMO_DAY)
    if session is None:
        raise DataMissing(f"{DEMO_DAY} is no session")
    limits = limits_told(settings)
    house = simulated_house(settings, seed=seed, session=session, limits=limits, account=checked_account(account))
    console = Terminal(quiet=as_json)
    story = Story(console, house.floor.desk.opening)
    console.print(f"[bold]SIMULATED[/bold] session of {session.day}, seed {seed}: nothing here is real money.")
    recorder = SessionRecorder(None if as_json else story.tell_while_heard)
    run_house(house, DemoTrader(house, story), recorder)
    _finish(house, recorder, console, as_json)


def checked_account(name: str | None) -> str | None:
    """
    An account name that is safe as a directory.

    Raises:
        InvalidRequest: Empty, too long, or with characters other than letters, digits, - and _.
    """
    if name is not None and (not 0 < len(name) <= 40 or not name.replace("-", "").replace("_", "").isalnum()):
        raise InvalidRequest("--account takes up to 40 letters, digits, - and _")
    return name


def _finish(house: House, recorder: SessionRecorder, console: Console, as_json: bool) -> None:
    summary = summarise(house, recorder)
    if as_json:
        print_json(summary)
    else:
        print_report(console, house, summary)
    raise typer.Exit(0 if is_clean(summary) else 1)
