"""
Run the benchmarks and print a Markdown table: `uv run nox -s bench`.

With `--json FILE` the figures are written too, with `--write-docs` the manual's page gets them; `--quick` only shows
that everything runs, `--only WORD` runs the benchmarks whose name holds the word.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    chain_rows,
    crypto_doors,
    crypto_rows,
    desk_rows,
    journal_rows,
    mcp_calls,
    order_path_rows,
    push_rows,
    replay_rows,
    simulated_broker_rows,
    simulation_rows,
    starting_rows,
    wire_rows,
)
from benchmarks.peer_process import ROOT, Peers
from benchmarks.report import Run, installed_versions, line, table, write_json, write_page
from benchmarks.timing import QUICK, Pace, Row, yardstick

_PATIENCE_S = 10
_QUIET = 1.15
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHMARKS: tuple[Callable[[Pace, Peers], list[Row]], ...] = (
    desk_rows.gate,
    desk_rows.preview,
    desk_rows.preview_and_redeem,
    desk_rows.record_encoding,
    order_path_rows.confirm_to_submit,
    order_path_rows.durable_confirm_to_submit,
    order_path_rows.tick_to_exit,
    replay_rows.recorded_bars,
    replay_rows.quote_ticks,
    replay_rows.order_with_fill,
    chain_rows.chains,
    chain_rows.chains_published,
    crypto_rows.book_changes,
    crypto_rows.market_analytics,
    crypto_doors.events_through_redis,
    crypto_doors.reports_from_redis,
    crypto_doors.reports_over_mcp,
    simulation_rows.simulated_sessions,
    journal_rows.records,
    journal_rows.verification,
    starting_rows.imports,
    mcp_calls.tool_calls,
    push_rows.push_to_three_clients,
    simulated_broker_rows.order_round_trips,
    simulated_broker_rows.streamed_quotes,
    wire_rows.tick_to_exit_over_the_wire,
    wire_rows.desk_over_the_wire,
)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write what was asked for."""
    chosen = _parser().parse_args(arguments)
    rows: list[Row] = []
    quietest = min(yardstick() for _ in range(5))
    with Peers(chosen.peer_python) as peers:
        versions = {**installed_versions(), **peers.versions}
        print(", ".join(f"{name} {number}" for name, number in versions.items()), end="\n\n")
        print(table([]), flush=True)
        for benchmark in BENCHMARKS:
            if chosen.only in benchmark.__name__:
                quietest = min(quietest, _wait_for_quiet(quietest, 0 if chosen.quick else _PATIENCE_S))
                for row in benchmark(QUICK if chosen.quick else Pace(), peers):
                    print(line(row), flush=True)
                    rows.append(row)
    run = Run(datetime.now(UTC), versions, rows)
    least, most = run.yardsticks
    print(f"\nyardstick {least:.0f} to {most:.0f} ns an iteration")
    if chosen.json is not None:
        write_json(chosen.json, run)
    if chosen.write_docs:
        write_page(PAGE, run)


def _wait_for_quiet(quietest: float, seconds: int) -> float:
    """Wait until the machine is about as quiet as it has been in this run, but not for ever; the yardstick then."""
    now = yardstick()
    for _ in range(seconds):
        if now < quietest * _QUIET:
            break
        time.sleep(1)
        now = yardstick()
    return now


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="one short round each: no figure means anything")
    parser.add_argument("--only", default="", metavar="WORD", help="benchmarks whose name holds this word")
    parser.add_argument("--peer-python", type=Path, help="interpreter of the environment the peers are installed in")
    return parser


if __name__ == "__main__":
    main()
