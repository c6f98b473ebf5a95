"""What the owner of an account may choose."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.refusals import invalid


def _is_flag(given: Any) -> bool:
    return isinstance(given, bool)


_CHOICES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "dtbp_check": lambda given: given in ("both", "entry", "exit"),
    "pdt_check": lambda given: given in ("both", "entry", "exit"),
    "trade_confirm_email": lambda given: given in ("all", "none"),
    "suspend_trade": _is_flag,
    "no_shorting": _is_flag,
    "fractional_trading": _is_flag,
    "ptp_no_exception_entry": _is_flag,
    "disable_overnight_trading": _is_flag,
    "max_margin_multiplier": lambda given: str(given) in ("1", "2", "4"),
    "max_options_trading_level": lambda given: isinstance(given, int) and given in (0, 1, 2, 3),
}


def configure(account: Account, changes: Mapping[str, Any]) -> dict[str, Any]:
    """
    Change configurations; members it does not know are passed over.

    Raises:
        Refusal: A value is not one of the choices.
    """
    known = {name: value for name, value in changes.items() if name in _CHOICES and value is not None}
    for name, value in known.items():
        if not isinstance(value, str | bool | int) or not _CHOICES[name](value):
            raise invalid(f"invalid value for {name}")
    if "max_margin_multiplier" in known:
        known["max_margin_multiplier"] = str(known["max_margin_multiplier"])
    account.configuration.update(known)
    return account.configuration
