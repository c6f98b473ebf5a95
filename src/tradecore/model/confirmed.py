"""The only thing a broker accepts: an order the desk has confirmed."""

from dataclasses import InitVar, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.model.terms import Effect, Leg, PriceTerms, TimeInForce


class _Seal:
    """Held by the desk; without it no ConfirmedOrder can be made."""


DESK_SEAL: Final = _Seal()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedOrder:
    """
    An order that passed ticket and gate and whose intent is about to be journaled.

    Made by `tradecore.desk` alone: an architecture test refuses any other module of the product that names the seal,
    and construction without it raises. `authority` names the ticket or standing rule that confirmed it.
    """

    seal: InitVar[object]
    client_order_id: str
    account: str
    authority: str
    effect: Effect
    legs: tuple[Leg, ...]
    quantity: Decimal
    terms: PriceTerms
    time_in_force: TimeInForce
    confirmed_at: datetime

    def __post_init__(self, seal: object) -> None:
        """Refuse construction outside the desk."""
        if seal is not DESK_SEAL:
            raise TypeError("only the desk confirms orders")
