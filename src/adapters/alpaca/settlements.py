"""
What expiry makes of options, from the account's activities: OPEXP, OPEXC, OPASN, and OPTRD for the shares.

Alpaca books them after the close, some the next morning, with a date and no time; the two halves of an exercise may
share their id. A contract leaves at zero, its shares come or go at the strike, which is what the cash of the activity
says (its `price` is the market's in Alpaca's own example).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from adapters.alpaca import fields
from adapters.alpaca.fields import Raw, UnreadableAnswer
from adapters.alpaca.orders import FOREIGN
from tradecore.model.events import Filled, Settlement
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.money import ZERO
from tradecore.model.sessions import session_on
from tradecore.model.terms import Side

KINDS: Final = ("OPEXP", "OPEXC", "OPASN", "OPTRD")
_SHARES: Final = "OPTRD"
_HOW: Final = {"OPEXP": Settlement.EXPIRED, "OPEXC": Settlement.EXERCISED, "OPASN": Settlement.ASSIGNED}


def read_settlements(rows: Sequence[Raw]) -> list[Filled]:
    """
    Activities of these kinds as executions of nobody's order, in their order, each at the close of its day.

    Raises:
        UnreadableAnswer: A field is missing or unknown; it is named.
    """
    exercised = {(_day(row), _contract(row).underlying) for row in rows if fields.text(row, "activity_type") == "OPEXC"}
    found = []
    for row in rows:
        instrument, kind = fields.instrument(row), fields.text(row, "activity_type")
        quantity = fields.decimal(row, "qty")
        if not quantity:
            continue
        if kind == _SHARES:
            how = Settlement.EXERCISED if (_day(row), instrument.symbol) in exercised else Settlement.ASSIGNED
            price = abs(fields.decimal(row, "net_amount") / quantity)
        elif kind in _HOW:
            how, price = _HOW[kind], ZERO.amount
        else:
            raise UnreadableAnswer(f"activity_type: {fields.shown(kind)} is no settlement")
        name = f"{fields.text(row, 'id')}:{kind}:{instrument.symbol}"
        found.append(
            Filled(
                client_order_id=f"{FOREIGN}{name}",
                at=_closes(_day(row)),
                exec_id=name,
                instrument=instrument,
                side=Side.BUY if quantity > 0 else Side.SELL,
                quantity=abs(quantity),
                price=price,
                fee=ZERO,
                settlement=how,
            )
        )
    return found


def _contract(row: Raw) -> OptionContract:
    found: Instrument = fields.instrument(row)
    if not isinstance(found, OptionContract):
        raise UnreadableAnswer(f"symbol: {fields.shown(found.symbol)} is no option")
    return found


def _day(row: Raw) -> date:
    written = fields.text(row, "date")
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        raise UnreadableAnswer(f"date: {fields.shown(written)} is no date") from None


def _closes(day: date) -> datetime:
    session = session_on(day)
    return datetime.combine(day, time(21), UTC) if session is None else session.closes
