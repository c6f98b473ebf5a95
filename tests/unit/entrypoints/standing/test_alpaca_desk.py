"""A standing desk whose market and broker are another process that speaks Alpaca's protocol."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker, served

from entrypoints.limits_in_force import limits_in_force
from entrypoints.settings import Settings, SettingsError
from entrypoints.standing.running import standing
from entrypoints.wiring.choosing import desk_house
from entrypoints.wiring.desk_house import DeskHouse
from tradecore.desk.latches import Latch
from tradecore.errors import Unavailable
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.health import health
from tradecore.usecases.previewing import preview_strategy
from tradecore.usecases.reconciling import reconcile

ME = "local:me"
ZERO = Decimal(0)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[str]:
    with served(Broker(tmp_path / "sim", speed=1.0)) as url:
        yield url


def stand(settings: Settings, story: Callable[[DeskHouse], Awaitable[Any]], account: str = "mine") -> Any:
    async def run() -> Any:
        house = desk_house(settings, limits_in_force(settings)[0], account=account, purpose="test")
        async with standing(house):
            return await story(house)

    return asyncio.run(run())


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():
            await asyncio.sleep(0.02)


async def started(house: DeskHouse) -> None:
    await until(lambda: Latch.STARTING not in house.floor.desk.latches)


async def bought(house: DeskHouse) -> ConfirmAnswer:
    await started(house)
    for _ in range(10):
        shown = await preview_strategy(house.floor, ME, "orb_long_call", {"contracts": 1})
        assert isinstance(shown, PreviewAnswer), shown
        done = await confirm(house.floor, ME, shown.confirm_token)
        if isinstance(done, ConfirmAnswer) and done.filled_quantity:
            return done
    raise AssertionError("nothing was filled")


async def faulty(url: str, *faults: str) -> None:
    body = json.dumps(dict.fromkeys(faults, 1)).encode()
    asked = Request(f"{url}/_sim/faults", body, {"Content-Type": "application/json"})
    await asyncio.to_thread(lambda: urlopen(asked, timeout=5).close())


def test_what_one_life_of_the_desk_bought_the_next_one_guards_and_its_books_agree(
    tmp_path: Path, simulator: str
) -> None:
    settings = Settings(home=tmp_path / "home", sim_url=simulator)

    async def first(house: DeskHouse) -> ConfirmAnswer:
        done = await bought(house)
        await until(lambda: all(check.passed for check in health(house.floor)))
        return done

    async def second(house: DeskHouse) -> tuple[str, Decimal]:
        answer = await reconcile(house.floor)
        (group,) = house.floor.desk.open_groups
        await until(lambda: group.label in house.floor.guarded)
        return answer.status, group.open_units()

    done = stand(settings, first)
    assert done.filled_quantity == 1
    assert stand(settings, second) == ("agrees", Decimal(1))


def trade_with_a_lost_answer(tmp_path: Path, fault: str, *, told: bool) -> None:
    """Send one order whose answer is lost: there is one, and the desk's books have what became of it."""
    broker = Broker(tmp_path / "sim", speed=1.0)

    async def story(house: DeskHouse) -> tuple[str, Decimal]:
        await started(house)
        shown = await preview_strategy(house.floor, ME, "orb_long_call", {"contracts": 1})
        assert isinstance(shown, PreviewAnswer), shown
        await faulty(url, fault)
        broker.simulation.updates.is_mute = not told
        done = await confirm(house.floor, ME, shown.confirm_token)
        assert isinstance(done, ConfirmAnswer), done
        await until(lambda: not house.floor.desk.entry_is_running(done.intent_id))
        return (await reconcile(house.floor)).status, sum((one.open_units() for one in house.floor.desk.groups), ZERO)

    with served(broker) as url:
        status, units = stand(Settings(home=tmp_path / "home", sim_url=url), story)
    (order,) = (one for one in broker.simulation.brokerage.books.orders.values() if one.side == "buy")
    assert broker.simulation.faults.left[fault] == 0
    assert (status, units) == ("agrees", order.filled)


@pytest.mark.parametrize("fault", ["accept_then_504", "reset_after_send"])
def test_an_order_whose_answer_is_lost_is_one_order_and_the_books_have_it(tmp_path: Path, fault: str) -> None:
    trade_with_a_lost_answer(tmp_path, fault, told=True)


def test_what_is_bought_while_streams_break_off_is_guarded_and_agrees(tmp_path: Path, simulator: str) -> None:
    async def story(house: DeskHouse) -> tuple[str, Decimal]:
        await faulty(simulator, "disconnect")
        await bought(house)
        answer = await reconcile(house.floor)
        (group,) = house.floor.desk.open_groups
        await until(lambda: group.label in house.floor.guarded)
        return answer.status, group.open_units()

    assert stand(Settings(home=tmp_path / "home", sim_url=simulator), story) == ("agrees", Decimal(1))


def test_the_desk_s_clock_is_the_simulator_s(tmp_path: Path, simulator: str) -> None:
    settings = Settings(home=tmp_path / "home", sim_url=simulator)

    async def story(house: DeskHouse) -> None:
        there = await house.floor.broker.account()
        assert f"{there.at:%Y-%m-%d %H:%M}" == "2026-11-20 15:00"
        assert house.session.day.isoformat() == "2026-11-20"
        assert house.floor.clock.now() - there.at < timedelta(seconds=5)

    stand(settings, story)


def test_the_account_s_own_brakes_and_every_connection_are_part_of_the_desk_s_health(
    tmp_path: Path, simulator: str
) -> None:
    settings = Settings(home=tmp_path / "home", sim_url=simulator)

    async def story(house: DeskHouse) -> dict[str, str]:
        await until(lambda: all(check.passed for check in health(house.floor)))
        return {check.name: check.found for check in health(house.floor)}

    found = stand(settings, story)
    assert found["alpaca_account"] == "ACTIVE, options level 3"
    assert {"trade_updates", "stock_data", "option_data", "alpaca_orders", "alpaca_reads", "alpaca_data"} <= set(found)


def test_a_journal_of_one_world_is_not_continued_in_another(tmp_path: Path, simulator: str) -> None:
    home = tmp_path / "home"

    async def nothing(_: DeskHouse) -> None:
        return

    stand(Settings(home=home, sim_url=simulator), nothing)
    with pytest.raises(SettingsError, match="its journal is of a broker outside"):
        stand(Settings(home=home), nothing)
    stand(Settings(home=home), nothing, account="built-in")
    with pytest.raises(SettingsError, match="its journal is of the built-in market"):
        stand(Settings(home=home, sim_url=simulator), nothing, account="built-in")


def test_a_simulator_whose_time_stands_still_is_refused(tmp_path: Path) -> None:
    with served(Broker(tmp_path / "sim", speed=0)) as url, pytest.raises(SettingsError, match="time stands still"):
        stand(Settings(home=tmp_path / "home", sim_url=url), bought)


def test_an_address_where_no_simulator_answers_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="start one with `tradecore sim`"):
        stand(Settings(home=tmp_path / "home", sim_url="http://127.0.0.1:9"), bought)


def test_live_always_refuses_to_start(tmp_path: Path) -> None:
    keys = {"alpaca_api_key_id": "k", "alpaca_api_secret_key": "s"}
    settings = Settings(home=tmp_path, mode="live", live_account="4821", **keys)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="no burn-in of this desk has been passed"):
        stand(settings, bought)
    assert not (tmp_path / "live").exists()
