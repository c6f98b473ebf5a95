"""The command line: `tradecore demo`, `replay`, `audit`."""

from entrypoints.cli.app import main

__all__ = ["main"]
