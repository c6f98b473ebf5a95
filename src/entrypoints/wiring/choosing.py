"""Which world a standing desk trades in: what the settings say, and nothing else."""

from typing import Final

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
    try:
        from entrypoints.wiring.alpaca import alpaca_house
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _COME_WITH_IT:
            raise
        raise SettingsError(NO_ALPACA) from None
    return alpaca_house(settings, limits, account=account, purpose=purpose)
