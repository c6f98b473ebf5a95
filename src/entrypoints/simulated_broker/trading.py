"""Orders, positions and the account: the trading half of the trading API."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.amending import find_position
from adapters.simulated.brokerage.orders import OPEN, Order
from adapters.simulated.brokerage.refusals import MALFORMED, Refusal, invalid, not_found
from adapters.simulated.brokerage.tickets import number
from entrypoints.simulated_broker.answers import EMPTY, Answer, Call, ok
from entrypoints.simulated_broker.views import account_view, activity_view, flattened, order_view, position_view

_MOST_ORDERS: Final = 500
_MOST_ACTIVITIES: Final = 100
_STATES: Final = ("open", "closed", "all")


def account_of(call: Call) -> Account:
    """The account of who asks, at the present."""
    call.simulation.know(call.account)
    call.simulation.look()
    return call.simulation.brokerage.account(call.account)


def get_account(call: Call) -> Answer:
    """GET /v2/account."""
    account = account_of(call)
    return ok(account_view(call.simulation.brokerage.books, account))


def get_configurations(call: Call) -> Answer:
    """GET /v2/account/configurations."""
    return ok(account_of(call).configuration)


def patch_configurations(call: Call) -> Answer:
    """PATCH /v2/account/configurations."""
    return 200, call.simulation.do(call.account, "configure", {"changes": call.json()}, orjson.dumps)


def post_order(call: Call) -> Answer:
    """POST /v2/orders."""
    return 200, call.simulation.do(call.account, "enter", {"order": call.json()}, _rendered)


def get_orders(call: Call) -> Answer:
    """GET /v2/orders."""
    account = account_of(call)
    state = call.query.get("status") or "open"
    if state not in _STATES:
        raise Refusal(422, MALFORMED, f"invalid status: {state[:32]}")
    limit = call.count("limit", 50, _MOST_ORDERS)
    nested = call.flag("nested")
    chosen = [one for one in _listed(account, nested) if _matches(call, one, state)]
    if call.query.get("direction") != "asc":
        chosen.reverse()
    return ok([order_view(one, nested=nested) for one in chosen[:limit]])


def get_order(call: Call) -> Answer:
    """GET /v2/orders/{order_id}."""
    order = call.simulation.brokerage.books.find_order(account_of(call), order_id(call.path[0]))
    return ok(order_view(order, nested=call.flag("nested") or order.is_multileg))


def get_order_by_client_id(call: Call) -> Answer:
    """GET /v2/orders:by_client_order_id."""
    account = account_of(call)
    wanted = call.query.get("client_order_id")
    if not wanted:
        raise invalid("client_order_id is required")
    order = account.by_client_id.get(wanted)
    if order is None:
        raise not_found(f"order not found for {wanted[:128]}")
    return ok(order_view(order))


def patch_order(call: Call) -> Answer:
    """PATCH /v2/orders/{order_id}."""
    given = {"id": order_id(call.path[0]), "order": call.json()}
    return 200, call.simulation.do(call.account, "replace", given, _rendered)


def delete_order(call: Call) -> Answer:
    """DELETE /v2/orders/{order_id}."""
    wanted = order_id(call.path[0])
    name = "cancel_late" if call.simulation.faults.left["late_fill"] > 0 else "cancel"
    call.simulation.do(call.account, name, {"id": wanted}, lambda _: b"")
    if name == "cancel_late":
        call.simulation.faults.uses("late_fill")
    return EMPTY


def delete_orders(call: Call) -> Answer:
    """DELETE /v2/orders."""

    def render(orders: list[Order]) -> bytes:
        return orjson.dumps([{"id": one.id, "status": 200} for one in orders])

    return 207, call.simulation.do(call.account, "cancel_all", {}, render)


def get_positions(call: Call) -> Answer:
    """GET /v2/positions."""
    account, books = account_of(call), call.simulation.brokerage.books
    held = sorted(account.positions.values(), key=lambda one: one.instrument.symbol)
    return ok([position_view(books, account, one) for one in held])


def get_position(call: Call) -> Answer:
    """GET /v2/positions/{symbol_or_asset_id}."""
    account, books = account_of(call), call.simulation.brokerage.books
    found = find_position(books, account, call.path[0])
    return ok(position_view(books, account, account.positions[found.symbol]))


def delete_position(call: Call) -> Answer:
    """DELETE /v2/positions/{symbol_or_asset_id}."""
    qty, percentage = number(call.query, "qty"), number(call.query, "percentage")
    given = {"symbol": call.path[0], "qty": _plain(qty), "percentage": _plain(percentage)}
    return 200, call.simulation.do(call.account, "close", given, _rendered)


def delete_positions(call: Call) -> Answer:
    """DELETE /v2/positions."""

    def render(closed: list[tuple[str, Order | Refusal]]) -> bytes:
        return orjson.dumps([_closed(symbol, outcome) for symbol, outcome in closed])

    given = {"cancel_orders": call.flag("cancel_orders")}
    return 207, call.simulation.do(call.account, "close_all", given, render)


def post_exercise(call: Call) -> Answer:
    """POST /v2/positions/{symbol_or_contract_id}/exercise."""
    return 200, call.simulation.do(call.account, "exercise", {"symbol": call.path[0]}, lambda _: b"")


def post_do_not_exercise(call: Call) -> Answer:
    """POST /v2/positions/{symbol_or_contract_id}/do-not-exercise."""
    return 200, call.simulation.do(call.account, "do_not_exercise", {"symbol": call.path[0]}, lambda _: b"")


def get_activities(call: Call) -> Answer:
    """GET /v2/account/activities and GET /v2/account/activities/{activity_type}."""
    account = account_of(call)
    kinds = [call.path[0]] if call.path else call.names("activity_types")
    chosen = [one for one in account.activities if not kinds or one["activity_type"] in kinds]
    chosen = [one for one in chosen if _in_period(call, one["at"])]
    if call.query.get("direction") != "asc":
        chosen.reverse()
    shown = [activity_view(one) for one in chosen]
    after = call.query.get("page_token")
    if after:
        known = [one["id"] for one in shown]
        shown = shown[known.index(after) + 1 :] if after in known else []
    return ok(shown[: call.count("page_size", _MOST_ACTIVITIES, _MOST_ACTIVITIES)])


def get_portfolio_history(call: Call) -> Answer:
    """GET /v2/account/portfolio/history: the equity at each close, and now."""
    account, simulation = account_of(call), call.simulation
    timeframe = call.query.get("timeframe") or "1D"
    if timeframe not in ("1Min", "5Min", "15Min", "1H", "1D"):
        raise Refusal(422, MALFORMED, "invalid timeframe")
    points = [*account.equity_at_close, (simulation.now(), simulation.brokerage.books.standing(account).equity)]
    base = float(points[0][1]) if len(points) > 1 else 100_000.0
    equities = [float(equity) for _, equity in points]
    return ok(
        {
            "timestamp": [int(at.timestamp()) for at, _ in points],
            "equity": equities,
            "profit_loss": [round(equity - base, 4) for equity in equities],
            "profit_loss_pct": [round(equity / base - 1, 8) if base else 0.0 for equity in equities],
            "base_value": base,
            "base_value_asof": account.created_at.date().isoformat(),
            "timeframe": timeframe,
        }
    )


def order_id(given: str) -> str:
    """
    An order id as it was given in the path.

    Raises:
        Refusal: It is no UUID.
    """
    try:
        return str(uuid.UUID(given))
    except ValueError as error:
        raise not_found(f"order not found for {given[:64]}") from error


def _rendered(order: Order) -> bytes:
    return orjson.dumps(order_view(order))


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _closed(symbol: str, outcome: Order | Refusal) -> dict[str, Any]:
    if isinstance(outcome, Refusal):
        return {"symbol": symbol.replace("/", ""), "status": outcome.status, "body": outcome.body}
    return {"symbol": symbol.replace("/", ""), "status": 200, "body": order_view(outcome)}


def _listed(account: Account, nested: bool) -> list[Order]:
    every = list(account.orders.values())
    return [one for one in every if one.parent is None] if nested else flattened(every)


def _matches(call: Call, order: Order, state: str) -> bool:
    if state != "all" and (order.status in OPEN) != (state == "open"):
        return False
    side, symbols = call.query.get("side"), call.names("symbols")
    if side and order.side != side:
        return False
    if symbols and not {order.symbol, *(leg.symbol for leg in order.legs)} & set(symbols):
        return False
    return _in_period(call, order.created_at)


def _in_period(call: Call, at: datetime) -> bool:
    day = call.query.get("date")
    if day:
        start = call.instant("date", at)
        return start <= at < start + timedelta(days=1)
    after = call.query.get("after")
    if after and at <= call.instant("after", at):
        return False
    until = call.query.get("until")
    return not until or at <= call.instant("until", at)
