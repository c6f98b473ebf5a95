"""Rows as a Markdown table, as JSON, and as the generated part of a page of the manual."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.timing import Goal, Row

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"
_OURS = ("tradecore", "numpy", "orjson", "pydantic", "mcp")
_HEAD = "| job | median | beside it, same run | its median | ratio | goal | reached |\n|---|---:|---|---:|---:|---|---|"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the bench: when (UTC), on what versions, what it found."""

    at: datetime
    versions: Mapping[str, str]
    rows: Sequence[Row]

    @property
    def yardsticks(self) -> tuple[float, float]:
        """The least and the most nanoseconds an iteration of the yardstick took beside a row."""
        found = [row.yardstick_ns for row in self.rows]
        return min(found, default=0.0), max(found, default=0.0)


def installed_versions() -> dict[str, str]:
    """Versions of what our side of the table runs on."""
    found = {"Python": platform.python_version()}
    for name in _OURS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Processor, cores, memory and system, without names or paths."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def table(rows: Sequence[Row]) -> str:
    """One line a row; a job that is compared with several things is named once."""
    lines, last = [_HEAD], ""
    for row in rows:
        lines.append(line(row, named=row.job != last))
        last = row.job
    return "\n".join(lines)


def line(row: Row, *, named: bool = True) -> str:
    """One row of the table."""
    other = row.compared
    cells = (
        row.job if named else "",
        _shown(row.figure, row.unit) if named else "",
        other.name,
        "not installed" if other.figure is None else _shown(other.figure, row.unit),
        "–" if row.ratio is None else _digits(row.ratio),
        _goal(row.goal, row.unit),
        {True: "yes", False: "no", None: ""}[row.reached],
    )
    return f"| {' | '.join(cells)} |"


def measured(run: Run) -> str:
    """The generated part of the page: machine, versions, date, yardstick, table."""
    versions = ", ".join(f"{name} {number}" for name, number in run.versions.items())
    least, most = run.yardsticks
    facts = f"{run.at:%Y-%m-%d} · {machine()} · yardstick {least:.0f} to {most:.0f} ns an iteration"
    return f"{BEGIN}\n{facts}\n\n{versions}\n\n{table(run.rows)}\n{END}"


def write_page(page: Path, run: Run) -> None:
    """
    Put a run's figures between the two marks of a page.

    Raises:
        ValueError: The page lacks a mark.
    """
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no place for figures: {BEGIN} … {END}")
    page.write_text(f"{before}{measured(run)}{after}")


def write_json(file: Path, run: Run) -> None:
    """Every figure for programs."""
    rows = [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in run.rows]
    facts = {"at": run.at.isoformat(), "machine": machine()}
    file.write_text(json.dumps({**facts, "versions": dict(run.versions), "rows": rows}, indent=2) + "\n")


def _goal(goal: Goal, unit: str) -> str:
    if goal.figure is not None:
        return f"≤ {_shown(goal.figure, unit)}"
    return "" if goal.ratio is None else f"≤ {_digits(goal.ratio)} ×"


def _shown(figure: float, unit: str) -> str:
    return f"{_digits(figure)} {unit}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((entry.split(":", 1)[1].strip() for entry in lines if entry.startswith("model name")), "unknown")
