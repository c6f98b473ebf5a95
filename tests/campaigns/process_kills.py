"""
kill -9 of a real desk at random moments; its broker is another process and lives on.

The desk is `tradecore serve`, the broker `tradecore sim`, between them HTTP and a WebSocket. After each kill the desk
is started again and nothing else is done; then its books have to be the broker's.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
import requests
import yaml
from tests.campaigns.busy_client import BusyClient
from tests.campaigns.campaign import Campaign, Share

from entrypoints.settings import known_names
from entrypoints.standing.desk_file import desk_stands

_PROGRAM: Final = [sys.executable, "-m", "entrypoints.cli"]
_ACCOUNT: Final = "killed"
_SPEED: Final = 10
_STANDS_WITHIN_S: Final = 40.0
_AGREES_WITHIN_S: Final = 30.0
_REARMED_WITHIN_S: Final = 10.0
# A desk that is killed every few seconds for a whole share must not end at the limits of one day.
_LOOSE: Final = {
    "max_daily_loss": 5000,
    "max_daily_loss_pct": 90,
    "max_weekly_loss": 9000,
    "max_drawdown_pct": 90,
    "max_trades_per_day": 9999,
    "max_trades_per_day_per_strategy": 9999,
    "losses_before_pause": 9999,
    "losses_before_stop": 9999,
    "reentry_minutes_after_stop": 0,
    "duplicate_window_s": 1,
    "max_repeated_executions": 9999,
    "max_opens_per_minute": 9999,
}


def run_share(seed: int, size: int) -> Share:
    """Kill one desk so many times."""
    share = Share(seed)
    with tempfile.TemporaryDirectory(prefix="kills-") as home, _simulator(Path(home), seed) as url:
        scene = Scene(Path(home), url, Random(seed))
        try:
            scene.start()
            for _ in range(size):
                moment, failures, kinds = scene.one_kill()
                share.count(moment, "; ".join(failures) or None)
                share.kinds.update(kinds)
            share.kinds["orders at the broker"] += len(scene.broker_orders())
            share.kinds["confirmations"] += scene.client.confirmed
        finally:
            scene.end()
    return share


class Scene:
    """One desk, its client, and what its broker says."""

    def __init__(self, home: Path, url: str, chance: Random) -> None:
        """Trade at the broker of this URL."""
        self._url = url
        self._chance = chance
        self._directory = home / "simulated" / _ACCOUNT
        limits = home / "limits.yaml"
        shipped = yaml.safe_load(files("entrypoints").joinpath("risk_parameters.yaml").read_text(encoding="utf-8"))
        limits.write_text(yaml.safe_dump(shipped["default"] | _LOOSE), encoding="utf-8")
        keys = {"ALPACA_API_KEY": _ACCOUNT, "ALPACA_SECRET_KEY": "secret"}
        self._environment = _environment(home) | keys | {"TRADECORE_SIM_URL": url, "TRADECORE_LIMITS": str(limits)}
        self._desk: subprocess.Popen[bytes] | None = None
        self.client = BusyClient(self._directory, Random(chance.random()))

    def start(self) -> None:
        """Start the desk, and nothing else."""
        command = [*_PROGRAM, "serve", "--account", _ACCOUNT, "--no-http"]
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / "serve.log").open("ab") as log:
            self._desk = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def end(self) -> None:
        """End everything."""
        self.client.end()
        if self._desk is not None:
            self._desk.kill()
            self._desk.wait()

    def one_kill(self) -> tuple[str, list[str], list[str]]:
        """What was under way, what was wrong afterwards, and how long it took to be protected again."""
        assert self._desk is not None
        if not _soon(lambda: desk_stands(self._directory), _STANDS_WITHIN_S):
            return "start", [f"the desk did not stand again: {self._last_words()}"], []
        self.client.work()
        moment = self._strike()
        held = bool(self._positions())
        began = time.monotonic()
        self.start()
        back = _soon(self._is_ready, _STANDS_WITHIN_S)
        gap = time.monotonic() - began
        self.client.rest()
        wrong = [] if back else [f"a restart that needs hands: {self._last_words()}"]
        if back and not _soon(lambda: not self._differences(), _AGREES_WITHIN_S):
            wrong += self._differences()
        if held and gap > _REARMED_WITHIN_S:
            wrong.append(f"a position was without protection for {gap:.1f} s")
        return moment, wrong, [f"back within {5 * (int(gap / 5) + 1)} s", "held" if held else "flat"]

    def broker_orders(self) -> list[dict[str, Any]]:
        """Every order the broker has of this account."""
        found: list[dict[str, Any]] = self._ask_broker("/v2/orders?status=all&limit=500&direction=desc")
        return found

    def _strike(self) -> str:
        assert self._desk is not None
        self.client.sending.clear()
        if self._chance.random() < 0.7:
            self.client.sending.wait(5.0)
            time.sleep(self._chance.choice((0.0, self._chance.uniform(0, 0.02), self._chance.uniform(0, 0.2))))
        else:
            time.sleep(self._chance.uniform(0.0, 2.0))
        moment = self.client.doing
        self._desk.send_signal(signal.SIGKILL)
        self._desk.wait()
        return moment

    def _is_ready(self) -> bool:
        if not desk_stands(self._directory):
            return False
        found = self.client.call("risk_check")
        return found is not None and not str(found["reason"]).startswith("starting")

    def _differences(self) -> list[str]:
        """Where the desk and its broker differ, and what is wrong with the broker's orders."""
        found = self.client.call("get_positions")
        if found is None:
            return ["the desk does not answer"]
        ours: dict[str, Decimal] = {}
        wrong = []
        for line in found["positions"]:
            ours[line["symbol"]] = ours.get(line["symbol"], Decimal(0)) + Decimal(line["quantity"])
            if not line["stop"]:
                wrong.append(f"{line['group']} has no stop")
        theirs = self._positions()
        if ours != theirs:
            wrong.append(f"held {ours} here, {theirs} at the broker")
        recent = self.client.call("get_recent_orders", limit=50) or {}
        unknown = [order["order_id"] for order in recent.get("orders", []) if order["state"] == "UNKNOWN"]
        return wrong + [f"{one} is unknown" for one in unknown] + self._wrong_orders()

    def _wrong_orders(self) -> list[str]:
        journal = b"".join(file.read_bytes() for file in sorted((self._directory / "journal").iterdir()))
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

    def _positions(self) -> dict[str, Decimal]:
        return {line["symbol"]: Decimal(str(line["qty"])) for line in self._ask_broker("/v2/positions")}

    def _ask_broker(self, path: str) -> Any:
        headers = {"APCA-API-KEY-ID": _ACCOUNT, "APCA-API-SECRET-KEY": "simulated"}
        answer = requests.get(f"{self._url}{path}", headers=headers, timeout=10)
        answer.raise_for_status()
        return orjson.loads(answer.content)

    def _last_words(self) -> str:
        lines = (self._directory / "serve.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextmanager
def _simulator(home: Path, seed: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--seed", str(seed), "--speed", str(_SPEED), "--always-open", "--rate-limit", "0"]
    url = f"http://127.0.0.1:{port}"
    with (home / "sim.log").open("wb") as log:
        broker = subprocess.Popen([*_PROGRAM, "sim", *options], env=_environment(home), stdout=log, stderr=log)
    try:
        if not _soon(lambda: _answers(url), _STANDS_WITHIN_S):
            raise RuntimeError(f"the simulator did not start: {(home / 'sim.log').read_text(encoding='utf-8')}")
        yield url
    finally:
        broker.kill()
        broker.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_sim/state", timeout=5).ok
    except requests.RequestException:
        return False


def _soon(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def _environment(home: Path) -> dict[str, str]:
    ours = {name for name in os.environ if name.upper().startswith("TRADECORE_") or name.upper() in known_names()}
    source = str(Path(__file__).parents[2] / "src")
    return {k: v for k, v in os.environ.items() if k not in ours} | {"TRADECORE_HOME": str(home), "PYTHONPATH": source}


CAMPAIGN: Final = Campaign("process-kills", "kills", "not whole again", goal=1000, share=20, run=run_share)
