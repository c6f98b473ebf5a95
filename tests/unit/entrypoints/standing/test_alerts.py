"""Alerts of a real desk reach a receiver, stay open over a kill -9, and end with `tradecore ack`."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.webhook.receiver import Plan, receiving
from tests.unit.entrypoints.http_server.running_desk import running_desk
from tests.unit.entrypoints.standing.processes import PROGRAM, end, environment, run, wait_until

from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.standing.desk_file import desk_stands
from entrypoints.wiring.standing import standing_house
from tradecore.errors import DeskHalted, JournalUnavailable
from tradecore.usecases import kill_switch


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[None]:
    command = [*PROGRAM, "serve", "--account", "told", "--no-http"]
    with subprocess.Popen(command, env=environment(home, **settings), stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: desk_stands(home / "simulated" / "told"))
            yield
        finally:
            end(home, "told")
            process.wait(timeout=20)


def open_alerts(home: Path) -> list[dict[str, Any]]:
    shown = run(home, "ack", "--list", "--json")
    assert shown.returncode == 0, shown.stderr
    found: list[dict[str, Any]] = json.loads(shown.stdout)["simulated/told"]
    return found


def test_a_critical_alert_is_told_survives_a_kill_and_ends_when_a_person_acknowledges_it(tmp_path: Path) -> None:
    with receiving() as receiver, receiving() as outside:
        told = {"ALERT_WEBHOOK_URL": receiver.url, "ALERT_REPEAT_INTERVAL": "1"}
        told |= {"HEARTBEAT_URL": outside.url, "HEARTBEAT_INTERVAL": "1"}
        with serving(tmp_path, **told):
            receiver.plans = [Plan(429, {"Retry-After": "0"}), Plan(500)]
            assert run(tmp_path, "kill", "--account", "told", "--reason", "drill").returncode == 0
            receiver.wait_for(4)
            codes = {request.json["code"] for request in receiver.requests}
            assert codes == {"KILL_SWITCH"}
            assert len({request.json["id"] for request in receiver.requests}) == 1
            assert receiver.requests[-1].json["reminder"] is True
            outside.wait_for(1)
            before = open_alerts(tmp_path)
            assert [one["code"] for one in before] == ["KILL_SWITCH"]
            end(tmp_path, "told", signal.SIGKILL)
        heard = len(receiver.requests)
        with serving(tmp_path, **told):
            receiver.wait_for(heard + 1)
            assert receiver.requests[-1].json["id"] == before[0]["id"]
            assert receiver.requests[-1].json["reminder"] is True
            doctor = run(tmp_path, "doctor", **told)
            assert "1 critical alerts are not acknowledged" in doctor.stdout
            unknown = run(tmp_path, "ack", "1-1")
            assert unknown.returncode == 64
            done = run(tmp_path, "ack", before[0]["id"])
            assert "acknowledged: " + before[0]["id"] in done.stdout
            assert open_alerts(tmp_path) == []
            assert "nothing was open" in run(tmp_path, "ack").stdout


def test_a_receiver_that_is_down_shows_in_health_and_metrics_and_the_desk_stays_ready(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.plans = [Plan(404), Plan(404), Plan(404)]
        with running_desk(tmp_path, alert_webhook_url=receiver.url, alert_repeat_interval=1) as desk:
            drill = kill_switch.engage(desk.house.floor, "local:test", flatten=False, reason="drill")
            asyncio.run_coroutine_threadsafe(drill, desk.loop).result(20)
            receiver.wait_for(1)
            wait_until(lambda: b"tradecore_alert_failed_tries_total 1.0" in desk.ask("/metrics").body)
            assert b"tradecore_alerts_unacknowledged 1.0" in desk.ask("/metrics").body
            found = desk.ask("/health").json
            check = next(one for one in found["checks"] if one["name"] == "alerts")
            assert not check["passed"]
            assert "404" in check["found"]
            assert found["ready"]
            wait_until(lambda: b"tradecore_alerts_delivered_total 1.0" in desk.ask("/metrics").body)


def test_doctor_tests_whether_an_alert_arrives(tmp_path: Path) -> None:
    with receiving() as receiver:
        told = {"ALERT_WEBHOOK_URL": receiver.url, "ALERT_WEBHOOK_KIND": "slack"}
        assert run(tmp_path, "doctor", "--test-alert", **told).returncode == 0
        assert "TEST_ALERT" in receiver.requests[0].json["text"]
        receiver.plans = [Plan(403)]
        refused = run(tmp_path, "doctor", "--test-alert", **told)
    assert refused.returncode == 1
    assert "refused: 403" in refused.stdout
    assert "s3cr3t" not in refused.stdout + refused.stderr
    nowhere = run(tmp_path, "doctor", "--test-alert")
    assert nowhere.returncode == 1
    assert "ALERT_WEBHOOK_URL is not set" in nowhere.stdout


def test_a_desk_that_can_not_record_any_more_says_so_before_it_ends(tmp_path: Path) -> None:
    with receiving() as receiver:
        settings = Settings.model_validate({"home": tmp_path, "alert_webhook_url": receiver.url})

        async def story() -> None:
            house = standing_house(settings, limits_in_force(settings)[0], account=None, purpose="test")

            def broken(*_: object) -> None:
                raise JournalUnavailable("no space left on the device")

            async with asyncio.timeout(20), standing_server(house, settings, None):
                house.floor.journal.append = broken  # type: ignore[method-assign, assignment]
                with pytest.raises(DeskHalted):
                    house.floor.note("anything")
                await asyncio.sleep(15)

        with pytest.raises(DeskHalted):
            asyncio.run(story())
        assert [request.json["code"] for request in receiver.requests] == ["JOURNAL_UNAVAILABLE"]
        assert "no space left" in receiver.requests[0].json["message"]
