"""Simulated sessions from the command line: `nox -s simulation -- --seeds 1000`."""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tests.simulation.campaign import Exposure, Total, append_result, ranges_of, read_results, run_ranges
from tests.simulation.planted_runner import run_planted

_KEPT = Path(__file__).parent / "regressions.txt"


def main(arguments: list[str]) -> int:
    """Run what was asked for; 0 when every promise was kept (or every planted bug caught)."""
    asked = _read(arguments)
    exposure = Exposure(faults=not asked.without_faults, restarts=not (asked.without_faults or asked.without_crashes))
    if asked.planted is not None:
        return run_planted(asked.planted, asked.seed, asked.jobs)
    total = _run(asked, exposure)
    failing = dict.fromkeys(sorted(seed for seed, _, _ in total.broken))
    flags = "".join(
        f" --{name}" for name in ("without-faults", "without-crashes") if getattr(asked, name.replace("-", "_"))
    )
    for seed in failing:
        print(f"REPRO: nox -s simulation -- --seed {seed} --seeds 1{flags}")
        for kind, text in dict.fromkeys((kind, text) for one, kind, text in total.broken if one == seed):
            print(f"  {kind}: {text}")
    if asked.keep and failing:
        _keep(list(failing))
    for kind, count in sorted(total.faults.items()):
        print(f"  {count:>8} {kind}")
    if asked.seconds:
        print(f"  {total.sessions / max(total.seconds, 0.001):.2f} sessions a second and core")
    print(total.line)
    return 1 if total.broken else 0


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s simulation --", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many sessions")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--results", type=Path, help="append each finished range here, skip those that are there")
    parser.add_argument("--digests", type=Path, help="write each seed's SHA-256 of trace and truth here")
    parser.add_argument("--keep", action="store_true", help=f"add failing seeds to {_KEPT.name}")
    parser.add_argument("--seconds", action="store_true", help="print the pace")
    parser.add_argument("--without-faults", action="store_true", help="a perfect world")
    parser.add_argument("--without-crashes", action="store_true", help="desks that live for ever")
    parser.add_argument(
        "--planted", nargs="*", default=None, metavar="BUG", help="run with planted bugs, all or these, until caught"
    )
    return parser.parse_args(arguments)


def _run(asked: argparse.Namespace, exposure: Exposure) -> Total:
    total = Total()
    known = read_results(asked.results, asked.seed, asked.seeds) if asked.results else []
    for result in known:
        total.add(result)
    ranges = ranges_of(asked.seed, asked.seeds, known)
    digests: dict[int, str] = {}
    with _progress() as progress:
        task = progress.add_task("sessions", total=asked.seeds, completed=total.sessions, broken=0)
        for result in run_ranges(exposure, ranges, min(asked.jobs, len(ranges))):
            total.add(result)
            digests |= result.digests
            if asked.results:
                append_result(asked.results, result)
            progress.update(task, advance=result.count, broken=len(total.broken))
    if asked.digests:
        lines = [f"{seed} {digests[seed]}\n" for seed in sorted(digests)]
        asked.digests.write_text("".join(lines), encoding="utf-8")
    return total


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[broken]} broken"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


def _keep(seeds: list[int]) -> None:
    known = _KEPT.read_text(encoding="utf-8").split() if _KEPT.exists() else []
    numbers = sorted({*map(int, known), *seeds})
    _KEPT.write_text("".join(f"{number}\n" for number in numbers), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
