"""Which world a standing desk trades in: what the settings say, and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.desk_house import DeskHouse
from entrypoints.wiring.standing import standing_house
from tradecore.risk.limits import Limits

NO_LIVE: Final = (
    "TRADECORE_MODE=live: refused, because no burn-in of this desk has been passed; trade on paper until there is one"
)
NO_ALPACA: Final = "alpaca-py is not installed; install tradecore with its extra: pip install 'tradecore[alpaca]'"

_COME_WITH_IT: Final = frozenset({"alpaca", "msgpack", "requests", "urllib3", "websockets"})


def desk_house(settings: Settings, limits: Limits, *, account: str | None, purpose: str) -> DeskHouse:
    """
    A desk in the built-in market, at the simulator at TRADECORE_SIM_URL, or on Alpaca's paper account.

    Raises:
        SettingsError: Mode live; alpaca-py is needed and not there; see the two houses.
        TradeError: The account can't be taken, or its broker does not answer.
    """
    if settings.mode == "live":
        raise SettingsError(NO_LIVE)
    if settings.mode == "simulated" and settings.sim_url is None:
        return standing_house(settings, limits, account=account, purpose=purpose)
    house: DeskHouse = _alpaca().alpaca_house(settings, limits, account=account, purpose=purpose)
    return house


def alpaca_examination() -> Callable[[Settings], Iterator[Any]]:
    """
    What looks an account at Alpaca over; each remark has `name`, `status` and `found`.

    Raises:
        SettingsError: alpaca-py is not installed.
    """
    look: Callable[[Settings], Iterator[Any]] = _alpaca().examined_account
    return look


def _alpaca() -> Any:
    """Alpaca's wiring, which takes a second to load and may not be installed."""
    try:
        from entrypoints.wiring import alpaca
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _COME_WITH_IT:
            raise
        raise SettingsError(NO_ALPACA) from None
    return alpaca
