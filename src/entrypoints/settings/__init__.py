"""
What the environment and an env file say, read once; every wrong value stops the start with one clear line.

The environment comes first, then one file: the one named with `--env-file`, else `./.env`, else `TRADECORE_HOME/.env`.
"""

from entrypoints.settings.fields import state_home
from entrypoints.settings.reading import Settings, SettingsError, read_settings
from entrypoints.settings.variables import Variable, known_names, sections, variable_of, variables

__all__ = [
    "Settings",
    "SettingsError",
    "Variable",
    "known_names",
    "read_settings",
    "sections",
    "state_home",
    "variable_of",
    "variables",
]
