"""Where Alpaca answers: its fixed paper addresses, or a simulator on this machine."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Addresses:
    """Origins of the trading and the market-data API, and of their streams; none ends with a slash."""

    trading: str
    data: str
    trading_stream: str
    data_stream: str

    @property
    def is_loopback(self) -> bool:
        """It is on this machine; no proxy stands between."""
        return urlsplit(self.trading).scheme == "http"


PAPER: Final = Addresses(
    trading="https://paper-api.alpaca.markets",
    data="https://data.alpaca.markets",
    trading_stream="wss://paper-api.alpaca.markets/stream",
    data_stream="wss://stream.data.alpaca.markets",
)


def on_this_machine(origin: str) -> Addresses:
    """Everything at one simulator, `http://host:port`."""
    origin = origin.rstrip("/")
    streams = f"ws://{urlsplit(origin).netloc}"
    return Addresses(trading=origin, data=origin, trading_stream=f"{streams}/stream", data_stream=streams)
