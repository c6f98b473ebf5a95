"""Positions with average cost: one instrument in one strategy group."""

from dataclasses import dataclass, replace
from decimal import Decimal

from tradecore.model.instruments import Instrument
from tradecore.model.money import Money, usd
from tradecore.model.terms import Side


@dataclass(frozen=True, slots=True)
class Position:
    """
    Signed holding of one instrument.

    `quantity` is above zero when long; `cost` is the signed price paid for what is held (quantity x average price,
    before the multiplier), kept exact so that a closed position's P&L equals its cash flow to the cent.
    """

    instrument: Instrument
    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)

    @property
    def average_price(self) -> Decimal | None:
        """Average price per unit of what is held; None when flat."""
        return self.cost / self.quantity if self.quantity else None

    def market_value(self, price: Decimal) -> Money:
        """Signed value at a price per unit."""
        return usd(self.quantity * price * self.instrument.multiplier)

    def unrealised(self, price: Decimal) -> Money:
        """Gain (+) or loss of what is held against its cost, at a price per unit, before fees."""
        return usd((self.quantity * price - self.cost) * self.instrument.multiplier)


def trade(position: Position, side: Side, quantity: Decimal, price: Decimal) -> tuple[Position, Money]:
    """
    Book one fill: the new position and the profit realised by it (before fees).

    A fill on the held side adds at its price. A fill against it closes at average cost; what exceeds the holding opens
    the other way at the fill's price (a flip).
    """
    signed = side.sign * quantity
    held = position.quantity
    if held * signed >= 0:
        return replace(position, quantity=held + signed, cost=position.cost + signed * price), usd(0)
    closing = min(quantity, abs(held))
    released = position.cost if closing == abs(held) else position.cost * closing / abs(held)
    realised = side.opposite.sign * closing * price - released
    opened = signed + (closing if held > 0 else -closing)
    cost = opened * price if opened else position.cost - released
    return replace(position, quantity=held + signed, cost=cost), usd(realised * position.instrument.multiplier)
