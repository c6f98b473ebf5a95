"""Confirmed orders for adapter tests, which have no desk to confirm them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from tradecore.model.confirmed import DESK_SEAL, ConfirmedOrder
from tradecore.model.terms import Effect, Leg, PriceTerms, TimeInForce

_NOON: Final = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def a_confirmed_order(
    client_order_id: str,
    *legs: Leg,
    quantity: Decimal,
    terms: PriceTerms,
    effect: Effect = Effect.OPEN,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> ConfirmedOrder:
    """An order as a desk would confirm it; for tests of adapters only."""
    return ConfirmedOrder(
        seal=DESK_SEAL,
        client_order_id=client_order_id,
        account="test",
        authority="a test",
        effect=effect,
        legs=legs,
        quantity=quantity,
        terms=terms,
        time_in_force=time_in_force,
        confirmed_at=_NOON,
    )
