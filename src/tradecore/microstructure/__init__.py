"""Facts of an order book and its trades: sequence, liquidity, flow, anomalies, health, and their report."""
