"""One time that a real desk was struck, and what came of it."""

from dataclasses import dataclass, field
from math import ceil
from typing import Final

from tests.campaigns.campaign import Share

REARMED_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    Where the desk was struck and what was wrong afterwards.

    `gap_s` are the seconds from the new start until everything held was watched again, None where nothing was started;
    `held` says whether there was anything.
    """

    what: str
    wrong: list[str] = field(default_factory=list)
    gap_s: float | None = None
    held: bool = False

    def count(self, share: Share) -> None:
        """Count it, and the gap by half seconds; a holding that was not watched for too long is wrong."""
        wrong = list(self.wrong)
        if self.gap_s is not None:
            holds = "holding" if self.held else "flat"
            share.kinds[f"{holds}, armed again within {ceil(self.gap_s * 2) / 2:04.1f} s"] += 1
            if self.held and self.gap_s > REARMED_WITHIN_S:
                wrong.append(f"a position was without protection for {self.gap_s:.1f} s")
        share.count(self.what, "; ".join(wrong) or None)
