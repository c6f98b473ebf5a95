"""What every section of the settings is made of."""

from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


def setting(default: Any, meaning: str, *also: str) -> Any:
    """A field with its default, its meaning, and the names that it bears beside TRADECORE_…, the first one foremost."""
    return Field(default=default, description=meaning, validate_default=False, json_schema_extra={"also": list(also)})


class Section(BaseSettings):
    """Takes what it is given and reads nothing itself: see `reading`."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed: the sources of pydantic-settings can't name a variable nor see two names disagree."""
        return (init_settings,)
