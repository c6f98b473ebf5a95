"""Limits of the checks that look at money and holdings: losses, size, cost, legs, unknown orders."""

from datetime import timedelta
from typing import Final

from tests.unit.tradecore.risk.pictures import CONDOR, PUT, Edge, a_group, a_working, edge, exposed, losing, ordered

from tradecore.model.instruments import Right
from tradecore.model.money import usd
from tradecore.model.terms import Leg, Side
from tradecore.risk.picture import RiskPicture
from tradecore.testing.builders import (
    CALL,
    SPY,
    TODAY,
    a_contract,
    a_leg,
    a_picture,
    a_plan,
    a_view,
    an_account,
    an_exposure,
    some_limits,
)

LOST_100: Final = an_exposure(
    realised_today=usd(-100),
    fees_today=usd(1),
    groups=(a_group(worst="150"),),
    working=(a_working(worst="49"),),
)


def covered_by(text: str) -> RiskPicture:
    """A 674 call sold `1`, bought `strike/days later/ratio/right`."""
    strike, days, ratio, right = text.split("/")
    cover = a_contract(strike, Right(right), TODAY + timedelta(days=int(days)))
    return ordered(Leg(CALL, Side.SELL, 2), Leg(cover, Side.BUY, int(ratio)))


def cash_of(dollars: str, *, shares: bool) -> RiskPicture:
    """An order for shares or options, which 100 dollars of a working order precede, with 1000 of buying power."""
    powers = ("1000", "1") if shares else ("1", "1000")
    account = an_account(buying_power=powers[0], options_buying_power=powers[1])
    order = a_plan(a_leg(SPY)) if shares else a_plan()
    exposure = an_exposure(working=(a_working(worst="100"),))
    return losing(dollars, order=order, view=a_view(account=account), exposure=exposure)


def selling(side: str) -> RiskPicture:
    return exposed(working=(a_working(legs=(a_leg(side=Side(side)),)),))


def ratioed(ratio: str) -> RiskPicture:
    return ordered(Leg(CALL, Side.BUY, int(ratio)), quantity="1")


def equity_of(dollars: str, high: str) -> RiskPicture:
    return a_picture(view=a_view(account=an_account(dollars)), exposure=an_exposure(high_water=usd(high)))


def a_lotto(dollars: str) -> RiskPicture:
    """A lotto that costs this much after 30 dollars of today's lottos."""
    return losing(dollars, order=a_plan(label="LOTTO"), exposure=an_exposure(lotto_premium=usd(30)))


def legged(text: str) -> RiskPicture:
    """Legs written `side:strike:ratio:days:root`, a net debit of 0.50."""
    legs = []
    for one in text.split("+"):
        side, strike, ratio, days, root = one.split(":")
        contract = a_contract(strike, expiry=TODAY + timedelta(days=int(days)), root=root)
        legs.append(Leg(contract, Side(side), int(ratio)))
    return ordered(*legs, price="0.50")


def condor_for(price: str) -> RiskPicture:
    """The condor whose wings are 2 wide, at a net price: below zero is a credit."""
    return ordered(*CONDOR, price=price)


def vertical_for(price: str) -> RiskPicture:
    """Bought 674 call, sold 676 call: worth 0 to 2."""
    return ordered(a_leg(), a_leg(a_contract("676"), Side.SELL), price=price)


EDGES: Final[tuple[Edge, ...]] = (
    edge("lotto_budget", "30 of the day's 50 are spent", a_lotto, passes="19.99 20", refuses="20.01"),
    edge(
        "leg_structure",
        "each contract once, one expiry and root, no common factor, four legs",
        legged,
        passes="buy:674:1:0:SPY buy:674:1:0:SPY+sell:676:1:0:SPY buy:674:1:0:SPY+sell:676:2:0:SPY",
        refuses="buy:674:2:0:SPY buy:674:2:0:SPY+sell:676:2:0:SPY buy:674:1:0:SPY+sell:674:1:0:SPY"
        " buy:674:1:0:SPY+sell:676:1:1:SPY buy:674:1:0:SPY+sell:676:1:0:QQQ"
        " buy:1:1:0:SPY+buy:2:1:0:SPY+buy:3:1:0:SPY+buy:4:1:0:SPY+buy:5:1:0:SPY",
    ),
    edge(
        "net_price",
        "a condor 2 wide brings more than 0 and less than 2",
        condor_for,
        passes="-0.01 -1.99",
        refuses="-2.00 -2.01 0 0.01",
    ),
    edge("net_price", "a vertical worth 0 to 2 costs between", vertical_for, "0.01 1.99", refuses="0 -0.01 2.00 2.01"),
    edge(
        "defined_risk",
        "two sold calls want two bought calls of that expiry",
        covered_by,
        passes="676/0/3/call 676/0/2/call",
        refuses="676/0/1/call 676/1/2/call 672/0/2/put",
    ),
    edge(
        "defined_risk",
        "a loss of a known size is bounded",
        lambda loss: ordered(worst_loss=None if loss == "unbounded" else loss),
        passes="0 102",
        refuses="unbounded",
    ),
    edge(
        "execution_limits",
        "each limit of the work on an order is set",
        lambda name: a_picture(limits=some_limits() if name == "all" else some_limits(**{name: None})),
        passes="all",
        refuses="entry_steps entry_step_s exit_step_s exit_market_after_s stop_confirmations stop_confirmation_gap_s "
        "wide_spread_wait_s confirmation_timeout_s gap_stress_pct worst_price_is_touch band_ticks band_spread_fraction "
        "band_pct",
    ),
    edge(
        "execution_limits",
        "where the worst price is the touch no band is needed",
        lambda name: a_picture(limits=some_limits(worst_price_is_touch=True, **{name: None})),
        passes="band_ticks band_spread_fraction band_pct",
        refuses="entry_steps",
    ),
    edge("per_trade_max_loss", "at most 250", losing, passes="249.99 250", refuses="250.01"),
    edge("daily_loss_budget", "5 % of 10,000 = 500 = the dollar cap", losing, passes="499.99 500", refuses="500.01"),
    edge(
        "daily_loss_budget",
        "5 % of 9,000 = 450, below the dollar cap",
        lambda loss: losing(loss, exposure=an_exposure(equity_at_open=usd(9000))),
        passes="449.99 450",
        refuses="450.01",
    ),
    edge(
        "daily_loss_budget",
        "the dollar cap of 500 is below 5 % of 10,001 = 500.05",
        lambda loss: losing(loss, exposure=an_exposure(equity_at_open=usd(10001), held_cost=usd(1))),
        passes="499.99 500",
        refuses="500.01",
    ),
    edge(
        "daily_loss_budget",
        "500 - 100 lost - 1 of fees - 150 held - 49 working = 200",
        lambda loss: losing(loss, exposure=LOST_100),
        passes="199.99 200",
        refuses="200.01",
    ),
    edge(
        "daily_loss_budget",
        "gains give nothing back: 500 - 1 of fees = 499",
        lambda loss: losing(loss, exposure=an_exposure(realised_today=usd(300), fees_today=usd(1))),
        passes="498.99 499",
        refuses="499.01",
    ),
    edge(
        "weekly_loss_budget",
        "1000 - 850 lost - 20 held = 130",
        lambda loss: losing(loss, exposure=an_exposure(realised_this_week=usd(-850), groups=(a_group(worst="20"),))),
        passes="129.99 130",
        refuses="130.01",
    ),
    edge(
        "max_drawdown",
        "10 % below 10,000 is 9,000, where it is over",
        lambda dollars: equity_of(dollars, "10000"),
        passes="12000 9000.02 9000.01",
        refuses="9000 8999.99",
    ),
    edge(
        "max_drawdown",
        "of nothing everything is lost",
        lambda dollars: equity_of(dollars, dollars),
        passes="0.01",
        refuses="0",
    ),
    edge(
        "portfolio_heat",
        "7.5 % of 10,000 = 750: the order's planned loss alone",
        lambda planned: a_picture(planned_loss=usd(planned)),
        passes="749.99 750",
        refuses="750.01",
    ),
    edge(
        "portfolio_heat",
        "750 - 500 planned by a group - 51 by the order = 199 left to a working one",
        lambda more: exposed(groups=(a_group(planned="500"),), working=(a_working(planned_loss=usd(more)),)),
        passes="198.99 199",
        refuses="199.01",
    ),
    edge("order_quantity", "at most 5", lambda n: ordered(quantity=n), passes="4 5", refuses="6"),
    edge("order_quantity", "5 of one leg in one unit", ratioed, passes="4 5", refuses="6"),
    edge(
        "order_quantity",
        "at 0.15 at most 10",
        lambda n: ordered(quantity=n, price="0.15"),
        passes="9 10",
        refuses="11",
    ),
    edge(
        "order_quantity",
        "6 contracts are more than 5, so their price is at most 0.15",
        lambda price: ordered(quantity="6", price=price),
        passes="0.14 0.15",
        refuses="0.16",
    ),
    edge(
        "order_quantity",
        "at most 1000 shares",
        lambda n: ordered(a_leg(SPY), quantity=n),
        passes="999 1000",
        refuses="1001",
    ),
    edge(
        "order_cost",
        "at most 1500 of cost",
        lambda cost: a_picture(cost=usd(cost)),
        passes="1499.99 1500",
        refuses="1500.01",
    ),
    edge(
        "order_cost",
        "what an order can lose is its cost where it brings money in",
        lambda loss: a_picture(cost=usd(-60), worst_loss=usd(loss)),
        passes="1499.99 1500",
        refuses="1500.01",
    ),
    edge(
        "position_size",
        "20 % of 10,000 = 2000, less 500 held and 2 working = 1498",
        lambda loss: losing(
            loss, exposure=an_exposure(groups=(a_group(worst="500"),), working=(a_working(worst="2"),))
        ),
        passes="1497.99 1498",
        refuses="1498.01",
    ),
    edge(
        "position_size",
        "2000 held of another underlying leave 2000 to this one",
        lambda loss: losing(loss, exposure=an_exposure(groups=(a_group(worst="2000", underlying="QQQ"),))),
        passes="1999.99 2000",
        refuses="2000.01",
    ),
    edge(
        "options_buying_power",
        "1000 - 100 held back for a working order = 900",
        lambda dollars: cash_of(dollars, shares=False),
        passes="899.99 900",
        refuses="900.01",
    ),
    edge(
        "options_buying_power",
        "shares are paid from the other buying power, 1000 - 100 as well",
        lambda dollars: cash_of(dollars, shares=True),
        passes="899.99 900",
        refuses="900.01",
    ),
    edge(
        "leg_conflict",
        "one contract short elsewhere is bought back unawares; long adds to it",
        lambda held: exposed(groups=(a_group((CALL, held)),)),
        passes="1 0",
        refuses="-1",
    ),
    edge(
        "self_match",
        "an own purchase may work beside a purchase, a sale may not",
        selling,
        passes="buy",
        refuses="sell",
    ),
    edge(
        "self_match",
        "an exit that sells the contract works against its purchase; one of another contract does not",
        lambda name: exposed(closing_legs=((a_leg(CALL if name == "same" else PUT, Side.SELL), "tc-x-1"),)),
        passes="other",
        refuses="same",
    ),
    edge(
        "daily_loss_budget",
        "the broker's cash fell by 10,200 - 10,000 - 80 paid for holdings = 120, our books say 0: 500 - 120 = 380",
        lambda loss: losing(loss, exposure=an_exposure(equity_at_open=usd(10200), held_cost=usd(80))),
        passes="379.99 380",
        refuses="380.01",
    ),
    edge(
        "instrument_lock",
        "a difference with the broker locks its instrument, the underlying all of its contracts",
        lambda symbol: exposed(locks={symbol: "1 here, 0 at the broker"}),
        passes="QQQ SPY261120C00675000",
        refuses="SPY SPY261120C00674000",
    ),
    edge(
        "unknown_orders",
        "an entry of unknown outcome blocks its underlying only",
        lambda name: exposed(working=(a_working(is_unknown=True, underlying=name),)),
        passes="QQQ",
        refuses="SPY",
    ),
    edge(
        "unknown_orders",
        "and so does an exit",
        lambda name: exposed(unknown_exits=((name, "tc-x-3"),)),
        passes="QQQ",
        refuses="SPY",
    ),
)
