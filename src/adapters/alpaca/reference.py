"""Assets, corporate announcements and watchlists of an Alpaca account."""

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from adapters.alpaca import fields
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.fields import Raw, UnreadableAnswer
from adapters.alpaca.http import Refused
from tradecore.model.reference import Announcement, Asset, Watchlist
from tradecore.ports.asset_directory import AssetDirectory
from tradecore.ports.clock import Clock
from tradecore.ports.corporate_actions import CorporateActions
from tradecore.ports.watchlists import Watchlists

_ASSETS_STAND_S: Final = 6 * 3600.0
_KINDS: Final = "dividend,merger,spinoff,split"
_DETAILS: Final = ("ca_sub_type", "cash", "old_rate", "new_rate", "target_symbol")


class AlpacaReference(AssetDirectory, CorporateActions, Watchlists):
    """Writes nothing but watchlists."""

    def __init__(self, calls: Calls, *, clock: Clock) -> None:
        """Ask nothing yet."""
        self._calls = calls
        self._clock = clock
        self._assets: tuple[float, list[Asset]] | None = None

    async def asset(self, symbol: str) -> Asset | None:
        """One asset."""
        try:
            answer = await self._read(f"/assets/{quote(symbol, safe='')}")
        except Refused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return read_asset(fields.mapping(answer, "asset"))

    async def assets(self) -> Sequence[Asset]:
        """Every active one, asked for again after six hours."""
        now = self._clock.machine_seconds()
        if self._assets is None or now - self._assets[0] > _ASSETS_STAND_S:
            answer = await self._read("/assets", status="active", asset_class="us_equity")
            found = [read_asset(row) for row in fields.rows(answer, "assets")]
            self._assets = (now, sorted(found, key=lambda asset: asset.symbol))
        return self._assets[1]

    async def announcements(self, symbol: str | None, since: date, until: date) -> Sequence[Announcement]:
        """Of every kind."""
        days = {"since": since.isoformat(), "until": until.isoformat()}
        answer = await self._read("/corporate_actions/announcements", ca_types=_KINDS, symbol=symbol, **days)
        found = [read_announcement(row) for row in fields.rows(answer, "announcements")]
        return sorted(found, key=lambda one: (one.ex_day or date.max, one.symbol))

    async def watchlists(self) -> Sequence[Watchlist]:
        """The list of lists has no symbols, so each is asked for."""
        rows = fields.rows(await self._read("/watchlists"), "watchlists")
        found = [read_watchlist(await self._read(f"/watchlists/{fields.text(row, 'id')}")) for row in rows]
        return sorted(found, key=lambda one: one.name)

    async def create(self, name: str, symbols: Sequence[str]) -> Watchlist:
        """POST."""
        return await self._write("POST", "/watchlists", {"name": name, "symbols": list(symbols)})

    async def update(self, watchlist_id: str, name: str | None, symbols: Sequence[str] | None) -> Watchlist:
        """PUT, with the parts that stay as they are."""
        path = f"/watchlists/{quote(watchlist_id, safe='')}"
        known = read_watchlist(await self._read(path))
        kept = {"name": name or known.name, "symbols": list(known.symbols if symbols is None else symbols)}
        return await self._write("PUT", path, kept)

    async def _read(self, path: str, **query: Any) -> Any:
        return await self._calls.ask(Lane.REFERENCE, lambda http: http.trading(path, **query))

    async def _write(self, method: str, path: str, body: Raw) -> Watchlist:
        return read_watchlist(await self._calls.ask(Lane.REFERENCE, lambda http: http.write(method, path, body)))


def read_asset(raw: Raw) -> Asset:
    """
    One asset.

    Raises:
        UnreadableAnswer: It has no symbol.
    """
    return Asset(
        symbol=fields.text(raw, "symbol"),
        name=fields.optional_text(raw, "name") or "",
        exchange=fields.optional_text(raw, "exchange") or "",
        asset_class=fields.optional_text(raw, "class") or "",
        tradable=raw.get("tradable") is True and raw.get("status") == "active",
        shortable=raw.get("shortable") is True,
        fractionable=raw.get("fractionable") is True,
        has_options="has_options" in (raw.get("attributes") or ()),
    )


def read_announcement(raw: Raw) -> Announcement:
    """
    One announcement.

    Raises:
        UnreadableAnswer: It names no symbol, or a day is none.
    """
    detail = ", ".join(f"{name} {raw[name]}" for name in _DETAILS if raw.get(name) not in (None, ""))
    symbol = fields.optional_text(raw, "initiating_symbol") or fields.text(raw, "target_symbol")
    return Announcement(
        symbol=symbol,
        kind=fields.text(raw, "ca_type"),
        detail=detail,
        declared=_day(raw, "declaration_date"),
        ex_day=_day(raw, "ex_date"),
        payable=_day(raw, "payable_date"),
    )


def read_watchlist(answer: Any) -> Watchlist:
    """
    One list with its symbols.

    Raises:
        UnreadableAnswer: It has no id or no name.
    """
    raw = fields.mapping(answer, "watchlist")
    symbols = tuple(fields.text(row, "symbol") for row in fields.rows(raw.get("assets"), "assets"))
    return Watchlist(watchlist_id=fields.text(raw, "id"), name=fields.text(raw, "name"), symbols=symbols)


def _day(raw: Raw, name: str) -> date | None:
    written = fields.optional_text(raw, name)
    try:
        return None if written is None else date.fromisoformat(written[:10])
    except ValueError:
        raise UnreadableAnswer(f"{name}: {fields.shown(written)} is no day") from None
