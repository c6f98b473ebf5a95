"""No secret shows: not in the settings' texts, not in an error, not in what an error carries along."""

import traceback
from pathlib import Path
from typing import Final, get_args

import pytest
from pydantic import SecretStr, ValidationError

from entrypoints.settings import Settings, SettingsError, read_settings, variables

CANARY: Final = "canary-7f3a9c"
SECRETS: Final = {
    "http_keys": f"{CANARY}-{'k' * 32}",
    "alpaca_api_key_id": CANARY,
    "alpaca_api_secret_key": CANARY,
    "pagerduty_api_key": CANARY,
    "database_url": f"postgresql://desk:{CANARY}@db/desk",
    "news_api_key": CANARY,
    "sim_key": CANARY,
    "sim_secret": CANARY,
    "redis_url": f"redis://{CANARY}",
    "redis_password": CANARY,
    "alert_webhook_url": f"https://hooks.example/{CANARY}",
    "heartbeat_url": f"https://beat.example/{CANARY}",
}
NAMES: Final = [name for variable in variables() if variable.secret for name in variable.names]


def with_secrets(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for field, value in SECRETS.items():
        monkeypatch.setenv(f"TRADECORE_{field.upper()}", value)
    return read_settings()


def told(caught: "pytest.ExceptionInfo[Exception]") -> str:
    """Everything that a log could keep of an error."""
    error = caught.value
    chain = "".join(traceback.format_exception(error))
    return f"{error}{error!r}{error.args}{error.__cause__!r}{error.__context__!r}{chain}"


def test_every_setting_that_is_a_secret_is_listed() -> None:
    typed = {n for n, i in Settings.model_fields.items() if SecretStr in (i.annotation, *get_args(i.annotation))}
    nested = {n for n, i in Settings.model_fields.items() if "SecretStr" in str(i.annotation)}
    assert set(Settings.secret_fields()) == typed | nested == set(SECRETS)


def test_no_text_of_the_settings_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = with_secrets(monkeypatch)
    texts = [
        repr(settings),
        str(settings),
        str(dict(settings)),
        str(settings.model_dump()),
        str(settings.each_http_key),
    ]
    texts += [settings.model_dump_json(), str(settings.model_dump(mode="json"))]
    for text in texts:
        assert CANARY not in text
    assert settings.news_api_key is not None
    assert settings.news_api_key.get_secret_value() == CANARY


@pytest.mark.parametrize("name", NAMES)
def test_no_line_about_a_bad_secret_shows_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"{CANARY} with spaces")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert CANARY not in told(caught)


def test_no_line_about_something_else_shows_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "desk.env"
    path.write_text(f"ALPACA_API_KEY_ID={CANARY}-2\nALPACA_API_KEY={CANARY}-3\nNEWS_API_KEY {CANARY}\n")
    monkeypatch.setenv("SERVER_PORT", "x")
    for field, value in SECRETS.items():
        monkeypatch.setenv(f"TRADECORE_{field.upper()}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert len(str(caught.value).splitlines()) == 3
    assert CANARY not in told(caught)


@pytest.mark.parametrize("field", SECRETS)
def test_settings_made_directly_do_not_show_what_they_refuse(field: str, tmp_path: Path) -> None:
    bad = {field: f"{CANARY} with spaces"}
    with pytest.raises(ValidationError) as caught:
        Settings(home=tmp_path, **bad)  # type: ignore[arg-type]
    assert CANARY not in str(caught.value)
