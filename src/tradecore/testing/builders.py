"""
Values for tests, each with defaults, so that a test shows only what matters to it.

The world they describe: Friday 2026-11-20, 10:00 in New York (EST), SPY around 670, its 674 call of that day quoted
1.00 x 1.02 with a delta of 0.20, an account of $10,000 under the shipped limits.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from tradecore.desk.desk import Desk
from tradecore.desk.new_ticket import NewTicket
from tradecore.desk.opening import DeskOpening
from tradecore.model.account import AccountSnapshot
from tradecore.model.events import Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Equity, Instrument, OptionContract, Price, Right
from tradecore.model.market import Bar, ContractGreeks, MarketView, Quote
from tradecore.model.money import ZERO, usd
from tradecore.model.orders import Order, Role
from tradecore.model.plans import PlannedOrder, Proposal, Protection, Signal, SizeRequest
from tradecore.model.sessions import NEW_YORK, session_on
from tradecore.model.terms import Effect, Leg, Limit, PriceTerms, Side
from tradecore.risk.limits import Limits
from tradecore.risk.picture import AccountExposure, RiskPicture, TradingState
from tradecore.testing.shipped_limits import SHIPPED_LIMITS

TODAY: Final = date(2026, 11, 20)
TEN: Final = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SPY: Final = Equity("SPY")
FEES: Final = FeeSchedule(
    per_contract=Decimal("0.05"), taf_per_contract_sold=Decimal("0.00279"), as_of=date(2026, 11, 1)
)
"""$0.05 a contract and side, $0.00279 more on sales: a round trip costs $0.10279."""


def at(clock_time: str, day: date = TODAY) -> datetime:
    """An instant (UTC) from New York wall-clock time, `"10:00"` or `"10:00:30.5"`."""
    return datetime.combine(day, time.fromisoformat(clock_time), NEW_YORK).astimezone(UTC)


def a_contract(
    strike: str = "674", right: Right = Right.CALL, expiry: date = TODAY, root: str = "SPY"
) -> OptionContract:
    """A listed option, by default the SPY 674 call that expires today."""
    return OptionContract(root, expiry, right, Decimal(strike))


CALL: Final = a_contract()


def a_quote(
    instrument: Instrument = CALL,
    bid: str | None = "1.00",
    ask: str | None = "1.02",
    *,
    size: str = "50",
    age_s: float = 0,
    now: datetime = TEN,
) -> Quote:
    """A quote that is `age_s` old at `now`; a side given as None has no interest."""
    seen = now - timedelta(seconds=age_s)
    return Quote(
        instrument=instrument,
        bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask),
        bid_size=Decimal(size),
        ask_size=Decimal(size),
        at=seen,
        received_at=seen,
        source="test",
    )


def some_greeks(
    instrument: Instrument = CALL, delta: float | None = 0.20, *, rise: float | None = 0.40, fall: float | None = 0.05
) -> ContractGreeks:
    """Greeks of one option per share; `rise` and `fall` are the deltas after a 1 % move."""
    return ContractGreeks(instrument, 0.15, delta, 0.02, -0.001, 0.05, delta_after_rise=rise, delta_after_fall=fall)


def an_account(
    equity: str = "10000", buying_power: str = "10000", options_buying_power: str = "10000"
) -> AccountSnapshot:
    """Balances of the test account."""
    return AccountSnapshot(
        account="T1",
        at=TEN,
        cash=usd(equity),
        equity=usd(equity),
        buying_power=usd(buying_power),
        options_buying_power=usd(options_buying_power),
    )


def a_view(
    *quotes: Quote,
    greeks: Mapping[str, ContractGreeks] | None = None,
    account: AccountSnapshot | None = None,
    now: datetime = TEN,
    **changes: Any,
) -> MarketView:
    """A view with a fresh SPY quote, the 674 call and its greeks; `quotes` are added or replace these."""
    base = (a_quote(SPY, "669.99", "670.01", now=now), a_quote(now=now))
    found = {quote.instrument.symbol: quote for quote in (*base, *quotes)}
    options = [quote.instrument for quote in found.values() if isinstance(quote.instrument, OptionContract)]
    known = {option.symbol: some_greeks(option) for option in options} if greeks is None else greeks
    view = MarketView(quotes=found, greeks=known, account=account or an_account(), chain_at=now)
    return replace(view, **changes)


def without(view: MarketView, instrument: Instrument) -> MarketView:
    """The view without the quote of one instrument."""
    return replace(view, quotes={k: v for k, v in view.quotes.items() if k != instrument.symbol})


def some_limits(**changes: Any) -> Limits:
    """The shipped limits (DEFAULTS.md), typed by hand; `changes` replace single ones."""
    return replace(SHIPPED_LIMITS, **changes)


def a_leg(instrument: Instrument = CALL, side: Side = Side.BUY, ratio: int = 1) -> Leg:
    """One leg, by default the bought 674 call."""
    return Leg(instrument, side, ratio)


def some_protection(stop_pct: str | None = "50", target_pct: str | None = "100") -> Protection:
    """Stop and target in percent of the premium, out by 15:20."""
    return Protection(
        stop_pct=None if stop_pct is None else Decimal(stop_pct),
        target_pct=None if target_pct is None else Decimal(target_pct),
        out_by=time(15, 20),
    )


def a_proposal(*legs: Leg, contracts: str | None = "1", risk_dollars: str | None = None, **changes: Any) -> Proposal:
    """A strategy's plan to buy one 674 call with stop and target."""
    plan = Proposal(
        strategy="orb_long_call",
        label="ORB",
        legs=legs or (a_leg(),),
        size=SizeRequest(
            contracts=None if contracts is None else Decimal(contracts),
            risk_dollars=None if risk_dollars is None else Decimal(risk_dollars),
        ),
        protection=some_protection(),
        signal=Signal(present=True, why="drawn by hand"),
        reason="a test",
    )
    return replace(plan, **changes)


def a_plan(*legs: Leg, quantity: str = "1", price: str = "1.02", **changes: Any) -> PlannedOrder:
    """A judged entry: buy at 1.02 at worst."""
    plan = PlannedOrder(
        strategy="orb_long_call",
        label="ORB",
        group=None,
        effect=Effect.OPEN,
        legs=legs or (a_leg(),),
        quantity=Decimal(quantity),
        terms=Limit(Price(Decimal(price))),
        first_price=Decimal(price),
        worst_price=Decimal(price),
        protection=some_protection(),
        reason="a test",
    )
    return replace(plan, **changes)


def an_exposure(**changes: Any) -> AccountExposure:
    """An account of $10,000 that has nothing and did nothing today."""
    calm = AccountExposure(
        equity_at_open=usd(10_000),
        high_water=usd(10_000),
        realised_today=ZERO,
        fees_today=ZERO,
        realised_this_week=ZERO,
        trades_today={},
        last_stop_at={},
    )
    return replace(calm, **changes)


def a_picture(**changes: Any) -> RiskPicture:
    """What the gate sees of one bought call at ten o'clock: it can lose $102 and costs as much, fees aside."""
    calm = RiskPicture(
        now=TEN,
        session=session_on(TODAY),
        today=TODAY,
        state=TradingState.ACTIVE,
        state_reason="open for business",
        limits=some_limits(),
        order=a_plan(),
        worst_loss=usd(102),
        planned_loss=usd(51),
        cost=usd(102),
        view=a_view(),
        exposure=an_exposure(),
    )
    return replace(calm, **changes)


def a_desk(*, mode: str = "simulated", equity: str = "10000", limits: Limits | None = None, **opened: Any) -> Desk:
    """A flat desk on the test day; `opened` are further fields of its opening."""
    known: dict[str, Any] = {"account": "T1", "mode": mode, "day": TODAY, "equity": usd(equity), "fees": FEES}
    return Desk(DeskOpening(limits=limits or some_limits(), **(known | opened)))


def a_ticket(number: int = 1, **arguments: str) -> NewTicket:
    """Identity of ticket `number`: intent `i<number>`, token hash `h<number>`."""
    return NewTicket(intent_id=f"i{number}", token_hash=f"h{number}", arguments=tuple(sorted(arguments.items())))


def an_order(
    *legs: Leg, quantity: str = "2", order_id: str = "tc-i1-0", terms: PriceTerms | None = None, **changes: Any
) -> Order:
    """A new entry for two 674 calls at 1.02."""
    order = Order(
        client_order_id=order_id,
        group="ORB-1",
        role=Role.ENTRY,
        effect=Effect.OPEN,
        legs=legs or (a_leg(),),
        quantity=Decimal(quantity),
        terms=terms or Limit(Price(Decimal("1.02"))),
        created_at=TEN,
        reason="a test",
    )
    return replace(order, **changes)


def a_fill(
    quantity: str = "1",
    price: str = "1.00",
    *,
    order_id: str = "tc-i1-0",
    exec_id: str = "e1",
    side: Side = Side.BUY,
    instrument: Instrument = CALL,
    fee: str | None = None,
    when: datetime = TEN,
) -> Filled:
    """One execution, with the fee of the test schedule unless another is given."""
    units = Decimal(quantity)
    cost = FEES.fee(instrument, side, units) if fee is None and units.is_finite() else usd(fee or "0")
    return Filled(order_id, when, exec_id, instrument, side, units, Decimal(price), cost)


def a_bar(start: datetime, close: str, *, high: str | None = None, low: str | None = None, minutes: int = 1) -> Bar:
    """A finished bar of SPY; high and low default to its close."""
    price = Decimal(close)
    return Bar(
        instrument=SPY,
        start=start,
        end=start + timedelta(minutes=minutes),
        open=price,
        high=Decimal(high or close),
        low=Decimal(low or close),
        close=price,
        volume=Decimal(1000),
    )
