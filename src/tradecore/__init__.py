"""A trading desk for language models: the model proposes, deterministic code decides what may reach the broker."""

__version__ = "0.1.0"
