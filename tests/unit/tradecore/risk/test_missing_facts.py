"""What nobody set or nobody knows refuses an opening order and is named; nothing is ever assumed."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from tests.unit.tradecore.risk.pictures import CONDOR, HALF_DAY, PUT, a_group, a_working, at_clock, condor_view, ordered

from tradecore.desk.decisions import Refused
from tradecore.model.terms import Side
from tradecore.risk.gate import judge_opening
from tradecore.risk.limits import Limits
from tradecore.risk.picture import RiskPicture
from tradecore.testing.builders import (
    CALL,
    SPY,
    a_contract,
    a_desk,
    a_leg,
    a_picture,
    a_plan,
    a_proposal,
    a_quote,
    a_view,
    an_account,
    an_exposure,
    some_greeks,
    some_limits,
    without,
)
from tradecore.testing.desk_driver import DeskDriver

NOT_A_LIMIT_OF_AN_OPENING_ORDER = {
    "profile": "the name of the set, always there",
    "max_armed_plans": "asked for by plans that stand, each of which the gate judges when it fires",
    "armed_until": "the same",
    "approval_timeout_s": "how much longer a person may read; without it no longer than a model",
}


def a_condor() -> RiskPicture:
    return ordered(*CONDOR, view=condor_view("0.10/0.12", "0.40/0.42", "0.40/0.42", "0.10/0.12"))


def shares() -> RiskPicture:
    return a_picture(order=a_plan(a_leg(SPY)))


def a_half_day() -> RiskPicture:
    return at_clock("10:00", HALF_DAY, limits=some_limits(allow_early_close=True))


def a_cheap_option() -> RiskPicture:
    return ordered(price="0.15")


NEEDED_BY: dict[str, Callable[[], RiskPicture]] = {
    "max_lotto_premium_per_day": lambda: a_picture(order=a_plan(label="LOTTO")),
    "max_combo_spread": a_condor,
    "max_combo_spread_pct": a_condor,
    "max_shares_per_order": shares,
    "max_cheap_contracts_per_order": a_cheap_option,
    "half_day_last_open_minutes": a_half_day,
    "half_day_flat_minutes": a_half_day,
    "allow_early_close": a_half_day,
}
BY_THE_GATE = sorted(
    {field.name for field in fields(Limits)} - set(NOT_A_LIMIT_OF_AN_OPENING_ORDER) - {"risk_per_trade"}
)


def missing_in(picture: RiskPicture) -> dict[str, str]:
    """Each check that lacks something, and what."""
    return {check.name: check.missing for check in judge_opening(picture).failed if check.missing}


@pytest.mark.parametrize("name", BY_THE_GATE)
def test_a_limit_nobody_set_refuses_what_needs_it_and_is_named(name: str) -> None:
    picture = NEEDED_BY.get(name, a_picture)()
    assert name not in missing_in(picture).values()
    nobody_set: dict[str, Any] = {name: None}
    without_it = replace(picture, limits=replace(picture.limits, **nobody_set))
    assert not judge_opening(without_it).approved
    assert name in missing_in(without_it).values()


def test_sizing_without_a_wish_needs_the_risk_per_trade() -> None:
    driver = DeskDriver(a_desk(limits=some_limits(risk_per_trade=None)))
    outcome = driver.preview(a_proposal(contracts=None)).outcome
    assert isinstance(outcome, Refused)
    assert "risk_per_trade" in outcome.message


@pytest.mark.parametrize("name", sorted(NOT_A_LIMIT_OF_AN_OPENING_ORDER.keys() - {"profile"}))
def test_a_limit_that_no_opening_order_needs_is_not_asked_for(name: str) -> None:
    assert judge_opening(a_picture(limits=some_limits(**{name: None}))).approved


@pytest.mark.parametrize("name", [name for name in BY_THE_GATE if name not in NEEDED_BY])
def test_no_preview_without_that_limit_issues_a_ticket(name: str) -> None:
    """Through the desk itself: what one option on a full day needs."""
    outcome = DeskDriver(a_desk(limits=some_limits(**{name: None}))).preview().outcome
    assert isinstance(outcome, Refused)
    named = outcome.preview.verdict.checks if outcome.preview else ()
    assert name in {check.missing for check in named}


HIGHER = a_contract("676")
UNKNOWN = "no quote that identifies it"


def a_spread(*quotes: Any, missing: str | None = None, **changes: Any) -> RiskPicture:
    """The 674 call bought, the 676 sold; `missing` is the leg without a quote."""
    view = a_view(a_quote(HIGHER, "0.50", "0.52"), *quotes, **changes)
    for leg in (CALL, HIGHER):
        view = without(view, leg) if leg.symbol == missing else view
    return ordered(a_leg(), a_leg(HIGHER, Side.SELL), view=view)


def one_side(instrument: Any, bid: str | None, ask: str | None) -> RiskPicture:
    return a_spread(a_quote(instrument, bid, ask))


def greeks(**changes: Any) -> RiskPicture:
    return a_picture(view=a_view(greeks={CALL.symbol: some_greeks(**changes)}))


def nothing_else() -> dict[str, Any]:
    return {CALL.symbol: some_greeks(), HIGHER.symbol: some_greeks(HIGHER)}


FACTS: dict[str, tuple[RiskPicture, dict[str, str]]] = {
    "quote of the only leg": (a_picture(view=without(a_view(), CALL)), {
        "quote_two_sided": CALL.symbol, "quote_age": f"quote of {CALL.symbol}",
        "max_spread": "a two-sided quote", "price_collar": "a two-sided quote"}),
    "quote of the first leg": (a_spread(missing=CALL.symbol), {
        "quote_two_sided": CALL.symbol, "quote_age": f"quote of {CALL.symbol}",
        "max_spread": "a two-sided quote", "price_collar": "a two-sided quote"}),
    "quote of the second leg": (a_spread(missing=HIGHER.symbol), {
        "quote_two_sided": HIGHER.symbol, "quote_age": f"quote of {HIGHER.symbol}",
        "max_spread": "a two-sided quote", "price_collar": "a two-sided quote"}),
    "bid of the first leg": (one_side(CALL, None, "1.02"), {"quote_two_sided": CALL.symbol}),
    "ask of the first leg": (one_side(CALL, "1.00", None), {"quote_two_sided": CALL.symbol}),
    "bid of the second leg": (one_side(HIGHER, None, "0.52"), {"quote_two_sided": HIGHER.symbol}),
    "ask of the second leg": (one_side(HIGHER, "0.50", None), {"quote_two_sided": HIGHER.symbol}),
    "quote of the underlying": (a_picture(view=without(a_view(), SPY)), {
        "quote_two_sided": "SPY", "underlying_age": "quote of SPY"}),
    "bid of the underlying": (one_side(SPY, None, "670.01"), {"quote_two_sided": "SPY"}),
    "ask of the underlying": (one_side(SPY, "669.99", None), {"quote_two_sided": "SPY"}),
    "time of the chain": (a_picture(view=a_view(chain_at=None)), {"chain_age": "option chain of SPY"}),
    "account": (a_picture(view=replace(a_view(), account=None)), {
        "max_drawdown": "account balances", "portfolio_heat": "account equity", "position_size": "account equity",
        "options_buying_power": "account balances"}),
    "equity": (a_picture(view=a_view(account=an_account("0"))), {
        "portfolio_heat": "account equity", "position_size": "account equity"}),
    "greeks": (a_picture(view=a_view(greeks={})), {
        "delta_cap": f"delta of {CALL.symbol} ({UNKNOWN})", "delta_after_move": f"delta of {CALL.symbol} ({UNKNOWN})"}),
    "greeks of the second leg": (a_spread(greeks={CALL.symbol: some_greeks()}), {
        "delta_cap": f"delta of {HIGHER.symbol} ({UNKNOWN})"}),
    "delta": (greeks(delta=None), {"delta_cap": f"delta of {CALL.symbol} ({UNKNOWN})"}),
    "delta after a rise": (greeks(rise=None), {"delta_after_move": f"delta of {CALL.symbol} ({UNKNOWN})"}),
    "delta after a fall": (greeks(fall=None), {"delta_after_move": f"delta of {CALL.symbol} ({UNKNOWN})"}),
    "greeks of what is held": (a_picture(exposure=an_exposure(groups=(a_group((PUT, "1")),))), {
        "delta_cap": f"delta of {PUT.symbol} ({UNKNOWN})", "delta_after_move": f"delta of {PUT.symbol} ({UNKNOWN})"}),
    "loss of what is open": (a_picture(exposure=an_exposure(groups=(replace(a_group(), worst_loss=None),))), {
        "daily_loss_budget": "a bounded worst-case loss of what is open",
        "weekly_loss_budget": "a bounded worst-case loss of what is open",
        "position_size": "a bounded worst-case loss of what is open"}),
    "loss of what works": (a_picture(exposure=an_exposure(working=(a_working(worst_loss=None),))), {
        "daily_loss_budget": "a bounded worst-case loss of what is open",
        "options_buying_power": "a bounded loss of a working order"}),
    "price": (ordered(worst_price=None, worst_loss=None), {
        "defined_risk": "a price for every leg", "per_trade_max_loss": "a bounded worst-case loss",
        "daily_loss_budget": "a bounded worst-case loss", "weekly_loss_budget": "a bounded worst-case loss"}),
}  # fmt: skip


@pytest.mark.parametrize(("picture", "wanted"), FACTS.values(), ids=FACTS)
def test_a_fact_nobody_knows_refuses_and_is_named(picture: RiskPicture, wanted: dict[str, str]) -> None:
    found = missing_in(picture)
    assert not judge_opening(picture).approved
    assert wanted.items() <= found.items()


def test_the_pictures_lack_nothing_before_something_is_taken_away() -> None:
    pictures = [a_picture(), a_condor(), shares(), a_half_day(), a_cheap_option(), a_spread(greeks=nothing_else())]
    assert [missing_in(picture) for picture in pictures] == [{}] * len(pictures)
