"""Tools that only look."""

import dataclasses
from typing import Any, Final

import orjson

from entrypoints.mcp_server import plan_rendering, rendering, schemas
from entrypoints.mcp_server.arguments import (
    Explain,
    ListOrders,
    NoArguments,
    OneOrder,
    OpenPosition,
    RecentOrders,
    WaitForUpdates,
)
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool
from tradecore import __version__
from tradecore.errors import PortError
from tradecore.usecases.execution_quality import quality_of
from tradecore.usecases.explaining import explain
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.following import wait_for_updates
from tradecore.usecases.health import health, is_ready
from tradecore.usecases.market_clock import market_clock
from tradecore.usecases.orders import listed_orders, order_families, order_status, positions
from tradecore.usecases.outlook import outlook
from tradecore.usecases.reconciling import reconcile
from tradecore.usecases.results import account_now, headroom, show_pnl

BUDGET_BYTES: Final = 6_500
"""A list stops growing here, about 2,000 tokens with the rest of the answer."""

_SHOWN_LIMITS: Final = ("risk_per_trade", "per_trade_max_loss", "max_contracts_per_order", "delta_cap", "last_open")


def reading_tools() -> list[Tool]:
    """What every desk shows."""
    return [
        _tool("get_positions", "Positions", "Open positions by group, with stop, target and result.", _positions),
        _tool("get_account_info", "Account", "Cash, equity and buying power.", _account, schemas.ACCOUNT),
        _tool("get_order_status", "Order status", "One order by its id.", _order, schemas.ORDER, OneOrder),
        _tool("get_recent_orders", "Recent orders", _RECENT, _orders, schemas.ORDERS, RecentOrders),
        _tool("get_orders", "Orders", _EVERY, _every_order, schemas.ORDERS, ListOrders),
        _tool("get_open_position", "Open position", _ONE_POSITION, _open_position, arguments=OpenPosition),
        _tool("show_pnl", "Profit and loss", "The trading day's result, fees, delta and positions.", _pnl, schemas.PNL),
        _tool("risk_check", "Risk headroom", "What may still be risked today, and the limits.", _risk, schemas.RISK),
        _tool("explain", "Explain", _EXPLAIN, _explain, schemas.EXPLANATION, Explain),
        _tool("wait_for_updates", "Wait for updates", _WAIT, _updates, schemas.UPDATES, WaitForUpdates),
        _tool("get_market_clock", "Market clock", _CLOCK, _clock, schemas.CLOCK),
        _tool("healthcheck", "Health", _HEALTH, _health, schemas.HEALTH),
        _tool("reconcile_positions", "Reconcile", _RECONCILE, _reconcile, schemas.RECONCILED),
    ]


_RECENT: Final = "Orders, newest first, each entry with its children (stop, target, exits). Go on with next_cursor."
_EVERY: Final = (
    "Each order by itself, newest first: open, closed or all; of one symbol if given. Go on with next_cursor."
)
_ONE_POSITION: Final = "What is held of one symbol, or by one group."
_EXPLAIN: Final = (
    "Why something was refused, closed or cancelled: figures, rule, who set it, smallest change. Subject: an event id, "
    "order_id, group or check; the newest refusal if left out."
)
_WAIT: Final = "Fills, exits and alerts after a cursor, none lost; waits up to wait_s seconds for the next."
_HEALTH: Final = "Whether journal and data let the desk work."
_RECONCILE: Final = (
    "Compare the broker's orders, fills, positions and cash with the desk's books; differences are reported, adopted, "
    "or alerted, which locks the instrument."
)
_CLOCK: Final = "Whether the exchange trades now, and when it opens and closes next."


def _tool(
    name: str,
    title: str,
    description: str,
    handler: Any,
    schema: Json = schemas.POSITIONS,
    arguments: Any = NoArguments,
) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        arguments=arguments,
        handler=handler,
        output_schema=schema,
        idempotent=True,
    )


async def positions_json(floor: TradingFloor) -> Json:
    """Every open position that fits an answer."""
    lines = [rendering.position(line) for line in await positions(floor)]
    shown = within_budget(lines)
    return {"positions": shown, "omitted": len(lines) - len(shown)}


async def account_json(floor: TradingFloor) -> Json:
    """Balances."""
    found = await account_now(floor)
    return {
        "account": found.account,
        "cash": rendering.text(found.cash),
        "equity": rendering.text(found.equity),
        "buying_power": rendering.text(found.buying_power),
        "options_buying_power": rendering.text(found.options_buying_power),
        "currency": found.cash.currency,
        "at": rendering.utc(found.at),
    }


async def orders_json(floor: TradingFloor, older_than: str | None = None, limit: int = 10) -> Json:
    """Entries with their children, as many as fit an answer."""
    found = order_families(floor, older_than, limit + 1)
    shown = within_budget([rendering.family(one) for one in found[:limit]])
    more = len(found) > len(shown)
    armed = [plan.text for plan in floor.desk.armed_plans]
    return {"orders": shown, "next_cursor": shown[-1]["group"] if more and shown else None, "armed": armed}


async def risk_json(floor: TradingFloor) -> Json:
    """Headroom and the limits a model asks about most."""
    limits = floor.desk.opening.limits
    values = {name: str(getattr(limits, name)) for name in _SHOWN_LIMITS if getattr(limits, name) is not None}
    profile = {"profile": limits.profile, "hash": limits.hash[:12]}
    return rendering.headroom(headroom(floor)) | {"limits": profile | values}


def within_budget(items: list[Json]) -> list[Json]:
    """As many items as an answer may hold, at least one."""
    size = 0
    shown: list[Json] = []
    for item in items:
        size += len(orjson.dumps(item))
        if shown and size > BUDGET_BYTES:
            break
        shown.append(item)
    return shown


async def _positions(call: Call, _: NoArguments) -> Json:
    return await positions_json(call.floor)


async def _account(call: Call, _: NoArguments) -> Json:
    return await account_json(call.floor)


async def _order(call: Call, given: OneOrder) -> Json:
    shown = rendering.order(order_status(call.floor, given.order_id))
    quality = quality_of(call.floor, call.floor.desk.orders[given.order_id])
    return {"order": shown | {"execution": plan_rendering.execution(quality)}}


async def _orders(call: Call, given: RecentOrders) -> Json:
    return await orders_json(call.floor, given.cursor, given.limit)


async def _every_order(call: Call, given: ListOrders) -> Json:
    found = listed_orders(call.floor, given.status, given.symbol, given.cursor)
    shown = within_budget([rendering.order(line) for line in found[: given.limit]])
    more = len(found) > len(shown)
    return {"orders": shown, "next_cursor": shown[-1]["order_id"] if more and shown else None}


async def _open_position(call: Call, given: OpenPosition) -> Json:
    found = [line for line in await positions(call.floor) if given.symbol in (line.symbol, line.group)]
    if not found:
        held = ", ".join(group.label for group in call.floor.desk.open_groups) or "nothing"
        raise Refusal("NO_POSITION", "nothing of that symbol or group is held", {"next_step": f"open: {held}"})
    return {"positions": [rendering.position(line) for line in found], "omitted": 0}


async def _pnl(call: Call, _: NoArguments) -> Json:
    found = rendering.pnl(await show_pnl(call.floor))
    shown = within_budget([rendering.position(line) for line in await positions(call.floor)])
    delta = outlook(call.floor, ()).delta_before
    return found | {"delta": None if delta is None else round(delta, 2), "positions": shown}


async def _risk(call: Call, _: NoArguments) -> Json:
    return await risk_json(call.floor)


async def _explain(call: Call, given: Explain) -> Json:
    return rendering.explanation(explain(call.floor, given.subject))


async def _updates(call: Call, given: WaitForUpdates) -> Json:
    missed, newest = await wait_for_updates(call.floor, given.cursor, given.wait_s)
    shown = within_budget([rendering.update(one) for one in missed.updates])
    told = missed.updates[len(shown) - 1].number if shown else newest
    return {
        "updates": shown,
        "cursor": call.floor.updates.cursor(told),
        "lost": missed.lost,
        "more": call.floor.updates.newest_told > told,
    }


async def _clock(call: Call, _: NoArguments) -> Json:
    found = market_clock(call.floor)
    opening = call.floor.desk.opening
    return {
        "timestamp": rendering.utc(found.now),
        "is_open": found.is_open,
        "next_open": rendering.utc(found.next_open),
        "next_close": rendering.utc(found.next_close),
        "simulated": opening.mode == "simulated",
        "speed": rendering.text(opening.clock_rate),
    }


async def _reconcile(call: Call, _: NoArguments) -> Json:
    try:
        found = await reconcile(call.floor)
    except (PortError, TimeoutError) as problem:
        why = str(problem) or "the broker does not answer"
        raise Refusal("BROKER_SILENT", why, {"next_step": "ask again in a minute"}) from problem
    return {
        "status": found.status,
        "differences": [dataclasses.asdict(one) for one in found.differences],
        "unknown": list(found.unknown),
        "locked": list(found.locked),
    }


async def _health(call: Call, _: NoArguments) -> Json:
    checks = health(call.floor)
    ready = is_ready(checks)
    return {
        "status": "healthy" if ready else "unhealthy",
        "ready": ready,
        "version": __version__,
        "checks": [{"name": one.name, "passed": one.passed, "found": one.found} for one in checks],
    }
