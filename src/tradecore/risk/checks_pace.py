"""Checks of how much and how often: groups, trades, losses in a row, cool-downs, throttle, duplicates."""

from datetime import datetime, timedelta

from tradecore.model.sessions import exchange_time
from tradecore.risk.outcome import failed, judge, passed, require
from tradecore.risk.picture import RiskPicture
from tradecore.risk.verdict import CheckResult, Cure


def open_groups(p: RiskPicture) -> CheckResult:
    """Groups open or being opened, this one included."""
    limit = require(p.limits.max_open_groups, "max_open_groups")
    count = len(_labels(p)) + 1
    return judge(
        "open_groups", count <= limit, str(count), str(limit), lambda: f"{count - 1} groups are open; close one first"
    )


def groups_of_strategy(p: RiskPicture) -> CheckResult:
    """Groups of this strategy open or being opened, this one included."""
    limit = require(p.limits.max_open_groups_per_strategy, "max_open_groups_per_strategy")
    count = len(_labels(p, p.order.strategy)) + 1
    return judge(
        "open_groups_of_strategy",
        count <= limit,
        str(count),
        str(limit),
        lambda: f"{p.order.strategy} is open already; close it first",
    )


def trades_today(p: RiskPicture) -> CheckResult:
    """Opening trades of the day, this one included; orders that never filled are not trades."""
    limit = require(p.limits.max_trades_per_day, "max_trades_per_day")
    count = sum(p.exposure.trades_today.values()) + len(_unfilled(p)) + _adds_a_trade(p)
    return judge("trades_per_day", count <= limit, str(count), str(limit), lambda: "that is enough for one day")


def trades_of_strategy(p: RiskPicture) -> CheckResult:
    """Opening trades of this strategy today, this one included."""
    limit = require(p.limits.max_trades_per_day_per_strategy, "max_trades_per_day_per_strategy")
    before = p.exposure.trades_today.get(p.order.strategy, 0) + len(_unfilled(p, p.order.strategy))
    count = before + _adds_a_trade(p)
    return judge(
        "trades_per_day_of_strategy",
        count <= limit,
        str(count),
        str(limit),
        lambda: f"{p.order.strategy} has traded {before} times today",
    )


def losing_streak(p: RiskPicture) -> CheckResult:
    """Losses in a row: a pause after the first threshold, done for the day after the second."""
    name = "consecutive_losses"
    pause_at = require(p.limits.losses_before_pause, "losses_before_pause")
    stop_at = require(p.limits.losses_before_stop, "losses_before_stop")
    minutes = require(p.limits.loss_pause_minutes, "loss_pause_minutes")
    count = p.exposure.consecutive_losses
    if count >= stop_at:
        return failed(name, str(count), str(stop_at), f"{count} losses in a row: done for the day")
    if count >= pause_at and p.exposure.last_loss_at is not None:
        until = p.exposure.last_loss_at + timedelta(minutes=minutes)
        return _wait(name, p.now, until, f"{count} in a row", f"pause of {minutes} min after {pause_at}")
    return passed(name, str(count), f"{pause_at} pauses, {stop_at} ends the day")


def reentry(p: RiskPicture) -> CheckResult:
    """Time since this strategy was last stopped out."""
    minutes = require(p.limits.reentry_minutes_after_stop, "reentry_minutes_after_stop")
    stopped = p.exposure.last_stop_at.get(p.order.strategy)
    if stopped is None:
        return passed("reentry_cooldown", "not stopped", f"{minutes} min")
    until = stopped + timedelta(minutes=minutes)
    return _wait("reentry_cooldown", p.now, until, f"stopped {exchange_time(stopped)} ET", f"{minutes} min")


def throttle(p: RiskPicture) -> CheckResult:
    """Opening orders in the last 60 seconds, this one included."""
    limit = require(p.limits.max_opens_per_minute, "max_opens_per_minute")
    recent = [intent.at for intent in p.exposure.intents if p.now - intent.at < timedelta(seconds=60)]
    count = len(recent) + 1
    why = f"{count} opening orders within a minute"
    if count <= limit:
        return passed("open_throttle", str(count), str(limit))
    if limit < 1:
        return failed("open_throttle", str(count), str(limit), why)
    until = recent[-limit] + timedelta(seconds=60)
    return failed("open_throttle", str(count), str(limit), why, cure=Cure.TIME, passes_at=until)


def repeated_execution(p: RiskPicture) -> CheckResult:
    """The strategy was not stopped for opening the same again and again."""
    name = "repeated_execution"
    why = p.exposure.stopped_strategies.get(p.order.strategy)
    if why is None:
        return passed(name, "not stopped", "not stopped")
    return failed(name, "stopped", "not stopped", f"{why}; the operator resumes it")


def duplicate(p: RiskPicture) -> CheckResult:
    """The same intent (underlying, strategy, direction) was not confirmed moments ago, save what is replaced."""
    window = timedelta(seconds=float(require(p.limits.duplicate_window_s, "duplicate_window_s")))
    key = (p.order.underlying, p.order.strategy, p.direction)
    others = (i for i in p.exposure.intents if i.at != p.in_place_of)
    same = [i.at for i in others if (i.underlying, i.strategy, i.direction) == key]
    recent = [at for at in same if p.now - at < window]
    if not recent or p.order.group is not None:
        return passed("duplicate_intent", "none", f"none within {window.total_seconds():g} s")
    return _wait("duplicate_intent", p.now, recent[-1] + window, "same intent", f"{window.total_seconds():g} s apart")


def _wait(name: str, now: datetime, until: datetime, measured: str, limit: str) -> CheckResult:
    if now >= until:
        return passed(name, measured, limit)
    why = f"not before {exchange_time(until)} ET"
    return failed(name, measured, limit, why, cure=Cure.TIME, passes_at=until)


def _labels(p: RiskPicture, strategy: str | None = None) -> set[str]:
    items = [*((g.label, g.strategy) for g in p.exposure.groups), *((w.group, w.strategy) for w in p.exposure.working)]
    return {label for label, owner in items if strategy in (None, owner) and label != p.order.group}


def _unfilled(p: RiskPicture, strategy: str | None = None) -> set[str]:
    held = {group.label for group in p.exposure.groups}
    return {w.group for w in p.exposure.working if w.group not in held and strategy in (None, w.strategy)}


def _adds_a_trade(p: RiskPicture) -> int:
    # The next price step of an entry that is partly filled belongs to a trade that counts already.
    return 0 if any(group.label == p.order.group for group in p.exposure.groups) else 1
