"""Taking an order in: whether the account may have it, what it takes of its means, and the order itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.margin import after, free_cash, holdings_of
from adapters.simulated.brokerage.orders import ZERO, Order, Prices, Status
from adapters.simulated.brokerage.permissions import check_option_orders, check_shares, check_wash
from adapters.simulated.brokerage.refusals import Refusal, forbidden, invalid, unprocessable
from adapters.simulated.brokerage.rules import check_multileg, check_ticket
from adapters.simulated.brokerage.tickets import LegTicket, Ticket
from tradecore.model.instruments import CryptoPair, Equity, Instrument, OptionContract, Right

_COIN_STEP: Final = Decimal("0.000000001")


def enter(books: Books, account: Account, ticket: Ticket) -> Order:
    """
    Take an order in; it works from `Books.arriving` on.

    Raises:
        Refusal: The account can't have it; nothing changed.
    """
    if account.configuration["suspend_trade"]:
        raise forbidden("new orders are rejected by user request")
    if ticket.client_order_id is not None and ticket.client_order_id in account.by_client_id:
        raise invalid("client_order_id must be unique")
    order = _multileg(books, account, ticket) if ticket.order_class == "mleg" else _single(books, account, ticket)
    books.add(account, order)
    books.arriving.append(order)
    return order


def _single(books: Books, account: Account, ticket: Ticket) -> Order:
    if ticket.legs:
        raise invalid("legs are only for mleg orders")
    instrument = tradable(books, ticket.symbol)
    check_ticket(ticket, instrument)
    qty = ticket.qty or _quantity_of(books, ticket, instrument)
    side = ticket.side or ""
    intent = ticket.intent or _intent(account, instrument, side)
    moves: dict[Instrument, Decimal] = {instrument: qty if side == "buy" else -qty}
    if isinstance(instrument, OptionContract):
        check_option_orders(
            books, account, {instrument: (moves[instrument], intent)}, multileg=False, type_=ticket.type
        )
    else:
        check_shares(account, instrument, moves[instrument], ticket)
    if ticket.order_class == "simple":
        check_wash(account, instrument, ticket)
    price = _price_to_pay(books, instrument, ticket)
    hold = ZERO if ticket.order_class == "oco" else means_taken(books, account, moves, qty * price, side, instrument)
    order = _order(books, account, ticket, instrument, side, qty, intent)
    order.hold = hold
    _hang_exits(books, account, ticket, order)
    return order


def _multileg(books: Books, account: Account, ticket: Ticket) -> Order:
    check_multileg(ticket)
    qty = ticket.qty or ZERO
    contracts = [_contract(books, leg) for leg in ticket.legs]
    if len({one.root for one in contracts}) != 1:
        raise unprocessable("mleg orders must have legs of the same underlying")
    sides = [leg.side or (leg.intent or "").split("_")[0] for leg in ticket.legs]
    moves: dict[Instrument, Decimal] = {}
    intents: dict[OptionContract, tuple[Decimal, str]] = {}
    for leg, contract, side in zip(ticket.legs, contracts, sides, strict=True):
        moves[contract] = qty * leg.ratio * (1 if side == "buy" else -1)
        intents[contract] = (moves[contract], leg.intent or _intent(account, contract, side))
    check_option_orders(books, account, intents, multileg=True, type_=ticket.type)
    net = ticket.limit if ticket.limit is not None else _net_touch(books, ticket, contracts, sides)
    hold = means_taken(books, account, moves, qty * net * 100, "buy", None)
    parent = _order(books, account, ticket, None, "", qty, None)
    parent.hold = hold
    parent.expires_at = books.session().closes
    for leg, contract, side in zip(ticket.legs, contracts, sides, strict=True):
        child = _order(books, account, ticket, contract, side, qty * leg.ratio, intents[contract][1], child=True)
        child.type, child.prices, child.ratio, child.parent = "", Prices(), leg.ratio, parent
        child.expires_at = parent.expires_at
        parent.legs.append(child)
    return parent


def means_taken(
    books: Books,
    account: Account,
    moves: Mapping[Instrument, Decimal],
    cost: Decimal,
    side: str,
    single: Instrument | None,
) -> Decimal:
    """
    The buying power an order takes while it is open; `cost` is what it pays, at its worst price, before its side.

    Raises:
        Refusal: It is more than the account has.
    """
    paid = (cost if side == "buy" else -cost) * (single.multiplier if single is not None else 1)
    fees = sum((books.fee(one, "buy" if qty > 0 else "sell", abs(qty)) for one, qty in moves.items()), ZERO)
    held = holdings_of(account)
    before = books.standing(account)
    then = free_cash(account.cash - paid - fees, after(held, moves), books.mark, before.multiplier)
    taken = max(before.free - then, ZERO)
    reduces = all(held.get(one, ZERO) * qty < 0 for one, qty in moves.items())
    if taken > before.excess and not (reduces and taken <= fees):
        raise _too_dear(moves, side, taken, before.excess, before.multiplier)
    return taken


def tradable(books: Books, symbol: str | None) -> Instrument:
    """
    The instrument an order names.

    Raises:
        Refusal: None is named, none has this symbol, or it has expired.
    """
    if symbol is None:
        raise invalid("symbol is required")
    found = books.listings.find(symbol)
    if found is None:
        raise unprocessable(f'asset "{symbol[:40]}" not found')
    if isinstance(found, OptionContract) and not books.listings.is_listed(found, books.now):
        raise unprocessable(f"asset {found.symbol} is not active")
    return found


def new_order(books: Books, account: Account, like: Order, **changes: object) -> Order:
    """An order of its own that hangs on or replaces another; `changes` are members that differ."""
    order = Order(
        id=books.draw_id(),
        client_order_id=books.draw_id(),
        account=account.id,
        instrument=like.instrument,
        side=like.side,
        qty=like.qty,
        notional=like.notional,
        type=like.type,
        time_in_force=like.time_in_force,
        prices=Prices(),
        order_class=like.order_class,
        created_at=books.now,
        arrival=books.next_arrival(),
        intent=like.intent,
        expires_at=like.expires_at,
    )
    for name, value in changes.items():
        setattr(order, name, value)
    return order


def _hang_exits(books: Books, account: Account, ticket: Ticket, order: Order) -> None:
    if ticket.order_class not in ("bracket", "oco", "oto"):
        return
    alone = ticket.order_class == "oco"
    side = order.side if alone else ("sell" if order.side == "buy" else "buy")
    status = Status.PENDING_NEW if alone else Status.HELD
    intent = f"{side}_to_close"
    if alone:
        # The parent of an oco is its own profit-taking leg.
        order.prices.limit = ticket.take_profit
    elif ticket.take_profit is not None:
        prices = Prices(limit=ticket.take_profit)
        leg = new_order(books, account, order, side=side, type="limit", prices=prices, status=status, intent=intent)
        leg.parent = order
        order.legs.append(leg)
    if ticket.stop_loss is not None:
        prices = Prices(stop=ticket.stop_loss, limit=ticket.stop_loss_limit)
        kind = "stop" if ticket.stop_loss_limit is None else "stop_limit"
        leg = new_order(books, account, order, side=side, type=kind, prices=prices, intent=intent, status=Status.HELD)
        leg.parent = order
        order.legs.append(leg)


def _order(
    books: Books,
    account: Account,
    ticket: Ticket,
    instrument: Instrument | None,
    side: str,
    qty: Decimal,
    intent: str | None,
    *,
    child: bool = False,
) -> Order:
    prices = Prices(
        limit=ticket.limit, stop=ticket.stop, trail_price=ticket.trail_price, trail_percent=ticket.trail_percent
    )
    order_id = books.draw_id()
    given = None if child else ticket.client_order_id
    return Order(
        id=order_id,
        client_order_id=given or books.draw_id(),
        account=account.id,
        instrument=instrument,
        side=side,
        qty=qty,
        notional=ticket.notional,
        type=ticket.type,
        time_in_force=ticket.time_in_force,
        prices=prices,
        order_class=ticket.order_class,
        created_at=books.now,
        arrival=books.next_arrival(),
        intent=intent,
        extended_hours=ticket.extended_hours,
        expires_at=books.session().closes,
    )


def _contract(books: Books, leg: LegTicket) -> OptionContract:
    found = tradable(books, leg.symbol)
    if not isinstance(found, OptionContract):
        raise unprocessable(f"mleg orders only support options: {leg.symbol}")
    return found


def _intent(account: Account, instrument: Instrument, side: str) -> str:
    held = account.held(instrument.symbol)
    closing = held < 0 if side == "buy" else held > 0
    return f"{side}_to_{'close' if closing else 'open'}"


def _quantity_of(books: Books, ticket: Ticket, instrument: Instrument) -> Decimal:
    mark = ticket.limit or books.mark(instrument)
    if not mark:
        raise unprocessable("there is no market to price the order by")
    return ((ticket.notional or ZERO) / mark).quantize(_COIN_STEP)


def _price_to_pay(books: Books, instrument: Instrument, ticket: Ticket) -> Decimal:
    known = ticket.limit if ticket.limit is not None else ticket.stop
    if known is not None:
        return known
    touch = books.touch(instrument)
    found = None if touch is None else (touch.ask if ticket.side == "buy" else touch.bid or ZERO)
    if found is None:
        raise unprocessable("there is no market to price the order by")
    return found


def _net_touch(books: Books, ticket: Ticket, contracts: list[OptionContract], sides: list[str]) -> Decimal:
    net = ZERO
    for leg, contract, side in zip(ticket.legs, contracts, sides, strict=True):
        touch = books.touch(contract)
        if touch is None or touch.ask is None:
            raise unprocessable("there is no market to price the order by")
        net += leg.ratio * (touch.ask if side == "buy" else -(touch.bid or ZERO))
    return net


def _too_dear(
    moves: Mapping[Instrument, Decimal], side: str, taken: Decimal, excess: Decimal, multiplier: int
) -> Refusal:
    free = max(excess, ZERO)
    if any(isinstance(one, OptionContract) for one in moves):
        shown = {"options_buying_power": f"{free:.2f}", "required": f"{taken:.2f}"}
        only = next(iter(moves)) if len(moves) == 1 and side == "sell" else None
        if isinstance(only, OptionContract) and only.right is Right.PUT:
            words = (
                f"insufficient options buying power for cash-secured put (required: {taken:.2f}, available: {free:.2f})"
            )
            return forbidden(words, **shown)
        return forbidden("insufficient options buying power", **shown)
    factor = multiplier if any(isinstance(one, Equity) for one in moves) else 1
    kinds = {isinstance(one, CryptoPair) for one in moves}
    symbol = next(iter(moves)).symbol
    if kinds == {True}:
        return forbidden(f"insufficient balance for USD (requested: {taken:.2f}, available: {free:.2f})", symbol="USD")
    return forbidden(
        "insufficient buying power",
        buying_power=f"{free * factor:.2f}",
        cost_basis=f"{taken * factor:.2f}",
        symbol=symbol,
    )
