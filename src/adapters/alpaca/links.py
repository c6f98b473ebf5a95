"""How everything between the desk and Alpaca stands, in a form a person can read."""

from collections.abc import Callable, Sequence
from typing import Final

from adapters.alpaca.calls import Calls, Lane, LaneState
from adapters.alpaca.connection import StreamState
from adapters.alpaca.records import AccountFlags
from tradecore.ports.connections import Connections, ConnectionState

_FOR_READERS: Final = frozenset({Lane.LOOKUP, Lane.REFERENCE})


class AlpacaLinks(Connections):
    """Streams, the lanes a desk needs, and the account's own brakes; `flags` is what the account said last."""

    def __init__(self, calls: Calls, streams: Callable[[], Sequence[StreamState]], flags: AccountFlags) -> None:
        """Look at these."""
        self._calls = calls
        self._streams = streams
        self.flags = flags

    def states(self) -> Sequence[ConnectionState]:
        """Each connection now."""
        lanes = [lane for lane in self._calls.states if lane.breaker is not None and lane.lane not in _FOR_READERS]
        return [*map(_of_stream, self._streams()), *map(_of_lane, lanes), _of_account(self.flags)]


def _of_stream(stream: StreamState) -> ConnectionState:
    found = f"connected, {stream.connects} connections so far" if stream.connected else f"not connected: {stream.why}"
    return ConnectionState(name=stream.name.replace(" ", "_"), working=stream.connected, found=found)


def _of_lane(lane: LaneState) -> ConnectionState:
    breaker = lane.breaker
    is_open = breaker is not None and breaker.open
    why = f"; breaker open: {breaker.why}" if breaker is not None and is_open else ""
    held = f", {lane.waited} waited, {lane.refused} refused by the budget" if lane.waited or lane.refused else ""
    found = f"{lane.asked} asked, {lane.failed} failed{held}{why}"
    return ConnectionState(name=f"alpaca_{lane.lane}", working=not is_open, found=found)


def _of_account(flags: AccountFlags) -> ConnectionState:
    blocks = ", ".join(flags.blocks)
    level = "unknown" if flags.options_trading_level is None else str(flags.options_trading_level)
    found = f"{flags.status}, options level {level}" + (f", {blocks}" if blocks else "")
    return ConnectionState(name="alpaca_account", working=not blocks and flags.status == "ACTIVE", found=found)
