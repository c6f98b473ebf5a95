"""How long a desk takes, in numbers: from a tick to its order, from a trigger to the exit, of a preview, of a yes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from tradecore.usecases.histogram import Histogram

LATENCY_EDGES_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Work(StrEnum):
    """
    What is measured, in seconds of the machine but for the first.

    `tick_to_order`: age of the newest quote of an order's legs, on the market's clock, when the broker had received
    the order. `trigger_to_exit`: from the decision that a stop, target or cut-off fires until the broker had received
    the exit. `preview`: from the request to the ticket. `confirm`: from the yes until the broker had received the
    order. `confirm_to_fill`: from the yes to the answer that tells the fill.
    """

    TICK_TO_ORDER = "tick_to_order"
    TRIGGER_TO_EXIT = "trigger_to_exit"
    PREVIEW = "preview"
    CONFIRM = "confirm"
    CONFIRM_TO_FILL = "confirm_to_fill"


class DeskFigures:
    """Histograms since the desk began, by what was measured."""

    def __init__(self) -> None:
        """Nothing was measured."""
        self.latencies = {work: Histogram(LATENCY_EDGES_S) for work in Work}

    def took(self, work: Work, seconds: float) -> None:
        """Count one piece of work."""
        self.latencies[work].add(max(seconds, 0.0))

    @contextmanager
    def timed(self, work: Work, machine_seconds: Callable[[], float]) -> Iterator[None]:
        """Count the body, unless it fails."""
        began = machine_seconds()
        yield
        self.took(work, machine_seconds() - began)
