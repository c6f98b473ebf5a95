"""A person with an MCP client at the desk: preview, confirm, follow, leave."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk, call, refused

from entrypoints.limits_file import load_limits

PREVIEW = {
    "status", "mode", "account", "headline", "confirm_token", "expires_in_s", "strategy", "plan", "sizing", "cost",
    "fees", "max_loss", "max_profit", "planned_loss", "worst_loss", "break_evens", "greeks", "signal", "quote_age_ms",
    "risk", "before", "after", "desk", "recent_events",
}  # fmt: skip
CONFIRMED = {
    "status", "order_id", "client_order_id", "state", "legs", "filled_quantity", "average_price", "protection",
    "replayed", "desk", "recent_events",
}  # fmt: skip
DESK_LINE = {"mode", "account", "state", "day_pnl", "budget_left", "data_age_s", "time", "exchange_time"}


@BOTH_ERAS
def test_a_preview_can_be_acted_on_and_sends_nothing(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            shown = await call(client, "orb_long_call", contracts=1)
        assert set(shown) >= PREVIEW
        assert shown["status"] == "preview"
        assert shown["headline"].startswith("SIMULATED ·")
        assert set(shown["desk"]) == DESK_LINE
        assert len(shown["confirm_token"]) == 43, "256 bits, URL-safe"
        plan = shown["plan"]
        assert plan["legs"] == [{"symbol": plan["legs"][0]["symbol"], "side": "buy", "quantity": "1"}]
        assert {"quantity", "order_type", "worst_price", "stop", "target"} <= set(plan)
        assert Decimal(shown["worst_loss"]) == Decimal(plan["worst_price"]) * 100 + Decimal(shown["fees"])
        assert shown["max_profit"] is None, "a long call's profit has no bound"
        checks = shown["risk"]["checks"]
        assert shown["risk"]["approved"]
        assert len(checks) >= 25
        assert all(set(check) == {"name", "passed", "measured", "limit"} for check in checks)
        for side in ("before", "after"):
            assert set(shown[side]) == {"delta", "loss_budget", "pnl"}
            assert list(shown[side]["pnl"]) == ["-1", "-0.5", "0.5", "1"]
        assert shown["before"]["pnl"]["1"] == "0.00", "nothing is held yet"
        assert Decimal(shown["after"]["pnl"]["-1"]) < 0 < Decimal(shown["after"]["pnl"]["1"])
        spent = Decimal(shown["before"]["loss_budget"]) - Decimal(shown["after"]["loss_budget"])
        assert spent == Decimal(shown["worst_loss"])
        assert desk.sent() == []

    at_the_desk(tmp_path, story)


@BOTH_ERAS
def test_a_token_executes_once_and_answers_again_with_the_first_result(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            shown = await call(client, "orb_long_call", contracts=1)
            token = shown["confirm_token"]
            done = await call(client, "confirm_order", confirm_token=token)
            assert set(done) >= CONFIRMED
            assert (done["status"], done["state"], done["replayed"]) == ("confirmed", "FILLED", False)
            assert Decimal(done["average_price"]) <= Decimal(shown["plan"]["worst_price"])
            assert "stop" in done["protection"][0]
            assert done["legs"] == shown["plan"]["legs"]
            sent = desk.sent()
            again = await call(client, "confirm_order", confirm_token=token)
            assert again["replayed"]
            unsaid = {"replayed", "desk", "recent_events"}
            assert {k: v for k, v in again.items() if k not in unsaid} == {
                k: v for k, v in done.items() if k not in unsaid
            }
            assert desk.sent() == sent
            held = await call(client, "get_positions")
            assert [p["quantity"] for p in held["positions"]] == ["1"]

    at_the_desk(tmp_path, story)


def test_the_same_tool_executes_with_its_token_and_arguments_left_out_come_from_the_ticket(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "orb_long_put", contracts=1, note="on the hour")
            done = await call(client, "orb_long_put", confirm_token=shown["confirm_token"], preview=False)
            assert done["status"] == "confirmed"

    at_the_desk(tmp_path, story)


def test_an_argument_that_differs_from_the_ticket_is_refused_and_leaves_the_ticket_alone(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "orb_long_call", contracts=1)
            token = shown["confirm_token"]
            error = await refused(client, "orb_long_call", contracts=2, confirm_token=token)
            assert error["code"] == "TOKEN_MISMATCH"
            error = await refused(client, "orb_long_put", confirm_token=token)
            assert error["code"] == "TOKEN_MISMATCH"
            assert desk.sent() == []
            assert (await call(client, "orb_long_call", contracts=1, confirm_token=token))["status"] == "confirmed"

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize("wish", [{"preview": False}, {"confirm": True}])
def test_nothing_is_executed_without_a_token_whatever_is_wished(tmp_path: Path, wish: dict[str, Any]) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            for tool in ("orb_long_call", "flatten_all"):
                error = await refused(client, tool, **wish)
                assert error["code"] == "CONFIRM_TOKEN_NEEDED"
                assert "confirm_token" in error["details"]["next_step"]
            made_up = await refused(client, "confirm_order", confirm_token="x" * 43)
            assert made_up["code"] == "TOKEN_UNKNOWN"
            assert desk.sent() == []

    at_the_desk(tmp_path, story)


def test_an_expired_confirmation_answers_with_a_fresh_preview_and_never_with_an_order(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "orb_long_call", contracts=1)
            assert shown["expires_in_s"] == 30
            await desk.later(seconds=30)
            fresh = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert fresh["status"] == "preview"
            assert fresh["confirm_token"] != shown["confirm_token"]
            assert all(set(one) == {"field", "old", "new"} for one in fresh.get("changed", []))
            assert desk.sent() == []
            assert (await call(client, "confirm_order", confirm_token=fresh["confirm_token"]))["status"] == "confirmed"

    at_the_desk(tmp_path, story)


def test_a_refusal_says_every_check_and_the_smallest_change_that_would_pass(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            result = await client.call_tool("orb_long_call", {"contracts": 50})
            assert result.is_error
            body = result.structured_content
            assert body["error"]["code"] == "RISK_REFUSED"
            assert "order_quantity" in body["error"]["details"]["failed"]
            assert len(body["risk"]["checks"]) >= 25
            (change,) = body["error"]["details"]["smallest_change"]
            assert change["argument"] == "contracts"
            passed = await call(client, "orb_long_call", contracts=change["value"])
            assert passed["status"] == "preview"
            told = await call(client, "explain")
            assert told["what"] == "refused: RISK_REFUSED"
            assert {f["name"] for f in told["figures"]} == set(body["error"]["details"]["failed"])
            assert told["smallest_change"] == [change]
            assert "limits default" in told["set_by"]

    at_the_desk(tmp_path, story)


def test_two_clients_that_confirm_the_same_ticket_at_once_make_one_order(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as one, desk.client("legacy") as other:
            token = (await call(one, "orb_long_call", contracts=1))["confirm_token"]
            answers = await asyncio.gather(
                *(call(client, "confirm_order", confirm_token=token) for client in (one, other, one, other))
            )
            assert sorted(answer["replayed"] for answer in answers) == [False, True, True, True]
            assert len({(answer["order_id"], answer["state"], answer["filled_quantity"]) for answer in answers}) == 1
            held = await call(one, "get_positions")
            assert [p["quantity"] for p in held["positions"]] == ["1"]

    at_the_desk(tmp_path, story)


def test_a_ticket_outlives_the_client_that_asked_and_opens_nothing_for_anybody_else(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as gone:
            token = (await call(gone, "orb_long_call", contracts=1))["confirm_token"]
        async with desk.client(principal="key:abcd") as stranger:
            assert (await refused(stranger, "confirm_order", confirm_token=token))["code"] == "TOKEN_UNKNOWN"
        async with desk.client() as back:
            assert (await call(back, "confirm_order", confirm_token=token))["status"] == "confirmed"

    at_the_desk(tmp_path, story)


@BOTH_ERAS
def test_a_client_that_dies_during_a_confirm_leaves_a_worked_and_protected_order(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            token = (await call(client, "orb_long_call", contracts=1))["confirm_token"]
            confirming = asyncio.ensure_future(client.call_tool("confirm_order", {"confirm_token": token}))
            while not desk.floor.desk.orders:
                await asyncio.sleep(0)
            confirming.cancel()
        groups = desk.floor.desk.groups
        async with asyncio.timeout(10):
            while desk.floor.desk.entry_is_running(groups[0].intent_id):
                await asyncio.sleep(0.01)
        (group,) = desk.floor.desk.groups
        assert group.is_open == bool(group.fills)
        assert bool(group.armed) == group.is_open

    at_the_desk(tmp_path, story)


def test_closing_and_flattening_take_a_ticket_and_a_symbol_names_its_group(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            assert (await refused(client, "close_position", symbol="SPY"))["code"] == "INVALID_REQUEST"
            assert (await refused(client, "flatten_all"))["code"] == "NOTHING_TO_CLOSE"
            await desk.enter(client)
            (held,) = (await call(client, "get_positions"))["positions"]
            symbol = held["symbol"]
            closing = await call(client, "close_position", symbol=symbol)
            assert closing["plan"]["closes"] == "ORB-1"
            assert closing["plan"]["legs"][0]["side"] == "sell"
            closed = await call(client, "close_position", symbol=symbol, confirm_token=closing["confirm_token"])
            assert closed["state"] == "FILLED"
            assert (await call(client, "get_positions"))["positions"] == []
            (entry,) = (await call(client, "get_recent_orders"))["orders"]
            assert entry["group"] == "ORB-1"
            assert {child["role"] for child in entry["children"]} >= {"stop", "target", "exit"}
            pnl = await call(client, "show_pnl")
            assert pnl["trades"] >= 1
            assert Decimal(pnl["total"]) == Decimal(pnl["realised"]) - Decimal(pnl["fees"])

    at_the_desk(tmp_path, story)


ROOM_FOR_TWO = replace(load_limits("default"), delta_cap=Decimal(500), delta_cap_after_move=Decimal(900))


def test_closing_a_part_tells_what_this_closing_filled_and_not_an_earlier_one(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            while Decimal((await desk.enter(client, contracts=2))["filled_quantity"]) < 2:
                await desk.later(seconds=40)
            for _ in range(2):
                shown = await call(client, "close_position", symbol="ORB-1", quantity=1)
                closed = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
                assert closed["filled_quantity"] == "1"
                assert {one["role"] for one in closed["orders"]} == {"exit"}, "its stop and target were never sent"
                filled = [one for one in closed["orders"] if one["filled_quantity"] == "1"]
                assert closed["average_price"] == filled[0]["average_price"]

    at_the_desk(tmp_path, story, limits=ROOM_FOR_TWO)


def test_an_expired_wish_to_close_everything_shows_what_is_left_of_it(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            while Decimal((await desk.enter(client, contracts=2))["filled_quantity"]) < 2:
                await desk.later(seconds=40)
            whole = await call(client, "close_position", symbol="ORB-1")
            part = await call(client, "close_position", symbol="ORB-1", quantity=1)
            await call(client, "confirm_order", confirm_token=part["confirm_token"])
            await desk.later(seconds=31)
            fresh = await call(client, "confirm_order", confirm_token=whole["confirm_token"])
            assert (fresh["status"], fresh["plan"]["quantity"]) == ("preview", "1")
            await call(client, "confirm_order", confirm_token=fresh["confirm_token"])
            assert (await call(client, "get_positions"))["positions"] == []

    at_the_desk(tmp_path, story, limits=ROOM_FOR_TWO)


def test_a_close_whose_client_died_is_told_in_full_to_whoever_asks_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            token = (await call(client, "flatten_all"))["confirm_token"]
            confirming = asyncio.ensure_future(client.call_tool("confirm_order", {"confirm_token": token}))
            while not desk.floor.desk.groups[0].closing:
                await asyncio.sleep(0)
            confirming.cancel()
            await desk.later(seconds=20)
            began = desk.floor.clock.now()
            told = await call(client, "confirm_order", confirm_token=token)
            assert (told["status"], told["replayed"], told["groups"]) == ("confirmed", True, ["ORB-1"])
            assert (told["state"], told["filled_quantity"]) == ("FILLED", "1")
            assert (desk.floor.clock.now() - began).total_seconds() < 1, "there is nothing to wait for"

    at_the_desk(tmp_path, story)


def test_flattening_several_groups_shows_what_all_of_them_cost(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            await desk.enter(client, "orb_long_put")
            whole = await call(client, "flatten_all")
            parts = [await call(client, "close_position", symbol=one["closes"]) for one in whole["plans"]]
            assert len(parts) == 2
            for name in ("cost", "fees", "worst_loss"):
                assert Decimal(whole[name]) == sum(Decimal(part[name]) for part in parts)
            for name, value in whole["greeks"].items():
                assert value == pytest.approx(sum(part["greeks"][name] for part in parts), abs=0.02)

    at_the_desk(tmp_path, story, limits=ROOM_FOR_TWO)


def test_the_kill_switch_needs_no_ticket_to_engage_and_one_to_lift(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            done = await call(client, "kill_switch", flatten=True, reason="drill")
            assert done["status"] == "done"
            assert done["desk"]["state"] == "REDUCING"
            assert done["held"] == []
            assert {order["state"] for order in done["orders"]} == {"FILLED"}
            error = await refused(client, "orb_long_put", contracts=1)
            assert "trading_state" in error["details"]["failed"]
            lift = await call(client, "kill_switch", enable=False)
            assert lift["headline"].endswith("opening orders are possible again")
            lifted = await call(client, "kill_switch", enable=False, confirm_token=lift["confirm_token"])
            assert (lifted["status"], lifted["desk"]["state"]) == ("confirmed", "ACTIVE")

    at_the_desk(tmp_path, story)


def test_cancelling_a_working_entry_needs_no_ticket(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            assert (await refused(client, "cancel_order", order_id="tc-nobody-0"))["details"]["next_step"]
            token = (await call(client, "orb_long_call", contracts=1))["confirm_token"]
            confirming = asyncio.ensure_future(client.call_tool("confirm_order", {"confirm_token": token}))
            while not desk.sent():
                await asyncio.sleep(0)
            order_id = desk.sent()[0]
            result = await client.call_tool("cancel_order", {"order_id": order_id})
            confirmed = (await confirming).structured_content
            assert confirmed["status"] == "confirmed"
            status = await call(client, "get_order_status", order_id=order_id)
            expected = {"FILLED"} if result.is_error else {"CANCELED", "PENDING_CANCEL", "FILLED"}
            assert status["order"]["state"] in expected

    at_the_desk(tmp_path, story)
