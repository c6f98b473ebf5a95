"""Where a desk with the Alpaca adapter trades: Alpaca's paper account, or the simulator on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from adapters.alpaca import fields
from adapters.alpaca.addresses import PAPER, Addresses, on_this_machine
from adapters.alpaca.calls import Calls
from adapters.alpaca.records import read_flags
from adapters.alpaca.simulator import Simulator
from adapters.system.time import FollowedClock, FollowingTimers, LoopTimers, SystemClock, machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings, SettingsError
from tradecore.errors import Rejected
from tradecore.model.fees import FeeSchedule
from tradecore.ports.clock import Clock

# A request waits ten seconds for its thread and three for its connection; what is sent on this machine has then arrived
# before any later question, and the simulator takes orders as they come.
_ARRIVED_AFTER: Final = timedelta(seconds=20)


@dataclass(slots=True, kw_only=True)
class AlpacaWorld:
    """Where the desk trades: its clock, its addresses and keys, what an execution costs and when an order is there."""

    clock: Clock
    timers: LoopTimers
    rate: Decimal
    addresses: Addresses
    key: str
    secret: str
    fees: FeeSchedule
    not_found_is_final_after: timedelta | None
    simulator: Simulator | None
    follow: Callable[[datetime], None] | None

    def calls(self) -> Calls:
        """Requests with these keys."""
        clock = self.clock
        return Calls(
            key=self.key,
            secret=self.secret,
            addresses=self.addresses,
            seconds=clock.machine_seconds,
            unix_seconds=lambda: clock.now().timestamp(),
        )


def simulated_world(settings: Settings, url: str, name: str) -> AlpacaWorld:
    """
    The world of a running simulator; the account is the one of its keys, by default one named `name`.

    Raises:
        Unavailable: No simulator answers there.
        SettingsError: Its time stands still.
    """
    simulator = Simulator(url)
    state = simulator.state()
    if state.speed <= 0:
        raise SettingsError(f"TRADECORE_SIM_URL: time stands still at {url}; start it with a --speed above 0")
    clock = FollowedClock(state.now, state.speed, machine_seconds)
    # Every pair of keys opens an account of its own at the simulator, unless its owner named the pair.
    key = settings.sim_key.get_secret_value() if settings.sim_key else name
    secret = settings.sim_secret.get_secret_value() if settings.sim_secret else "simulated"
    return AlpacaWorld(
        clock=clock,
        timers=FollowingTimers(clock, state.speed),
        rate=Decimal(str(state.speed)),
        addresses=on_this_machine(url),
        key=key,
        secret=secret,
        fees=shipped_fees(),
        not_found_is_final_after=_ARRIVED_AFTER,
        simulator=simulator,
        follow=clock.follow,
    )


def paper_world(settings: Settings, wall: SystemClock) -> AlpacaWorld:
    """
    Alpaca's paper account, on the wall clock.

    Raises:
        SettingsError: A key is missing.
    """
    key, secret = paper_keys(settings)
    shipped = shipped_fees()
    return AlpacaWorld(
        clock=wall,
        timers=LoopTimers(wall),
        rate=Decimal(1),
        addresses=PAPER,
        key=key,
        secret=secret,
        # A paper account is charged no fees; the gate still counts those of a real one.
        fees=FeeSchedule(per_contract=Decimal(0), taf_per_contract_sold=Decimal(0), as_of=shipped.as_of),
        not_found_is_final_after=None,
        simulator=None,
        follow=None,
    )


def paper_keys(settings: Settings) -> tuple[str, str]:
    """
    The keys of the paper account.

    Raises:
        SettingsError: One is missing.
    """
    key, secret = settings.alpaca_api_key_id, settings.alpaca_api_secret_key
    if key is None or secret is None:
        raise SettingsError("ALPACA_API_KEY and ALPACA_SECRET_KEY: both are needed for a paper account")
    return key.get_secret_value(), secret.get_secret_value()


def paper_account(world: AlpacaWorld, asked: str | None) -> str:
    """
    The number of the account that the keys open; blocking.

    Raises:
        SettingsError: Another one was asked for.
        Rejected: The keys are not accepted.
        Unavailable, OutcomeUnknown: Alpaca does not answer.
    """
    calls = world.calls()
    try:
        number = read_flags(fields.mapping(calls.http.trading("/account"), "account")).number
    except Rejected as refusal:
        raise Rejected(f"Alpaca does not take the keys: {refusal}; see `tradecore doctor --broker alpaca`") from None
    finally:
        calls.close()
    if asked is not None and asked != number:
        raise SettingsError(f"--account {asked}: the keys are of account {number}; name that one, or none")
    return number
