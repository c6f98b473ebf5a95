"""Which toolset each tool belongs to: the one table of it, in the order clients see the tools."""

from collections.abc import Iterable, Mapping
from typing import Final

from entrypoints.mcp_server.calls import Tool

DESK: Final = "desk"
"""What is offered unless TRADECORE_TOOLSETS says otherwise."""

TOOLSETS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "orb_long_call": (DESK,),
    "orb_long_put": (DESK,),
    "iron_condor_30_delta": (DESK,),
    "lotto_play_5_delta": (DESK,),
    "straddle_scan": (DESK,),
    "place_option_order": (DESK,),
    "place_stock_order": (DESK,),
    "confirm_order": (DESK,),
    "cancel_order": (DESK,),
    "flatten_all": (DESK,),
    "close_position": (DESK,),
    "manage_position": (DESK,),
    "kill_switch": (DESK,),
    "get_positions": (DESK,),
    "get_account_info": (DESK,),
    "get_order_status": (DESK,),
    "get_recent_orders": (DESK,),
    "get_option_chain": (DESK, "options"),
    "get_stock_quote": (DESK, "stocks"),
    "show_pnl": (DESK,),
    "risk_check": (DESK,),
    "what_if": (DESK,),
    "explain": (DESK,),
    "day_brief": (DESK,),
    "wait_for_updates": (DESK,),
    "replace_order": ("stocks", "options"),
    "cancel_all_orders": ("stocks", "options"),
    "get_orders": ("stocks", "options"),
    "get_open_position": ("stocks", "options"),
    "get_option_contracts": ("options",),
    "get_option_latest_quote": ("options",),
    "get_option_snapshot": ("options",),
    "start_option_streaming": ("options",),
    "stop_option_streaming": ("options",),
    "streaming_status": ("options",),
    "get_stock_bars": ("stocks", "data"),
    "get_stock_trades": ("stocks",),
    "get_stock_latest_trade": ("stocks",),
    "get_stock_latest_bar": ("stocks",),
    "get_market_clock": ("data",),
    "get_market_calendar": ("data",),
    "get_asset_info": ("data",),
    "get_all_assets": ("data",),
    "get_corporate_announcements": ("data",),
    "get_market_context": ("analytics", "data"),
    "portfolio_delta": ("analytics",),
    "portfolio_greeks": ("analytics",),
    "risk_metrics": ("analytics",),
    "payoff_chart": ("analytics",),
    "create_watchlist": ("watchlists",),
    "get_watchlists": ("watchlists",),
    "update_watchlist": ("watchlists",),
    "healthcheck": ("admin",),
    "reconcile_positions": ("admin",),
    "get_report": ("crypto",),
}
"""The first 25 are the default list; a strategy that is installed as a plug-in is offered with them."""

_PLACES: Final = {name: place for place, name in enumerate(TOOLSETS_OF)}


def chosen_tools(tools: Iterable[Tool], toolsets: Iterable[str]) -> dict[str, Tool]:
    """Tools of these toolsets by name, in the table's order; plug-ins come after the strategies that ship."""
    wanted = set(toolsets)
    chosen = [tool for tool in tools if wanted.intersection(TOOLSETS_OF.get(tool.name, (DESK,)))]
    last_strategy = _PLACES["straddle_scan"]
    chosen.sort(key=lambda tool: _PLACES.get(tool.name, last_strategy))
    return {tool.name: tool for tool in chosen}
