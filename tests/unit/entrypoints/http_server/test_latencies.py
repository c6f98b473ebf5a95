"""Histograms on /metrics count the work that was done, and a real Prometheus reads them where one is installed."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.entrypoints.http_server.running_desk import KEY, RunningDesk, running_desk
from tests.unit.entrypoints.http_server.test_tool_calls import post


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("home")) as found:
        yield found


def enter(desk: RunningDesk) -> Any:
    for _ in range(20):
        shown = post(desk, "orb_long_call", contracts=1).json
        done = post(desk, "confirm_order", confirm_token=shown["confirm_token"]).json
        if done.get("filled_quantity", "0") != "0":
            return done
        time.sleep(2)
    raise AssertionError("never filled")


def latencies(desk: RunningDesk) -> dict[str, dict[str, float]]:
    """By work: the count, the sum, and the cumulative buckets by their edge."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(desk.ask("/metrics").body.decode()):
        if family.name == "tradecore_latency_seconds":
            for sample in family.samples:
                work, kind = sample.labels["work"], sample.name.rpartition("_")[2]
                found.setdefault(work, {})[sample.labels.get("le", kind)] = sample.value
    return found


def test_each_piece_of_work_is_counted_with_what_it_took(desk: RunningDesk) -> None:
    assert latencies(desk)["confirm"]["count"] == 0
    enter(desk)
    found = latencies(desk)
    for work in ("tick_to_order", "confirm", "confirm_to_fill"):
        assert found[work]["count"] >= 1, work
        assert found[work]["+Inf"] == found[work]["count"]
        assert found[work]["sum"] >= 0
    edges = [found["confirm"][edge] for edge in ("0.001", "0.01", "0.1", "1.0", "10.0", "+Inf")]
    assert edges == sorted(edges)
    assert found["confirm_to_fill"]["sum"] >= found["confirm"]["sum"] / found["confirm"]["count"]


def test_open_unknowns_and_rejects_are_told(desk: RunningDesk) -> None:
    text = desk.ask("/metrics").body.decode()
    assert "tradecore_unknown_orders 0.0" in text
    assert "tradecore_rejects_total 0.0" in text


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="the program prometheus is not installed here")
def test_a_real_prometheus_scrapes_the_desk(desk: RunningDesk, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {
                "job_name": "desk",
                "authorization": {"credentials": KEY},
                "static_configs": [{"targets": [f"127.0.0.1:{desk.port}"]}],
            }
        ],
    }
    # JSON is YAML.
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    command = ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    command.append(f"--web.listen-address=127.0.0.1:{port}")
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wanted = 'tradecore_desk_info * on(instance) group_left up{job="desk"} == 1'
            deadline = time.monotonic() + 30
            while not _asked(port, wanted):
                assert time.monotonic() < deadline, "not scraped within 30 s"
                time.sleep(0.5)
        finally:
            process.terminate()


def _asked(port: int, query: str) -> list[Any]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}", timeout=5) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except OSError:
        return []
