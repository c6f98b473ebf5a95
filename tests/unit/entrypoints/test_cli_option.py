"""`tradecore option` as a trader types it."""

import json

import pytest

from entrypoints.cli.app import run

TERMS = ["option", "--spot", "600", "--strike", "601", "--minutes", "90", "--rate", "0.04", "--right", "call"]
KEYS = [
    "price", "delta", "gamma", "theta_per_minute", "theta_per_day", "vega_per_point", "iv", "iv_low", "iv_high",
    "iv_reason", "clock",
]  # fmt: skip


def answer(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    assert run([*TERMS, *more, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_all_figures_come_in_full_precision(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "--vol", "0.2")
    assert list(found) == KEYS
    # 50-digit arithmetic: 0.250858086662513...
    assert found["price"] == pytest.approx(0.250858086662513, rel=1e-13)
    assert len(repr(found["delta"])) > 15
    assert found["theta_per_day"] == pytest.approx(1440 * float(str(found["theta_per_minute"])), rel=1e-14)


def test_the_price_read_back_is_the_volatility_given(capsys: pytest.CaptureFixture[str]) -> None:
    for clock, day in (("calendar", 1440), ("trading", 390)):
        priced = answer(capsys, "--vol", "0.31", "--clock", clock)
        back = answer(capsys, "--price", repr(priced["price"]), "--clock", clock)
        assert back["iv"] == pytest.approx(0.31, rel=1e-12)
        assert back["clock"] == clock
        assert float(str(back["theta_per_day"])) == pytest.approx(day * float(str(back["theta_per_minute"])))


def test_without_json_one_line_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TERMS, "--bid", "0", "--ask", "0.01"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert list(lines) == KEYS
    assert lines["iv_low"] == "-"
    assert "there is no bid" in lines["iv_reason"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "one of them is needed"),
        (["--vol", "0.2", "--price", "1"], "not --vol, --price together"),
        (["--vol", "0.2", "--bid", "1"], "not --vol, --bid and --ask together"),
        (["--bid", "1"], "--ask is missing"),
        (["--ask", "1"], "--bid is missing"),
        (["--bid", "2", "--ask", "1"], "crossed"),
        (["--vol", "-0.1"], "vol must be zero or more"),
        (["--vol", "nan"], "vol must be zero or more"),
        (["--price", "inf"], "price must be zero or more"),
        (["--vol", "0.2", "--minutes", "-1"], "minutes must not be negative"),
        (["--vol", "0.2", "--spot", "0"], "spot must be positive"),
        (["--vol", "0.2", "--strike", "nan"], "strike must be a finite number"),
        (["--vol", "high"], "valid number"),
        (["--vol", "0.2", "--right", "both"], "both"),
        (["--vol", "0.2", "--clock", "lunar"], "lunar"),
    ],
)
def test_bad_input_is_one_clear_line(capsys: pytest.CaptureFixture[str], given: list[str], said: str) -> None:
    assert run([*TERMS, *given]) == 64
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert said in printed.err
