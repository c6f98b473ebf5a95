"""Rules that tie settings together: what selects live, whose keys are needed, who may come in over HTTP."""

from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

from entrypoints.settings import Settings, SettingsError, read_settings

KEYS: Final = {"ALPACA_API_KEY_ID": "an-id", "ALPACA_API_SECRET_KEY": "a-secret"}
PAPER: Final = {"TRADECORE_MODE": "paper", **KEYS}
LIVE: Final = {"TRADECORE_MODE": "live", "TRADECORE_LIVE_ACCOUNT": "4821", **KEYS}
LIVE_URL: Final = "https://api.alpaca.markets"
PAPER_URL: Final = "https://paper-api.alpaca.markets"
KEY: Final = "k" * 32


def reading(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> Settings:
    """Settings from these variables alone."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> list[str]:
    """The variables that the lines are about."""
    with pytest.raises(SettingsError) as caught:
        reading(monkeypatch, variables)
    return [line.split(":")[0] for line in str(caught.value).splitlines()]


def test_live_takes_the_mode_and_the_account_together(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = reading(monkeypatch, LIVE)
    assert (settings.mode, settings.live_account) == ("live", "4821")


@pytest.mark.parametrize(
    "variables",
    [
        {"TRADECORE_MODE": "live", **KEYS},
        {"TRADECORE_LIVE_ACCOUNT": "4821"},
        {"TRADECORE_MODE": "simulated", "TRADECORE_LIVE_ACCOUNT": "4821"},
        {**PAPER, "TRADECORE_LIVE_ACCOUNT": "4821"},
    ],
)
def test_one_of_them_alone_stops_the_start(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, variables) == ["TRADECORE_LIVE_ACCOUNT"]


@pytest.mark.parametrize("name", ["ALPACA_PAPER", "PAPER", "TRADECORE_ALPACA_PAPER"])
@pytest.mark.parametrize("variables", [{}, PAPER, {"TRADECORE_MODE": "simulated"}])
def test_paper_false_selects_nothing_and_stops_the_start(
    name: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, {**variables, name: "false"}) == ["ALPACA_PAPER"]


@pytest.mark.parametrize("variables", [{}, PAPER])
def test_the_live_address_selects_nothing_and_stops_the_start(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, {**variables, "ALPACA_BASE_URL": LIVE_URL}) == ["ALPACA_BASE_URL"]


@pytest.mark.parametrize(
    "url",
    ["https://API.ALPACA.MARKETS/", "https://api.alpaca.markets.:443/v2", "https://broker-api.alpaca.markets"],
)
def test_alpaca_s_live_addresses_are_known_in_every_spelling(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, {**PAPER, "ALPACA_BASE_URL": url}) == ["ALPACA_BASE_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALPACA_PAPER", "true"),
        ("ALPACA_BASE_URL", PAPER_URL),
        ("ALPACA_BASE_URL", "http://127.0.0.1:8800"),
        ("ALPACA_DATA_FEED", "delayed_sip"),
    ],
)
def test_what_speaks_of_paper_or_old_data_stops_live(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, {**LIVE, name: value}) == [name]


@pytest.mark.parametrize(
    "variables",
    [
        {"ALPACA_PAPER": "true", "ALPACA_BASE_URL": PAPER_URL, **KEYS},
        {**PAPER, "ALPACA_PAPER": "true", "ALPACA_BASE_URL": PAPER_URL, "ALPACA_DATA_FEED": "delayed_sip"},
        {**PAPER, "ALPACA_BASE_URL": "http://127.0.0.1:8800"},
        {**LIVE, "ALPACA_PAPER": "false", "ALPACA_BASE_URL": LIVE_URL},
    ],
)
def test_settings_that_agree_start(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading(monkeypatch, variables).mode == variables.get("TRADECORE_MODE", "simulated")


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_broker_s_keys_are_needed_for_the_broker_alone(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"TRADECORE_LIVE_ACCOUNT": "4821"} if mode == "live" else {}
    names = ["ALPACA_API_KEY_ID", "ALPACA_API_SECRET_KEY"]
    assert refused(monkeypatch, {"TRADECORE_MODE": mode, **account}) == names
    monkeypatch.setenv("TRADECORE_MODE", "simulated")
    monkeypatch.delenv("TRADECORE_LIVE_ACCOUNT", raising=False)
    assert read_settings().alpaca_api_key_id is None


def test_a_rule_is_silent_about_a_value_that_is_bad_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, {"TRADECORE_MODE": "lvie", "TRADECORE_LIVE_ACCOUNT": "4821"}) == ["TRADECORE_MODE"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_this_machine_may_come_in_without_a_key(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading(monkeypatch, {"SERVER_HOST": host}).server_host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.example.com"])
@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, 2),
        ({"TRADECORE_HTTP_KEYS": KEY}, 1),
        ({"TRADECORE_ALLOW_PLAIN_HTTP": "true"}, 1),
        ({"TRADECORE_HTTP_KEYS": KEY, "TRADECORE_ALLOW_PLAIN_HTTP": "true"}, 0),
    ],
)
def test_other_machines_need_a_key_and_tls_or_an_explicit_word(
    host: str, variables: dict[str, str], lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"SERVER_HOST": host, **variables}
    if lines:
        assert refused(monkeypatch, given) == ["SERVER_HOST"] * lines
    else:
        assert reading(monkeypatch, given).server_host == host


def test_a_certificate_opens_the_door_to_callers_with_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch()
    tls = {"TRADECORE_TLS_CERT": "cert.pem", "TRADECORE_TLS_KEY": str(tmp_path / "key.pem")}
    settings = reading(monkeypatch, {"SERVER_HOST": "0.0.0.0", "TRADECORE_HTTP_KEYS": KEY, **tls})
    assert (settings.tls_cert, settings.tls_key) == (tmp_path / "cert.pem", tmp_path / "key.pem")


@pytest.mark.parametrize(("given", "lacking"), [("CERT", "KEY"), ("KEY", "CERT")])
def test_half_of_a_certificate_stops_the_start(
    given: str, lacking: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "half.pem").touch()
    assert refused(monkeypatch, {f"TRADECORE_TLS_{given}": "half.pem"}) == [f"TRADECORE_TLS_{lacking}"]


def test_settings_made_directly_keep_the_rules(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="needs the number of the account"):
        Settings(home=tmp_path, mode="live")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**PAPER, "TRADECORE_SIM_URL": "http://127.0.0.1:8790"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "https://127.0.0.1:8790"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "http://192.168.1.4:8790"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "http://paper-api.alpaca.markets:80"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "http://127.0.0.1"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "http://127.0.0.1:8790/v2"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_URL": "http://127.0.0.1:8790@example.com:80"}, "TRADECORE_SIM_URL"),
        ({"TRADECORE_SIM_KEY": "k"}, "TRADECORE_SIM_SECRET"),
    ],
)
def test_a_simulator_is_on_this_machine_and_in_mode_simulated_only(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    assert refused(monkeypatch, variables) == [named]


def test_a_simulator_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading(monkeypatch, {"TRADECORE_SIM_URL": "http://localhost:8790/"}).sim_url == "http://localhost:8790"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"REDIS_PASSWORD": "a-word"}, "REDIS_PASSWORD"),
        ({"REDIS_PASSWORD": "a-word", "REDIS_URL": "redis://:other@redis"}, "REDIS_PASSWORD"),
        ({"CRYPTO_FEED": "replay"}, "CRYPTO_RECORDING"),
        ({"CRYPTO_RETENTION_MINUTES": "30", "CRYPTO_PROFILE_MS": "1800001"}, "CRYPTO_PROFILE_MS"),
        ({"CRYPTO_FRESH_MS": "10000"}, "CRYPTO_DOWN_MS"),
    ],
)
def test_crypto_settings_that_disagree_stop_the_start(
    variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, variables) == [told]
