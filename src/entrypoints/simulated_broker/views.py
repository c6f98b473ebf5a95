"""Orders, positions, accounts and activities as the service writes them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from adapters.simulated.brokerage.account import Account, Position
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.listings import asset_id
from adapters.simulated.brokerage.margin import is_marginable
from adapters.simulated.brokerage.orders import Order, asset_class
from entrypoints.simulated_broker.answers import instant, money, text
from tradecore.model.instruments import OptionContract


def order_view(order: Order, *, nested: bool = True) -> dict[str, Any]:
    """An order; the legs of a multi-leg one are always with it, exits only if asked for."""
    shown_legs = order.legs if order.is_multileg or nested else []
    legs = [order_view(leg) for leg in shown_legs] or None
    view = {
        "id": order.id,
        "client_order_id": order.client_order_id,
        "created_at": instant(order.created_at),
        "updated_at": instant(order.updated_at or order.created_at),
        "submitted_at": instant(order.created_at),
        "filled_at": instant(order.filled_at),
        "expired_at": instant(order.expired_at),
        "canceled_at": instant(order.canceled_at),
        "failed_at": None,
        "replaced_at": instant(order.replaced_at),
        "replaced_by": order.replaced_by,
        "replaces": order.replaces,
        "asset_id": asset_id(order.symbol) if order.instrument is not None else "",
        "symbol": order.symbol,
        "asset_class": order.asset_class,
        "notional": text(order.notional),
        "qty": None if order.notional is not None else text(order.qty),
        "filled_qty": text(order.filled),
        "filled_avg_price": _average(order.average),
        "order_class": order.order_class,
        "order_type": order.type,
        "type": order.type,
        "side": order.side,
        "time_in_force": order.time_in_force,
        "limit_price": text(order.prices.limit),
        "stop_price": text(order.prices.stop),
        "status": order.status.value,
        "extended_hours": order.extended_hours,
        "legs": legs,
        "trail_percent": text(order.prices.trail_percent),
        "trail_price": text(order.prices.trail_price),
        "hwm": text(order.prices.water_mark),
        "subtag": None,
        "source": None,
        "expires_at": instant(order.expires_at),
    }
    if order.intent is not None:
        view["position_intent"] = order.intent
    if order.parent is not None and order.parent.is_multileg:
        view["ratio_qty"] = str(order.ratio)
    return view


def position_view(books: Books, account: Account, position: Position) -> dict[str, Any]:
    """A position at its mark."""
    instrument, qty = position.instrument, position.qty
    mark, before = books.mark(instrument), books.last_close(instrument)
    value = qty * mark * instrument.multiplier
    gain = value - position.cost
    share = gain / abs(position.cost) if position.cost else Decimal(0)
    option = isinstance(instrument, OptionContract)
    return {
        "asset_id": asset_id(instrument.symbol),
        "symbol": instrument.symbol.replace("/", ""),
        "exchange": "" if option else books.listings.listed[instrument.symbol].exchange,
        "asset_class": asset_class(instrument),
        "asset_marginable": is_marginable(instrument),
        "qty": text(qty),
        "avg_entry_price": text(position.average.quantize(Decimal("0.000001"))),
        "side": "long" if qty > 0 else "short",
        "market_value": money(value),
        "cost_basis": money(position.cost),
        "unrealized_pl": money(gain),
        "unrealized_plpc": text(share.quantize(Decimal("0.00000001"))),
        "unrealized_intraday_pl": money(gain),
        "unrealized_intraday_plpc": text(share.quantize(Decimal("0.00000001"))),
        "current_price": text(mark),
        "lastday_price": text(before),
        "change_today": text((mark / before - 1).quantize(Decimal("0.00000001"))) if before else "0",
        "qty_available": text(account.available(instrument.symbol).copy_sign(qty)),
    }


def account_view(books: Books, account: Account) -> dict[str, Any]:
    """Balances and permissions of an account."""
    now = books.standing(account)
    level = min(3, int(account.configuration["max_options_trading_level"]))
    free = max(now.excess, Decimal(0))
    return {
        "id": account.id,
        "account_number": account.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "cash": money(account.cash),
        "portfolio_value": money(now.equity),
        "equity": money(now.equity),
        "last_equity": money(account.last_equity),
        "long_market_value": money(now.long_value),
        "short_market_value": money(now.short_value),
        "initial_margin": money(now.initial_margin),
        "maintenance_margin": money(now.maintenance_margin),
        "last_maintenance_margin": money(now.maintenance_margin),
        "buying_power": money(now.buying_power),
        "regt_buying_power": money(free * min(now.multiplier, 2)),
        "non_marginable_buying_power": money(free),
        "options_buying_power": money(free),
        "multiplier": str(now.multiplier),
        "sma": "0",
        "accrued_fees": "0",
        "pending_reg_taf_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "intraday_adjustments": "0",
        "balance_asof": books.session().day.isoformat(),
        "options_approved_level": 3,
        "options_trading_level": level,
        "shorting_enabled": not account.configuration["no_shorting"],
        "trade_suspended_by_user": account.configuration["suspend_trade"],
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": instant(account.created_at),
    }


def activity_view(entry: dict[str, Any]) -> dict[str, Any]:
    """An activity: an execution, or what exercise, assignment and expiry did."""
    at = entry["at"]
    shown = {
        "id": f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}::{entry['number']:012d}",
        "activity_type": entry["activity_type"],
        "symbol": entry["symbol"],
        "qty": text(entry["qty"]),
    }
    if entry["activity_type"] == "FILL":
        return shown | {
            "transaction_time": instant(at),
            "type": entry["type"],
            "price": text(entry["price"]),
            "side": entry["side"],
            "leaves_qty": text(entry["leaves_qty"]),
            "cum_qty": text(entry["cum_qty"]),
            "order_id": entry["order_id"],
            "order_status": entry["order_status"],
        }
    return shown | {
        "date": at.date().isoformat(),
        "created_at": instant(at),
        "net_amount": text(entry["net_amount"]),
        "per_share_amount": text(entry["per_share_amount"]),
        "status": "executed",
    }


def flattened(orders: Iterable[Order]) -> list[Order]:
    """Orders as a list that is not nested shows them: exits beside their entries, legs only with their parent."""
    return [one for one in orders if one.parent is None or not one.parent.is_multileg]


def _average(value: Decimal | None) -> str | None:
    return None if value is None else text(value.quantize(Decimal("0.000001")))
