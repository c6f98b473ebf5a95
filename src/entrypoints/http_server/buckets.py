"""A histogram as Prometheus wants it: each bucket with all that is below it."""

from itertools import accumulate

from tradecore.usecases.histogram import Histogram


def buckets(found: Histogram) -> list[tuple[str, float]]:
    """Edges as text, the last one infinite, with cumulative counts."""
    edges = (*(str(edge) for edge in found.edges), "+Inf")
    return [(edge, float(number)) for edge, number in zip(edges, accumulate(found.counts), strict=True)]
