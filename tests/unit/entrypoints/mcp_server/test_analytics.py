"""Greeks, ladders, imagined markets and the day's page, as a client reads them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, FULL_DAY, Desk, at_the_desk, call

from tradecore.model.instruments import OptionContract
from tradecore.model.sessions import session_on
from tradecore.usecases.day_brief import phase_of

TOOLSETS = ("desk", "analytics")


def held_call(desk: Desk) -> tuple[OptionContract, float]:
    """The one contract held and the mid of its quote."""
    (group,) = desk.floor.desk.open_groups
    (position,) = group.holdings
    quote = desk.floor.board.quote(position.instrument)
    assert isinstance(position.instrument, OptionContract)
    assert quote is not None
    assert quote.mid is not None
    return position.instrument, float(quote.mid)


@BOTH_ERAS
def test_the_ladder_at_the_close_is_intrinsic_value_less_what_the_call_is_worth_now(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            await desk.enter(client)
            found = await call(client, "risk_metrics")
            contract, mid = held_call(desk)
            spot = float(found["spot"])
            assert found["ladder"]["columns"] == ["move_pct", "gain_at_once", "gain_at_close"]
            for move, _, close in found["ladder"]["rows"]:
                worth = max(spot * (1 + float(move) / 100) - float(contract.strike), 0.0)
                assert float(close) == pytest.approx(100 * (worth - mid), abs=0.011)
            at_once = {move: float(gain) for move, gain, _ in found["ladder"]["rows"]}
            assert at_once["0"] == 0
            assert at_once["1"] > at_once["0.5"] > 0 > at_once["-0.5"]
            assert found["greeks"]["theta_per_minute"] < 0

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_what_if_takes_a_price_or_a_move_and_says_what_time_costs(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            nothing = await call(client, "what_if")
            assert (nothing["gain"], nothing["minutes"], nothing["missing"]) == ("0.00", "0", [])
            contract, mid = held_call(desk)
            gone = await call(client, "what_if", spot=float(contract.strike) - 1, minutes=1440)
            assert float(gone["gain"]) == pytest.approx(-100 * mid, abs=0.011)
            assert gone["groups"] == {"ORB-1": gone["gain"]}
            decayed = await call(client, "what_if", minutes=60)
            assert -100 * mid < float(decayed["gain"]) < 0
            both = await refused(client, spot=600, move_pct=1)
            assert "not both" in both["error"]["message"]
            far = await refused(client, move_pct=40)
            assert "within 20 %" in far["error"]["message"]

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


async def refused(client: Any, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool("what_if", arguments)
    assert result.is_error
    found: dict[str, Any] = result.structured_content
    return found


def test_delta_is_the_same_everywhere_and_shows_its_cap(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            delta, greeks = await call(client, "portfolio_delta"), await call(client, "portfolio_greeks")
            assert delta["delta_cap"] == "50"
            assert delta["delta"] == pytest.approx(greeks["greeks"]["delta"], abs=0.02)
            assert delta["groups"] == {"ORB-1": delta["delta"]}
            pnl = await call(client, "show_pnl")
            assert pnl["delta"] == pytest.approx(delta["delta"], abs=0.02)

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_an_empty_desk_has_no_exposure_and_says_nothing_alarming(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "risk_metrics")
            assert found["greeks"]["delta"] == 0
            assert {gain for row in found["ladder"]["rows"] for gain in row[1:]} == {"0.00"}
            assert (found["expiring"], found["warnings"]) == ([], [])

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_what_expires_near_the_money_is_told_with_the_shares_it_would_bring(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client, strike_delta=45)
            found = await call(client, "risk_metrics")
            (leg,) = found["expiring"]
            contract, _ = held_call(desk)
            assert (leg["group"], leg["quantity"], leg["shares_if_exercised"]) == ("ORB-1", "1", "100")
            assert Decimal(leg["in_the_money_by"]) == Decimal(found["spot"]) - contract.strike
            assert leg["near_the_money"] is True
            assert any(contract.symbol in line for line in found["warnings"])

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_the_brief_shows_the_clock_of_the_day_its_budget_and_every_group(tmp_path: Path) -> None:
    """About 600 tokens at four characters each, the desk's block of every answer included."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            found = await call(client, "day_brief")
            assert found["phase"] == "during"
            assert found["clock"] == [
                "09:30 open",
                "09:45 opening range done",
                "15:00 last same-day opening",
                "15:15 same-day positions are closed",
                "15:25 every exit is done",
                "16:00 close",
            ]
            assert (found["session"], found["next_session"]) == ("2026-11-20", "2026-11-23")
            (group,) = found["groups"]
            assert (group["group"], group["out_at"]) == ("ORB-1", "15:15")
            assert group["stop"] is not None
            assert found["room"]["trades_left"] == 5
            assert found["provisional"] is False
            assert len(json.dumps(found)) / 4 < 600

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(13, 0, "before"), (14, 29, "before"), (14, 30, "during"), (20, 59, "during"), (21, 0, "after"), (23, 0, "after")],
)
def test_a_day_is_before_during_or_after_its_session(hour: int, minute: int, expected: str) -> None:
    """New York opens at 14:30 UTC in November and closes at 21:00."""
    session = session_on(FULL_DAY)
    assert session is not None
    assert phase_of(session, datetime(2026, 11, 20, hour, minute, tzinfo=UTC)) == expected
