"""The broker outlives its own end: what it answered stands, and what was cut off never happened."""

from pathlib import Path

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker
from tests.unit.entrypoints.simulated_broker.test_orders import MARKET, bracket, credit_spread

from entrypoints.settings import SettingsError
from tradecore.errors import JournalCorrupt, JournalUnavailable

SHOWN = (
    "/v2/account",
    "/v2/orders?status=all&nested=true",
    "/v2/positions",
    "/v2/account/activities",
    "/v2/watchlists",
)


def everything(broker: Broker) -> list[object]:
    return [broker.get(url) for url in SHOWN]


def test_a_restart_gives_the_same_accounts_orders_and_positions(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim")
    broker.order(**credit_spread())
    bracket(broker)
    broker.order(symbol="QQQ", side="buy", qty=3, type="limit", limit_price=400)
    broker.refusal(symbol="NOPE", side="buy", qty=1, **MARKET)
    broker.pass_time(600)
    broker.call("DELETE", "/v2/positions/SPY?percentage=50")
    broker.call("POST", "/v2/watchlists", {"name": "mine", "symbols": ["SPY"]})
    before = everything(broker)
    broker.world.lease.release()
    again = Broker(tmp_path / "sim")
    again.simulation.clock.step((broker.simulation.now() - again.simulation.now()).total_seconds())
    assert everything(again) == before
    again.close()


def test_what_time_did_by_itself_is_not_undone_by_a_restart(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim")
    bid, _ = broker.quote("SPY")
    broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=round(bid - 0.05, 2))
    broker.pass_time(1800)
    assert broker.positions() == {"SPY": "1"}
    broker.world.lease.release()
    again = Broker(tmp_path / "sim")
    assert again.positions() == {"SPY": "1"}
    again.close()


def test_a_line_that_was_cut_off_never_happened(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim")
    broker.order(symbol="SPY", side="buy", qty=1, **MARKET)
    broker.close()
    with (tmp_path / "sim" / "requests.jsonl").open("ab") as ledger:
        ledger.write(b'{"at": "2026-11-20T15:0')
    again = Broker(tmp_path / "sim")
    assert again.positions() == {"SPY": "1"}
    again.close()


def test_a_ledger_that_was_changed_is_refused(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim")
    broker.order(symbol="SPY", side="buy", qty=1, **MARKET)
    broker.close()
    path = tmp_path / "sim" / "requests.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"made":"', '"made":"0'), encoding="utf-8")
    with pytest.raises(JournalCorrupt, match="another order"):
        Broker(tmp_path / "sim")


def test_another_world_is_not_opened_over_one_that_is_there(tmp_path: Path) -> None:
    Broker(tmp_path / "sim").close()
    with pytest.raises(SettingsError, match="holds a world with start"):
        Broker(tmp_path / "sim", start="2026-11-19T10:00")


def test_a_disk_that_fails_ends_the_service_and_no_order_is_confirmed(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise JournalUnavailable("no space left")

    broker.get("/v2/account")
    monkeypatch.setattr(broker.simulation._ledger, "append", full)
    fine = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "market", "time_in_force": "day"}
    assert broker.call("POST", "/v2/orders", fine).status == 500
    assert broker.call("GET", "/v2/orders").status == 500
    monkeypatch.undo()


def test_a_request_that_fails_half_way_ends_the_service_and_leaves_nothing_behind(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "market", "time_in_force": "day"}
    first = broker.call("POST", "/v2/orders", fine).json

    def half_way() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(broker.simulation.brokerage, "activate", half_way)
    for _ in range(2):
        reply = broker.call("POST", "/v2/orders", fine)
        assert (reply.status, reply.json["code"]) == (500, 50010000)
    broker.close()
    again = Broker(tmp_path / "sim")
    assert [one["id"] for one in again.get("/v2/orders?status=all")] == [first["id"]]
    again.close()
