"""When an order trades: the rules for quotes and for recorded bars, each with its figures."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.simulated.matching import (
    Match,
    against_bar,
    against_quote,
    all_legs,
    bar_touches,
    inside_the_spread,
    is_triggered,
    met_inside,
)
from tradecore.model.instruments import OptionContract, Price, Right
from tradecore.model.market import Quote, QuoteBar, SidePrices
from tradecore.model.terms import Leg, Limit, Market, PriceTerms, Side

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
CALL = OptionContract("SPY", date(2026, 11, 20), Right.CALL, Decimal(600))
TICK = Decimal("0.01")


def a_quote(bid: str | None, ask: str | None) -> Quote:
    sides = [None if side is None else Decimal(side) for side in (bid, ask)]
    return Quote(CALL, sides[0], sides[1], Decimal(7), Decimal(5), NOON, NOON, "test")


def a_side(text: str | None, size: int = 5) -> SidePrices | None:
    """`open high low close`."""
    if text is None:
        return None
    opened, high, low, close = (Decimal(value) for value in text.split())
    return SidePrices(opened, high, low, close, Decimal(size))


def a_bar(bid: str | None, ask: str | None) -> QuoteBar:
    return QuoteBar(CALL, NOON, NOON + timedelta(minutes=1), a_side(bid, 7), a_side(ask, 5))


def limit(price: str) -> PriceTerms:
    return Limit(Price(Decimal(price)))


def test_a_marketable_order_takes_the_other_side_at_its_size() -> None:
    assert against_quote(Side.BUY, limit("1.02"), a_quote("1.00", "1.02")) == Match(Decimal("1.02"), Decimal(5))
    assert against_quote(Side.BUY, limit("1.05"), a_quote("1.00", "1.02")) == Match(Decimal("1.02"), Decimal(5))
    assert against_quote(Side.SELL, Market(), a_quote("1.00", "1.02")) == Match(Decimal("1.00"), Decimal(7))


def test_a_limit_one_tick_short_of_the_market_rests() -> None:
    assert against_quote(Side.BUY, limit("1.01"), a_quote("1.00", "1.02")) is None
    assert against_quote(Side.SELL, limit("1.01"), a_quote("1.00", "1.02")) is None


@pytest.mark.parametrize(("bid", "ask"), [(None, "1.02"), ("1.00", None), ("1.05", "1.02")])
def test_half_a_market_or_a_crossed_one_trades_nothing(bid: str | None, ask: str | None) -> None:
    assert against_quote(Side.BUY, Market(), a_quote(bid, ask)) is None


def test_how_far_a_limit_reaches_across_the_spread() -> None:
    """Bid 1.00, ask 1.04: a buy at 1.01 reaches a quarter of the way."""
    assert inside_the_spread(Side.BUY, limit("1.01"), a_quote("1.00", "1.04")) == Decimal("0.25")
    assert inside_the_spread(Side.SELL, limit("1.01"), a_quote("1.00", "1.04")) == Decimal("0.75")
    assert inside_the_spread(Side.BUY, limit("1.00"), a_quote("1.00", "1.04")) is None
    assert inside_the_spread(Side.BUY, limit("1.04"), a_quote("1.00", "1.04")) is None


def test_the_bar_after_the_decision_fills_at_the_opposite_open() -> None:
    bar = a_bar("1.00 1.10 0.95 1.05", "1.02 1.12 0.97 1.07")
    assert against_bar(Side.BUY, limit("1.02"), bar, TICK, first=True) == Match(Decimal("1.02"), Decimal(5))
    assert against_bar(Side.BUY, limit("1.10"), bar, TICK, first=True) == Match(Decimal("1.02"), Decimal(5))
    assert against_bar(Side.SELL, limit("1.00"), bar, TICK, first=True) == Match(Decimal("1.00"), Decimal(7))
    assert against_bar(Side.SELL, Market(), bar, TICK, first=True) == Match(Decimal("1.00"), Decimal(7))


def test_later_only_when_traded_through_by_a_tick() -> None:
    """Ask low 0.97: a buy limit at 0.98 was traded through by 0.01 and fills at its own price; one at 0.97 was not."""
    bar = a_bar("1.00 1.10 0.95 1.05", "1.02 1.12 0.97 1.07")
    assert against_bar(Side.BUY, limit("0.98"), bar, TICK, first=True) == Match(Decimal("0.98"), Decimal(5))
    assert against_bar(Side.BUY, limit("0.97"), bar, TICK, first=True) is None
    assert against_bar(Side.BUY, limit("1.05"), bar, TICK, first=False) == Match(Decimal("1.05"), Decimal(5))
    assert against_bar(Side.SELL, limit("1.09"), bar, TICK, first=False) == Match(Decimal("1.09"), Decimal(7))
    assert against_bar(Side.SELL, limit("1.10"), bar, TICK, first=False) is None


@pytest.mark.parametrize(("bid", "ask"), [(None, "1.02 1.12 0.97 1.07"), ("1.00 1.10 0.95 1.05", None)])
def test_a_one_sided_bar_fills_nothing(bid: str | None, ask: str | None) -> None:
    for side in Side:
        for terms in (Market(), limit("1.02")):
            assert against_bar(side, terms, a_bar(bid, ask), TICK, first=True) is None


def test_stops_fire_at_their_trigger_and_not_a_tick_before() -> None:
    assert is_triggered(Side.SELL, Decimal("1.00"), a_quote("1.00", "1.02"))
    assert not is_triggered(Side.SELL, Decimal("0.99"), a_quote("1.00", "1.02"))
    assert is_triggered(Side.BUY, Decimal("1.02"), a_quote("1.00", "1.02"))
    assert not is_triggered(Side.BUY, Decimal("1.03"), a_quote("1.00", "1.02"))
    assert bar_touches(Side.SELL, Decimal("0.95"), a_bar("1.00 1.10 0.95 1.05", None))
    assert not bar_touches(Side.SELL, Decimal("0.94"), a_bar("1.00 1.10 0.95 1.05", None))


HIGHER = OptionContract("SPY", date(2026, 11, 20), Right.CALL, Decimal(602))
SPREAD = (Leg(CALL, Side.BUY), Leg(HIGHER, Side.SELL))


def leg_quotes(*pairs: str) -> list[Quote]:
    """`bid/ask` a leg; a dash is a side nobody wants."""
    sides = [[None if side == "-" else side for side in pair.split("/")] for pair in pairs]
    return [a_quote(bid, ask) for bid, ask in sides]


def test_a_combination_takes_every_touch_when_its_net_price_is_kept() -> None:
    """Bought at 1.04, sold at 0.50: a debit of 0.54."""
    quotes = leg_quotes("1.00/1.04", "0.50/0.52")
    assert all_legs(SPREAD, limit("0.53"), quotes) is None
    found = all_legs(SPREAD, limit("0.54"), quotes)
    assert found is not None
    assert [match.price for match in found] == [Decimal("1.04"), Decimal("0.50")]


def test_a_leg_that_is_sold_and_nobody_bids_for_is_given_away_beside_others_only() -> None:
    """Alone it trades nothing; in a combination its price is zero, also as a market order."""
    found = all_legs(SPREAD, Market(), leg_quotes("1.00/1.04", "-/0.01"))
    assert found is not None
    assert [match.price for match in found] == [Decimal("1.04"), Decimal(0)]
    assert all_legs(SPREAD, Market(), leg_quotes("1.00/-", "0.50/0.52")) is None
    assert against_quote(Side.SELL, Market(), a_quote(None, "0.01")) is None


@pytest.mark.parametrize(
    ("price", "reach", "prices"),
    [
        ("0.51", "0.5", ["1.01", "0.50"]),
        ("0.50", "0.3333", ["1.00", "0.50"]),
        ("0.49", "0.1667", ["1.00", "0.51"]),
    ],
)
def test_inside_the_net_spread_the_legs_trade_in_cents_that_add_up_to_the_limit(
    price: str, reach: str, prices: list[str]
) -> None:
    """From 0.48 (own touch) to 0.54 (the other): 0.51 is half-way."""
    met = met_inside(SPREAD, limit(price), leg_quotes("1.00/1.04", "0.50/0.52"))
    assert met is not None
    share, matches = met
    assert share.quantize(Decimal("0.0001")) == Decimal(reach).quantize(Decimal("0.0001"))
    assert [match.price for match in matches] == [Decimal(one) for one in prices]
    assert matches[0].price - matches[1].price == Decimal(price)


@pytest.mark.parametrize("price", ["0.48", "0.54", "0.30", "0.60"])
def test_at_or_beyond_the_touches_nobody_meets(price: str) -> None:
    assert met_inside(SPREAD, limit(price), leg_quotes("1.00/1.04", "0.50/0.52")) is None
