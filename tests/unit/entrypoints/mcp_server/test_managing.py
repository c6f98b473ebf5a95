"""A position is managed through the tool: tighter at once, looser and parts by a token, a trailing stop by the desk."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk, call

from tradecore.desk.groups import Group


def levels(desk: Desk) -> tuple[Decimal | None, Decimal | None]:
    (group,) = desk.floor.desk.open_groups
    return group.exit_levels()


async def refused(client: Any, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool("manage_position", arguments)
    assert result.is_error
    found: dict[str, Any] = result.structured_content["error"]
    return found


@BOTH_ERAS
def test_break_even_is_at_once_and_a_lower_stop_asks(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            await desk.enter(client)
            (group,) = desk.floor.desk.open_groups
            cost = group.unit_cost()
            raised = await call(client, "manage_position", symbol="ORB-1", stop=float(cost) * 0.6)
            assert raised["status"] == "done"
            stop, _ = levels(desk)
            assert stop is not None
            lower = float(stop) - 0.05
            shown = await call(client, "manage_position", symbol="ORB-1", stop=lower)
            assert shown["status"] == "preview"
            assert "LEAVE LATER" in shown["headline"]
            assert levels(desk)[0] == stop
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert done["status"] == "confirmed"
            assert levels(desk)[0] == Decimal(str(lower))

    at_the_desk(tmp_path, story)


def test_a_part_is_closed_by_a_token_like_every_close(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            (group,) = desk.floor.desk.open_groups
            held = group.open_units()
            shown = await call(client, "manage_position", symbol="ORB-1", quantity=1)
            done = await call(
                client, "manage_position", symbol="ORB-1", quantity=1, confirm_token=shown["confirm_token"]
            )
            assert done["status"] == "confirmed"
            assert group.open_units() == held - 1

    at_the_desk(tmp_path, story)


def test_a_token_beside_other_arguments_than_its_preview_s_is_refused_and_stays_good(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            stop, _ = levels(desk)
            assert stop is not None
            lower = float(stop) - 0.05
            shown = await call(client, "manage_position", symbol="ORB-1", stop=lower)
            token = shown["confirm_token"]
            other = await refused(client, symbol="ORB-1", stop=lower - 0.1, confirm_token=token)
            assert other["code"] == "TOKEN_MISMATCH"
            part = await refused(client, symbol="ORB-1", quantity=1, confirm_token=token)
            assert part["code"] == "TOKEN_MISMATCH"
            assert levels(desk)[0] == stop
            done = await call(client, "manage_position", symbol="ORB-1", stop=lower, confirm_token=token)
            assert done["status"] == "confirmed"
            assert levels(desk)[0] == Decimal(str(lower))

    at_the_desk(tmp_path, story)


def test_a_price_that_nothing_has_is_a_clear_no(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            for name in ("stop", "target", "trail"):
                assert (await refused(client, symbol="ORB-1", **{name: 1e30}))["code"] == "INVALID_REQUEST"

    at_the_desk(tmp_path, story)


def test_a_trailing_stop_follows_the_market_up_and_never_down(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            done = await call(client, "manage_position", symbol="ORB-1", trail=0.3)
            assert done["status"] == "done"
            (group,) = desk.floor.desk.open_groups
            seen = [stop_of(group)]
            best = value_of(desk, group)
            for _ in range(240):
                await desk.later(seconds=5)
                if not group.is_open or group.closing is not None:
                    break
                best = max(best, value_of(desk, group))
                seen.append(stop_of(group))
            assert seen == sorted(seen), "a trailing stop never moves away"
            # It follows in steps of a tenth of its distance, on every step of the market, not only those seen here.
            assert seen[-1] >= best - Decimal("0.3") - Decimal("0.03")

    at_the_desk(tmp_path, story)


def stop_of(group: Group) -> Decimal:
    stop, _ = group.exit_levels()
    assert stop is not None
    return stop


def value_of(desk: Desk, group: Group) -> Decimal:
    quote = desk.floor.board.quote(group.plan.legs[0].instrument)
    assert quote is not None
    assert quote.bid is not None
    return quote.bid


def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            assert "open: nothing" in (await refused(client, symbol="ORB-1", stop=1))["message"]
            await desk.enter(client)
            assert "say what to change" in (await refused(client, symbol="ORB-1"))["message"]
            assert "one of stop" in (await refused(client, symbol="ORB-1", stop=1, break_even=True))["message"]
            assert (await refused(client, symbol="ORB-1", stop=500))["code"] in ("WOULD_FIRE_NOW", "LEVELS_CROSSED")
            assert "call of its own" in (await refused(client, symbol="ORB-1", quantity=1, stop=1))["message"]

    at_the_desk(tmp_path, story)
