"""What a broker, and whoever else may trade on the account, does to it now and then."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import Fault, FaultCount, FaultRates
from adapters.simulated.venue import SimulatedVenue
from tradecore.model.events import Filled
from tradecore.model.instruments import Instrument
from tradecore.model.money import CENT
from tradecore.model.terms import Leg, Side

Around = Callable[[Fault, Callable[[], object]], None]

_KINDS: Final = (Fault.BUST, Fault.CORRECTION, Fault.LIQUIDATION, Fault.FOREIGN_ORDER)


def just_do_it(_: Fault, act: Callable[[], object]) -> None:
    """Let a surprise happen."""
    act()


class Surprises:
    """
    Busts, corrections, liquidations of one leg and orders of others, at random times from one seed.

    `around` is given each of them before it happens and has to carry it out; `tradable` is what others buy.
    """

    def __init__(
        self,
        venue: SimulatedVenue,
        account: SimulatedAccount,
        tradable: Sequence[Instrument],
        rates: FaultRates,
        seed: int,
        count: FaultCount,
        around: Around = just_do_it,
    ) -> None:
        """Prepare; nothing happens before `run`."""
        self._venue = venue
        self._account = account
        self._tradable = tradable
        self._rates = rates
        self._random = np.random.default_rng([seed, 0x535552])
        self._count = count
        self._around = around
        self._going_on = True

    def stop(self) -> None:
        """Let nothing happen any more."""
        self._going_on = False

    async def run(self) -> None:
        """Surprise the account until `stop`."""
        total = sum(float(getattr(self._rates, kind)) for kind in _KINDS)
        while total > 0 and self._going_on:
            await asyncio.sleep(float(self._random.exponential(3600 / total)))
            self.happen()

    def happen(self) -> None:
        """Surprise the account now, if anything ever does and there is something to surprise it with."""
        per_hour = [float(getattr(self._rates, kind)) for kind in _KINDS]
        total = sum(per_hour)
        if total > 0:
            self._surprise(_KINDS[int(self._random.choice(len(_KINDS), p=[rate / total for rate in per_hour]))])

    def _surprise(self, kind: Fault) -> None:
        act = self._drawn(kind) if self._going_on else None
        if act is not None:
            self._count.add(kind)
            self._around(kind, act)

    def _drawn(self, kind: Fault) -> Callable[[], object] | None:
        if kind is Fault.FOREIGN_ORDER:
            leg = Leg(self._tradable[self._one_of(len(self._tradable))], Side.BUY)
            return lambda: self._venue.place_for_other((leg,), Decimal(1), None)
        if kind is Fault.LIQUIDATION:
            return self._liquidation()
        fills = self._venue.standing_fills
        if not fills:
            return None
        fill = fills[self._one_of(len(fills))]
        if kind is Fault.BUST:
            return lambda: self._venue.bust(fill.exec_id)
        return self._correction(fill)

    def _correction(self, fill: Filled) -> Callable[[], object]:
        moved = fill.price + CENT * int(self._random.integers(1, 4)) * (1 if self._random.random() < 0.5 else -1)
        quantity = fill.quantity - 1 if fill.quantity > 1 and self._random.random() < 0.3 else fill.quantity
        return lambda: self._venue.restate(fill.exec_id, quantity, max(moved, CENT))

    def _liquidation(self) -> Callable[[], object] | None:
        # A broker that closes a leg does not leave the other one uncovered.
        held = sorted(self._account.holdings.items(), key=lambda item: item[0].symbol)
        fitting = [
            instrument for instrument, units in held if self._account.margin(((instrument, -units),)) is not None
        ]
        if not fitting:
            return None
        instrument = fitting[self._one_of(len(fitting))]
        return lambda: self._venue.liquidate(instrument)

    def _one_of(self, count: int) -> int:
        return int(self._random.integers(count))
