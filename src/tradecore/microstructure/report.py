"""The market report of one symbol: prices, spread, depth, liquidity, flow, anomalies, health, freshness."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from tradecore.microstructure import health
from tradecore.microstructure.book import BookSide
from tradecore.microstructure.flash_crash import Tension, flash_crash_risk
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.profile import METHOD
from tradecore.microstructure.thresholds import Thresholds
from tradecore.microstructure.windows import RollingQuantiles

REPORT_VERSION: Final = 1
MICRO_PRICE: Final = "(ask * bid quantity + bid * ask quantity) / (bid quantity + ask quantity): the weighted mid"
_MICRO_BPS: Final = 1e6

Report = dict[str, Any]


def market_report(state: MarketState, *, symbol: str, venue: str, now: int) -> Report:
    """
    The report as of `now`, in milliseconds since 1970-01-01 UTC, as values JSON can hold.

    Prices are in the quote currency, quantities in units of the base. What is not known is None, never zero.
    """
    end = max(now, state.newest)
    depth = _depth(state)
    flow = _flow(state, end)
    _look_for_anomalies(state, end, flow)
    freshness = data_freshness(state.newest or None, now, state.thresholds, in_step=state.sequence.in_step)
    return {
        "version": REPORT_VERSION,
        "symbol": symbol,
        "venue": venue,
        "generated_at": rfc3339(now),
        "prices": _prices(state),
        "spread": {"bps": _rounded(state.spread_bps(), 6), "absolute": _absolute_spread(state)},
        "depth": depth,
        "liquidity": _liquidity(state, end),
        "flow": flow,
        "anomalies": _anomalies(state),
        "health": _health(state, end, depth, flow, freshness["data_age_ms"]),
        "data_age_ms": freshness["data_age_ms"],
        "fresh": freshness["fresh"],
        "ingestion": {
            "status": freshness["status"],
            "fresh": freshness["fresh"],
            "last_event_at": rfc3339(state.newest) if state.newest else None,
            "book_in_step": state.sequence.in_step,
            "gaps": state.sequence.gaps,
            "resyncs": state.sequence.resyncs,
        },
        "percentiles_24h": _percentiles(state, end, depth, flow),
    }


def data_freshness(newest: int | None, now: int, thresholds: Thresholds, *, in_step: bool) -> dict[str, Any]:
    """Age of the newest event, whether that is fresh, and the status of ingestion."""
    age = None if newest is None else max(0, now - newest)
    fresh = age is not None and age <= thresholds.fresh_ms
    status = "ok" if fresh and in_step else "degraded"
    if age is None or age > thresholds.down_ms:
        status = "down"
    return {"data_age_ms": age, "fresh": fresh, "status": status}


def rfc3339(at: int) -> str:
    """Milliseconds since 1970-01-01 UTC as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _prices(state: MarketState) -> Report:
    ticker, last, bid, ask = (
        state.ticker,
        state.last_trade,
        _best(state, state.book.bids),
        _best(state, state.book.asks),
    )
    micro = None
    if bid is not None and ask is not None:
        total = bid["quantity"] + ask["quantity"]
        micro = (ask["price"] * bid["quantity"] + bid["price"] * ask["quantity"]) / total
    price = last.price if last is not None else None
    if price is None and ticker is not None:
        price = ticker.last
    return {
        "last": _amount(price),
        "change_24h_pct": None if ticker is None else round(ticker.change * 100, 6),
        "high_24h": None if ticker is None else _amount(ticker.high),
        "low_24h": None if ticker is None else _amount(ticker.low),
        "volume_24h": None if ticker is None else _amount(ticker.volume),
        "best_bid": bid,
        "best_ask": ask,
        "mid": state.mid(),
        "micro_price": micro,
        "micro_price_formula": MICRO_PRICE,
    }


def _best(state: MarketState, side: BookSide) -> Report | None:
    if not state.sequence.in_step or side.best is None:
        return None
    tick = side.sign * side.best
    return {"price": _price(state, tick), "quantity": side.quantity(side.best) / 1e8}


def _absolute_spread(state: MarketState) -> float | None:
    bid, ask = state.book.best_bid, state.book.best_ask
    if state.spread_bps() is None or bid is None or ask is None:
        return None
    return _price(state, ask - bid)


def _depth(state: MarketState) -> Report:
    if not state.sequence.in_step:
        return {"levels": 0, "bids": [], "asks": [], "bid_quantity": None, "ask_quantity": None, "imbalance": None}
    bids, asks = (side.top(state.thresholds.levels) for side in (state.book.bids, state.book.asks))
    bid, ask = (sum(quantity for _, quantity in levels) for levels in (bids, asks))
    return {
        "levels": max(len(bids), len(asks)),
        "bids": [[_price(state, tick), quantity / 1e8] for tick, quantity in bids],
        "asks": [[_price(state, tick), quantity / 1e8] for tick, quantity in asks],
        "bid_quantity": bid / 1e8,
        "ask_quantity": ask / 1e8,
        "imbalance": (bid - ask) / (bid + ask) if bid + ask else None,
    }


def _liquidity(state: MarketState, now: int) -> Report:
    sides = (state.book.bids, state.book.asks) if state.sequence.in_step else ()
    walls = [wall for side in sides for wall in state.liquidity.walls(now, side)]
    vacuums = [vacuum for side in sides for vacuum in state.liquidity.vacuums(now, side)]
    return {
        "walls": [
            {
                "side": _side(wall.sign),
                "price": _price(state, wall.tick),
                "quantity": wall.quantity / 1e8,
                "times_p95": round(wall.times, 2),
            }
            for wall in walls
        ],
        "wall_quantity": _amount(state.liquidity.wall_quantity(now)),
        "vacuums": [
            {
                "side": _side(vacuum.sign),
                "from": _price(state, vacuum.low),
                "to": _price(state, vacuum.high),
                "quantity": vacuum.quantity / 1e8,
            }
            for vacuum in vacuums
        ],
        "vacuum_quantity": _amount(state.liquidity.vacuum_quantity(now)),
        "profile": _profile(state, now),
    }


def _profile(state: MarketState, now: int) -> Report | None:
    profile = None if state.profile is None else state.profile.profile(now)
    if profile is None or state.profile is None:
        return None
    return {
        "POC": profile.poc / 1e8,
        "VAH": profile.vah / 1e8,
        "VAL": profile.val / 1e8,
        "row": state.profile.row / 1e8,
        "volume": profile.volume / 1e8,
        "window_s": state.thresholds.profile_ms / 1000,
        "method": METHOD,
    }


def _flow(state: MarketState, now: int) -> Report:
    return {
        "orders_per_sec": round(state.flow.events_a_second(now), 3),
        "net_flow": state.flow.net(now) / 1e8,
        "net_flow_fast": state.flow.net_fast(now) / 1e8,
        "order_flow_imbalance": state.flow.imbalance(now) / 1e8,
        "rate_window_s": state.thresholds.rate_ms / 1000,
        "flow_window_s": state.thresholds.flow_ms / 1000,
    }


def _look_for_anomalies(state: MarketState, now: int, flow: Report) -> None:
    state.traded.forget(now)
    found = state.spoofing.findings(now, state.traded)
    found += state.icebergs.findings(now, state.book.bids, state.book.asks, state.grid.tick)
    spread, usual, mid = state.spread_bps(), state.spreads.quantile(now, 0.5), state.mid()
    if spread is not None and usual is not None and mid is not None:
        fast = flow["net_flow_fast"]
        highest = max((price for _, price in state.mids), default=mid)
        tension = Tension(
            spread_bps=spread,
            usual_spread_bps=usual / _MICRO_BPS,
            thin_share=state.liquidity.thin_share(now, state.book.bids, state.book.asks),
            net_flow=fast,
            net_flow_before=(flow["net_flow"] - fast) / 2,
            drop_bps=(highest - mid) / highest * 10_000,
        )
        found += flash_crash_risk(tension, state.thresholds)
    state.anomalies.update(now, found)


def _anomalies(state: MarketState) -> list[Report]:
    return [
        {
            "type": one.finding.kind,
            "severity": one.severity.name.lower(),
            "note": one.finding.note,
            "first_seen": rfc3339(one.first_seen),
            "last_seen": rfc3339(one.last_seen),
            "active": one.active,
            "count": one.count,
            "evidence": dict(one.finding.evidence),
        }
        for one in state.anomalies.all()
    ]


def _health(state: MarketState, now: int, depth: Report, flow: Report, age: int | None) -> Report:
    usual_spread, usual_rate = state.spreads.quantile(now, 0.5), state.day_of_rates.quantile(now, 0.5)
    parts = health.components(
        health.Condition(
            spread_bps=state.spread_bps(),
            usual_spread_bps=None if usual_spread is None else usual_spread / _MICRO_BPS,
            depth=((depth["bid_quantity"] or 0.0) + (depth["ask_quantity"] or 0.0)) * 1e8,
            usual_depth=state.depths.quantile(now, 0.5),
            imbalance=depth["imbalance"],
            rate=flow["orders_per_sec"],
            usual_rate=None if usual_rate is None else usual_rate / _MICRO_BPS,
            active=[one.severity for one in state.anomalies.all() if one.active],
            age_ms=state.thresholds.down_ms if age is None else age,
        ),
        state.thresholds.fresh_ms,
        state.thresholds.down_ms,
    )
    return {
        "score": round(health.score(parts), 1),
        "components": {name: round(value, 1) for name, value in parts.items()},
        "weights": dict(health.WEIGHTS),
    }


def _percentiles(state: MarketState, now: int, depth: Report, flow: Report) -> Report:
    def of(kept: RollingQuantiles, value: float | None) -> float | None:
        rank = None if value is None else kept.rank(now, value)
        return None if rank is None else round(100 * rank, 1)

    spread = state.spread_bps()
    total = None if depth["bid_quantity"] is None else (depth["bid_quantity"] + depth["ask_quantity"]) * 1e8
    return {
        "spread_bps": of(state.day_of_spreads, None if spread is None else spread * _MICRO_BPS),
        "depth": of(state.day_of_depths, total),
        "orders_per_sec": of(state.day_of_rates, flow["orders_per_sec"] * _MICRO_BPS),
        "samples": state.day_of_spreads.count(now),
    }


def _price(state: MarketState, tick: int) -> float:
    return tick * state.grid.tick / 1e8


def _amount(units: int | None) -> float | None:
    return None if units is None else units / 1e8


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


_side: Final[Callable[[int], str]] = {1: "bid", -1: "ask"}.__getitem__
