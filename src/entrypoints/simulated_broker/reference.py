"""Assets, contracts, clock, calendar, corporate actions and watchlists: the referring half of the trading API."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson

from adapters.simulated.brokerage import watchlists
from adapters.simulated.brokerage.listings import Listing, Listings, asset_id, session_now_or_next
from adapters.simulated.brokerage.refusals import MALFORMED, Refusal, invalid, not_found
from adapters.simulated.brokerage.tickets import number
from entrypoints.simulated_broker.answers import EMPTY, Answer, Call, instant, ok, text
from entrypoints.simulated_broker.trading import account_of
from tradecore.errors import DataMissing
from tradecore.model.instruments import OptionContract
from tradecore.model.session_table import FIRST_DAY, LAST_DAY
from tradecore.model.sessions import NEW_YORK, Session, next_session, previous_session, session_on

_MOST_CONTRACTS: Final = 10_000


def get_assets(call: Call) -> Answer:
    """GET /v2/assets."""
    kind, exchange, state = (call.query.get(name) for name in ("asset_class", "exchange", "status"))
    shown = [asset_view(one) for one in _listed(call).values()] if state in (None, "", "active", "all") else []
    shown = [one for one in shown if not kind or one["class"] == kind]
    return ok([one for one in shown if not exchange or one["exchange"] == exchange])


def get_asset(call: Call) -> Answer:
    """GET /v2/assets/{symbol_or_asset_id}."""
    for one in _listed(call).values():
        if call.path[0] in (one.symbol, one.symbol.replace("/", ""), asset_id(one.symbol)):
            return ok(asset_view(one))
    raise not_found(f"asset not found for {call.path[0][:40]}")


def asset_view(listing: Listing) -> dict[str, Any]:
    """An equity or a pair."""
    equity = not listing.is_crypto
    shown: dict[str, Any] = {
        "id": asset_id(listing.symbol),
        "class": "us_equity" if equity else "crypto",
        "exchange": listing.exchange,
        "symbol": listing.symbol,
        "name": listing.name,
        "status": "active",
        "tradable": True,
        "marginable": equity,
        "shortable": equity,
        "easy_to_borrow": equity,
        "fractionable": True,
        "maintenance_margin_requirement": 30 if equity else 100,
        "margin_requirement_long": "30" if equity else "100",
        "margin_requirement_short": "30" if equity else "100",
        "attributes": ["has_options"] if equity else [],
    }
    if not equity:
        shown |= {"min_order_size": "0.000000001", "min_trade_increment": "0.000000001", "price_increment": "0.01"}
    return shown


def get_contracts(call: Call) -> Answer:
    """GET /v2/options/contracts."""
    simulation = call.simulation
    simulation.look()
    found = [one for one in _contracts(call) if _contract_matches(call, one)]
    found.sort(key=lambda one: one.symbol)
    limit = call.count("limit", 100, _MOST_CONTRACTS)
    after = call.query.get("page_token")
    if after:
        found = [one for one in found if one.symbol > after]
    more = found[limit - 1].symbol if len(found) > limit else None
    shown = [contract_view(simulation.brokerage.listings, one, simulation.now()) for one in found[:limit]]
    return ok({"option_contracts": shown, "next_page_token": more})


def get_contract(call: Call) -> Answer:
    """GET /v2/options/contracts/{symbol_or_id}."""
    simulation = call.simulation
    simulation.look()
    found = simulation.brokerage.listings.find(call.path[0])
    if found is None:
        every = (one for symbol in _optionable(call) for one in _listed_on(call, symbol))
        found = next((one for one in every if asset_id(one.symbol) == call.path[0]), None)
    if not isinstance(found, OptionContract) or not simulation.brokerage.listings.is_listed(found, simulation.now()):
        raise not_found(f"option contract not found for {call.path[0][:40]}")
    return ok(contract_view(simulation.brokerage.listings, found, simulation.now()))


def contract_view(listings: Listings, contract: OptionContract, now: datetime) -> dict[str, Any]:
    """A contract; its close is the ask that stood when the session before ended."""
    size = str(contract.multiplier)
    before = previous_session(session_now_or_next(now).day)
    closed = listings.tape_of(contract.root, before).option_touch(contract, before.closes)
    return {
        "id": asset_id(contract.symbol),
        "symbol": contract.symbol,
        "name": f"{contract.root} {contract.expiry:%b %d %Y} {text(contract.strike)} {contract.right.title()}",
        "status": "active",
        "tradable": True,
        "expiration_date": contract.expiry.isoformat(),
        "root_symbol": contract.root,
        "underlying_symbol": contract.root,
        "underlying_asset_id": asset_id(contract.root),
        "type": contract.right.value,
        "style": "american",
        "strike_price": text(contract.strike),
        "multiplier": size,
        "ppind": contract.tick(Decimal(5)) == Decimal("0.01"),
        "size": size,
        "open_interest": str(1_000 + hash_of(contract.symbol) % 9_000),
        "open_interest_date": before.day.isoformat(),
        "close_price": "0" if closed is None else text(closed.ask),
        "close_price_date": before.day.isoformat(),
    }


def hash_of(symbol: str) -> int:
    """A number that belongs to a symbol."""
    return int(asset_id(symbol)[:8], 16)


def get_clock(call: Call) -> Answer:
    """GET /v2/clock."""
    simulation = call.simulation
    simulation.look()
    now = simulation.now()
    books = simulation.brokerage.books
    current = session_on(now.astimezone(NEW_YORK).date())
    inside = current is not None and current.opens <= now < current.closes
    ahead = session_now_or_next(now)
    opens = next_session(ahead.day).opens if inside else ahead.opens
    told = now + timedelta(seconds=simulation.faults.skew_seconds)
    shown = {"timestamp": told, "next_open": opens, "next_close": ahead.closes}
    local = {name: instant(at.astimezone(NEW_YORK)) for name, at in shown.items()}
    return ok(local | {"is_open": books.always_open or inside})


def get_calendar(call: Call) -> Answer:
    """GET /v2/calendar."""
    first = max(call.instant("start", datetime.combine(FIRST_DAY, datetime.min.time())).date(), FIRST_DAY)
    last = min(call.instant("end", datetime.combine(LAST_DAY, datetime.min.time())).date(), LAST_DAY)
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    sessions = [session for day in days if (session := session_on(day)) is not None]
    settles = [one.day for one in sessions[1:]] + [_settlement(one) for one in sessions[-1:]]
    return ok([_calendar_day(one, settled) for one, settled in zip(sessions, settles, strict=True)])


def get_announcements(_: Call) -> Answer:
    """GET /v2/corporate_actions/announcements: there are none in this world."""
    return ok([])


def get_announcement(call: Call) -> Answer:
    """GET /v2/corporate_actions/announcements/{id}."""
    raise not_found(f"announcement not found for {call.path[0][:40]}")


def get_watchlists(call: Call) -> Answer:
    """GET /v2/watchlists."""
    account = account_of(call)
    return ok([_watchlist_view(call, one, assets=False) for one in account.watchlists.values()])


def post_watchlist(call: Call) -> Answer:
    """POST /v2/watchlists."""
    body = call.json()
    return _kept(call, None, _name(body, None), _symbols(body))


def get_watchlist(call: Call) -> Answer:
    """GET /v2/watchlists/{id} and GET /v2/watchlists:by_name."""
    return ok(_watchlist_view(call, _watchlist(call)))


def put_watchlist(call: Call) -> Answer:
    """PUT /v2/watchlists/{id} and PUT /v2/watchlists:by_name."""
    known, body = _watchlist(call), call.json()
    symbols = _symbols(body) if "symbols" in body else known["symbols"]
    return _kept(call, known["id"], _name(body, known["name"]), symbols)


def post_to_watchlist(call: Call) -> Answer:
    """POST /v2/watchlists/{id} and POST /v2/watchlists:by_name: add one symbol."""
    known, body = _watchlist(call), call.json()
    symbol = body.get("symbol")
    if not isinstance(symbol, str) or not symbol:
        raise invalid("symbol is required")
    return _kept(call, known["id"], known["name"], [*known["symbols"], symbol])


def delete_watchlist(call: Call) -> Answer:
    """DELETE /v2/watchlists/{id} and DELETE /v2/watchlists:by_name."""
    known = _watchlist(call)
    call.simulation.do(call.account, "unwatch", {"id": known["id"]}, lambda _: b"")
    return EMPTY


def delete_from_watchlist(call: Call) -> Answer:
    """DELETE /v2/watchlists/{id}/{symbol}."""
    known = watchlists.find(account_of(call), call.path[0])
    if call.path[1] not in known["symbols"]:
        raise not_found("symbol not in watchlist")
    return _kept(call, known["id"], known["name"], [one for one in known["symbols"] if one != call.path[1]])


def _kept(call: Call, list_id: str | None, name: str, symbols: list[str]) -> Answer:
    given = {"id": list_id, "name": name, "symbols": symbols}

    def render(kept: dict[str, Any]) -> bytes:
        return orjson.dumps(_watchlist_view(call, kept))

    return 200, call.simulation.do(call.account, "watch", given, render)


def _watchlist(call: Call) -> dict[str, Any]:
    account = account_of(call)
    if call.path:
        return watchlists.find(account, call.path[0])
    return watchlists.find_by_name(account, call.query.get("name", ""))


def _watchlist_view(call: Call, kept: dict[str, Any], *, assets: bool = True) -> dict[str, Any]:
    shown = {
        "id": kept["id"],
        "account_id": call.account,
        "created_at": instant(kept["created_at"]),
        "updated_at": instant(kept["updated_at"]),
        "name": kept["name"],
    }
    if assets:
        listed = _listed(call)
        shown["assets"] = [asset_view(listed[symbol]) for symbol in kept["symbols"] if symbol in listed]
    return shown


def _listed(call: Call) -> Mapping[str, Listing]:
    return call.simulation.brokerage.listings.listed


def _name(body: dict[str, Any], known: str | None) -> str:
    given = body.get("name", known)
    if not isinstance(given, str):
        raise invalid("name is required")
    return given


def _symbols(body: dict[str, Any]) -> list[str]:
    given = body.get("symbols") or []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise invalid("symbols must be a list of strings")
    return given


def _optionable(call: Call) -> list[str]:
    return call.simulation.brokerage.listings.shares()


def _contracts(call: Call) -> list[OptionContract]:
    wanted = call.names("underlying_symbols") or [call.query.get("root_symbol") or "SPY"]
    return [one for symbol in wanted if symbol in _optionable(call) for one in _listed_on(call, symbol)]


def _listed_on(call: Call, symbol: str) -> list[OptionContract]:
    listings, now = call.simulation.brokerage.listings, call.simulation.now()
    tape = listings.tape(symbol, now)
    return [one for expiry in listings.expiries(symbol, now) for one in tape.contracts(expiry)]


def _contract_matches(call: Call, contract: OptionContract) -> bool:
    root, kind, style = (call.query.get(name) for name in ("root_symbol", "type", "style"))
    if (root and contract.root != root) or (kind and contract.right.value != kind) or style == "european":
        return False
    if call.query.get("status") == "inactive":
        return False
    return strike_matches(call, contract.strike) and expiry_matches(call, contract.expiry)


def strike_matches(call: Call, strike: Decimal) -> bool:
    """Whether a strike lies between `strike_price_gte` and `strike_price_lte`."""
    low, high = number(call.query, "strike_price_gte"), number(call.query, "strike_price_lte")
    return (low is None or strike >= low) and (high is None or strike <= high)


def expiry_matches(call: Call, expiry: date) -> bool:
    """Whether a day is the wanted expiration date, or lies in the wanted range."""
    only, first, last = (_day(call, f"expiration_date{end}") for end in ("", "_gte", "_lte"))
    return only in (None, expiry) and (first is None or expiry >= first) and (last is None or expiry <= last)


def _day(call: Call, name: str) -> date | None:
    given = call.query.get(name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise Refusal(400, MALFORMED, f"invalid {name}: expected YYYY-MM-DD") from error


def _settlement(session: Session) -> date:
    try:
        return next_session(session.day).day
    except DataMissing:
        # The table of sessions ends here.
        return session.day + timedelta(days=1)


def _calendar_day(session: Session, settled: date) -> dict[str, Any]:
    opens, closes = (at.astimezone(NEW_YORK) for at in (session.opens, session.closes))
    return {
        "date": session.day.isoformat(),
        "open": f"{opens:%H:%M}",
        "close": f"{closes:%H:%M}",
        "session_open": "0400",
        "session_close": "1700" if session.is_half_day else "2000",
        "settlement_date": settled.isoformat(),
    }
