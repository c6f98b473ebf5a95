"""Tools that move money: each previews first, and executes only what was previewed."""

from collections.abc import Set
from typing import Final

from entrypoints.mcp_server import rendering
from entrypoints.mcp_server.arguments import (
    ClosePosition,
    ConfirmOrder,
    KillSwitch,
    OneOrder,
    StrategyArguments,
    TradingArguments,
    strategy_arguments,
)
from entrypoints.mcp_server.calls import Call, Json, Tool, refusal_of
from entrypoints.mcp_server.confirmation import execute
from entrypoints.mcp_server.order_tools import order_tools
from entrypoints.mcp_server.scan_tools import scan_tools
from entrypoints.mcp_server.two_steps import TWO_STEPS, Result, done, previewed, trading_tool, two_steps
from tradecore.errors import InvalidRequest
from tradecore.strategies.strategy import Strategy, parameter_texts, read_parameters
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.arming import Arming, arming_texts, preview_armed
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import cancel, order_status
from tradecore.usecases.previewing import preview_close, preview_lift, preview_strategy


def strategy_tools(floor: TradingFloor, *, without: Set[str]) -> list[Tool]:
    """One tool a strategy that is allowed; a name that is taken is left out."""
    return [_strategy_tool(strategy) for name, strategy in floor.strategies.items() if name not in without]


def trading_tools() -> list[Tool]:
    """The trading tools every desk has."""
    return [
        trading_tool("confirm_order", "Confirm order", _CONFIRM, ConfirmOrder, _confirm_order, idempotent=True),
        trading_tool("cancel_order", "Cancel order", _CANCEL, OneOrder, _cancel_order, idempotent=True),
        trading_tool("flatten_all", "Close everything", _FLATTEN, TradingArguments, _flatten),
        trading_tool("close_position", "Close position", _CLOSE, ClosePosition, _close_position),
        trading_tool("kill_switch", "Kill switch", _KILL, KillSwitch, _kill_switch, idempotent=True),
        *order_tools(),
        *scan_tools(),
    ]


_CONFIRM: Final = (
    "Execute a preview by its confirm_token, once; waits up to 10 s for the fill. An expired or moved preview answers "
    "with a fresh one: show it and ask again."
)
_CANCEL: Final = "Cancel the rest of a working entry by order_id. Needs no token: it only lowers risk."
_FLATTEN: Final = f"Close every open group. {TWO_STEPS}"
_CLOSE: Final = f"Close one position by symbol or group (ORB-1), all or `quantity` of it. {TWO_STEPS}"
_KILL: Final = (
    "Stop taking risk at once: entries are cancelled, exits keep working; flatten=true also closes everything. "
    "enable=false previews lifting it (operator only in live)."
)


def _strategy_tool(strategy: Strategy) -> Tool:
    async def call_strategy(call: Call, given: StrategyArguments) -> Result:
        parameters = read_parameters(strategy.Parameters, given.parameters)
        texts = {name: value for name, value in parameter_texts(parameters) if name in given.parameters}

        texts |= arming_texts(given.arm, given.until, given.worst_price)

        async def preview() -> PreviewAnswer | RefusedAnswer:
            if given.arm:
                wish = Arming(until=given.until, worst_price=given.worst_price)
                return await preview_armed(call.floor, call.principal, strategy.name, given.parameters, wish)
            return await preview_strategy(call.floor, call.principal, strategy.name, given.parameters)

        return await two_steps(call, given, texts | {"strategy": strategy.name}, preview)

    title = strategy.name.replace("_", " ").capitalize()
    described = f"{strategy.summary} {TWO_STEPS}"
    return trading_tool(strategy.name, title, described, strategy_arguments(strategy), call_strategy)


async def _confirm_order(call: Call, given: ConfirmOrder) -> Result:
    return await execute(call, given.confirm_token)


async def _cancel_order(call: Call, given: OneOrder) -> Json:
    answer = await cancel(call.floor, call.principal, given.order_id)
    if isinstance(answer, RefusedAnswer):
        raise refusal_of(answer)
    known = given.order_id in call.floor.desk.orders
    return done(answer) | {"orders": [rendering.order(order_status(call.floor, given.order_id))] if known else []}


async def _flatten(call: Call, given: TradingArguments) -> Result:
    async def preview() -> PreviewAnswer | RefusedAnswer:
        return await preview_close(call.floor, call.principal, None)

    return await two_steps(call, given, {"close": "everything"}, preview)


async def _close_position(call: Call, given: ClosePosition) -> Result:
    label = group_of(call.floor, given.symbol, found_by_token=given.confirm_token is not None)
    content = {} if label is None else {"close": label}
    if given.quantity is not None:
        content["quantity"] = str(given.quantity)

    async def preview() -> PreviewAnswer | RefusedAnswer:
        return await preview_close(call.floor, call.principal, label, given.quantity)

    return await two_steps(call, given, content, preview)


def group_of(floor: TradingFloor, symbol: str, *, found_by_token: bool) -> str | None:
    """The open group of this label, or the one that holds this symbol; a closed one is left to its ticket to tell."""
    labels = [group.label for group in floor.desk.open_groups]
    if symbol in labels:
        return symbol
    holders = [g.label for g in floor.desk.open_groups if any(h.instrument.symbol == symbol for h in g.holdings)]
    if len(holders) == 1:
        return holders[0]
    if found_by_token:
        return None
    if holders:
        raise InvalidRequest(f"symbol: several groups hold it ({', '.join(holders)}); name one of them")
    held = ", ".join(labels) or "nothing"
    raise InvalidRequest(f"symbol: no open position of that symbol or group; open: {held}")


async def _kill_switch(call: Call, given: KillSwitch) -> Result:
    if given.enable:
        reason = given.reason or "no reason given"
        return done(await kill_switch.engage(call.floor, call.principal, flatten=given.flatten, reason=reason))
    if given.confirm_token is not None:
        return await execute(call, given.confirm_token, {"kill_switch": "lift"})
    return previewed(call, await preview_lift(call.floor, call.principal))
