"""Strategy plug-ins: which are installed, which of them the owner allows, which of those load."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from entrypoints.settings import Settings, SettingsError
from tradecore.strategies.strategy import Strategy

_GROUP: Final = "tradecore.strategies"
_log = logging.getLogger(__name__)


def allowed_strategies(settings: Settings) -> Mapping[str, Strategy]:
    """
    Strategy plug-ins that are installed and allowed, by name.

    Raises:
        SettingsError: An allowed name is not installed, or is no strategy.
    """
    installed: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=_GROUP):
        installed.setdefault(point.name, []).append(point)
    found: dict[str, Strategy] = {}
    for name in settings.allowed_strategies:
        if name not in installed:
            known = ", ".join(sorted(installed)) or "none"
            raise SettingsError(f"TRADECORE_STRATEGIES: {name!r} is not installed; installed: {known}")
        strategy = _loaded(name, installed[name])
        if strategy is None:
            continue
        lacking = [part for part in ("propose", "Parameters", "summary") if not hasattr(strategy, part)]
        if lacking or getattr(strategy, "name", None) != name:
            raise SettingsError(f"TRADECORE_STRATEGIES: entry point {name!r} is not a strategy of that name")
        found[name] = strategy
    return found


def _loaded(name: str, points: Sequence[EntryPoint]) -> Any:
    """A strategy of an entry point; None, and one line to the log, where it does not load: the others stand."""
    if len({point.value for point in points}) > 1:
        _log.warning(
            "strategy %s is left out: installed twice, as %s", name, ", ".join(sorted(p.value for p in points))
        )
        return None
    try:
        return points[0].load()()
    except Exception as problem:  # noqa: BLE001 - somebody else's code; what guards positions must start all the same
        _log.warning("strategy %s is left out: %s does not load (%r)", name, points[0].value, problem)
        return None
