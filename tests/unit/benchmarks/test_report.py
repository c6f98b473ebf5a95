"""The table of the bench says what was measured, what is missing, and which goals are met."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.__main__ import PAGE, main
from benchmarks.report import BEGIN, END, Run, line, table, write_json, write_page
from benchmarks.timing import Against, Compared, Goal, Pace, Row, compare

ROW = Row("gate", 80.0, Compared("floor", 0.8), Goal(figure=100))
RUN = Run(datetime(2026, 11, 21, tzinfo=UTC), {"Python": "3.11.7"}, (ROW,))


def test_a_row_shows_both_figures_their_ratio_and_the_goal() -> None:
    assert line(ROW) == "| gate | 80 µs | floor | 0.8 µs | 100 | ≤ 100 µs | yes |"


def test_a_missing_peer_is_said_to_be_missing_and_misses_no_goal() -> None:
    row = replace(ROW, compared=Compared("peer", None), goal=Goal(ratio=0.5))
    assert line(row) == "| gate | 80 µs | peer | not installed | – | ≤ 0.5 × |  |"
    assert row.reached is None


@pytest.mark.parametrize(("ratio", "reached"), [(100.0, True), (99.0, False)])
def test_a_ratio_is_reached_when_it_is_not_exceeded(ratio: float, reached: bool) -> None:
    assert replace(ROW, goal=Goal(ratio=ratio)).reached is reached


def test_a_job_beside_two_others_is_named_once() -> None:
    other = replace(ROW, compared=Compared("peer", 1.0), goal=Goal())
    assert table([ROW, other]).splitlines()[-1] == "|  |  | peer | 1 µs | 80 |  |  |"


def test_job_and_floor_are_run_in_turn() -> None:
    order: list[str] = []

    def noted(name: str, figure: float) -> float:
        order.append(name)
        return figure

    floor = Against("floor", lambda: noted("floor", 2.0))
    rows = compare("job", lambda: noted("job", 6.0), floor, Against("peer", None), pace=Pace(rounds=2))
    assert order == ["job", "floor", "job", "floor"]
    assert [(row.ratio, row.compared.figure) for row in rows] == [(3.0, 2.0), (None, None)]


def test_the_page_gets_new_figures_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(page, RUN)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert line(ROW) in text
    assert "old" not in text


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing to fill in")
    with pytest.raises(ValueError, match="no place"):
        write_page(page, RUN)


def test_the_manual_has_a_place_for_figures() -> None:
    text = PAGE.read_text()
    assert text.index(BEGIN) < text.index(END)


def test_figures_are_written_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    write_json(file, RUN)
    found = json.loads(file.read_text())
    assert found["rows"][0]["ratio"] == 100
    assert found["rows"][0]["reached"] is True


def test_a_quick_run_without_peers_prints_a_row_for_each_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--quick", "--only", "redeem", "--json", str(tmp_path / "figures.json")])
    assert "| preview + redeem to the ConfirmedOrder |" in capsys.readouterr().out
    compared = [row["compared"] for row in json.loads((tmp_path / "figures.json").read_text())["rows"]]
    assert [other["figure"] is None for other in compared] == [False, True]
