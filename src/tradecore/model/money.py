"""Amounts of money: a Decimal and a currency, never a float."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradecore.model.quick_values import quick

CENT: Final = Decimal("0.01")


@quick
@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency; arithmetic across currencies is refused."""

    amount: Decimal
    currency: str = "USD"

    def __post_init__(self) -> None:
        """Refuse floats and non-numbers at the door."""
        given: object = self.amount
        if not isinstance(given, Decimal) or not given.is_finite():
            raise TypeError(f"money needs a finite Decimal, not {self.amount!r}")

    def __add__(self, other: "Money") -> "Money":
        """Sum of two amounts of one currency."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Difference of two amounts of one currency."""
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        """The same amount with the other sign."""
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        """The amount times an exact number."""
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        """Order by amount within one currency."""
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        """Order by amount within one currency."""
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        """Amount to the cent with the currency's sign in front."""
        text = f"{self.amount.copy_abs():,.2f}"
        sign = "-" if self.amount < 0 and text != "0.00" else ""
        return f"{sign}${text}" if self.currency == "USD" else f"{sign}{text} {self.currency}"

    def at_least_zero(self) -> "Money":
        """This amount, or zero where it is negative."""
        return self if self.amount > 0 else Money(Decimal(0), self.currency)

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise TypeError(f"{self.currency} and {other.currency} do not mix")
        return other.amount


def usd(value: int | str | Decimal) -> Money:
    """
    Dollars from an exact value.

    Raises:
        TypeError: The value is a float, which a Decimal would take over with its binary error.
    """
    given: object = value
    if isinstance(given, float):
        raise TypeError(f"dollars need an exact value, not the float {given!r}")
    return Money(value if isinstance(value, Decimal) else Decimal(value))


ZERO: Final = usd(0)
