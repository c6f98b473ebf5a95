"""A notice as lines of plain text, and text from outside made harmless."""

from collections.abc import Iterator
from typing import Final

from tradecore.model.alerts import Severity
from tradecore.model.money import Money
from tradecore.model.notices import Notice
from tradecore.model.sessions import NEW_YORK

_LONGEST_SAID: Final = 200
_LONGEST_MESSAGE: Final = 1000
_MOST_GROUPS: Final = 10


def title(notice: Notice) -> str:
    """One line: how bad, what, where. ASCII as far as the account's name is."""
    again = "STILL OPEN, " if notice.is_reminder else ""
    return f"[{again}{str(notice.severity).upper()}] {notice.code} - {notice.account} ({notice.mode})"


def lines(notice: Notice) -> Iterator[str]:
    """What happened, what the desk did, what to type, and how the desk stands."""
    times = f" ({notice.times} times)" if notice.times > 1 else ""
    yield f"{printable(notice.message, _LONGEST_MESSAGE)}{times}"
    yield f"The desk: {notice.did}."
    yield f"Next: {notice.next_step}"
    yield f"Day P&L {_shown(notice.day_pnl)}, budget left {_shown(notice.budget_left)}, state {notice.state}"
    held = ", ".join(notice.open_groups[:_MOST_GROUPS]) or "nothing"
    more = len(notice.open_groups) - _MOST_GROUPS
    yield f"Held: {held}{f' and {more} more' if more > 0 else ''}"
    if notice.said:
        yield f"Text from outside, not to be trusted: «{said(notice)}»"
    yield f"{notice.at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S} ET, alert {notice.alert_id}"


def said(notice: Notice) -> str:
    """The text from outside, short and on one line, without what ends a quotation."""
    return printable(notice.said, _LONGEST_SAID).replace("«", "<").replace("»", ">")


def printable(text: str, longest: int) -> str:
    """On one line, without control characters, at most so long."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return clean if len(clean) <= longest else f"{clean[: longest - 1]}…"


def is_urgent(notice: Notice) -> bool:
    """Whether it should make a noise."""
    return notice.severity is Severity.CRITICAL


def _shown(amount: Money | None) -> str:
    return "unknown" if amount is None else str(amount)
