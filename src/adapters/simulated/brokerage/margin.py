"""What an account can still do: margin of shares, worst case of options, and what is not covered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from adapters.simulated.brokerage.account import Account
from adapters.simulated.brokerage.orders import ZERO
from tradecore.model.instruments import CryptoPair, Equity, Instrument, OptionContract, Right
from tradecore.model.payoff import loss_at_expiry

MarkOf = Callable[[Instrument], Decimal]
Holdings = Mapping[Instrument, Decimal]
SMALLEST_MARGIN_EQUITY: Final = Decimal(2_000)
_HUNDRED: Final = Decimal(100)
_MAINTENANCE_LONG: Final = Decimal("0.3")
_REG_T: Final = Decimal("0.5")
_NAKED_SHARE: Final = Decimal("0.2")


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in dollars at one instant; `excess` is what no margin, option or open order takes."""

    equity: Decimal
    long_value: Decimal
    short_value: Decimal
    multiplier: int
    free: Decimal
    excess: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal

    @property
    def buying_power(self) -> Decimal:
        """What shares may cost."""
        return max(self.excess, ZERO) * self.multiplier


def holdings_of(account: Account) -> dict[Instrument, Decimal]:
    """Signed quantities by instrument."""
    return {position.instrument: position.qty for position in account.positions.values()}


def standing(account: Account, mark_of: MarkOf) -> Standing:
    """Where an account stands at these marks."""
    held = holdings_of(account)
    values = {one: qty * mark_of(one) * one.multiplier for one, qty in held.items()}
    long_value = sum((value for value in values.values() if value > 0), ZERO)
    short_value = sum((value for value in values.values() if value < 0), ZERO)
    equity = account.cash + long_value + short_value
    multiplier = multiplier_of(account, equity)
    shares = sum((abs(value) for one, value in values.items() if isinstance(one, Equity)), ZERO)
    options = option_requirement(held, mark_of)
    taken = sum((order.hold for order in account.open.values()), ZERO)
    free = free_cash(account.cash, held, mark_of, multiplier)
    return Standing(
        equity=equity,
        long_value=long_value,
        short_value=short_value,
        multiplier=multiplier,
        free=free,
        excess=free - taken,
        initial_margin=shares * _REG_T + options,
        maintenance_margin=shares * _MAINTENANCE_LONG + options,
    )


def multiplier_of(account: Account, equity: Decimal) -> int:
    """How many dollars of shares one dollar carries."""
    wanted = int(account.configuration["max_margin_multiplier"])
    return wanted if equity >= SMALLEST_MARGIN_EQUITY else 1


def free_cash(cash: Decimal, held: Holdings, mark_of: MarkOf, multiplier: int) -> Decimal:
    """
    Dollars that neither shares nor options take; options held are worth nothing here, and pairs either.

    A long share releases what margin does not ask for, a short one takes it.
    """
    shares = ZERO
    for one, qty in held.items():
        if isinstance(one, Equity):
            value = qty * mark_of(one)
            shares += value - abs(value) / multiplier
    return cash + shares - option_requirement(held, mark_of)


def option_requirement(held: Holdings, mark_of: MarkOf) -> Decimal:
    """The most that the options of each underlying can owe at expiry, those that shares cover left out."""
    roots = {one.root for one, qty in held.items() if isinstance(one, OptionContract) and qty < 0}
    return sum((_root_requirement(root, held, mark_of) for root in roots), ZERO)


def uncovered(held: Holdings, root: str, right: Right) -> Decimal:
    """Short contracts of one right that neither a long one expiring no earlier nor shares stand behind."""
    longs = sorted((one.expiry, qty) for one, qty in _options(held, root, right) if qty > 0)
    shares = held.get(Equity(root), ZERO) if root else ZERO
    cover = max(shares if right is Right.CALL else -shares, ZERO) // _HUNDRED
    bare = ZERO
    for expiry, short in sorted(((one.expiry, -qty) for one, qty in _options(held, root, right) if qty < 0)):
        need = short
        for index, (lasts, left) in enumerate(longs):
            if lasts >= expiry and need > 0:
                used = min(left, need)
                longs[index] = (lasts, left - used)
                need -= used
        bare += need
    return max(bare - cover, ZERO)


def after(held: Holdings, moves: Mapping[Instrument, Decimal]) -> dict[Instrument, Decimal]:
    """Holdings once these signed quantities were traded."""
    found = dict(held)
    for one, signed in moves.items():
        found[one] = found.get(one, ZERO) + signed
    return {one: qty for one, qty in found.items() if qty}


def _root_requirement(root: str, held: Holdings, mark_of: MarkOf) -> Decimal:
    options = [(one, qty) for one, qty in held.items() if isinstance(one, OptionContract) and one.root == root]
    last = max(one.expiry for one, qty in options if qty < 0)
    together = [(one, qty) for one, qty in options if qty < 0 or one.expiry >= last]
    together = _without_covered(together, held.get(Equity(root), ZERO))
    bare = uncovered(dict(together), root, Right.CALL)
    loss = loss_at_expiry(together, ZERO)
    if loss is None:
        # Beyond the highest strike nothing bounds it; the exchange's rule asks for a fifth of the shares' worth.
        bounded = [(one, qty) for one, qty in together if one.right is Right.PUT or qty > 0]
        spot = mark_of(Equity(root))
        rest = loss_at_expiry(bounded, ZERO) or ZERO
        return max(rest, ZERO) + bare * _HUNDRED * spot * _NAKED_SHARE + _worth_now(together, mark_of)
    return max(loss, ZERO)


def _worth_now(options: list[tuple[OptionContract, Decimal]], mark_of: MarkOf) -> Decimal:
    return sum((-qty * mark_of(one) * one.multiplier for one, qty in options if qty < 0), ZERO)


def _without_covered(
    options: list[tuple[OptionContract, Decimal]], shares: Decimal
) -> list[tuple[OptionContract, Decimal]]:
    right = Right.CALL if shares > 0 else Right.PUT
    cover = abs(shares) // _HUNDRED
    found = []
    for one, qty in sorted(options, key=lambda item: item[0].strike):
        left = qty
        if qty < 0 and one.right is right:
            used = min(cover, -qty)
            cover -= used
            left = qty + used
        if left:
            found.append((one, left))
    return found


def _options(held: Holdings, root: str, right: Right) -> list[tuple[OptionContract, Decimal]]:
    return [
        (one, qty)
        for one, qty in held.items()
        if isinstance(one, OptionContract) and one.root == root and one.right is right
    ]


def is_marginable(instrument: Instrument) -> bool:
    """Whether the instrument can be held on margin."""
    return not isinstance(instrument, CryptoPair | OptionContract)
