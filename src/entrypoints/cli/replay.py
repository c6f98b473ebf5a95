"""`tradecore replay`: trade a strategy through a recorded day, by the same desk and the same rules."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.demo import checked_account
from entrypoints.cli.limits_told import limits_told
from entrypoints.cli.story import Story
from entrypoints.cli.summary import is_clean, print_json, print_report, summarise
from entrypoints.cli.terminal import Terminal
from entrypoints.runtime import SessionRecorder, Trader, run_house
from entrypoints.settings import read_settings
from entrypoints.wiring import House, read_day, replay_house
from entrypoints.wiring.strategies import allowed_strategies
from tradecore.errors import DataMissing, InvalidRequest
from tradecore.model.instruments import Equity
from tradecore.model.sessions import Session, session_on
from tradecore.usecases.answers import PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.previewing import preview_strategy, signal_of

_TRADER: Final = "local:replay"
_AFTER_THE_BAR: Final = timedelta(milliseconds=1)
_MINUTE: Final = timedelta(minutes=1)


def replay(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A folder in LEAN's format, or a .csv or .parquet file of bars.")],
    symbol: Annotated[str, typer.Option(help="The underlying, for example SPY.")],
    day: Annotated[str, typer.Option("--date", help="The session, YYYY-MM-DD.")],
    strategy: Annotated[str, typer.Option(help="A strategy's name, for example orb_long_call.")],
    options: Annotated[Path | None, typer.Option(help="Folder with recorded option quotes (LEAN).")] = None,
    labels: Annotated[
        Literal["start", "end"] | None,
        typer.Option(help="What a CSV's or Parquet's times name."),
    ] = None,
    limits: Annotated[
        str | None, typer.Option(help="default, recorded, or a YAML file.", show_default="TRADECORE_LIMITS")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the modelled chain.", min=0, max=2**32 - 1)] = 1,
    account: Annotated[str | None, typer.Option(help="A name for the account; by default a fresh one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Trade one recorded day: decide at each bar's close, fill from the next bar, flat before the close."""
    settings = read_settings(context.obj)
    _require_allowed(strategy, allowed_strategies(settings))
    underlying = Equity(symbol.upper())
    session = _session_of(day)
    in_force = limits_told(settings, limits, _MINUTE)
    console = Terminal(stderr=True, quiet=as_json)
    with _bar(console) as bar:
        reading = bar.add_task("reading", total=1.0)
        recorded = read_day(
            path,
            underlying,
            session,
            options=options,
            labels=labels,
            progress=lambda share: bar.update(reading, completed=share),
        )
        bar.update(reading, completed=1.0)
        if len(recorded.bars) < session.minutes * 9 // 10:
            typer.echo(f"tradecore: {len(recorded.bars)} of {session.minutes} minutes are recorded", err=True)
        house = replay_house(settings, recorded, seed=seed, limits=in_force, account=checked_account(account))
        out = Terminal(quiet=as_json)
        recorder = SessionRecorder(None if as_json else Story(out, house.floor.desk.opening))
        trading = bar.add_task("trading", total=session.minutes)

        def show(at: datetime) -> None:
            bar.update(trading, completed=(at - session.opens).total_seconds() // 60)

        run_house(house, _trader(house, strategy), recorder, show)
    summary = summarise(house, recorder)
    summary["strategy"] = strategy
    summary["source"], summary["labels"] = recorded.source, recorded.labels
    if not summary["orders"] and summary["refusals"] and (limits or settings.limits) != "recorded":
        hint = "every order was refused; recorded minute bars need the limits profile recorded: --limits recorded"
        typer.echo(f"tradecore: {hint}", err=True)
    if as_json:
        print_json(summary)
    else:
        print_report(out, house, summary)
        if house.chain == "modelled":
            out.print("chain: modelled on the recorded path: a test of the plumbing, never evidence")
    raise typer.Exit(0 if is_clean(summary) else 1)


def _trader(house: House, strategy: str) -> Trader:
    """Ask at each bar's close; take the first signal, and again after an entry that was cancelled unfilled."""

    async def trade(floor: TradingFloor) -> None:
        minute = house.session.opens
        while minute < house.session.closes - _MINUTE:
            minute += _MINUTE
            await floor.timers.sleep_until(minute + _AFTER_THE_BAR)
            if _busy_or_done(floor):
                continue
            signal = await signal_of(floor, strategy)
            if signal is not None and signal.present:
                await _take(floor, strategy)

    return trade


def _busy_or_done(floor: TradingFloor) -> bool:
    return any(group.traded or floor.desk.entry_is_running(group.intent_id) for group in floor.desk.groups)


async def _take(floor: TradingFloor, strategy: str) -> None:
    answer = await preview_strategy(floor, _TRADER, strategy, {})
    if isinstance(answer, PreviewAnswer) and _has_signal(answer):
        await confirm(floor, _TRADER, answer.confirm_token, wait=timedelta(0))


def _has_signal(answer: PreviewAnswer) -> bool:
    """Whether the plan that the limits let through is one with a signal: a narrower condor may bring too little."""
    return all(one.signal is None or one.signal.present for one in answer.previews)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=console.quiet or not console.is_terminal)


def _require_allowed(strategy: str, allowed: Iterable[str]) -> None:
    if strategy not in allowed:
        raise InvalidRequest(f"no strategy {strategy[:40]!r}; allowed: {', '.join(sorted(allowed))}")


def _session_of(day: str) -> Session:
    session = session_on(_read_date(day))
    if session is None:
        raise DataMissing(f"{day} is no trading day of the exchange; choose another --date")
    return session


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(f"--date {text[:20]!r} is no date; write it as 2023-08-03") from error
