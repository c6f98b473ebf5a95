"""What a standing desk watches by itself: protection, loss, the clock, the broker's books."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.standing.test_running import bought, on_virtual_time

from adapters.simulated.venue import SimulatedVenue
from entrypoints.wiring.standing import StandingHouse
from tradecore.desk.latches import Latch
from tradecore.errors import Unavailable
from tradecore.model.events import Execution
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.market import Quote
from tradecore.model.terms import Leg, Side
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.health import health
from tradecore.usecases.kill_switch import engage
from tradecore.usecases.reconciling import reconcile
from tradecore.usecases.recovering import recover


def alerts(house: StandingHouse) -> list[str]:
    return [update.subject for update in house.floor.updates.after(0, 1000).updates if update.kind == "alert"]


async def until(house: StandingHouse, seconds: float) -> None:
    await house.timers.sleep_until(house.clock.now() + timedelta(seconds=seconds))


def test_a_position_without_quotes_to_watch_it_by_stops_opening_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds without a quote of the contract; as soon as it is quoted again, all is as before."""

    async def story(house: StandingHouse) -> None:
        assert await bought(house)
        real = house.market.quote

        async def mute(instrument: Instrument) -> Quote | None:
            return None if isinstance(instrument, OptionContract) else await real(instrument)

        monkeypatch.setattr(house.market, "quote", mute)
        await until(house, 9)
        assert Latch.UNPROTECTED not in house.floor.desk.latches
        await until(house, 5)
        assert Latch.UNPROTECTED in house.floor.desk.latches
        assert alerts(house).count("UNPROTECTED") == 1
        monkeypatch.setattr(house.market, "quote", real)
        await until(house, 5)
        assert house.floor.desk.latches == {}
        assert "PROTECTED_AGAIN" in alerts(house)

    on_virtual_time(tmp_path, "2026-11-20T11:00", story)


def test_what_expires_and_can_not_be_sold_is_told_when_every_exit_should_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: StandingHouse) -> None:
        assert await bought(house)

        async def refuse(_: Any) -> None:
            raise Unavailable("no connection")

        monkeypatch.setattr(house.venue, "submit", refuse)
        limits = house.floor.desk.opening.limits
        assert limits.flat_by is not None
        await house.timers.sleep_until(house.market.session.at(limits.flat_by) - timedelta(seconds=5))
        assert "UNPROTECTED" not in alerts(house)
        await until(house, 15)
        assert "still open when every exit should be done" in house.floor.desk.latches[Latch.UNPROTECTED]

    on_virtual_time(tmp_path, "2026-11-20T14:50", story)


def test_a_loss_at_the_broker_that_our_books_do_not_know_stops_the_desk(tmp_path: Path) -> None:
    """$500 gone from the account by somebody's hand: the third reading is the broker's own."""

    async def story(house: StandingHouse) -> None:
        account = house.venue._account
        account.cash = account.cash - account.cash * Decimal("0.05")
        await until(house, 8)
        assert Latch.DAILY_LOSS in house.floor.desk.latches
        assert "DAILY_LOSS" in alerts(house)

    on_virtual_time(tmp_path, "2026-11-20T11:00", story)


def test_a_stranger_s_trade_whose_messages_were_lost_is_found_by_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: StandingHouse) -> None:
        chain = await house.market.chain("SPY", house.market.session.day)
        assert chain is not None
        contract = next(one for row, one in enumerate(chain.contracts) if Decimal(1) < (chain.quote(row).ask or 0) < 2)
        with monkeypatch.context() as lost:
            lost.setattr(house.venue._delivery, "tell", lambda _: None)
            lost.setattr(house.venue._tape, "_tell", lambda _: None)
            assert house.venue.place_for_other((Leg(contract, Side.BUY),), Decimal(1), None) is not None
        assert (await reconcile(house.floor)).status == "agrees"
        (group,) = house.floor.desk.open_groups
        assert (group.label, group.holdings[0].instrument) == ("EXT-1", contract)

    on_virtual_time(tmp_path, "2026-11-20T11:00", story)


def test_a_broker_that_does_not_answer_is_told_by_health_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: StandingHouse) -> None:
        await until(house, 5)

        async def silent(*_: Any) -> None:
            await asyncio.sleep(3600)

        for name in ("executions", "open_orders", "account", "positions"):
            monkeypatch.setattr(house.venue, name, silent)
        with pytest.raises(Unavailable):
            await reconcile(house.floor)
        await until(house, 90)
        broker = next(check for check in health(house.floor) if check.name == "broker")
        assert not broker.passed

    on_virtual_time(tmp_path, "2026-11-20T11:00", story)


def test_a_new_life_sells_nothing_before_the_broker_told_what_happened_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was bought may have been taken back while the desk was down; selling it then would sell short."""

    async def story(house: StandingHouse) -> None:
        assert await bought(house)
        real, floor = house.venue.executions, house.floor

        async def silent(_: datetime) -> list[Execution]:
            raise Unavailable("no answer")

        monkeypatch.setattr(house.venue, "executions", silent)
        await recover(floor, house.opening)
        floor.timers.beside(closing(floor))
        await until(house, 30)
        assert [position.quantity for position in await house.venue.positions()] == [1]
        assert "SENDING_NOT_SENT" in alerts(house)
        monkeypatch.setattr(house.venue, "executions", real)
        await until(house, 30)
        assert await house.venue.positions() == []

    async def closing(floor: TradingFloor) -> None:
        await engage(floor, "operator", flatten=True, reason="test")

    on_virtual_time(tmp_path, "2026-11-20T11:00", story)


def test_a_first_life_opens_nothing_either_before_it_knows_what_the_account_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account at the broker may be older than the desk."""

    async def silent(*_: object) -> list[Execution]:
        raise Unavailable("no answer")

    async def story(house: StandingHouse) -> None:
        assert Latch.STARTING in house.floor.desk.latches
        assert not await bought(house)
        monkeypatch.undo()
        await until(house, 120)
        assert Latch.STARTING not in house.floor.desk.latches
        assert await bought(house)

    monkeypatch.setattr(SimulatedVenue, "executions", silent)
    on_virtual_time(tmp_path, "2026-11-20T11:00", story)
