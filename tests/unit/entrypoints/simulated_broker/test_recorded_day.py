"""A recorded day as the market of the simulated broker: its prices, its clock, its end."""

from datetime import date
from pathlib import Path
from typing import Any

import msgpack
import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker, served
from tests.unit.entrypoints.simulated_broker.test_streams import packed_stream
from tests.unit.recorded_days import breakout_path, flat, lean_options, quote_line, write_csv_day, write_lean_day

from entrypoints.cli.app import run
from entrypoints.settings import SettingsError
from entrypoints.wiring.recording import Recording

DAY = date(2024, 3, 6)
OPEN = "2024-03-06T09:30"
# From minute 20 on the price rises by 5 cents a minute, within 10 cents of its open.
PATH = breakout_path()


def recording(path: Path, **chosen: Any) -> Recording:
    return Recording(**{"path": path, "symbol": None, "options": None, "labels": None} | chosen)


@pytest.fixture
def lean(tmp_path: Path) -> Path:
    write_lean_day(tmp_path / "lean", "XYZ", DAY, PATH)
    return tmp_path / "lean"


def opened(tmp_path: Path, day: Recording, start: str | None = OPEN) -> Broker:
    return Broker(tmp_path / "sim", start=start, day=day)


def test_the_market_is_what_was_recorded_and_nothing_else(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    assert [one["symbol"] for one in broker.get("/v2/assets")] == ["XYZ"]
    assert broker.call("GET", "/v2/stocks/quotes/latest?symbols=SPY").status == 400
    assert broker.call("GET", "/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD").status == 400
    assert broker.get("/v2/clock")["timestamp"].startswith("2024-03-06T09:30:00")
    assert broker.get("/_sim/state")["market"] == "XYZ as recorded on 2024-03-06, chains modelled"
    broker.close()


def test_bars_are_the_recorded_ones_once_they_are_over(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    broker.pass_time(22 * 60 + 30)
    found = broker.get("/v2/stocks/bars?symbols=XYZ&timeframe=1Min&start=2024-03-06T14:30:00Z")["bars"]["XYZ"]
    assert [(one["o"], one["h"], one["l"], one["c"]) for one in found] == [tuple(map(float, bar)) for bar in PATH[:22]]
    assert found[21]["v"] == 1000
    day = broker.get("/v2/stocks/snapshots?symbols=XYZ")["XYZ"]
    assert (day["dailyBar"]["o"], day["minuteBar"]["c"]) == (100.0, 100.1)
    assert "prevDailyBar" not in day
    broker.close()


def test_a_minute_is_played_from_its_open_over_its_extremes_to_its_close(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    seen = []
    for seconds in (1, 20, 20, 18.9995):
        broker.pass_time(seconds)
        seen.append(broker.quote("XYZ"))
    # Recorded half a cent around the trade; a quote in whole cents is never better than that.
    assert seen == [(99.99, 100.01), (99.89, 99.91), (100.09, 100.11), (99.99, 100.01)]
    quote = broker.get("/v2/stocks/quotes/latest?symbols=XYZ")["quotes"]["XYZ"]
    assert quote["t"] == "2024-03-06T14:30:59.999000Z"
    broker.close()


def test_orders_fill_at_the_recorded_quote_and_outlive_a_restart(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    broker.pass_time(1)
    bought = broker.order(symbol="XYZ", qty="10", side="buy", type="market")
    resting = broker.order(symbol="XYZ", qty="10", side="sell", type="limit", limit_price="101.5")
    broker.close()
    again = Broker(tmp_path / "sim", start=None)
    assert again.get(f"/v2/orders/{bought['id']}")["filled_avg_price"] == "100.01"
    again.pass_time(90 * 60)
    # From 9:50 on each minute opens 5 cents higher and reaches 10 cents above its open, half a cent of it the spread:
    # 101.50 is first bid in the minute that opens at 101.45, the 29th of the rise; its high is played after 40 s.
    found = again.get(f"/v2/orders/{resting['id']}")
    assert (found["status"], found["filled_at"]) == ("filled", "2024-03-06T15:18:40Z")
    again.close()


def test_after_the_day_time_comes_near_the_next_open_and_nothing_trades(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    broker.order(symbol="XYZ", qty="1", side="buy", type="limit", limit_price="90", time_in_force="gtc")
    broker.pass_time(3 * 86_400)
    clock = broker.get("/v2/clock")
    assert clock["is_open"] is False
    assert clock["timestamp"].startswith("2024-03-07T09:")
    assert [one["status"] for one in broker.get("/v2/orders")] == ["new"]
    broker.close()


def test_a_recorded_chain_is_shown_with_its_own_quotes(tmp_path: Path) -> None:
    options = {
        "20240306_xyz_minute_quote_american_call_1000000_20240306.csv": [quote_line(0, flat("1.20"), flat("1.30"))],
        "20240306_xyz_minute_quote_american_put_1000000_20240306.csv": [quote_line(0, None, flat("0.05"))],
    }
    write_lean_day(tmp_path / "lean", "XYZ", DAY, PATH)
    lean_options(tmp_path / "options/xyz/20240306_quote_american.zip", options)
    broker = opened(tmp_path, recording(tmp_path / "lean", options=tmp_path / "options"))
    broker.pass_time(1)
    shown = broker.get("/v1beta1/options/snapshots/XYZ")["snapshots"]
    call, put = "XYZ240306C00100000", "XYZ240306P00100000"
    assert list(shown) == [call, put]
    assert (shown[call]["latestQuote"]["bp"], shown[call]["latestQuote"]["ap"]) == (1.2, 1.3)
    # At the money, 6.5 hours left, 1.25 dollars: 0.4 x 100 x volatility x root of years, so about 1.15 a year.
    assert shown[call]["impliedVolatility"] == pytest.approx(1.15, abs=0.05)
    assert shown[call]["greeks"]["delta"] == pytest.approx(0.5, abs=0.02)
    assert "greeks" not in shown[put]
    contracts = broker.get("/v2/options/contracts?underlying_symbols=XYZ")["option_contracts"]
    assert [one["symbol"] for one in contracts] == [call, put]
    broker.order(symbol=call, qty="1", side="buy", type="market")
    assert broker.get(f"/v2/positions/{call}")["avg_entry_price"] == "1.3"
    assert broker.refusal(symbol="XYZ240307C00100000", qty="1", side="buy", type="market")[0] == 422
    broker.close()


def test_recorded_quotes_are_streamed(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean))
    broker.pass_time(1)
    with served(broker) as url, packed_stream(url.replace("http", "ws"), "/v2/iex") as stream:
        stream.send(msgpack.packb({"action": "subscribe", "quotes": ["XYZ"]}))
        stream.recv(5)
        found = msgpack.unpackb(stream.recv(5))[0]
    assert (found["bp"], found["ap"]) == (99.99, 100.01)
    broker.close()


def test_a_file_of_bars_is_a_day_too(tmp_path: Path) -> None:
    write_csv_day(tmp_path / "xyz.csv", DAY, PATH, labels="end")
    broker = opened(tmp_path, recording(tmp_path / "xyz.csv", symbol="xyz", labels="end"))
    broker.pass_time(25)
    assert broker.quote("XYZ") == (99.89, 99.91)
    assert len(broker.get("/v2/options/contracts?underlying_symbols=XYZ&limit=1000")["option_contracts"]) == 3 * 62
    broker.close()


def test_the_only_recorded_day_need_not_be_named(tmp_path: Path, lean: Path) -> None:
    broker = opened(tmp_path, recording(lean), start=None)
    assert broker.get("/v2/clock")["timestamp"].startswith("2024-03-06T09:30:00")
    broker.close()


def test_a_recording_that_was_changed_is_refused(tmp_path: Path, lean: Path) -> None:
    opened(tmp_path, recording(lean)).close()
    write_lean_day(lean, "XYZ", DAY, breakout_path(up=False))
    with pytest.raises(SettingsError, match="not the recording this world began with"):
        Broker(tmp_path / "sim", start=None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--day=nowhere"], 64, "nothing is there"),
        (["--day=lean"], 64, "choose a day with --start; it has 2024-03-06, 2024-03-07"),
        (["--day=lean", "--start=2024-03-08T09:30"], 64, "nothing of 2024-03-08 is there"),
        (["--day=lean", "--start=2024-03-09T09:30"], 64, "2024-03-09 is no trading day"),
        (["--day=lean", "--start=2024-03-06T09:30", "--symbol=ABC"], 64, "has no ABC; it has XYZ"),
        (["--day=lean", "--start=2024-03-06T09:30", "--options=nowhere"], 64, "no option quotes of XYZ"),
        (["--day=lean", "--start=2024-03-06T09:30", "--always-open"], 78, "a recorded day ends"),
        (["--day=xyz.csv", "--start=2024-03-06T09:30"], 78, "--symbol"),
        (["--day=xyz.csv", "--symbol=XYZ"], 78, "--start"),
        (["--day=xyz.csv", "--symbol=XYZ", "--start=2024-03-06T09:30"], 64, "--labels"),
        (["--day=bad.csv", "--symbol=XYZ", "--start=2024-03-06T09:30", "--labels=end"], 64, "bad.csv line 2"),
        (["--labels=end"], 78, "belong to --day"),
    ],
)
def test_a_day_that_can_t_be_played_is_one_line(
    arguments: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for day in (DAY, date(2024, 3, 7)):
        write_lean_day(tmp_path / "lean", "XYZ", day, PATH[:3])
    write_csv_day(tmp_path / "xyz.csv", DAY, PATH[:3], labels="end")
    (tmp_path / "bad.csv").write_text("datetime,open,high,low,close,volume\n2024-03-06 09:31,1,2,3,4,x\n")
    assert run(["sim", "--port=0", "--state=sim", *arguments]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
