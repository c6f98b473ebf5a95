"""A market cheap enough for thousands of sessions: one underlying, twelve same-day options, quoted step by step."""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import Bar, Quote
from tradecore.model.sessions import Session
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData

SPY: Final = Equity("SPY")
STEP: Final = timedelta(seconds=2)
_SPOT_CENTS: Final = 67_000
_STRIKES: Final = range(668, 674)
VOLATILITY: Final = 0.20
_CENTS_A_STEP: Final = 10.0
_MINUTES_A_YEAR: Final = 525_600.0
_ONE_SIDED: Final = 0.01
_NO_INTEREST: Final = Decimal(0)


class LightMarket(MarketData):
    """
    A random walk from one seed; options follow it at a fixed volatility, so that their greeks are plausible.

    Quotes are made when they are asked for and are the same whoever asks. `always_two_sided` ends missing sides.
    """

    def __init__(self, seed: int, session: Session, clock: Clock, begins: datetime, steps: int) -> None:
        random = np.random.default_rng([seed, 0x4D4B])
        moves = random.normal(0.0, _CENTS_A_STEP, steps + 1)
        self._spots: list[int] = (_SPOT_CENTS + np.rint(np.cumsum(moves)).astype(int)).tolist()
        self.contracts = tuple(
            OptionContract("SPY", session.day, right, Decimal(strike))
            for right in (Right.CALL, Right.PUT)
            for strike in _STRIKES
        )
        self._rows = {contract: row for row, contract in enumerate(self.contracts)}
        shape = (len(self._spots), len(self.contracts))
        self._sizes: list[list[int]] = random.integers(1, 40, shape).tolist()
        self._bid_missing: list[list[bool]] = (random.random(shape) < _ONE_SIDED).tolist()
        self._spreads: list[list[int]] = random.choice([1, 2, 2, 3], shape).tolist()
        self._clock = clock
        self._begins = begins
        self._closes = session.closes
        self._newest: dict[Instrument, tuple[int, Quote]] = {}
        self._chain: tuple[int, OptionChain] | None = None
        self.always_two_sided = False

    def step_at(self, step: int) -> datetime:
        """When a step (1-based) comes."""
        return self._begins + step * STEP

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote."""
        return self.quote_now(instrument)

    def quote_now(self, instrument: Instrument) -> Quote | None:
        """The same, for the venue."""
        step = self._step()
        known = self._newest.get(instrument)
        if known is not None and known[0] == step:
            return known[1]
        found = self._make(instrument, step)
        if found is not None:
            self._newest[instrument] = (step, found)
        return found

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:  # noqa: ARG002
        """None: the strategies of these sessions look at quotes alone."""
        return []

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:  # noqa: ARG002
        """All contracts now."""
        step = self._step()
        if self._chain is None or self._chain[0] != step:
            self._chain = (step, self._make_chain(step))
        return self._chain[1]

    def _step(self) -> int:
        passed = int((self._clock.now() - self._begins) / STEP)
        return min(max(passed, 0), len(self._spots) - 1)

    def _make(self, instrument: Instrument, step: int) -> Quote | None:
        at = self.step_at(step)
        if instrument == SPY:
            spot, many = self._spots[step], Decimal(500)
            return Quote(SPY, _dollars(spot - 1), _dollars(spot + 1), many, many, at, at, "light")
        row = self._rows.get(instrument) if isinstance(instrument, OptionContract) else None
        if row is None:
            return None
        bid, ask, size = self._option(row, step)
        return Quote(
            instrument,
            _dollars(bid) if bid else None,
            _dollars(ask),
            Decimal(size) if bid else _NO_INTEREST,
            Decimal(size),
            at,
            at,
            "light",
        )

    def _option(self, row: int, step: int) -> tuple[int, int, int]:
        contract = self.contracts[row]
        minutes = (self._closes - self.step_at(step)).total_seconds() / 60
        fair = 100 * _black_scholes(self._spots[step] / 100, float(contract.strike), minutes, contract.right)
        spread = self._spreads[step][row]
        bid = max(int(fair) - spread // 2, 0)
        ask = bid + spread
        missing = self._bid_missing[step][row] and not self.always_two_sided
        return (0 if missing else bid), ask, self._sizes[step][row]

    def _make_chain(self, step: int) -> OptionChain:
        rows = [self._option(row, step) for row in range(len(self.contracts))]
        columns = np.array(rows, dtype=np.int64).T
        return OptionChain(
            underlying="SPY",
            expiry=self.contracts[0].expiry,
            contracts=self.contracts,
            bid_cents=columns[0],
            ask_cents=columns[1],
            bid_size=columns[2],
            ask_size=columns[2],
            at=self.step_at(step),
            received_at=self.step_at(step),
            source="light",
        )


def _black_scholes(spot: float, strike: float, minutes: float, right: Right) -> float:
    spread = deviation(minutes)
    d1 = math.log(spot / strike) / spread + spread / 2
    call = spot * normal(d1) - strike * normal(d1 - spread)
    return call if right is Right.CALL else call - spot + strike


def deviation(minutes: float) -> float:
    """Standard deviation of the logarithm of the spot over so many minutes."""
    return VOLATILITY * math.sqrt(max(minutes, 1.0) / _MINUTES_A_YEAR)


def normal(x: float) -> float:
    """Probability that a standard normal variable is below x."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
