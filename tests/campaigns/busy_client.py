"""A client that keeps a standing desk busy from a thread of its own, whatever becomes of the desk."""

import threading
from random import Random
from typing import Final

from tests.campaigns.real_desk import RealDesk

_PATIENCE_S: Final = 20.0


class BusyClient:
    """
    Previews, confirms, repeats confirmations and closes, at random, until it is told to rest.

    `sending` is set when a confirmation is on its way, so that somebody can strike at that moment. `doing` says what is
    under way.
    """

    def __init__(self, desk: RealDesk, chance: Random) -> None:
        """Trade at this desk."""
        self._desk = desk
        self._chance = chance
        self._works = threading.Event()
        self._rests = threading.Event()
        self._over = False
        self.sending = threading.Event()
        self.doing = "nothing"
        self.confirmed = 0
        self._thread = threading.Thread(target=self._trade, daemon=True)
        self._thread.start()

    def work(self) -> None:
        """Go on."""
        self._rests.clear()
        self._works.set()

    def rest(self) -> None:
        """Finish what is under way and wait."""
        self._works.clear()
        self._rests.wait(_PATIENCE_S)

    def end(self) -> None:
        """Stop for good."""
        self._over = True
        self._works.set()
        self._thread.join(_PATIENCE_S)

    def _trade(self) -> None:
        while not self._over:
            self._rests.set()
            self._works.wait()
            if not self._over:
                self._one_thing()
                self.doing = "nothing"
                threading.Event().wait(self._chance.uniform(0.0, 0.3))

    def _one_thing(self) -> None:
        self.doing = "preview"
        if self._chance.random() < 0.45:
            shown = self._desk.call("flatten_all")
        else:
            side = self._chance.choice(("orb_long_call", "orb_long_put"))
            shown = self._desk.call(side, contracts=1, stop_pct=self._chance.choice((2, 20, 60)))
        token = (shown or {}).get("confirm_token")
        if token is None:
            return
        self.doing = "confirm"
        self.sending.set()
        done = self._desk.call("confirm_order", confirm_token=token)
        self.confirmed += done is not None and done.get("status") == "confirmed"
        if self._chance.random() < 0.3:
            self.doing = "confirm again"
            self._desk.call("confirm_order", confirm_token=token)
