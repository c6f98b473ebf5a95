"""`tradecore demo`: a whole simulated 0-DTE session in seconds, with a scripted trader at the desk."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

import typer
from rich.console import Console

from entrypoints.cli.limits_told import limits_told
from entrypoints.cli.story import Story
from entrypoints.cli.summary import is_clean, print_json, print_report, summarise
from entrypoints.cli.terminal import Terminal
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import SettingsError, read_settings
from entrypoints.wiring import House, allowed_strategies, simulated_house
from tradecore.errors import DataMissing, InvalidRequest
from tradecore.model.sessions import Session, session_on
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.previewing import preview_close, preview_lift, preview_strategy, signal_of

DEMO_DAY: Final = date(2026, 11, 20)
_TRADER: Final = "local:demo"
_STRATEGIES: Final = ("orb_long_call", "orb_long_put")
_READS_FOR: Final = timedelta(seconds=8)
_TRIES: Final = 8
_TRIES_AGAIN_AFTER: Final = timedelta(seconds=35)
_MOST_SEED: Final = 2**32 - 1


def demo(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Another seed is another market.", min=0, max=_MOST_SEED)] = 1,
    account: Annotated[str | None, typer.Option(help="A name for the account; by default a fresh one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run a whole simulated 0-DTE session: previews, a guarded entry, its exit, a refusal, the kill switch, flat."""
    settings = read_settings(context.obj)
    missing = [name for name in _STRATEGIES if name not in allowed_strategies(settings)]
    if missing:
        raise SettingsError(f"TRADECORE_STRATEGIES: the demo trades {' and '.join(_STRATEGIES)}; add {missing[0]}")
    session = session_on(DEMO_DAY)
    if session is None:
        raise DataMissing(f"{DEMO_DAY} is no session")
    limits = limits_told(settings)
    house = simulated_house(settings, seed=seed, session=session, limits=limits, account=checked_account(account))
    console = Terminal(quiet=as_json)
    story = Story(console, house.floor.desk.opening)
    console.print(f"[bold]SIMULATED[/bold] session of {session.day}, seed {seed}: nothing here is real money.")
    recorder = SessionRecorder(None if as_json else story)
    run_house(house, DemoTrader(house, story), recorder)
    _finish(house, recorder, console, as_json)


def checked_account(name: str | None) -> str | None:
    """
    An account name that is safe as a directory.

    Raises:
        InvalidRequest: Empty, too long, or with characters other than letters, digits, - and _.
    """
    if name is not None and (not 0 < len(name) <= 40 or not name.replace("-", "").replace("_", "").isalnum()):
        raise InvalidRequest("--account takes up to 40 letters, digits, - and _")
    return name


class DemoTrader:
    """What a person with Claude would do in a day, one step after the other."""

    def __init__(self, house: House, story: Story) -> None:
        """Trade on this house's floor."""
        self._floor = house.floor
        self._session: Session = house.session
        self._story = story

    async def __call__(self, _: TradingFloor) -> None:
        """The day from before the bell's dust has settled to after the last exit."""
        await self._until(time(9, 31))
        await self._ask("orb_long_call", {})
        strategy = await self._first_breakout()
        await self._breakout_trade(strategy)
        await self._wait_until_flat(time(13, 30))
        await self._opinion_trade("orb_long_put" if strategy == "orb_long_call" else "orb_long_call")
        await self._emergency()

    async def _first_breakout(self) -> str:
        """The strategy whose signal comes first."""
        for minute in range(15, 121):
            await self._at(self._session.opens + timedelta(minutes=minute, milliseconds=500))
            for strategy in ("orb_long_call", "orb_long_put"):
                signal = await signal_of(self._floor, strategy)
                if signal is not None and signal.present:
                    self._say("signal", signal.why)
                    return strategy
        return "orb_long_call"

    async def _breakout_trade(self, strategy: str) -> None:
        greedy = await self._ask(strategy, {"contracts": "50", "note": "all in"})
        change = dict(greedy.alternative) if isinstance(greedy, RefusedAnswer) else {}
        wish: dict[str, object] = {"contracts": change["contracts"]} if "contracts" in change else {}
        await self._trade(strategy, wish)

    async def _opinion_trade(self, strategy: str) -> None:
        self._say("trader", "one more on a hunch, against the signal")
        await self._trade(strategy, {"risk_dollars": "120", "note": "a hunch"})

    async def _trade(self, strategy: str, wish: dict[str, object]) -> None:
        """Ask, read, confirm; and again half a minute later while the market runs away unfilled."""
        for _ in range(_TRIES):
            answer = await self._ask(strategy, wish)
            if isinstance(answer, RefusedAnswer) and answer.alternative:
                answer = await self._ask(strategy, dict(answer.alternative))
            if isinstance(answer, PreviewAnswer) and answer.previews[0].signal is not None:
                self._say("signal", answer.previews[0].signal.why)
            if await self._read_and_confirm(answer):
                return
            self._say("trader", "not filled; once more in a moment")
            await self._at(self._floor.clock.now() + _TRIES_AGAIN_AFTER)

    async def _emergency(self) -> None:
        await self._at(self._floor.clock.now() + timedelta(minutes=4))
        await kill_switch.engage(self._floor, _TRADER, flatten=False, reason="the risk officer calls")
        await self._ask("orb_long_call", {"contracts": "1"})
        flat = await preview_close(self._floor, _TRADER, None)
        if isinstance(flat, PreviewAnswer):
            await self._read_and_confirm(flat)
        await self._wait_until_flat(time(15, 0))
        lift = await preview_lift(self._floor, _TRADER)
        if isinstance(lift, PreviewAnswer):
            await self._read_and_confirm(lift)

    async def _ask(self, strategy: str, arguments: dict[str, object]) -> PreviewAnswer | RefusedAnswer:
        given = ", ".join(f"{name}={value}" for name, value in arguments.items())
        self._say("trader", f"{strategy}({given})")
        answer = await preview_strategy(self._floor, _TRADER, strategy, arguments)
        if isinstance(answer, RefusedAnswer) and answer.alternative != _told(answer):
            self._say("", answer.refusal.next_step)
        return answer

    async def _read_and_confirm(self, answer: PreviewAnswer | RefusedAnswer) -> bool:
        """Whether something filled."""
        if not isinstance(answer, PreviewAnswer):
            return False
        await self._at(self._floor.clock.now() + _READS_FOR)
        self._say("trader", "yes, do it")
        result = await confirm(self._floor, _TRADER, answer.confirm_token)
        if isinstance(result, PreviewAnswer):
            self._say("trader", "the market moved; yes to the fresh preview")
            result = await confirm(self._floor, _TRADER, result.confirm_token)
        if isinstance(result, ConfirmAnswer):
            for line in result.protection:
                self._say("protected", line)
        return isinstance(result, ConfirmAnswer) and result.filled_quantity > 0

    async def _wait_until_flat(self, latest: time) -> None:
        deadline = self._session.at(latest)
        while any(group.is_open for group in self._floor.desk.groups) and self._floor.clock.now() < deadline:
            await self._at(min(self._floor.clock.now() + timedelta(minutes=1), deadline))

    async def _until(self, clock_time: time) -> None:
        await self._at(self._session.at(clock_time))

    async def _at(self, at: datetime) -> None:
        await self._floor.timers.sleep_until(at)

    def _say(self, what: str, text: str) -> None:
        self._story.say(self._floor.clock.now(), what, text)


def _told(answer: RefusedAnswer) -> tuple[tuple[str, str], ...]:
    """The smallest change that the desk's own refusal already told."""
    preview = answer.refusal.preview
    return tuple((c.argument, c.value) for c in preview.verdict.smallest_change) if preview else ()


def _finish(house: House, recorder: SessionRecorder, console: Console, as_json: bool) -> None:
    summary = summarise(house, recorder)
    if as_json:
        print_json(summary)
    else:
        print_report(console, house, summary)
    raise typer.Exit(0 if is_clean(summary) else 1)
