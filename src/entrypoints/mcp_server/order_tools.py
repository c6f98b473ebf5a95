"""Orders asked for by hand: options, shares, and taking every working entry back."""

from decimal import Decimal
from typing import Final

from entrypoints.mcp_server import schemas
from entrypoints.mcp_server.arguments import (
    NoArguments,
    PlaceOptionOrder,
    PlaceStockOrder,
    ReplaceOrder,
    TradingArguments,
)
from entrypoints.mcp_server.calls import Call, Json, Tool
from entrypoints.mcp_server.two_steps import TWO_STEPS, Result, done, trading_tool, two_steps
from tradecore.model.terms import Leg
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.discretionary import (
    OPTIONS,
    REPLACE,
    SHARES,
    HandOrder,
    one_share_leg,
    option_legs,
    preview_options,
    preview_replacement,
    preview_shares,
)
from tradecore.usecases.orders import cancel_all

_OPTIONS: Final = (
    "Option order of 1-4 legs, defined risk only, one underlying and expiry. limit_price is net: >0 debit, <0 credit; "
    f"without it worked from mid. {TWO_STEPS}"
)
_SHARES: Final = f"Buy shares; without limit_price worked from mid. {TWO_STEPS}"
_REPLACE: Final = (
    "Other limit_price or quantity for a working, unfilled entry. Confirmed, the old order is cancelled first and the "
    f"new one sent once that is certain. {TWO_STEPS}"
)
_CANCEL_ALL: Final = "Cancel every working entry and armed plan. Exits stay. Needs no token."


def order_tools() -> list[Tool]:
    """Tools that no strategy stands behind."""
    return [
        trading_tool(OPTIONS, "Place option order", _OPTIONS, PlaceOptionOrder, _place_options),
        trading_tool(SHARES, "Place stock order", _SHARES, PlaceStockOrder, _place_shares),
        trading_tool(REPLACE, "Replace order", _REPLACE, ReplaceOrder, _replace),
        Tool(
            name="cancel_all_orders",
            title="Cancel all orders",
            description=_CANCEL_ALL,
            arguments=NoArguments,
            handler=_cancel_all,
            output_schema=schemas.TRADE,
            trades=True,
            idempotent=True,
        ),
    ]


async def _place_options(call: Call, given: PlaceOptionOrder) -> Result:
    content = _content(given)

    async def preview() -> PreviewAnswer | RefusedAnswer:
        rows = [(leg.symbol, leg.side, leg.ratio) for leg in given.legs]
        wish = _wish(given, option_legs(rows))
        return await preview_options(call.floor, call.principal, wish, _bound(OPTIONS, content))

    return await two_steps(call, given, content, preview)


async def _place_shares(call: Call, given: PlaceStockOrder) -> Result:
    content = _content(given)

    async def preview() -> PreviewAnswer | RefusedAnswer:
        wish = _wish(given, one_share_leg(given.symbol, given.side))
        return await preview_shares(call.floor, call.principal, wish, _bound(SHARES, content))

    return await two_steps(call, given, content, preview)


async def _replace(call: Call, given: ReplaceOrder) -> Result:
    content = _content(given)

    async def preview() -> PreviewAnswer | RefusedAnswer:
        bound = _bound(REPLACE, content)
        return await preview_replacement(
            call.floor, call.principal, given.order_id, given.limit_price, given.quantity, bound
        )

    return await two_steps(call, given, content, preview)


async def _cancel_all(call: Call, _: NoArguments) -> Json:
    answer = await cancel_all(call.floor, call.principal)
    return done(answer)


def _wish(given: PlaceOptionOrder | PlaceStockOrder, legs: tuple[Leg, ...]) -> HandOrder:
    return HandOrder(
        legs=legs,
        quantity=given.quantity,
        limit_price=given.limit_price,
        stop_pct=given.stop_pct,
        target_pct=given.target_pct,
        note=given.note,
    )


def _content(given: TradingArguments) -> dict[str, str]:
    """The arguments that were given, each as the text a ticket is bound to."""
    return {name: _text(value) for name, value in given.asked.items()}


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, list):
        return " ".join(f"{leg.side} {leg.ratio} {leg.symbol}" for leg in value)
    return str(value)


def _bound(tool: str, content: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return (("tool", tool), *sorted(content.items()))
