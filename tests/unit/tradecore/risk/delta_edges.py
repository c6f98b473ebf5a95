"""Limits of the checks of delta, in share-equivalents."""

from typing import Final

from tests.unit.tradecore.risk.pictures import PUT, Edge, a_group, edge

from tradecore.risk.picture import RiskPicture
from tradecore.testing.builders import CALL, a_picture, a_quote, a_view, an_exposure, some_greeks


def with_greeks(delta: str = "0.20", rise: str = "0.40", fall: str = "0.05") -> RiskPicture:
    greeks = some_greeks(delta=float(delta), rise=float(rise), fall=float(fall))
    return a_picture(view=a_view(greeks={CALL.symbol: greeks}))


def holding_puts(delta: str) -> RiskPicture:
    """20 share-equivalents asked for and one held put of this delta, which counts whatever its sign."""
    greeks = {CALL.symbol: some_greeks(), PUT.symbol: some_greeks(PUT, float(delta))}
    exposure = an_exposure(groups=(a_group((PUT, "1")),))
    return a_picture(exposure=exposure, view=a_view(a_quote(PUT), greeks=greeks))


EDGES: Final[tuple[Edge, ...]] = (
    edge(
        "delta_cap",
        "100 x 0.50 = 50 share-equivalents",
        lambda delta: with_greeks(delta=delta),
        passes="0.499 0.500",
        refuses="0.501 0.5001",
    ),
    edge(
        "delta_cap",
        "100 x -0.50 = -50",
        lambda delta: with_greeks(delta=delta),
        passes="-0.499 -0.500",
        refuses="-0.501 -0.5001",
    ),
    edge("delta_cap", "20 asked + 100 x 0.30 held = 50", holding_puts, passes="0.299 0.300", refuses="0.301"),
    edge("delta_cap", "20 asked + 100 x -0.70 held = -50", holding_puts, passes="-0.699 -0.700", refuses="-0.701"),
    edge(
        "delta_after_move",
        "after a rise 100 x 1.00 = 100 share-equivalents",
        lambda rise: with_greeks(rise=rise),
        passes="0.999 1.000",
        refuses="1.001",
    ),
    edge(
        "delta_after_move",
        "after a fall 100 x -1.00 = -100",
        lambda fall: with_greeks(fall=fall),
        passes="-0.999 -1.000",
        refuses="-1.001",
    ),
)
