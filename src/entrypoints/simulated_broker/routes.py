"""Which handler answers which method and path."""

import re
from typing import Final

from entrypoints.simulated_broker import control, history, option_data, other_data, reference, stock_data, trading
from entrypoints.simulated_broker.answers import Handler

_EXACT: Final[dict[tuple[str, str], Handler]] = {
    ("GET", "/v2/account"): trading.get_account,
    ("GET", "/v2/account/configurations"): trading.get_configurations,
    ("PATCH", "/v2/account/configurations"): trading.patch_configurations,
    ("GET", "/v2/account/activities"): trading.get_activities,
    ("GET", "/v2/account/portfolio/history"): trading.get_portfolio_history,
    ("POST", "/v2/orders"): trading.post_order,
    ("GET", "/v2/orders"): trading.get_orders,
    ("DELETE", "/v2/orders"): trading.delete_orders,
    ("GET", "/v2/orders:by_client_order_id"): trading.get_order_by_client_id,
    ("GET", "/v2/positions"): trading.get_positions,
    ("DELETE", "/v2/positions"): trading.delete_positions,
    ("GET", "/v2/assets"): reference.get_assets,
    ("GET", "/v2/options/contracts"): reference.get_contracts,
    ("GET", "/v2/clock"): reference.get_clock,
    ("GET", "/v2/calendar"): reference.get_calendar,
    ("GET", "/v2/corporate_actions/announcements"): reference.get_announcements,
    ("GET", "/v2/watchlists"): reference.get_watchlists,
    ("POST", "/v2/watchlists"): reference.post_watchlist,
    ("GET", "/v2/watchlists:by_name"): reference.get_watchlist,
    ("PUT", "/v2/watchlists:by_name"): reference.put_watchlist,
    ("POST", "/v2/watchlists:by_name"): reference.post_to_watchlist,
    ("DELETE", "/v2/watchlists:by_name"): reference.delete_watchlist,
    ("GET", "/v2/stocks/snapshots"): stock_data.snapshots,
    ("GET", "/v2/stocks/auctions"): other_data.no_auctions,
    ("GET", "/v2/stocks/meta/exchanges"): other_data.stock_exchanges,
    ("GET", "/v1beta1/options/quotes/latest"): option_data.latest_quotes,
    ("GET", "/v1beta1/options/trades/latest"): option_data.latest_trades,
    ("GET", "/v1beta1/options/trades"): option_data.trades,
    ("GET", "/v1beta1/options/bars"): option_data.bars,
    ("GET", "/v1beta1/options/snapshots"): option_data.snapshots,
    ("GET", "/v1beta1/options/meta/exchanges"): option_data.exchanges,
    ("GET", "/v1beta1/news"): other_data.news,
    ("GET", "/v1beta1/screener/stocks/most-actives"): other_data.most_actives,
    ("GET", "/v1/corporate-actions"): other_data.corporate_actions,
    ("GET", "/_sim/state"): control.state,
    ("POST", "/_sim/faults"): control.post_faults,
    ("POST", "/_sim/step"): control.post_step,
    ("POST", "/_sim/liquidate"): control.post_liquidate,
}
for _kind in ("quotes", "trades", "bars"):
    _EXACT["GET", f"/v2/stocks/{_kind}/latest"] = stock_data.latest(_kind)
    _EXACT["GET", f"/v2/stocks/{_kind}"] = history.history(_kind)

_ONE: Final = "([^/]+)"
_VARIABLE: Final[list[tuple[str, str, Handler]]] = [
    ("GET", f"/v2/account/activities/{_ONE}", trading.get_activities),
    ("GET", f"/v2/orders/{_ONE}", trading.get_order),
    ("PATCH", f"/v2/orders/{_ONE}", trading.patch_order),
    ("DELETE", f"/v2/orders/{_ONE}", trading.delete_order),
    ("POST", f"/v2/positions/{_ONE}/exercise", trading.post_exercise),
    ("POST", f"/v2/positions/{_ONE}/do-not-exercise", trading.post_do_not_exercise),
    ("GET", "/v2/positions/(.+)", trading.get_position),
    ("DELETE", "/v2/positions/(.+)", trading.delete_position),
    ("GET", "/v2/assets/(.+)", reference.get_asset),
    ("GET", f"/v2/options/contracts/{_ONE}", reference.get_contract),
    ("GET", f"/v2/corporate_actions/announcements/{_ONE}", reference.get_announcement),
    ("GET", f"/v2/watchlists/{_ONE}", reference.get_watchlist),
    ("PUT", f"/v2/watchlists/{_ONE}", reference.put_watchlist),
    ("POST", f"/v2/watchlists/{_ONE}", reference.post_to_watchlist),
    ("DELETE", f"/v2/watchlists/{_ONE}", reference.delete_watchlist),
    ("DELETE", f"/v2/watchlists/{_ONE}/(.+)", reference.delete_from_watchlist),
    ("GET", f"/v2/stocks/meta/conditions/{_ONE}", other_data.stock_conditions),
    ("GET", f"/v2/stocks/{_ONE}/snapshot", stock_data.snapshot_of_one),
    ("GET", f"/v1beta1/options/snapshots/{_ONE}", option_data.chain),
    ("GET", f"/v1beta1/options/meta/conditions/{_ONE}", option_data.conditions),
    ("GET", f"/v1beta1/screener/{_ONE}/movers", other_data.movers),
    ("GET", "/v1beta3/(crypto)/[^/]+/snapshots", stock_data.snapshots),
    ("GET", "/v1beta3/(crypto)/[^/]+/latest/orderbooks", other_data.order_books),
]
for _kind in ("quotes", "trades", "bars"):
    _VARIABLE.extend(
        (
            ("GET", f"/v2/stocks/{_ONE}/{_kind}/latest", stock_data.latest_of_one(_kind)),
            ("GET", f"/v2/stocks/{_ONE}/{_kind}", history.history(_kind, single=True)),
            ("GET", f"/v1beta3/(crypto)/[^/]+/latest/{_kind}", stock_data.latest(_kind)),
            ("GET", f"/v1beta3/(crypto)/[^/]+/{_kind}", history.history(_kind)),
        )
    )
_PATTERNS: Final = [(method, re.compile(pattern), handler) for method, pattern, handler in _VARIABLE]
_EXACT_PATHS: Final = frozenset(path for _, path in _EXACT)


def route(method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    """The handler and the variable parts of the path; None where nothing is served."""
    exact = _EXACT.get((method, path))
    if exact is not None:
        return exact, ()
    if path in _EXACT_PATHS:
        return None
    for wanted, pattern, handler in _PATTERNS:
        if wanted == method and (found := pattern.fullmatch(path)):
            return handler, found.groups()
    return None


def methods_of(path: str) -> list[str]:
    """The methods a path answers to."""
    exact = {method for method, known in _EXACT if known == path}
    if exact:
        return sorted(exact)
    return sorted({method for method, pattern, _ in _PATTERNS if pattern.fullmatch(path)})
