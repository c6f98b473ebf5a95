"""Rules that tie several settings together; every broken one is told, each in one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from entrypoints.settings.fields import Fields
from entrypoints.settings.values import is_loopback, shown

_ALPACA: Final = ".alpaca.markets"
_LIVE_HOST: Final = "api.alpaca.markets"
_PAPER_HOST: Final = "paper-api.alpaca.markets"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A rule that is broken: the fields it reads, and what to do."""

    fields: frozenset[str]
    line: str


def disagreements(given: Fields) -> tuple[Disagreement, ...]:
    """Every rule that these settings break."""
    return (
        *_about_live(given),
        *_about_the_broker(given),
        *_about_the_simulator(given),
        *_about_the_door(given),
        *_about_crypto(given),
        *_about_alerts(given),
    )


def _about_live(given: Fields) -> Iterator[Disagreement]:
    both = frozenset({"mode", "live_account"})
    if given.mode == "live" and given.live_account is None:
        yield Disagreement(both, "TRADECORE_LIVE_ACCOUNT: TRADECORE_MODE=live needs the number of the account to trade")
    if given.mode != "live" and given.live_account is not None:
        line = f"TRADECORE_LIVE_ACCOUNT: is given, but TRADECORE_MODE is {given.mode}; take one away"
        yield Disagreement(both, line)
    if given.alpaca_paper is not None and given.alpaca_paper is (given.mode == "live"):
        said = "true" if given.alpaca_paper else "false"
        line = f"ALPACA_PAPER: {said} disagrees with TRADECORE_MODE={given.mode}; only TRADECORE_MODE selects the mode"
        yield Disagreement(frozenset({"mode", "alpaca_paper"}), line)
    yield from _about_the_address(given)
    if given.mode == "live" and given.alpaca_data_feed == "delayed_sip":
        line = "ALPACA_DATA_FEED: delayed_sip is too old for TRADECORE_MODE=live; use sip or iex"
        yield Disagreement(frozenset({"mode", "alpaca_data_feed"}), line)


def _about_the_address(given: Fields) -> Iterator[Disagreement]:
    if given.alpaca_base_url is None:
        return
    host = (urlsplit(given.alpaca_base_url).hostname or "").rstrip(".")
    # Alpaca's other addresses are live as well; a server that isn't Alpaca's may stand in for its paper one.
    on_paper = host == _PAPER_HOST or not f".{host}".endswith(_ALPACA)
    if host != _LIVE_HOST if given.mode == "live" else not on_paper:
        wanted = _LIVE_HOST if given.mode == "live" else _PAPER_HOST
        line = (
            f"ALPACA_BASE_URL: {shown(host)} disagrees with TRADECORE_MODE={given.mode}, which takes https://{wanted}"
        )
        yield Disagreement(frozenset({"mode", "alpaca_base_url"}), line)


def _about_the_broker(given: Fields) -> Iterator[Disagreement]:
    if given.mode == "simulated":
        return
    for field, name in (
        ("alpaca_api_key_id", "ALPACA_API_KEY_ID"),
        ("alpaca_api_secret_key", "ALPACA_API_SECRET_KEY"),
    ):
        if getattr(given, field) is None:
            yield Disagreement(frozenset({"mode", field}), f"{name}: TRADECORE_MODE={given.mode} needs it")


def _about_the_simulator(given: Fields) -> Iterator[Disagreement]:
    if given.sim_url is not None and given.mode != "simulated":
        line = f"TRADECORE_SIM_URL: is given, but TRADECORE_MODE is {given.mode}; take one away"
        yield Disagreement(frozenset({"mode", "sim_url"}), line)
    if (given.sim_key is None) is not (given.sim_secret is None):
        lacking, there = ("KEY", "SECRET") if given.sim_key is None else ("SECRET", "KEY")
        line = f"TRADECORE_SIM_{lacking}: goes with TRADECORE_SIM_{there}; give both or neither"
        yield Disagreement(frozenset({"sim_key", "sim_secret"}), line)


def _about_crypto(given: Fields) -> Iterator[Disagreement]:
    if given.redis_password is not None:
        password = frozenset({"redis_url", "redis_password"})
        if given.redis_url is None:
            yield Disagreement(password, "REDIS_PASSWORD: goes with REDIS_URL; give both or neither")
        elif urlsplit(given.redis_url.get_secret_value()).password:
            yield Disagreement(password, "REDIS_PASSWORD: REDIS_URL has a password in it already; keep one")
    if given.crypto_feed == "replay" and given.crypto_recording is None:
        line = "CRYPTO_RECORDING: CRYPTO_FEED=replay needs the recording to tell"
        yield Disagreement(frozenset({"crypto_feed", "crypto_recording"}), line)
    if given.crypto_profile_ms > given.crypto_retention_minutes * 60_000:
        line = f"CRYPTO_PROFILE_MS: events are kept {given.crypto_retention_minutes} minutes, which is shorter"
        yield Disagreement(frozenset({"crypto_profile_ms", "crypto_retention_minutes"}), line)
    if given.crypto_down_ms <= given.crypto_fresh_ms:
        line = "CRYPTO_DOWN_MS: must be longer than CRYPTO_FRESH_MS"
        yield Disagreement(frozenset({"crypto_down_ms", "crypto_fresh_ms"}), line)


def _about_alerts(given: Fields) -> Iterator[Disagreement]:
    kind = frozenset({"alert_webhook_url", "alert_webhook_kind"})
    if given.alert_webhook_url is None:
        if given.alert_webhook_kind != "json":
            line = f"ALERT_WEBHOOK_KIND: {given.alert_webhook_kind} needs ALERT_WEBHOOK_URL, where it is posted to"
            yield Disagreement(kind, line)
    elif given.alert_webhook_kind == "telegram":
        parts = urlsplit(given.alert_webhook_url.get_secret_value())
        if not parse_qs(parts.query).get("chat_id") or not parts.path.endswith("/sendMessage"):
            line = "ALERT_WEBHOOK_URL: telegram needs https://api.telegram.org/bot<token>/sendMessage?chat_id=<chat>"
            yield Disagreement(kind, line)


def _about_the_door(given: Fields) -> Iterator[Disagreement]:
    tls = frozenset({"tls_cert", "tls_key"})
    if (given.tls_cert is None) is not (given.tls_key is None):
        lacking, there = ("CERT", "KEY") if given.tls_cert is None else ("KEY", "CERT")
        yield Disagreement(tls, f"TRADECORE_TLS_{lacking}: goes with TRADECORE_TLS_{there}; give both or neither")
    yield from _about_the_address_to_listen_on(given, given.server_host, "SERVER_HOST")


def open_to_others(given: Fields, host: str, said: str) -> tuple[str, ...]:
    """What is missing before the door may listen on this host, which was given as `said`; one line each."""
    return tuple(broken.line for broken in _about_the_address_to_listen_on(given, host, said))


def _about_the_address_to_listen_on(given: Fields, host: str, said: str) -> Iterator[Disagreement]:
    if is_loopback(host):
        return
    tls = frozenset({"tls_cert", "tls_key"})
    if given.http_keys is None:
        line = f"{said}: {shown(host)} lets other machines in; that needs TRADECORE_HTTP_KEYS"
        yield Disagreement(frozenset({"server_host", "http_keys"}), line)
    if given.tls_cert is None and not given.allow_plain_http:
        what = "TRADECORE_TLS_CERT and TRADECORE_TLS_KEY, or TRADECORE_ALLOW_PLAIN_HTTP=true behind a proxy with TLS"
        line = f"{said}: {shown(host)} lets other machines in; that needs {what}"
        yield Disagreement(frozenset({"server_host", "allow_plain_http"}) | tls, line)
