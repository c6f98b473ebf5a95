"""The settings of crypto market reports; `CRYPTO_<NAME>` for every window and threshold of a report."""

import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from entrypoints.settings import values as v
from entrypoints.settings.section import Section, setting
from tradecore.microstructure.thresholds import Thresholds

MOST_SYMBOLS: Final = 100
_PAIR: Final = re.compile(r"[A-Z0-9]{4,20}")
_USUAL: Final = Thresholds()


def _pairs(names: tuple[str, ...]) -> tuple[str, ...]:
    plain = tuple(dict.fromkeys(re.sub(r"[/_-]", "", name.upper()) for name in names))
    wrong = [name for name in plain if not _PAIR.fullmatch(name)]
    if wrong or not 0 < len(plain) <= MOST_SYMBOLS:
        what = v.shown(wrong[0]) if wrong else f"a list of {len(plain)}"
        raise ValueError(f"{what} is not what is asked for: 1 to {MOST_SYMBOLS} pairs such as BTCUSDT")
    return plain


def listed_pairs(text: str) -> tuple[str, ...]:
    """
    Pairs separated by commas, in the venue's spelling.

    Raises:
        ValueError: One is no pair, or there are none, or too many.
    """
    return _pairs(v.listed(text))


def _redis_address(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"(rediss?|unix)://[!-~]+", value.get_secret_value()):
        raise ValueError("must begin with redis://, rediss:// or unix://, and name a server or a socket")
    return value


Feed = Annotated[Literal["none", "simulated", "replay", "binance"], v.Expects("none, simulated, replay or binance")]
Pairs = Annotated[
    tuple[str, ...], BeforeValidator(v.listed), AfterValidator(_pairs), v.Expects("pairs separated by commas")
]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address), v.Expects("the address of a Redis server")]
ReplaySpeed = Annotated[Decimal, Field(ge=0, le=1_000), v.Expects("a number from 0 to 1000")]
ReportPeriod = Annotated[float, Field(ge=0.05, le=1, allow_inf_nan=False), v.Expects("a number of seconds, 0.05 to 1")]
Retention = Annotated[int, Field(ge=30, le=60), v.Expects("a whole number of minutes from 30 to 60")]
Levels = Annotated[int, Field(ge=1, le=20), v.Expects("a whole number from 1 to 20")]
Zones = Annotated[int, Field(ge=1, le=1_000), v.Expects("a whole number from 1 to 1000")]
Count = Annotated[int, Field(ge=1, le=1_000), v.Expects("a whole number from 1 to 1000")]
Lateness = Annotated[int, Field(ge=0, le=10_000), v.Expects("a whole number of milliseconds from 0 to 10000")]
Window = Annotated[int, Field(ge=1_000, le=3_600_000), v.Expects("a whole number of milliseconds, 1000 to 3600000")]
Age = Annotated[int, Field(ge=100, le=600_000), v.Expects("a whole number of milliseconds from 100 to 600000")]
Points = Annotated[
    float, Field(ge=0.01, le=1_000, allow_inf_nan=False), v.Expects("a number of basis points, 0.01 to 1000")
]
Times = Annotated[float, Field(ge=0.1, le=1_000, allow_inf_nan=False), v.Expects("a number from 0.1 to 1000")]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), v.Expects("a share from 0 to 1")]
Quantity = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False), v.Expects("a quantity, zero or more")]


def _threshold(name: str, meaning: str) -> Any:
    """The setting of one field of Thresholds, with its default."""
    return setting(getattr(_USUAL, name), meaning, f"CRYPTO_{name.upper()}")


class CryptoSection(Section):
    """Crypto."""

    redis_url: RedisAddress | None = setting(
        None,
        "Redis (7 or newer) that keeps events and reports: redis://…, rediss://… or unix://…; "
        "not given: one process does all.",
        "REDIS_URL",
    )
    redis_password: v.Secret | None = setting(None, "Its password, unless the address has it.", "REDIS_PASSWORD")
    crypto_feed: Feed = setting("none", "Where market events come from.", "CRYPTO_FEED")
    crypto_symbols: Pairs = setting(
        ("BTCUSDT", "ETHUSDT"),
        "Pairs to follow; not given, a replay follows every pair of its recording.",
        "CRYPTO_SYMBOLS",
    )
    crypto_recording: v.ExistingFile | None = setting(
        None, "Recording that the feed replay tells; its times are moved to the present.", "CRYPTO_RECORDING"
    )
    crypto_replay_speed: ReplaySpeed = setting(
        Decimal(1), "Recorded seconds that pass in one; 0 is as fast as it goes.", "CRYPTO_REPLAY_SPEED"
    )
    crypto_seed: v.Seed = setting(1, "Seed of the simulated order flow.", "CRYPTO_SEED")
    crypto_report_interval: ReportPeriod = setting(
        0.25, "Seconds between two reports of a pair.", "CRYPTO_REPORT_INTERVAL"
    )
    crypto_retention_minutes: Retention = setting(
        60, "Minutes that Redis keeps events; never shorter than CRYPTO_PROFILE_MS.", "CRYPTO_RETENTION_MINUTES"
    )

    crypto_levels: Levels = _threshold("levels", "Levels of depth a side.")
    crypto_lateness_ms: Lateness = _threshold("lateness_ms", "How long a trade may come after the book's change.")
    crypto_profile_ms: Window = _threshold("profile_ms", "Window of the volume profile.")
    crypto_row_bps: Points = _threshold("row_bps", "Height of a row of the profile.")
    crypto_rate_ms: Window = _threshold("rate_ms", "Window of flow.orders_per_sec.")
    crypto_flow_ms: Window = _threshold("flow_ms", "Window of flow.net_flow.")
    crypto_depth_ms: Window = _threshold("depth_ms", "Window whose quantities say what a wall and a vacuum is.")
    crypto_reach_bps: Points = _threshold("reach_bps", "How far from mid the book is watched.")
    crypto_wall_factor: Times = _threshold("wall_factor", "Times the quantile that make a wall.")
    crypto_wall_share: Share = _threshold("wall_share", "That quantile of the level quantities.")
    crypto_wall_minimum: Quantity = _threshold("wall_minimum", "Least quantity of a wall, in the base.")
    crypto_zone_bps: Points = _threshold("zone_bps", "Width of a zone that may be thin.")
    crypto_zones: Zones = _threshold("zones", "Zones looked at on each side of mid.")
    crypto_vacuum_share: Share = _threshold("vacuum_share", "Quantile of depth up to which a zone is thin.")
    crypto_fresh_ms: Age = _threshold("fresh_ms", "Age of the newest event up to which data is fresh.")
    crypto_down_ms: Age = _threshold("down_ms", "Age above which ingestion is down.")
    crypto_anomaly_ms: Window = _threshold("anomaly_ms", "How long an anomaly stays in the report.")
    crypto_spoof_factor: Times = _threshold("spoof_factor", "Times the usual quantity that make an order large.")
    crypto_spoof_distance_bps: Points = _threshold("spoof_distance_bps", "Distance from mid from which it counts.")
    crypto_spoof_life_ms: Age = _threshold("spoof_life_ms", "Life up to which its cancellation counts as rapid.")
    crypto_spoof_window_ms: Window = _threshold("spoof_window_ms", "Window in which pulled orders are counted.")
    crypto_spoof_pulls: Count = _threshold("spoof_pulls", "Pulled orders in it that are spoofing.")
    crypto_iceberg_window_ms: Window = _threshold(
        "iceberg_window_ms", "Window in which fills at one price are counted."
    )
    crypto_iceberg_fills: Count = _threshold("iceberg_fills", "Fills in it that may be an iceberg.")
    crypto_iceberg_times_shown: Times = _threshold(
        "iceberg_times_shown", "Times the shown quantity that must have been traded."
    )
    crypto_iceberg_like_fills: Share = _threshold("iceberg_like_fills", "Share of the fills that must be alike.")
    crypto_iceberg_stable_share: Share = _threshold(
        "iceberg_stable_share", "Share of the looks at which the shown quantity must stand."
    )
    crypto_crash_spread_times: Times = _threshold(
        "crash_spread_times", "Times the usual spread that count as widening."
    )
    crypto_crash_spread_bps: Points = _threshold("crash_spread_bps", "Least spread that does.")
    crypto_crash_thin_share: Share = _threshold(
        "crash_thin_share", "Share of thin zones from which the book counts as thin."
    )

    @property
    def thresholds(self) -> Thresholds:
        """Windows and thresholds of a report."""
        given: Mapping[str, Any] = {one.name: getattr(self, f"crypto_{one.name}") for one in fields(Thresholds)}
        return Thresholds(**given)
