"""What an account may trade: shorting, option levels, cover, quantities that are free, and no trade with itself."""

from collections.abc import Mapping
from decimal import Decimal

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.margin import after, holdings_of, uncovered
from adapters.simulated.brokerage.orders import ZERO, Order
from adapters.simulated.brokerage.refusals import Refusal, forbidden, unprocessable
from adapters.simulated.brokerage.tickets import Ticket
from tradecore.model.instruments import CryptoPair, Equity, Instrument, OptionContract, Right

Intents = Mapping[OptionContract, tuple[Decimal, str]]
_COMPLEX = ("bracket", "oto")


def check_option_orders(books: Books, account: Account, legs: Intents, *, multileg: bool, type_: str) -> None:
    """
    Hold signed quantities and intents of option legs against level, clock, positions and cover.

    Raises:
        Refusal: The account may not have them.
    """
    opening = [one for one, (_, intent) in legs.items() if intent.endswith("_to_open")]
    for contract, (signed, intent) in legs.items():
        _check_leg(account, contract, signed, intent)
    if opening:
        _check_level(account, legs, multileg=multileg)
    for contract in opening:
        if not books.may_open(contract):
            raise unprocessable(f"contract {contract.symbol} expires soon, unable to open new positions")
    if type_ == "market" and not books.is_open(None):
        raise unprocessable("options market orders are only allowed during market hours")
    _check_cover(account, {one: signed for one, (signed, _) in legs.items()}, multileg=multileg)


def check_shares(account: Account, instrument: Instrument, signed: Decimal, ticket: Ticket) -> None:
    """
    Hold a signed quantity of shares or coins against position, shorting rights and covered calls.

    Raises:
        Refusal: The account may not have it.
    """
    symbol = instrument.symbol
    held = account.held(symbol)
    if ticket.order_class == "oco" and held * signed >= 0:
        raise forbidden("oco orders must be exit orders")
    if ticket.order_class in _COMPLEX and held * signed < 0:
        raise unprocessable(f"{ticket.order_class} orders must be entry orders")
    if held * signed < 0:
        if account.available(symbol) < abs(signed):
            raise _insufficient(account, symbol, abs(signed))
        if isinstance(instrument, Equity):
            _check_cover(account, {instrument: signed}, multileg=False)
    elif signed < 0:
        _check_short(account, instrument, signed)
    _check_opposite_entries(account, instrument, signed, held)


def check_wash(account: Account, instrument: Instrument, ticket: Ticket) -> None:
    """
    Refuse an order that could trade with another of the same account.

    Raises:
        Refusal: It could.
    """
    for other in account.open.values():
        if other.instrument != instrument or other.side == ticket.side or other.root.is_multileg:
            continue
        if _could_meet(ticket, other):
            kind = "limit" if other.type == "limit" else "market/stop"
            raise forbidden(
                "potential wash trade detected. use complex orders",
                existing_order_id=other.id,
                reject_reason=f"opposite side {kind} order exists",
            )


def _could_meet(ticket: Ticket, other: Order) -> bool:
    mine, theirs = ticket.limit, other.prices.limit
    if mine is None or theirs is None or other.type != "limit" or ticket.type != "limit":
        # Of two exits on one side of the market neither is against the other, and a stop waits elsewhere.
        return "stop" not in ticket.type and "trailing" not in ticket.type and other.type in ("market", "limit")
    return mine >= theirs if ticket.side == "buy" else mine <= theirs


def _check_leg(account: Account, contract: OptionContract, signed: Decimal, intent: str) -> None:
    held = account.held(contract.symbol)
    if intent.endswith("_to_close"):
        if held * signed >= 0:
            raise forbidden(f"position intent mismatch, inferred: {intent.split('_')[0]}_to_open, specified: {intent}")
        if account.available(contract.symbol) < abs(signed):
            raise _insufficient(account, contract.symbol, abs(signed))
    elif held * signed < 0:
        raise forbidden(f"position intent mismatch, inferred: {intent.split('_')[0]}_to_close, specified: {intent}")


def _check_level(account: Account, legs: Intents, *, multileg: bool) -> None:
    level = min(3, int(account.configuration["max_options_trading_level"]))
    needed = 3 if multileg else (2 if next(iter(legs.values()))[0] > 0 else 1)
    if level < needed:
        raise forbidden(f"account not eligible to trade options at level {needed} (options_trading_level: {level})")


def _check_cover(account: Account, moves: Mapping[Instrument, Decimal], *, multileg: bool) -> None:
    held = holdings_of(account)
    then = after(held, moves)
    root = next(iter(moves)).underlying
    for right in Right:
        bare = uncovered(then, root, right) - uncovered(held, root, right)
        if bare <= 0 or (right is Right.PUT and not multileg):
            continue
        only = next(iter(moves))
        if multileg or isinstance(only, Equity) or held.get(only, ZERO) > 0:
            raise forbidden("account not eligible to trade uncovered option contracts")
        need, have = 100 * abs(moves[only]), max(held.get(Equity(root), ZERO), ZERO)
        words = f"insufficient underlying qty available for covered call (required: {need}, available: {have})"
        raise forbidden(words, available_qty=str(have), required_qty=str(need), symbol=only.symbol)


def _check_short(account: Account, instrument: Instrument, signed: Decimal) -> None:
    if isinstance(instrument, CryptoPair):
        base = instrument.base
        held = max(account.held(instrument.symbol), ZERO)
        words = f"insufficient balance for {base} (requested: {-signed}, available: {held})"
        raise forbidden(words, symbol=base)
    if account.configuration["no_shorting"]:
        raise forbidden("account is not allowed to short")
    if signed != int(signed):
        raise unprocessable("fractional orders cannot be sold short")


def _check_opposite_entries(account: Account, instrument: Instrument, signed: Decimal, held: Decimal) -> None:
    if held:
        return
    for other in account.open.values():
        if other.instrument != instrument or other.parent is not None or other.sign * signed > 0:
            continue
        if signed > 0:
            raise forbidden("cannot open a long buy while a short sell order is open")
        raise forbidden("cannot open a short sell while a long buy order is open")


def _insufficient(account: Account, symbol: str, wanted: Decimal) -> Refusal:
    free = account.available(symbol)
    related = [one.id for one in account.open.values() if one.symbol == symbol and one.sign * account.held(symbol) < 0]
    return forbidden(
        f"insufficient qty available for order (requested: {wanted}, available: {free})",
        available=str(free),
        existing_qty=str(abs(account.held(symbol))),
        held_for_orders=str(account.closing_quantity(symbol)),
        related_orders=related,
        symbol=symbol,
    )
