"""Puts crypto market data, analytics and stores together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastjsonschema

from adapters.binance.recordings import read_recording, symbols_in
from tradecore.errors import DataMissing
from tradecore.microstructure.book_truth import BookTruth
from tradecore.microstructure.events import BestQuote, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import Report, market_report
from tradecore.microstructure.report_schema import REPORT_SCHEMA
from tradecore.microstructure.thresholds import Thresholds

VENUE: Final = "BINANCE"
_REPORT_EACH_MS: Final = 250

validate_report: Final[Callable[[Report], Any]] = fastjsonschema.compile(REPORT_SCHEMA)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRecording:
    """What playing a recording at full speed showed; `anomalies` counts those that began."""

    events: int
    trades: int
    gaps: int
    resyncs: int
    comparisons: int
    mismatches: int
    reports: int
    invalid_reports: int
    anomalies: int
    events_per_second: float


def play_recording(
    file: Path, symbol: str, thresholds: Thresholds, progress: Callable[[float], None] = lambda _: None
) -> PlayedRecording:
    """
    Play a recording of Binance's streams through book, analytics and reports.

    Raises:
        DataMissing: There is no such file, or nothing about this symbol in it; the error names those there are.
        DataMalformed: A line can't be read; the error names it.
    """
    played = _Playing(symbol, thresholds)
    began = time.perf_counter()
    for event in read_recording(file, symbol, progress):
        played.take(event)
    if not played.is_named:
        named = ", ".join(symbols_in(file)) or "none"
        raise DataMissing(f"{file} tells nothing about {symbol}; symbols in it: {named}")
    return played.result(time.perf_counter() - began)


class _Playing:
    def __init__(self, symbol: str, thresholds: Thresholds) -> None:
        self.is_named = False
        self._events = 0
        self._symbol = symbol
        self._state = MarketState(thresholds)
        self._truth = BookTruth()
        self._trades = self._reports = self._invalid = self._reported = 0
        self._begun: dict[tuple[str, str], int] = {}

    def take(self, event: MarketEvent | BestQuote) -> None:
        self._events += 1
        # A snapshot names no symbol.
        self.is_named = self.is_named or not isinstance(event, DepthSnapshot)
        if isinstance(event, BestQuote):
            self._truth.compare(self._state, event)
            return
        self._trades += isinstance(event, Trade)
        self._state.take(event)
        self._state.settle()
        if self._state.newest - self._reported >= _REPORT_EACH_MS:
            self._report()

    def result(self, seconds: float) -> PlayedRecording:
        self._state.flush()
        self._report()
        return PlayedRecording(
            events=self._events,
            trades=self._trades,
            gaps=self._state.sequence.gaps,
            resyncs=self._state.sequence.resyncs,
            comparisons=self._truth.comparisons,
            mismatches=self._truth.mismatches,
            reports=self._reports,
            invalid_reports=self._invalid,
            anomalies=sum(self._begun.values()),
            events_per_second=round(self._events / seconds, 1),
        )

    def _report(self) -> None:
        self._reported = self._state.newest
        report = market_report(self._state, symbol=self._symbol, venue=VENUE, now=self._state.newest)
        self._reports += 1
        try:
            validate_report(report)
        except fastjsonschema.JsonSchemaValueException:
            self._invalid += 1
        for anomaly in report["anomalies"]:
            self._begun[anomaly["type"], anomaly["first_seen"]] = anomaly["count"]
