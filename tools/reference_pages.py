"""Write what repeats the code: pages and JSON Schemas in docs/reference, and .env.example."""

import dis
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

import yaml
from tools.settings_pages import env_example, settings_page
from tools.tools_page import tools_page

from tradecore.microstructure.envelope import ENVELOPE_SCHEMA
from tradecore.microstructure.report_schema import REPORT_SCHEMA
from tradecore.model.order_lifecycle import TRANSITIONS, Step
from tradecore.model.orders import ENDED, OrderState
from tradecore.risk.gate import CHECKS
from tradecore.risk.limits import Limits

ROOT: Final = Path(__file__).parent.parent
HEADER: Final = "<!-- Generated; do not edit. Rewrite it with `uv run nox -s reference_pages`. -->\n"

STATES: Final[Mapping[OrderState, str]] = {
    OrderState.INITIALIZED: "made, not yet sent",
    OrderState.DENIED: "stopped by the desk; it never left",
    OrderState.EMULATED: "a stop or target that the desk watches itself; nothing is at the venue",
    OrderState.RELEASED: "an emulated order that is about to be sent",
    OrderState.SUBMITTED: "handed to the broker, no word yet",
    OrderState.UNKNOWN: "the hand-over failed half-way; it may be live",
    OrderState.ACCEPTED: "the venue has it",
    OrderState.TRIGGERED: "a stop order whose trigger was reached at the venue",
    OrderState.PENDING_UPDATE: "a change was asked for",
    OrderState.PENDING_CANCEL: "a cancellation was asked for",
    OrderState.PARTIALLY_FILLED: "some of it was executed",
    OrderState.FILLED: "all of it was executed",
    OrderState.CANCELED: "its rest was cancelled",
    OrderState.EXPIRED: "its time in force ended",
    OrderState.REJECTED: "the venue refused it",
}

OURS: Final[Mapping[Step, str]] = {
    Step.DENY: "keep it at home",
    Step.EMULATE: "watch it ourselves",
    Step.RELEASE: "send an emulated order",
    Step.SUBMIT: "hand it to the broker",
    Step.LOSE: "the hand-over's outcome is unknown",
    Step.ASK_UPDATE: "ask for a change",
    Step.ASK_CANCEL: "ask for its cancellation",
}

MEANINGS: Final[Mapping[str, str]] = {
    "max_daily_loss": "cap of the day's loss, worst case counted; the lower of this and the percentage holds",
    "max_daily_loss_pct": "the same, of equity at the start of the day",
    "max_weekly_loss": "cap of the week's realised loss and everything at risk",
    "max_drawdown_pct": "fall from the high-water mark at which opening ends",
    "per_trade_max_loss": "worst case of one order",
    "max_lotto_premium_per_day": "Most the lottos of one day cost together, fees included; a win gives nothing back.",
    "risk_per_trade": "budget that sizes an order which names neither `contracts` nor `risk_dollars`",
    "gap_stress_pct": "loss assumed for shares behind a resting broker stop; without such a stop it is 100",
    "max_heat_pct": "planned losses (at the stops) of everything open and of the order, of equity",
    "max_contracts_per_order": "option contracts in one order",
    "max_cheap_contracts_per_order": "the same, when the worst price is at most `cheap_option_price`",
    "cheap_option_price": "what counts as a cheap option, per share",
    "max_shares_per_order": "shares in one order",
    "max_order_cost": "cost or margin of one order",
    "max_position_pct": "capital in one underlying after the order, of equity",
    "max_open_groups": "groups open or being opened",
    "max_open_groups_per_strategy": "the same for one strategy",
    "delta_cap": "delta of one underlying after an opening order",
    "delta_cap_after_move": "the same after the underlying moved 1 % either way",
    "max_trades_per_day": "opening trades of a day",
    "max_trades_per_day_per_strategy": "the same for one strategy",
    "losses_before_pause": "losses in a row that start a pause",
    "loss_pause_minutes": "length of that pause",
    "losses_before_stop": "losses in a row that end the day",
    "reentry_minutes_after_stop": "wait of a strategy that was stopped out",
    "max_armed_plans": "Standing plans that may wait for their signal at once.",
    "armed_until": "New York time until which standing plans wait at most.",
    "max_opens_per_minute": "opening orders within 60 seconds",
    "max_repeated_executions": "openings of one strategy, underlying and direction after which it is stopped",
    "repeated_execution_minutes": "the time within which they count; the operator resumes the strategy",
    "duplicate_window_s": "wait before the same underlying, strategy and direction may be confirmed again",
    "band_ticks": "worst price of an opening order: mid ± the largest of this …",
    "band_spread_fraction": "… this share of the spread …",
    "band_pct": "… and this share of mid; never through the touch",
    "worst_price_is_touch": "instead of the band: the touch is first and worst price",
    "collar_enabled": "whether an opening price must be near mid",
    "collar_ticks": "how near: the larger of this …",
    "collar_pct": "… and this share of mid",
    "spread_check_enabled": "whether a wide market stops an opening order",
    "max_spread_ticks": "widest spread of one leg: the larger of this …",
    "max_spread_pct": "… and this share of mid",
    "max_combo_spread": "widest net spread of several legs: the larger of this …",
    "max_combo_spread_pct": "… and this share of the net price",
    "max_quote_age_s": "age of a leg's quote",
    "max_underlying_age_s": "age of the underlying's quote",
    "max_chain_age_s": "age of the chain the strike was chosen from",
    "open_buffer_minutes": "no opening order this soon after the open",
    "close_buffer_minutes": "no opening order this close to the close",
    "last_open": "last opening of a contract that expires today",
    "flat_from": "contracts that expire today are closed from here on",
    "flat_by": "when those exits should be done; what is open then is alerted",
    "half_day_last_open_minutes": "`last_open` on a half day, before its close",
    "half_day_flat_minutes": "`flat_from` on a half day, before its close",
    "allow_early_close": "whether same-day contracts may be opened on a half day at all",
    "event_blackout": "announcements; nothing is opened from 10 minutes before to 20 minutes after one",
    "confirmation_timeout_s": "life of a ticket; when it is missing a ticket is dead at birth",
    "approval_timeout_s": "time a person has from the moment a form or `tradecore approve` shows the order",
    "entry_steps": "prices an adaptive entry tries",
    "entry_step_s": "time at each of them",
    "exit_step_s": "time an exit waits at its first price",
    "exit_market_after_s": "an unfilled exit becomes a market order after this",
    "stop_confirmations": "sightings of a closing-side quote beyond the stop before it fires",
    "stop_confirmation_gap_s": "least time between the first and the last sighting",
    "wide_spread_wait_s": "longest wait for a narrower spread before a stop fires all the same",
    "protected_within_s": "longest time without protection before nothing more is opened",
}

UNITS: Final[Mapping[str, str]] = {
    "cheap_option_price": "$ per share",
    "band_spread_fraction": "fraction",
    "max_combo_spread": "$ per share",
    "delta_cap": "share-equivalents",
    "delta_cap_after_move": "share-equivalents",
    "max_opens_per_minute": "count",
    "max_repeated_executions": "count",
    "repeated_execution_minutes": "minutes",
    "loss_pause_minutes": "minutes",
    "reentry_minutes_after_stop": "minutes",
    "event_blackout": "list of `name`, `at`",
}

CURES: Final[Mapping[str, str]] = {"QUANTITY": "quantity", "PRICE": "price", "TIME": "time"}


def order_states() -> str:
    """The transition table, state by state."""
    lines = [
        HEADER,
        "# Order states\n",
        "The label is a view; the truth is the cumulative filled quantity. A fill that reaches an ended order is legal",
        "and late: it moves the position and raises an incident. An event that this table does not have is",
        "quarantined and raises an incident; nothing of it is applied. A bust or a correction is no step: it takes",
        "back or restates one execution and relabels the order by what is left.\n",
        "| state | meaning | ended | at the venue, as far as we know |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{state.name}` | {STATES[state]} | {_yes(state in ENDED)} | {_yes(_at_venue(state))} |"
            for state in OrderState
        ),
        "\n## Steps the desk takes\n",
        "| step | meaning |",
        "| --- | --- |",
        *(f"| `{step.value}` | {OURS[step]} |" for step in Step if step in OURS),
        "\nEvery other step is the venue's.\n",
        "## Transitions\n",
        "`(before)` is the state before the request.\n",
        "| from | step | to |",
        "| --- | --- | --- |",
        *_transitions(),
    ]
    return "\n".join(lines) + "\n"


def limits() -> str:
    """Every limit with its unit and the shipped values."""
    shipped = yaml.load(
        files("entrypoints").joinpath("risk_parameters.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
    )
    names = [field.name for field in fields(Limits) if field.name != "profile"]
    lines = [
        HEADER,
        "# Limits\n",
        "One file holds every shipped number: `src/entrypoints/risk_parameters.yaml`. How to use a file of your own is",
        "told in [Your own limits](../guides/limits.md). A dash in the column `recorded` means: as in `default`.\n",
        "| key | unit | default | recorded | meaning |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| `{name}` | {_unit(name)} | {_shown(shipped['default'][name])} | "
            f"{_shown(shipped['recorded'].get(name, '–'))} | {MEANINGS[name]} |"
            for name in names
        ),
        "\n## Keys in bar intervals\n",
        "A profile for recorded bars may give these instead of seconds. The interval is one minute.\n",
        "| key | recorded | becomes |",
        "| --- | --- | --- |",
        f"| `quote_age_intervals` | {shipped['recorded']['quote_age_intervals']} | "
        "`max_quote_age_s`, `max_underlying_age_s` and `max_chain_age_s`: this many intervals |",
        f"| `entry_step_intervals` | {shipped['recorded']['entry_step_intervals']} | "
        "`entry_step_s`: this many intervals and one second |",
        "\n## Fees\n",
        "| key | shipped |",
        "| --- | --- |",
        *(f"| `{name}` | {value} |" for name, value in shipped["fees"].items()),
    ]
    return "\n".join(lines) + "\n"


def checks() -> str:
    """Every check of the gate, in its order."""
    lines = [
        HEADER,
        "# Checks of the risk gate\n",
        "In the order in which they run. All of them run, also after the first that fails. The last column says which",
        "argument a [smallest change](../concepts/risk-gate.md#the-smallest-change) may alter; a dash means that none",
        "helps. The code of a check is the name in its `CheckResult`; `options_buying_power` reports as `buying_power`",
        "when the order has no option.\n",
        "| code | what it asks for or measures | limits it reads | cured by |",
        "| --- | --- | --- | --- |",
        *(_row(code, check) for code, check in CHECKS.items()),
        "\nOne more result can stand in a verdict: `sizing_budget` (the budget does not buy one unit).",
    ]
    return "\n".join(lines) + "\n"


GENERATORS: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/order-states.md": order_states,
    "docs/reference/limits.md": limits,
    "docs/reference/checks.md": checks,
    "docs/reference/settings.md": lambda: f"{HEADER}\n{settings_page()}",
    "docs/reference/tools.md": lambda: f"{HEADER}\n{tools_page()}",
    "docs/reference/market-report.schema.json": lambda: _json(REPORT_SCHEMA),
    "docs/reference/market-event.schema.json": lambda: _json(ENVELOPE_SCHEMA),
    ".env.example": env_example,
}


def main() -> None:
    """Write every file."""
    for name, generate in GENERATORS.items():
        (ROOT / name).write_text(generate(), encoding="utf-8")
        print(name)


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2) + "\n"


def _transitions() -> Iterator[str]:
    for state in OrderState:
        for step in Step:
            if step in TRANSITIONS[state]:
                target = TRANSITIONS[state][step]
                yield f"| `{state.name}` | {step.value} | {'(before)' if target is None else f'`{target.name}`'} |"


def _at_venue(state: OrderState) -> bool:
    return state not in ENDED and state not in (OrderState.INITIALIZED, OrderState.EMULATED, OrderState.RELEASED)


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _unit(name: str) -> str:
    endings = {"_pct": "%", "_s": "s", "_minutes": "minutes", "_ticks": "ticks", "_enabled": "true or false"}
    if name in UNITS:
        return UNITS[name]
    for ending, unit in endings.items():
        if name.endswith(ending):
            return unit
    hint = str(Limits.__annotations__[name])
    if "time" in hint:
        return "New York time"
    if "bool" in hint:
        return "true or false"
    return "count" if "int" in hint or "_per_order" in name else "$"


def _shown(value: Any) -> str:
    return "none" if value in ([], "") else str(value)


def _row(code: str, check: Any) -> str:
    return f"| `{code}` | {_first_sentence(check)} | {_limits_of(check)} | {_cures_of(check)} |"


def _first_sentence(check: Any) -> str:
    return " ".join((check.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


def _limits_of(check: FunctionType) -> str:
    used = _names_in(check)
    return ", ".join(f"`{field.name}`" for field in fields(Limits) if field.name in used and field.name != "profile")


def _cures_of(check: FunctionType) -> str:
    used = _names_in(check)
    return ", ".join(shown for name, shown in CURES.items() if name in used) or "–"


def _names_in(function: FunctionType, seen: frozenset[CodeType] = frozenset()) -> set[str]:
    """Names a function and the risk functions it calls refer to."""
    if function.__code__ in seen:
        return set()
    names = set(function.__code__.co_names)
    # An attribute may bear the name of another check; only what is loaded as a global is called.
    loaded = {found.argval for found in dis.get_instructions(function) if found.opname == "LOAD_GLOBAL"}
    for name in sorted(loaded):
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith("tradecore.risk."):
            names |= _names_in(called, seen | {function.__code__})
    return names


if __name__ == "__main__":
    main()
