"""What the environment says, read once; a wrong value stops the start with one clear line."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX: Final = "TRADECORE_"


class SettingsError(Exception):
    """The environment can't be used; each line names a variable and what to do."""


def state_home(environment: Mapping[str, str]) -> Path:
    """Where this user's programs keep their state."""
    base = environment.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "tradecore"


class Settings(BaseSettings):
    """Settings of the desk; every variable starts with TRADECORE_."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    home: Path = Field(default_factory=lambda: state_home(os.environ), description="Where accounts and journals live.")
    strategies: str = Field(
        default="orb_long_call,orb_long_put",
        description="Strategies that may run, separated by commas.",
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not str(value).strip() or str(value) == ".":
            raise ValueError("name a directory")
        return value.expanduser().absolute()

    @property
    def allowed_strategies(self) -> tuple[str, ...]:
        """Names of the strategies that may run, in order."""
        return tuple(name.strip() for name in self.strategies.split(",") if name.strip())


def read_settings() -> Settings:
    """
    Settings from the environment.

    Raises:
        SettingsError: An unknown TRADECORE_* variable or a bad value.
    """
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.upper().startswith(_PREFIX) and name.upper() not in known)
    if unknown:
        lines = [f"{name} is not a setting of tradecore; known: {', '.join(sorted(known))}" for name in unknown]
        raise SettingsError("\n".join(lines))
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [
            f"{_PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error
    if not settings.allowed_strategies:
        raise SettingsError("TRADECORE_STRATEGIES: name at least one strategy, or leave it out")
    return settings
