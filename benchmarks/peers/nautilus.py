"""Serves the bench with NautilusTrader."""

import nautilus_trader

from benchmarks.peers.nautilus_book import level_change
from benchmarks.peers.nautilus_engine import bars, order_with_fill, quote_ticks
from benchmarks.peers.nautilus_orders import risk_engine, submit
from benchmarks.peers.serving import serve

if __name__ == "__main__":
    serve(
        {"nautilus_trader": nautilus_trader.__version__},
        {
            "risk_engine": risk_engine,
            "submit": submit,
            "level_change": level_change,
            "bars": bars,
            "quote_ticks": quote_ticks,
            "order_with_fill": order_with_fill,
        },
    )
