"""The most a set of holdings can lose. Stops count for nothing, except a broker's own resting stop behind shares."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tradecore.model.instruments import OptionContract
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.payoff import loss_at_expiry
from tradecore.model.positions import Position
from tradecore.model.terms import Leg, Side

_HUNDRED = Decimal(100)


def worst_loss(holdings: Sequence[Position], *, gap_stress_pct: Decimal, resting_stop: bool) -> Money | None:
    """
    Most the holdings can lose from their cost, fees not counted.

    Options lose down to their worst value at expiry; legs of different expiries can't cover each other. Shares and
    coins lose `gap_stress_pct` of their notional behind a resting broker stop, all of it otherwise; sold short they
    are taken to lose their whole notional.

    Returns:
        A positive amount (zero when nothing can be lost), or None when the loss has no bound.
    """
    total = ZERO
    options = [held for held in holdings if isinstance(held.instrument, OptionContract) and held.quantity]
    for series in _by_series(options):
        found = _option_loss(series)
        if found is None:
            return None
        total += found
    for held in holdings:
        if not isinstance(held.instrument, OptionContract):
            total += _outright_loss(held, gap_stress_pct if resting_stop else _HUNDRED)
    return total


def uncovered_leg(legs: Sequence[Leg]) -> OptionContract | None:
    """The first sold option that no bought one of the same right and expiry covers, contract for contract."""
    covers: dict[tuple[object, ...], int] = {}
    for leg in sorted(legs, key=lambda leg: leg.side is Side.SELL):
        contract = leg.instrument
        if not isinstance(contract, OptionContract):
            continue
        key = (contract.root, contract.expiry, contract.right)
        covers[key] = covers.get(key, 0) + leg.side.sign * leg.ratio
        if covers[key] < 0:
            return contract
    return None


def holdings_of(legs: Iterable[Leg], quantity: Decimal, unit_price: Decimal) -> tuple[Position, ...]:
    """The positions an order would leave, its whole net price carried by the first leg."""
    positions = []
    for index, leg in enumerate(legs):
        amount = leg.side.sign * leg.ratio * quantity
        positions.append(Position(leg.instrument, amount, unit_price * quantity if index == 0 else Decimal(0)))
    if len(positions) == 1:
        held = positions[0]
        return (Position(held.instrument, held.quantity, held.quantity * unit_price),)
    return tuple(positions)


def _by_series(options: Sequence[Position]) -> list[list[Position]]:
    series: dict[tuple[str, object], list[Position]] = {}
    for held in options:
        contract = held.instrument
        if isinstance(contract, OptionContract):
            series.setdefault((contract.root, contract.expiry), []).append(held)
    return list(series.values())


def _option_loss(series: Sequence[Position]) -> Money | None:
    contracts = [(held.instrument, held.quantity) for held in series if isinstance(held.instrument, OptionContract)]
    cost = sum((held.cost * held.instrument.multiplier for held in series), Decimal(0))
    loss = loss_at_expiry(contracts, cost)
    return None if loss is None else usd(loss).at_least_zero()


def _outright_loss(held: Position, stress_pct: Decimal) -> Money:
    notional = abs(held.cost) * held.instrument.multiplier
    share = stress_pct if held.quantity > 0 else _HUNDRED
    return usd(notional * share / _HUNDRED)
