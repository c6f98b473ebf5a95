"""Looking an account over before a desk stands on it: keys, brakes, feeds, clocks, latency."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from adapters.alpaca import fields
from adapters.alpaca.http import AlpacaHttp, Refused
from adapters.alpaca.market import REMARKS, Feeds
from adapters.alpaca.records import AccountFlags, read_flags
from tradecore.errors import PortError, Rejected

_SKEWED_S: Final = 2.0
_SLOW_MS: Final = 500.0
_SPREADS: Final = 3
_NO_ENTRY: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at: `ok`, `warning` or `failed`, what was found and what to do."""

    name: str
    status: str
    found: str


def entitled_feeds(http: AlpacaHttp, stocks: str) -> Feeds:
    """
    The best feeds that the account may read, no better than `stocks`; blocking.

    Raises:
        Unavailable, OutcomeUnknown: The service did not answer.
        Rejected: The keys are not accepted, or not even the free feeds.
    """
    wanted = (stocks, "iex") if stocks != "iex" else ("iex",)
    found = next((feed for feed in wanted if _may_read_stocks(http, feed)), None)
    options = next((feed for feed in ("opra", "indicative") if _may_read_options(http, feed)), None)
    if found is None or options is None:
        raise Rejected("the account may read no market data, not even the free feeds")
    return Feeds(found, options)


def _may_read_stocks(http: AlpacaHttp, feed: str) -> bool:
    return _allowed(lambda: http.stocks("/stocks/quotes/latest", symbols="SPY", feed=feed))


def _may_read_options(http: AlpacaHttp, feed: str) -> bool:
    return _allowed(lambda: http.options("/options/snapshots/SPY", feed=feed, limit=1))


def _allowed(read: Callable[[], object]) -> bool:
    try:
        read()
    except Refused as refusal:
        if refusal.status == HTTPStatus.FORBIDDEN:
            return False
        raise
    return True


def examine_account(http: AlpacaHttp, stocks: str, wall: Callable[[], datetime]) -> Iterator[Remark]:
    """Everything about an account that a desk on it needs, one remark each; blocking."""
    began = time.perf_counter()
    try:
        flags = read_flags(fields.mapping(http.trading("/account"), "account"))
    except Refused as refusal:
        yield Remark("keys", "failed", _about_keys(refusal))
        return
    except PortError as problem:
        yield Remark("keys", "failed", f"{problem}; is the network there?")
        return
    yield Remark("keys", "ok", f"accepted, account {flags.number}")
    yield _about_status(flags)
    yield _about_options(flags)
    yield from _about_feeds(http, stocks)
    yield _about_clock(http, wall)
    took = (time.perf_counter() - began) * 1000 / 5
    advice = "; quotes may be too old before an order is there" if took > _SLOW_MS else ""
    yield Remark("latency", "warning" if took > _SLOW_MS else "ok", f"{took:.0f} ms a request{advice}")


def _about_keys(refusal: Refused) -> str:
    if refusal.status in _NO_ENTRY:
        where = "https://app.alpaca.markets, paper account, API keys"
        return f"refused (HTTP {refusal.status}): set ALPACA_API_KEY and ALPACA_SECRET_KEY to a pair from {where}"
    return f"HTTP {refusal.status}: {refusal}"


def _about_status(flags: AccountFlags) -> Remark:
    if flags.blocks:
        what = ", ".join(flags.blocks)
        return Remark("account", "failed", f"{what}: the account may not trade; lift it at Alpaca, never here")
    good = flags.status == "ACTIVE"
    return Remark("account", "ok" if good else "failed", f"status {flags.status}{'' if good else ', not ACTIVE'}")


def _about_options(flags: AccountFlags) -> Remark:
    level = flags.options_trading_level
    if level is None:
        return Remark("options level", "warning", "the account does not say; options may be refused")
    if level < _SPREADS:
        need = "options are refused" if level < 2 else "several legs are refused"
        return Remark("options level", "warning", f"{level}: {need}; ask Alpaca for level 3")
    return Remark("options level", "ok", f"{level} (approved {flags.options_approved_level})")


def _about_feeds(http: AlpacaHttp, stocks: str) -> Iterator[Remark]:
    try:
        feeds = entitled_feeds(http, stocks)
    except PortError as problem:
        yield Remark("market data", "failed", str(problem))
        return
    less = f"; ALPACA_DATA_FEED asks for {stocks}, which needs a subscription" if feeds.stocks != stocks else ""
    for name, feed, more in (("stock feed", feeds.stocks, less), ("option feed", feeds.options, "")):
        remark = REMARKS.get(feed, "")
        yield Remark(name, "warning" if remark else "ok", f"{feed}{remark}{more}")


def _about_clock(http: AlpacaHttp, wall: Callable[[], datetime]) -> Remark:
    began = wall()
    try:
        raw = fields.mapping(http.trading("/clock"), "clock")
        there = fields.moment(raw, "timestamp")
    except PortError as problem:
        return Remark("broker clock", "warning", str(problem))
    here = began + (wall() - began) / 2
    skew = (here - there).total_seconds()
    is_open = "open" if raw.get("is_open") is True else "closed"
    bad = abs(skew) > _SKEWED_S
    advice = "; set this machine's clock by NTP, or quotes look older or newer than they are" if bad else ""
    return Remark("broker clock", "warning" if bad else "ok", f"{skew:+.2f} s here, exchange {is_open}{advice}")
