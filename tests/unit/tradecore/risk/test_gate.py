"""The gate as a whole: one verdict of many checks, and what it says of a closing order."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from tests.unit.tradecore.risk.pictures import asked_before, ordered, result

from tradecore.model.instruments import OptionContract, Right
from tradecore.model.terms import Effect, Leg, Side
from tradecore.risk.gate import CHECKS, judge_closing, judge_opening
from tradecore.risk.limits import Limits
from tradecore.risk.picture import RiskPicture, TradingState
from tradecore.risk.worst_case import uncovered_leg
from tradecore.testing.builders import (
    CALL,
    SPY,
    a_contract,
    a_leg,
    a_picture,
    a_plan,
    a_quote,
    a_view,
    an_account,
    an_exposure,
    at,
    some_limits,
)


def test_the_calm_picture_passes_everything_and_says_so() -> None:
    verdict = judge_opening(a_picture())
    assert verdict.approved, verdict.failed
    assert [check.name for check in verdict.checks] == list(CHECKS)
    assert all(check.measured and check.limit for check in verdict.checks)


def test_a_quote_from_the_future_is_not_hidden_by_an_old_one() -> None:
    """Two legs: the first claims to be a second ahead, the second is two seconds old."""
    legs = (a_leg(), a_leg(a_contract("676"), Side.SELL))
    view = a_view(a_quote(age_s=-1), a_quote(a_contract("676"), "0.50", "0.52", age_s=2))
    assert not result("quote_age", ordered(*legs, view=view)).passed


WORST_OF_ALL = [
    a_picture(view=replace(a_view(), quotes={}, greeks={}, account=None, chain_at=None)),
    a_picture(view=a_view(a_quote(CALL, "NaN", "NaN"))),
    a_picture(view=a_view(a_quote(CALL, "2.00", "1.00"), a_quote(SPY, "NaN", None))),
    a_picture(view=a_view(a_quote(CALL, None, None, age_s=9999), account=an_account("0", "0", "0"))),
    a_picture(state=TradingState.REDUCING, session=None, now=at("20:00")),
    a_picture(exposure=an_exposure(consecutive_losses=9, trades_today={"x": 99}, **asked_before(*["1"] * 50))),
    a_picture(limits=some_limits(**dict.fromkeys(field.name for field in fields(Limits) if field.name != "profile"))),
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
