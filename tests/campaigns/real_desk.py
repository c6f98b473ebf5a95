"""
A real desk at a real broker, each a process of its own, and what must be true of the two of them.

The desk is `tradecore serve`, the broker `tradecore sim`; between them is HTTP and a WebSocket, and nothing is shared
but what they wrote down themselves.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson
import requests
import yaml

from entrypoints.settings import known_names
from entrypoints.standing.asking import ask_desk
from tradecore.errors import TradeError

PROGRAM: Final = (sys.executable, "-m", "entrypoints.cli")
_STANDS_WITHIN_S: Final = 60.0
_SECRET: Final = "of-the-campaign"
_SPEED: Final = 10
_LOOKS_EVERY_S: Final = 0.05
# Each look asks the desk for what it asks its broker, of which it has so much a minute.
_COMPARES_EVERY_S: Final = 0.5
# A desk that is killed every few seconds for a whole share must not end at the limits of one day, and its market passes
# ten seconds in each of the machine's: what is old there is ten times as old.
_LOOSE: Final = {
    "max_daily_loss": 50000,
    "max_daily_loss_pct": 90,
    "max_weekly_loss": 90000,
    "max_drawdown_pct": 90,
    "max_trades_per_day": 9999,
    "max_trades_per_day_per_strategy": 9999,
    "losses_before_pause": 9999,
    "losses_before_stop": 9999,
    "reentry_minutes_after_stop": 0,
    "duplicate_window_s": 1,
    "max_repeated_executions": 9999,
    "max_opens_per_minute": 9999,
    "max_quote_age_s": 30,
    "max_underlying_age_s": 30,
    "max_chain_age_s": 50,
    "protected_within_s": 100,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Seconds from the start until each holding's stop was watched by a quote, and until the books were found equal."""

    watched_s: float
    compared_s: float


class RealDesk:
    """
    One desk, started and ended at will, its broker asked apart from it.

    Seconds beyond `stands_within_s` and `agrees_within_s` mean that it needs a person.
    """

    stands_within_s = _STANDS_WITHIN_S
    agrees_within_s = 60.0

    def __init__(self, home: Path, broker: str, *, wire: str | None = None, account: str = "killed") -> None:
        """`broker` is the simulator's URL, `wire` the one that the desk is given instead, for example a proxy's."""
        self.directory = home / "simulated" / account
        self.directory.mkdir(parents=True, exist_ok=True)
        self._log = self.directory / "serve.log"
        self._broker = broker
        limits = home / "limits.yaml"
        shipped = yaml.safe_load(files("entrypoints").joinpath("risk_parameters.yaml").read_text(encoding="utf-8"))
        limits.write_text(yaml.safe_dump(shipped["default"] | _LOOSE), encoding="utf-8")
        self._account = account
        keys = {"TRADECORE_SIM_KEY": account, "TRADECORE_SIM_SECRET": _SECRET}
        where = {"TRADECORE_SIM_URL": wire or broker, "TRADECORE_LIMITS": str(limits)}
        self._environment = environment(home) | keys | where
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The desk's process, alive or not."""
        assert self._process is not None
        return self._process

    def start(self, program: Sequence[str] = PROGRAM) -> None:
        """Start the desk, and nothing else."""
        with self._log.open("ab") as log:
            command = [*program, "serve", "--account", self._account, "--no-http"]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill -9, frozen or not; idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self, seconds: float) -> None:
        """SIGSTOP for so long."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def ask(self, wish: dict[str, Any], patience_s: float = 20.0) -> dict[str, Any] | None:
        """What the desk answers to one wish on its socket; None when there is no desk, or no answer."""
        try:
            return ask_desk(self.directory, wish, patience_s=patience_s)
        except TradeError:
            return None

    def call(self, tool: str, **arguments: Any) -> dict[str, Any] | None:
        """One tool call; None as for `ask`."""
        answer = (self.ask({"ask": "call", "tool": tool, "arguments": arguments}) or {}).get("answer")
        return answer if isinstance(answer, dict) else None

    def back(self) -> "Back | None":
        """How long the desk takes to be back, counted from this call, which follows the start; None if it never is."""
        began = time.monotonic()
        if not soon(self._watches, self.stands_within_s):
            return None
        watched = time.monotonic() - began
        compared = soon(self._has_compared, self.stands_within_s)
        return Back(watched_s=watched, compared_s=time.monotonic() - began) if compared else None

    def _watches(self) -> bool:
        lines = (self.call("get_positions") or {}).get("positions")
        return lines is not None and all(line["stop"] and line["mark"] for line in lines)

    def _has_compared(self) -> bool:
        status = self.ask({"ask": "status"}, 5.0)
        return status is not None and not str(status["reason"]).startswith("starting")

    def whole(self) -> list[str]:
        """What is still wrong between desk and broker after a while; nothing when it is whole."""
        agrees = soon(lambda: not self.differences(), self.agrees_within_s, every_s=_COMPARES_EVERY_S)
        return [] if agrees else self.differences()

    def differences(self) -> list[str]:
        """Where desk and broker differ now, and what is wrong with the orders the broker has."""
        status, found = self.ask({"ask": "status"}), self.call("get_positions")
        recent = self.call("get_recent_orders", limit=50)
        if status is None or found is None or recent is None:
            return [f"the desk does not answer; {self.last_words()}"]
        wrong = [] if status["state"] == "ACTIVE" else [f"the desk is {status['state']}: {status['reason']}"]
        ours: dict[str, Decimal] = {}
        for line in found["positions"]:
            ours[line["symbol"]] = ours.get(line["symbol"], Decimal(0)) + Decimal(line["quantity"])
            if not line["stop"] or not line["mark"]:
                wrong.append(f"{line['group']} is not protected: stop {line['stop']}, mark {line['mark']}")
            elif Decimal(line["mark"]) <= Decimal(line["stop"]):
                wrong.append(f"{line['group']} is at {line['mark']} with its stop at {line['stop']}, and is held")
        theirs = self.held()
        if ours != theirs:
            wrong.append(f"held {_shown(ours)} here, {_shown(theirs)} at the broker")
        wrong += [f"{symbol} is sold short" for symbol, quantity in theirs.items() if quantity < 0]
        unknown = [order["order_id"] for order in recent["orders"] if order["state"] == "UNKNOWN"]
        return wrong + [f"{one} is unknown" for one in unknown] + self.wrong_orders()

    def wrong_orders(self) -> list[str]:
        """Orders at the broker that no journal has, and purchases made more than once."""
        journal = b"".join(file.read_bytes() for file in sorted((self.directory / "journal").iterdir()))
        bought: dict[str, Decimal] = {}
        wrong = []
        for order in self.broker_orders():
            order_id = str(order["client_order_id"])
            if f'"{order_id}"'.encode() not in journal:
                wrong.append(f"{order_id} is at the broker and in no journal")
            if order["side"] == "buy":
                intent = order_id.rpartition("-")[0]
                bought[intent] = bought.get(intent, Decimal(0)) + Decimal(str(order["filled_qty"]))
        return wrong + [f"{intent} was bought {count} times" for intent, count in bought.items() if count > 1]

    def held(self) -> dict[str, Decimal]:
        """What the broker says is held, by symbol."""
        return {line["symbol"]: Decimal(str(line["qty"])) for line in self._at_broker("/v2/positions")}

    def broker_orders(self) -> list[dict[str, Any]]:
        """The newest orders that the broker has of this account, at most 500."""
        found: list[dict[str, Any]] = self._at_broker("/v2/orders?status=all&limit=500&direction=desc")
        return found

    def last_words(self) -> str:
        """The last line the desk wrote."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _at_broker(self, path: str) -> Any:
        keys = {"APCA-API-KEY-ID": self._account, "APCA-API-SECRET-KEY": _SECRET}
        answer = requests.get(f"{self._broker}{path}", headers=keys, timeout=10)
        answer.raise_for_status()
        return orjson.loads(answer.content)


def _shown(held: dict[str, Decimal]) -> str:
    return json.dumps({symbol: f"{quantity:f}" for symbol, quantity in sorted(held.items())})


@contextmanager
def simulator(home: Path, seed: int) -> Iterator[str]:
    """A broker that lives on, whatever becomes of the desk; its URL."""
    port = free_port()
    options = ["--port", str(port), "--seed", str(seed), "--speed", str(_SPEED), "--always-open", "--rate-limit", "0"]
    url = f"http://127.0.0.1:{port}"
    with (home / "sim.log").open("wb") as log:
        broker = subprocess.Popen([*PROGRAM, "sim", *options], env=environment(home), stdout=log, stderr=log)
    try:
        if not soon(lambda: _answers(url), _STANDS_WITHIN_S):
            raise RuntimeError(f"the simulator did not start: {(home / 'sim.log').read_text(encoding='utf-8')}")
        yield url
    finally:
        broker.kill()
        broker.wait()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def soon(condition: Callable[[], bool], seconds: float, every_s: float = _LOOKS_EVERY_S) -> bool:
    """Whether it becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every_s)
    return condition()


def environment(home: Path) -> dict[str, str]:
    """This process's environment without settings of the desk, plus a home; compiled once, as installed ones are."""
    ours = {name for name in os.environ if name.upper().startswith("TRADECORE_") or name.upper() in known_names()}
    root = Path(__file__).parents[2]
    ours.add("PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    compiled = {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / f"tradecore-compiled-{os.getuid()}")}
    return kept | compiled | {"TRADECORE_HOME": str(home), "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_sim/state", timeout=5).ok
    except requests.RequestException:
        return False
