"""Tools that look at option chains and contracts, and at how the chain is kept."""

import dataclasses
from typing import Any, Final

import numpy as np
import orjson

from entrypoints.mcp_server import data_schemas, rendering
from entrypoints.mcp_server.arguments import NoArguments
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool
from entrypoints.mcp_server.data_arguments import ChainRows, ContractRows, OfChain, OneContract
from entrypoints.mcp_server.data_rendering import quote_json, rounded
from entrypoints.mcp_server.untrusted import stripped
from tradecore.analysis.chain_choice import ChainWish, chosen_rows, nearest_delta
from tradecore.analysis.completed_chain import CompletedChain
from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Equity, OptionContract, Right, parse_instrument
from tradecore.usecases.chain_keeping import ChainKeeper
from tradecore.usecases.option_data import completed_chain, completed_contract

CHAIN_BYTES: Final = 6_000
"""Rows of a chain's answer end here, about 1,500 tokens."""

CHAIN_COLUMNS: Final = (
    "symbol", "strike", "bid", "ask", "iv", "iv_low", "iv_high", "delta", "gamma", "theta_per_minute",
    "vega_per_point", "age_s", "iv_reason",
)  # fmt: skip
CONTRACT_COLUMNS: Final = ("symbol", "right", "strike")
_CHAIN: Final = (
    "Quotes, IV, greeks of the strikes nearest the spot, today's expiry by default; bounds by strike or |delta|. "
    "left_out counts rows not shown."
)
_CONTRACTS: Final = "Symbols of the listed options of one expiry, the strikes nearest the spot first."
_QUOTE: Final = "Best bid and ask of one option."
_SNAPSHOT: Final = "One option with quote, IV and its interval, and greeks."
_START: Final = "Keep today's option chain fresh again after stop_option_streaming; it starts by itself each morning."
_STOP: Final = "No longer keep today's chain. Quotes of what is held, stops and exits go on."
_STATUS: Final = "How the option chain is kept: state, ages, polls, failures, publication."


def option_tools() -> list[Tool]:
    """Of the toolset options."""
    return [
        _tool("get_option_chain", "Option chain", _CHAIN, _chain, data_schemas.CHAIN, ChainRows),
        _tool("get_option_contracts", "Option contracts", _CONTRACTS, _contracts, data_schemas.CONTRACTS, ContractRows),
        _tool("get_option_latest_quote", "Option quote", _QUOTE, _quote, data_schemas.QUOTE, OneContract),
        _tool("get_option_snapshot", "Option snapshot", _SNAPSHOT, _snapshot, data_schemas.SNAPSHOT, OneContract),
        _tool("start_option_streaming", "Start the chain", _START, _start, data_schemas.STREAMING, changes=True),
        _tool("stop_option_streaming", "Stop the chain", _STOP, _stop, data_schemas.STREAMING, changes=True),
        _tool("streaming_status", "Chain status", _STATUS, _status, data_schemas.STREAMING),
    ]


def _tool(
    name: str,
    title: str,
    description: str,
    handler: Any,
    schema: Json,
    arguments: Any = NoArguments,
    *,
    changes: bool = False,
) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        arguments=arguments,
        handler=handler,
        output_schema=schema,
        trades=changes,
        idempotent=True,
    )


async def _chain(call: Call, given: ChainRows) -> Json:
    completed = await _completed(call, given)
    wish = _wish(given)
    rows = chosen_rows(completed, wish)
    shown = _in_order(completed, _fitting(call, completed, rows[: given.max_rows]))
    now = call.floor.clock.now()
    spot_age = None if completed.spot_at is None else (now - completed.spot_at).total_seconds()
    return {
        "age_s": rounded(completed.age_s(now), 3),
        "spot": rounded(completed.spot, 4),
        "spot_age_s": rounded(spot_age, 3),
        "minutes_to_expiry": rounded(completed.minutes, 3),
        "underlying": completed.chain.underlying,
        "expiry": completed.chain.expiry.isoformat(),
        "source": completed.chain.source,
        "columns": list(CHAIN_COLUMNS),
        "rows": [_row(call, completed, row) for row in shown],
        "left_out": int(rows.size) - len(shown),
        "note": None if rows.size else _nothing(completed, wish),
    }


async def _contracts(call: Call, given: ContractRows) -> Json:
    completed = await _completed(call, given)
    rows = chosen_rows(completed, _wish(given))
    shown = _in_order(completed, rows[: given.max_rows].tolist())
    contracts = [completed.columns.contracts[row] for row in shown]
    return {
        "underlying": completed.chain.underlying,
        "expiry": completed.chain.expiry.isoformat(),
        "columns": list(CONTRACT_COLUMNS),
        "rows": [[one.symbol, one.right.name.lower(), rendering.text(one.strike)] for one in contracts],
        "left_out": int(rows.size) - len(shown),
    }


async def _quote(call: Call, given: OneContract) -> Json:
    contract = _contract(given.symbol)
    quote = await call.floor.lookups.quote(contract)
    if quote is None:
        raise no_data(f"{contract.symbol} has no quote")
    return quote_json(quote, call.floor.clock.now())


async def _snapshot(call: Call, given: OneContract) -> Json:
    contract = _contract(given.symbol)
    completed = await completed_contract(call.floor, contract)
    if completed is None:
        raise no_data(f"{contract.symbol} has no quote")
    return {
        "symbol": contract.symbol,
        "quote": quote_json(completed.chain.quote(0), call.floor.clock.now()),
        "spot": rounded(completed.spot, 4),
        "minutes_to_expiry": rounded(completed.minutes, 3),
        "figures": _figures(completed, 0),
        "iv_reason": completed.reason_of(0),
    }


async def _start(call: Call, _: NoArguments) -> Json:
    _keeper(call).start()
    return _streaming(call, "the chain is kept until it expires")


async def _stop(call: Call, _: NoArguments) -> Json:
    _keeper(call).stop()
    return _streaming(call, "what is held is quoted and guarded as before; the chain starts again before the next open")


async def _status(call: Call, _: NoArguments) -> Json:
    return _streaming(call, None)


def _streaming(call: Call, note: str | None) -> Json:
    found = dataclasses.asdict(_keeper(call).status())
    shown = {name: rounded(value, 3) if isinstance(value, float) else value for name, value in found.items()}
    for name in ("ends_at", "begins_at"):
        shown[name] = None if found[name] is None else rendering.utc(found[name])
    shown["expiry"] = None if found["expiry"] is None else found["expiry"].isoformat()
    for name in ("problem", "store"):
        shown[name] = None if found[name] is None else stripped(found[name])
    return {"streaming": shown, "note": note}


def _keeper(call: Call) -> ChainKeeper:
    if call.floor.chain_keeper is None:
        raise no_data("this desk keeps no chain; get_option_chain asks for it each time")
    return call.floor.chain_keeper


async def _completed(call: Call, given: OfChain) -> CompletedChain:
    underlying = Equity(given.underlying.strip().upper()).symbol
    completed = await completed_chain(call.floor, underlying, given.expiry)
    if completed is None or not len(completed):
        raise no_data(f"there is no chain of {underlying} for {'today' if given.expiry is None else given.expiry}")
    return completed


def _wish(given: OfChain) -> ChainWish:
    bounds = {name: getattr(given, name, None) for name in ("strike_from", "strike_to", "delta_from", "delta_to")}
    for kind in ("strike", "delta"):
        low, high = bounds[f"{kind}_from"], bounds[f"{kind}_to"]
        if low is not None and high is not None and low > high:
            raise InvalidRequest(f"{kind}_from is above {kind}_to")
    right = None if given.right is None else Right[given.right.upper()]
    return ChainWish(right=right, **{name: None if value is None else float(value) for name, value in bounds.items()})


def _nothing(completed: CompletedChain, wish: ChainWish) -> str:
    row = nearest_delta(completed, wish)
    if wish.delta_from is None and wish.delta_to is None:
        return "no contract lies within these bounds"
    if row is None:
        return "no contract in reach has a delta: their quotes identify none"
    symbol, delta = completed.columns.symbols[row], float(completed.delta[row])
    return f"no contract has such a delta; the nearest is {symbol} with {delta:.4f}"


def _fitting(call: Call, completed: CompletedChain, rows: np.ndarray[Any, Any]) -> list[int]:
    """The first rows that fit into an answer, at least one."""
    size = 0
    fitting: list[int] = []
    for row in rows.tolist():
        size += len(orjson.dumps(_row(call, completed, row))) + 1
        if fitting and size > CHAIN_BYTES:
            break
        fitting.append(row)
    return fitting


def _in_order(completed: CompletedChain, rows: list[int]) -> list[int]:
    columns = completed.columns
    return sorted(rows, key=lambda row: (not columns.calls[row], columns.strikes[row]))


def _row(call: Call, completed: CompletedChain, row: int) -> list[Any]:
    quote, figures = completed.chain.quote(row), _figures(completed, row)
    age = rounded((call.floor.clock.now() - quote.at).total_seconds(), 1)
    return [
        completed.columns.symbols[row],
        rounded(float(completed.columns.strikes[row]), 3),
        rendering.text(quote.bid),
        rendering.text(quote.ask),
        *figures.values(),
        age,
        completed.reason_of(row),
    ]


def _figures(completed: CompletedChain, row: int) -> Json:
    return {
        "iv": rounded(float(completed.iv[row]), 4),
        "iv_low": rounded(float(completed.iv_low[row]), 4),
        "iv_high": rounded(float(completed.iv_high[row]), 4),
        "delta": rounded(float(completed.delta[row]), 4),
        "gamma": rounded(float(completed.gamma[row]), 4),
        "theta_per_minute": rounded(float(completed.theta_per_minute[row]), 5),
        "vega_per_point": rounded(float(completed.vega_per_point[row]), 4),
    }


def _contract(symbol: str) -> OptionContract:
    found = parse_instrument(symbol.strip().upper())
    if not isinstance(found, OptionContract):
        raise InvalidRequest("symbol must be an option's, such as SPY261120C00600000")
    return found


def no_data(what: str) -> Refusal:
    """A no because the source has nothing of it."""
    return Refusal("NO_DATA", stripped(what), {"next_step": "ask for another symbol or day, or again in a session"})
