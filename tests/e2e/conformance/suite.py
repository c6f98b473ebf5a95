"""Running the conformance suite, and comparing what failed with what is expected to fail."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.e2e.clients import conformance

EXPECTED = Path(__file__).parent / "expected_failures.yaml"
# By name of the run: the package, its arguments, and how many scenarios it has.
RUNS: dict[str, tuple[str, list[str], int]] = {
    "0.1.16": ("conformance-stable", [], 30),
    "2025-11-25": ("conformance-next", ["--requirements", "2025-11-25"], 33),
    "2026-07-28": ("conformance-next", ["--requirements", "2026-07-28"], 50),
}
_WITHIN_S = 120
_FOLDER = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")

Check = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """How many scenarios ran, their checks by outcome, and for each check that did not pass what it said."""

    scenarios: int
    checks: Counter[str]
    failed: dict[Check, str]

    def __str__(self) -> str:
        told = ", ".join(f"{number} {name.lower()}" for name, number in sorted(self.checks.items()))
        return f"{self.scenarios} scenarios; checks: {told}"


def run_suite(name: str, url: str, results: Path) -> Found:
    """The named run against this server."""
    package, arguments, _ = RUNS[name]
    command = [*conformance(package), "--url", url, "-o", str(results), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_WITHIN_S)
    assert results.is_dir(), done.stdout + done.stderr
    return _read(results)


def expected_failures(run: str) -> dict[Check, str]:
    """Checks that need not pass in this run, with their reasons."""
    found: dict[Check, str] = {}
    for entry in listed_failures():
        for group in entry["failures"]:
            if run in group["runs"]:
                found |= {
                    (scenario, each): entry["reason"] for scenario, ids in group["checks"].items() for each in ids
                }
    return found


def listed_failures() -> list[dict[str, Any]]:
    """The list as it is written."""
    listed: list[dict[str, Any]] = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))
    return listed


def _read(results: Path) -> Found:
    checks: Counter[str] = Counter()
    failed: dict[Check, str] = {}
    files = sorted(results.glob("*/checks.json"))
    for file in files:
        named = _FOLDER.fullmatch(file.parent.name)
        assert named is not None, file
        for check in json.loads(file.read_text(encoding="utf-8")):
            checks[check["status"]] += 1
            if check["status"] in ("FAILURE", "WARNING"):
                failed[(named["scenario"], check["id"])] = check.get("errorMessage") or check["status"]
    return Found(len(files), checks, failed)
