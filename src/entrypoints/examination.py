"""Examining a machine and its settings before a desk stands on them."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from entrypoints.limits_file import LimitsError, shipped_fees
from entrypoints.limits_in_force import limits_in_force
from entrypoints.settings import Settings, SettingsError
from entrypoints.standing.asking import ask_desk
from entrypoints.standing.desk_file import read_desk_file, standing_directories
from entrypoints.standing.passphrase import load_passphrase
from entrypoints.wiring.choosing import NO_LIVE, alpaca_examination
from entrypoints.wiring.crypto_house import redis_examination
from entrypoints.wiring.directories import make_private
from entrypoints.wiring.machine import durable_write_ms, wall_clock
from entrypoints.wiring.strategies import allowed_strategies
from tradecore import __version__
from tradecore.errors import PortError, TradeError
from tradecore.model.session_table import LAST_DAY

_LITTLE_DISK: Final = 1024**3
_SLOW_MS: Final = 50.0
_OLD_FEES: Final = timedelta(days=180)
_HORIZON: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, `ok`, `warning` or `failed`, and what was found."""

    name: str
    status: str
    found: str


def examine(settings: Settings) -> list[Finding]:
    """Everything a desk needs, in the order in which a person would mend it."""
    return [finding for look in _LOOKS for finding in look(settings)]


def examine_broker(settings: Settings) -> list[Finding]:
    """What a desk needs of Alpaca: the paper account of the keys, or the simulator at TRADECORE_SIM_URL."""
    if settings.mode == "live":
        return [Finding("alpaca", "failed", NO_LIVE)]
    if settings.sim_url is None and settings.alpaca_api_key_id is None:
        where = "set ALPACA_API_KEY and ALPACA_SECRET_KEY (https://app.alpaca.markets, paper account, API keys)"
        return [Finding("alpaca keys", "failed", f"none are set; {where}, or TRADECORE_SIM_URL")]
    try:
        look = alpaca_examination()
    except SettingsError as problem:
        return [Finding("alpaca", "failed", str(problem))]
    try:
        return [Finding(f"alpaca {each.name}", each.status, each.found) for each in look(settings)]
    except (SettingsError, TradeError) as problem:
        return [Finding("alpaca", "failed", str(problem))]


def tested_alert(settings: Settings) -> Finding:
    """Whether the receiver of alerts takes one."""
    # Its libraries are needed by nobody who does not ask.
    from entrypoints.wiring.alerts_beside import post_test_alert

    if settings.alert_webhook_url is None and settings.heartbeat_url is None:
        return Finding("test alert", "failed", "ALERT_WEBHOOK_URL is not set, so nobody is told of anything")
    try:
        return Finding("test alert", "ok", asyncio.run(post_test_alert(settings)))
    except PortError as problem:
        return Finding("test alert", "failed", str(problem))


def _settings(settings: Settings) -> Iterator[Finding]:
    source = f"environment and {settings.env_file}" if settings.env_file else "environment, no env file"
    yield Finding("settings", "ok", f"{source}; mode {settings.mode}; version {__version__}")
    try:
        names = ", ".join(allowed_strategies(settings))
    except SettingsError as problem:
        yield Finding("strategies", "failed", str(problem))
    else:
        yield Finding("strategies", "ok", names)


def _limits(settings: Settings) -> Iterator[Finding]:
    try:
        limits, remarks = limits_in_force(settings)
    except LimitsError as problem:
        yield Finding("limits", "failed", str(problem))
        return
    yield Finding("limits", "ok", f"{limits.profile}, {limits.hash[:12]}")
    for remark in remarks:
        yield Finding("limits", "warning", remark)
    fees = shipped_fees()
    old = wall_clock().date() - fees.as_of > _OLD_FEES
    yield Finding("fees", "warning" if old else "ok", f"as of {fees.as_of}{'; older than 180 days' if old else ''}")


def _disk(settings: Settings) -> Iterator[Finding]:
    try:
        make_private(settings.home)
        with tempfile.TemporaryDirectory(dir=settings.home) as folder:
            free = shutil.disk_usage(folder).free
            took = durable_write_ms(Path(folder) / "probe")
    except OSError as problem:
        yield Finding("home", "failed", f"{settings.home} can't be written: {problem.strerror}")
        return
    mode = settings.home.stat().st_mode & 0o077
    open_to = f"; others may look into it (chmod 700 {settings.home})" if mode else ""
    yield Finding("home", "warning" if mode else "ok", f"{settings.home}{open_to}")
    yield Finding("disk", "warning" if free < _LITTLE_DISK else "ok", f"{free / 1024**3:.1f} GiB free")
    yield Finding("durability", "warning" if took > _SLOW_MS else "ok", f"write and fdatasync {took:.2f} ms")


def _clock(_: Settings) -> Iterator[Finding]:
    now = wall_clock()
    yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    near = LAST_DAY - now.date() < _HORIZON
    yield Finding("sessions", "warning" if near else "ok", f"exchange days known until {LAST_DAY}")


def _ports(settings: Settings) -> Iterator[Finding]:
    place = f"{settings.server_host}:{settings.server_port}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.server_host, settings.server_port))
        except OSError as problem:
            yield Finding("port", "warning", f"{place}: {os.strerror(problem.errno or 0)}; see SERVER_PORT")
        else:
            yield Finding("port", "ok", f"{place} is free")


def _services(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding("services", "ok", "none needed: market, venue and journal are built in")
        return
    try:
        fit, found = redis_examination()(settings.redis_url, settings.redis_password)
    except SettingsError as problem:
        fit, found = False, str(problem)
    yield Finding("redis", "ok" if fit else "failed", found)


def _alerts(settings: Settings) -> Iterator[Finding]:
    if settings.alert_webhook_url is None:
        status = "warning" if settings.mode == "live" else "ok"
        yield Finding("alerts", status, "nobody is told of them; set ALERT_WEBHOOK_URL and try --test-alert")
    else:
        where = f"posted as {settings.alert_webhook_kind} from {settings.alert_min_severity} on"
        yield Finding("alerts", "ok", f"{where}; --test-alert tries it")


def _desks(settings: Settings) -> Iterator[Finding]:
    if load_passphrase(settings.home) is not None:
        yield Finding("operator", "ok", "a passphrase is set")
    else:
        needed = settings.who_confirms == "operator" or settings.mode == "live"
        hint = "no passphrase is set; `tradecore approve --set-passphrase` sets one"
        yield Finding("operator", "warning" if needed else "ok", hint)
    directories = list(standing_directories(settings.home, None))
    if not directories:
        yield Finding("desks", "ok", "none stands")
    for directory in directories:
        yield _desk(directory)


def _desk(directory: Path) -> Finding:
    described = read_desk_file(directory)
    who = f"{directory.parent.name}/{directory.name}" + (f", process {described.pid}" if described else "")
    try:
        state = ask_desk(directory, {"ask": "status"})
    except TradeError as problem:
        return Finding("desk", "failed", f"{who}: {problem}")
    told = f"{who}: {state['state']}, {state['positions_open']} open, {state['time']}"
    unseen, undelivered = state.get("unacknowledged", 0), state.get("alerts_problem")
    if unseen:
        told += f"; {unseen} critical alerts are not acknowledged, see tradecore ack --list"
    if undelivered:
        told += f"; alerts do not arrive: {undelivered}"
    return Finding("desk", "warning" if unseen or undelivered else "ok", told)


_LOOKS: Final[tuple[Callable[[Settings], Iterator[Finding]], ...]] = (
    _settings,
    _limits,
    _disk,
    _clock,
    _ports,
    _services,
    _alerts,
    _desks,
)
