"""Each setting by itself: its names, its default, a good value, and the line that a bad value gets."""

import dataclasses
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from entrypoints.settings import Settings, SettingsError, read_settings, variables
from tradecore.microstructure.thresholds import Thresholds

KEYS: Final = {"ALPACA_API_KEY_ID": "an-id", "ALPACA_API_SECRET_KEY": "a-secret"}
LIVE: Final = {"TRADECORE_MODE": "live", "TRADECORE_LIVE_ACCOUNT": "4821", **KEYS}
LONG_KEY: Final = "k" * 32
TLS: Final = {"TRADECORE_TLS_CERT": "cert.pem", "TRADECORE_TLS_KEY": "key.pem"}


@dataclass(frozen=True)
class Row:
    """A setting: what it is when not given, and what a good and a bad text make of it."""

    names: tuple[str, ...]
    default: Any
    good: str
    value: Any
    bad: str
    told: str
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def field(self) -> str:
        return self.names[-1].removeprefix("TRADECORE_").lower()


def row(names: str, default: Any, good: tuple[str, Any], bad: tuple[str, str], **beside: str) -> Row:
    return Row(tuple(names.split()), default, good[0], good[1], bad[0], bad[1], beside)


def crypto(name: str, default: Any, good: tuple[str, Any], bad: tuple[str, str]) -> Row:
    return row(f"CRYPTO_{name} TRADECORE_CRYPTO_{name}", default, good, bad)


TABLE: Final = (
    row(
        "TRADECORE_HOME",
        Path("user/.local/state/tradecore"),
        ("desk", Path("desk")),
        ("~nobody-here/x", "names a user who isn't there"),
    ),
    row(
        "TRADECORE_STRATEGIES",
        ("orb_long_call", "orb_long_put", "iron_condor_30_delta", "lotto_play_5_delta"),
        ("a, b,,a", ("a", "b")),
        (",", "name at least one strategy"),
    ),
    row("TRADECORE_MODE", "simulated", ("paper", "paper"), ("practice", "is not simulated, paper or live"), **KEYS),
    row("TRADECORE_LIVE_ACCOUNT", None, ("4821", "4821"), ("48 21", "is not an account number"), **LIVE),
    row("TRADECORE_LIMITS", "default", ("mine.yaml", "mine.yaml"), ("~nobody-here/x", "names a user")),
    row(
        "TRADECORE_TOOLSETS",
        ("desk",),
        ("desk,crypto", ("desk", "crypto")),
        ("desk,bitcoin", "no toolset 'bitcoin'; known: desk, options, stocks, data, analytics, watchlists, admin"),
    ),
    row("TRADECORE_READ_ONLY", False, ("true", True), ("maybe", "is not true or false")),
    row("TRADECORE_WHO_CONFIRMS", None, ("operator", "operator"), ("nobody", "is not model, elicit or operator")),
    row("TRADECORE_ELICIT_UP_TO", Decimal(100), ("250.50", Decimal("250.50")), ("-1", "zero or more")),
    row("CONFIRMATION_TIMEOUT TRADECORE_CONFIRMATION_TIMEOUT", None, ("30", Decimal(30)), ("0", "from 1 to 3600")),
    row("SIM_START TRADECORE_SIM_START", None, ("09:25", "09:25"), ("9.25", "is not an exchange time like 09:25")),
    row("SIM_SPEED TRADECORE_SIM_SPEED", Decimal(1), ("0.1", Decimal("0.1")), ("0.05", "from 0.1 to 1000")),
    row("SIM_SEED TRADECORE_SIM_SEED", 1, ("4294967295", 2**32 - 1), ("4294967296", "from 0 to 4294967295")),
    row(
        "TRADECORE_SIM_URL",
        None,
        ("http://127.0.0.1:8790/", "http://127.0.0.1:8790"),
        ("https://127.0.0.1:8790", "an address on this machine like http://127.0.0.1:8790"),
    ),
    row(
        "TRADECORE_SIM_KEY",
        None,
        ("a-key", SecretStr("a-key")),
        ("two words", "is not one word"),
        TRADECORE_SIM_SECRET="s",
    ),
    row(
        "TRADECORE_SIM_SECRET",
        None,
        ("a-secret", SecretStr("a-secret")),
        ("two words", "is not one word"),
        TRADECORE_SIM_KEY="k",
    ),
    row("MAX_DAILY_LOSS TRADECORE_MAX_DAILY_LOSS", None, ("500", Decimal(500)), ("0.05", "MAX_DAILY_LOSS_PCT")),
    row("MAX_DAILY_LOSS_PCT TRADECORE_MAX_DAILY_LOSS_PCT", None, ("5", Decimal(5)), ("101", "from 0 to 100")),
    row("RISK_PER_TRADE TRADECORE_RISK_PER_TRADE", None, ("150", Decimal(150)), ("nan", "an amount of dollars")),
    row("PER_TRADE_MAX_LOSS TRADECORE_PER_TRADE_MAX_LOSS", None, ("250", Decimal(250)), ("$250", "of dollars")),
    row("MAX_POSITION_SIZE TRADECORE_MAX_POSITION_SIZE", None, ("0.02", Decimal("0.02")), ("2", "0.02 is 2 %")),
    row("DELTA_CAP PORTFOLIO_DELTA_CAP TRADECORE_DELTA_CAP", None, ("50", Decimal(50)), ("-50", "share-equivalents")),
    row("MARKET_OPEN_BUFFER TRADECORE_MARKET_OPEN_BUFFER", None, ("5", 5), ("5.5", "whole number of minutes")),
    row("MARKET_CLOSE_BUFFER TRADECORE_MARKET_CLOSE_BUFFER", None, ("15", 15), ("391", "whole number of minutes")),
    row(
        "DEFAULT_STOP_LOSS TRADECORE_DEFAULT_STOP_LOSS",
        Decimal("0.02"),
        ("0.03", Decimal("0.03")),
        ("3", "a fraction from 0 to 1"),
    ),
    row(
        "DEFAULT_TAKE_PROFIT TRADECORE_DEFAULT_TAKE_PROFIT",
        Decimal("0.04"),
        ("0.05", Decimal("0.05")),
        ("4%", "a fraction from 0 to 1"),
    ),
    row("SERVER_HOST TRADECORE_SERVER_HOST", "127.0.0.1", ("::1", "::1"), ("a b", "is not a host name or address")),
    row("SERVER_PORT TRADECORE_SERVER_PORT", 8000, ("8080", 8080), ("80800", "a port from 1 to 65535")),
    row("TRADECORE_HTTP_KEYS", None, (LONG_KEY, SecretStr(LONG_KEY)), ("k" * 31, "needs at least 32")),
    row("TRADECORE_TLS_CERT", None, ("cert.pem", Path("cert.pem")), ("gone.pem", "no such file"), **TLS),
    row("TRADECORE_TLS_KEY", None, ("key.pem", Path("key.pem")), ("gone.pem", "no such file"), **TLS),
    row("TRADECORE_ALLOW_PLAIN_HTTP", False, ("yes", True), ("perhaps", "is not true or false")),
    row(
        "TRADECORE_ALLOWED_HOSTS",
        (),
        ("desk.example.com, 10.0.0.7:8000", ("desk.example.com", "10.0.0.7:8000")),
        ("https://desk.example.com", "is not a host such as"),
    ),
    row(
        "TRADECORE_ALLOWED_ORIGINS",
        (),
        ("https://desk.example.com", ("https://desk.example.com",)),
        ("*", "is not an origin such as"),
    ),
    row("TRADECORE_HTTP_REQUESTS_PER_MINUTE", 600, ("60", 60), ("0", "from 1 to 1000000")),
    row(
        "ALPACA_API_KEY_ID ALPACA_API_KEY TRADECORE_ALPACA_API_KEY_ID",
        None,
        ("an-id", SecretStr("an-id")),
        ("two\nlines", "is not one word"),
    ),
    row(
        "ALPACA_API_SECRET_KEY ALPACA_SECRET_KEY TRADECORE_ALPACA_API_SECRET_KEY",
        None,
        ("a-secret", SecretStr("a-secret")),
        ("two words", "is not one word"),
    ),
    row("ALPACA_PAPER PAPER TRADECORE_ALPACA_PAPER", None, ("true", True), ("both", "is not true or false")),
    row(
        "ALPACA_BASE_URL TRADECORE_ALPACA_BASE_URL",
        None,
        ("https://paper-api.alpaca.markets/", "https://paper-api.alpaca.markets"),
        ("http://paper-api.alpaca.markets", "must be an https:// address"),
    ),
    row("ALPACA_DATA_FEED TRADECORE_ALPACA_DATA_FEED", "sip", ("iex", "iex"), ("cnn", "is not sip, iex")),
    row(
        "SPY_CHAIN_UPDATE_INTERVAL SPY_UPDATE_INTERVAL TRADECORE_SPY_CHAIN_UPDATE_INTERVAL",
        1.0,
        ("0.25", 0.25),
        ("0.2", "0.25 to 60"),
    ),
    row("AUTO_EXPIRE_TIME TRADECORE_AUTO_EXPIRE_TIME", time(16, 15), ("16:00", time(16)), ("24:00", "New York time")),
    row("CACHE_CLEANUP_INTERVAL TRADECORE_CACHE_CLEANUP_INTERVAL", 300, ("60", 60), ("0", "seconds from 1")),
    row(
        "REDIS_URL TRADECORE_REDIS_URL",
        None,
        ("redis://:word@redis:6379/0", SecretStr("redis://:word@redis:6379/0")),
        ("http://redis:6379", "must begin with redis://, rediss:// or unix://"),
    ),
    row(
        "REDIS_PASSWORD TRADECORE_REDIS_PASSWORD",
        None,
        ("a-word", SecretStr("a-word")),
        ("two words", "is not one word"),
        REDIS_URL="redis://redis",
    ),
    row("CRYPTO_FEED TRADECORE_CRYPTO_FEED", "none", ("simulated", "simulated"), ("kraken", "is not none, simulated")),
    row(
        "CRYPTO_SYMBOLS TRADECORE_CRYPTO_SYMBOLS",
        ("BTCUSDT", "ETHUSDT"),
        ("btc/usdt, SOL-USDT,BTCUSDT", ("BTCUSDT", "SOLUSDT")),
        ("BTC", "1 to 100 pairs such as BTCUSDT"),
    ),
    row(
        "CRYPTO_RECORDING TRADECORE_CRYPTO_RECORDING",
        None,
        ("cert.pem", Path("cert.pem")),
        ("gone.gz", "no such file"),
    ),
    crypto("REPLAY_SPEED", Decimal(1), ("0", Decimal(0)), ("-1", "from 0 to 1000")),
    crypto("SEED", 1, ("7", 7), ("4294967296", "from 0 to 4294967295")),
    crypto("REPORT_INTERVAL", 0.25, ("1", 1.0), ("2", "0.05 to 1")),
    crypto("RETENTION_MINUTES", 60, ("30", 30), ("29", "from 30 to 60")),
    crypto("LEVELS", 20, ("10", 10), ("21", "from 1 to 20")),
    crypto("LATENESS_MS", 200, ("0", 0), ("10001", "from 0 to 10000")),
    crypto("PROFILE_MS", 1_800_000, ("600000", 600_000), ("3600001", "1000 to 3600000")),
    crypto("ROW_BPS", 1.0, ("0.5", 0.5), ("0", "0.01 to 1000")),
    crypto("RATE_MS", 10_000, ("5000", 5_000), ("999", "1000 to 3600000")),
    crypto("FLOW_MS", 30_000, ("60000", 60_000), ("30s", "1000 to 3600000")),
    crypto("DEPTH_MS", 300_000, ("60000", 60_000), ("0", "1000 to 3600000")),
    crypto("REACH_BPS", 50.0, ("100", 100.0), ("inf", "0.01 to 1000")),
    crypto("WALL_FACTOR", 1.5, ("2", 2.0), ("0", "from 0.1 to 1000")),
    crypto("WALL_SHARE", 0.95, ("0.99", 0.99), ("95", "from 0 to 1")),
    crypto("WALL_MINIMUM", 0.0, ("2.5", 2.5), ("-1", "zero or more")),
    crypto("ZONE_BPS", 1.0, ("2", 2.0), ("-1", "0.01 to 1000")),
    crypto("ZONES", 20, ("40", 40), ("0", "from 1 to 1000")),
    crypto("VACUUM_SHARE", 0.1, ("0.05", 0.05), ("10%", "from 0 to 1")),
    crypto("FRESH_MS", 1_000, ("500", 500), ("0", "from 100 to 600000")),
    crypto("DOWN_MS", 10_000, ("20000", 20_000), ("99", "from 100 to 600000")),
    crypto("ANOMALY_MS", 300_000, ("60000", 60_000), ("5", "1000 to 3600000")),
    crypto("SPOOF_FACTOR", 8.0, ("4", 4.0), ("nan", "from 0.1 to 1000")),
    crypto("SPOOF_DISTANCE_BPS", 2.0, ("3", 3.0), ("x", "0.01 to 1000")),
    crypto("SPOOF_LIFE_MS", 5_000, ("3000", 3_000), ("1", "from 100 to 600000")),
    crypto("SPOOF_WINDOW_MS", 30_000, ("60000", 60_000), ("1", "1000 to 3600000")),
    crypto("SPOOF_PULLS", 3, ("5", 5), ("0", "from 1 to 1000")),
    crypto("ICEBERG_WINDOW_MS", 60_000, ("30000", 30_000), ("1", "1000 to 3600000")),
    crypto("ICEBERG_FILLS", 8, ("5", 5), ("1.5", "from 1 to 1000")),
    crypto("ICEBERG_TIMES_SHOWN", 3.0, ("5", 5.0), ("0", "from 0.1 to 1000")),
    crypto("ICEBERG_LIKE_FILLS", 0.6, ("0.8", 0.8), ("2", "from 0 to 1")),
    crypto("ICEBERG_STABLE_SHARE", 0.75, ("0.5", 0.5), ("-0.1", "from 0 to 1")),
    crypto("CRASH_SPREAD_TIMES", 3.0, ("5", 5.0), ("0", "from 0.1 to 1000")),
    crypto("CRASH_SPREAD_BPS", 1.0, ("2", 2.0), ("0", "0.01 to 1000")),
    crypto("CRASH_THIN_SHARE", 0.3, ("0.5", 0.5), ("30", "from 0 to 1")),
    row(
        "OTEL_EXPORTER_OTLP_ENDPOINT TRADECORE_OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        ("http://collector:4318/", "http://collector:4318"),
        ("collector:4318", "an address like http://127.0.0.1:4318"),
    ),
    row(
        "ALERT_WEBHOOK_URL TRADECORE_ALERT_WEBHOOK_URL",
        None,
        ("https://hooks.example/T0/B0", SecretStr("https://hooks.example/T0/B0")),
        ("http://hooks.example/T0/B0", "must be an https:// address"),
    ),
    row(
        "ALERT_WEBHOOK_KIND TRADECORE_ALERT_WEBHOOK_KIND",
        "json",
        ("slack", "slack"),
        ("pager", "is not json, slack, discord, telegram or ntfy"),
        ALERT_WEBHOOK_URL="https://hooks.example/T0/B0",
    ),
    row(
        "ALERT_MIN_SEVERITY TRADECORE_ALERT_MIN_SEVERITY",
        "warning",
        ("critical", "critical"),
        ("loud", "is not info, warning or critical"),
    ),
    row(
        "ALERT_REPEAT_INTERVAL TRADECORE_ALERT_REPEAT_INTERVAL",
        300,
        ("60", 60),
        ("0", "a whole number of seconds from 1 to 86400"),
    ),
    row(
        "HEARTBEAT_URL TRADECORE_HEARTBEAT_URL",
        None,
        ("https://beat.example/1", SecretStr("https://beat.example/1")),
        ("beat.example", "must be an https:// address"),
    ),
    row(
        "HEARTBEAT_INTERVAL TRADECORE_HEARTBEAT_INTERVAL",
        60,
        ("30", 30),
        ("0", "a whole number of seconds from 1 to 3600"),
    ),
    row("TRADECORE_RECORD", True, ("no", False), ("perhaps", "is not true or false")),
    row("TRADECORE_RECORDING_DAYS", 30, ("7", 7), ("0", "a whole number of days from 1 to 3650")),
    row("PROMETHEUS_PORT TRADECORE_PROMETHEUS_PORT", 9090, ("9191", 9191), ("nine", "a port from 1 to 65535")),
    row("S3_AUDIT_BUCKET TRADECORE_S3_AUDIT_BUCKET", None, ("audit-logs", "audit-logs"), ("A", "a bucket's name")),
    row(
        "PAGERDUTY_API_KEY TRADECORE_PAGERDUTY_API_KEY",
        None,
        ("your_key", SecretStr("your_key")),
        ("your key", "is not one word"),
    ),
    row(
        "DATABASE_URL TRADECORE_DATABASE_URL",
        None,
        ("postgresql://desk:word@db/desk", SecretStr("postgresql://desk:word@db/desk")),
        ("mysql://desk:word@db/desk", "must begin with postgresql:// or sqlite://"),
    ),
    row(
        "NEWS_API_KEY TRADECORE_NEWS_API_KEY",
        None,
        ("your_key", SecretStr("your_key")),
        ("your key", "is not one word"),
    ),
    row("DEBUG_MODE TRADECORE_DEBUG_MODE", False, ("1", True), ("2", "is not true or false")),
)
EACH_ROW: Final = pytest.mark.parametrize("row", [pytest.param(row, id=row.field) for row in TABLE])
EACH_NAME: Final = pytest.mark.parametrize(
    ("row", "name"), [pytest.param(row, name, id=name) for row in TABLE for name in row.names]
)


@pytest.fixture(autouse=True)
def pem_files(tmp_path: Path) -> None:
    for name in TLS.values():
        (tmp_path / name).touch()


def given(monkeypatch: pytest.MonkeyPatch, row: Row, name: str, text: str) -> None:
    for other, value in {**row.beside, name: text}.items():
        monkeypatch.setenv(other, value)


def expected(value: Any, tmp_path: Path) -> Any:
    return tmp_path / value if isinstance(value, Path) else value


def test_the_table_has_every_variable_under_all_its_names() -> None:
    assert {v.field: v.names for v in variables()} == {row.field: row.names for row in TABLE}


@EACH_ROW
def test_a_variable_that_is_not_given_has_its_default(row: Row, tmp_path: Path) -> None:
    assert getattr(read_settings(), row.field) == expected(row.default, tmp_path)


@EACH_NAME
def test_a_good_value_is_read_under_each_name(
    row: Row, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given(monkeypatch, row, name, f" {row.good} ")
    assert getattr(read_settings(), row.field) == expected(row.value, tmp_path)


@EACH_NAME
def test_a_bad_value_gets_one_line_with_the_name_it_was_given_under(
    row: Row, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, row, name, row.bad)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: ")
    assert row.told in lines[0]


@EACH_ROW
def test_an_empty_value_counts_as_not_given(row: Row, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in row.names:
        monkeypatch.setenv(name, "  ")
    assert getattr(read_settings(), row.field) == expected(row.default, tmp_path)


def test_settings_made_directly_read_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERVER_PORT", "9999")
    (tmp_path / ".env").write_text("SERVER_PORT=9998\n")
    assert Settings(home=tmp_path).server_port == 8000


@pytest.mark.parametrize("text", ["09:25", "2026-11-20T09:25"])
def test_a_simulated_start_is_a_time_or_a_moment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_START", text)
    assert read_settings().sim_start == text


@pytest.mark.parametrize("text", ["25:00", "9:25", "2026-13-01T09:25", "2026-11-20 09:25", "2026-11-20", "now"])
def test_anything_else_is_no_simulated_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_START", text)
    with pytest.raises(SettingsError, match="SIM_START"):
        read_settings()


@pytest.mark.parametrize(
    ("text", "advice"),
    [("0.05", "5"), ("0.025", "2.5"), ("0.999", "99.9"), ("0", "5"), ("-500", "5"), ("1e-400000", "5")],
)
def test_a_share_as_daily_loss_is_told_as_the_percentage_it_means(
    text: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_DAILY_LOSS", text)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value).endswith(f"is MAX_DAILY_LOSS_PCT, such as {advice} (%)")


def test_two_http_keys_are_for_rotation_and_three_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADECORE_HTTP_KEYS", f"{'a' * 32}, {'b' * 40}")
    assert [key.get_secret_value() for key in read_settings().each_http_key] == ["a" * 32, "b" * 40]
    monkeypatch.setenv("TRADECORE_HTTP_KEYS", ",".join(letter * 32 for letter in "abc"))
    with pytest.raises(SettingsError, match="one key, or two while the old one is rotated out"):
        read_settings()


def test_the_line_of_a_bad_value_is_short_and_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_PORT", "\x1b[31m" + "9" * 500 + "\nTRADECORE_MODE: fine\u202e")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    line = str(caught.value)
    assert line == f"SERVER_PORT: '[31m{'9' * 56}…' is not a port from 1 to 65535"


def test_every_window_and_threshold_of_a_report_is_a_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().thresholds == Thresholds()
    names = [one.name for one in dataclasses.fields(Thresholds)]
    for name in names:
        share = "share" in name or name == "iceberg_like_fills"
        monkeypatch.setenv(f"CRYPTO_{name.upper()}", "1" if share else "2000" if name.endswith("_ms") else "9")
    monkeypatch.setenv("CRYPTO_DOWN_MS", "2001")
    chosen = read_settings().thresholds
    assert all(getattr(chosen, name) in (1, 9, 2000, 2001) for name in names)
