"""News, the screener, corporate actions, and reference tables of the market-data API."""

from datetime import datetime, timedelta
from typing import Any, Final

from adapters.simulated.brokerage.tape import merged
from entrypoints.simulated_broker.answers import Answer, Call, instant, ok
from entrypoints.simulated_broker.data_errors import DataRefusal
from entrypoints.simulated_broker.stock_data import page, wanted

_EVERY: Final = timedelta(minutes=15)
_MOST_NEWS: Final = 50
_MOST_PAGES_BACK: Final = 3 * 96


def news_item(call: Call, number: int) -> dict[str, Any]:
    """The item of one quarter of an hour since 1970: what a share cost then, said to be simulated."""
    at = datetime.fromtimestamp(number * _EVERY.total_seconds(), tz=call.simulation.now().tzinfo)
    symbols = call.simulation.brokerage.listings.shares()
    symbol = symbols[number % len(symbols)]
    trade = call.simulation.brokerage.listings.tape(symbol, at).trade(at)
    price = "unquoted" if trade is None else f"at {trade.price}"
    headline = f"Simulated: {symbol} trades {price}"
    return {
        "id": number,
        "headline": headline,
        "author": "tradecore sim",
        "created_at": instant(at),
        "updated_at": instant(at),
        "summary": f"{headline}. This item was made by a simulation.",
        "content": f"<p>{headline}.</p>",
        "images": [],
        "symbols": [symbol],
        "source": "simulation",
        "url": None,
    }


def news(call: Call) -> Answer:
    """GET /v1beta1/news, newest first unless `sort` says otherwise."""
    now = call.simulation.now()
    newest = int(now.timestamp() // _EVERY.total_seconds())
    start, end = call.instant("start", now - timedelta(days=1)), call.instant("end", now)
    first = max(int(start.timestamp() // _EVERY.total_seconds()), newest - _MOST_PAGES_BACK)
    last = min(int(end.timestamp() // _EVERY.total_seconds()), newest)
    symbols = set(call.names("symbols"))
    items = [news_item(call, number) for number in range(last, first - 1, -1)]
    chosen = [one for one in items if not symbols or symbols & set(one["symbols"])]
    if call.query.get("sort") == "asc":
        chosen.reverse()
    limit, skip = call.count("limit", 10, _MOST_NEWS), page(call)
    token = str(skip + limit) if len(chosen) > skip + limit else None
    return ok({"news": chosen[skip : skip + limit], "next_page_token": token})


def most_actives(call: Call) -> Answer:
    """GET /v1beta1/screener/stocks/most-actives."""
    rows = [{"symbol": one, "volume": day["volume"], "trade_count": day["trades"]} for one, day in _days(call, False)]
    rows.sort(key=lambda row: row["trade_count" if call.query.get("by") == "trades" else "volume"], reverse=True)
    return ok({"most_actives": rows[: call.count("top", 10, 100)], "last_updated": instant(call.simulation.now())})


def movers(call: Call) -> Answer:
    """GET /v1beta1/screener/{market_type}/movers."""
    market = call.path[0]
    if market not in ("stocks", "crypto"):
        raise DataRefusal(400, "invalid market_type")
    rows = [
        {
            "symbol": symbol,
            "percent_change": round(100 * (day["close"] / day["open"] - 1), 2),
            "change": round(day["close"] - day["open"], 2),
            "price": day["close"],
        }
        for symbol, day in _days(call, market == "crypto")
    ]
    rows.sort(key=lambda row: row["percent_change"], reverse=True)
    top = call.count("top", 10, 50)
    return ok(
        {
            "gainers": [row for row in rows if row["percent_change"] > 0][:top],
            "losers": [row for row in reversed(rows) if row["percent_change"] < 0][:top],
            "market_type": market,
            "last_updated": instant(call.simulation.now()),
        }
    )


def corporate_actions(_: Call) -> Answer:
    """GET /v1/corporate-actions: there are none in this world."""
    return ok({"corporate_actions": {}, "next_page_token": None})


def no_auctions(call: Call) -> Answer:
    """GET /v2/stocks/auctions: the simulated market has none."""
    return ok({"auctions": {symbol: [] for symbol in wanted(call, pairs=False)}, "next_page_token": None})


def order_books(call: Call) -> Answer:
    """GET /v1beta3/crypto/{loc}/latest/orderbooks: one level a side."""
    now, found = call.simulation.now(), {}
    for symbol in wanted(call, pairs=True):
        touch = call.simulation.brokerage.listings.tape(symbol, now).touch(now)
        if touch is not None:
            bids, asks = (touch.bid, touch.bid_size), (touch.ask, touch.ask_size)
            levels = [[{"p": float(price or 0), "s": float(size)}] for price, size in (bids, asks)]
            found[symbol] = {"t": instant(touch.at), "b": levels[0], "a": levels[1]}
    return ok({"orderbooks": found})


def stock_exchanges(_: Call) -> Answer:
    """GET /v2/stocks/meta/exchanges."""
    return ok({"V": "IEX"})


def stock_conditions(_: Call) -> Answer:
    """GET /v2/stocks/meta/conditions/{ticktype}."""
    return ok({"@": "Regular Sale", "R": "Regular, two sided open quote"})


def _days(call: Call, pairs: bool) -> list[tuple[str, dict[str, Any]]]:
    now, found = call.simulation.now(), []
    for listing in call.simulation.brokerage.listings.listed.values():
        if listing.is_crypto == pairs:
            candles = call.simulation.brokerage.listings.tape(listing.symbol, now).candles(now)
            if candles:
                day = merged(candles)
                values = {"open": day.open, "close": day.close, "volume": day.volume, "trades": day.trades}
                found.append((listing.symbol, values))
    return found
