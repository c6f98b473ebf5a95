"""A burn-in's verdict as JSON and Markdown."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from entrypoints.burnin.charts import days_chart, results_chart
from entrypoints.burnin.kpis import Kpi, kpis
from entrypoints.burnin.outcome import Outcome

_TOLD: Final = ("number", "seed", "regime", "faults", "crashes", "orders", "fills", "net", "worst_loss", "down_s")
_TROUBLES: Final = ("errors", "differences", "unintended")


def verdict(outcomes: Sequence[Outcome], wanted: int) -> tuple[bool, list[Kpi]]:
    """GO if every objective is met and no session is missing."""
    found = kpis(outcomes)
    return len(outcomes) == wanted and all(kpi.met for kpi in found), found


def summary(outcomes: Sequence[Outcome], wanted: int, seed: int, version: str) -> dict[str, Any]:
    """The report as JSON."""
    go, found = verdict(outcomes, wanted)
    faults: Counter[str] = Counter()
    for one in outcomes:
        faults.update(one.faults)
    return {
        "verdict": "GO" if go else "NO-GO",
        "version": version,
        "seed": seed,
        "sessions": len(outcomes),
        "sessions_wanted": wanted,
        "kpis": [asdict(kpi) | {"met": kpi.met, "figure": _rounded(kpi.figure)} for kpi in found],
        "totals": {
            name: sum(getattr(one, name) for one in outcomes)
            for name in ("calls", "refusals", "previews", "confirmed", "orders", "fills", "rejects", "crashes")
        },
        "faults": dict(sorted(faults.items())),
        "net": round(sum(one.net for one in outcomes), 2),
        "troubles": [
            {"session": one.number, "seed": one.seed, "what": name, "told": told}
            for one in outcomes
            for name in _TROUBLES
            for told in getattr(one, name)
        ],
        "each": [{name: getattr(one, name) for name in _TOLD} for one in outcomes],
    }


def write_report(folder: Path, outcomes: Sequence[Outcome], told: dict[str, Any]) -> None:
    """`report.json`, `report.md` and two charts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(_markdown(told), encoding="utf-8")
    (folder / "results.svg").write_text(results_chart(outcomes), encoding="utf-8")
    (folder / "days.svg").write_text(days_chart(outcomes), encoding="utf-8")


def _markdown(told: dict[str, Any]) -> str:
    totals, faults = told["totals"], sum(told["faults"].values())
    lines = [
        f"# Burn-in: {told['verdict']}",
        "",
        f"{told['sessions']} sessions from seed {told['seed']}, tradecore {told['version']}: "
        f"{totals['orders']} orders, {totals['fills']} fills, {totals['calls']} tool calls, "
        f"{faults} faults of the network, "
        f"{totals['crashes']} crashes; net {told['net']:+,.2f} dollars.",
        "",
        "| objective | figure | target | met |",
        "|---|---:|---:|---|",
    ]
    for kpi in told["kpis"]:
        relation = "≥" if kpi["at_least"] else "≤"
        figure = "not measured" if kpi["figure"] is None else f"{kpi['figure']:,g} {kpi['unit']}"
        met = "yes" if kpi["met"] else "**no**"
        lines.append(f"| {kpi['meaning']} | {figure} | {relation} {kpi['target']:,g} {kpi['unit']} | {met} |")
    lines += ["", "![results](results.svg)", "", "![days](days.svg)", ""]
    if told["troubles"]:
        lines += ["## Troubles", ""]
        lines += [f"- {trouble_text(one)}" for one in told["troubles"]]
        lines.append("")
    return "\n".join(lines)


def trouble_text(trouble: dict[str, Any]) -> str:
    """One trouble in a line."""
    return f"session {trouble['session']} (seed {trouble['seed']}), {trouble['what']}: {trouble['told']}"


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(float(figure), 3)
