"""Binance's spot market data: messages, recordings, live streams."""
