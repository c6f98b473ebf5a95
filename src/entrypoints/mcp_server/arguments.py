"""Arguments of tools: typed strictly, nothing unknown, nothing coerced, nothing echoed."""

import dataclasses
import json
import types
import typing
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, create_model

from tradecore.errors import InvalidRequest
from tradecore.strategies.strategy import NOTE_LENGTH, Strategy

_LONGEST_NAME: Final = 64
_LONGEST_TOKEN: Final = 128
_PROBLEMS_SHOWN: Final = 5


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("a number is needed, not text")
    return Decimal(str(value))


Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Level = Annotated[Number, Field(gt=0, lt=1_000_000)]
Name = Annotated[str, Field(max_length=_LONGEST_NAME, min_length=1)]
Text = Annotated[str, Field(max_length=NOTE_LENGTH)]
Token = Annotated[str, Field(max_length=_LONGEST_TOKEN, min_length=1)]


class Arguments(BaseModel):
    """Arguments of one tool; a model's field names, types and defaults are the tool's input schema."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoArguments(Arguments):
    """Nothing."""


class TradingArguments(Arguments):
    """What every tool that can trade takes: without a token it previews, with one it executes exactly that preview."""

    preview: bool = True
    confirm: bool = False
    confirm_token: Token | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """The tool's own arguments that were given, without the three above."""
        return {name: getattr(self, name) for name in self.model_fields_set - set(TradingArguments.model_fields)}


class StrategyArguments(TradingArguments):
    """What every strategy takes beside its own parameters: `arm` previews a standing plan instead of an order."""

    arm: bool = Field(default=False, description="As a standing plan.")
    until: Annotated[Name, Field(description="HH:MM ET")] | None = None
    worst_price: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]

    @property
    def parameters(self) -> dict[str, Any]:
        """The strategy's own parameters that were given."""
        return {name: value for name, value in self.asked.items() if name not in StrategyArguments.model_fields}


class ClosePosition(TradingArguments):
    """What to close."""

    symbol: Name
    quantity: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    reason: Text = ""


class ManagePosition(TradingArguments):
    """What to change of how it is left, or how much of it to close."""

    symbol: Name
    stop: Level = Field(default=None, validate_default=False)  # type: ignore[assignment]
    target: Level = Field(default=None, validate_default=False)  # type: ignore[assignment]
    trail: Level = Field(default=None, validate_default=False)  # type: ignore[assignment]
    break_even: bool = False
    quantity: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]

    @property
    def changes(self) -> dict[str, Any]:
        """What of the way out is to change."""
        return {name: value for name, value in self.asked.items() if name not in ("symbol", "quantity")}


class OrderLeg(BaseModel):
    """One leg of an option order."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    symbol: Name
    side: Literal["buy", "sell"]
    ratio: Annotated[int, Field(ge=1, le=20)] = 1


def _legs(value: object) -> object:
    # Some clients send arrays as text.
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("a list of {symbol, side, ratio} is needed") from error


_LEG_SCHEMA: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "symbol": {"type": "string"},
            "side": {"enum": ["buy", "sell"]},
            "ratio": {"type": "integer", "default": 1},
        },
        "required": ["symbol", "side"],
    },
}
Legs = Annotated[list[OrderLeg], BeforeValidator(_legs), WithJsonSchema(_LEG_SCHEMA)]


class HandOrderArguments(TradingArguments):
    """What every order asked for by hand takes."""

    quantity: Number = Decimal(1)
    limit_price: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    stop_pct: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    target_pct: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    note: Text = ""


class PlaceOptionOrder(HandOrderArguments):
    """Legs of one unit, how many units, a net price, a way out."""

    legs: Legs = Field(default_factory=list)


class ReplaceOrder(TradingArguments):
    """A working entry, and what is to change of it."""

    order_id: Name = ""
    limit_price: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    quantity: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]


class PlaceStockOrder(HandOrderArguments):
    """Which shares, and on which side."""

    symbol: Name = ""
    side: Literal["buy", "sell"] = "buy"


class ScanStraddles(Arguments):
    """What a straddle has to be."""

    max_iv: Number = Decimal("0.8")
    min_volume: Annotated[int, Field(ge=0)] = 100


class KillSwitch(Arguments):
    """Engage or lift."""

    enable: bool = True
    flatten: bool = False
    confirm_token: Token | None = None
    reason: Text = ""


class ConfirmOrder(Arguments):
    """The token of a preview."""

    confirm_token: Token


class OneOrder(Arguments):
    """An order by its id."""

    order_id: Name


class RecentOrders(Arguments):
    """How many, and where to go on."""

    limit: Annotated[int, Field(ge=1, le=50)] = 10
    cursor: Name | None = None


class ListOrders(Arguments):
    """Which orders, of what, how many, and where to go on."""

    status: Literal["open", "closed", "all"] = "open"
    symbol: Name | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    cursor: Name | None = None


class OpenPosition(Arguments):
    """Of what."""

    symbol: Name


class Explain(Arguments):
    """What to explain."""

    subject: Name | None = None


Part = Literal["prices", "spread", "depth", "liquidity", "flow", "anomalies", "health", "percentiles_24h"]


class GetReport(Arguments):
    """Of which pair, and how much of its report."""

    symbol: Annotated[Name, Field(description="The pair: BTCUSDT, btc/usdt or BTC.")]
    sections: list[Part] = Field(default_factory=list)
    levels: Annotated[int, Field(ge=0, le=20)] | None = None


class WhatIfArguments(Arguments):
    """The imagined market: a price of the underlying or its move, time passed, volatility added."""

    spot: Annotated[Number, Field(gt=0)] = Field(default=None, validate_default=False)  # type: ignore[assignment]
    move_pct: Number = Field(default=None, validate_default=False)  # type: ignore[assignment]
    minutes: Annotated[Number, Field(ge=0)] = Decimal(0)
    iv_points: Number = Decimal(0)

    @property
    def imagined(self) -> dict[str, Decimal]:
        """What was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class PayoffChart(Arguments):
    """Of what."""

    subject: Annotated[Token, Field(description="The confirm_token of an opening preview, or an open group.")]


class WaitForUpdates(Arguments):
    """From where, and how long."""

    cursor: Name | None = None
    wait_s: Annotated[Number, Field(ge=0, le=20)] = Decimal(20)


def strategy_arguments(strategy: Strategy) -> type[StrategyArguments]:
    """A strategy's parameters as arguments of its tool."""
    hints = typing.get_type_hints(strategy.Parameters)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(strategy.Parameters):
        described = Field(default=field.default, description=field.metadata.get("doc", ""))
        choices = field.metadata.get("choices", ())
        fields[field.name] = (Literal[choices] if choices else _annotation(hints[field.name]), described)
    return create_model(f"{strategy.name}_arguments", __base__=StrategyArguments, **fields)


def input_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, without what a model does not need to read."""
    schema = arguments.model_json_schema()
    properties = {name: _plain(value) for name, value in schema.get("properties", {}).items()}
    plain: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if schema.get("required"):
        plain["required"] = schema["required"]
    return plain


def read_arguments(kind: type[Arguments], given: dict[str, Any]) -> Arguments:
    """
    Check what a client sent.

    Raises:
        InvalidRequest: One sentence for each argument that is unknown, missing or of another type.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        lines = [_problem(kind, part["loc"], part["type"], part["msg"]) for part in found[:_PROBLEMS_SHOWN]]
        raise InvalidRequest("; ".join(lines)) from None


def _problem(kind: type[Arguments], where: tuple[int | str, ...], what: str, message: str) -> str:
    name = str(where[0])[:40] if where else "arguments"
    if what == "extra_forbidden":
        return f"unknown argument {name!r}; known: {', '.join(kind.model_fields) or 'none'}"
    if what == "missing":
        return f"{name} is needed"
    text = message.removeprefix("Value error, ")
    return f"{name}: {text[0].lower()}{text[1:]}"


def _annotation(hint: Any) -> Any:
    members = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    wanted = next(member for member in members if member is not type(None))
    kind: Any = {Decimal: Number, str: Text}.get(wanted, wanted)
    # A number is left out, never null: clients write NaN and infinity as null.
    return kind | None if type(None) in members and wanted is not Decimal else kind


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in schema.items() if key not in ("title", "maxLength", "minLength", "anyOf")}
    if "anyOf" in schema:
        # Clients that know only one type a field drop such a tool; leaving an argument out says the same as null.
        kept = {"type": next(option["type"] for option in schema["anyOf"] if option["type"] != "null")} | kept
    default = kept.pop("default", None)
    if not kept.get("description"):
        kept.pop("description", None)
    if default not in (None, ""):
        kept["default"] = _as_number(default) if kept["type"] == "number" else default
    return kept


def _as_number(default: Any) -> int | float:
    number = float(default)
    return int(number) if number.is_integer() else number
