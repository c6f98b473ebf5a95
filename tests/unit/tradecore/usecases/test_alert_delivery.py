"""A person is told: the worst first, again until it arrives, what is critical until it is acknowledged."""

import ast
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.campaigns.still_market import StillMarket, in_a_still_market

from tradecore.errors import InvalidRequest, OutcomeUnknown, PortError, Rejected, Unavailable
from tradecore.model.alerts import Alert, Severity
from tradecore.model.notices import Notice
from tradecore.ports.alerting import Alerting, AskedToWait, Heartbeat
from tradecore.usecases import kill_switch
from tradecore.usecases.acknowledging import acknowledge
from tradecore.usecases.alert_book import AlertBook, AlertDeliveryState
from tradecore.usecases.alert_delivery import AlertDelivery
from tradecore.usecases.alert_words import known_codes, words_for
from tradecore.usecases.beating import Beating
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.health import health, is_ready

SOURCE = Path(__file__).parents[4] / "src"
BROKEN = Alert("UNPROTECTED", Severity.CRITICAL, "not protected: ORB-1")
WARNED = Alert("LOSS_WARNING", Severity.WARNING, "daily loss $60.00 passed 50 %")
TOLD = Alert("GROUP_CLOSED", Severity.INFO, "ORB-1 is flat")


class Screen(Alerting, Heartbeat):
    """Shows what it is told, or fails as it is asked to."""

    def __init__(self) -> None:
        self.shown: list[Notice] = []
        self.tries = 0
        self.fails: list[PortError | None] = []

    async def deliver(self, notice: Notice) -> None:
        self.tries += 1
        problem = self.fails.pop(0) if self.fails else None
        if problem is not None:
            raise problem
        self.shown.append(notice)

    async def beat(self) -> None:
        self.tries += 1
        problem = self.fails.pop(0) if self.fails else None
        if problem is not None:
            raise problem

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def codes(self) -> list[str]:
        return [notice.code for notice in self.shown]


def a_delivery(floor: TradingFloor, screen: Screen, least: Severity = Severity.WARNING) -> AlertDelivery:
    return AlertDelivery(floor, screen, kind="json", at_least=least, repeat_s=300)


Story = Callable[[StillMarket, Screen, AlertDelivery], Awaitable[None]]


def told(story: Story, least: Severity = Severity.WARNING) -> None:
    async def run(scene: StillMarket) -> None:
        screen = Screen()
        await story(scene, screen, a_delivery(scene.floor, screen, least))

    in_a_still_market(1, run, delay=lambda: 0.01)


async def until_idle(delivery: AlertDelivery) -> float:
    while (pause := await delivery.deliver_next()) is None:
        pass
    return pause


def test_the_worst_is_told_first_and_what_is_not_asked_for_is_left_out() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        for alert in (TOLD, WARNED, BROKEN):
            scene.floor.alert(alert)
        await until_idle(delivery)
        assert screen.codes == ["UNPROTECTED", "LOSS_WARNING"]

    told(story)


def test_a_notice_says_where_what_the_desk_did_and_what_to_type() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(BROKEN)
        await until_idle(delivery)
        (notice,) = screen.shown
        account = scene.floor.desk.opening.account
        assert (notice.account, notice.mode) == (account, scene.floor.desk.opening.mode)
        assert (
            notice.next_step == f"tradecore kill --account {account} --flatten, then tradecore ack --account {account}"
        )
        assert notice.day_pnl is not None

    told(story)


def test_what_is_critical_is_told_again_until_somebody_acknowledges_it() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(BROKEN)
        scene.floor.alert(WARNED)
        await until_idle(delivery)
        for count in (1, 2, 3):
            await scene.pass_time(299)
            await until_idle(delivery)
            assert screen.codes.count("UNPROTECTED") == count
            await scene.pass_time(1.1)
            await until_idle(delivery)
        assert screen.codes.count("LOSS_WARNING") == 1
        assert [notice.is_reminder for notice in screen.shown if notice.code == "UNPROTECTED"] == [
            False,
            True,
            True,
            True,
        ]
        assert len({notice.alert_id for notice in screen.shown if notice.code == "UNPROTECTED"}) == 1
        closed = acknowledge(scene.floor, "local:1000", None)
        assert [one.alert.code for one in closed] == ["UNPROTECTED"]
        await scene.pass_time(1000)
        await until_idle(delivery)
        assert screen.codes.count("UNPROTECTED") == 4

    told(story)


def test_acknowledged_and_raised_anew_it_is_told_at_once() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(BROKEN)
        await until_idle(delivery)
        acknowledge(scene.floor, "local:1000", None)
        await until_idle(delivery)
        scene.floor.alert(BROKEN)
        await until_idle(delivery)
        assert screen.codes == ["UNPROTECTED", "UNPROTECTED"]
        assert screen.shown[0].alert_id != screen.shown[1].alert_id

    told(story)


def test_the_same_again_and_again_is_counted_and_not_a_flood() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        for _ in range(500):
            scene.floor.alert(WARNED)
            scene.floor.alert(BROKEN)
            await delivery.deliver_next()
        await until_idle(delivery)
        assert sorted(screen.codes) == ["LOSS_WARNING", "UNPROTECTED"]
        assert len(scene.floor.alert_book.unacknowledged) == 1
        assert scene.floor.alert_book.unacknowledged[0].times == 500
        await scene.pass_time(301)
        await until_idle(delivery)
        warned = [notice.times for notice in screen.shown if notice.code == "LOSS_WARNING"]
        assert sum(warned) == 500

    told(story)


def test_a_receiver_that_is_down_is_tried_again_ever_less_often_and_nothing_is_lost() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(WARNED)
        screen.fails = [Unavailable("down")] * 8
        pauses = []
        for _ in range(8):
            pause = await until_idle(delivery)
            pauses.append(round(pause))
            await scene.pass_time(pause + 0.01)
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
        await until_idle(delivery)
        assert screen.codes == ["LOSS_WARNING", "ALERTS_UNDELIVERED"]
        assert delivery.state.failed_tries == 8
        assert delivery.state.problem is None

    told(story)


def test_who_asks_to_wait_is_left_alone_so_long() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        screen.fails = [AskedToWait("429", 17)]
        scene.floor.alert(WARNED)
        assert 16.9 < await until_idle(delivery) <= 17
        scene.floor.alert(BROKEN)
        assert await until_idle(delivery) > 16
        assert screen.tries == 1
        await scene.pass_time(17.1)
        await until_idle(delivery)
        assert screen.codes == ["UNPROTECTED", "LOSS_WARNING"]

    told(story)


def test_what_may_have_arrived_is_told_again_with_the_same_id() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        screen.fails = [OutcomeUnknown("no answer")]
        scene.floor.alert(WARNED)
        await scene.pass_time(await until_idle(delivery) + 0.01)
        await until_idle(delivery)
        assert screen.codes == ["LOSS_WARNING"]

    told(story)


def test_what_is_refused_is_given_up_and_seen_in_the_health_but_the_desk_stays_ready() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        ready = is_ready(health(scene.floor))
        screen.fails = [Rejected("the receiver refused: 404")]
        scene.floor.alert(WARNED)
        await until_idle(delivery)
        assert (screen.tries, delivery.state.dropped, delivery.state.waiting) == (1, 1, 0)
        check = next(one for one in health(scene.floor) if one.name == "alerts")
        assert not check.passed
        assert "404" in check.found
        assert is_ready(health(scene.floor)) is ready

    told(story)


def test_a_third_failure_in_a_row_tells_the_clients_of_the_desk_once() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        screen.fails = [Unavailable("down")] * 6
        scene.floor.alert(WARNED)
        for _ in range(6):
            await scene.pass_time(await until_idle(delivery) + 0.01)
        subjects = [one.subject for one in scene.floor.updates.after(0, 1000).updates]
        assert subjects.count("ALERTS_UNDELIVERED") == 1

    told(story)


def test_no_more_than_two_hundred_wait_and_the_critical_stay() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        for number in range(150):
            scene.floor.alert(Alert("UNPROTECTED", Severity.CRITICAL, f"group {number}"))
        for number in range(150):
            scene.floor.alert(Alert("LOSS_WARNING", Severity.WARNING, f"step {number}"))
        assert (delivery.state.waiting, delivery.state.dropped) == (200, 100)
        await until_idle(delivery)
        assert screen.codes == ["UNPROTECTED"] * 150 + ["LOSS_WARNING"] * 50
        assert screen.shown[-1].message == "step 149", "the oldest make room"

    told(story)


def test_a_warning_that_could_not_be_told_for_an_hour_is_given_up_and_a_critical_one_never() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(WARNED)
        scene.floor.alert(BROKEN)
        screen.fails = [Unavailable("down")] * 70
        while screen.fails:
            await scene.pass_time(await until_idle(delivery) + 0.01)
        await until_idle(delivery)
        assert "LOSS_WARNING" not in screen.codes
        assert screen.codes[0] == "UNPROTECTED"

    told(story)


def test_a_hanging_receiver_holds_up_nobody_at_the_desk() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        hangs = asyncio.Event()

        async def hang(_: Notice) -> None:
            await hangs.wait()

        screen.deliver = hang  # type: ignore[assignment, method-assign]
        scene.floor.alert(WARNED)
        handing_over = asyncio.ensure_future(delivery.deliver_next())
        await scene.pass_time(1)
        ticket = await scene.preview(limit="1.00")
        assert ticket.confirm_token
        await scene.pass_time(20)
        await handing_over
        assert "no answer within 15 s" in str(delivery.state.problem)

    told(story)


def test_a_new_life_goes_on_telling_what_the_last_left_unacknowledged() -> None:
    async def story(scene: StillMarket, screen: Screen, _delivery: AlertDelivery) -> None:
        first, second = BROKEN, Alert("HALTED", Severity.CRITICAL, "halted by operator")
        for alert in (first, second, WARNED, first):
            scene.floor.alert(alert)
        acknowledge(scene.floor, "local:1000", [scene.floor.alert_book.unacknowledged[1].alert_id])
        book = AlertBook()
        entries = [*scene.floor.journal.entries()]
        assert [*book.remembering(entries)] == entries
        assert [(one.alert, one.times) for one in book.unacknowledged] == [(first, 2)]
        assert [one.alert_id for one in book.unacknowledged] == [scene.floor.alert_book.unacknowledged[0].alert_id]
        scene.floor.alert_book = book
        again = a_delivery(scene.floor, screen)
        await until_idle(again)
        assert [(one.code, one.is_reminder) for one in screen.shown] == [("UNPROTECTED", True)]

    told(story)


def test_alerts_of_decisions_are_remembered_as_well() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        await kill_switch.engage(scene.floor, "local:1000", flatten=False, reason="drill")
        book = AlertBook()
        entries = [*scene.floor.journal.entries()]
        assert [*book.remembering(entries)] == entries
        assert [one.alert.code for one in book.unacknowledged] == ["KILL_SWITCH"]
        await until_idle(delivery)
        assert screen.codes == ["KILL_SWITCH"]

    told(story)


def test_an_acknowledgement_is_journaled_and_told_to_whoever_follows() -> None:
    async def story(scene: StillMarket, _screen: Screen, _delivery: AlertDelivery) -> None:
        scene.floor.alert(BROKEN)
        with pytest.raises(InvalidRequest, match="not open: 99-1"):
            acknowledge(scene.floor, "local:1000", ["99-1"])
        acknowledge(scene.floor, "local:1000", None)
        assert acknowledge(scene.floor, "local:1000", None) == ()
        newest = scene.floor.updates.after(0, 1000).updates[-1]
        assert (newest.kind, "by local:1000" in newest.text) == ("acknowledged", True)
        notes = [
            entry.body for entry in scene.floor.journal.entries() if entry.body.get("what") == "alert_acknowledged"
        ]
        assert len(notes) == 1

    told(story)


def test_what_was_not_told_yet_is_tried_once_when_the_desk_ends() -> None:
    async def story(scene: StillMarket, screen: Screen, delivery: AlertDelivery) -> None:
        scene.floor.alert(WARNED)
        scene.floor.alert(BROKEN)
        await delivery.last_words(5)
        assert screen.codes == ["UNPROTECTED", "LOSS_WARNING"]

    told(story)


def test_a_desk_that_beats_tells_how_that_goes_and_falls_silent_when_it_can_not_record() -> None:
    async def story(scene: StillMarket, screen: Screen, _delivery: AlertDelivery) -> None:
        state = AlertDeliveryState("")
        beating = Beating(scene.floor, screen, state, every_s=60)
        screen.fails = [Unavailable("down")]
        running = asyncio.ensure_future(beating.beat_again_and_again())
        await scene.pass_time(1)
        assert (state.beats, state.heartbeat_problem) == (0, "down")
        await scene.pass_time(130)
        assert (state.beats, state.heartbeat_problem) == (2, None)
        scene.floor.halted = "the desk stopped"
        await scene.pass_time(600)
        assert state.beats == 2
        running.cancel()

    told(story)


def test_every_code_that_the_desk_raises_has_words_of_its_own() -> None:
    raised = {"SENDING_REFUSED", "SENDING_NOT_SENT", "SENDING_UNKNOWN"}
    for path in SOURCE.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in ("Alert", "_quarantined"):
                texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                raised |= {text for text in texts if text.isupper()}
    assert raised <= known_codes()
    assert len(raised) > 35


def test_a_command_to_type_names_the_account() -> None:
    for code in known_codes() | {"NEVER_HEARD_OF"}:
        did, command = words_for(code, "claude")
        assert did
        assert "{" not in command
