"""A simulated account: cash, holdings, what may be spent. Defined risk only."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from tradecore.model.account import AccountSnapshot
from tradecore.model.events import Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.payoff import loss_at_expiry
from tradecore.model.terms import Leg, Side

MarkOf = Callable[[Instrument], Decimal | None]


class SimulatedAccount:
    """
    Books every fill at once.

    Spending power is cash less the margin of what is short; margin is the worst value of all option holdings of one
    expiry together, and the full notional of shares sold short.
    """

    def __init__(self, name: str, cash: Money, fees: FeeSchedule) -> None:
        """Open an account with this much cash."""
        self.name = name
        self.cash = cash
        self._fees = fees
        self.holdings: dict[Instrument, Decimal] = {}

    def fill(self, leg: Leg, quantity: Decimal, price: Decimal, *, free: bool = False) -> Money:
        """Move cash and holdings by one execution; its fee."""
        fee = ZERO if free else self._fees.fee(leg.instrument, leg.side, quantity)
        self._move(leg.instrument, leg.side.sign * quantity, price, fee)
        return fee

    def book(self, fill: Filled) -> None:
        """Move cash and holdings by a fill as it stands, at the fee it names."""
        self._move(fill.instrument, fill.side.sign * fill.quantity, fill.price, fill.fee)

    def withdraw(self, fill: Filled) -> None:
        """Undo a fill, its fee too."""
        self._move(fill.instrument, -fill.side.sign * fill.quantity, fill.price, ZERO - fill.fee)

    def _move(self, instrument: Instrument, signed: Decimal, price: Decimal, fee: Money) -> None:
        self.holdings[instrument] = self.holdings.get(instrument, Decimal(0)) + signed
        if not self.holdings[instrument]:
            del self.holdings[instrument]
        self.cash = self.cash - usd(signed * price * instrument.multiplier) - fee

    def equity(self, mark_of: MarkOf) -> Money:
        """Cash and the value of holdings at their marks; a holding without a mark is worth nothing if long."""
        value = ZERO
        for instrument, quantity in self.holdings.items():
            mark = mark_of(instrument)
            if mark is not None:
                value += usd(quantity * mark * instrument.multiplier)
        return self.cash + value

    def margin(self, extra: tuple[tuple[Instrument, Decimal], ...] = ()) -> Money | None:
        """Collateral that holdings, with `extra` added, tie up; None when they can lose without bound."""
        together = dict(self.holdings)
        for instrument, quantity in extra:
            together[instrument] = together.get(instrument, Decimal(0)) + quantity
        total = ZERO
        for expiry in sorted({i.expiry for i in together if isinstance(i, OptionContract)}):
            series = [(i, q) for i, q in together.items() if isinstance(i, OptionContract) and i.expiry == expiry]
            loss = loss_at_expiry(series, Decimal(0))
            if loss is None:
                return None
            total += usd(loss).at_least_zero()
        return total

    def shortfall(self, legs: tuple[Leg, ...], quantity: Decimal, unit_price: Decimal, held_back: Money) -> str | None:
        """Why an order can't be paid for, or None when it can; `unit_price` is its net debit per unit."""
        extra = tuple((leg.instrument, leg.side.sign * leg.ratio * quantity) for leg in legs)
        if self._only_lowers_risk(extra):
            return None
        margin = self.margin(extra)
        if margin is None:
            return "account not eligible to trade uncovered option contracts"
        fees = sum((self._fees.fee(leg.instrument, leg.side, leg.ratio * quantity) for leg in legs), ZERO)
        multiplier = legs[0].instrument.multiplier
        after = self.cash - held_back - usd(unit_price * multiplier * quantity) - fees - margin
        short_shares = any(q < 0 for i, q in self._after(extra) if not isinstance(i, OptionContract))
        if short_shares:
            return "selling shares short is not offered"
        return f"insufficient buying power: {-after} short" if after.amount < 0 else None

    def _only_lowers_risk(self, extra: tuple[tuple[Instrument, Decimal], ...]) -> bool:
        """Whether an order only closes, and ties up no more than before: that is taken however poor the account is."""
        held = [(self.holdings.get(one, Decimal(0)), quantity) for one, quantity in extra]
        if not all(before * quantity < 0 and abs(quantity) <= abs(before) for before, quantity in held):
            return False
        before, after = self.margin(), self.margin(extra)
        if before is None:
            return after is not None or all(quantity > 0 for _, quantity in extra)
        return after is not None and after <= before

    def snapshot(self, at: datetime, mark_of: MarkOf, held_back: Money) -> AccountSnapshot:
        """Balances now."""
        margin = self.margin() or ZERO
        power = (self.cash - margin - held_back).at_least_zero()
        return AccountSnapshot(
            account=self.name,
            at=at,
            cash=self.cash,
            equity=self.equity(mark_of),
            buying_power=power,
            options_buying_power=power,
        )

    def _after(self, extra: tuple[tuple[Instrument, Decimal], ...]) -> list[tuple[Instrument, Decimal]]:
        return [(i, self.holdings.get(i, Decimal(0)) + q) for i, q in extra]


def debit_sign(legs: tuple[Leg, ...]) -> int:
    """+1 when a single-leg price is paid, -1 when it is received; several legs carry their own sign."""
    return 1 if len(legs) > 1 or legs[0].side is Side.BUY else -1
