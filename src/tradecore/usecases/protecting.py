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
class _Watched:
    """What the watch remembers of a group: its cut-off, the quotes it saw last, since when its stop is passed."""

    cut_off: datetime | None
    looked_at: datetime | None = None
    below_since: datetime | None = None
    first_below: Decimal | None = None


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
            if group.closing is not None:
                self._watched.pop(group.label, None)
                continue
            watched = self._watched.setdefault(group.label, _Watched(cut_off(self.floor, group, step.at)))
            if watched.cut_off is not None and step.at >= watched.cut_off:
                await self._fire(group, ExitCause.CUT_OFF, ())
            elif step.quote_bars and len(group.plan.legs) == 1:
                await self._look_at_bars(group, step.quote_bars)
            elif step.quote_bars or step.quotes:
                await self._look_at_quotes(group, watched, step.at)

    async def _look_at_bars(self, group: Group, bars: tuple[QuoteBar, ...]) -> None:
        legs = group.closing_legs()
        bar = next((bar for bar in bars if bar.instrument == legs[0].instrument), None)
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

    async def _look_at_quotes(self, group: Group, watched: _Watched, now: datetime) -> None:
        quoted_at = await self._newest_quotes(group)
        if quoted_at is None or quoted_at == watched.looked_at:
            await self._lose_patience(group, watched, now)
            return
        watched.looked_at = quoted_at
        symbols = [leg.instrument.symbol for leg in group.plan.legs]
        view = self.floor.board.view(symbols, {}, None, self.floor.underlying.symbol)
        value = group.closing_value(view)
        stop, target = group.exit_levels()
        if value is None:
            return
        if target is not None and value >= target:
            await self._fire(group, ExitCause.TARGET, (value,))
        elif stop is None or value > stop:
            watched.below_since = watched.first_below = None
        else:
            await self._look_at_stop(group, watched, view, value, quoted_at)

    async def _lose_patience(self, group: Group, watched: _Watched, now: datetime) -> None:
        # A quote that passed the stop and then fell silent is not waited for: exits go at any age.
        patience = timedelta(seconds=float(self.floor.desk.opening.limits.wide_spread_wait_s or 0))
        if watched.below_since is not None and watched.first_below is not None and now - watched.below_since > patience:
            await self._fire(group, ExitCause.STOP, (watched.first_below, watched.first_below))

    async def _look_at_stop(
        self,
        group: Group,
        watched: _Watched,
        view: MarketView,
        value: Decimal,
        quoted_at: datetime,
    ) -> None:
        if self.floor.desk.opening.limits.stop_confirmations == 1:
            await self._fire(group, ExitCause.STOP, (value,))
        elif watched.below_since is None or watched.first_below is None:
            watched.below_since, watched.first_below = quoted_at, value
        elif self._is_confirmed(group, view, quoted_at - watched.below_since):
            await self._fire(group, ExitCause.STOP, (watched.first_below, value))

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

    async def _newest_quotes(self, group: Group) -> datetime | None:
        """Put the legs' newest quotes on the board; the time of the newest, None while a leg has none."""
        times = []
        for leg in group.plan.legs:
            quote = await self.floor.market.quote(leg.instrument)
            if quote is None:
                return None
            self.floor.board.put_quote(quote)
            times.append(quote.at)
        return max(times)

    async def _fire(self, group: Group, cause: ExitCause, seen: tuple[Decimal, ...]) -> None:
        self._watched.pop(group.label, None)
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
