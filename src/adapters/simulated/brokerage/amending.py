"""Taking orders back, replacing them, and closing positions."""

from decimal import Decimal
from typing import Any

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.entry import enter, means_taken, new_order
from adapters.simulated.brokerage.exits import after_end
from adapters.simulated.brokerage.listings import asset_id
from adapters.simulated.brokerage.matching import activate, fill_now
from adapters.simulated.brokerage.orders import OPEN, WORKING, ZERO, Order, Prices, Status
from adapters.simulated.brokerage.refusals import Refusal, forbidden, invalid, not_found, unprocessable
from adapters.simulated.brokerage.rules import check_increment
from adapters.simulated.brokerage.tickets import Ticket, client_order_id, number
from tradecore.model.instruments import Instrument, OptionContract


def cancel(books: Books, account: Account, order_id: str) -> Order:
    """
    Take the rest of an order back, with what hangs on it.

    Raises:
        Refusal: There is no such order, or it has ended.
    """
    order = _cancelable(books, account, order_id)
    books.end(order, Status.CANCELED)
    books.tell("canceled", order)
    after_end(books, order)
    return order


def cancel_too_late(books: Books, account: Account, order_id: str) -> Order:
    """
    Fill the rest of an order that its owner takes back, at its limit or the touch; without a price it is canceled.

    Raises:
        Refusal: There is no such order, or it has ended.
    """
    order = _cancelable(books, account, order_id)
    if order.status not in WORKING or not fill_now(books, order):
        return cancel(books, account, order_id)
    return order


def cancel_all(books: Books, account: Account) -> list[Order]:
    """Take every open order back; those that were open, oldest first."""
    found = [one for one in account.open.values() if one.parent is None or not one.parent.is_multileg]
    for order in sorted(found, key=lambda one: one.arrival):
        if order.status in OPEN:
            cancel(books, account, order.id)
    return found


def replace(books: Books, account: Account, order_id: str, body: dict[str, Any]) -> Order:
    """
    Put a new order in the place of an open one; its quantity is what the new one shall fill beyond what the old did.

    Raises:
        Refusal: The old one can't be replaced, or the account can't have the new one; nothing changed.
    """
    old = books.find_order(account, order_id)
    _check_replaceable(old)
    changes = _changes(account, old, body)
    qty = changes.pop("qty")
    hold = old.hold
    old.hold = ZERO
    try:
        taken = _hold_of(books, account, old, changes["prices"], qty)
    except Refusal:
        old.hold = hold
        raise
    order = new_order(books, account, old, qty=qty, replaces=old.id, hold=taken, **changes)
    order.parent, order.extended_hours, order.triggered = old.parent, old.extended_hours, False
    order.legs = _moved_legs(books, account, old, order)
    books.end(old, Status.REPLACED)
    old.replaced_by = order.id
    if old.parent is not None:
        old.parent.legs = [order if one is old else one for one in old.parent.legs]
    books.add(account, order)
    order.status = Status.HELD if old.status is Status.HELD else order.status
    books.tell("replaced", old)
    books.arriving.append(order)
    return order


def close(books: Books, account: Account, symbol: str, qty: Decimal | None, percentage: Decimal | None) -> Order:
    """
    Enter a market order that closes a position, or this much of it.

    Raises:
        Refusal: There is no such position, or orders hold it.
    """
    position = find_position(books, account, symbol)
    held = abs(position_qty := account.held(position.symbol))
    wanted = held if qty is None and percentage is None else _part(held, qty, percentage, position)
    if wanted > held:
        raise unprocessable(f"requested qty {wanted} exceeds position qty {held}")
    return enter(books, account, _closing_ticket(position, "sell" if position_qty > 0 else "buy", wanted))


def close_all(books: Books, account: Account) -> list[tuple[str, Order | Refusal]]:
    """Close every position, short options first so that none is left without cover."""
    found: list[tuple[str, Order | Refusal]] = []
    for position in sorted(account.positions.values(), key=lambda one: (one.qty > 0, one.instrument.symbol)):
        symbol = position.instrument.symbol
        try:
            found.append((symbol, close(books, account, symbol, None, None)))
            # What covers a short option can go once that is closed.
            activate(books)
        except Refusal as refusal:
            found.append((symbol, refusal))
    return found


def find_position(books: Books, account: Account, symbol: str) -> Instrument:
    """
    The instrument of a position, by symbol or asset id.

    Raises:
        Refusal: There is no such position.
    """
    instrument = books.listings.find(symbol)
    for position in account.positions.values():
        if position.instrument == instrument or asset_id(position.instrument.symbol) == symbol:
            return position.instrument
    raise not_found("position does not exist")


def _cancelable(books: Books, account: Account, order_id: str) -> Order:
    order = books.find_order(account, order_id)
    if order.parent is not None and order.parent.is_multileg:
        raise unprocessable("legs of an mleg order can't be canceled by themselves")
    if not order.is_open:
        raise unprocessable(f'order is already in "{order.status.value}" state')
    return order


def _part(held: Decimal, qty: Decimal | None, percentage: Decimal | None, instrument: Instrument) -> Decimal:
    if qty is not None and percentage is not None:
        raise unprocessable("only one of qty or percentage is allowed")
    if qty is not None:
        if qty <= 0:
            raise unprocessable("qty must be > 0")
        return qty
    share = percentage or ZERO
    if not 0 < share <= 100:
        raise unprocessable("percentage must be between 0 and 100")
    part = held * share / 100
    whole = int(part) if isinstance(instrument, OptionContract) else part.quantize(Decimal("0.000000001"))
    if not whole:
        raise unprocessable("percentage is too small for this position")
    return Decimal(whole).normalize() + 0


def _closing_ticket(instrument: Instrument, side: str, qty: Decimal) -> Ticket:
    return Ticket(
        symbol=instrument.symbol,
        side=side,
        type="market",
        time_in_force="gtc" if "/" in instrument.symbol else "day",
        order_class="simple",
        client_order_id=None,
        qty=qty,
        notional=None,
        limit=None,
        stop=None,
        trail_price=None,
        trail_percent=None,
        extended_hours=False,
        intent=f"{side}_to_close" if isinstance(instrument, OptionContract) else None,
        take_profit=None,
        stop_loss=None,
        stop_loss_limit=None,
        legs=(),
    )


def _check_replaceable(old: Order) -> None:
    if old.parent is not None and old.parent.is_multileg:
        raise unprocessable("legs of an mleg order can't be replaced by themselves")
    if not old.is_open:
        raise unprocessable(f'order is already in "{old.status.value}" state')
    if old.type == "market":
        raise unprocessable("market orders can't be replaced")


def _changes(account: Account, old: Order, body: dict[str, Any]) -> dict[str, Any]:
    prices = Prices(
        limit=old.prices.limit,
        stop=old.prices.stop,
        trail_price=old.prices.trail_price,
        trail_percent=old.prices.trail_percent,
        water_mark=old.prices.water_mark,
    )
    changes: dict[str, Any] = {"prices": prices, "qty": old.leaves}
    _read_prices(old, prices, body)
    qty = number(body, "qty")
    if qty is not None:
        if qty <= old.filled or qty != int(qty):
            raise unprocessable("qty must be a whole number greater than filled_qty")
        changes["qty"] = qty - old.filled
    given = client_order_id(body)
    if given is not None:
        if given in account.by_client_id:
            raise invalid("client_order_id must be unique")
        changes["client_order_id"] = given
    time_in_force = body.get("time_in_force")
    if time_in_force not in (None, "", old.time_in_force):
        if old.asset_class != "us_equity" or time_in_force not in ("day", "gtc", "ioc", "fok"):
            raise unprocessable("invalid time_in_force for replacement")
        changes["time_in_force"] = time_in_force
    return changes


def _read_prices(old: Order, prices: Prices, body: dict[str, Any]) -> None:
    limit, stop, trail = number(body, "limit_price"), number(body, "stop_price"), number(body, "trail")
    if limit is not None and prices.limit is None:
        raise unprocessable(f"{old.type} orders must not have limit_price")
    if stop is not None and (prices.stop is None or old.type == "trailing_stop"):
        raise unprocessable(f"{old.type} orders must not have stop_price")
    if trail is not None and old.type != "trailing_stop":
        raise unprocessable("trail is only for trailing_stop orders")
    _check_new_prices(old, {"limit_price": limit, "stop_price": stop, "trail": trail})
    prices.limit = prices.limit if limit is None else limit
    prices.stop = prices.stop if stop is None else stop
    if trail is not None:
        setattr(prices, "trail_price" if prices.trail_price is not None else "trail_percent", trail)


def _check_new_prices(old: Order, given: dict[str, Decimal | None]) -> None:
    for name, price in given.items():
        if price is not None and price <= 0 and not old.is_multileg:
            raise unprocessable(f"{name} must be > 0")
        if old.instrument is not None and name != "trail":
            check_increment(old.instrument, name, price)


def _hold_of(books: Books, account: Account, old: Order, prices: Prices, qty: Decimal) -> Decimal:
    if old.parent is not None or old.order_class == "oco":
        return ZERO
    if old.instrument is None:
        moves: dict[Instrument, Decimal] = {
            leg.instrument: leg.sign * qty * leg.ratio for leg in old.legs if leg.instrument is not None
        }
        return means_taken(books, account, moves, qty * (prices.limit or ZERO) * 100, "buy", None)
    if old.sign * account.held(old.symbol) < 0:
        more = qty - old.leaves
        if more > account.available(old.symbol):
            raise forbidden(
                f"insufficient qty available for order (requested: {qty}, available: {account.available(old.symbol)})"
            )
    price = prices.limit or prices.stop or books.mark(old.instrument)
    return means_taken(books, account, {old.instrument: old.sign * qty}, qty * price, old.side, old.instrument)


def _moved_legs(books: Books, account: Account, old: Order, order: Order) -> list[Order]:
    if not old.is_multileg:
        for leg in old.legs:
            leg.parent = order
            leg.qty = order.qty
        return list(old.legs)
    legs = []
    for leg in old.legs:
        moved = new_order(books, account, leg, qty=(order.qty or ZERO) * leg.ratio, ratio=leg.ratio, type="")
        moved.parent, moved.replaces = order, leg.id
        legs.append(moved)
    return legs
