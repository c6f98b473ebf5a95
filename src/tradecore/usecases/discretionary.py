"""Orders that a person asks for by hand: options of one to four legs, and shares. The same gate, the same ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tradecore.desk.decisions import Refused
from tradecore.errors import InvalidRequest, OffTick
from tradecore.model.instruments import Equity, OptionContract, Price, Right, exact_quantity, parse_instrument
from tradecore.model.orders import Role
from tradecore.model.plans import Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Limit, Side, legs_text
from tradecore.risk.worst_case import uncovered_leg
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.previewing import preview_proposal, with_alternative
from tradecore.usecases.views import fresh_view

OPTIONS: Final = "place_option_order"
SHARES: Final = "place_stock_order"
REPLACE: Final = "replace_order"
NO_SIGNAL: Final = Signal(present=False, why="asked for by hand; no strategy looked for a signal")
_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)
_COVERS_TRIED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOrder:
    """
    What is asked for: legs of one unit, how many units, and a price.

    Without `limit_price` the desk works the order from mid. For several legs the price is net: above zero a debit,
    below zero a credit. `stop_pct` and `target_pct` are percent of the premium paid or the credit received.
    """

    legs: tuple[Leg, ...]
    quantity: Decimal
    limit_price: Decimal | None = None
    stop_pct: Decimal | None = None
    target_pct: Decimal | None = None
    note: str = ""


def option_legs(rows: Sequence[tuple[str, str, int]]) -> tuple[Leg, ...]:
    """
    Legs from (symbol, side, ratio).

    Raises:
        InvalidRequest: No leg, or one that is no option or has no side or ratio.
    """
    if not rows:
        raise InvalidRequest("legs: at least one is needed, as {symbol, side, ratio}")
    legs = []
    for symbol, side, ratio in rows:
        contract = parse_instrument(symbol)
        if not isinstance(contract, OptionContract):
            raise InvalidRequest(f"legs: {symbol[:32]} is no option; use an OCC symbol like SPY261120C00674000")
        if side not in (Side.BUY, Side.SELL) or ratio < 1:
            raise InvalidRequest(f"legs: {symbol[:32]} needs a side (buy or sell) and a ratio of 1 or more")
        legs.append(Leg(contract, Side(side), ratio))
    return tuple(legs)


async def preview_options(
    floor: TradingFloor, principal: str, wish: HandOrder, arguments: tuple[tuple[str, str], ...]
) -> PreviewAnswer | RefusedAnswer:
    """Preview an option order of one to four legs."""
    _check(wish)
    held = _holder(floor, wish.legs)
    if held is not None:
        return _refused(floor, OPTIONS, held)
    proposal = _proposal(OPTIONS, "OPT", wish)
    answer = await preview_proposal(floor, principal, proposal, arguments)
    if isinstance(answer, RefusedAnswer) and not answer.alternative:
        return with_alternative(answer, await _covered(floor, proposal))
    return answer


async def _covered(floor: TradingFloor, proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """The nearest bought leg that would cover a sold one so that the order, worked from mid, passes."""
    naked, chain = uncovered_leg(proposal.legs), floor.board.chain(proposal.underlying)
    if naked is None or chain is None:
        return ()
    sold = next(leg for leg in proposal.legs if leg.instrument == naked)
    farther = 1 if naked.right is Right.CALL else -1
    away = [(farther * (one.strike - naked.strike), one) for one in chain.contracts if one.right is naked.right]
    nearest = [one for distance, one in sorted(away, key=lambda pair: pair[0]) if distance > 0][:_COVERS_TRIED]
    view = await fresh_view(floor, [*(leg.instrument for leg in proposal.legs), *nearest])
    for cover in nearest:
        whole = replace(proposal, legs=(*proposal.legs, Leg(cover, Side.BUY, sold.ratio)), terms=None)
        if floor.desk.consider(whole, view, floor.clock.now()).verdict.approved:
            return (("legs", f"the same and buy {sold.ratio} {cover.symbol}"),)
    return ()


async def preview_shares(
    floor: TradingFloor, principal: str, wish: HandOrder, arguments: tuple[tuple[str, str], ...]
) -> PreviewAnswer | RefusedAnswer:
    """Preview a purchase of shares; what is held is sold by closing it, and nothing is sold short."""
    _check(wish)
    leg = wish.legs[0]
    held = _holder(floor, wish.legs)
    if held is not None:
        return _refused(floor, SHARES, held)
    if leg.side is Side.SELL:
        why = f"no {leg.instrument.symbol} is held, and shares are not sold short here"
        step = f"buy {leg.instrument.symbol}, or a put on it"
        return _refused(floor, SHARES, Refused(code="NO_SHORT_SALES", message=why, next_step=step))
    return await preview_proposal(floor, principal, _proposal(SHARES, "STK", wish), arguments)


def one_share_leg(symbol: str, side: str) -> tuple[Leg, ...]:
    """
    The leg of an order for shares.

    Raises:
        InvalidRequest: Not a US ticker, or no side.
    """
    share = parse_instrument(symbol)
    if not isinstance(share, Equity):
        raise InvalidRequest(f"symbol: {symbol[:32]} is no US ticker; options go through {OPTIONS}")
    return (Leg(share, Side(side)),)


async def preview_replacement(
    floor: TradingFloor,
    principal: str,
    order_id: str,
    limit_price: Decimal | None,
    quantity: Decimal | None,
    arguments: tuple[tuple[str, str], ...],
) -> PreviewAnswer | RefusedAnswer:
    """
    Preview another price or size for a working entry of which nothing is filled; confirmed, it goes once that is gone.

    Raises:
        InvalidRequest: Neither a price nor a quantity is given.
    """
    if limit_price is None and quantity is None:
        raise InvalidRequest("give limit_price, quantity or both")
    order = floor.desk.orders.get(order_id)
    group = None if order is None else next((g for g in floor.desk.groups if g.label == order.group), None)
    if order is None or group is None or order.role is not Role.ENTRY or not order.may_be_at_venue:
        why, step = f"{order_id[:64]} is no working entry", "see get_recent_orders; exits are moved by closing"
        return _refused(floor, REPLACE, Refused(code="NOT_WORKING", message=why, next_step=step))
    if order.begun_quantity or group.is_open:
        why, step = f"part of {order_id} is filled", "cancel the rest, then order anew"
        return _refused(floor, REPLACE, Refused(code="PARTLY_FILLED", message=why, next_step=step))
    kept = order.terms.price if isinstance(order.terms, Limit) and not group.plan.adaptive else None
    wish = HandOrder(
        legs=group.plan.legs,
        quantity=group.plan.quantity if quantity is None else quantity,
        limit_price=kept if limit_price is None else limit_price,
        note=group.plan.note,
    )
    _check(wish)
    planned = _proposal(group.plan.strategy, group.plan.label, wish)
    reason = f"in place of {order_id}: {legs_text(wish.legs)}"
    proposal = replace(planned, protection=group.plan.protection, reason=reason, replaces=group.label)
    return await preview_proposal(floor, principal, proposal, arguments)


def _check(wish: HandOrder) -> None:
    exact_quantity(wish.legs[0].instrument, wish.quantity)
    for name, value, most in (("stop_pct", wish.stop_pct, 1000), ("target_pct", wish.target_pct, 10_000)):
        if value is not None and not 0 < value <= most:
            raise InvalidRequest(f"{name} must be in (0, {most}], not {value}")
    bought = len(wish.legs) == 1 and wish.legs[0].side is Side.BUY
    if bought and wish.stop_pct is not None and wish.stop_pct > _HUNDRED:
        raise InvalidRequest(f"stop_pct must be in (0, 100] of what is paid, not {wish.stop_pct}")
    price = wish.limit_price
    if len(wish.legs) > 1 and price is not None and price % _CENT:
        low = price // _CENT * _CENT
        raise OffTick(f"limit_price {price} is no whole cent; use {low} or {low + _CENT}")


def _proposal(strategy: str, label: str, wish: HandOrder) -> Proposal:
    exits = wish.stop_pct is not None or wish.target_pct is not None
    return Proposal(
        strategy=strategy,
        label=label,
        legs=wish.legs,
        size=SizeRequest(contracts=wish.quantity),
        protection=Protection(stop_pct=wish.stop_pct, target_pct=wish.target_pct, out_by=None) if exits else None,
        signal=NO_SIGNAL,
        reason=f"{legs_text(wish.legs)}, asked for by hand",
        note=wish.note,
        terms=None if wish.limit_price is None else Limit(Price(wish.limit_price)),
    )


def _holder(floor: TradingFloor, legs: tuple[Leg, ...]) -> Refused | None:
    """A refusal when a leg would give up what a group holds: that is closing, and the group has to know."""
    for group in floor.desk.open_groups:
        for held in group.holdings:
            for leg in legs:
                if leg.instrument == held.instrument and leg.side.sign * held.quantity < 0:
                    symbol = leg.instrument.symbol
                    why = f"{group.label} holds {held.quantity:f} {symbol}; this leg would net it"
                    step = f"close_position {group.label}, or another strike"
                    return Refused(code="LEG_HELD", message=why, next_step=step)
    return None


def _refused(floor: TradingFloor, strategy: str, refusal: Refused) -> RefusedAnswer:
    floor.refuse(refusal, strategy=strategy)
    return RefusedAnswer(status="refused", refusal=refusal)
