"""Market reports on a terminal: a table that is drawn anew, with the anomalies that are active."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

Report = Mapping[str, Any]

_COLUMNS: Final = ("pair", "last", "bid", "ask", "spread bps", "imbalance", "events/s", "net flow", "health", "data")
_COLOURS: Final = {"ok": "green", "degraded": "yellow", "down": "red"}
_SEVERITIES: Final = {"low": "cyan", "medium": "yellow", "high": "red"}
_UNKNOWN: Final = "–"
NO_REPORT: Final = "no report yet"


def view(reports: Mapping[str, Report | str]) -> Group:
    """A row for each pair: its report, or the words why there is none."""
    table = Table(title="Market reports", title_justify="left", expand=False)
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in ("pair", "data") else "right")
    for symbol, report in reports.items():
        if isinstance(report, str):
            table.add_row(symbol, *[_UNKNOWN] * (len(_COLUMNS) - 2), Text(report, "yellow"))
        else:
            table.add_row(symbol, *_cells(report), Text(_state(report), _COLOURS[report["ingestion"]["status"]]))
    anomalies = [line for report in reports.values() if not isinstance(report, str) for line in _anomalies(report)]
    return Group(table, *(anomalies or [Text("no active anomaly", "dim")]))


def line(report: Report) -> str:
    """A report in one line of plain text."""
    named = zip(_COLUMNS[1:], _cells(report), strict=False)
    active = "".join(f", {text.plain}" for text in _anomalies(report))
    return f"{report['symbol']}: {', '.join(f'{name} {value}' for name, value in named)}, {_state(report)}{active}"


def _cells(report: Report) -> list[str]:
    prices, depth, flow = report["prices"], report["depth"], report["flow"]
    return [
        _number(prices["last"], 2),
        _number((prices["best_bid"] or {}).get("price"), 2),
        _number((prices["best_ask"] or {}).get("price"), 2),
        _number(report["spread"]["bps"], 3),
        _number(depth["imbalance"], 2, "+"),
        _number(flow["orders_per_sec"], 1),
        _number(flow["net_flow"], 4, "+"),
        _number(report["health"]["score"], 0),
    ]


def _state(report: Report) -> str:
    age = report["data_age_ms"]
    return f"{report['ingestion']['status']} {_UNKNOWN if age is None else f'{age} ms'}"


def _anomalies(report: Report) -> list[Text]:
    return [
        Text(f"{report['symbol']} {one['type']} ({one['severity']}): {one['note']}", _SEVERITIES[one["severity"]])
        for one in report["anomalies"]
        if one["active"]
    ]


def _number(value: float | None, digits: int, sign: str = "") -> str:
    return _UNKNOWN if value is None else f"{value:{sign},.{digits}f}"
