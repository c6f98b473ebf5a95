"""Limits of the checks that count: groups, trades, losses in a row, cool-downs, throttle, duplicates."""

from typing import Final

from tests.unit.tradecore.risk.pictures import Edge, a_group, a_working, asked_before, edge, exposed, seconds

from tradecore.risk.picture import RiskPicture
from tradecore.testing.builders import TEN

MINE: Final = "orb_long_call"
ONE_MICROSECOND_LESS_THAN_20_MINUTES: Final = "1199.999999"


def other_groups(count: str) -> RiskPicture:
    return exposed(groups=tuple(a_group(label=f"A-{n}") for n in range(int(count))))


def held_and_working(count: str) -> RiskPicture:
    """One open group, the others still working; two orders of one group are one."""
    working = tuple(a_working(group=f"B-{n}", client_order_id=f"tc-{n}-0") for n in range(int(count) - 1))
    return exposed(groups=(a_group(label="A-1"),), working=(*working, *working))


def groups_of_mine(count: str) -> RiskPicture:
    return exposed(groups=(a_group(), *(a_group(label=f"M-{n}", strategy=MINE) for n in range(int(count)))))


def working_of(strategy: str) -> RiskPicture:
    return exposed(working=(a_working(strategy=strategy),))


def losses(count: str) -> RiskPicture:
    return exposed(consecutive_losses=int(count), last_loss_at=TEN - seconds(ONE_MICROSECOND_LESS_THAN_20_MINUTES))


def two_losses_ago(age: str) -> RiskPicture:
    return exposed(consecutive_losses=2, last_loss_at=TEN - seconds(age))


def opens_before(count: str) -> RiskPicture:
    return exposed(**asked_before(*["5"] * int(count)))


def ten_opens_since(age: str) -> RiskPicture:
    return exposed(**asked_before(age, *["5"] * 9))


def asked_the_same(age: str) -> RiskPicture:
    return exposed(**asked_before(age, strategy=MINE))


def asked_moments_ago(text: str) -> RiskPicture:
    strategy, direction = text.split("/")
    return exposed(**asked_before("1", strategy=strategy, direction=direction.replace("-", " ")))


EDGES: Final[tuple[Edge, ...]] = (
    edge("open_groups", "2 others and this one are 3", other_groups, passes="0 1 2", refuses="3"),
    edge("open_groups", "what works counts as open, each group once", held_and_working, passes="1 2", refuses="3"),
    edge("open_groups_of_strategy", "one of a strategy: this one", groups_of_mine, passes="0", refuses="1 2"),
    edge("open_groups_of_strategy", "a working entry counts", working_of, passes="other", refuses=MINE),
    edge(
        "trades_per_day",
        "5 and this one are 6",
        lambda n: exposed(trades_today={"other": int(n)}),
        passes="4 5",
        refuses="6",
    ),
    edge(
        "trades_per_day",
        "4, one that works and this one are 6",
        lambda n: exposed(trades_today={"other": int(n)}, working=(a_working(),)),
        passes="3 4",
        refuses="5",
    ),
    edge(
        "trades_per_day_of_strategy",
        "1 and this one are 2; those of others do not count",
        lambda n: exposed(trades_today={MINE: int(n), "other": 3}),
        passes="0 1",
        refuses="2",
    ),
    edge("consecutive_losses", "the second in a row pauses", losses, passes="0 1", refuses="2 3"),
    edge(
        "consecutive_losses",
        "a pause of 20 min = 1200 s is over with its last microsecond",
        two_losses_ago,
        passes="1200.000001 1200",
        refuses=ONE_MICROSECOND_LESS_THAN_20_MINUTES,
    ),
    edge(
        "consecutive_losses",
        "three hours heal two losses, three end the day",
        lambda n: exposed(consecutive_losses=int(n), last_loss_at=TEN - seconds("10800")),
        passes="2",
        refuses="3 4",
    ),
    edge(
        "reentry_cooldown",
        "10 min = 600 s after the stop",
        lambda age: exposed(last_stop_at={MINE: TEN - seconds(age)}),
        passes="600.000001 600",
        refuses="599.999999",
    ),
    edge(
        "reentry_cooldown",
        "the stop of another strategy cools nothing down",
        lambda name: exposed(last_stop_at={name: TEN}),
        passes="other",
        refuses=MINE,
    ),
    edge("open_throttle", "9 and this one are 10", opens_before, passes="8 9", refuses="10 11"),
    edge(
        "open_throttle", "what is 60 s old counts no more", ten_opens_since, passes="60.000001 60", refuses="59.999999"
    ),
    edge(
        "repeated_execution",
        "a strategy that was stopped stays so, the others go on",
        lambda name: exposed(stopped_strategies={name: "4 times within 30 min"}),
        passes="other",
        refuses=MINE,
    ),
    edge("duplicate_intent", "30 s apart", asked_the_same, passes="30.000001 30", refuses="29.999999 0"),
    edge(
        "duplicate_intent",
        "another strategy or direction is another intent",
        asked_moments_ago,
        passes="other/buy-call orb_long_call/buy-put orb_long_call/sell-call",
        refuses="orb_long_call/buy-call",
    ),
)
