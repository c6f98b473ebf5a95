"""Scanning the same-day chain: reads the market, makes no ticket."""

from tradecore.strategies.straddle_scan import StraddleScan, StraddleWish, scan_straddles
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.views import strategy_facts, todays_session


async def scan_for_straddles(floor: TradingFloor, wish: StraddleWish) -> StraddleScan:
    """Straddles of the same-day chain as it is now; while the exchange is closed none, and it is said."""
    session = todays_session(floor)
    if session is None or not session.opens <= floor.clock.now() < session.closes:
        return StraddleScan(hits=(), left_out={}, missing="an open exchange")
    return scan_straddles(await strategy_facts(floor, session), wish)
