"""Telling a person: the worst first, again until it arrives, and what is critical until it is acknowledged."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tradecore.errors import OutcomeUnknown, PortError, Rejected, Unavailable
from tradecore.model.alerts import Alert, Severity
from tradecore.model.notices import Notice
from tradecore.ports.alerting import Alerting, AskedToWait
from tradecore.usecases.alert_book import AlertDeliveryState, RaisedAlert
from tradecore.usecases.alert_words import words_for
from tradecore.usecases.desk_line import desk_line
from tradecore.usecases.floor import TradingFloor

_WITHIN_S: Final = 15.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_LONGEST_ASKED_S: Final = 900.0
_MOST_WAITING: Final = 200
_MOST_REMEMBERED: Final = 1000
_TOO_OLD_S: Final = 3600.0
_TOLD_AFTER: Final = 3
_LONG: Final = timedelta(days=1)
_RANK: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
_Key = tuple[str, str]


@dataclass(slots=True)
class _Waiting:
    raised: RaisedAlert
    since_s: float
    due_s: float
    times: int
    is_reminder: bool = False

    @property
    def order(self) -> tuple[int, float]:
        return -_RANK[self.raised.alert.severity], self.since_s


class AlertDelivery:
    """
    Hands what the book raises to one place, on the machine's time whatever the pace of the market.

    The same alert raised again within `repeat_s` is counted and told when that time is over. Nothing here is awaited by
    whoever raised an alert, and no more than two hundred wait: the least urgent and oldest make room, and are counted.
    """

    def __init__(
        self, floor: TradingFloor, alerting: Alerting, *, kind: str, at_least: Severity, repeat_s: float
    ) -> None:
        """Listen to the floor's book; `repeat_s` is also how often what is critical is told again."""
        self._floor = floor
        self._alerting = alerting
        self._at_least = _RANK[at_least]
        self._repeat_s = repeat_s
        self._news = floor.timers.bell()
        self._waiting: dict[_Key, _Waiting] = {}
        self._told_s: OrderedDict[_Key, float] = OrderedDict()
        self._open: set[_Key] = set()
        self._not_before_s = float("-inf")
        self._failed_in_a_row = 0
        self.state = AlertDeliveryState(kind)
        floor.alert_book.delivery = self.state
        floor.alert_book.listener = self.offer

    def offer(self, raised: RaisedAlert) -> None:
        """An alert was raised."""
        if _RANK[raised.alert.severity] < self._at_least:
            return
        key = _key(raised)
        known = self._waiting.get(key)
        if known is not None:
            known.times += 1
        else:
            self._add(key, raised, times=1, is_reminder=False)
        self._news.ring()

    async def deliver_again_and_again(self) -> None:
        """Deliver for ever."""
        while True:
            pause = await self.deliver_next()
            if pause is not None:
                await self._rest(pause)

    async def deliver_next(self) -> float | None:
        """Hand over what is most urgent; without anything due, seconds until something may be, else None."""
        self._remind()
        now = self._floor.clock.machine_seconds()
        if now < self._not_before_s:
            return self._not_before_s - now
        due = [one for one in self._waiting.values() if one.due_s <= now]
        if not due:
            return min((one.due_s - now for one in self._waiting.values()), default=self._repeat_s)
        await self._hand_over(min(due, key=lambda one: one.order))
        return None

    async def last_words(self, seconds: float) -> None:
        """The desk ends: try once to tell each alert that was not told yet, in so many seconds altogether."""
        try:
            await self._floor.timers.within(seconds, self._tell_the_rest())
        except TimeoutError:
            self.state.problem = "the desk ended before everything was delivered"

    async def _tell_the_rest(self) -> None:
        for waiting in sorted(self._waiting.values(), key=lambda one: one.order):
            if not waiting.is_reminder:
                await self._hand_over(waiting)

    async def _hand_over(self, waiting: _Waiting) -> None:
        notice = notice_of(self._floor, waiting.raised, waiting.times, is_reminder=waiting.is_reminder)
        told = waiting.times
        try:
            await self._floor.timers.within(_WITHIN_S, self._alerting.deliver(notice))
        except AskedToWait as problem:
            self._failed(str(problem), min(max(problem.seconds, _FIRST_PAUSE_S), _LONGEST_ASKED_S))
        except (Unavailable, OutcomeUnknown, TimeoutError) as problem:
            doubled = _FIRST_PAUSE_S * 2 ** min(self._failed_in_a_row, 10)
            self._failed(str(problem) or f"no answer within {_WITHIN_S:g} s", min(doubled, _LONGEST_PAUSE_S))
        except (Rejected, PortError) as problem:
            self._done(waiting, told)
            self.state.dropped += 1
            self._failed(str(problem), 0)
        else:
            self._done(waiting, told)
            self.state.delivered += 1
            self.state.problem = None
            self._failed_in_a_row = 0
        self._forget_what_is_old()

    def _failed(self, why: str, pause_s: float) -> None:
        self._failed_in_a_row += 1
        self._not_before_s = self._floor.clock.machine_seconds() + pause_s
        self.state.failed_tries += 1
        self.state.problem = why[:200]
        if self._failed_in_a_row == _TOLD_AFTER and not self._floor.halted:
            text = f"alerts do not arrive ({self.state.kind}): {self.state.problem}"
            self._floor.alert(Alert("ALERTS_UNDELIVERED", Severity.WARNING, text))

    def _done(self, waiting: _Waiting, told: int) -> None:
        key, now = _key(waiting.raised), self._floor.clock.machine_seconds()
        self._told_s[key] = now
        self._told_s.move_to_end(key)
        if len(self._told_s) > _MOST_REMEMBERED:
            self._told_s.popitem(last=False)
        if waiting.times > told:
            # It was raised again while it was under way.
            waiting.times -= told
            waiting.since_s, waiting.due_s, waiting.is_reminder = now, now + self._repeat_s, False
        else:
            self._waiting.pop(key, None)
        self.state.waiting = len(self._waiting)

    def _remind(self) -> None:
        """Everything critical that is open waits to be told again; what was acknowledged waits no longer."""
        open_now = {_key(raised): raised for raised in self._floor.alert_book.unacknowledged}
        for key in self._open - open_now.keys():
            # Seen and acknowledged: when it is raised anew it is told at once.
            self._told_s.pop(key, None)
        self._open = set(open_now)
        for key in [key for key, one in self._waiting.items() if one.is_reminder and key not in open_now]:
            del self._waiting[key]
        for key, raised in open_now.items():
            if key not in self._waiting:
                self._add(key, raised, times=0, is_reminder=True)
        self.state.waiting = len(self._waiting)

    def _add(self, key: _Key, raised: RaisedAlert, *, times: int, is_reminder: bool) -> None:
        now = self._floor.clock.machine_seconds()
        told = self._told_s.get(key)
        due = now if told is None else max(now, told + self._repeat_s)
        self._waiting[key] = _Waiting(raised, now, due, times, is_reminder)
        if len(self._waiting) > _MOST_WAITING:
            least = max(self._waiting.items(), key=lambda item: (item[1].order[0], -item[1].since_s))
            del self._waiting[least[0]]
            self.state.dropped += 1
        self.state.waiting = len(self._waiting)

    def _forget_what_is_old(self) -> None:
        now = self._floor.clock.machine_seconds()
        for key, one in tuple(self._waiting.items()):
            if now - one.since_s > _TOO_OLD_S and one.raised.alert.severity is not Severity.CRITICAL:
                del self._waiting[key]
                self.state.dropped += 1
        self.state.waiting = len(self._waiting)

    async def _rest(self, seconds: float) -> None:
        try:
            until = self._floor.clock.now() + _LONG * float(self._floor.desk.opening.clock_rate)
            await self._floor.timers.within(max(seconds, 0.001), self._news.wait(until))
        except TimeoutError:
            return


def notice_of(floor: TradingFloor, raised: RaisedAlert, times: int, *, is_reminder: bool) -> Notice:
    """The alert as a person gets it, with the desk as it stands now."""
    alert, line = raised.alert, desk_line(floor)
    did, command = words_for(alert.code, line.account)
    if raised.alert.severity is Severity.CRITICAL:
        command += f", then tradecore ack --account {line.account}"
    return Notice(
        alert_id=raised.alert_id,
        severity=alert.severity,
        code=alert.code,
        message=alert.message,
        at=raised.at,
        account=line.account,
        mode=line.mode,
        state=line.state.name,
        day_pnl=line.day_pnl,
        budget_left=line.budget_left,
        open_groups=tuple(f"{group.label} {group.open_units():f}" for group in floor.desk.open_groups),
        did=did,
        next_step=command,
        said=alert.said,
        times=max(times, 1),
        is_reminder=is_reminder,
    )


def a_test_notice(at: datetime, account: str, mode: str) -> Notice:
    """A notice of no desk, with which somebody tests whether notices arrive; `at` is UTC."""
    did, command = words_for("TEST_ALERT", account)
    return Notice(
        alert_id="test",
        severity=Severity.INFO,
        code="TEST_ALERT",
        message="this is a test: alerts of tradecore arrive here",
        at=at,
        account=account,
        mode=mode,
        state="NONE",
        day_pnl=None,
        budget_left=None,
        open_groups=(),
        did=did,
        next_step=command,
    )


def _key(raised: RaisedAlert) -> _Key:
    return raised.alert.code, raised.alert.message
