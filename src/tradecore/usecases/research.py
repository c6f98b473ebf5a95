"""What a desk can look up beside prices and its own books."""

from dataclasses import dataclass

from tradecore.ports.asset_directory import AssetDirectory
from tradecore.ports.corporate_actions import CorporateActions
from tradecore.ports.iv_history import IvHistory
from tradecore.ports.trade_tape import TradeTape
from tradecore.ports.watchlists import Watchlists


@dataclass(slots=True, kw_only=True)
class Research:
    """Sources of reference data; None where this desk has none."""

    iv_history: IvHistory | None = None
    tape: TradeTape | None = None
    assets: AssetDirectory | None = None
    corporate_actions: CorporateActions | None = None
    watchlists: Watchlists | None = None
