"""Recordings written by tests: a market of whole cents, line by line as a recorder writes it."""

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BEGIN = 1_700_000_000_000


@dataclass
class RecordedMarket:
    """Twenty levels a side; each step of a tenth of a second the best bid's quantity changes, which is quoted."""

    symbol: str = "BTCUSDT"
    middle: int = 10_000
    lines: list[str] = field(default_factory=list)
    now: int = BEGIN
    update: int = 1_000
    trades: int = 500
    named_streams: bool = True

    def __post_init__(self) -> None:
        self.bids = {self.middle - n: 1_000 for n in range(1, 21)}
        self.asks = {self.middle + n: 1_000 for n in range(1, 21)}

    def write(self, data: dict[str, Any], stream: str) -> None:
        message = {"stream": f"{self.symbol.lower()}@{stream}", "data": data} if self.named_streams else data
        self.lines.append(f"{(self.now + 5) * 1_000_000} {json.dumps(message)}")

    def snapshot(self) -> None:
        sides = {"bids": _pairs(self.bids), "asks": _pairs(self.asks)}
        self.lines.append(f"{self.now * 1_000_000} {json.dumps({'lastUpdateId': self.update} | sides)}")

    def quote(self) -> None:
        bid, ask = max(self.bids), min(self.asks)
        ((b, bq),), ((a, aq),) = _pairs({bid: self.bids[bid]}), _pairs({ask: self.asks[ask]})
        self.write({"u": self.update, "s": self.symbol, "b": b, "B": bq, "a": a, "A": aq}, "bookTicker")

    def change(self) -> None:
        self.now += 100
        best, quantity = max(self.bids), 1_000 + self.update % 997
        self.bids[best] = quantity
        self.update += 3
        ids = {"U": self.update - 2, "u": self.update}
        told = {"e": "depthUpdate", "E": self.now, "s": self.symbol, **ids, "b": _pairs({best: quantity}), "a": []}
        self.write(told, "depth@100ms")
        self.quote()

    def trade(self) -> None:
        self.trades += 1
        amounts = {"p": f"{min(self.asks) / 100:.8f}", "q": "0.25000000"}
        ids = {"E": self.now + 1, "T": self.now, "t": self.trades}
        self.write({"e": "trade", "s": self.symbol, **ids, **amounts, "m": False, "M": True}, "trade")

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.change()
            self.trade()


def a_market(steps: int = 100, symbol: str = "BTCUSDT", middle: int = 10_000) -> RecordedMarket:
    """A quote and two changes before the snapshot, as a recorder that just began has it."""
    market = RecordedMarket(symbol, middle)
    market.quote()
    market.change()
    market.snapshot()
    market.change()
    market.go_on(steps)
    return market


def written(folder: Path, *markets: RecordedMarket, packed: bool = False) -> Path:
    """One file of all of them, by the time of receipt."""
    lines = sorted((line for market in markets for line in market.lines), key=lambda line: int(line.split(" ")[0]))
    text = "".join(line + "\n" for line in lines).encode()
    file = folder / ("recording.gz" if packed else "recording")
    file.write_bytes(gzip.compress(text) if packed else text)
    return file


def _pairs(levels: dict[int, int]) -> list[list[str]]:
    return [[f"{cents / 100:.8f}", f"{thousandths / 1000:.8f}"] for cents, thousandths in levels.items()]
