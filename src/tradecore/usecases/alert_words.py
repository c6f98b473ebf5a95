"""What the desk did about each kind of alert, and what a person types next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """`did` is what the desk did; `command` what to type, with {account} for the account."""

    did: str
    command: str


_LOOK: Final = "tradecore call get_positions --account {account}"
_ORDERS: Final = "tradecore call get_recent_orders --account {account}"
_RESUME: Final = "tradecore resume --account {account}"
_KILL: Final = "tradecore kill --account {account}"
_DOCTOR: Final = "tradecore doctor"
_NOTHING: Final = "nothing needs to be typed"

_BLOCKED_TODAY: Final = "no new risk is taken for the rest of the day; exits keep working"
_BLOCKED: Final = "no new risk is taken until you resume; exits keep working"
_KNOWN: Final[Mapping[str, Words]] = {
    "KILL_SWITCH": Words("new risk is blocked and entries are withdrawn; protective exits keep working", _RESUME),
    "KILL_SWITCH_LIFTED": Words("new risk may be taken again", _LOOK),
    "HALTED": Words("nothing is sent but cancellations, exits neither", _RESUME),
    "RESUMED": Words("what was released may trade again", _LOOK),
    "PLAN_ARMED": Words("the plan waits for its signal and then trades by itself", _ORDERS),
    "PLAN_DISARMED": Words("the plan will not trade", _NOTHING),
    "PLAN_LOST": Words("the plan ended with the desk's life before this and will not trade", _ORDERS),
    "PLAN_FIRED": Words("the entry of the armed plan was sent, its exits are run by the desk", _LOOK),
    "POSITION_MISMATCH": Words("nothing is opened in that symbol until the books agree", _LOOK),
    "POSITION_AGREES": Words("the symbol is traded again", _NOTHING),
    "CASH_MISMATCH": Words(
        "nothing is opened until the books agree", "tradecore call get_account_info --account {account}"
    ),
    "CASH_AGREES": Words("the desk opens again", _NOTHING),
    "PROTECTED_AGAIN": Words("new risk may be taken again", _NOTHING),
    "UNPROTECTED": Words("no new risk is taken; the exit is tried again until it stands", f"{_KILL} --flatten"),
    "EXIT_TRIGGERED": Words("the exit is worked until it is filled", _LOOK),
    "ORDER_FOUND": Words("what filled is booked and protected; the rest of an entry is cancelled", _ORDERS),
    "SENDING_REFUSED": Words("the order is ended; nothing was traded by it", _ORDERS),
    "SENDING_NOT_SENT": Words("the order never left and is ended; an exit is tried again", _ORDERS),
    "SENDING_UNKNOWN": Words("its worst case stays reserved and the broker is asked until it is found", _ORDERS),
    "NEVER_ARRIVED": Words("the broker has no such order: it is ended and its reserve released", _ORDERS),
    "UNKNOWN_UNRESOLVED": Words(
        "its worst case stays reserved; look at the broker's own screen, and if it is not there say so",
        "tradecore settle ORDER --account {account}",
    ),
    "GROUP_CLOSED": Words("its result is booked", _NOTHING),
    "FILL_BUSTED": Words("the fill was taken back in the books, what is left is protected", _LOOK),
    "LATE_FILL": Words("it is booked and protected", _LOOK),
    "REPEATED_EXECUTION": Words("the strategy is stopped; its exits keep working", _RESUME),
    "ENTRY_STILL_WORKS": Words("its cancellation is asked for again until it has ended", _ORDERS),
    "ENTRY_ENDED": Words("its reserve is released", _ORDERS),
    "EXTERNAL_FILL": Words("it is booked to a group of its own", _LOOK),
    "EXTERNAL_ORDER": Words("it counts against the limits and is never touched", _ORDERS),
    "ILLEGAL_EVENT": Words("it is quarantined and nothing of it is applied; the books are compared", _ORDERS),
    "SETTLED": Words("the position is closed in the books at its settlement", _NOTHING),
    "SHARES_DELIVERED": Words("the shares are booked; they have neither stop nor target", _LOOK),
    "GROUP_UNCOVERED": Words("no new risk is taken in it; its protection is what the alert says", f"{_KILL} --flatten"),
    "GROUP_BROKEN": Words("what is left of it is guarded as the alert says", _LOOK),
    "LOSS_WARNING": Words(
        "the caps hold as before; nothing is blocked yet", "tradecore call risk_check --account {account}"
    ),
    "DAILY_LOSS": Words(_BLOCKED_TODAY, _LOOK),
    "WEEKLY_LOSS": Words(_BLOCKED, _RESUME),
    "DRAWDOWN": Words(_BLOCKED, _RESUME),
    "JOURNAL_UNAVAILABLE": Words("nothing is sent any more, for it could not be recorded", _DOCTOR),
    "RECORDING_FAILED": Words("trading goes on; what is not written is missing in the recording", _DOCTOR),
    "RECORDING_WORKS": Words("the day is recorded again", _NOTHING),
    "ALERTS_UNDELIVERED": Words("they are kept and tried again; the desk trades on", f"{_DOCTOR} --test-alert"),
    "TEST_ALERT": Words("nothing; somebody tests whether alerts arrive", _NOTHING),
}
_OTHER: Final = Words("what its message says", _ORDERS)


def words_for(code: str, account: str) -> tuple[str, str]:
    """What the desk did about an alert of this code, and the command to type next."""
    found = _KNOWN.get(code, _OTHER)
    return found.did, found.command.format(account=account)


def known_codes() -> frozenset[str]:
    """Codes that have words of their own."""
    return frozenset(_KNOWN)
