"""What a desk can look up beside prices and its own books."""

from dataclasses import dataclass

from tradecore.ports.iv_history import IvHistory


@dataclass(slots=True, kw_only=True)
class Research:
    """Read-only sources; None where this desk has none."""

    iv_history: IvHistory | None = None
