"""Quotes, trades, bars, snapshots and chains of options."""

import math
from datetime import date, datetime, timedelta
from typing import Any, Final

from adapters.simulated.brokerage.tape import Candle, SessionTape, Surface, Touch, merged, option_prints
from entrypoints.simulated_broker.answers import Answer, Call, instant, ok
from entrypoints.simulated_broker.data_errors import DataRefusal
from entrypoints.simulated_broker.reference import expiry_matches, hash_of, strike_matches
from entrypoints.simulated_broker.stock_data import bar_view, midnight, page, step_of
from tradecore.model.instruments import OptionContract
from tradecore.model.sessions import Session

EXCHANGES: Final = {"A": "AMEX - NYSE American", "C": "CBOE", "N": "NYSE Arca", "W": "CBOE2", "Z": "BATS"}
_MOST_SYMBOLS: Final = 100
_MOST_ROWS: Final = 10_000
_MOST_MINUTES: Final = 1_000
_MINUTE: Final = timedelta(minutes=1)


def quote_view(touch: Touch) -> dict[str, Any]:
    """A quote of a contract; a missing bid is zero, as on the wire."""
    return {"t": instant(touch.at)} | quote_fields(touch)


def quote_fields(touch: Touch) -> dict[str, Any]:
    """A quote of a contract without its time."""
    return {
        "ax": "C",
        "ap": float(touch.ask or 0),
        "as": touch.ask_size,
        "bx": "C",
        "bp": float(touch.bid or 0),
        "bs": touch.bid_size,
        "c": "A",
    }


def trade_view(contract: OptionContract, touch: Touch) -> dict[str, Any]:
    """The newest print of a contract: at the ask or the bid of its quote."""
    price = touch.ask if hash_of(contract.symbol) % 2 or touch.bid is None else touch.bid
    return {"t": instant(touch.at), "x": "C", "p": float(price or 0), "s": 1, "c": "I"}


def latest_quotes(call: Call) -> Answer:
    """GET /v1beta1/options/quotes/latest."""
    return ok({"quotes": {one.symbol: quote_view(touch) for one, touch in _wanted(call)}})


def latest_trades(call: Call) -> Answer:
    """GET /v1beta1/options/trades/latest."""
    return ok({"trades": {one.symbol: trade_view(one, touch) for one, touch in _wanted(call)}})


def trades(call: Call) -> Answer:
    """GET /v1beta1/options/trades."""
    found = {one.symbol: [trade_view(one, touch)] for one, touch in _wanted(call) if not page(call)}
    return ok({"trades": found, "next_page_token": None})


def bars(call: Call) -> Answer:
    """GET /v1beta1/options/bars: bars of the mid quote, from the session's start."""
    minutes, limit, skip = step_of(call), call.count("limit", 1_000, _MOST_ROWS), page(call)
    plan = [(one, at) for one, _ in _wanted(call) for at in _bar_starts(call, one, minutes)]
    found: dict[str, list[dict[str, Any]]] = {}
    shown = min(limit, max(_MOST_MINUTES // minutes, 1))
    for contract, at in plan[skip : skip + shown]:
        found.setdefault(contract.symbol, []).append(bar_view(_bar(call, contract, at, minutes)))
    return ok({"bars": found, "next_page_token": str(skip + shown) if len(plan) > skip + shown else None})


def snapshots(call: Call) -> Answer:
    """GET /v1beta1/options/snapshots."""
    now, listings = call.simulation.now(), call.simulation.brokerage.listings
    found: dict[str, Any] = {}
    for contract, _ in _wanted(call):
        tape = listings.tape(contract.root, now)
        surface = tape.chain(contract.expiry, now)
        if surface is not None and contract in surface.contracts:
            row = surface.contracts.index(contract)
            found[contract.symbol] = _snapshot(surface, row) | _day_bar(tape, contract.expiry, row, now)
    return ok({"snapshots": found, "next_page_token": None})


def chain(call: Call) -> Answer:
    """GET /v1beta1/options/snapshots/{underlying_symbol}: a page of the chain, by symbol."""
    underlying = call.path[0]
    if underlying not in call.simulation.brokerage.listings.shares():
        raise DataRefusal(400, f"invalid underlying symbol: {underlying[:32]}")
    limit, after = call.count("limit", 100, 1_000), call.query.get("page_token") or ""
    rows = sorted(_chain_rows(call, underlying), key=lambda row: row[0].symbol)
    rest = [row for row in rows if row[0].symbol > after]
    now = call.simulation.now()
    tape = call.simulation.brokerage.listings.tape(underlying, now)
    shown = {
        contract.symbol: _snapshot(surface, index) | _day_bar(tape, contract.expiry, index, now)
        for contract, surface, index in rest[:limit]
    }
    token = rest[limit - 1][0].symbol if len(rest) > limit else None
    return ok({"snapshots": shown, "next_page_token": token})


def exchanges(_: Call) -> Answer:
    """GET /v1beta1/options/meta/exchanges."""
    return ok(EXCHANGES)


def conditions(_: Call) -> Answer:
    """GET /v1beta1/options/meta/conditions/{ticktype}."""
    return ok({"A": "SLAN - Single Leg Auction Non ISO", "I": "AUTO - Automatic"})


def _chain_rows(call: Call, underlying: str) -> list[tuple[OptionContract, Surface, int]]:
    now, listings = call.simulation.now(), call.simulation.brokerage.listings
    kind, root = call.query.get("type"), call.query.get("root_symbol")
    if root and root != underlying:
        return []
    found = []
    for expiry in _expiries(call, listings.expiries(underlying, now)):
        surface = listings.tape(underlying, now).chain(expiry, now)
        for index, contract in enumerate(surface.contracts if surface else ()):
            if surface and strike_matches(call, contract.strike) and kind in (None, "", contract.right.value):
                found.append((contract, surface, index))
    return found


def _expiries(call: Call, listed: list[date]) -> list[date]:
    return [one for one in listed if expiry_matches(call, one)]


def _snapshot(surface: Surface, index: int) -> dict[str, Any]:
    contract, touch, greeks = surface.contracts[index], surface.touches[index], surface.greeks
    shown: dict[str, Any] = {"latestQuote": quote_view(touch), "latestTrade": trade_view(contract, touch)}
    # Far from the money the service has no volatility either, and leaves both members out.
    if touch.bid is not None and touch.bid > 0 and not math.isnan(surface.volatilities[index]):
        shown["impliedVolatility"] = round(surface.volatilities[index], 4)
        shown["greeks"] = {
            "delta": round(float(greeks.delta[index]), 4),
            "gamma": round(float(greeks.gamma[index]), 4),
            "rho": 0.0,
            "theta": round(float(greeks.theta_per_day[index]), 4),
            "vega": round(float(greeks.vega_per_point[index]), 4),
        }
    return shown


def _day_bar(tape: SessionTape, expiry: date, row: int, now: datetime) -> dict[str, Any]:
    bar = tape.option_day(expiry, now).candle(row, midnight(tape.session))
    return {} if bar is None else {"dailyBar": bar_view(bar)}


def _wanted(call: Call) -> list[tuple[OptionContract, Touch]]:
    now, listings = call.simulation.now(), call.simulation.brokerage.listings
    given = call.names("symbols")
    if not given:
        raise DataRefusal(400, "symbols is required")
    if len(given) > _MOST_SYMBOLS:
        raise DataRefusal(400, f"at most {_MOST_SYMBOLS} symbols are allowed")
    found = []
    for symbol in dict.fromkeys(given):
        contract = listings.find(symbol)
        if not isinstance(contract, OptionContract):
            raise DataRefusal(400, f"invalid symbol: {symbol[:32]}")
        touch = listings.touch(contract, now)
        if touch is not None:
            found.append((contract, touch))
    return found


def _bar_starts(call: Call, contract: OptionContract, minutes: int) -> list[datetime]:
    session = _session(call, contract)
    start, end = call.instant("start", session.opens), _bars_end(call, contract)
    step = _MINUTE * minutes
    first = max(-((session.opens - start) // step), 0) if start > session.opens else 0
    count = max(-((session.opens - end) // step), 0)
    starts = (session.opens + step * number for number in range(first, count))
    return [at for at in starts if at + _MINUTE <= end]


def _bars_end(call: Call, contract: OptionContract) -> datetime:
    now = call.simulation.now()
    return min(call.instant("end", now), now, _session(call, contract).closes)


def _session(call: Call, contract: OptionContract) -> Session:
    return call.simulation.brokerage.listings.tape(contract.root, call.simulation.now()).session


def _bar(call: Call, contract: OptionContract, at: datetime, minutes: int) -> Candle:
    end = _bars_end(call, contract)
    found = [
        _minute(call, contract, at + _MINUTE * number)
        for number in range(minutes)
        if at + _MINUTE * (number + 1) <= end
    ]
    return merged(found)._replace(at=at)


def _minute(call: Call, contract: OptionContract, at: datetime) -> Candle:
    listings = call.simulation.brokerage.listings
    touches = [listings.touch(contract, at + _MINUTE * share / 4) for share in range(4)]
    prices = [float(((one.bid or one.ask or 0) + (one.ask or 0)) / 2) for one in touches if one is not None] or [0.0]
    volume = listings.tape(contract.root, call.simulation.now()).option_volume(contract, at)
    average = round(sum(prices) / len(prices), 6)
    return Candle(at, prices[0], max(prices), min(prices), prices[-1], volume, option_prints(volume), average)
