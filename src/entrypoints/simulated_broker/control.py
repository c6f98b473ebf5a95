"""What only the simulator has: its state, its faults, its clock."""

from typing import Any, Final

from adapters.simulated.brokerage.refusals import Refusal, invalid
from adapters.simulated.brokerage.tickets import number
from entrypoints.simulated_broker.answers import Answer, Call, instant, ok
from entrypoints.simulated_broker.faults import NAMES

_LONGEST_STEP: Final = 8 * 86_400


def state(call: Call) -> Answer:
    """GET /_sim/state: that this is the simulator, and where it stands."""
    return ok(_state(call))


def post_faults(call: Call) -> Answer:
    """POST /_sim/faults: how many more times each fault shall happen, and the clock's skew."""
    body = call.json()
    faults = call.simulation.faults
    unknown = [name for name in body if name not in NAMES and name != "skew_seconds"]
    if unknown:
        known = ", ".join((*NAMES, "skew_seconds"))
        raise invalid(f"unknown fault {unknown[0][:32]!r}; there are {known}")
    counts = {name: _count(body, name) for name in body if name in NAMES}
    skew = number(body, "skew_seconds")
    faults.left.update(counts)
    if skew is not None:
        faults.skew_seconds = float(skew)
    call.simulation.updates.is_mute = faults.is_mute
    if faults.uses("disconnect"):
        faults.left["disconnect"] = 0
        call.simulation.disconnect_streams()
    return ok(_state(call))


def post_step(call: Call) -> Answer:
    """POST /_sim/step: let so many seconds pass at once."""
    seconds = number(call.json(), "seconds")
    if seconds is None or not 0 < seconds <= _LONGEST_STEP:
        raise invalid(f"seconds must be above 0 and at most {_LONGEST_STEP}")
    call.simulation.clock.step(float(seconds))
    call.simulation.look()
    return ok(_state(call))


def post_liquidate(call: Call) -> Answer:
    """POST /_sim/liquidate: the broker closes one holding of the caller's account, whatever that leaves uncovered."""
    symbol = call.json().get("symbol")
    if not isinstance(symbol, str):
        raise invalid("symbol is required")
    call.simulation.do(call.account, "liquidate", {"symbol": symbol}, lambda _: b"")
    return ok(_state(call))


def _count(body: dict[str, Any], name: str) -> int:
    given = body[name]
    if isinstance(given, bool):
        return int(given)
    if not isinstance(given, int) or not 0 <= given <= 1_000_000:
        raise Refusal(422, 40010001, f"{name} must be a whole number from 0 to 1000000")
    return given


def _state(call: Call) -> dict[str, Any]:
    simulation = call.simulation
    simulation.look()
    books = simulation.brokerage.books
    return {
        "simulator": "tradecore sim",
        "name": simulation.name,
        "seed": simulation.brokerage.listings.seed,
        "market": simulation.brokerage.listings.told,
        "clock": instant(simulation.now()),
        "speed": simulation.clock.rate,
        "always_open": books.always_open,
        "faults": simulation.faults.open,
        "accounts": len(books.accounts),
        "open_orders": len(books.open),
        "streams": simulation.updates.count + simulation.data_streams(),
        "slow_clients": simulation.slow_clients,
        "broken": simulation.broken,
    }
