"""What goes on as long as a desk lives: making durable, asking the broker, reconciling, watching."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from tradecore.desk.commands import NoteLoss, NoteProtection, WithdrawExcess
from tradecore.errors import DeskHalted, PortError
from tradecore.ports.journal import JournalHead
from tradecore.usecases.arming import watch_armed
from tradecore.usecases.asking_broker import ask_broker
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.kill_switch import engage
from tradecore.usecases.protecting import is_overdue
from tradecore.usecases.reconciling import reconcile
from tradecore.usecases.views import quotes_view

_ASK_EVERY: Final = timedelta(seconds=2)
_IDLE: Final = timedelta(seconds=15)
_RECONCILE_EVERY: Final = timedelta(seconds=60)
_UNTIL_IT_AGREES: Final = timedelta(seconds=5)
_LOSS_EVERY: Final = timedelta(seconds=5)
_GUARD_EVERY: Final = timedelta(seconds=2)
_ARMED_EVERY: Final = timedelta(seconds=2)
_DURABLE_EVERY: Final = timedelta(seconds=1)
_STOP_EVERY: Final = timedelta(seconds=1)


def keep(floor: TradingFloor) -> None:
    """Start all of it; it ends with the desk's timers."""
    floor.timers.beside(_again_and_again(floor, _KeepDurable(), lambda: _DURABLE_EVERY))
    floor.timers.beside(_again_and_again(floor, _ask, lambda: _ASK_EVERY if _is_busy(floor) else _IDLE))
    floor.timers.beside(_again_and_again(floor, _reconcile, lambda: _pause(floor)))
    floor.timers.beside(_again_and_again(floor, watch_loss, lambda: _LOSS_EVERY))
    floor.timers.beside(_again_and_again(floor, watch_protection, lambda: _GUARD_EVERY))
    floor.timers.beside(_again_and_again(floor, watch_armed, lambda: _ARMED_EVERY))
    floor.timers.beside(_again_and_again(floor, obey_stop_signal, lambda: _STOP_EVERY))


async def watch_loss(floor: TradingFloor) -> None:
    """Measure the day's loss three ways; tell the desk when the worst of them passed a step."""
    view = await quotes_view(floor, with_account=True)
    if floor.desk.loss_is_news(view):
        await decide(floor, NoteLoss(at=floor.clock.now(), view=view))


async def watch_protection(floor: TradingFloor) -> None:
    """See that everything opened with protection has it: watched on quotes that are fresh enough, or being closed."""
    unprotected = tuple(label for label in floor.desk.protected_groups if not _is_guarded(floor, label))
    text = "no quote to watch it by" if unprotected else ""
    if not unprotected:
        unprotected = tuple(group.label for group in floor.desk.open_groups if is_overdue(floor, group))
        text = "expires today and is still open when every exit should be done" if unprotected else ""
    if floor.desk.protection_is_news(unprotected, text):
        await decide(floor, NoteProtection(at=floor.clock.now(), unprotected=unprotected, reason=text))


async def obey_stop_signal(floor: TradingFloor) -> None:
    """Engage the kill switch when somebody asked for it from outside."""
    wish = floor.stop_signal.requested()
    if wish is not None:
        await engage(floor, "stop signal", flatten=wish.flatten, reason=wish.reason)


class _KeepDurable:
    """What is only buffered is on the device a second later."""

    def __init__(self) -> None:
        self._written: JournalHead | None = None

    async def __call__(self, floor: TradingFloor) -> None:
        if floor.halted:
            # Nothing can be sent any more, exits neither: whoever watches the desk has to know.
            raise DeskHalted(floor.halted)
        head = floor.journal.head
        if head != self._written:
            await floor.make_durable()
            self._written = head


def _is_guarded(floor: TradingFloor, label: str) -> bool:
    seconds = floor.desk.opening.limits.protected_within_s
    if seconds is None:
        return False
    now = floor.clock.now()
    seen = floor.guarded.setdefault(label, now)
    return now - seen <= timedelta(seconds=float(seconds))


async def _ask(floor: TradingFloor) -> None:
    await ask_broker(floor)
    if floor.desk.has_excess:
        await decide(floor, WithdrawExcess(at=floor.clock.now()))


async def _reconcile(floor: TradingFloor) -> None:
    try:
        await reconcile(floor)
    except (PortError, TimeoutError) as problem:
        floor.note("not_reconciled", why=str(problem)[:200])


def _is_busy(floor: TradingFloor) -> bool:
    return bool(floor.desk.open_groups) or bool(floor.desk.live_orders)


def _pause(floor: TradingFloor) -> timedelta:
    return _UNTIL_IT_AGREES if floor.desk.books_differ else _RECONCILE_EVERY


async def _again_and_again(
    floor: TradingFloor, work: Callable[[TradingFloor], Awaitable[None]], pause: Callable[[], timedelta]
) -> None:
    while True:
        await work(floor)
        seconds = floor.desk.opening.clock_rate
        await floor.timers.sleep_until(floor.clock.now() + pause() * float(seconds))
