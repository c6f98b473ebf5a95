"""`tradecore burnin`: many rehearsed days in parallel, judged, ending in GO or NO-GO."""

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from entrypoints.cli.limits_told import limits_told
from entrypoints.cli.summary import print_json
from entrypoints.cli.terminal import Terminal
from entrypoints.settings import read_settings
from entrypoints.wiring.machine import wall_clock
from tradecore import __version__
from tradecore.model.sessions import NEW_YORK

_MOST_SEED: Final = 2**31


def burnin(
    context: typer.Context,
    sessions: Annotated[int, typer.Option(min=1, max=100_000, help="How many days.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=_MOST_SEED, help="Of the first day; each day has the next.")] = 1,
    only: Annotated[int | None, typer.Option(min=0, help="Run this one of them alone, by its number.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=512, help="Processes; by default one a core.")] = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Folder of the report.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON on stdout.")] = False,
) -> None:
    """Rehearse many days (trends, ranges, crashes, halts, half days, faults) and end in GO or NO-GO."""
    from entrypoints.burnin.outcome import Outcome
    from entrypoints.burnin.report import summary, write_report
    from entrypoints.burnin.session import Plan, run_session

    settings = read_settings(context.obj)
    limits = limits_told(settings)
    outcomes: list[Outcome] = []
    console = Terminal(stderr=True, quiet=as_json)
    with tempfile.TemporaryDirectory(prefix="burnin-") as home, _pool(workers) as pool:
        numbers = range(sessions) if only is None else [only]
        plans = [Plan(number, seed + number, Path(home), limits) for number in numbers]
        with _progress(console) as bar:
            task = bar.add_task("sessions", total=len(plans))
            for outcome in pool.map(run_session, plans):
                outcomes.append(outcome)
                bar.update(task, completed=len(outcomes))
    told = summary(outcomes, len(plans), seed, __version__)
    folder = out or settings.home / "burnin" / f"{wall_clock().astimezone(NEW_YORK):%Y%m%d-%H%M%S}-seed-{seed}"
    write_report(folder, outcomes, told)
    if as_json:
        print_json(told)
    else:
        _print(told, folder)
    raise typer.Exit(0 if told["verdict"] == "GO" else 1)


@contextmanager
def _pool(workers: int | None) -> Iterator[ProcessPoolExecutor]:
    """Processes that leave Ctrl-C to us, and are gone when the body ends, however it ends."""
    pool = ProcessPoolExecutor(
        max_workers=workers or os.cpu_count() or 1, mp_context=get_context("spawn"), initializer=_ignore_interrupts
    )
    try:
        yield pool
    except BaseException:
        for process in list(getattr(pool, "_processes", {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _progress(console: Terminal) -> Progress:
    columns: Any = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True)


def _print(told: dict[str, Any], folder: Path) -> None:
    from entrypoints.burnin.report import trouble_text

    terminal = Terminal()
    table = Table(title=f"Burn-in of {told['sessions']} sessions", title_justify="left")
    for column in ("objective", "figure", "target", "met"):
        table.add_column(column, justify="right" if column in ("figure", "target") else "left")
    for kpi in told["kpis"]:
        figure = "–" if kpi["figure"] is None else f"{kpi['figure']:,g} {kpi['unit']}"
        target = f"{'≥' if kpi['at_least'] else '≤'} {kpi['target']:,g} {kpi['unit']}"
        table.add_row(kpi["meaning"], figure, target, "[green]yes[/green]" if kpi["met"] else "[red]no[/red]")
    terminal.print(table)
    for trouble in told["troubles"][:10]:
        typer.echo(trouble_text(trouble), err=True)
    typer.echo(f"{told['verdict']}: report in {folder}")
