"""One time that a real desk was struck, and what came of it."""

from dataclasses import dataclass, field
from math import ceil
from typing import Final

from tests.campaigns.campaign import Share
from tests.campaigns.real_desk import Back

REARMED_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    Where the desk was struck and what was wrong afterwards.

    `back` is how long a new start took, None where nothing was started; `held` says whether anything was held.
    """

    what: str
    wrong: list[str] = field(default_factory=list)
    back: Back | None = None
    held: bool = False

    def count(self, share: Share) -> None:
        """Count it, and the seconds by halves; a holding that was not watched for too long is wrong."""
        wrong = list(self.wrong)
        if self.back is not None:
            holds = "holding" if self.held else "flat"
            share.kinds[f"{holds}, watched again within {_half_seconds(self.back.watched_s)} s"] += 1
            share.kinds[f"{holds}, books equal within {_half_seconds(self.back.compared_s)} s"] += 1
            if self.held and self.back.watched_s > REARMED_WITHIN_S:
                wrong.append(f"a position was without protection for {self.back.watched_s:.1f} s")
        share.count(self.what, "; ".join(wrong) or None)


def _half_seconds(seconds: float) -> str:
    return f"{ceil(seconds * 2) / 2:04.1f}"
