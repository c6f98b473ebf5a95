"""When a desk is started again, and when somebody else has to close what it holds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from entrypoints.watchdog.supervision import Pace, Supervised, Verdict, supervise

NEVER = float("inf")


@dataclass
class Life:
    """One process: answers from one second of its life to another, and dies at a third with a code."""

    answers_from: float = 0.0
    silent_from: float = NEVER
    dies_at: float = NEVER
    code: int = -9


@dataclass
class FakeDesk(Supervised):
    """Lives one life after the other, on a clock that only waiting moves."""

    lives: list[Life]
    now: float = 0.0
    life: int = 0
    began: float = 0.0
    log: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    ended_at: float = NEVER

    def start(self) -> None:
        self.life += 1
        self.began = self.now
        self.log.append(f"{self.now:g} start")

    async def answers(self) -> bool:
        one = self.lives[self.life]
        return one.answers_from <= self.now - self.began < one.silent_from

    def exit_code(self) -> int | None:
        one = self.lives[self.life]
        return one.code if self.now - self.began >= one.dies_at else None

    async def end(self, *, in_order: bool) -> None:
        self.log.append(f"{self.now:g} {'end' if in_order else 'kill'}")

    async def wait(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.ended_at:
            self.ended.set()


def watched(*lives: Life, until: float = 10_000.0) -> tuple[Verdict, FakeDesk, list[str]]:
    said: list[str] = []

    async def story() -> tuple[Verdict, FakeDesk, list[str]]:
        desk = FakeDesk([*lives], ended_at=until)
        tell: Callable[[str], None] = said.append
        pace = Pace(beat_s=5, silence_s=60)
        return (
            await supervise(desk, pace, ended=desk.ended, seconds=lambda: desk.now, wait=desk.wait, tell=tell),
            desk,
            said,
        )

    return asyncio.run(story())


def test_a_desk_that_answers_is_left_alone_and_ended_in_order_with_the_watchdog() -> None:
    verdict, desk, said = watched(Life(), until=500)
    assert (verdict, desk.log, said) == (Verdict.ENDED, ["500 end"], [])


def test_a_minute_of_silence_ends_a_desk_and_starts_it_again() -> None:
    verdict, desk, said = watched(Life(silent_from=100), Life(), until=300)
    # It is asked every five seconds, answered last at 95, and was silent for sixty at 155.
    assert (verdict, desk.log) == (Verdict.ENDED, ["155 kill", "155 start", "300 end"])
    assert said == ["the desk was silent for 60 s; ended, restart 1 of 2"]


def test_a_pause_shorter_than_a_minute_is_no_silence() -> None:
    class Pausing(FakeDesk):
        async def answers(self) -> bool:
            return not 100 < self.now < 155

    async def story() -> list[str]:
        desk = Pausing([Life()], ended_at=400)
        await supervise(
            desk, Pace(beat_s=5, silence_s=60), ended=desk.ended, seconds=lambda: desk.now, wait=desk.wait, tell=print
        )
        return desk.log

    assert asyncio.run(story()) == ["400 end"]


@pytest.mark.parametrize("code", [-9, 1, 78])
def test_a_desk_that_died_is_started_again_at_the_next_beat(code: int) -> None:
    verdict, desk, _ = watched(Life(dies_at=42, code=code), Life(), until=200)
    assert (verdict, desk.log) == (Verdict.ENDED, ["45 kill", "45 start", "200 end"])


def test_two_restarts_that_bring_no_answer_hand_the_account_over() -> None:
    mute = Life(answers_from=NEVER)
    verdict, desk, said = watched(Life(silent_from=1), mute, mute)
    assert verdict is Verdict.TAKE_OVER
    # Nothing is started after the last kill, so nobody holds the account.
    assert desk.log == ["60 kill", "60 start", "120 kill", "120 start", "180 kill"]
    assert said[-1] == "the desk was silent for 60 s after 2 restarts; taking over to close what is held"


def test_a_desk_that_dies_at_every_start_is_handed_over_too() -> None:
    dies = Life(dies_at=3, code=1)
    verdict, desk, _ = watched(dies, dies, dies)
    assert (verdict, desk.log) == (Verdict.TAKE_OVER, ["5 kill", "5 start", "10 kill", "10 start", "15 kill"])


def test_a_desk_that_proved_itself_for_a_minute_has_both_restarts_again() -> None:
    breaks = Life(silent_from=90)
    verdict, desk, _ = watched(breaks, breaks, breaks, breaks, Life(), until=1000)
    assert verdict is Verdict.ENDED
    assert [line.split()[1] for line in desk.log] == ["kill", "start"] * 4 + ["end"]


def test_a_desk_that_somebody_ended_in_order_is_not_started_again() -> None:
    verdict, desk, said = watched(Life(dies_at=50, code=0))
    assert (verdict, desk.log, said) == (Verdict.ENDED, [], [])
