"""Named lists of symbols an account looks at."""

from typing import Any, Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.refusals import invalid, not_found, unprocessable

MOST_LISTS: Final = 200
_LONGEST_NAME: Final = 64


def find(account: Account, list_id: str) -> dict[str, Any]:
    """
    A list by its id.

    Raises:
        Refusal: There is none.
    """
    if list_id not in account.watchlists:
        raise not_found("watchlist not found")
    return account.watchlists[list_id]


def find_by_name(account: Account, name: str) -> dict[str, Any]:
    """
    A list by its name.

    Raises:
        Refusal: There is none.
    """
    for one in account.watchlists.values():
        if one["name"] == name:
            return one
    raise not_found("watchlist not found")


def keep(books: Books, account: Account, list_id: str | None, name: str, symbols: list[str]) -> dict[str, Any]:
    """
    Make a list, or change one.

    Raises:
        Refusal: The name is taken or no name, a symbol is unknown, or there are too many lists.
    """
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise invalid(f"name must have 1 to {_LONGEST_NAME} characters")
    if any(one["name"] == name and one["id"] != list_id for one in account.watchlists.values()):
        raise unprocessable("watchlist name must be unique")
    found = [books.listings.find(symbol) for symbol in symbols]
    if None in found:
        raise unprocessable(f'asset "{symbols[found.index(None)][:40]}" not found')
    if list_id is None and len(account.watchlists) >= MOST_LISTS:
        raise unprocessable(f"at most {MOST_LISTS} watchlists are allowed")
    kept = {} if list_id is None else find(account, list_id)
    if list_id is None:
        kept = {"id": books.draw_id(), "created_at": books.now}
    kept["name"], kept["updated_at"] = name, books.now
    kept["symbols"] = list(dict.fromkeys(one.symbol for one in found if one is not None))
    account.watchlists[kept["id"]] = kept
    return kept


def drop(account: Account, list_id: str) -> None:
    """
    Drop a list.

    Raises:
        Refusal: There is none.
    """
    find(account, list_id)
    del account.watchlists[list_id]
