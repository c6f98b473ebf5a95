"""Condors, lottos, orders by hand and standing plans, as a model uses them at a simulated desk."""

import json
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from mcp import Client
from tests.unit.entrypoints.mcp_server.desk_and_clients import Desk, at_the_desk, call, refused

from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Price, parse_instrument
from tradecore.model.terms import Effect, Limit

LEGS = ("SPY261120P00597000", "SPY261120P00598000", "SPY261120C00602000", "SPY261120C00603000")


def option(strike: int, right: str) -> str:
    return f"SPY261120{right}{strike * 1000:08d}"


def leg(symbol: str, side: str, ratio: int = 1) -> dict[str, Any]:
    return {"symbol": symbol, "side": side, "ratio": ratio}


async def middle(desk: Desk) -> int:
    """The strike next to the market."""
    quote = await desk.floor.market.quote(desk.floor.underlying)
    assert quote is not None
    assert quote.mid is not None
    return round(quote.mid)


async def until_flat(desk: Desk) -> None:
    for _ in range(360):
        if not desk.floor.desk.open_groups:
            return
        await desk.later(minutes=1)
    raise AssertionError("never flat")


def cash_by_hand(desk: Desk) -> Decimal:
    """10,000 less every fill's price and the dated fee schedule: 0.05 a contract, 0.00279 more on sales."""
    cash = Decimal(10_000)
    for order in desk.floor.desk.orders.values():
        for fill in order.fills:
            signed = fill.quantity if fill.side == "buy" else -fill.quantity
            cash -= signed * fill.price * 100
            cash -= fill.quantity * (Decimal("0.05") + (Decimal("0.00279") if fill.side == "sell" else 0))
    return cash


def test_a_condor_lives_its_whole_life_by_two_orders_and_its_result_is_the_broker_s_cash(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "iron_condor_30_delta")
            assert shown["status"] == "preview"
            assert [one["side"] for one in shown["plan"]["legs"]] == ["buy", "sell", "sell", "buy"]
            assert Decimal(shown["cost"]) < 0 < Decimal(shown["max_loss"])
            assert len(shown["break_evens"]) == 2
            assert 0 < shown["probability_of_profit"] < 1
            spots = [Decimal(rung["spot"]) for rung in shown["ladder"]]
            assert spots == sorted(spots)
            assert {Decimal(one) for one in shown["break_evens"]} <= set(spots)
            # At a break-even nothing is won at expiry; at the worst of the ladder no more is lost than the most.
            assert min(Decimal(rung["expiry"]) for rung in shown["ladder"]) >= -Decimal(shown["max_loss"])
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert (done["state"], done["groups"]) == ("FILLED", ["IC-1"])
            await until_flat(desk)
            orders = [o for o in desk.floor.desk.orders.values() if o.cumulative_quantity]
            assert [(o.effect, len(o.legs)) for o in orders] == [(Effect.OPEN, 4), (Effect.CLOSE, 4)]
            assert desk.house.venue._account.cash.amount == cash_by_hand(desk)
            pnl = await call(client, "show_pnl")
            assert Decimal(pnl["total"]) == cash_by_hand(desk) - 10_000

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_an_order_tells_how_well_it_was_worked(tmp_path: Path) -> None:
    """Slippage is what was paid over the mid of the moment of the decision, its fraction a share of that spread."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            done = await desk.enter(client)
            found = (await call(client, "get_order_status", order_id=done["order_id"]))["order"]["execution"]
            paid = Decimal(done["average_price"]) - Decimal(found["arrival_mid"])
            assert Decimal(found["slippage"]) == paid
            assert Decimal(found["spread_fraction"]) == (paid / Decimal(found["arrival_spread"])).quantize(
                Decimal("0.0001")
            )
            assert Decimal(found["spread_fraction"]) <= Decimal("1")
            assert 0 < Decimal(found["seconds"]) < 10
            await until_flat(desk)
            left = [o for o in desk.floor.desk.orders.values() if o.effect is Effect.CLOSE and o.cumulative_quantity]
            away = (await call(client, "get_order_status", order_id=left[-1].client_order_id))["order"]["execution"]
            assert away["arrival_mid"] is not None

    at_the_desk(tmp_path, story)


def test_a_width_that_can_lose_too_much_names_the_width_that_passes(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            no = await refused(client, "iron_condor_30_delta", width=5)
            (change,) = no["details"]["smallest_change"]
            assert change["argument"] == "width"
            shown = await call(client, "iron_condor_30_delta", **{change["argument"]: change["value"]})
            assert shown["status"] == "preview"

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_a_lotto_is_bought_for_cents_without_a_stop_and_the_day_s_lottos_cost_50_dollars(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await call(client, "lotto_play_5_delta", side="put", contracts=1)
            assert shown["plan"]["stop"] is None
            assert Decimal("0.03") <= Decimal(shown["plan"]["worst_price"]) <= Decimal("0.16")
            no = await refused(client, "lotto_play_5_delta", contracts=10, side="call")
            assert "lotto_budget" in no["details"]["failed"] or "delta_after_move" in no["details"]["failed"]
            wrong = await refused(client, "lotto_play_5_delta", side="both")
            assert wrong["code"] == "INVALID_REQUEST"

    at_the_desk(tmp_path, story, begins=time(14, 10))


def test_a_straddle_that_was_found_can_be_ordered_as_it_stands(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "straddle_scan")
            assert found["missing"] is None
            hit = found["hits"][0]
            low, high = (Decimal(one) for one in hit["break_evens"])
            assert low + Decimal(hit["mid"]) == Decimal(hit["strike"]) == high - Decimal(hit["mid"])
            shown = await call(client, "place_option_order", **hit["place_option_order"])
            assert shown["signal"] == {"present": False, "why": "asked for by hand; no strategy looked for a signal"}
            assert Decimal(shown["plan"]["worst_price"]) == Decimal(str(hit["place_option_order"]["limit_price"]))
            none = await call(client, "straddle_scan", max_iv=0.01)
            assert none["hits"] == []
            assert none["left_out"]

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_orders_by_hand_that_make_no_sane_position_are_refused_with_a_way_out(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        at = await middle(desk)
        call_a, call_b, call_c = (option(at + step, "C") for step in (2, 4, 6))
        bad = {
            "defined_risk": [leg(call_a, "sell")],
            "leg_structure": [leg(call_a, "buy", 2), leg(call_b, "sell", 2)],
        }
        async with desk.client() as client:
            for check, legs in bad.items():
                no = await refused(client, "place_option_order", legs=legs)
                assert check in no["details"]["failed"], no
            twice = await refused(client, "place_option_order", legs=[leg(call_a, "buy"), leg(call_a, "sell")])
            assert "stands in two legs" in twice["message"]
            tomorrow = call_b.replace("261120", "261123")
            apart = await refused(client, "place_option_order", legs=[leg(call_a, "buy"), leg(tomorrow, "sell")])
            assert "different expiries" in apart["message"]
            short = [leg(call_a, "buy"), leg(call_b, "sell", 2)]
            naked = await refused(client, "place_option_order", legs=short)
            assert "not covered" in naked["message"]
            spread = [leg(call_a, "sell"), leg(call_b, "buy")]
            free = await refused(client, "place_option_order", legs=spread, limit_price=-2)
            assert "a credit of 2 on strikes at most 2 apart can't be lost" in free["message"]
            gift = await refused(
                client, "place_option_order", legs=[leg(call_a, "buy"), leg(call_c, "sell")], limit_price=0
            )
            assert "net_price" in gift["details"]["failed"]
            half = await refused(client, "place_option_order", legs=spread, limit_price=-0.505)
            assert half["code"] == "INVALID_REQUEST" or "whole cent" in half["message"]
            assert (await refused(client, "place_option_order"))["message"].startswith("legs: at least one")
            for wrong in ([leg("SPY", "buy")], [leg("nonsense", "buy")], [{"symbol": call_a}], "not json", [1]):
                assert (await refused(client, "place_option_order", legs=wrong))["code"] == "INVALID_REQUEST"
            assert desk.sent() == []

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_a_sold_option_without_cover_is_told_the_leg_that_would_cover_it(tmp_path: Path) -> None:
    """The nearest strike beyond it that passes, as a change of the legs; with it the order is previewed."""

    async def story(desk: Desk) -> None:
        short = option(await middle(desk) + 2, "C")
        async with desk.client() as client:
            no = await refused(client, "place_option_order", legs=[leg(short, "sell")])
            (change,) = no["details"]["smallest_change"]
            assert change["argument"] == "legs"
            cover = change["value"].rsplit(" ", 1)[1]
            assert parse_instrument(cover).symbol > short
            shown = await call(client, "place_option_order", legs=[leg(short, "sell"), leg(cover, "buy")])
            assert Decimal(shown["cost"]) < 0

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_legs_may_come_as_text_and_the_token_is_bound_to_them(tmp_path: Path) -> None:
    """Claude Desktop sends arrays as JSON text."""

    async def story(desk: Desk) -> None:
        at = await middle(desk)
        legs = [leg(option(at + 2, "C"), "buy"), leg(option(at + 4, "C"), "sell")]
        other = [leg(option(at + 2, "C"), "buy"), leg(option(at + 5, "C"), "sell")]
        async with desk.client() as client:
            shown = await call(client, "place_option_order", legs=json.dumps(legs), stop_pct=50, target_pct=100)
            token = shown["confirm_token"]
            no = await refused(client, "place_option_order", legs=other, confirm_token=token)
            assert no["code"] == "TOKEN_MISMATCH"
            done = await call(client, "place_option_order", legs=legs, stop_pct=50, confirm_token=token)
            assert done["status"] == "confirmed"
            assert len(done["legs"]) == 2

    at_the_desk(tmp_path, story, begins=time(10, 30))


def test_a_leg_of_another_group_is_closed_by_closing_and_not_by_selling(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await desk.enter(client)
            held = desk.floor.desk.open_groups[0].holdings[0].instrument.symbol
            no = await refused(client, "place_option_order", legs=[leg(held, "sell")])
            assert no["code"] == "LEG_HELD"
            assert no["details"]["next_step"] == "close_position ORB-1, or another strike"

    at_the_desk(tmp_path, story)


def test_shares_are_bought_within_the_limits_and_never_sold_short(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            no = await refused(client, "place_stock_order", symbol="SPY", quantity=1)
            assert "per_trade_max_loss" in no["details"]["failed"], "a share without a resting stop can lose its price"
            assert (await refused(client, "place_stock_order", symbol="SPY", side="sell"))["code"] == "NO_SHORT_SALES"
            assert (await refused(client, "place_stock_order", symbol="SPY", quantity=0.5))["code"] == "INVALID_REQUEST"
            assert (await refused(client, "place_stock_order", symbol=option(600, "C")))["code"] == "INVALID_REQUEST"
            unknown = await refused(client, "place_stock_order", symbol="ZZZZ")
            assert "quote_two_sided" in unknown["details"]["failed"]

    at_the_desk(tmp_path, story)


def test_everything_that_works_or_is_armed_can_be_taken_back_at_once(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        wing = option(await middle(desk) + 3, "C")
        quote = await desk.floor.market.quote(parse_instrument(wing))
        assert quote is not None
        assert quote.bid is not None
        below = float(quote.bid - Decimal("0.01"))
        async with desk.client() as client:
            cheap = await call(client, "place_option_order", legs=[leg(wing, "buy")], limit_price=below)
            rests = await call(client, "confirm_order", confirm_token=cheap["confirm_token"])
            assert rests["state"] in ("ACCEPTED", "FILLED")
            armed = await call(client, "iron_condor_30_delta", arm=True)
            confirmed = await call(client, "confirm_order", confirm_token=armed["confirm_token"])
            assert confirmed["armed"]
            gone = await call(client, "cancel_all_orders")
            assert armed["standing"]["plan_id"] in gone["order_ids"]
            await desk.later(seconds=2)
            assert (await call(client, "get_recent_orders"))["armed"] == []
            assert not [o for o in desk.floor.desk.live_orders if o.effect is Effect.OPEN]

    at_the_desk(tmp_path, story, begins=time(9, 50), toolsets=("desk", "options"))


async def below_the_bid(desk: Desk, symbol: str) -> Decimal:
    """A price that rests within the collar: a cent or two below what is bid."""
    quote = await desk.floor.market.quote(parse_instrument(symbol))
    assert quote is not None
    assert quote.bid is not None
    return quote.bid - Decimal("0.01")


async def resting(desk: Desk, client: Client, seconds: float = 31) -> tuple[str, str]:
    """An order for a call that rests; its id and symbol, half a minute later."""
    wing = option(await middle(desk) + 2, "C")
    below = await below_the_bid(desk, wing) - Decimal("0.02")
    shown = await call(client, "place_option_order", legs=[leg(wing, "buy")], limit_price=float(below), stop_pct=40)
    done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
    await desk.later(seconds=seconds)
    return done["order_id"], wing


def test_a_working_order_is_replaced_once_the_old_one_is_gone(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            old, wing = await resting(desk, client)
            assert desk.floor.desk.orders[old].may_be_at_venue
            lower = await below_the_bid(desk, wing)
            shown = await call(client, "replace_order", order_id=old, limit_price=float(lower))
            assert Decimal(shown["plan"]["worst_price"]) == lower
            assert desk.floor.desk.orders[old].may_be_at_venue, "a preview touches nothing"
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert desk.floor.desk.orders[old].state == "canceled"
            new = desk.floor.desk.orders[done["order_id"]]
            assert new.terms == Limit(Price(lower))
            (at_venue,) = [o for o in desk.floor.desk.live_orders if o.effect is Effect.OPEN]
            assert at_venue.client_order_id == new.client_order_id
            assert next(g for g in desk.floor.desk.groups if g.label == new.group).protection is not None
            again = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert again["replayed"]
            gone = await refused(client, "replace_order", order_id=old, limit_price=float(lower))
            assert gone["code"] == "NOT_WORKING"
            assert (await refused(client, "replace_order", order_id=old))["code"] == "INVALID_REQUEST"

    at_the_desk(tmp_path, story, begins=time(10, 30), toolsets=("desk", "options"))


def test_an_order_may_be_replaced_at_once_and_is_no_duplicate_of_itself(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            old, wing = await resting(desk, client, seconds=1)
            lower = await below_the_bid(desk, wing)
            shown = await call(client, "replace_order", order_id=old, limit_price=float(lower))
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            assert desk.floor.desk.orders[done["order_id"]].terms == Limit(Price(lower))
            (at_venue,) = [o for o in desk.floor.desk.live_orders if o.effect is Effect.OPEN]
            assert at_venue.client_order_id == done["order_id"]
            same = await refused(
                client, "place_option_order", legs=[leg(wing, "buy")], limit_price=float(lower), stop_pct=40
            )
            assert "duplicate_intent" in same["details"]["failed"]

    at_the_desk(tmp_path, story, begins=time(10, 30), toolsets=("desk", "options"))


def test_an_order_that_was_taken_back_meanwhile_makes_way_for_nothing_new_to_be_counted_twice(tmp_path: Path) -> None:
    """The old one ends between preview and confirmation: the new one goes, and only it works."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            old, wing = await resting(desk, client)
            lower = await below_the_bid(desk, wing)
            shown = await call(client, "replace_order", order_id=old, limit_price=float(lower))
            await call(client, "cancel_order", order_id=old)
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            working = [o.client_order_id for o in desk.floor.desk.live_orders if o.effect is Effect.OPEN]
            assert working in ([done["order_id"]], [])

    at_the_desk(tmp_path, story, begins=time(10, 30), toolsets=("desk", "options"))


async def arm(client: Client, tool: str, **wish: Any) -> dict[str, Any]:
    shown = await call(client, tool, arm=True, **wish)
    assert shown["status"] == "preview"
    assert "ARM" in shown["headline"]
    return await call(client, "confirm_order", confirm_token=shown["confirm_token"])


def test_an_armed_plan_is_executed_by_the_desk_when_its_signal_comes(tmp_path: Path) -> None:
    """Nobody calls anything between ten to ten and a quarter past ten; the condor's window opens at ten."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            done = await arm(client, "iron_condor_30_delta")
            assert done["status"] == "confirmed"
            assert desk.sent() == []
            (plan,) = desk.floor.desk.armed_plans
            await desk.later(minutes=25)
            (group,) = desk.floor.desk.groups
            assert group.label == "IC-1"
            assert group.authority == f"ticket {plan.intent_id}"
            first = desk.floor.desk.orders[group.order_ids[0]]
            assert first.created_at.time() >= time(15, 0)
            assert group.plan.worst_price is not None
            assert group.plan.worst_price <= plan.worst_price
            assert desk.floor.desk.armed_plans == ()

    at_the_desk(tmp_path, story, begins=time(9, 50))


def test_an_armed_plan_never_pays_more_and_ends_when_its_time_is_over(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await arm(client, "iron_condor_30_delta", worst_price=-1.9, width=2, until="10:20")
            await desk.later(minutes=40)
            assert desk.sent() == []
            assert desk.floor.desk.armed_plans == ()
            texts = [one.text for one in desk.floor.updates.after(0, 1000).updates]
            assert any("is disarmed: its time is over" in text for text in texts)

    at_the_desk(tmp_path, story, begins=time(9, 50))


def test_the_kill_switch_disarms(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            await arm(client, "iron_condor_30_delta")
            await call(client, "kill_switch")
            assert desk.floor.desk.armed_plans == ()
            await desk.later(minutes=30)
            assert desk.sent() == []

    at_the_desk(tmp_path, story, begins=time(9, 50))


def test_bounds_of_a_standing_plan_are_checked(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            never = await refused(client, "lotto_play_5_delta", arm=True)
            assert never["code"] == "NEVER_FIRES"
            late = await refused(client, "iron_condor_30_delta", arm=True, until="12:00")
            assert late["code"] == "UNTIL"
            past = await refused(client, "iron_condor_30_delta", arm=True, until="09:45")
            assert past["code"] == "UNTIL"
            for wrong in ({"until": "10:30"}, {"worst_price": 1}, {"arm": True, "until": "soon"}):
                assert (await refused(client, "iron_condor_30_delta", **wrong))["code"] == "INVALID_REQUEST"
            dear = await refused(client, "orb_long_call", arm=True, contracts=1, worst_price=3)
            assert dear["code"] == "RISK_REFUSED"
            await arm(client, "iron_condor_30_delta")
            await arm(client, "orb_long_call", contracts=1)
            third = await refused(client, "orb_long_put", arm=True, contracts=1)
            assert third["code"] == "TOO_MANY_ARMED"

    at_the_desk(tmp_path, story, begins=time(9, 50))


def test_the_fees_by_hand_are_the_schedule_s() -> None:
    """What `cash_by_hand` counts is what the shipped schedule says."""
    from entrypoints.limits_file import shipped_fees

    fees = shipped_fees()
    assert isinstance(fees, FeeSchedule)
    assert (fees.per_contract, fees.taf_per_contract_sold) == (Decimal("0.05"), Decimal("0.00279"))
