"""`tradecore option`: price, greeks and implied volatility of one option."""

import dataclasses
import json
from enum import StrEnum
from typing import Annotated

import typer

from tradecore.analysis.option_calculator import (
    MinuteClock,
    OptionFigures,
    OptionTerms,
    figures_at_price,
    figures_at_quote,
    figures_at_volatility,
)
from tradecore.errors import InvalidRequest


class Side(StrEnum):
    """Right of an option."""

    CALL = "call"
    PUT = "put"


class Clock(StrEnum):
    """Which minutes count."""

    CALENDAR = "calendar"
    TRADING = "trading"


def option(
    spot: Annotated[float, typer.Option(help="Price of the underlying, dollars.")],
    strike: Annotated[float, typer.Option(help="Dollars.")],
    minutes: Annotated[float, typer.Option(help="Minutes to expiry, of the clock chosen.")],
    right: Annotated[Side, typer.Option(help="call or put.")],
    rate: Annotated[float, typer.Option(help="Interest, continuously compounded: 0.04 is 4 % a year.")] = 0.0,
    vol: Annotated[float | None, typer.Option(help="Volatility: 0.2 is 20 % a year of the clock chosen.")] = None,
    price: Annotated[float | None, typer.Option(help="Price per share, instead of --vol.")] = None,
    bid: Annotated[float | None, typer.Option(help="Best bid per share, with --ask.")] = None,
    ask: Annotated[float | None, typer.Option(help="Best ask per share, with --bid.")] = None,
    clock: Annotated[
        Clock, typer.Option(help="calendar: 525,600 minutes a year; trading: 252 x 390.")
    ] = Clock.CALENDAR,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Price, greeks and implied volatility of an option, in full precision, from --vol, --price, or --bid and --ask."""
    terms = OptionTerms(
        spot=spot, strike=strike, minutes=minutes, rate=rate, is_call=right is Side.CALL, clock=MinuteClock[clock.name]
    )
    shown = dataclasses.asdict(_figures(terms, vol, price, bid, ask))
    if as_json:
        typer.echo(json.dumps(shown, allow_nan=False))
        return
    for name, value in shown.items():
        if value is not None or name != "iv_reason":
            typer.echo(f"{name:<17} {'-' if value is None else value}")


def _figures(
    terms: OptionTerms, vol: float | None, price: float | None, bid: float | None, ask: float | None
) -> OptionFigures:
    given = [name for name, value in (("--vol", vol), ("--price", price)) if value is not None]
    given += ["--bid and --ask"] if bid is not None or ask is not None else []
    if len(given) != 1:
        named = f"not {', '.join(given)} together" if given else "one of them is needed"
        raise InvalidRequest(f"give --vol, --price, or --bid and --ask: {named}")
    if vol is not None:
        return figures_at_volatility(terms, vol)
    if price is not None:
        return figures_at_price(terms, price)
    if bid is None or ask is None:
        raise InvalidRequest(f"{'--bid' if bid is None else '--ask'} is missing: a quote has both sides")
    return figures_at_quote(terms, bid, ask)
