"""Alpaca on alpaca-py: its broker, its market data, its streams; imported only where somebody configured it."""
