"""Prices, the account and news as Alpaca's wire has them."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgpack
import pytest
from tests.unit.adapters.alpaca.wire_rows import CALL, an_account_row

from adapters.alpaca.fields import UnreadableAnswer
from adapters.alpaca.prices import finished_bars, read_bar, read_chain, read_quote
from adapters.alpaca.records import read_account, read_flags, read_news, read_position
from tradecore.model.instruments import Equity
from tradecore.model.money import usd

NOW = datetime(2026, 11, 20, 15, 0, 1, tzinfo=UTC)
SPY = Equity("SPY")
QUOTE = {"t": "2026-11-20T15:00:00.651613184Z", "bp": 1.01, "bs": 73, "ap": 1.03, "as": 119, "bx": "N", "ax": "W"}


def test_a_quote_is_exact_and_keeps_the_exchange_s_time() -> None:
    quote = read_quote(SPY, QUOTE, NOW, "alpaca iex")
    assert [quote.bid, quote.ask, quote.bid_size, quote.ask_size] == [Decimal("1.01"), Decimal("1.03"), 73, 119]
    assert quote.at == datetime(2026, 11, 20, 15, 0, 0, 651613, tzinfo=UTC)
    assert (quote.received_at, quote.source) == (NOW, "alpaca iex")


def test_a_side_at_zero_is_no_side() -> None:
    quote = read_quote(SPY, QUOTE | {"bp": 0, "bs": 0}, NOW, "x")
    assert quote.bid is None
    assert quote.bid_size == 0


def test_a_stream_s_time_stamp_reads_like_the_text_of_an_answer() -> None:
    moment = datetime(2026, 11, 20, 15, 0, 0, 500_000, tzinfo=UTC)
    stamped = msgpack.unpackb(msgpack.packb(QUOTE | {"t": msgpack.Timestamp.from_datetime(moment)}))
    assert read_quote(SPY, stamped, NOW, "x").at == moment


def test_a_clock_that_is_a_little_ahead_is_not_the_future_but_one_far_ahead_is() -> None:
    near, far = NOW + timedelta(milliseconds=40), NOW + timedelta(minutes=1)
    assert read_quote(SPY, QUOTE | {"t": near.isoformat()}, NOW, "x").at == NOW
    assert read_quote(SPY, QUOTE | {"t": far.isoformat()}, NOW, "x").at == far


def test_a_quote_without_a_time_zone_is_refused() -> None:
    with pytest.raises(UnreadableAnswer, match="t: "):
        read_quote(SPY, QUOTE | {"t": "2026-11-20T15:00:00"}, NOW, "x")


def test_bars_are_finished_within_what_was_asked_and_once_each() -> None:
    def bar(minute: int) -> dict[str, object]:
        return {"t": f"2026-11-20T14:{minute}:00Z", "o": 600, "h": 600.5, "l": "599.9", "c": 600.1, "v": 1000}

    bars = [read_bar(SPY, bar(minute)) for minute in (32, 30, 31, 31)]
    opens = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    now = opens + timedelta(minutes=2, seconds=30)
    assert [b.start.minute for b in finished_bars(bars, opens, now, now)] == [30, 31]
    assert [b.start.minute for b in finished_bars(bars, opens, opens + timedelta(minutes=1), now)] == [30]
    assert bars[0].low == Decimal("599.9")


def test_a_chain_is_of_one_expiry_calls_before_puts_by_strike() -> None:
    symbols = (CALL, "SPY261120P00600000", "SPY261120C00599000", "SPY261123C00600000", "SPY1261120C00600000", "QQQ")
    snapshots = {symbol: {"latestQuote": QUOTE, "greeks": None} for symbol in symbols}
    snapshots["SPY261120C00601000"] = {"latestTrade": {"p": 1}}
    chain = read_chain("SPY", date(2026, 11, 20), snapshots, NOW, "alpaca opra")
    assert chain is not None
    assert [c.symbol for c in chain.contracts] == ["SPY261120C00599000", CALL, "SPY261120P00600000"]
    assert (list(chain.bid_cents), list(chain.ask_size)) == ([101, 101, 101], [119, 119, 119])
    assert chain.quote(0).bid == Decimal("1.01")
    assert read_chain("SPY", date(2026, 11, 24), snapshots, NOW, "x") is None


@pytest.mark.parametrize(
    "price", [0.01, 1.1, 2.675, 0.07, 33.33, 4.35, 1.005, 99999.99, 1, "1.03", "1.005", 0, 0.0, None]
)
def test_a_chain_s_prices_are_those_of_a_quote_in_whole_cents_never_narrower(price: object) -> None:
    raw = QUOTE | {"bp": price, "ap": price}
    quote = read_quote(SPY, raw, NOW, "x")
    chain = read_chain("SPY", date(2026, 11, 20), {CALL: {"latestQuote": raw}}, NOW, "x")
    assert chain is not None
    for cents, exact, rounding in ((chain.bid_cents, quote.bid, "floor"), (chain.ask_cents, quote.ask, "ceil")):
        expected = 0 if exact is None else getattr(math, rounding)(exact * 100)
        assert cents[0] == expected
    assert (chain.bid_size[0], chain.ask_size[0]) == (int(quote.bid_size), int(quote.ask_size))


@pytest.mark.parametrize(
    "broken", [{"bp": True}, {"bp": "high"}, {"bs": None}, {"bs": "many"}, {"t": "noon"}, {"bp": 1e300}]
)
def test_a_chain_with_a_row_that_can_t_be_read_is_none_of_ours(broken: dict[str, object]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_chain("SPY", date(2026, 11, 20), {CALL: {"latestQuote": QUOTE | broken}}, NOW, "x")


def test_a_day_s_volume_is_that_of_the_daily_bar_and_unknown_without_one() -> None:
    """No bar is not no trade: alpaca's snapshot leaves out what it does not have."""
    traded: dict[str, object] = {"latestQuote": QUOTE, "dailyBar": {"v": 1234, "c": 1.0}}
    snapshots: dict[str, dict[str, object]] = {CALL: traded, "SPY261120P00600000": {"latestQuote": QUOTE}}
    chain = read_chain("SPY", date(2026, 11, 20), snapshots, NOW, "alpaca opra")
    assert chain is not None
    assert [chain.volume_of(row) for row in range(2)] == [1234, None]


def test_balances_are_exact_and_name_the_account() -> None:
    account = read_account(an_account_row(), NOW)
    assert (account.account, account.cash, account.equity) == ("PA1234567890", usd("10000.35"), usd("10103.35"))
    with pytest.raises(UnreadableAnswer, match="currency: 'EUR'"):
        read_account(an_account_row(currency="EUR"), NOW)


def test_the_account_s_own_brakes_are_named() -> None:
    flags = read_flags(an_account_row(trading_blocked=True))
    assert flags.blocks == ("trading_blocked",)
    assert (flags.options_approved_level, flags.options_trading_level) == (3, 2)


def test_a_short_position_is_negative_however_it_is_written() -> None:
    for qty in ("-2", "2"):
        assert read_position({"symbol": CALL, "qty": qty, "side": "short", "asset_class": "us_option"}).quantity == -2
    with pytest.raises(UnreadableAnswer, match="side: 'sideways'"):
        read_position({"symbol": CALL, "qty": "1", "side": "sideways"})


def test_news_is_bounded_and_without_control_characters() -> None:
    row = {"id": 40432158, "created_at": "2026-11-20T14:15:44Z", "headline": "a\x1b[31m" + "b" * 999, "source": "x"}
    news = read_news(row | {"symbols": ["AAPL", "not a ticker", "QCOM"], "summary": ""})
    assert (news.item_id, news.symbols) == ("40432158", ("AAPL", "QCOM"))
    assert len(news.headline) == 300
    assert news.headline.isprintable()
