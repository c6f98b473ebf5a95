"""
kill -9 of a real desk at every call that leaves it, one after the other, and disks that fail under its journal.

A scripted session (buy, hold, sell) is repeated. Each repetition dies at the next write, sync, rename or send, before
it or with half of it done, or the journal's disk fails there. The desk is started again and nothing else is done.
"""

import sys
import tempfile
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.dying_desk import DISK_FAILURES, FAILED, HALF, KILLED, Plan
from tests.campaigns.real_desk import RealDesk, simulator, soon
from tests.campaigns.trial import Trial

# A session makes some fifty calls, a dozen of them at the journal; what lies past its end is a kill after it.
_CALLS: Final = 60
_JOURNAL_CALLS: Final = 14
TRIALS: Final = (
    *((nth, act) for nth in range(1, _CALLS + 1) for act in (KILLED, HALF)),
    *((nth, act) for nth in range(1, _JOURNAL_CALLS + 1) for act in DISK_FAILURES),
)
_SHARE: Final = 27
_ENDS_WITHIN_S: Final = 20.0
# After the session the desk still syncs its journal, once a second.
_DIES_WITHIN_S: Final = 2.0
_FLAT_WITHIN_S: Final = 30.0
# What was durable before the disk failed may be on its way still.
_STILL_LEAVES_S: Final = 1.0


def run_share(seed: int, size: int) -> Share:
    """The next `size` trials of the sweep; seed 1 begins with the first, and after the last comes the first again."""
    share = Share(seed)
    with tempfile.TemporaryDirectory(prefix="boundaries-") as home, simulator(Path(home), seed) as url:
        session = ScriptedSession(Path(home), url)
        first = (seed - 1) * _SHARE
        trials = [TRIALS[n % len(TRIALS)] for n in range(first, first + size)]
        try:
            session.begin(*trials[0])
            for trial, following in zip(trials, [*trials[1:], (0, KILLED)], strict=True):
                session.die(*trial, following).count(share)
        finally:
            session.desk.kill()
    return share


class ScriptedSession:
    """Buy, hold and sell on a desk that is about to die."""

    def __init__(self, home: Path, url: str) -> None:
        """Trade at the broker of this URL."""
        self.desk = RealDesk(home, url)
        self._home = home
        self._armed = home / "armed"
        self._log = home / "calls.log"

    def begin(self, nth: int, act: str) -> None:
        """Start a desk that will die so."""
        self._start(nth, act)
        if self.desk.back() is None:
            raise RuntimeError(f"the desk did not begin: {self.desk.last_words()}")

    def die(self, nth: int, act: str, following: tuple[int, str]) -> Trial:
        """Play until the desk dies as `begin` or the trial before said, and start it again for the following one."""
        self._become_flat()
        self._armed.touch()
        self._play()
        place, wrong = self._end(nth, act)
        held = bool(self.desk.held())
        self._start(*following)
        back = self.desk.back()
        if back is None:
            return Trial(what=place, wrong=[*wrong, f"a restart that needs hands: {self.desk.last_words()}"])
        held = held or bool(self.desk.held())
        return Trial(what=place, held=held, back=back, wrong=wrong + self.desk.whole())

    def _start(self, nth: int, act: str) -> None:
        for file in (self._armed, self._log):
            file.unlink(missing_ok=True)
        plan = self._home / "plan.json"
        Plan(nth=nth, act=act, armed=self._armed, log=self._log).write(plan)
        self.desk.start((sys.executable, "-m", "tests.campaigns.dying_desk", str(plan)))

    def _become_flat(self) -> None:
        def flat() -> bool:
            held = self.desk.held()
            if held:
                self._carry_out("flatten_all")
            return not held

        if not soon(flat, _FLAT_WITHIN_S):
            raise RuntimeError(f"the desk can't close what it holds: {self.desk.last_words()}")

    def _play(self) -> None:
        bought = soon(lambda: self._carry_out("orb_long_call", contracts=1, stop_pct=60) is not False, _FLAT_WITHIN_S)
        self.desk.call("get_positions")
        if bought:
            self._carry_out("flatten_all")

    def _carry_out(self, tool: str, **arguments: object) -> bool | None:
        """Preview and confirm: whether the preview was given, None when there is no desk any more."""
        shown = self.desk.call(tool, **arguments)
        if shown is None or self.desk.process.poll() is not None:
            return None
        token = shown.get("confirm_token")
        if token is not None:
            self.desk.call("confirm_order", confirm_token=token)
        return token is not None

    def _end(self, nth: int, act: str) -> tuple[str, list[str]]:
        """Where it ended, and what was wrong with how it did."""
        soon(lambda: self.desk.process.poll() is not None or self._disk_failed(), _DIES_WITHIN_S)
        if self._disk_failed():
            return f"{act}: call {nth} at the journal", self._end_without_disk()
        if self.desk.process.poll() is None:
            self.desk.kill()
            return f"{act}: past the end of the session", []
        return f"{act}: {self._calls()[-1][1]}", []

    def _disk_failed(self) -> bool:
        return any(what == FAILED for _, what in self._calls())

    def _end_without_disk(self) -> list[str]:
        try:
            code = self.desk.process.wait(_ENDS_WITHIN_S)
        except TimeoutExpired:
            self.desk.kill()
            return ["a desk without a journal went on"]
        wrong = [] if code else ["a desk without a journal ended as if in order"]
        if "can't be written" not in self.desk.last_words():
            wrong.append(f"nobody was told: {self.desk.last_words()}")
        failed_at = next(at for at, what in self._calls() if what == FAILED)
        late = [at for at, what in self._calls() if what.startswith("send POST") and at > failed_at + _STILL_LEAVES_S]
        return wrong + [f"{len(late)} orders left without a journal"] * bool(late)

    def _calls(self) -> list[tuple[float, str]]:
        """Every call since the session began, with the machine's seconds; the one it died at is the last."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        split = [line.split(" ", 2) for line in lines]
        return [(float(at), what) for _, at, what in split]


CAMPAIGN: Final = Campaign(
    "boundary-kills", "boundaries", "not whole again", goal=len(TRIALS), share=_SHARE, run=run_share
)
