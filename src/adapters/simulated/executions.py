"""The venue's tape: every execution, taken back or restated ones among them, each booked to the account at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.order_book import WorkingOrder
from tradecore.model.events import Busted, Corrected, Execution, Filled, Settlement
from tradecore.model.terms import Leg


@dataclass(slots=True)
class _Traded:
    fill: Filled
    working: WorkingOrder


class ExecutionTape:
    """What was executed for one account, in order; `tell` passes each execution on to whoever listens."""

    def __init__(self, account: SimulatedAccount, tell: Callable[[Execution], None]) -> None:
        """Start with a blank tape."""
        self._account = account
        self._tell = tell
        self._entries: list[Execution] = []
        self._standing: dict[str, _Traded] = {}
        self._count = 0

    def since(self, at: datetime) -> Sequence[Execution]:
        """Entries at or after `at`, in order."""
        return [entry for entry in self._entries if entry.at >= at]

    @property
    def standing(self) -> Sequence[Filled]:
        """Fills that stand, as restated, oldest first."""
        return [traded.fill for traded in self._standing.values()]

    def fill(
        self,
        working: WorkingOrder,
        leg: Leg,
        quantity: Decimal,
        price: Decimal,
        at: datetime,
        settlement: Settlement | None = None,
    ) -> None:
        """Execute so much of one leg, or settle it, which costs no fee."""
        self._count += 1
        fee = self._account.fill(leg, quantity, price, free=settlement is not None)
        fill = Filled(
            client_order_id=working.order.client_order_id,
            at=at,
            exec_id=f"x{self._count}",
            instrument=leg.instrument,
            side=leg.side,
            quantity=quantity,
            price=price,
            fee=fee,
            settlement=settlement,
        )
        self._standing[fill.exec_id] = _Traded(fill, working)
        working.executed(leg.instrument, quantity)
        self._put(fill)

    def remember(self, working: WorkingOrder, execution: Execution) -> None:
        """Book an execution of an earlier life; nobody is told again."""
        self._entries.append(execution)
        if isinstance(execution, Filled):
            self._count += 1
            self._account.book(execution)
            self._standing[execution.exec_id] = _Traded(execution, working)
            working.executed(execution.instrument, execution.quantity)
            return
        traded = self._standing.pop(execution.exec_id)
        self._account.withdraw(traded.fill)
        traded.working.executed(traded.fill.instrument, -traded.fill.quantity)
        if isinstance(execution, Corrected):
            restated = replace(traded.fill, quantity=execution.quantity, price=execution.price)
            self._account.book(restated)
            self._standing[execution.exec_id] = _Traded(restated, working)
            working.executed(restated.instrument, restated.quantity)

    def bust(self, exec_id: str, at: datetime) -> WorkingOrder:
        """
        Take an execution back, its cash and holdings with it; the order it was of.

        Raises:
            KeyError: No standing execution has this id.
        """
        traded = self._standing.pop(exec_id)
        fill = traded.fill
        self._account.withdraw(fill)
        traded.working.executed(fill.instrument, -fill.quantity)
        self._put(Busted(fill.client_order_id, at, exec_id))
        return traded.working

    def restate(self, exec_id: str, quantity: Decimal, price: Decimal, at: datetime) -> WorkingOrder:
        """
        Restate an execution's quantity and price, its fee unchanged; the order it was of.

        Raises:
            KeyError: No standing execution has this id.
        """
        traded = self._standing[exec_id]
        before, traded.fill = traded.fill, replace(traded.fill, quantity=quantity, price=price)
        self._account.withdraw(before)
        self._account.book(traded.fill)
        traded.working.executed(before.instrument, quantity - before.quantity)
        self._put(Corrected(before.client_order_id, at, exec_id, quantity, price))
        return traded.working

    def _put(self, execution: Execution) -> None:
        self._entries.append(execution)
        self._tell(execution)
