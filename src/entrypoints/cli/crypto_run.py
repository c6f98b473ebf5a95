"""Running crypto market reports in one process, and reading those that others keep."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import typer
from rich.live import Live

from entrypoints.cli.crypto_view import NO_REPORT, Report, line, view
from entrypoints.cli.ending import ending
from entrypoints.cli.terminal import Terminal
from entrypoints.settings import Settings
from entrypoints.wiring.crypto_feeds import silence_of
from entrypoints.wiring.crypto_house import CryptoHouse, MarketReports, crypto_house, running_house
from tradecore.errors import Unavailable
from tradecore.usecases.market_reports import SymbolNotIndexed

_LOOKS_EACH_S: Final = 0.5
_TELLS_EACH_S: Final = 1.0
_SILENT_AFTER_S: Final = 10.0

Show = Callable[[Mapping[str, Report | str]], None]
_Ends = Sequence["asyncio.Future[Any]"]


async def run_reports(settings: Settings, *, as_json: bool) -> None:
    """
    Feed, work and show until the feed's events end or somebody ends the command.

    Raises:
        TradeError: What failed.
    """
    house = crypto_house(settings, feeds=True, works=True)
    async with ending() as ended, running_house(house) as running:
        typer.echo(f"tradecore: {_told(house, settings)}; Ctrl-C ends it", err=True)
        symbols = house.feed.symbols if house.feed else ()
        async with _shown(as_json) as (show, seconds):
            silence = asyncio.create_task(_tell_silence(house))
            await _follow(house.reports, symbols, show, seconds, (running, asyncio.ensure_future(ended.wait())))
            silence.cancel()
        if running.done():
            running.result()
    typer.echo("tradecore: ended in order", err=True)


async def _tell_silence(house: CryptoHouse) -> None:
    """Say once why there is nothing to show yet, for a feed that can't connect tries for ever."""
    await asyncio.sleep(_SILENT_AFTER_S)
    if house.feed is not None and house.figures.idle_s is None:
        typer.echo(f"tradecore: still no report: {silence_of(house.feed)}; trying on", err=True)


async def show_report(
    settings: Settings, symbol: str, sections: Sequence[str], levels: int | None, *, watch: bool, as_json: bool
) -> None:
    """
    A pair's report, once or again and again.

    Raises:
        SymbolNotIndexed, InvalidRequest, Unavailable: See `get_report`.
    """
    house = crypto_house(settings, feeds=False, works=False)
    try:
        report = await house.reports.get(symbol, sections, levels)
        if not watch:
            typer.echo(_as_json(report, pretty=not as_json))
            return
        async with ending() as ended, _shown(as_json) as (show, seconds):
            await _follow(house.reports, (report["symbol"],), show, seconds, (asyncio.ensure_future(ended.wait()),))
    finally:
        await house.close()


async def _follow(reports: MarketReports, symbols: Sequence[str], show: Show, seconds: float, until: _Ends) -> None:
    """Show the reports every so many seconds until one of these is done; the last ones are shown too."""
    while True:
        done, _ = await asyncio.wait(until, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        show({symbol: await _newest(reports, symbol) for symbol in symbols})
        if done:
            return


async def _newest(reports: MarketReports, symbol: str) -> Report | str:
    """The report, or why there is none."""
    try:
        return await reports.get(symbol)
    except SymbolNotIndexed:
        return NO_REPORT
    except Unavailable as problem:
        return f"backend_unavailable: {problem}"


@asynccontextmanager
async def _shown(as_json: bool) -> AsyncIterator[tuple[Show, float]]:
    """How reports are shown, and every how many seconds: JSON lines, a live table, or lines of text."""
    terminal = Terminal()
    if as_json or not terminal.is_terminal:
        yield lambda reports: _tell(reports, _as_json if as_json else line), _TELLS_EACH_S
        return
    with Live(console=terminal, auto_refresh=False, transient=False) as live:
        yield lambda reports: live.update(view(reports), refresh=True), _LOOKS_EACH_S


def _tell(reports: Mapping[str, Report | str], told: Callable[[Report], str]) -> None:
    """Reports on stdout, what keeps them away on stderr; a pair that has no report yet is nothing to tell."""
    for symbol, report in reports.items():
        if not isinstance(report, str):
            typer.echo(told(report))
        elif report != NO_REPORT:
            typer.echo(f"{symbol}: {report}", err=True)
    sys.stdout.flush()


def _as_json(report: Report, *, pretty: bool = False) -> str:
    return orjson.dumps(report, option=orjson.OPT_INDENT_2 if pretty else 0).decode()


def _told(house: CryptoHouse, settings: Settings) -> str:
    where = "this process" if settings.redis_url is None else "Redis"
    venue, symbols = ("", ()) if house.feed is None else (house.feed.venue, house.feed.symbols)
    return f"{settings.crypto_feed} feed ({venue}) of {', '.join(symbols)}, reports in {where}"
