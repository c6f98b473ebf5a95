"""The account, what it holds, and news on Alpaca's wire."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.alpaca import fields
from adapters.alpaca.fields import Raw, UnreadableAnswer
from tradecore.errors import UnknownInstrument
from tradecore.model.account import AccountSnapshot
from tradecore.model.instruments import Equity
from tradecore.model.money import Money
from tradecore.model.news import NewsItem
from tradecore.ports.broker import BrokerPosition

_LONGEST_HEADLINE: Final = 300
_LONGEST_SUMMARY: Final = 2_000
_BLOCKS: Final = ("account_blocked", "trading_blocked", "trade_suspended_by_user")


@dataclass(frozen=True, slots=True)
class AccountFlags:
    """
    What the account itself allows, set at Alpaca and never by us.

    `blocks` names the flags that keep it from trading; the levels run from 0 (none) to 3 (spreads), None where unknown.
    """

    number: str
    status: str
    blocks: tuple[str, ...]
    options_approved_level: int | None
    options_trading_level: int | None


def read_account(raw: Raw, at: datetime) -> AccountSnapshot:
    """
    Balances.

    Raises:
        UnreadableAnswer: A field is missing or no number, or the account is not in dollars.
    """
    currency = fields.optional_text(raw, "currency") or "USD"
    if currency != "USD":
        raise UnreadableAnswer(f"currency: {fields.shown(currency)} is not USD")
    buying_power = _money(raw, "buying_power")
    options = fields.optional_decimal(raw, "options_buying_power")
    return AccountSnapshot(
        account=fields.text(raw, "account_number"),
        at=at,
        cash=_money(raw, "cash"),
        equity=_money(raw, "equity"),
        buying_power=buying_power,
        options_buying_power=buying_power if options is None else Money(options),
    )


def read_flags(account: Raw) -> AccountFlags:
    """
    The account's own brakes.

    Raises:
        UnreadableAnswer: A field is missing or no number.
    """
    return AccountFlags(
        number=fields.text(account, "account_number"),
        status=fields.text(account, "status"),
        blocks=tuple(name for name in _BLOCKS if account.get(name) not in (False, None)),
        options_approved_level=_level(account, "options_approved_level"),
        options_trading_level=_level(account, "options_trading_level"),
    )


def _level(raw: Raw, name: str) -> int | None:
    level = fields.optional_decimal(raw, name)
    return None if level is None else int(level)


def _money(raw: Raw, name: str) -> Money:
    return Money(fields.decimal(raw, name))


def read_position(raw: Raw) -> BrokerPosition:
    """
    One holding; a short one is negative, whether its quantity is written with a sign or only its side says so.

    Raises:
        UnreadableAnswer: A field is missing or unknown; it is named.
    """
    quantity = fields.decimal(raw, "qty")
    side = fields.text(raw, "side")
    if side not in ("long", "short"):
        raise UnreadableAnswer(f"side: {fields.shown(side)} is neither long nor short")
    signed = -abs(quantity) if side == "short" else quantity
    return BrokerPosition(instrument=fields.instrument(raw), quantity=signed)


def read_news(raw: Raw) -> NewsItem:
    """
    One piece of news; its words are other people's, cut to a bounded length.

    Raises:
        UnreadableAnswer: Its id, time or headline is missing.
    """
    number = raw.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str):
        raise UnreadableAnswer(f"id: {fields.shown(number)} names no news")
    return NewsItem(
        item_id=str(number),
        at=fields.moment(raw, "created_at"),
        headline=_words(fields.text(raw, "headline"), _LONGEST_HEADLINE),
        summary=_words(fields.optional_text(raw, "summary") or "", _LONGEST_SUMMARY),
        symbols=tuple(_tickers(raw)),
        source=fields.optional_text(raw, "source") or "unknown",
    )


def _tickers(raw: Raw) -> list[str]:
    found = []
    for symbol in raw.get("symbols") or ():
        try:
            found.append(Equity(symbol).symbol)
        except (UnknownInstrument, TypeError):
            continue
    return found


def _words(text: str, most: int) -> str:
    return "".join(character for character in text if character.isprintable() or character == " ")[:most]
