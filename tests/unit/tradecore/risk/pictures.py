"""What the gate sees at a limit: pictures of one order, and the table row that says which of them pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tradecore.model.instruments import Instrument, Right
from tradecore.model.market import MarketView
from tradecore.model.money import usd
from tradecore.model.positions import Position
from tradecore.model.sessions import session_on, trading_day
from tradecore.model.terms import Leg, Side
from tradecore.risk.gate import judge_opening
from tradecore.risk.picture import GroupExposure, OpenIntent, RiskPicture, WorkingExposure
from tradecore.risk.verdict import CheckResult
from tradecore.testing.builders import TEN, a_contract, a_leg, a_picture, a_plan, a_quote, a_view, an_exposure, at

PUT: Final = a_contract("666", Right.PUT)
HALF_DAY: Final = date(2026, 11, 27)
THANKSGIVING: Final = date(2026, 11, 26)
CONDOR: Final = (
    a_leg(a_contract("658", Right.PUT)),
    a_leg(a_contract("660", Right.PUT), Side.SELL),
    a_leg(a_contract("680"), Side.SELL),
    a_leg(a_contract("682")),
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One limit of one check: `make` draws the picture at a value; the last of `passes` is the nearest that passes."""

    check: str
    arithmetic: str
    make: Callable[[str], RiskPicture]
    passes: tuple[str, ...]
    refuses: tuple[str, ...]


def edge(check: str, arithmetic: str, make: Callable[[str], RiskPicture], passes: str, refuses: str) -> Edge:
    """An edge from values that are separated by blanks."""
    return Edge(check, arithmetic, make, tuple(passes.split()), tuple(refuses.split()))


def a_group(
    *holdings: tuple[Instrument, str],
    label: str = "ORB-9",
    strategy: str = "other",
    underlying: str = "SPY",
    worst: str = "0",
    planned: str = "0",
) -> GroupExposure:
    """An open group of another strategy."""
    return GroupExposure(
        label=label,
        strategy=strategy,
        underlying=underlying,
        holdings=tuple(Position(instrument, Decimal(q), abs(Decimal(q))) for instrument, q in holdings),
        worst_loss=usd(worst),
        planned_loss=usd(planned),
    )


def a_working(*, group: str = "ORB-8", strategy: str = "other", worst: str = "0", **changes: Any) -> WorkingExposure:
    """A working entry of another strategy for one call."""
    order = WorkingExposure(
        client_order_id="tc-w-0",
        group=group,
        strategy=strategy,
        underlying="SPY",
        legs=(a_leg(),),
        quantity=Decimal(1),
        worst_loss=usd(worst),
        planned_loss=usd(0),
        is_unknown=False,
    )
    return replace(order, **changes)


def exposed(**changes: Any) -> RiskPicture:
    """The calm picture with another exposure."""
    return a_picture(exposure=an_exposure(**changes))


def ordered(*legs: Leg, view: MarketView | None = None, worst_loss: str | None = "102", **changes: Any) -> RiskPicture:
    """The calm picture of another order."""
    loss = None if worst_loss is None else usd(worst_loss)
    return a_picture(order=a_plan(*legs, **changes), view=view or a_view(), worst_loss=loss)


def losing(dollars: str, **changes: Any) -> RiskPicture:
    """An order that can lose this much and costs as much."""
    return a_picture(worst_loss=usd(dollars), cost=usd(dollars), **changes)


def at_clock(clock: str, day: date = date(2026, 11, 20), **changes: Any) -> RiskPicture:
    """The same market at another New York time; the contract expires that day."""
    return at_instant(at(clock, day), **changes)


def at_instant(now: datetime, **changes: Any) -> RiskPicture:
    """The same market at another instant; the contract expires on its trading day."""
    day = now.astimezone(UTC).date()
    contract = a_contract(expiry=day)
    view = a_view(a_quote(contract, now=now), now=now)
    shown: dict[str, Any] = {"session": session_on(day), "today": trading_day(now)}
    return a_picture(now=now, order=a_plan(a_leg(contract)), view=view, **(shown | changes))


def condor_view(*quotes: str) -> MarketView:
    """The condor's legs quoted `bid/ask`, in the order of its legs."""
    pairs = (quote.split("/") for quote in quotes)
    return a_view(*(a_quote(leg.instrument, bid, ask) for leg, (bid, ask) in zip(CONDOR, pairs, strict=True)))


def asked_before(*ages: str, strategy: str = "other", direction: str = "buy call") -> dict[str, Any]:
    """Intents that are so many seconds old."""
    return {
        "intents": tuple(
            OpenIntent(at=TEN - seconds(age), strategy=strategy, underlying="SPY", direction=direction) for age in ages
        )
    }


def seconds(text: str) -> timedelta:
    """A time-delta to the microsecond."""
    return timedelta(microseconds=int(Decimal(text) * 1_000_000))


def result(name: str, picture: RiskPicture) -> CheckResult:
    """One check's result; the gate calls the buying power of shares by its own name."""
    names = (name, "buying_power") if name == "options_buying_power" else (name,)
    (found,) = [check for check in judge_opening(picture).checks if check.name in names]
    return found
