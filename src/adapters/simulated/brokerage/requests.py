"""What changes the brokerage, by name: the same requests at the same instants make the same brokerage again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from adapters.simulated.brokerage.brokerage import Brokerage
from adapters.simulated.brokerage.orders import Order
from adapters.simulated.brokerage.refusals import Refusal
from tradecore.errors import JournalCorrupt

Request = Callable[[Brokerage, str, Mapping[str, Any]], Any]


def _decimal(given: Mapping[str, Any], name: str) -> Decimal | None:
    return None if given.get(name) is None else Decimal(given[name])


REQUESTS: Final[Mapping[str, Request]] = {
    "open": lambda brokerage, account, _: brokerage.account(account),
    "enter": lambda brokerage, account, given: brokerage.enter(account, given["order"]),
    "cancel": lambda brokerage, account, given: brokerage.cancel(account, given["id"]),
    "cancel_late": lambda brokerage, account, given: brokerage.cancel_too_late(account, given["id"]),
    "cancel_all": lambda brokerage, account, _: brokerage.cancel_all(account),
    "replace": lambda brokerage, account, given: brokerage.replace(account, given["id"], given["order"]),
    "close": lambda brokerage, account, given: brokerage.close(
        account, given["symbol"], _decimal(given, "qty"), _decimal(given, "percentage")
    ),
    "close_all": lambda brokerage, account, given: brokerage.close_all(account, cancel_orders=given["cancel_orders"]),
    "exercise": lambda brokerage, account, given: brokerage.exercise(account, given["symbol"]),
    "do_not_exercise": lambda brokerage, account, given: brokerage.do_not_exercise(account, given["symbol"]),
    "liquidate": lambda brokerage, account, given: brokerage.liquidate(account, given["symbol"]),
    "configure": lambda brokerage, account, given: brokerage.configure(account, given["changes"]),
    "watch": lambda brokerage, account, given: brokerage.watch(account, given["id"], given["name"], given["symbols"]),
    "unwatch": lambda brokerage, account, given: brokerage.unwatch(account, given["id"]),
    "pass": lambda *_: None,
}
"""Each changes the brokerage or raises a `Refusal` and changes nothing."""


def perform(brokerage: Brokerage, account: str, name: str, given: Mapping[str, Any], at: datetime) -> Any:
    """
    Let time pass until `at` and do what is asked; the caller calls `activate` once it has looked at the outcome.

    Raises:
        Refusal: Refused; nothing but the time changed.
    """
    brokerage.advance(at)
    return REQUESTS[name](brokerage, account, given)


def line_of(account: str, name: str, given: Mapping[str, Any], at: datetime, outcome: Any) -> dict[str, Any]:
    """The line a ledger keeps of a request; `made` is the order it led to."""
    line = {"at": at.isoformat(), "account": account, "do": name, "given": dict(given)}
    if isinstance(outcome, Order):
        line["made"] = outcome.id
    return line


def repeat(brokerage: Brokerage, line: Mapping[str, Any], entry: int) -> None:
    """
    Do again what the line of a ledger with this number says.

    Raises:
        JournalCorrupt: It led to something else this time.
    """
    try:
        at = datetime.fromisoformat(line["at"])
        outcome = perform(brokerage, line["account"], line["do"], line["given"], at)
    except (Refusal, KeyError, ValueError, TypeError) as error:
        raise JournalCorrupt(f"the request at {line.get('at')} can't be repeated: {error!r}", entry=entry) from error
    if "made" in line and (not isinstance(outcome, Order) or outcome.id != line["made"]):
        raise JournalCorrupt(f"the request at {line['at']} led to another order than the ledger says", entry=entry)
    brokerage.activate()
