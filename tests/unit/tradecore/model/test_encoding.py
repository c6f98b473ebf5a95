"""The journal's text form: an exact inverse, the same in every process."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.desk.commands import (
    CancelOrder,
    Command,
    EngageKillSwitch,
    ExitCause,
    OpenDay,
    PreviewClose,
    PreviewLift,
    PreviewOrder,
    Redeem,
    Sending,
    SendingOutcome,
    StepEntry,
    StepExit,
    TriggerExit,
)
from tradecore.desk.opening import DeskOpening
from tradecore.errors import InvalidRequest
from tradecore.model.encoding import canonical, decode, digest, encode, moment, read_moment
from tradecore.model.events import (
    Accepted,
    BrokerEvent,
    Busted,
    Canceled,
    CancelRefused,
    Corrected,
    Expired,
    Filled,
    Refused,
    Replaced,
    ReplaceRefused,
    Triggered,
)
from tradecore.model.instruments import CryptoPair, Equity, OptionContract, Price, Right
from tradecore.model.market import MarketView
from tradecore.model.money import Money, usd
from tradecore.model.orders import Order
from tradecore.model.terms import Limit, Market, Side, Stop, StopLimit, TrailingStop
from tradecore.risk.limits import Limits, MarketEvent
from tradecore.testing.builders import FEES, TEN, TODAY, a_fill, a_proposal, a_ticket, a_view, an_order, some_limits

moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=5)
texts = st.text(max_size=20)
instruments = st.one_of(
    st.builds(Equity, st.from_regex(r"[A-Z]{1,5}", fullmatch=True)),
    st.builds(
        OptionContract,
        st.from_regex(r"[A-Z]{1,6}", fullmatch=True),
        st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        st.sampled_from(Right),
        st.integers(1, 99_999_999).map(lambda mills: Decimal(mills) / 1000),
    ),
    st.builds(CryptoPair, st.just("BTC"), st.just("USD"), st.just(Decimal("0.1")), st.just(Decimal("0.001"))),
)
money = st.builds(Money, decimals, st.sampled_from(["USD", "EUR"]))
events = st.one_of(
    *(st.builds(kind, texts, moments) for kind in (Accepted, Triggered, Canceled, Expired)),
    *(st.builds(kind, texts, moments, texts) for kind in (Refused, CancelRefused, ReplaceRefused, Busted)),
    st.builds(Replaced, texts, moments, decimals, st.none() | decimals),
    st.builds(Corrected, texts, moments, texts, decimals, decimals),
    st.builds(Filled, texts, moments, texts, instruments, st.sampled_from(Side), decimals, decimals, money),
)


@given(events)
def test_every_broker_event_comes_back_as_it_was(event: BrokerEvent) -> None:
    assert decode(BrokerEvent, encode(event)) == event


@given(moments)
def test_an_instant_comes_back_to_the_microsecond(when: datetime) -> None:
    assert read_moment(moment(when)) == when


@given(st.timedeltas(timedelta(days=-1000), timedelta(days=1000)))
def test_a_span_comes_back_to_the_microsecond(span: timedelta) -> None:
    assert decode(timedelta, encode(span)) == span


@given(decimals)
def test_a_decimal_keeps_its_digits(value: Decimal) -> None:
    assert str(encode(value)) == format(value, "f")
    assert decode(Decimal, encode(value)) == value


VIEW = a_view()
COMMANDS: list[Command] = [
    OpenDay(at=TEN, day=TODAY, equity=usd(10_000)),
    PreviewOrder(at=TEN, principal="p", ticket=a_ticket(strike="30"), proposal=a_proposal(), view=VIEW),
    PreviewOrder(
        at=TEN,
        principal="p",
        ticket=a_ticket(),
        proposal=a_proposal(terms=Limit(Price(Decimal(1))), protection=None, note="ünï"),
        view=VIEW,
    ),
    PreviewClose(at=TEN, principal="p", ticket=a_ticket(), group=None, quantity=Decimal(1), view=VIEW),
    PreviewLift(at=TEN, principal="p", ticket=a_ticket()),
    Redeem(at=TEN, principal="p", token_hash="h", given=(("a", "1"),), fresh=a_ticket(2), view=VIEW),
    CancelOrder(at=TEN, principal="p", client_order_id="tc-1-0"),
    EngageKillSwitch(at=TEN, principal="p", flatten=True, reason="drill"),
    StepEntry(at=TEN, intent_id="i1", view=VIEW),
    TriggerExit(at=TEN, group="ORB-1", cause=ExitCause.STOP, seen=(Decimal("0.5"), Decimal("0.49")), view=VIEW),
    StepExit(at=TEN, group="ORB-1", waited_s=Decimal("1.5"), view=VIEW),
    SendingOutcome(at=TEN, client_order_id="tc-1-0", sending=Sending.UNKNOWN, reason="time-out"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_every_command_comes_back_as_it_was(command: Command) -> None:
    back = decode(Command, encode(command))
    assert back == command
    assert type(back) is type(command)
    assert canonical(back) == canonical(command)


@pytest.mark.parametrize(
    "limits",
    [
        some_limits(),
        Limits(profile="empty"),
        some_limits(event_blackout=(MarketEvent("CPI", TEN),), last_open=time(14, 59, 30), max_open_groups=0),
    ],
    ids=["shipped", "empty", "events"],
)
def test_an_opening_comes_back_as_it_was(limits: Limits) -> None:
    opening = DeskOpening(account="T1", mode="simulated", day=TODAY, equity=usd("9999.99"), limits=limits, fees=FEES)
    assert decode(DeskOpening, encode(opening)) == opening


@pytest.mark.parametrize(
    "terms",
    [
        Market(),
        Limit(Price(Decimal("1.02"))),
        Stop(Price(Decimal("0.5"))),
        StopLimit(Price(Decimal("0.5")), Price(Decimal("0.4"))),
        TrailingStop(Decimal("0.10")),
    ],
    ids=lambda terms: type(terms).__name__,
)
def test_an_order_with_each_kind_of_terms_comes_back(terms: Any) -> None:
    order = an_order(terms=terms, fills=(a_fill(),), void=frozenset({"x", "b", "a"}))
    assert decode(Order, encode(order)) == order


def test_one_changed_figure_changes_the_digest() -> None:
    one = some_limits()
    assert digest(one) == digest(some_limits())
    assert digest(one) != digest(some_limits(max_daily_loss=Decimal("500.01")))
    assert digest(one) != digest(some_limits(max_daily_loss=None))


_SCRIPT = """
from tradecore.model.encoding import digest
from tradecore.testing.builders import a_fill, a_view, an_order, some_limits
print(digest((an_order(fills=(a_fill(),), void=frozenset("qwertyuiop")), a_view(), some_limits())))
"""


def test_the_text_is_the_same_under_every_hash_seed() -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Accepted, None),
        (Accepted, []),
        (Accepted, "text"),
        (Accepted, {}),
        (Accepted, {"is": "Canceled", "client_order_id": "x", "at": moment(TEN)}),
        (Accepted, {"is": "Accepted", "client_order_id": "x"}),
        (Accepted, {"is": "Accepted", "client_order_id": "x", "at": "yesterday"}),
        (BrokerEvent, {"is": "Exploded"}),
        (Decimal, "one"),
        (Side, "hold"),
        (date, "2026-13-01"),
        (Equity, {"is": "Equity", "symbol": "not a ticker"}),
        (MarketView, {"is": "MarketView", "quotes": "all", "greeks": {}, "account": None, "chain_at": None}),
    ],
)
def test_what_is_no_encoding_is_refused(kind: Any, data: Any) -> None:
    with pytest.raises(InvalidRequest):
        decode(kind, data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from([Order, MarketView, Limits, Accepted]),
)
def test_no_json_makes_the_decoder_fail_otherwise(data: Any, kind: Any) -> None:
    tagged = {"is": kind.__name__, **data} if isinstance(data, dict) else data
    with pytest.raises(InvalidRequest):
        decode(kind, tagged)
