"""
How well the detectors find what was planted: `uv run nox -s detectors [-- RECORDING SYMBOL] [--seed S] [--passes N]`.

Without a recording the background is the simulated order flow alone.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from adapters.binance.recordings import read_recording
from adapters.simulated.order_flow import PATTERNS, STEP_MS, OrderFlow
from benchmarks.planting import KINDS, Planted, Planter
from tradecore.microstructure.events import UNITS, BestQuote, MarketEvent
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report

_LOOKS_EACH_MS: Final = 250
_SETTLES_MS: Final = 2_000
_SIMULATED_S: Final = 600
_BEGINS: Final = 1_700_000_000_000


@dataclass(slots=True)
class Score:
    """By kind: how many were planted and found, how many findings began inside one and outside all of its kind."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, planted: Sequence[Planted], begun: Sequence[tuple[str, int]]) -> None:
        """Count one pass over a market."""
        hit: set[Planted] = set()
        for kind, at in begun:
            ours = [one for one in planted if one.kind == kind and one.begins <= at <= one.ends + _SETTLES_MS]
            hit.update(ours)
            (self.right if ours else self.wrong)[kind] += 1
        self.planted.update(one.kind for one in planted)
        self.found.update(one.kind for one in hit)

    def lines(self) -> Iterator[str]:
        """Precision and recall of each kind."""
        for kind in KINDS:
            begun = self.right[kind] + self.wrong[kind]
            precision = f"{self.right[kind] / begun:.2f}" if begun else "none found"
            recall = f"{self.found[kind] / self.planted[kind]:.2f}" if self.planted[kind] else "none planted"
            yield (
                f"{kind:18} recall {recall:>5} ({self.found[kind]} of {self.planted[kind]})   "
                f"precision {precision:>5} ({self.right[kind]} of {begun})"
            )


def begun_in(events: Iterable[MarketEvent]) -> tuple[list[tuple[str, int]], float]:
    """The kind and time of every anomaly that began, looked at four times a second, and the hours of the market."""
    state, begun, active, looked, first = MarketState(), [], set[tuple[str, str]](), 0, 0
    for event in events:
        state.take(event)
        state.settle()
        first = first or state.newest
        if state.newest - looked < _LOOKS_EACH_MS:
            continue
        looked = state.newest
        market_report(state, symbol="STUDY", venue="STUDY", now=looked)
        now = {(one.finding.kind, one.finding.key) for one in state.anomalies.all() if one.active}
        begun += [(kind, looked) for kind, _ in now - active]
        active = now
    return begun, (state.newest - first) / 3_600_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the scores, and one line at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", nargs="?", type=Path)
    parser.add_argument("symbol", nargs="?", default="BTCUSDT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=int, default=5)
    chosen = parser.parse_args(arguments)
    seeds = range(chosen.seed, chosen.seed + chosen.passes)
    print(f"simulated order flow, seeds {seeds[0]} to {seeds[-1]}, {_SIMULATED_S} s each")
    score, quiet = _simulated(seeds)
    print(*score.lines(), quiet, sep="\n")
    if chosen.recording is not None:
        print(f"{chosen.recording.name} {chosen.symbol}, planter's seeds {seeds[0]} to {seeds[-1]}")
        score, quiet = _recorded(chosen.recording, chosen.symbol, seeds)
        print(*score.lines(), quiet, sep="\n")
    found, planted = score.found.total(), score.planted.total()
    right, begun = score.right.total(), score.right.total() + score.wrong.total()
    print(f"detectors: {found} of {planted} planted found, {right} of {begun} findings planted; {quiet}")


def _simulated(seeds: Sequence[int]) -> tuple[Score, str]:
    score, alarms, hours = Score(), 0, 0.0
    for seed in seeds:
        flow = OrderFlow(seed, 60_000 * UNITS, _BEGINS, patterns=PATTERNS)
        begun, _ = begun_in(_events(flow))
        score.add([Planted(one.pattern, one.begins, one.ends) for one in flow.planted], begun)
        begun, lasted = begun_in(_events(OrderFlow(seed, 60_000 * UNITS, _BEGINS)))
        alarms, hours = alarms + len(begun), hours + lasted
    return score, f"false alarms an hour without any planted: {alarms / hours:.1f} ({alarms} in {hours:.2f} h)"


def _events(flow: OrderFlow) -> Iterator[MarketEvent]:
    for _, step in islice(flow.steps(), _SIMULATED_S * 1_000 // STEP_MS):
        yield from step


def _recorded(file: Path, symbol: str, seeds: Sequence[int]) -> tuple[Score, str]:
    events = [event for event in read_recording(file, symbol) if not isinstance(event, BestQuote)]
    quiet, hours = begun_in(events)
    score = Score()
    own = {kind for kind, _ in quiet}
    for seed in seeds:
        planter = Planter(seed)
        begun, _ = begun_in(planter.over(events))
        score.add(planter.planted, begun)
    kinds = f", of {', '.join(sorted(own))}" if own else ""
    return score, f"alarms an hour without any planted: {len(quiet) / hours:.1f} ({len(quiet)} in {hours:.2f} h{kinds})"


if __name__ == "__main__":
    main()
