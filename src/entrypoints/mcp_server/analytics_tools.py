"""Tools that look at what is held: greeks, ladders, imagined markets, and the day on one page."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from entrypoints.mcp_server import rendering, schemas
from entrypoints.mcp_server.arguments import NoArguments, WhatIfArguments
from entrypoints.mcp_server.calls import Call, Json, Tool
from entrypoints.mcp_server.reading_tools import risk_json
from tradecore.analysis.scenario import TotalGreeks
from tradecore.model.sessions import exchange_time
from tradecore.usecases.answers import PnlAnswer
from tradecore.usecases.day_brief import DayBrief, day_brief
from tradecore.usecases.exposures import (
    ExpiringLeg,
    PortfolioGreeks,
    expiring_today,
    ladder,
    portfolio_greeks,
    what_if,
)
from tradecore.usecases.floor import TradingFloor

_MINUTES_A_DAY: Final = 1440
_ALERTS_SHOWN: Final = 3
_UPDATES_SEARCHED: Final = 200
_NEAR: Final = Decimal("0.8")
_WHAT_IF: Final = (
    "What everything held would gain if the underlying stood at spot (or moved by move_pct), minutes later, with "
    "iv_points more volatility. Places nothing."
)
_BRIEF: Final = "The day on one page: clock, budget, positions with stops and deadlines, result. Ask it first each day."
_RISK: Final = "Ladder of profit and loss, theta a minute, heat, delta, expiry exposure, and warnings."


def analytics_tools() -> list[Tool]:
    """Every tool of this file."""
    return [
        _tool("what_if", "What if", _WHAT_IF, _what_if, schemas.WHAT_IF, WhatIfArguments),
        _tool("day_brief", "Day brief", _BRIEF, _day_brief, schemas.DAY_BRIEF),
        _tool("portfolio_delta", "Delta", "Delta held, by group.", _delta, schemas.DELTA),
        _tool("portfolio_greeks", "Portfolio greeks", "Greeks by group.", _greeks, schemas.GREEKS),
        _tool("risk_metrics", "Risk metrics", _RISK, _risk, schemas.RISK_METRICS),
    ]


def _tool(
    name: str,
    title: str,
    description: str,
    handler: Any,
    schema: Json,
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


async def _what_if(call: Call, given: WhatIfArguments) -> Json:
    found = await what_if(call.floor, **given.imagined)
    return {
        "spot": _rounded(found.spot),
        "minutes": rendering.text(found.minutes),
        "iv_points": rendering.text(found.iv_points),
        "gain": rendering.text(found.gain),
        "greeks": _total(found.greeks),
        "groups": {label: rendering.text(gain) for label, gain in found.groups},
        "missing": list(found.missing),
    }


async def _delta(call: Call, _: NoArguments) -> Json:
    found = await portfolio_greeks(call.floor)
    cap = call.floor.desk.opening.limits.delta_cap
    deltas = {each.group: None if each.greeks is None else round(each.greeks.delta, 2) for each in found.groups}
    return _underlying(call.floor, found) | {
        "delta": None if found.total is None else round(found.total.delta, 2),
        "delta_cap": rendering.text(cap),
        "groups": deltas,
    }


async def _greeks(call: Call, _: NoArguments) -> Json:
    found = await portfolio_greeks(call.floor)
    groups = {each.group: _total(each.greeks) for each in found.groups}
    return _underlying(call.floor, found) | {"greeks": _total(found.total), "groups": groups}


async def _risk(call: Call, _: NoArguments) -> Json:
    found, rungs, expiring = (
        await portfolio_greeks(call.floor),
        await ladder(call.floor),
        await expiring_today(call.floor),
    )
    risk = await risk_json(call.floor)
    return _underlying(call.floor, found) | {
        "greeks": _total(found.total),
        "ladder": {
            "columns": ["move_pct", "gain_at_once", "gain_at_close"],
            "rows": [[str(s.move_pct), rendering.text(s.at_once), rendering.text(s.at_close)] for s in rungs],
        },
        "expiring": [_expiring(each) for each in expiring],
        "headroom": risk,
        "warnings": list(_warnings(call.floor, found, expiring, risk)),
    }


def _warnings(
    floor: TradingFloor, found: PortfolioGreeks, expiring: Sequence[ExpiringLeg], risk: Json
) -> Sequence[str]:
    limits = floor.desk.opening.limits
    told = [f"no volatility for {symbol}: greeks are incomplete" for symbol in found.missing]
    told += [f"{label} is of another underlying and not counted here" for label in found.elsewhere]
    if found.total is not None and limits.delta_cap is not None:
        delta = Decimal(format(abs(found.total.delta), ".2f"))
        if delta >= limits.delta_cap * _NEAR:
            told.append(f"delta {found.total.delta:+.2f} of a cap of {limits.delta_cap}")
    cap, left = risk["daily_cap"], risk["budget_left"]
    if cap is None or left is None:
        told.append("the loss budget is unknown")
    elif Decimal(left) < Decimal(cap) * (1 - _NEAR):
        told.append(f"{left} left of a daily loss budget of {cap}")
    for leg in expiring:
        if leg.quantity < 0 and leg.distance is not None and leg.distance > 0:
            told.append(f"{leg.symbol} is short and in the money: assignment would be {leg.shares:+f} shares")
        elif leg.is_pinned:
            told.append(f"{leg.symbol} expires near the money: {leg.shares:+f} shares either way are open")
    return told


async def _day_brief(call: Call, _: NoArguments) -> Json:
    return brief_json(call.floor, await day_brief(call.floor))


def brief_json(floor: TradingFloor, brief: DayBrief) -> Json:
    """A brief in New York times and short lines, which a model reads in a glance."""
    since = brief.now - brief.session.opens
    alerts = [one for one in floor.updates.recent(brief.now, since, _UPDATES_SEARCHED) if one.kind == "alert"]
    room = brief.headroom
    return {
        "phase": str(brief.phase),
        "session": str(brief.session.day) + (" half day" if brief.session.is_half_day else ""),
        "clock": [f"{exchange_time(at)[:5]} {what}" for at, what in (*brief.deadlines, *brief.events)],
        "next_session": str(brief.next_session.day),
        "result": _result(brief.pnl),
        "room": {
            "state": room.state,
            "why": room.reason,
            "loss_cap": rendering.text(room.daily_cap),
            "budget_left": rendering.text(room.budget_left),
            "trades_left": room.trades_left,
            "groups_left": room.groups_left,
        },
        "groups": [
            {
                "group": one.label,
                "holds": one.holds,
                "unrealised": rendering.text(one.unrealised),
                "stop": rendering.text(one.stop),
                "target": rendering.text(one.target),
                "out_at": None if one.out_at is None else exchange_time(one.out_at)[:5],
            }
            for one in brief.groups
        ],
        "working_orders": len(brief.working),
        "provisional": brief.is_provisional,
        "alerts": [one.text for one in alerts[:_ALERTS_SHOWN]],
    }


def _result(pnl: PnlAnswer) -> Json:
    return {
        "realised": rendering.text(pnl.realised),
        "fees": rendering.text(pnl.fees),
        "unrealised": rendering.text(pnl.unrealised),
        "total": rendering.text(pnl.total),
        "trades": pnl.trades,
        "wins": pnl.wins,
        "losses": pnl.losses,
    }


def _underlying(floor: TradingFloor, found: PortfolioGreeks) -> Json:
    return {
        "underlying": floor.underlying.symbol,
        "spot": rendering.text(found.spot),
        "missing": list(found.missing),
        "elsewhere": list(found.elsewhere),
    }


def _total(found: TotalGreeks | None) -> Json | None:
    if found is None:
        return None
    shown = {name: round(value, 4) for name, value in dataclasses.asdict(found).items()}
    return shown | {"theta_per_day": round(found.theta_per_minute * _MINUTES_A_DAY, 2)}


def _expiring(leg: ExpiringLeg) -> Json:
    return {
        "group": leg.group,
        "symbol": leg.symbol,
        "quantity": rendering.text(leg.quantity),
        "shares_if_exercised": rendering.text(leg.shares),
        "in_the_money_by": rendering.text(leg.distance),
        "near_the_money": leg.is_pinned,
    }


def _rounded(price: Decimal) -> str:
    return format(price, ".4f").rstrip("0").rstrip(".")
