"""Chains and contracts as a model reads them: compact, honest about age and about what is missing."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import Desk, at_the_desk, call, refused

from tradecore.analysis.implied_volatility import implied_volatility
from tradecore.model.instruments import OptionContract, Right, parse_instrument

OPTIONS = ("desk", "options")


def by_column(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def test_the_chain_is_the_strikes_nearest_the_spot_with_figures_in_fixed_columns(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "get_option_chain")
            assert found["expiry"] == "2026-11-20"
            assert found["minutes_to_expiry"] == 360.0
            assert found["age_s"] <= 1.0
            rows = by_column(found)
            assert len(rows) == 20
            assert found["left_out"] == 62 - 20
            assert max(abs(row["strike"] - found["spot"]) for row in rows) < 6
            for row in rows:
                contract = parse_instrument(row["symbol"])
                assert isinstance(contract, OptionContract)
                assert float(contract.strike) == row["strike"]
                assert isinstance(row["bid"], str)
                if row["iv"] is not None:
                    mid = (float(row["bid"]) + float(row["ask"])) / 2
                    args = (found["spot"], row["strike"], 360.0, 0.0, contract.right is Right.CALL)
                    assert row["iv"] == pytest.approx(float(implied_volatility(mid, *args)), abs=6e-5)
                    assert row["iv_low"] is None or row["iv_low"] <= row["iv"] <= row["iv_high"]
                    assert row["iv_reason"] is None
                else:
                    assert row["delta"] is None
                    assert row["iv_reason"]

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


def test_a_window_of_delta_strike_and_right_is_what_is_shown(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = by_column(await call(client, "get_option_chain", delta_from=0.25, delta_to=0.35, right="put"))
            assert found
            assert all(-0.35 <= row["delta"] <= -0.25 for row in found)
            spot = (await call(client, "get_option_chain", max_rows=1))["spot"]
            window = {"strike_from": round(spot) - 2, "strike_to": round(spot) + 2}
            strikes = by_column(await call(client, "get_option_chain", **window))
            assert {row["strike"] for row in strikes} == {float(round(spot) + step) for step in range(-2, 3)}
            assert len(strikes) == 10

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


def test_a_delta_no_strike_has_names_the_nearest(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "get_option_chain", delta_from=0.4999, delta_to=0.49995, right="call")
            assert found["rows"] == []
            assert found["left_out"] == 0
            assert "the nearest is SPY261120C" in found["note"]

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


def test_the_largest_chain_answer_stays_within_its_budget(tmp_path: Path) -> None:
    """Rows end at 6,000 bytes, about 1,500 tokens, and what is left out is counted."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "get_option_chain", max_rows=60)
            assert len(json.dumps(found["rows"], separators=(",", ":"))) <= 6_002
            assert len(found["rows"]) + found["left_out"] == 62
            assert len(json.dumps(found)) < 8_000

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("get_option_chain", {"underlying": "ZZZZ"}, "NO_DATA"),
        ("get_option_chain", {"expiry": "2027-01-15"}, "NO_DATA"),
        ("get_option_chain", {"expiry": "tomorrow"}, "INVALID_REQUEST"),
        ("get_option_chain", {"expiry": 20261120}, "INVALID_REQUEST"),
        ("get_option_chain", {"underlying": "no such\nthing"}, "INVALID_REQUEST"),
        ("get_option_chain", {"delta_from": 1.5}, "INVALID_REQUEST"),
        ("get_option_chain", {"delta_from": 0.4, "delta_to": 0.3}, "INVALID_REQUEST"),
        ("get_option_chain", {"strike_from": "600"}, "INVALID_REQUEST"),
        ("get_option_chain", {"strike_from": None}, "INVALID_REQUEST"),
        ("get_option_chain", {"max_rows": 61}, "INVALID_REQUEST"),
        ("get_option_chain", {"right": "both"}, "INVALID_REQUEST"),
        ("get_option_snapshot", {"symbol": "SPY"}, "INVALID_REQUEST"),
        ("get_option_snapshot", {"symbol": "SPY261120C99999000"}, "NO_DATA"),
        ("get_option_latest_quote", {"symbol": "SPY261120C99999000"}, "NO_DATA"),
        ("streaming_status", {}, "NO_DATA"),
    ],
)
def test_bad_input_is_a_clear_no(tmp_path: Path, tool: str, arguments: dict[str, Any], code: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            assert (await refused(client, tool, **arguments))["code"] == code

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


def test_contracts_quotes_and_snapshots_are_of_the_same_chain(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            listed = by_column(await call(client, "get_option_contracts", right="call", max_rows=5))
            assert [row["right"] for row in listed] == ["call"] * 5
            symbol = listed[2]["symbol"]
            rows = {row["symbol"]: row for row in by_column(await call(client, "get_option_chain", max_rows=20))}
            quote = await call(client, "get_option_latest_quote", symbol=symbol)
            shown = await call(client, "get_option_snapshot", symbol=symbol)
            assert (quote["bid"], quote["ask"]) == (rows[symbol]["bid"], rows[symbol]["ask"])
            assert shown["quote"]["bid"] == quote["bid"]
            assert shown["figures"]["iv"] == rows[symbol]["iv"]
            assert shown["figures"]["delta"] == rows[symbol]["delta"]

    at_the_desk(tmp_path, story, toolsets=OPTIONS)


def test_three_clients_read_the_chain_side_by_side(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async def reader(era: str) -> list[float]:
            async with desk.client(era) as client:
                return [(await call(client, "get_option_chain"))["spot"] for _ in range(15)]

        spots = await asyncio.gather(reader("auto"), reader("legacy"), reader("auto"))
        assert [len(one) for one in spots] == [15, 15, 15]
        assert all(np.isfinite(one).all() for one in spots)

    at_the_desk(tmp_path, story, toolsets=OPTIONS)
