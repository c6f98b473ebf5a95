"""The last day of options: liquidation of what can't be carried, exercise, assignment, and what expires worthless."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books, liquidated_from
from adapters.simulated.brokerage.exits import after_end
from adapters.simulated.brokerage.margin import free_cash, holdings_of
from adapters.simulated.brokerage.matching import fill
from adapters.simulated.brokerage.orders import ZERO, Order, Prices, Status
from adapters.simulated.brokerage.refusals import forbidden, not_found, unprocessable
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.sessions import session_on

IN_THE_MONEY: Final = Decimal("0.01")


def liquidate_what_cannot_be_carried(books: Books, roots: Iterable[str]) -> None:
    """Close expiring options of these underlyings in every account whose means exercise and assignment would exceed."""
    for account in books.accounts.values():
        for root in roots:
            expiring = _expiring(books, account, root)
            if expiring and not _can_carry(books, account, expiring):
                for contract in sorted(expiring, key=lambda one: account.held(one.symbol)):
                    liquidate(books, account, contract)


def liquidate(books: Books, account: Account, contract: Instrument) -> Order | None:
    """Close a holding at the touch by an order of the broker's own; None without a holding or a price."""
    held = account.held(contract.symbol)
    touch = books.touch(contract)
    price = None if touch is None else (touch.bid if held > 0 else touch.ask)
    if not held or price is None:
        return None
    for order in list(account.open.values()):
        if order.symbol == contract.symbol and order.is_open:
            root = order.root if order.root.is_multileg else order
            books.end(root, Status.CANCELED)
            books.tell("canceled", root)
            after_end(books, root)
    order = _own_order(books, account, contract, "sell" if held > 0 else "buy", abs(held))
    fill(books, order, abs(held), price)
    return order


def settle_expired(books: Books) -> None:
    """At the close of the last day: exercise what is in the money, assign what was sold, drop the rest."""
    for account in books.accounts.values():
        for position in list(account.positions.values()):
            contract = position.instrument
            if isinstance(contract, OptionContract) and _has_expired(books, contract):
                _settle(books, account, contract)


def exercise(books: Books, account: Account, contract: Instrument) -> None:
    """
    Exercise a whole long position now.

    Raises:
        Refusal: It is no long option, it is held by orders, or the account can't carry the shares.
    """
    if not isinstance(contract, OptionContract):
        raise not_found("position does not exist")
    held = account.held(contract.symbol)
    if held <= 0:
        raise unprocessable("only long option positions can be exercised")
    if account.available(contract.symbol) < held:
        raise forbidden("insufficient qty available for exercise")
    if not _can_carry(books, account, [contract], always=True):
        raise forbidden("insufficient buying power to exercise")
    _exchange(books, account, contract, held, "OPEXC")


def assign(books: Books, account: Account, contract: OptionContract, quantity: Decimal) -> None:
    """Assign a part of a short position now, as whoever holds the other side may bring about on any day."""
    _exchange(books, account, contract, -min(quantity, -account.held(contract.symbol)), "OPASN")


def do_not_exercise(account: Account, contract: Instrument) -> None:
    """
    Let a long position expire whatever it is worth.

    Raises:
        Refusal: It is no long option.
    """
    if not isinstance(contract, OptionContract) or account.held(contract.symbol) <= 0:
        raise unprocessable("only long option positions can be left to expire")
    account.not_exercised.add(contract.symbol)


def _settle(books: Books, account: Account, contract: OptionContract) -> None:
    held = account.held(contract.symbol)
    worth = contract.intrinsic(_settlement(books, contract))
    kept = contract.symbol in account.not_exercised
    account.not_exercised.discard(contract.symbol)
    if worth < IN_THE_MONEY or (held > 0 and kept):
        _drop(books, account, contract, held, "OPEXP")
    else:
        _exchange(books, account, contract, held, "OPEXC" if held > 0 else "OPASN")


def _exchange(books: Books, account: Account, contract: OptionContract, held: Decimal, activity: str) -> None:
    shares = held * contract.multiplier * (1 if contract.right is Right.CALL else -1)
    _drop(books, account, contract, held, activity)
    account.move(Equity(contract.root), shares, contract.strike, ZERO)
    _note(books, account, "OPTRD", contract.root, shares, -shares * contract.strike, contract.strike)


def _drop(books: Books, account: Account, contract: OptionContract, held: Decimal, activity: str) -> None:
    account.move(contract, -held, ZERO, ZERO)
    _note(books, account, activity, contract.symbol, -held, ZERO, None)


def _note(
    books: Books, account: Account, kind: str, symbol: str, qty: Decimal, amount: Decimal, price: Decimal | None
) -> None:
    account.activities.append(
        {
            "activity_type": kind,
            "at": books.now,
            "number": len(account.activities),
            "symbol": symbol,
            "qty": qty,
            "net_amount": amount,
            "per_share_amount": price,
        }
    )


def _can_carry(books: Books, account: Account, contracts: list[OptionContract], *, always: bool = False) -> bool:
    held, cash = holdings_of(account), account.cash
    for contract in contracts:
        qty = held.pop(contract)
        spot = _settlement(books, contract)
        # A contract that is nearly in the money may be so at the close.
        near = contract.intrinsic(spot * (Decimal("1.005") if contract.right is Right.CALL else Decimal("0.995")))
        if always or near >= IN_THE_MONEY:
            shares = qty * contract.multiplier * (1 if contract.right is Right.CALL else -1)
            cash -= shares * contract.strike
            held[Equity(contract.root)] = held.get(Equity(contract.root), ZERO) + shares
    held = {one: qty for one, qty in held.items() if qty}
    return free_cash(cash, held, books.mark, books.standing(account).multiplier) >= 0


def _expiring(books: Books, account: Account, root: str) -> list[OptionContract]:
    options = [one.instrument for one in account.positions.values() if isinstance(one.instrument, OptionContract)]
    return [one for one in options if one.root == root and liquidated_from(one) <= books.now]


def _has_expired(books: Books, contract: OptionContract) -> bool:
    last = session_on(contract.expiry)
    return last is None or last.closes <= books.now


def _settlement(books: Books, contract: OptionContract) -> Decimal:
    trade = books.listings.tape(contract.root, books.now).trade(books.now)
    return books.mark(Equity(contract.root)) if trade is None else trade.price


def _own_order(books: Books, account: Account, contract: Instrument, side: str, qty: Decimal) -> Order:
    order = Order(
        id=books.draw_id(),
        client_order_id=f"liquidation-{books.draw_id()}",
        account=account.id,
        instrument=contract,
        side=side,
        qty=qty,
        notional=None,
        type="market",
        time_in_force="day",
        prices=Prices(),
        order_class="simple",
        created_at=books.now,
        arrival=books.next_arrival(),
        intent=f"{side}_to_close",
        status=Status.NEW,
    )
    books.add(account, order)
    books.tell("new", order)
    return order
