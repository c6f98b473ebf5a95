"""The watch over what is held: stops, targets and the clock's cut-off, whoever is connected or not."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from tradecore.desk.commands import AdjustProtection, ExitCause, TriggerExit
from tradecore.desk.decisions import Decision, Done
from tradecore.desk.groups import Group
from tradecore.errors import PortError
from tradecore.model.instruments import OptionContract
from tradecore.model.market import MarketView, QuoteBar
from tradecore.model.sessions import session_on, trading_day
from tradecore.model.terms import Side
from tradecore.ports.market_data import MarketStep
from tradecore.risk.expiry_clock import expiry_clock
from tradecore.risk.prices import most_spread, net_quote
from tradecore.usecases.asking_broker import find_missing_legs
from tradecore.usecases.desk_figures import Work
from tradecore.usecases.execution_quality import note_arrival
from tradecore.usecases.floor import TradingFloor, carry_out, decide, decided
from tradecore.usecases.managing import trailed
from tradecore.usecases.views import quotes_view
from tradecore.usecases.working import chase_exit


@dataclass(slots=True)
class _Watched:
    """What the watch remembers of a group: its cut-off, the quotes it saw last, the values seen beyond its stop."""

    cut_off: datetime | None
    looked_at: datetime | None = None
    below_since: datetime | None = None
    below_at: datetime | None = None
    seen: list[Decimal] = field(default_factory=list)

    def recover(self) -> None:
        """Forget that the stop was passed."""
        self.below_since = self.below_at = None
        self.seen.clear()

    def pass_stop(self, value: Decimal, at: datetime, gap: timedelta) -> timedelta:
        """Count a value beyond the stop if it is far enough from the one before it; how long it has been passed."""
        if self.below_since is None or self.below_at is None:
            self.below_since = self.below_at = at
            self.seen.append(value)
        elif at - self.below_at >= gap:
            self.below_at = at
            self.seen.append(value)
        return at - self.below_since


@dataclass(slots=True)
class ProtectionWatch:
    """
    Looks at every held group at each market step.

    A stop needs its closing-side quote beyond the level twice, as far apart by the quotes' own times as the limits say,
    and waits a little while the spread is too wide; a target fires at once. A bar that spans both is a stop.
    """

    floor: TradingFloor
    _watched: dict[str, _Watched] = field(default_factory=dict)

    async def look(self, step: MarketStep) -> None:
        """Fire what this step fires."""
        for group in self.floor.desk.open_groups:
            if group.closing is not None or group.has_expired(step.at):
                self._watched.pop(group.label, None)
                continue
            watched = self._watched.setdefault(group.label, _Watched(cut_off(self.floor, group, step.at)))
            due = watched.cut_off is not None and step.at >= watched.cut_off
            # What fills while everything is being flattened is closed as well, and what lost its cover.
            if due or self.floor.desk.is_flattening or self.floor.desk.is_left_uncovered(group):
                await self._fire(group, ExitCause.CUT_OFF, ())
            elif step.quote_bars and len(group.plan.legs) == 1:
                await self._look_at_bars(group, watched, step.quote_bars)
            elif step.quote_bars or step.quotes:
                await self._look_at_quotes(group, watched, step.at)

    async def _look_at_bars(self, group: Group, watched: _Watched, bars: tuple[QuoteBar, ...]) -> None:
        legs = group.closing_legs()
        bar = next((bar for bar in bars if bar.instrument == legs[0].instrument), None)
        side = None if bar is None else (bar.bid if legs[0].side is Side.SELL else bar.ask)
        if bar is None or side is None:
            return
        sign = 1 if legs[0].side is Side.SELL else -1
        worst, best = sorted((sign * side.low, sign * side.high))
        stop, target = group.exit_levels()
        if stop is not None and worst <= stop:
            watched.pass_stop(worst, bar.end, timedelta(0))
            if len(watched.seen) >= self._confirmations:
                await self._fire(group, ExitCause.STOP, tuple(watched.seen))
            return
        watched.recover()
        if target is not None and best >= target:
            await self._fire(group, ExitCause.TARGET, (best,))
        elif group.protection is not None and group.protection.trail is not None:
            await self._trail(group, sign * side.close, await quotes_view(self.floor))

    async def _trail(self, group: Group, value: Decimal, view: MarketView) -> None:
        """Let the stop follow; it only ever moves toward the market."""
        protection = group.protection
        moved = None if protection is None else trailed(group, protection, value)
        if moved is not None:
            now, why = self.floor.clock.now(), f"trails {value} by {moved.trail}"
            command = AdjustProtection(
                at=now, principal="desk", group=group.label, protection=moved, why=why, view=view
            )
            await decide(self.floor, command)

    async def _look_at_quotes(self, group: Group, watched: _Watched, now: datetime) -> None:
        quoted_at = await self._newest_quotes(group)
        if quoted_at is not None:
            self.floor.guarded[group.label] = quoted_at
        if quoted_at is None or quoted_at == watched.looked_at:
            await self._lose_patience(group, watched, now)
            return
        watched.looked_at = quoted_at
        symbols = [leg.instrument.symbol for leg in group.plan.legs]
        view = self.floor.board.view(symbols, {}, None, self.floor.underlying.symbol)
        value = group.closing_value(view)
        stop, target = group.exit_levels()
        if value is None:
            await self._lose_patience(group, watched, now)
            return
        if target is not None and value >= target:
            await self._fire(group, ExitCause.TARGET, (value,))
        elif stop is None or value > stop:
            watched.recover()
            await self._trail(group, value, view)
        else:
            await self._look_at_stop(group, watched, view, value, quoted_at)

    async def _lose_patience(self, group: Group, watched: _Watched, now: datetime) -> None:
        # A quote that passed the stop and then fell silent is not waited for: exits go at any age.
        if watched.below_since is not None and now - watched.below_since > self._patience:
            missing = max(self._confirmations - len(watched.seen), 0)
            await self._fire(group, ExitCause.STOP, (*watched.seen, *([watched.seen[-1]] * missing)))

    async def _look_at_stop(
        self,
        group: Group,
        watched: _Watched,
        view: MarketView,
        value: Decimal,
        quoted_at: datetime,
    ) -> None:
        gap = timedelta(seconds=float(self.floor.desk.opening.limits.stop_confirmation_gap_s or 0))
        lasting = watched.pass_stop(value, quoted_at, gap)
        if len(watched.seen) < self._confirmations:
            return
        if self._confirmations == 1 or lasting >= self._patience or not self._is_wide(group, view):
            await self._fire(group, ExitCause.STOP, tuple(watched.seen))

    @property
    def _confirmations(self) -> int:
        return self.floor.desk.opening.limits.stop_confirmations or 1

    @property
    def _patience(self) -> timedelta:
        return timedelta(seconds=float(self.floor.desk.opening.limits.wide_spread_wait_s or 0))

    def _is_wide(self, group: Group, view: MarketView) -> bool:
        limits = self.floor.desk.opening.limits
        legs = group.closing_legs()
        net = net_quote(legs, view)
        most = most_spread(legs, net, limits) if net is not None else None
        return net is None or most is None or net.spread > most

    async def _newest_quotes(self, group: Group) -> datetime | None:
        """Put the legs' newest quotes on the board; the time of the newest, None while a leg has none."""
        times = []
        for leg in group.plan.legs:
            try:
                quote = await self.floor.market.quote(leg.instrument)
            except PortError:
                return None
            if quote is None:
                return None
            self.floor.board.put_quote(quote)
            times.append(quote.at)
        return max(times)

    async def _fire(self, group: Group, cause: ExitCause, seen: tuple[Decimal, ...]) -> None:
        self._watched.pop(group.label, None)
        await find_missing_legs(self.floor)
        began = self.floor.clock.machine_seconds()
        view = await quotes_view(self.floor)
        now, legs = self.floor.clock.now(), group.closing_legs()
        command = TriggerExit(at=now, group=group.label, cause=cause, seen=seen, view=view)
        with self.floor.tracing.span(f"desk {type(command).__name__}"):
            decision = decided(self.floor, command)
            if isinstance(decision.outcome, Done) and decision.actions:
                note_arrival(self.floor, group, legs, view, now, leaving=True)
                # A broker that does not answer must not keep the watch from the other groups.
                self.floor.timers.beside(self._leave(command, decision, began))
            else:
                await carry_out(self.floor, command, decision)

    async def _leave(self, command: TriggerExit, decision: Decision, began: float) -> None:
        await carry_out(self.floor, command, decision)
        self.floor.figures.took(Work.TRIGGER_TO_EXIT, self.floor.clock.machine_seconds() - began)
        await chase_exit(self.floor, command.group)


def is_overdue(floor: TradingFloor, group: Group) -> bool:
    """Whether a group holds what expires today although the expiry clock wanted every exit done by now."""
    now = floor.clock.now()
    session = session_on(trading_day(now))
    clock = None if session is None else expiry_clock(session, floor.desk.opening.limits)
    expiring = any(
        isinstance(p.instrument, OptionContract) and p.instrument.expiry <= trading_day(now) for p in group.holdings
    )
    return clock is not None and expiring and now >= clock.flat_by


def cut_off(floor: TradingFloor, group: Group, now: datetime) -> datetime | None:
    """When a group is closed whatever its price: its own `out_by` or the expiry clock, whichever is first."""
    day = trading_day(now)
    session = session_on(day)
    if session is None:
        return None
    out_by: time | None = group.protection.out_by if group.protection else None
    times = [] if out_by is None else [session.at(out_by)]
    expiring = any(isinstance(i, OptionContract) and i.expiry <= day for i in group.plan.instruments)
    clock = expiry_clock(session, floor.desk.opening.limits) if expiring else None
    if clock is not None:
        times.append(clock.flat_from)
    return min(times, default=None)
