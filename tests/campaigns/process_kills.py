"""
kill -9 of a real desk at random moments; its broker is another process and lives on.

Some are frozen instead, or their network goes half open, and some of those are killed then. After each the desk is
started again where it died, and nothing else is done; then its books have to be the broker's.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from tests.campaigns.busy_client import BusyClient
from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.real_desk import RealDesk, simulator
from tests.campaigns.swallowing_proxy import SwallowingProxy
from tests.campaigns.trial import Trial

_FROZEN_S: Final = 15.0
_LONGEST_SILENCE_S: Final = 12.0


def run_share(seed: int, size: int) -> Share:
    """Strike one desk so many times."""
    share = Share(seed)
    with (
        tempfile.TemporaryDirectory(prefix="kills-") as home,
        simulator(Path(home), seed) as url,
        SwallowingProxy(int(url.rpartition(":")[2])) as wire,
    ):
        scene = Scene(RealDesk(Path(home), url, wire=wire.url), wire, Random(seed))
        try:
            scene.begin()
            for _ in range(size):
                scene.strike().count(share)
            share.kinds["orders at the broker"] += len(scene.desk.broker_orders())
            share.kinds["confirmations"] += scene.client.confirmed
        finally:
            scene.end()
    return share


class Scene:
    """A desk that is kept busy, and what befalls it."""

    def __init__(self, desk: RealDesk, wire: SwallowingProxy, chance: Random) -> None:
        """`wire` is what the desk reaches its broker by."""
        self.desk = desk
        self.client = BusyClient(desk, Random(chance.random()))
        self._wire = wire
        self._chance = chance
        self._blows: dict[str, tuple[int, Callable[[], bool]]] = {
            "killed": (80, self._kill),
            "frozen": (4, self._freeze),
            "frozen, then killed": (4, self._freeze_and_kill),
            "half open": (6, self._half_open),
            "half open, then killed": (6, self._half_open_and_kill),
        }

    def begin(self) -> None:
        """Start the desk for the first time."""
        self.desk.start()
        if self.desk.back() is None:
            raise RuntimeError(f"the desk did not begin: {self.desk.last_words()}")

    def end(self) -> None:
        """End everything."""
        self.client.end()
        self.desk.kill()

    def strike(self, blow: str | None = None) -> Trial:
        """Let one thing befall the desk, by name or by chance, at a moment of its work."""
        weights = [weight for weight, _ in self._blows.values()]
        name = blow or self._chance.choices(list(self._blows), weights)[0]
        self.client.work()
        self._wait_for_a_moment()
        what = f"{name} during {self.client.doing}"
        if self._blows[name][1]():
            return self._start_again(what)
        self.client.rest()
        return Trial(what=what, wrong=self.desk.whole())

    def _start_again(self, what: str) -> Trial:
        held = bool(self.desk.held())
        self.desk.start()
        back = self.desk.back()
        self.client.rest()
        if back is None:
            return Trial(what=what, wrong=[f"a restart that needs hands: {self.desk.last_words()}"])
        return Trial(what=what, held=held or bool(self.desk.held()), back=back, wrong=self.desk.whole())

    def _wait_for_a_moment(self) -> None:
        self.client.sending.clear()
        if self._chance.random() < 0.7:
            self.client.sending.wait(5.0)
            time.sleep(self._chance.choice((0.0, self._chance.uniform(0, 0.02), self._chance.uniform(0, 0.4))))
        else:
            time.sleep(self._chance.uniform(0.0, 2.0))

    def _kill(self) -> bool:
        self.desk.kill()
        return True

    def _freeze(self) -> bool:
        self.desk.freeze(_FROZEN_S)
        return False

    def _freeze_and_kill(self) -> bool:
        self.desk.freeze(self._chance.uniform(0.1, 5.0))
        time.sleep(self._chance.choice((0.0, self._chance.uniform(0, 0.5))))
        return self._kill()

    def _half_open(self) -> bool:
        self._swallow()
        time.sleep(self._chance.uniform(0.5, _LONGEST_SILENCE_S))
        self._wire.heal()
        return False

    def _half_open_and_kill(self) -> bool:
        self._swallow()
        time.sleep(self._chance.uniform(0.0, 4.0))
        self.desk.kill()
        self._wire.heal()
        return True

    def _swallow(self) -> None:
        """What the desk sends, what it is sent, or both."""
        ways = self._chance.choice(((self._wire.up,), (self._wire.down,), (self._wire.up, self._wire.down)))
        for way in ways:
            way.set()


CAMPAIGN: Final = Campaign("process-kills", "kills", "not whole again", goal=1000, share=20, run=run_share)
