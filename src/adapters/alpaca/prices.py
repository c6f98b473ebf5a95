"""Prices on Alpaca's wire: quotes, bars and option chains, from REST answers and from streams alike."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from adapters.alpaca import fields
from adapters.alpaca.fields import Raw
from tradecore.errors import UnknownInstrument
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument, OptionContract, Right, parse_instrument
from tradecore.model.market import Bar, Quote, Trade

_MINUTE: Final = timedelta(minutes=1)
_CLOCKS_APART: Final = timedelta(seconds=2)
_CENTS: Final = Decimal(100)
_LARGEST_PRICE: Final = 1_000_000
_NOT_A_FRACTION: Final = 1e-6


def read_quote(instrument: Instrument, raw: Raw, received_at: datetime, source: str) -> Quote:
    """
    One quote; a side at zero is no side. A time barely after `received_at` is two clocks' difference, not the future.

    Raises:
        UnreadableAnswer: A field is missing or no number; it is named.
    """
    bid, bid_size = _side(raw, "bp", "bs")
    ask, ask_size = _side(raw, "ap", "as")
    return Quote(
        instrument=instrument,
        bid=bid,
        ask=ask,
        bid_size=bid_size,
        ask_size=ask_size,
        at=_no_later(fields.moment(raw, "t"), received_at),
        received_at=received_at,
        source=source,
    )


def _side(raw: Raw, price_name: str, size_name: str) -> tuple[Decimal | None, Decimal]:
    price = fields.optional_decimal(raw, price_name)
    if price is None or price <= 0:
        return None, Decimal(0)
    return price, fields.decimal(raw, size_name)


def _no_later(at: datetime, received_at: datetime) -> datetime:
    return received_at if received_at < at <= received_at + _CLOCKS_APART else at


def read_bar(instrument: Instrument, raw: Raw) -> Bar:
    """
    One bar of a minute.

    Raises:
        UnreadableAnswer: A field is missing or no number; it is named.
    """
    start = fields.moment(raw, "t")
    return Bar(
        instrument=instrument,
        start=start,
        end=start + _MINUTE,
        open=fields.decimal(raw, "o"),
        high=fields.decimal(raw, "h"),
        low=fields.decimal(raw, "l"),
        close=fields.decimal(raw, "c"),
        volume=fields.decimal(raw, "v"),
    )


def read_trade(instrument: Instrument, raw: Raw, received_at: datetime) -> Trade:
    """
    One print.

    Raises:
        UnreadableAnswer: A field is missing or no number; it is named.
    """
    at = _no_later(fields.moment(raw, "t"), received_at)
    return Trade(instrument, fields.decimal(raw, "p"), fields.decimal(raw, "s"), at)


def finished_bars(bars: Iterable[Bar], start: datetime, end: datetime, now: datetime) -> list[Bar]:
    """Bars that start in [start, end) and have ended, oldest first, each minute once."""
    kept = {bar.start: bar for bar in bars if start <= bar.start < end and bar.end <= now}
    return [kept[at] for at in sorted(kept)]


def read_chain(
    underlying: str, expiry: date, snapshots: Mapping[str, Raw], received_at: datetime, source: str
) -> OptionChain | None:
    """
    The chain of one expiry from snapshots by symbol; contracts without a quote have none on either side.

    None where no contract of that expiry has ever been quoted.

    Raises:
        UnreadableAnswer: A quote can't be read.
    """
    rows = sorted(_rows_of(underlying, expiry, snapshots, received_at), key=lambda row: _place(row.contract))
    if not rows:
        return None
    times = tuple(row.at for row in rows)
    return OptionChain(
        underlying=underlying,
        expiry=expiry,
        contracts=tuple(row.contract for row in rows),
        bid_cents=np.array([row.bid for row in rows], dtype=np.int64),
        ask_cents=np.array([row.ask for row in rows], dtype=np.int64),
        bid_size=np.array([row.bid_size for row in rows], dtype=np.int64),
        ask_size=np.array([row.ask_size for row in rows], dtype=np.int64),
        at=max(times),
        received_at=received_at,
        source=source,
        row_at=times,
        volume=np.array([_volume(snapshots, row.contract.symbol) for row in rows], dtype=np.int64),
    )


def _volume(snapshots: Mapping[str, Raw], symbol: str) -> int:
    """Contracts of the day's bar; below zero where the snapshot has none, which is not the same as no trade."""
    bar = fields.mapping(snapshots[symbol], symbol).get("dailyBar")
    volume = None if bar is None else fields.optional_decimal(fields.mapping(bar, "dailyBar"), "v")
    return -1 if volume is None else int(volume)


class _Row(NamedTuple):
    contract: OptionContract
    bid: int
    bid_size: int
    ask: int
    ask_size: int
    at: datetime


def _rows_of(underlying: str, expiry: date, snapshots: Mapping[str, Raw], received_at: datetime) -> Iterator[_Row]:
    for symbol, snapshot in snapshots.items():
        contract = _contract(symbol)
        if contract is None or contract.underlying != underlying or contract.expiry != expiry:
            continue
        found = fields.mapping(snapshot, symbol).get("latestQuote")
        if found is not None:
            raw = fields.mapping(found, "latestQuote")
            bid, ask = _side_in_cents(raw, "bp", "bs", ROUND_FLOOR), _side_in_cents(raw, "ap", "as", ROUND_CEILING)
            yield _Row(contract, *bid, *ask, _no_later(fields.moment(raw, "t"), received_at))


def _side_in_cents(raw: Raw, price_name: str, size_name: str, rounding: str) -> tuple[int, int]:
    """Price and size of one side; a chain has thousands, so a plain number of whole cents is not read as a Decimal."""
    price, size = raw.get(price_name), raw.get(size_name)
    if isinstance(price, float) and type(size) is int and 0 < price < _LARGEST_PRICE and size >= 0:
        whole = round(price * 100)
        if abs(price * 100 - whole) < _NOT_A_FRACTION:
            return whole, size
    exact, units = _side(raw, price_name, size_name)
    return (0 if exact is None else int((exact * _CENTS).to_integral_value(rounding))), int(units)


@lru_cache(maxsize=8_192)
def _contract(symbol: str) -> OptionContract | None:
    """Adjusted contracts (a digit in their root) and the like can't be traded here and are left out."""
    try:
        found = parse_instrument(symbol)
    except UnknownInstrument:
        return None
    return found if isinstance(found, OptionContract) else None


def _place(contract: OptionContract) -> tuple[bool, Decimal]:
    return contract.right is Right.PUT, contract.strike
