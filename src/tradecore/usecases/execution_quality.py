"""How well an order was worked: what the market stood at when it was decided, what was paid, how long it took."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradecore.desk.groups import Group
from tradecore.model.market import MarketView
from tradecore.model.orders import Order, Role
from tradecore.model.terms import Leg, Side
from tradecore.risk.prices import net_quote
from tradecore.usecases.floor import Arrival, TradingFloor

_FOLLOWED_FOR: Final = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionQuality:
    """
    One entry or one closing, all its price steps together; prices are net, one unit.

    `slippage` is what was paid more (or received less) than `arrival_mid`, below zero a gain; `spread_fraction` its
    share of the spread at arrival, None where that was zero; `seconds` from the decision to the last fill.
    """

    arrival_mid: Decimal
    arrival_spread: Decimal
    average_price: Decimal
    filled_quantity: Decimal
    slippage: Decimal
    spread_fraction: Decimal | None
    seconds: Decimal
    steps: int


def note_arrival(
    floor: TradingFloor, group: Group, legs: tuple[Leg, ...], view: MarketView, at: datetime, *, leaving: bool
) -> None:
    """Remember where the market stood at the decision, and journal what came of it once that is over."""
    net = net_quote(legs, view)
    if net is None:
        return
    key = _key(group.label, leaving=leaving)
    floor.arrivals[key] = Arrival(mid=net.mid, spread=net.spread, at=at)
    floor.timers.beside(_follow(floor, group, leaving=leaving))


def quality_of(floor: TradingFloor, order: Order) -> ExecutionQuality | None:
    """The quality of the entry or closing that an order belongs to; None while nothing of it is filled or seen."""
    group = next((one for one in floor.desk.groups if one.label == order.group), None)
    return None if group is None else _quality(floor, group, leaving=order.role is not Role.ENTRY)


def _quality(floor: TradingFloor, group: Group, *, leaving: bool) -> ExecutionQuality | None:
    arrival = floor.arrivals.get(_key(group.label, leaving=leaving))
    every = [floor.desk.orders[order_id] for order_id in group.order_ids]
    sent = [o for o in every if (o.role is Role.ENTRY) is not leaving and o.sent_at is not None]
    mine = [o for o in sent if arrival is not None and o.created_at >= arrival.at]
    filled = [o for o in mine if o.cumulative_quantity and o.average_price is not None]
    units = sum((o.cumulative_quantity for o in filled), Decimal(0))
    if arrival is None or not units:
        return None
    average = sum((o.cumulative_quantity * (o.average_price or 0) for o in filled), Decimal(0)) / units
    selling = len(filled[0].legs) == 1 and filled[0].legs[0].side is Side.SELL
    slippage = arrival.mid - average if selling else average - arrival.mid
    last = max(fill.at for o in filled for fill in o.fills)
    return ExecutionQuality(
        arrival_mid=arrival.mid,
        arrival_spread=arrival.spread,
        average_price=average,
        filled_quantity=units,
        slippage=slippage,
        spread_fraction=(slippage / arrival.spread).quantize(Decimal("0.0001")) if arrival.spread else None,
        seconds=Decimal(str(round((last - arrival.at).total_seconds(), 3))),
        steps=len(mine),
    )


async def _follow(floor: TradingFloor, group: Group, *, leaving: bool) -> None:
    until = floor.clock.now() + _FOLLOWED_FOR
    while not _is_over(floor, group, leaving=leaving) and await floor.changed.wait(until):
        pass
    found = _quality(floor, group, leaving=leaving)
    if found is not None:
        floor.note(
            "execution",
            group=group.label,
            way="exit" if leaving else "entry",
            arrival_mid=str(found.arrival_mid),
            arrival_spread=str(found.arrival_spread),
            average_price=str(found.average_price),
            slippage=str(found.slippage),
            spread_fraction=None if found.spread_fraction is None else str(found.spread_fraction),
            seconds=str(found.seconds),
            steps=found.steps,
        )


def _is_over(floor: TradingFloor, group: Group, *, leaving: bool) -> bool:
    return floor.desk.exit_is_over(group.label) if leaving else not floor.desk.entry_is_running(group.intent_id)


def _key(label: str, *, leaving: bool) -> str:
    return f"{label}/{'exit' if leaving else 'entry'}"
