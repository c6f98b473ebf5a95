"""Serves the bench with backtesting.py: the opening-range breakout on bars."""

import time
import warnings
from typing import Any

import backtesting
import pandas

from benchmarks.peers.recordings import SESSION_MINUTES, minute_bars
from benchmarks.peers.serving import serve

_SESSIONS = 10


class _Breakout(backtesting.Strategy):
    """Range of fifteen minutes, one trade a session at the first close beyond it, out before the end."""

    def init(self) -> None:
        self.high, self.low, self.traded = 0.0, 1e9, False

    def next(self) -> None:
        minute = (len(self.data) - 1) % SESSION_MINUTES
        if minute <= 1:
            self.high, self.low, self.traded = 0.0, 1e9, False
        close = self.data.Close[-1]
        if minute < 15:
            self.high = max(self.high, self.data.High[-1])
            self.low = min(self.low, self.data.Low[-1])
        elif minute == SESSION_MINUTES - 2:
            self.position.close()
        elif not self.traded and not self.low <= close <= self.high:
            self.traded = True
            if close > self.high:
                self.buy(size=100)
            else:
                self.sell(size=100)


def _frame() -> Any:
    found = minute_bars(_SESSIONS)
    columns = {
        name.capitalize(): [getattr(bar, name) / 100 for bar in found] for name in ("open", "high", "low", "close")
    }
    index = pandas.Timestamp("2026-01-02 14:30") + pandas.to_timedelta([bar.minute for bar in found], unit="min")
    return pandas.DataFrame({**columns, "Volume": [bar.volume for bar in found]}, index=index)


def bars() -> float:
    """Microseconds a bar of the breakout, the run alone."""
    frame = _frame()
    test = backtesting.Backtest(frame, _Breakout, cash=1_000_000, finalize_trades=True)
    began = time.perf_counter_ns()
    test.run()
    return (time.perf_counter_ns() - began) / len(frame) / 1000


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve({"backtesting": backtesting.__version__}, {"bars": bars})
