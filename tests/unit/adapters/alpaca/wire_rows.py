"""Small answers in the form in which Alpaca gives them, written down by hand."""

from typing import Any

ORDER_ID = "61e69015-8549-4bfd-b9c3-01e75843f47d"
CALL = "SPY261120C00600000"


def an_order_row(**changes: Any) -> dict[str, Any]:
    """A working limit order for two calls; numbers are text, as in most answers."""
    row: dict[str, Any] = {
        "id": ORDER_ID,
        "client_order_id": "tc-abc-0",
        "created_at": "2026-11-20T15:00:00.942282712Z",
        "submitted_at": "2026-11-20T15:00:00.937734Z",
        "filled_at": None,
        "expired_at": None,
        "canceled_at": None,
        "failed_at": None,
        "replaced_at": None,
        "asset_class": "us_option",
        "symbol": CALL,
        "qty": "2",
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "simple",
        "order_type": "limit",
        "type": "limit",
        "side": "buy",
        "time_in_force": "day",
        "limit_price": "1.02",
        "stop_price": None,
        "status": "new",
        "legs": None,
        "position_intent": "buy_to_open",
    }
    return row | changes


def a_spread_row(**changes: Any) -> dict[str, Any]:
    """A filled one-by-two of calls, as the specification writes it: the parent names no symbol, no side."""
    leg: dict[str, Any] = {
        "asset_class": "us_option",
        "order_class": "mleg",
        "status": "filled",
        "type": "",
        "order_type": "",
        "limit_price": None,
        "legs": None,
    }
    legs = [
        leg | {"id": "leg-1", "symbol": CALL, "side": "buy", "qty": "3", "ratio_qty": "1", "filled_qty": "3"},
        leg
        | {"id": "leg-2", "symbol": "SPY261120C00605000", "side": "sell", "qty": "6", "ratio_qty": "2"}
        | {"filled_qty": "6"},
    ]
    row = an_order_row(order_class="mleg", asset_class="", symbol="", side="", qty="3", filled_qty="3", status="filled")
    return row | {"limit_price": "-1.28", "legs": legs} | changes


def an_activity_row(**changes: Any) -> dict[str, Any]:
    """A fill of the whole order."""
    row: dict[str, Any] = {
        "activity_type": "FILL",
        "id": "20261120150001981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e",
        "order_id": ORDER_ID,
        "symbol": CALL,
        "side": "buy",
        "qty": "2",
        "cum_qty": "2",
        "leaves_qty": "0",
        "price": "1.01",
        "type": "fill",
        "order_status": "filled",
        "transaction_time": "2026-11-20T15:00:01.981482Z",
    }
    return row | changes


def an_update_row(event: str = "fill", **changes: Any) -> dict[str, Any]:
    """The `data` of a message of trade_updates, in its own mixture of text and numbers."""
    order = changes.pop("order", an_order_row(filled_qty="2", status="filled"))
    row: dict[str, Any] = {
        "event": event,
        "execution_id": "98e9d0ca-abe1-4d6d-8b5c-493b1ef6a8af",
        "timestamp": "2026-11-20T15:00:01.9814829Z",
        "price": "1.01",
        "qty": "2",
        "position_qty": "2",
        "order": order,
    }
    return row | changes


def an_account_row(**changes: Any) -> dict[str, Any]:
    """An active account of $10,000 that may trade spreads."""
    row: dict[str, Any] = {
        "account_number": "PA1234567890",
        "status": "ACTIVE",
        "currency": "USD",
        "cash": "10000.35",
        "equity": "10103.35",
        "buying_power": "20000.7",
        "options_buying_power": "10000.35",
        "account_blocked": False,
        "trading_blocked": False,
        "trade_suspended_by_user": False,
        "options_approved_level": "3",
        "options_trading_level": 2,
    }
    return row | changes
