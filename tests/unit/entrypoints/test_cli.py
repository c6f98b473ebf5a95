"""The command line as a user meets it: what it prints, its exit codes, and every kind of bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.recorded_days import breakout_path, flat, lean_options, quote_line, write_csv_day, write_lean_day

from entrypoints.cli.app import run

DAY = date(2023, 8, 3)
SOURCE = str(Path(__file__).parents[3] / "src")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("TRADECORE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json; its one JSON object."""
    assert run([*arguments, "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    """Run a command that must fail with one line on stderr and nothing that looks like a traceback."""
    assert run(list(arguments)) == code
    text = capsys.readouterr().err
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1
    return text


def a_lean_folder(tmp_path: Path, *, up: bool = True) -> Path:
    write_lean_day(tmp_path / "lean", "SPY", DAY, breakout_path(up=up))
    return tmp_path / "lean"


def replaying(folder: Path, *more: str, strategy: str = "orb_long_call") -> list[str]:
    return ["replay", str(folder), "--symbol", "SPY", "--date", str(DAY), "--strategy", strategy, *more]


def test_the_demo_ends_flat_with_a_whole_journal(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "demo", "--seed", "3")
    assert found["mode"] == "simulated"
    assert found["limits_profile"] == "default"
    assert found["chain"] == "simulated"
    assert found["positions_open"] == 0
    assert found["orders"] >= 2
    assert found["refusals"] >= 2
    assert found["fills"] >= 4
    assert found["child_orders"] >= 2
    assert found["audit"]["verdict"] == "whole"
    assert found["audit"]["decisions_different"] == 0
    assert isinstance(found["realized_pnl"], str)
    assert Decimal(found["net_pnl"]) == Decimal(found["realized_pnl"]) - Decimal(found["fees"])


def test_the_demo_tells_its_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--seed", "3"]) == 0
    text = capsys.readouterr().out
    for said in (
        "SIMULATED",
        "preview",
        "confirmed",
        "fill",
        "protected",
        "smallest change",
        "kill switch",
        "audit: whole",
    ):
        assert said in text


def test_the_same_seed_is_the_same_session_byte_for_byte_under_another_hash_seed(tmp_path: Path) -> None:
    journals = []
    for hash_seed in ("1", "2"):
        where = tmp_path / hash_seed
        environment = {**os.environ, "TRADECORE_HOME": str(where), "PYTHONHASHSEED": hash_seed, "PYTHONPATH": SOURCE}
        arguments = [sys.executable, "-c", "from entrypoints.cli import main; main()", "demo", "--seed", "11", "--json"]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        content = b"".join(path.read_bytes() for path in sorted(Path(found["journal"]).iterdir()))
        journals.append((found["trace_sha256"], content))
    assert journals[0] == journals[1]


def test_another_seed_is_another_session(capsys: pytest.CaptureFixture[str]) -> None:
    one = as_json(capsys, "demo", "--seed", "4")
    other = as_json(capsys, "demo", "--seed", "5")
    assert one["trace_sha256"] != other["trace_sha256"]


def test_replaying_a_journal_decides_the_same_and_gives_the_same_digest(capsys: pytest.CaptureFixture[str]) -> None:
    session = as_json(capsys, "demo", "--seed", "3")
    again = as_json(capsys, "audit", "replay", session["journal"])
    assert again["different"] == 0
    assert again["trace_sha256"] == session["trace_sha256"]
    assert again["entries"] == session["audit"]["entries"]


def test_a_changed_decision_shows_in_the_replay(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A journal whose chain is whole but whose recorded verdict was forged."""
    from adapters.jsonl.journal import JsonlJournal, read_entries

    session = as_json(capsys, "demo", "--seed", "3")
    forged = JsonlJournal(tmp_path / "forged")
    for entry in read_entries(Path(session["journal"])):
        text = json.dumps(entry.body).replace('"approved": false', '"approved": true')
        forged.append(entry.at, entry.kind, json.loads(text))
    forged.close()
    assert as_json(capsys, "audit", "verify", str(tmp_path / "forged"))["verdict"] == "whole"
    again = as_json(capsys, "audit", "replay", str(tmp_path / "forged"), code=1)
    assert again["different"] >= 1
    assert "approved" in again["differences"][0]["where"]


def test_audit_verify_s_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    session = as_json(capsys, "demo", "--seed", "3")
    journal = Path(session["journal"])
    whole = as_json(capsys, "audit", "verify", str(journal))
    assert whole["verdict"] == "whole"
    assert as_json(capsys, "audit", "verify", str(journal), "--head", whole["head"])["verdict"] == "whole"
    path = journal / "000001.jsonl"
    good = path.read_bytes()
    path.write_bytes(good[:-40])
    assert as_json(capsys, "audit", "verify", str(journal), code=2)["verdict"] == "torn"
    path.write_bytes(good.replace(b"SPY", b"QQQ", 1))
    assert as_json(capsys, "audit", "verify", str(journal), code=3)["entry"] >= 1
    path.write_bytes(b"".join(good.splitlines(keepends=True)[:-2]))
    found = as_json(capsys, "audit", "verify", str(journal), "--head", whole["head"], code=4)
    assert found["verdict"] == "rewritten"
    assert run(["audit", "verify", str(journal), "--head", "12:nonsense"]) == 64


def test_a_recorded_breakout_is_traded_and_closed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = as_json(capsys, *replaying(a_lean_folder(tmp_path), "--limits", "recorded"))
    assert (found["mode"], found["chain"], found["limits_profile"]) == ("replay", "modelled", "recorded")
    assert (found["orders"], found["fills"], found["positions_open"]) == (1, 2, 0)
    assert found["audit"]["verdict"] == "whole"
    first = (Path(found["journal"]) / "000001.jsonl").read_bytes().splitlines()[0]
    assert json.loads(first)["body"]["limits_profile"] == "recorded"


def test_recorded_minute_bars_are_too_old_for_the_default_limits(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    found = as_json(capsys, *replaying(a_lean_folder(tmp_path)))
    assert found["orders"] == 0
    assert found["refusals"] > 0
    assert run(replaying(a_lean_folder(tmp_path))) == 0
    assert "60.001 s old" in capsys.readouterr().out


def test_the_other_side_of_a_breakout_is_not_traded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = as_json(capsys, *replaying(a_lean_folder(tmp_path), "--limits", "recorded", strategy="orb_long_put"))
    assert found["previews"] == found["orders"] == 0


def test_plain_bars_trade_like_the_same_bars_in_lean_s_format(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    path = tmp_path / "bars.csv"
    write_csv_day(path, DAY, breakout_path(), labels="end")
    found = as_json(capsys, *replaying(path, "--labels", "end", "--limits", "recorded"))
    assert (found["source"], found["labels"], found["chain"]) == ("csv", "end", "modelled")
    assert (found["orders"], found["fills"], found["positions_open"]) == (1, 2, 0)


def recorded_chain(tmp_path: Path, after: list[str], quiet_until: int = 24) -> list[str]:
    """
    A day with one quoted call, struck at 101: 0.28 x 0.30 until the breakout, then the given bars.

    The path closes above 100.10, the range's high, at the end of minute 22; `after` begins with minute
    `quiet_until`.
    """
    folder = a_lean_folder(tmp_path)
    quiet = [quote_line(minute, flat("0.28"), flat("0.30")) for minute in range(quiet_until)]
    name = "20230803_spy_minute_quote_american_call_1010000_20230803.csv"
    lean_options(tmp_path / "options" / "spy" / "20230803_quote_american.zip", {name: [*quiet, *after]})
    return replaying(folder, "--options", str(tmp_path / "options"), "--limits", "recorded")


def fills_of(found: dict[str, Any]) -> list[dict[str, str]]:
    """Every fill in a journal."""
    lines = (Path(found["journal"]) / "000001.jsonl").read_text().splitlines()
    events = [json.loads(line)["body"]["event"] for line in lines if json.loads(line)["kind"] == "event"]
    return [event for event in events if event["is"] == "Filled"]


def prices_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Side and price of every fill in a journal."""
    return [(fill["side"], fill["price"]) for fill in fills_of(found)]


def test_an_entry_fills_at_the_next_bar_s_opposite_open_and_a_bar_through_both_exits_is_the_stop(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """
    Decided at the close of minute 22 (ask 0.30): filled at minute 23's ask open, 0.30.

    Minute 24 ranges from 0.10 to 0.70 at the bid: through the stop (0.15) and the target (0.60); the stop counts, and
    the exit takes the next bar's bid open, 0.20.
    """
    after = [
        quote_line(24, ("0.28", "0.70", "0.10", "0.40"), ("0.30", "0.72", "0.12", "0.42")),
        *(quote_line(minute, ("0.20", "0.25", "0.18", "0.22"), flat("0.30")) for minute in range(25, 60)),
    ]
    found = as_json(capsys, *recorded_chain(tmp_path, after))
    assert found["chain"] == "recorded"
    assert prices_of(found) == [("buy", "0.3"), ("sell", "0.2")]


def test_a_stop_within_the_bar_that_filled_the_entry_counts(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Bought at minute 23's open, 0.30; that bar's bid falls to 0.10, through the stop at 0.15: out at 24's open."""
    fills_and_falls = quote_line(23, ("0.28", "0.28", "0.10", "0.12"), ("0.30", "0.30", "0.12", "0.14"))
    after = [quote_line(minute, flat("0.12"), flat("0.14")) for minute in range(24, 60)]
    found = as_json(capsys, *recorded_chain(tmp_path, [fills_and_falls, *after], quiet_until=23))
    assert prices_of(found) == [("buy", "0.3"), ("sell", "0.12")]


@pytest.mark.parametrize("patience", ["0", "120"])
def test_an_option_nobody_bids_for_ends_the_day_unsold_and_says_so(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    patience: str,
) -> None:
    """One offer at the smallest price from the cut-off on, neither withdrawn nor repeated: the answer is no."""
    mine = tmp_path / "mine.yaml"
    own = {"exit_market_after_s": patience}
    mine.write_text(yaml.safe_dump({**shipped("default"), **shipped("recorded"), **own}))
    after = [quote_line(minute, None, flat("0.05")) for minute in range(24, 390)]
    found = as_json(capsys, *recorded_chain(tmp_path, after)[:-1], str(mine), code=1)
    assert found["positions_open"] == 1
    assert found["child_orders"] == 1
    assert found["audit"]["entries"] < 40


def test_a_one_sided_bar_fills_nothing_and_the_exit_waits_for_the_next(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    after = [
        quote_line(24, ("0.28", "0.30", "0.10", "0.12"), flat("0.30")),
        quote_line(25, flat("0.11"), None),
        quote_line(26, None, flat("0.15")),
        *(quote_line(minute, flat("0.09"), flat("0.12")) for minute in range(27, 60)),
    ]
    found = as_json(capsys, *recorded_chain(tmp_path, after))
    assert prices_of(found) == [("buy", "0.3"), ("sell", "0.09")]


def shipped(profile: str) -> dict[str, Any]:
    """A shipped profile as it stands in the file."""
    path = Path(__file__).parents[3] / "src" / "entrypoints" / "risk_parameters.yaml"
    found = yaml.load(path.read_text(), Loader=yaml.BaseLoader)[profile]
    assert isinstance(found, dict)
    return found


def test_no_more_trades_than_a_bar_recorded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """$150 at 0.3056 a share with fees buys four; ten were offered at once, and two a bar are bid when they must go."""
    after = [
        quote_line(24, ("0.28", "0.30", "0.10", "0.12"), flat("0.30")),
        *(quote_line(minute, flat("0.11"), flat("0.13"), size=2) for minute in range(25, 60)),
    ]
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        yaml.safe_dump({**shipped("default"), **shipped("recorded"), "delta_cap": 500, "delta_cap_after_move": 500})
    )
    found = as_json(capsys, *recorded_chain(tmp_path, after)[:-1], str(mine))
    sizes = [(fill["side"], fill["quantity"]) for fill in fills_of(found)]
    assert sizes == [("buy", "4"), ("sell", "2"), ("sell", "2")]
    assert found["positions_open"] == 0


def test_limits_of_one_s_own_work_on_bars_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """
    Two sightings for a stop and a minute of patience before the market, as for live quotes.

    The first bar through the stop (0.15) is a sighting, the second fires it; the exit offered at the second's close,
    0.12, is taken by the third bar's open.
    """
    mine = tmp_path / "mine.yaml"
    own = {"stop_confirmations": 2, "exit_market_after_s": 120, "exit_step_s": 61}
    mine.write_text(yaml.safe_dump({**shipped("default"), **shipped("recorded"), **own}))
    after = [
        quote_line(24, ("0.28", "0.28", "0.14", "0.20"), flat("0.30")),
        quote_line(25, ("0.20", "0.20", "0.12", "0.12"), flat("0.30")),
        *(quote_line(minute, flat("0.12"), flat("0.14")) for minute in range(26, 60)),
    ]
    found = as_json(capsys, *recorded_chain(tmp_path, after)[:-1], str(mine))
    assert prices_of(found) == [("buy", "0.3"), ("sell", "0.12")]
    assert (found["child_orders"], found["positions_open"]) == (1, 0)


def test_a_limits_file_that_lacks_a_limit_refuses_and_names_it(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("max_daily_loss: 500\n")
    assert run(replaying(a_lean_folder(tmp_path), "--limits", str(path))) == 0
    text = capsys.readouterr().out
    assert "missing: delta_cap" in text
    assert "missing: per_trade_max_loss" in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("max_daily_los: 5\n", "unknown key 'max_daily_los'; did you mean max_daily_loss?"),
        ("max_daily_loss: 5\nmax_daily_loss: 50\n", "'max_daily_loss' is written twice"),
        ("max_daily_loss: lots\n", "max_daily_loss must be a number"),
        ("max_daily_loss: -5\n", "max_daily_loss must be zero or more"),
        ("max_daily_loss: nan\n", "max_daily_loss must be zero or more"),
        ("max_open_groups: 1.5\n", "max_open_groups must be a whole number"),
        ("last_open: noon\n", "last_open must be a time"),
        ("allow_early_close: maybe\n", "allow_early_close must be true or false"),
        ("- a\n- b\n", "expected `name: value` lines"),
        ("a: [\n", "not YAML"),
    ],
)
def test_a_bad_limits_file_stops_the_start(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str,
    why: str,
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    assert why in complaint(capsys, *replaying(a_lean_folder(tmp_path), "--limits", str(path)), code=78)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--symbol", "SPY1"], "is not a US ticker"),
        (["--symbol", "QQQ"], "has no QQQ"),
        (["--date", "2023-08-05"], "no trading day"),
        (["--date", "2023-08-04"], "is not in"),
        (["--date", "1901-01-01"], "outside the session table"),
        (["--date", "tomorrow"], "is no date"),
        (["--strategy", "martingale"], "allowed: iron_condor_30_delta, lotto_play_5_delta"),
        (["--labels", "end"], "labels bars by their start"),
        (["--labels", "middle"], "--labels"),
        (["--seed", "-1"], "--seed"),
        (["--account", "../up"], "--account"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_arguments_are_one_clear_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    why: str,
) -> None:
    assert why in complaint(capsys, *replaying(a_lean_folder(tmp_path)), *arguments, code=64)


def test_plain_bars_without_labels_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    write_csv_day(path, DAY, breakout_path(), labels="end")
    assert "--labels start|end" in complaint(capsys, *replaying(path), code=64)


def test_a_malformed_recording_names_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    write_csv_day(path, DAY, breakout_path(), labels="end")
    path.write_text(path.read_text().replace("1000", "many", 1))
    assert "bars.csv line 2" in complaint(capsys, *replaying(path, "--labels", "end"), code=64)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("TRADECORE_HOEM", "x", "TRADECORE_HOEM is not a setting"),
        ("TRADECORE_STRATEGIES", "orb_long_call,martingale", "'martingale' is not installed"),
        ("TRADECORE_STRATEGIES", "orb_long_put", "the demo trades orb_long_call and orb_long_put; add orb_long_call"),
        ("TRADECORE_HOME", "~nobody-here/desk", "TRADECORE_HOME: '~nobody-here/desk' names a user who isn't there"),
    ],
)
def test_wrong_settings_stop_the_start(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    why: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert why in complaint(capsys, "demo", code=78)


def test_a_home_that_can_t_be_written_says_so(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "file"))
    assert "can't be written" in complaint(capsys, "demo", code=78)


def test_an_account_that_is_held_names_its_holder(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    from adapters.system.lease import FileLease

    lease = FileLease(home / "simulated" / "mine" / "lock")
    try:
        assert f"process {os.getpid()}" in complaint(capsys, "demo", "--account", "mine", code=1)
    finally:
        lease.release()


def test_a_used_account_is_not_rehearsed_on_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--account", "mine", "--json"]) == 0
    capsys.readouterr()
    assert "has a journal already" in complaint(capsys, "demo", "--account", "mine", code=78)


def test_ctrl_c_leaves_a_whole_journal_and_exit_code_130(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "TRADECORE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": SOURCE,
        "PYTHONUNBUFFERED": "1",
    }
    arguments = [sys.executable, "-c", "from entrypoints.cli import main; main()", "demo"]
    process = subprocess.Popen(
        arguments,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run started in the background passes an ignored SIGINT on to its children; a user's terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "confirmed" in line:
            break
    time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.startswith("tradecore: interrupted")
    journal = next((tmp_path / "home").rglob("journal"))
    assert run(["audit", "verify", str(journal)]) == 0
    assert run(["audit", "replay", str(journal)]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path, more: list[str]) -> None:
    environment = {**os.environ, "TRADECORE_HOME": str(tmp_path / "home"), "PYTHONPATH": SOURCE}
    arguments = [sys.executable, "-c", "from entrypoints.cli import main; main()", "demo", *more]
    with open("/dev/full", "w") as full:
        done = subprocess.run(arguments, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_directory_in_the_place_of_a_segment_and_an_empty_journal_are_no_proof(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "odd" / "000001.jsonl").mkdir(parents=True)
    assert "holds no journal" in complaint(capsys, "audit", "verify", str(tmp_path / "odd"), code=64)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "000001.jsonl").touch()
    assert as_json(capsys, "audit", "verify", str(tmp_path / "empty"), code=2)["verdict"] == "torn"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("9999-12-31 23:59:30,1,1,1,1,1", "line 2"),
        ("2023-08-03 09:31:30,1,1,1,1,1", "is not on the minute"),
        ("2023-08-03 09:31:00,1e30,1e30,1e30,1e30,1", "is no price of a share"),
    ],
)
def test_rows_that_can_t_be_are_named(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    row: str,
    why: str,
) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(f"datetime,open,high,low,close,volume\n{row}\n")
    assert why in complaint(capsys, *replaying(path, "--labels", "start"), code=64)


def test_help_and_version_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "demo" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == "0.1.0"
    assert run([]) == 64
