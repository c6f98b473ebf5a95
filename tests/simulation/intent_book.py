"""What each intent holds by the venue's own tape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tradecore.model.events import Filled

_NONE: Final = Decimal(0)


@dataclass(slots=True)
class Holding:
    """So many of one contract, and what was paid for them."""

    quantity: Decimal = _NONE
    cost: Decimal = _NONE


class IntentBook:
    """Average cost, one book per intent: groups of the same contract do not net against each other."""

    def __init__(self) -> None:
        self.realised = _NONE
        self.moved_by_others: set[str] = set()
        self._held: dict[str, dict[str, Holding]] = {}

    def held(self, intent: str) -> Mapping[str, Holding]:
        """What an intent holds, by symbol; what is flat may be among it."""
        return self._held.get(intent, {})

    def holders(self, symbol: str) -> list[str]:
        """Intents that hold this contract."""
        return [intent for intent, held in self._held.items() if symbol in held and held[symbol].quantity]

    def book(self, fill: Filled) -> bool:
        """
        Book a fill; whether it only made a holding of the other side smaller.

        What somebody else sold or bought back comes out of the holdings there are, oldest first.
        """
        rest = fill
        if not fill.client_order_id.startswith("tc-"):
            for intent in self.holders(fill.instrument.symbol):
                quantity = self._held[intent][fill.instrument.symbol].quantity
                if rest.quantity and quantity * fill.side.sign < 0:
                    part = min(rest.quantity, abs(quantity))
                    self._book(intent, replace(fill, quantity=part))
                    self.moved_by_others.add(intent)
                    rest = replace(rest, quantity=rest.quantity - part)
        return not rest.quantity or self._book(intent_of(fill.client_order_id), rest)

    def _book(self, intent: str, fill: Filled) -> bool:
        of_intent = self._held.setdefault(intent, {})
        held = of_intent.setdefault(fill.instrument.symbol, Holding())
        signed = fill.side.sign * fill.quantity
        reduces = held.quantity * signed < 0 and abs(signed) <= abs(held.quantity)
        if held.quantity * signed >= 0:
            held.cost += signed * fill.price
        else:
            closing = min(abs(signed), abs(held.quantity)) * (1 if signed > 0 else -1)
            average = held.cost / held.quantity
            self.realised += -closing * (fill.price - average) * fill.instrument.multiplier
            held.cost += closing * average + (signed - closing) * fill.price
        held.quantity += signed
        return reduces

    def book_again(self, fills: Iterable[Filled]) -> None:
        """Start anew with these."""
        self._held.clear()
        self.realised = _NONE
        for fill in fills:
            self.book(fill)


def intent_of(order_id: str) -> str:
    """The intent an order id of ours names; other orders name themselves."""
    parts = order_id.split("-")
    return parts[1] if parts[0] == "tc" and len(parts) == 3 else order_id
