"""Every setting with its type, default and meaning, in the order of the manual."""

import os
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from pathlib import Path

from pydantic import Field, SecretStr

from entrypoints.settings import values as v
from entrypoints.settings.crypto import CryptoSection
from entrypoints.settings.section import Section, setting


def state_home(environment: Mapping[str, str]) -> Path:
    """Where this user's programs keep their state."""
    base = environment.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "tradecore"


class DeskSection(Section):
    """Desk."""

    home: v.Directory = Field(
        default_factory=lambda: state_home(os.environ),
        description="Where accounts and journals live; else tradecore in $XDG_STATE_HOME or in ~/.local/state.",
        json_schema_extra={"also": []},
    )
    strategies: v.Strategies = setting(
        ("orb_long_call", "orb_long_put", "iron_condor_30_delta", "lotto_play_5_delta"),
        "Strategies that may run; each must be installed.",
    )
    mode: v.Mode = setting("simulated", "What the desk trades on; live needs TRADECORE_LIVE_ACCOUNT too.")
    live_account: v.LiveAccount | None = setting(None, "The account that mode live may trade; given in no other mode.")
    limits: v.LimitsSource = setting("default", "Limits in force, unless a command's --limits names others.")
    toolsets: v.Toolsets = setting(("desk",), f"Tools offered to a model, of: {', '.join(v.TOOLSETS)}.")
    read_only: v.Switch = setting(False, "Whether tools that could change anything are left out.")


class ConfirmationSection(Section):
    """Confirmation."""

    who_confirms: v.Confirmer | None = setting(
        None, "Who confirms an order; not given: the model in simulated and paper, in live the form and the operator."
    )
    elicit_up_to: v.Dollars = setting(
        Decimal(100), "Dollars of worst loss up to which, in live, a form is enough; above it the operator approves."
    )
    confirmation_timeout: v.Patience | None = setting(None, "Seconds until a preview expires.", "CONFIRMATION_TIMEOUT")


class SimulationSection(Section):
    """Simulation."""

    sim_start: v.ExchangeMoment | None = setting(
        None, "New York time at which a simulated session begins.", "SIM_START"
    )
    sim_speed: v.Speed = setting(Decimal(1), "Simulated seconds that pass in one second.", "SIM_SPEED")
    sim_seed: v.Seed = setting(1, "Seed of the simulated market.", "SIM_SEED")
    sim_url: v.SimulatorAddress | None = setting(
        None,
        "Address of a `tradecore sim` on this machine, which takes the place of the built-in market.",
    )
    sim_key: v.Secret | None = setting(None, "Key id, where that simulator was started with --key.")
    sim_secret: v.Secret | None = setting(None, "Its secret; goes with TRADECORE_SIM_KEY.")


class RiskSection(Section):
    """Risk."""

    max_daily_loss: v.DailyLoss | None = setting(
        None, "Dollars, worst case counted; the lower of this and the percentage holds.", "MAX_DAILY_LOSS"
    )
    max_daily_loss_pct: v.Percent | None = setting(
        None, "The same in percent of equity at the start of the day.", "MAX_DAILY_LOSS_PCT"
    )
    risk_per_trade: v.Dollars | None = setting(
        None, "Dollars that size an order which names neither quantity nor risk.", "RISK_PER_TRADE"
    )
    per_trade_max_loss: v.Dollars | None = setting(None, "Dollars, worst case of one order.", "PER_TRADE_MAX_LOSS")
    max_position_size: v.Fraction | None = setting(
        None, "Capital in one underlying as a fraction of equity.", "MAX_POSITION_SIZE"
    )
    delta_cap: v.Delta | None = setting(
        None, "Share-equivalents of one underlying after an opening order.", "DELTA_CAP", "PORTFOLIO_DELTA_CAP"
    )
    market_open_buffer: v.Minutes | None = setting(
        None, "Minutes after the open without opening orders.", "MARKET_OPEN_BUFFER"
    )
    market_close_buffer: v.Minutes | None = setting(
        None, "Minutes before the close without opening orders.", "MARKET_CLOSE_BUFFER"
    )
    default_stop_loss: v.Fraction = setting(
        Decimal("0.02"), "Stop of a stock trade without an ATR, as a fraction of its price.", "DEFAULT_STOP_LOSS"
    )
    default_take_profit: v.Fraction = setting(
        Decimal("0.04"), "Target of a stock trade without an ATR, as a fraction of its price.", "DEFAULT_TAKE_PROFIT"
    )


class DoorSection(Section):
    """HTTP."""

    server_host: v.Host = setting(
        "127.0.0.1", "Address to listen on; any but this machine's own needs TRADECORE_HTTP_KEYS.", "SERVER_HOST"
    )
    server_port: v.Port = setting(8000, "Port to listen on.", "SERVER_PORT")
    http_keys: v.HttpKeys | None = setting(
        None, "Keys of at least 32 characters that open the HTTP doors; a comma parts two during rotation."
    )
    tls_cert: v.ExistingFile | None = setting(None, "Certificate of the server (PEM); goes with TRADECORE_TLS_KEY.")
    tls_key: v.ExistingFile | None = setting(None, "Its private key (PEM).")
    allow_plain_http: v.Switch = setting(
        False, "Whether other machines may come in without TLS; only right behind a proxy that speaks TLS."
    )
    allowed_hosts: v.Hosts = setting((), "Host headers accepted beside the own address.")
    allowed_origins: v.Origins = setting((), "Origins of browser pages that may call.")
    http_requests_per_minute: v.RequestRate = setting(600, "Requests a minute that one caller may make.")


class BrokerSection(Section):
    """Alpaca."""

    alpaca_api_key_id: v.Secret | None = setting(
        None, "Key id; needed in paper and live, unused in simulated.", "ALPACA_API_KEY_ID", "ALPACA_API_KEY"
    )
    alpaca_api_secret_key: v.Secret | None = setting(
        None, "Its secret; needed as above.", "ALPACA_API_SECRET_KEY", "ALPACA_SECRET_KEY"
    )
    alpaca_paper: v.Switch | None = setting(
        None,
        "Must agree with the mode: false only in live, true in the others. It selects nothing.",
        "ALPACA_PAPER",
        "PAPER",
    )
    alpaca_base_url: v.BrokerAddress | None = setting(
        None, "Must agree with the mode; not given: the address of the mode. It selects nothing.", "ALPACA_BASE_URL"
    )
    alpaca_data_feed: v.DataFeed = setting("sip", "Stock data feed; live refuses delayed_sip.", "ALPACA_DATA_FEED")
    spy_chain_update_interval: v.ChainPeriod = setting(
        1.0, "Seconds between two polls of the option chain.", "SPY_CHAIN_UPDATE_INTERVAL", "SPY_UPDATE_INTERVAL"
    )
    auto_expire_time: v.ClockTime = setting(
        time(16, 15), "New York time at which expired contracts leave the chain.", "AUTO_EXPIRE_TIME"
    )
    cache_cleanup_interval: v.Period = setting(
        300, "Seconds between two clean-ups of the chain's cache.", "CACHE_CLEANUP_INTERVAL"
    )


class AlertSection(Section):
    """Alerts."""

    alert_webhook_url: v.WebhookAddress | None = setting(
        None, "Where alerts are posted; not given: nobody is told.", "ALERT_WEBHOOK_URL"
    )
    alert_webhook_kind: v.WebhookKind = setting("json", "Form they are posted in.", "ALERT_WEBHOOK_KIND")
    alert_min_severity: v.AlertSeverity = setting("warning", "Least severity that is posted.", "ALERT_MIN_SEVERITY")
    alert_repeat_interval: v.RepeatPeriod = setting(
        300,
        "Seconds after which a critical alert that nobody acknowledged is posted again.",
        "ALERT_REPEAT_INTERVAL",
    )
    heartbeat_url: v.WebhookAddress | None = setting(
        None, "Asked for (GET) again and again while the desk is up.", "HEARTBEAT_URL"
    )
    heartbeat_interval: v.BeatPeriod = setting(60, "Seconds between two of these.", "HEARTBEAT_INTERVAL")


class RecordingSection(Section):
    """Recording."""

    record: v.Switch = setting(True, "Whether a standing desk records each day for `tradecore replay`.")
    recording_days: v.KeptDays = setting(30, "Days that recordings are kept.")


class ServiceSection(Section):
    """Services."""

    otel_exporter_otlp_endpoint: v.CollectorAddress | None = setting(
        None,
        "Base address of an OpenTelemetry collector (OTLP over HTTP); not given: nothing is traced.",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    )
    prometheus_port: v.Port = setting(9090, "Port of Prometheus.", "PROMETHEUS_PORT")
    s3_audit_bucket: v.Bucket | None = setting(None, "Bucket that receives the audit log.", "S3_AUDIT_BUCKET")
    pagerduty_api_key: v.Secret | None = setting(None, "Key of PagerDuty's events.", "PAGERDUTY_API_KEY")
    database_url: v.DatabaseAddress | None = setting(
        None, "Database address with its password: postgresql://… or sqlite://…", "DATABASE_URL"
    )
    news_api_key: v.Secret | None = setting(None, "Key of the news source.", "NEWS_API_KEY")
    debug_mode: v.Switch = setting(False, "Whether more is logged; it softens no rule, shows no secret.", "DEBUG_MODE")


SECTIONS: tuple[type[Section], ...] = (
    DeskSection,
    ConfirmationSection,
    SimulationSection,
    RiskSection,
    DoorSection,
    BrokerSection,
    AlertSection,
    RecordingSection,
    CryptoSection,
    ServiceSection,
)


class Fields(
    ServiceSection,
    CryptoSection,
    RecordingSection,
    AlertSection,
    BrokerSection,
    DoorSection,
    RiskSection,
    SimulationSection,
    ConfirmationSection,
    DeskSection,
):
    """All settings, each valid by itself; `env_file` tells which file was read, if any."""

    env_file: Path | None = None

    @property
    def allowed_strategies(self) -> tuple[str, ...]:
        """Names of the strategies that may run, in order."""
        return self.strategies

    @property
    def each_http_key(self) -> tuple[SecretStr, ...]:
        """The keys that open the HTTP doors, one by one."""
        text = self.http_keys.get_secret_value() if self.http_keys else ""
        return tuple(SecretStr(part.strip()) for part in text.split(",") if part.strip())
