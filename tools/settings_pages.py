"""What the manual and `.env.example` say about settings, from the settings themselves."""

import textwrap
from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal
from typing import Any, Final

from entrypoints.limits_file import load_limits
from entrypoints.limits_in_force import TIES
from entrypoints.settings import Variable, sections

_WIDTH: Final = 118

PREFACE: Final = """
# Settings

Settings are read once, at the start: first from the environment, then from **one** file, which is the one named by
`tradecore --env-file FILE COMMAND`, else `.env` in the current directory, else `.env` in `TRADECORE_HOME`. What the
environment says is not looked up in the file. `.env.example` in the repository lists every setting with its default;
a copy of it as `.env` changes nothing until you do.

- Each setting has one or more names. Names may be written in small letters. Two names of one setting may be given
  together only with the same value.
- An empty value counts as not given.
- Everything that is wrong is told at once, one line each, and the exit code is 78: bad values, names that differ,
  rules below that are broken, an unknown name that starts with `TRADECORE_`, and in a file a name that is nearly a
  known one. Other unknown names are somebody else's.
- In a file, write `NAME=value`, one a line. `#` begins a comment; quotes keep spaces and `#`; nothing is substituted.
  A line that sets nothing, or a name written twice with different values, stops the start.
- A secret is never shown, neither in an error nor in a log, a journal or an answer. An error shows at most 60
  printable characters of any other value.
"""

RULES: Final = """
## What selects live

Only `TRADECORE_MODE=live` together with `TRADECORE_LIVE_ACCOUNT`. One without the other stops the start, and so does
anything that disagrees with the mode, in simulated mode too:

| setting | in simulated and paper | in live |
| --- | --- | --- |
| `ALPACA_PAPER`, `PAPER` | not given or true | not given or false |
| `ALPACA_BASE_URL` | none, Alpaca's paper address, or no server of Alpaca | none, or `https://api.alpaca.markets` |
| `ALPACA_DATA_FEED` | any | not `delayed_sip` |
| `ALPACA_API_KEY_ID`, `ALPACA_API_SECRET_KEY` | needed in paper; accepted and unused in simulated | needed |

## What tightens the limits

Some settings stand beside a limit of the profile or file that `TRADECORE_LIMITS` (or `--limits`) names. Of both the
tighter one holds: the lower cap, the longer buffer, the shorter time to confirm. A setting can't loosen; one that
asks for more changes nothing, and the command says so. A limit that the file leaves unset takes the setting. The
profile in outputs and in the journal then reads, for example, `default, tightened by MAX_DAILY_LOSS`, and the limits'
hash is another. This holds for `demo` and `replay` too.

| setting | limit | shipped, in the setting's unit | the tighter one is |
| --- | --- | --- | --- |
"""

DOORS: Final = """
## Who may come in over HTTP

An address in `SERVER_HOST` that other machines reach needs `TRADECORE_HTTP_KEYS`, and either a certificate with its
key (`TRADECORE_TLS_CERT`, `TRADECORE_TLS_KEY`) or `TRADECORE_ALLOW_PLAIN_HTTP=true`, which is meant for a desk right
behind a proxy that speaks TLS. Without `TRADECORE_HTTP_KEYS` the key stands in `http.key` in `TRADECORE_HOME`. The
guide [A standing desk](../guides/standing-desk.md) tells the rest.

## Not read yet

Every setting is validated from now on, also those whose part of the desk is still to come: the broker's, those of other
services (`TRADECORE_PROMETHEUS_PORT` too: metrics are served on `SERVER_PORT`) and `DEBUG_MODE`. `demo` and `replay`
read the settings of the desk (home, strategies, limits) and those that tighten limits; `serve` and `mcp` read those of
confirmation, simulation and HTTP as well. Those of crypto are read by `crypto run`, `crypto report`, `serve --role` and
a desk with the toolset `crypto`; what goes with what:

- `REDIS_PASSWORD` needs `REDIS_URL`, and is not given beside an address that has a password in it.
- `CRYPTO_FEED=replay` needs `CRYPTO_RECORDING`.
- `CRYPTO_PROFILE_MS` is at most `CRYPTO_RETENTION_MINUTES`, and `CRYPTO_DOWN_MS` longer than `CRYPTO_FRESH_MS`.
"""

ENV_PREFACE: Final = """
# Every setting of tradecore with its default. Copied to .env as it is, this file changes nothing.
# An empty value counts as not given. The environment comes before this file.
# docs/reference/settings.md tells the rules.
"""


def settings_page() -> str:
    """Every setting with its names, default and meaning, and the rules between them."""
    lines = [PREFACE.strip()]
    for title, variables in sections():
        lines += ["", f"## {title}", "", "| setting | other names | default | value | meaning |"]
        lines += ["| --- | --- | --- | --- | --- |", *(_row(variable) for variable in variables)]
    lines += ["", RULES.strip(), *_ties(), "", DOORS.strip()]
    return "\n".join(lines) + "\n"


def env_example() -> str:
    """Every setting, commented, in the form of an env file."""
    lines = [ENV_PREFACE.strip()]
    for title, variables in sections():
        lines += ["", f"# == {title} =="]
        for variable in variables:
            lines += ["", *_comment(variable), f"{variable.name}={default_text(variable.default)}"]
    return "\n".join(lines) + "\n"


def default_text(value: Any) -> str:
    """A default as a user would write it; nothing for a setting that is not given."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(variable: Variable) -> str:
    default = default_text(variable.default)
    cells = (
        f"`{variable.name}`",
        ", ".join(f"`{name}`" for name in variable.names[1:]),
        f"`{default}`" if default else "",
        variable.expects,
        ("secret. " if variable.secret else "") + variable.meaning,
    )
    return f"| {' | '.join(cells)} |"


def _comment(variable: Variable) -> Iterator[str]:
    facts = [variable.meaning, f"Value: {variable.expects}."]
    if variable.secret:
        facts.append("Secret.")
    if variable.field in _SHIPPED:
        facts.append(f"Tightens the limits; shipped: {_SHIPPED[variable.field]}.")
    if len(variable.names) > 1:
        facts.append(f"Also: {', '.join(variable.names[1:])}.")
    yield from (f"# {line}" for line in textwrap.wrap(" ".join(facts), _WIDTH, break_on_hyphens=False))


def _ties() -> Iterator[str]:
    names = {variable.field: variable.name for _, variables in sections() for variable in variables}
    for tie in TIES:
        which = "longer" if tie.stricter is max else "shorter" if tie.limit.endswith("_s") else "lower"
        yield f"| `{names[tie.setting]}` | `{tie.limit}` | {_SHIPPED[tie.setting]} | the {which} |"


def _shipped() -> Mapping[str, str]:
    limits = load_limits("default")
    return {tie.setting: f"{(Decimal(getattr(limits, tie.limit)) / tie.times).normalize():f}" for tie in TIES}


_SHIPPED: Final = _shipped()
