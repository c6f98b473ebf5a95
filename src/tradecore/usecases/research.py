"""What a desk can look up beside prices and its own books."""

from dataclasses import dataclass

from tradecore.ports.asset_directory import AssetDirectory
from tradecore.ports.corporate_actions import CorporateActions
from tradecore.ports.iv_history import IvHistory
from tradecore.ports.market_data import MarketData
from tradecore.ports.trade_tape import TradeTape
from tradecore.ports.watchlists import Watchlists


@dataclass(slots=True, kw_only=True)
class Research:
    """
    Sources for whoever only looks; None where this desk has none.

    `market` is the market as far as it may be asked without taking anything away from trading; None where asking it
    costs nobody anything.
    """

    market: MarketData | None = None
    iv_history: IvHistory | None = None
    tape: TradeTape | None = None
    assets: AssetDirectory | None = None
    corporate_actions: CorporateActions | None = None
    watchlists: Watchlists | None = None
