"""Every check of the gate: at its limit, one step beyond, without its limit, without its input."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tradecore.model.instruments import OptionContract, Price, Right
from tradecore.model.money import usd
from tradecore.model.positions import Position
from tradecore.model.sessions import session_on
from tradecore.model.terms import Effect, Leg, Limit, Side
from tradecore.risk.gate import CHECKS, judge_closing, judge_opening
from tradecore.risk.limits import MarketEvent
from tradecore.risk.picture import GroupExposure, OpenIntent, RiskPicture, TradingState, WorkingExposure
from tradecore.risk.verdict import CheckResult
from tradecore.risk.worst_case import uncovered_leg
from tradecore.testing.builders import (
    CALL,
    SPY,
    TEN,
    TODAY,
    a_contract,
    a_leg,
    a_picture,
    a_plan,
    a_quote,
    a_view,
    an_account,
    an_exposure,
    at,
    some_greeks,
    some_limits,
    without,
)

PUT = a_contract("666", Right.PUT)
MICRO = timedelta(microseconds=1)


def a_group(
    *holdings: tuple[Any, str], label: str = "ORB-9", strategy: str = "other", worst: str = "0", planned: str = "0"
) -> GroupExposure:
    held = tuple(Position(instrument, Decimal(q), Decimal(q)) for instrument, q in holdings)
    return GroupExposure(
        label=label,
        strategy=strategy,
        underlying="SPY",
        holdings=held,
        worst_loss=usd(worst),
        planned_loss=usd(planned),
    )


def a_working(
    *, group: str = "ORB-8", strategy: str = "other", worst: str = "0", unknown: bool = False, **changes: Any
) -> WorkingExposure:
    order = WorkingExposure(
        client_order_id="tc-w-0",
        group=group,
        strategy=strategy,
        underlying="SPY",
        legs=(a_leg(),),
        quantity=Decimal(1),
        worst_loss=usd(worst),
        planned_loss=usd(0),
        is_unknown=unknown,
    )
    return replace(order, **changes)


def result(name: str, picture: RiskPicture) -> CheckResult:
    """One check's result; the gate calls the buying power of shares by its own name."""
    names = (name, "buying_power") if name == "options_buying_power" else (name,)
    found = [check for check in judge_opening(picture).checks if check.name in names]
    assert len(found) == 1
    return found[0]


def exposed(**changes: Any) -> Callable[[], RiskPicture]:
    return lambda: a_picture(exposure=an_exposure(**changes))


def viewed(*quotes: Any, **changes: Any) -> Callable[[], RiskPicture]:
    return lambda: a_picture(view=a_view(*quotes, **changes))


def now(clock: str, **changes: Any) -> Callable[[], RiskPicture]:
    return lambda: a_picture(now=at(clock), view=a_view(now=at(clock)), **changes)


def ordered(*legs: Any, view: Any = None, worst_loss: Any = 102, **changes: Any) -> Callable[[], RiskPicture]:
    loss = None if worst_loss is None else usd(worst_loss)
    return lambda: a_picture(order=a_plan(*legs, **changes), view=view or a_view(), worst_loss=loss)


def loses(dollars: str, **changes: Any) -> Callable[[], RiskPicture]:
    return lambda: a_picture(worst_loss=usd(dollars), cost=usd(dollars), **changes)


def intents(*ages: float, strategy: str = "other", direction: str = "buy call") -> dict[str, Any]:
    made = [
        OpenIntent(at=TEN - timedelta(seconds=age), strategy=strategy, underlying="SPY", direction=direction)
        for age in ages
    ]
    return {"intents": tuple(made)}


HALF_DAY = date(2026, 11, 27)
HALF_CALL = a_contract(expiry=HALF_DAY)


def half_day(clock: str, *, allowed: bool) -> Callable[[], RiskPicture]:
    when = at(clock, HALF_DAY)
    return lambda: a_picture(
        now=when,
        today=HALF_DAY,
        session=session_on(HALF_DAY),
        order=a_plan(a_leg(HALF_CALL)),
        view=a_view(a_quote(HALF_CALL, now=when), now=when),
        limits=some_limits(allow_early_close=allowed),
    )


CPI = some_limits(event_blackout=(MarketEvent("CPI", at("10:30")),))
CONDOR = (
    a_leg(a_contract("658", Right.PUT)),
    a_leg(a_contract("660", Right.PUT), Side.SELL),
    a_leg(a_contract("680"), Side.SELL),
    a_leg(a_contract("682")),
)


def condor_view(*asks: str) -> Any:
    """Wings 0.10, shorts 0.40 bid; the given asks of the four legs make the net spread."""
    bids = ("0.10", "0.40", "0.40", "0.10")
    legs = [a_quote(leg.instrument, bid, ask) for leg, bid, ask in zip(CONDOR, bids, asks, strict=True)]
    return a_view(*legs)


# name, at the limit (passes), one step beyond (fails); the figures are those of DEFAULTS.md.
BOUNDARIES: list[Any] = [
    ("trading_state", a_picture, lambda: a_picture(state=TradingState.REDUCING)),
    ("trading_state", a_picture, lambda: a_picture(state=TradingState.HALTED)),
    ("market_session", now("09:35"), now("09:34:59.999999")),
    ("market_session", now("15:45"), now("15:45:00.000001")),
    ("market_session", a_picture, lambda: a_picture(session=None)),
    ("expiry_clock", now("15:00"), now("15:00:00.000001")),
    ("expiry_clock", ordered(a_leg(a_contract(expiry=TODAY + timedelta(days=3)))),
     ordered(a_leg(a_contract(expiry=TODAY - timedelta(days=1))))),
    ("expiry_clock", half_day("12:00", allowed=True), half_day("12:00:00.000001", allowed=True)),
    ("expiry_clock", half_day("10:00", allowed=True), half_day("10:00", allowed=False)),
    ("event_blackout", now("10:19:59.999999", limits=CPI), now("10:20", limits=CPI)),
    ("event_blackout", now("10:50", limits=CPI), now("10:49:59.999999", limits=CPI)),
    ("quote_two_sided", viewed(a_quote(CALL, "1.00", "1.00")), viewed(a_quote(CALL, "1.01", "1.00"))),
    ("quote_two_sided", a_picture, viewed(a_quote(CALL, None, "1.02"))),
    ("quote_two_sided", a_picture, viewed(a_quote(CALL, "1.00", None))),
    ("quote_two_sided", viewed(a_quote(CALL, "0.01", "0.02")), viewed(a_quote(CALL, "0", "0.01"))),
    ("quote_two_sided", a_picture, viewed(a_quote(CALL, "NaN", "1.02"))),
    ("quote_two_sided", a_picture, viewed(a_quote(CALL, "1.00", "NaN"))),
    ("quote_two_sided", a_picture, viewed(a_quote(CALL, "1.00", "Infinity"))),
    ("quote_two_sided", a_picture, viewed(a_quote(SPY, "670.02", "670.01"))),
    ("quote_two_sided", a_picture, viewed(a_quote(SPY, None, "670.01"))),
    ("quote_age", viewed(a_quote(age_s=3)), viewed(a_quote(age_s=3.000001))),
    ("quote_age", viewed(a_quote(age_s=0)), viewed(a_quote(age_s=-0.000001))),
    ("underlying_age", viewed(a_quote(SPY, "670", "670.02", age_s=3)),
     viewed(a_quote(SPY, "670", "670.02", age_s=3.000001))),
    ("underlying_age", a_picture, viewed(a_quote(SPY, "670", "670.02", age_s=-1))),
    ("chain_age", viewed(chain_at=TEN - timedelta(seconds=5)), viewed(chain_at=TEN - timedelta(seconds=5) - MICRO)),
    ("chain_age", viewed(chain_at=TEN), viewed(chain_at=TEN + MICRO)),
    # max(2 ticks, 5 %): 0.02 of mid 0.20 by ticks; 0.10 of mid 2.00 by percent.
    ("max_spread", viewed(a_quote(CALL, "0.19", "0.21")), viewed(a_quote(CALL, "0.19", "0.22"))),
    ("max_spread", viewed(a_quote(CALL, "1.95", "2.05")), viewed(a_quote(CALL, "1.94", "2.05"))),
    # Condor: credit 0.60 at the bids of the shorts and asks of the wings; max(0.08, 10 %) = 0.08.
    ("max_spread", ordered(*CONDOR, view=condor_view("0.12", "0.42", "0.42", "0.12")),
     ordered(*CONDOR, view=condor_view("0.12", "0.42", "0.42", "0.13"))),
    # max(2 ticks, 10 %) around 1.01: 0.101, so 1.11 passes and 1.12 does not; 0.91 passes and 0.90 does not.
    ("price_collar", ordered(price="1.11"), ordered(price="1.12")),
    ("price_collar", ordered(price="0.91"), ordered(price="0.90")),
    # Around 0.06 two ticks are more than 10 %: 0.08 passes, 0.09 does not.
    ("price_collar", ordered(price="0.08", view=a_view(a_quote(CALL, "0.05", "0.07"))),
     ordered(price="0.09", view=a_view(a_quote(CALL, "0.05", "0.07")))),
    ("defined_risk", a_picture, ordered(worst_loss=None)),
    ("execution_limits", a_picture, lambda: a_picture(limits=some_limits(exit_step_s=None))),
    ("per_trade_max_loss", loses("250"), loses("250.01")),
    # 5 % of 10,000 and $500 agree; of 9,000 it is 450.
    ("daily_loss_budget", loses("500"), loses("500.01")),
    ("daily_loss_budget", loses("450", exposure=an_exposure(equity_at_open=usd(9000))),
     loses("450.01", exposure=an_exposure(equity_at_open=usd(9000)))),
    # 500 - 100 lost - 1 fees - 150 held - 49 working = 200.
    ("daily_loss_budget", *(loses(loss, exposure=an_exposure(
        realised_today=usd(-100), fees_today=usd(1), groups=(a_group(worst="150"),), working=(a_working(worst="49"),)))
        for loss in ("200", "200.01"))),
    # Gains give nothing back: 500 - 1 = 499.
    ("daily_loss_budget", *(loses(loss, exposure=an_exposure(realised_today=usd(300), fees_today=usd(1)))
        for loss in ("499", "499.01"))),
    # 1000 - 850 = 150, less 20 held = 130.
    ("weekly_loss_budget", *(loses(loss, exposure=an_exposure(
        realised_this_week=usd(-850), groups=(a_group(worst="20"),))) for loss in ("130", "130.01"))),
    ("max_drawdown", viewed(account=an_account("9000.01")), viewed(account=an_account("9000"))),
    # 7.5 % of 10,000 = 750: 500 held + 199 working + 51 of the order.
    ("portfolio_heat", *(exposed(groups=(a_group(planned="500"),), working=(a_working(planned_loss=usd(more)),))
        for more in ("199", "199.01"))),
    ("order_quantity", ordered(quantity="5"), ordered(quantity="6")),
    ("order_quantity", ordered(quantity="10", price="0.15"), ordered(quantity="11", price="0.15")),
    ("order_quantity", ordered(quantity="5", price="0.16"), ordered(quantity="6", price="0.16")),
    ("order_quantity", ordered(a_leg(SPY), quantity="1000"), ordered(a_leg(SPY), quantity="1001")),
    ("order_cost", loses("1500"), loses("1500.01")),
    # 20 % of 10,000 = 2000: 500 held + 1498 (1498.01) + 2 working.
    ("position_size", *(loses(loss, exposure=an_exposure(
        groups=(a_group(worst="500"),), working=(a_working(worst="2"),))) for loss in ("1498", "1498.01"))),
    ("options_buying_power", *(loses(loss, view=a_view(account=an_account(options_buying_power="1000")),
        exposure=an_exposure(working=(a_working(worst="100"),))) for loss in ("900", "900.01"))),
    ("options_buying_power", *(loses(loss, order=a_plan(a_leg(SPY)), view=a_view(account=an_account(
        buying_power="900", options_buying_power="1"))) for loss in ("900", "900.01"))),
    ("delta_cap", viewed(greeks={CALL.symbol: some_greeks(delta=0.50)}),
     viewed(greeks={CALL.symbol: some_greeks(delta=0.5001)})),
    ("delta_cap", viewed(a_quote(PUT), greeks={CALL.symbol: some_greeks(delta=-0.50)}),
     viewed(greeks={CALL.symbol: some_greeks(delta=-0.5001)})),
    # 0.20 x 100 asked + 0.30 x 100 held.
    ("delta_cap", *(lambda delta=delta: a_picture(
        exposure=an_exposure(groups=(a_group((PUT, "1")),)),
        view=a_view(a_quote(PUT), greeks={CALL.symbol: some_greeks(), PUT.symbol: some_greeks(PUT, delta)}))
        for delta in (0.30, 0.31))),
    ("delta_after_move", viewed(greeks={CALL.symbol: some_greeks(rise=1.0)}),
     viewed(greeks={CALL.symbol: some_greeks(rise=1.0001)})),
    ("delta_after_move", viewed(greeks={CALL.symbol: some_greeks(fall=-1.0)}),
     viewed(greeks={CALL.symbol: some_greeks(fall=-1.0001)})),
    ("leg_conflict", exposed(groups=(a_group((CALL, "2")),)), exposed(groups=(a_group((CALL, "-1")),))),
    ("self_match", exposed(working=(a_working(),)), exposed(working=(a_working(legs=(a_leg(side=Side.SELL),)),))),
    ("self_match", exposed(closing_legs=((a_leg(PUT, Side.SELL), "tc-x-1"),)),
     exposed(closing_legs=((a_leg(CALL, Side.SELL), "tc-x-1"),))),
    ("unknown_orders", exposed(working=(a_working(unknown=True, underlying="QQQ"),)),
     exposed(working=(a_working(unknown=True),))),
    ("open_groups", exposed(groups=(a_group(label="A-1"),), working=(a_working(group="B-1"),)),
     exposed(groups=(a_group(label="A-1"), a_group(label="C-1")), working=(a_working(group="B-1"),))),
    ("open_groups_of_strategy", exposed(groups=(a_group(strategy="other"),)),
     exposed(groups=(a_group(strategy="orb_long_call"),))),
    ("open_groups_of_strategy", a_picture, exposed(working=(a_working(strategy="orb_long_call"),))),
    ("trades_per_day", exposed(trades_today={"other": 5}), exposed(trades_today={"other": 4, "third": 2})),
    ("trades_per_day", exposed(trades_today={"other": 4}, working=(a_working(),)),
     exposed(trades_today={"other": 5}, working=(a_working(),))),
    ("trades_per_day_of_strategy", exposed(trades_today={"orb_long_call": 1, "other": 4}),
     exposed(trades_today={"orb_long_call": 2})),
    ("consecutive_losses", exposed(consecutive_losses=1, last_loss_at=TEN), exposed(consecutive_losses=2,
     last_loss_at=TEN)),
    ("consecutive_losses", exposed(consecutive_losses=2, last_loss_at=TEN - timedelta(minutes=20)),
     exposed(consecutive_losses=2, last_loss_at=TEN - timedelta(minutes=20) + MICRO)),
    ("consecutive_losses", a_picture, exposed(consecutive_losses=3, last_loss_at=TEN - timedelta(hours=3))),
    ("reentry_cooldown", exposed(last_stop_at={"orb_long_call": TEN - timedelta(minutes=10)}),
     exposed(last_stop_at={"orb_long_call": TEN - timedelta(minutes=10) + MICRO})),
    ("reentry_cooldown", exposed(last_stop_at={"other": TEN}), exposed(last_stop_at={"orb_long_call": TEN})),
    ("open_throttle", exposed(**intents(*[5] * 9, 60)), exposed(**intents(*[5] * 10))),
    ("duplicate_intent", exposed(**intents(30, strategy="orb_long_call")),
     exposed(**intents(29.999999, strategy="orb_long_call"))),
    ("duplicate_intent", exposed(**intents(1, strategy="orb_long_call", direction="buy put")),
     exposed(**intents(1, strategy="orb_long_call"))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "inside", "outside"), BOUNDARIES, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(BOUNDARIES)]
)
def test_the_limit_itself_passes_and_one_step_beyond_does_not(
    name: str, inside: Callable[[], RiskPicture], outside: Callable[[], RiskPicture]
) -> None:
    good, bad = result(name, inside()), result(name, outside())
    assert good.passed, good
    assert not bad.passed, bad
    assert bad.message
    assert bad.measured
    assert bad.limit
    assert not judge_opening(outside()).approved


def test_every_check_of_the_gate_is_tested_at_its_limit() -> None:
    assert {name for name, _, _ in BOUNDARIES} == set(CHECKS)


def test_the_calm_picture_passes_everything_and_says_so() -> None:
    verdict = judge_opening(a_picture())
    assert verdict.approved, verdict.failed
    assert [check.name for check in verdict.checks] == list(CHECKS)
    assert all(check.measured and check.limit for check in verdict.checks)


NOT_OF_ONE_OPTION = {
    "profile", "risk_per_trade", "max_shares_per_order", "band_ticks", "band_spread_fraction", "band_pct",
    "worst_price_is_touch", "max_combo_spread", "max_combo_spread_pct", "half_day_last_open_minutes",
    "half_day_flat_minutes", "allow_early_close", "approval_timeout_s",
}  # fmt: skip
CHEAP = {"max_cheap_contracts_per_order"}
NEEDED = sorted(set(type(some_limits()).__dataclass_fields__) - NOT_OF_ONE_OPTION)


@pytest.mark.parametrize("name", NEEDED)
def test_an_opening_order_that_needs_a_limit_nobody_set_is_refused(name: str) -> None:
    order = a_plan(price="0.15") if name in CHEAP else a_plan()
    verdict = judge_opening(a_picture(limits=some_limits(**{name: None}), order=order))
    missing = {check.missing for check in verdict.failed if check.missing}
    assert not verdict.approved
    assert missing == {name}


@pytest.mark.parametrize("name", ["max_combo_spread", "max_combo_spread_pct"])
def test_several_legs_need_their_own_spread_limits(name: str) -> None:
    view = condor_view("0.12", "0.42", "0.42", "0.12")
    picture = ordered(*CONDOR, view=view)()
    check = result("max_spread", replace(picture, limits=some_limits(**{name: None})))
    assert check.missing == name


def test_shares_need_their_own_size_limit() -> None:
    picture = a_picture(order=a_plan(a_leg(SPY)), limits=some_limits(max_shares_per_order=None))
    assert result("order_quantity", picture).missing == "max_shares_per_order"


@pytest.mark.parametrize("name", ["half_day_last_open_minutes", "half_day_flat_minutes", "allow_early_close"])
def test_a_half_day_needs_its_own_clock(name: str) -> None:
    picture = half_day("10:00", allowed=True)()
    picture = replace(picture, limits=some_limits(**{"allow_early_close": True, name: None}))
    assert result("expiry_clock", picture).missing == name


NO_GREEKS = a_view(greeks={})
MISSING: list[tuple[str, RiskPicture, dict[str, str]]] = [
    ("no option quote", a_picture(view=without(a_view(), CALL)), {
        "quote_two_sided": CALL.symbol, "quote_age": f"quote of {CALL.symbol}", "max_spread": "a two-sided quote",
        "price_collar": "a two-sided quote"}),
    ("no underlying quote", a_picture(view=without(a_view(), SPY)), {
        "quote_two_sided": "SPY", "underlying_age": "quote of SPY"}),
    ("no greeks", a_picture(view=NO_GREEKS), {
        "delta_cap": f"delta of {CALL.symbol} (no quote that identifies it)",
        "delta_after_move": f"delta of {CALL.symbol} (no quote that identifies it)"}),
    ("no delta", a_picture(view=a_view(greeks={CALL.symbol: some_greeks(delta=None)})), {
        "delta_cap": f"delta of {CALL.symbol} (no quote that identifies it)"}),
    ("no delta after a rise", a_picture(view=a_view(greeks={CALL.symbol: some_greeks(rise=None)})), {
        "delta_after_move": f"delta of {CALL.symbol} (no quote that identifies it)"}),
    ("no greeks of what is held", a_picture(exposure=an_exposure(groups=(a_group((PUT, "1")),))), {
        "delta_cap": f"delta of {PUT.symbol} (no quote that identifies it)"}),
    ("no account", a_picture(view=replace(a_view(), account=None)), {
        "max_drawdown": "account balances", "portfolio_heat": "account equity", "position_size": "account equity",
        "options_buying_power": "account balances"}),
    ("no equity", a_picture(view=a_view(account=an_account("0"))), {
        "portfolio_heat": "account equity", "position_size": "account equity"}),
    ("no chain", a_picture(view=a_view(chain_at=None)), {"chain_age": "option chain of SPY"}),
    ("no price", a_picture(order=a_plan(terms=Limit(Price(Decimal(1))), worst_price=None), worst_loss=None), {
        "per_trade_max_loss": "a bounded worst-case loss", "daily_loss_budget": "a bounded worst-case loss",
        "weekly_loss_budget": "a bounded worst-case loss", "order_cost": "a bounded worst-case loss",
        "position_size": "a bounded worst-case loss", "options_buying_power": "a bounded worst-case loss"}),
    ("something unbounded is open", a_picture(exposure=an_exposure(groups=(replace(a_group(), worst_loss=None),))), {
        "daily_loss_budget": "a bounded worst-case loss of what is open",
        "weekly_loss_budget": "a bounded worst-case loss of what is open",
        "position_size": "a bounded worst-case loss of what is open"}),
    ("something unbounded works", a_picture(exposure=an_exposure(working=(a_working(worst_loss=None),))), {
        "options_buying_power": "a bounded loss of a working order"}),
]  # fmt: skip


@pytest.mark.parametrize(("picture", "wanted"), [m[1:] for m in MISSING], ids=[m[0] for m in MISSING])
def test_an_input_that_is_missing_refuses_and_is_named(picture: RiskPicture, wanted: dict[str, str]) -> None:
    verdict = judge_opening(picture)
    assert not verdict.approved
    missing = {check.name: check.missing for check in verdict.failed if check.missing}
    assert wanted.items() <= missing.items()


def test_a_quote_from_the_future_is_not_hidden_by_an_old_one() -> None:
    """Two legs: the first claims to be a second ahead, the second is two seconds old."""
    legs = (a_leg(), a_leg(a_contract("676"), Side.SELL))
    view = a_view(a_quote(age_s=-1), a_quote(a_contract("676"), "0.50", "0.52", age_s=2))
    assert not result("quote_age", ordered(*legs, view=view)()).passed


def test_a_delta_just_above_the_cap_is_not_rounded_down_to_it() -> None:
    """0.5004 x 100 = 50.04 is more than 50."""
    assert not result("delta_cap", viewed(greeks={CALL.symbol: some_greeks(delta=0.5004)})()).passed


def test_a_cap_of_no_orders_a_minute_refuses_and_does_not_fail() -> None:
    check = result("open_throttle", a_picture(limits=some_limits(max_opens_per_minute=0)))
    assert not check.passed
    assert check.passes_at is None


@pytest.mark.parametrize("side", list(Side))
def test_an_unknown_exit_blocks_its_underlying_as_well(side: Side) -> None:
    """An exit of unknown outcome may have been filled or not: what is held is not known."""
    exposure = an_exposure(unknown_exits=(("SPY", "tc-x-3"),))
    check = result("unknown_orders", a_picture(exposure=exposure, order=a_plan(a_leg(side=side))))
    assert not check.passed
    assert "tc-x-3" in check.measured
    assert result("unknown_orders", exposed(unknown_exits=(("QQQ", "tc-x-3"),))()).passed


WORST_OF_ALL = [
    a_picture(view=replace(a_view(), quotes={}, greeks={}, account=None, chain_at=None)),
    a_picture(view=a_view(a_quote(CALL, "NaN", "NaN"))),
    a_picture(view=a_view(a_quote(CALL, "2.00", "1.00"), a_quote(SPY, "NaN", None))),
    a_picture(view=a_view(a_quote(CALL, None, None, age_s=9999), account=an_account("0", "0", "0"))),
    a_picture(state=TradingState.REDUCING, session=None, now=at("20:00")),
    a_picture(exposure=an_exposure(consecutive_losses=9, trades_today={"x": 99}, **intents(*[1] * 50))),
    a_picture(limits=some_limits(**dict.fromkeys(NEEDED))),
]


@pytest.mark.parametrize("picture", WORST_OF_ALL, ids=range(len(WORST_OF_ALL)))
def test_a_closing_order_goes_whatever_the_market_and_the_limits_say(picture: RiskPicture) -> None:
    closing = replace(picture, order=replace(picture.order, effect=Effect.CLOSE, legs=(a_leg(side=Side.SELL),)))
    assert judge_closing(closing).approved
    assert judge_closing(closing).flagged or picture.exposure.consecutive_losses
    assert not judge_opening(picture).approved


def test_a_halted_desk_holds_a_closing_order_back() -> None:
    assert not judge_closing(a_picture(order=a_plan(effect=Effect.CLOSE), state=TradingState.HALTED)).approved


def test_an_opening_order_never_passes_as_a_closing_one() -> None:
    with pytest.raises(ValueError, match="closing"):
        judge_closing(a_picture())


SHORT_PUT, LOWER_PUT = (OptionContract("SPY", CALL.expiry, Right.PUT, Decimal(strike)) for strike in (596, 594))


@pytest.mark.parametrize(
    ("legs", "covered"),
    [
        ((Leg(SHORT_PUT, Side.SELL),), False),
        ((Leg(SHORT_PUT, Side.SELL), Leg(LOWER_PUT, Side.BUY)), True),
        ((Leg(SHORT_PUT, Side.SELL, 2), Leg(LOWER_PUT, Side.BUY)), False),
        ((Leg(SHORT_PUT, Side.SELL), Leg(CALL, Side.BUY)), False),
    ],
    ids=["naked put", "put spread", "ratio spread", "risk reversal"],
)
def test_a_short_put_needs_a_bought_one_although_its_loss_has_a_bound(legs: tuple[Leg, ...], covered: bool) -> None:
    """A stock can only fall to zero, so payoff alone would call the naked put bounded at its strike."""
    assert (uncovered_leg(legs) is None) is covered
    order = replace(a_plan(), legs=legs)
    assert result("defined_risk", a_picture(order=order)).passed is covered
