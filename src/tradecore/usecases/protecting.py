"""The watch over what is held: stops, targets and the clock's cut-off, whoever is connected or not."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from tradecore.desk.commands import ExitCause, TriggerExit
from tradecore.desk.decisions import Done
from tradecore.desk.groups import Group
from tradecore.model.instruments import OptionContract
from tradecore.model.market import MarketView, QuoteBar
from tradecore.model.sessions import session_on, trading_day
from tradecore.model.terms import Side
from tradecore.ports.market_data import MarketStep
from tradecore.risk.expiry_clock import expiry_clock
from tradecore.risk.prices import net_quote
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import fresh_view
from tradecore.usecases.working import chase_exit


@dataclass(slots=True)
class _Sighting:
    since: datetime
    value: Decimal


@dataclass(slots=True)
class ProtectionWatch:
    """
    Looks at every held group at each market step.

    A stop needs its closing-side price beyond the level as often and as far apart as the limits say, and waits a
    little while the spread is too wide; a target fires at once. A bar that spans both is a stop.
    """

    floor: TradingFloor
    _sightings: dict[str, _Sighting] = field(default_factory=dict)

    async def look(self, step: MarketStep) -> None:
        """Fire what this step fires."""
        for group in self.floor.desk.groups:
            if not group.is_open or group.closing is not None:
                self._sightings.pop(group.label, None)
                continue
            if self._is_cut_off(group, step.at):
                await self._fire(group, ExitCause.CUT_OFF, ())
                continue
            bars = {bar.instrument.symbol: bar for bar in step.quote_bars}
            if bars and len(group.plan.legs) == 1:
                await self._look_at_bars(group, bars)
            elif bars or step.quotes:
                await self._look_at_quotes(group, step.at)

    def _is_cut_off(self, group: Group, now: datetime) -> bool:
        due = cut_off(self.floor, group, now)
        return due is not None and now >= due

    async def _look_at_bars(self, group: Group, bars: dict[str, QuoteBar]) -> None:
        legs = group.closing_legs()
        bar = bars.get(legs[0].instrument.symbol)
        side = None if bar is None else (bar.bid if legs[0].side is Side.SELL else bar.ask)
        if side is None:
            return
        sign = 1 if legs[0].side is Side.SELL else -1
        worst, best = sorted((sign * side.low, sign * side.high))
        stop, target = group.exit_levels()
        if stop is not None and worst <= stop:
            await self._fire(group, ExitCause.STOP, (worst,))
        elif target is not None and best >= target:
            await self._fire(group, ExitCause.TARGET, (best,))

    async def _look_at_quotes(self, group: Group, now: datetime) -> None:
        view = await self._board_view(group)
        value = group.closing_value(view)
        stop, target = group.exit_levels()
        if value is None:
            return
        if target is not None and value >= target:
            await self._fire(group, ExitCause.TARGET, (value,))
            return
        if stop is None or value > stop:
            self._sightings.pop(group.label, None)
            return
        if self.floor.desk.opening.limits.stop_confirmations == 1:
            await self._fire(group, ExitCause.STOP, (value,))
            return
        first = self._sightings.setdefault(group.label, _Sighting(now, value))
        if self._is_confirmed(group, view, now - first.since):
            await self._fire(group, ExitCause.STOP, (first.value, value))

    def _is_confirmed(self, group: Group, view: MarketView, lasting: timedelta) -> bool:
        limits = self.floor.desk.opening.limits
        gap = timedelta(seconds=float(limits.stop_confirmation_gap_s or 0))
        patience = timedelta(seconds=float(limits.wide_spread_wait_s or 0))
        if lasting < gap:
            return False
        net = net_quote(group.closing_legs(), view)
        if net is None or limits.max_spread_ticks is None or limits.max_spread_pct is None:
            return lasting >= patience
        tick = group.plan.legs[0].instrument.tick(abs(net.mid))
        wide = net.spread > max(limits.max_spread_ticks * tick, limits.max_spread_pct * abs(net.mid) / 100)
        return not wide or lasting >= patience

    async def _board_view(self, group: Group) -> MarketView:
        for leg in group.plan.legs:
            quote = await self.floor.market.quote(leg.instrument)
            if quote is not None:
                self.floor.board.put_quote(quote)
        symbols = [leg.instrument.symbol for leg in group.plan.legs]
        return self.floor.board.view(symbols, {}, None, self.floor.underlying.symbol)

    async def _fire(self, group: Group, cause: ExitCause, seen: tuple[Decimal, ...]) -> None:
        self._sightings.pop(group.label, None)
        view = await fresh_view(self.floor, group.plan.instruments)
        now = self.floor.clock.now()
        decision = await decide(self.floor, TriggerExit(at=now, group=group.label, cause=cause, seen=seen, view=view))
        if isinstance(decision.outcome, Done) and decision.actions:
            self.floor.timers.beside(chase_exit(self.floor, group.label))


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
