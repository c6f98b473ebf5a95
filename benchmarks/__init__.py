"""Measurements of the hot paths, each beside its floor in the same run: `uv run nox -s bench`."""
