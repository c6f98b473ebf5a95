# mypy: disable-error-code="comparison-overlap, unreachable"
"""The day's loss three ways, the ladder of warnings, and what stops the desk until whom."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tradecore.desk.commands import Halt, NoteLoss, NoteProtection, OpenDay, Resume
from tradecore.desk.decisions import Decision, Refused
from tradecore.desk.latches import Latch
from tradecore.model.market import MarketView
from tradecore.model.money import usd
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import CALL, TODAY, a_desk, a_proposal, a_quote, a_view, some_limits
from tradecore.testing.desk_driver import DeskDriver, alert_codes, sends


def seen(desk: DeskDriver, bid: str, ask: str, equity: str) -> MarketView:
    view = a_view(a_quote(CALL, bid, ask, now=desk.now), now=desk.now)
    assert view.account is not None
    return replace(view, account=replace(view.account, equity=usd(equity)))


def note(desk: DeskDriver, equity: str, bid: str = "1.00", ask: str = "1.02") -> Decision:
    return desk.desk.handle(NoteLoss(at=desk.now, view=seen(desk, bid, ask, equity)))


def lose(desk: DeskDriver, price: str, strategy: str = "a") -> None:
    """Buy one call at 1.00 and sell it at this price, a fee of 0.05 each way."""
    label = desk.hold("1", strategy=strategy, label=strategy.upper())
    (send,) = sends(desk.trigger("cut_off", group=label))
    desk.fill(send.order.client_order_id, "1", price, fee="0.05")


def test_the_three_readings_by_hand() -> None:
    """
    Two calls bought at 1.00 for 0.10 of fees, now 0.80 x 0.90; the broker's equity fell to 9,950.

    broker 10,000 - 9,950 = 50; ledger at mid 0.85: 2 x 15 + 0.10 = 30.10; closing at bid 0.80: 2 x 20 + 0.10 and
    2 x (0.05 + 0.00279) to sell = 40.20558.
    """
    desk = DeskDriver()
    desk.hold("2")
    readings = desk.desk.losses(seen(desk, "0.80", "0.90", "9950"))
    assert readings.broker == usd(50)
    assert readings.ledger == usd("30.10")
    assert readings.closing == usd("40.20558")
    assert readings.worst == usd(50)


@pytest.mark.parametrize(("equity", "worst"), [("9999", "40.20558"), ("10100", "40.20558"), ("9950", "50")])
def test_the_worst_of_them_counts(equity: str, worst: str) -> None:
    desk = DeskDriver()
    desk.hold("2")
    assert desk.desk.losses(seen(desk, "0.80", "0.90", equity)).worst == usd(worst)


def test_what_nobody_bids_for_is_worth_nothing_and_a_missing_quote_is_no_zero() -> None:
    desk = DeskDriver()
    desk.hold("1")
    unquoted = replace(a_view(now=desk.now), quotes={}, account=None)
    readings = desk.desk.losses(unquoted)
    assert (readings.broker, readings.ledger, readings.closing, readings.worst) == (None, None, None, None)
    no_bid = a_view(replace(a_quote(CALL, now=desk.now), bid=None), now=desk.now)
    closing = desk.desk.losses(no_bid).closing
    assert closing is not None
    # 100 paid, 0.05 of fees, 0.05279 to sell.
    assert closing == usd("100.10279")


@pytest.mark.parametrize(
    ("equity", "codes"),
    [
        ("9750.01", []),
        ("9750", ["LOSS_WARNING"]),
        ("9625", ["LOSS_WARNING"]),
        ("9550", ["LOSS_WARNING"]),
        ("9525", ["LOSS_WARNING"]),
        ("9500.01", ["LOSS_WARNING"]),
        ("9500", ["DAILY_LOSS"]),
    ],
)
def test_each_step_of_the_ladder_warns_once(equity: str, codes: list[str]) -> None:
    """Of a cap of 500: 250, 375, 450, 475 warn, 500 stops."""
    desk = DeskDriver()
    view = seen(desk, "1.00", "1.02", equity)
    assert desk.desk.loss_is_news(view) == bool(codes)
    assert alert_codes(note(desk, equity)) == codes
    assert alert_codes(note(desk, equity)) == []
    assert not desk.desk.loss_is_news(view)
    assert (Latch.DAILY_LOSS in desk.desk.latches) == ("DAILY_LOSS" in codes)


def test_the_day_s_latch_ends_with_its_day_and_warnings_begin_anew() -> None:
    desk = DeskDriver()
    note(desk, "9500")
    assert desk.desk.trading[0] is TradingState.REDUCING
    desk.desk.handle(OpenDay(at=desk.now, day=TODAY, equity=usd(9500)))
    assert desk.desk.trading[0] is TradingState.ACTIVE
    # 5 % of 9,500 is 475; half of that is 237.50.
    assert alert_codes(note(desk, "9262.50")) == ["LOSS_WARNING"]


def test_the_week_s_loss_holds_until_the_operator() -> None:
    """50 lost and 0.10 of fees are more than 50; the gate alone would not let it come so far."""
    desk = DeskDriver()
    label = desk.hold()
    desk.desk._state.opening = replace(desk.desk.opening, limits=some_limits(max_weekly_loss=Decimal(50)))
    (send,) = sends(desk.trigger("cut_off", group=label))
    assert "WEEKLY_LOSS" in alert_codes(desk.fill(send.order.client_order_id, "1", "0.50", fee="0.05"))
    desk.desk.handle(OpenDay(at=desk.now, day=TODAY, equity=usd(9950)))
    assert Latch.WEEKLY_LOSS in desk.desk.latches
    desk.desk.handle(Resume(at=desk.now, principal="op", equity=None))
    assert desk.desk.latches == {}


def test_a_drawdown_holds_until_the_operator_and_counts_anew_from_there() -> None:
    """10 % below a high of 10,400 is 9,360; the day began at 10,000."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(max_daily_loss=Decimal(5000), max_daily_loss_pct=Decimal(50))))
    note(desk, "10400")
    assert desk.desk.day.high_water == usd(10_400)
    assert alert_codes(note(desk, "9360.01")) == []
    assert alert_codes(note(desk, "9360")) == ["DRAWDOWN"]
    desk.desk.handle(Resume(at=desk.now, principal="op", equity=usd(9360)))
    assert desk.desk.trading[0] is TradingState.ACTIVE
    assert alert_codes(note(desk, "8424.01")) == []
    assert alert_codes(note(desk, "8424")) == ["DRAWDOWN"]


def test_a_lift_by_ticket_releases_the_kill_switch_and_nothing_else() -> None:
    desk = DeskDriver()
    note(desk, "9500")
    desk.kill()
    desk.preview_lift()
    desk.confirm()
    assert set(desk.desk.latches) == {Latch.DAILY_LOSS}


def test_the_operator_releases_what_is_the_operator_s_and_is_told_what_still_holds() -> None:
    desk = DeskDriver(desk=a_desk(mode="live"))
    desk.kill()
    desk.desk.handle(Halt(at=desk.now, principal="op", reason="a drill"))
    assert desk.desk.trading[0] is TradingState.HALTED
    note(desk, "9500")
    text = desk.desk.handle(Resume(at=desk.now, principal="op", equity=None)).alerts[0].message
    assert "halt, kill_switch" in text
    assert "still holds: daily_loss" in text
    assert set(desk.desk.latches) == {Latch.DAILY_LOSS}


def test_no_protection_stops_opening_until_all_of_it_is_back() -> None:
    desk = DeskDriver()
    desk.hold()
    lack = NoteProtection(at=desk.now, unprotected=("ORB-1",), reason="no quote to watch it by")
    assert alert_codes(desk.desk.handle(lack)) == ["UNPROTECTED"]
    assert alert_codes(desk.desk.handle(lack)) == []
    desk.wait(60)
    refusal = desk.preview(a_proposal(strategy="other", label="X")).outcome
    assert isinstance(refusal, Refused)
    assert "not protected: ORB-1" in refusal.message
    assert alert_codes(desk.desk.handle(NoteProtection(at=desk.now, unprotected=()))) == ["PROTECTED_AGAIN"]
    assert desk.desk.trading[0] is TradingState.ACTIVE


def test_a_strategy_that_opens_the_same_again_and_again_is_stopped_until_the_operator() -> None:
    """Three within 30 minutes stop it; what is 30 minutes old counts no more."""
    many = 100
    limits = some_limits(
        max_repeated_executions=3,
        max_trades_per_day=many,
        max_trades_per_day_per_strategy=many,
        losses_before_pause=many,
        losses_before_stop=many,
    )
    desk = DeskDriver(desk=a_desk(limits=limits))
    lose(desk, "1.00")
    desk.wait(60)
    lose(desk, "1.00")
    desk.wait(30 * 60 - 60)
    lose(desk, "1.00")
    assert desk.desk.exposure().stopped_strategies == {}, "the first is 30 minutes old by now"
    desk.wait(31)
    label = desk.hold("1", strategy="a", label="A")
    assert set(desk.desk.exposure().stopped_strategies) == {"a"}
    desk.wait(60)
    refusal = desk.preview(a_proposal(strategy="a", label="A")).outcome
    assert isinstance(refusal, Refused)
    assert refusal.preview is not None
    assert "repeated_execution" in {check.name for check in refusal.preview.verdict.failed}
    (send,) = sends(desk.trigger("cut_off", group=label))
    desk.fill(send.order.client_order_id, "1", "1.00")
    desk.desk.handle(Resume(at=desk.now, principal="op", equity=None))
    desk.wait(60)
    desk.hold("1", strategy="a", label="A")
