"""A trader that does whatever its seed says, as often as it can, and is held to the venue's own truth."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import numpy as np

from entrypoints.wiring import House
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.orders import Role
from tradecore.model.terms import Effect, Limit
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import cancel, recent_orders
from tradecore.usecases.previewing import preview_close, preview_lift, preview_strategy

ME = "local:random"
CAP = usd(500)


class RandomTrader:
    """Previews, confirms, repeats, cancels, closes, kills and lifts at random."""

    def __init__(self, house: House, seed: int) -> None:
        self._house = house
        self._floor: TradingFloor = house.floor
        self._random = np.random.default_rng([seed, 0x5452])
        self._tokens: list[str] = []
        self.steps = 0

    async def __call__(self, _: TradingFloor) -> None:
        """Act until the session ends."""
        moves: list[Callable[[], Awaitable[None]]] = [self._trade] * 10
        moves += [
            self._repeat,
            self._close_one,
            self._flatten,
            self._cancel_something,
            self._kill,
            self._lift,
            self._lift,
        ]
        while self._floor.clock.now() < self._house.session.closes - timedelta(minutes=2):
            await self._pause(float(self._random.exponential(60)))
            await moves[int(self._random.integers(len(moves)))]()
            self.steps += 1
            check_against_venue(self._house)

    async def _trade(self) -> None:
        strategy = ("orb_long_call", "orb_long_put")[int(self._random.integers(2))]
        wishes: list[dict[str, object]] = [{}, {"contracts": "1"}, {"contracts": "3"}, {"risk_dollars": "240"}]
        wishes += [{"strike_delta": str(delta)} for delta in (5, 15, 50)]
        wish = wishes[int(self._random.integers(len(wishes)))]
        answer = await preview_strategy(self._floor, ME, strategy, wish)
        if isinstance(answer, PreviewAnswer):
            await self._pause(float(self._random.uniform(0, 40)))
            await self._confirm(answer.confirm_token)

    async def _confirm(self, token: str) -> None:
        self._tokens.append(token)
        await confirm(self._floor, ME, token, wait=timedelta(seconds=float(self._random.uniform(0, 8))))

    async def _repeat(self) -> None:
        if self._tokens:
            await confirm(self._floor, ME, self._tokens[int(self._random.integers(len(self._tokens)))])

    async def _close_one(self) -> None:
        open_now = [group for group in self._floor.desk.groups if group.is_open]
        if open_now:
            group = open_now[int(self._random.integers(len(open_now)))]
            part = Decimal(1) if self._random.random() < 0.5 else None
            answer = await preview_close(self._floor, ME, group.label, part)
            if isinstance(answer, PreviewAnswer):
                await self._confirm(answer.confirm_token)

    async def _flatten(self) -> None:
        answer = await preview_close(self._floor, ME, None)
        if isinstance(answer, PreviewAnswer):
            await self._confirm(answer.confirm_token)

    async def _cancel_something(self) -> None:
        orders = recent_orders(self._floor, 5)
        if orders:
            await cancel(self._floor, ME, orders[int(self._random.integers(len(orders)))].client_order_id)

    async def _kill(self) -> None:
        flatten = bool(self._random.random() < 0.5)
        await kill_switch.engage(self._floor, ME, flatten=flatten, reason="at random")

    async def _lift(self) -> None:
        answer = await preview_lift(self._floor, ME)
        if isinstance(answer, PreviewAnswer):
            await self._confirm(answer.confirm_token)

    async def _pause(self, seconds: float) -> None:
        await self._floor.timers.sleep_until(self._floor.clock.now() + timedelta(seconds=seconds))


def check_against_venue(house: House) -> None:
    """What must hold at every moment, by the venue's books and not by the desk's."""
    desk = house.floor.desk
    authority_of = {group.label: (group.authority, group.intent_id) for group in desk.groups}
    for order_id in house.venue._orders:
        order = desk.orders.get(order_id)
        assert order is not None, f"{order_id} is at the venue and not in the desk's books"
        if order.role is Role.ENTRY:
            authority, intent_id = authority_of[order.group]
            assert authority == f"ticket {intent_id}", f"{order_id} took risk without a ticket"
    at_risk = loss_if_everything_expires_worthless(house)
    assert at_risk <= CAP, f"{at_risk} can be lost, the cap is {CAP}"


def loss_if_everything_expires_worthless(house: House) -> Money:
    """
    Today's loss if every bought option the venue holds or still works to buy ends worthless.

    Cash spent so far, plus what working entries may still spend; profits already made are not counted against it.
    """
    account = house.venue._account
    spent = house.floor.desk.opening.equity - account.cash
    entries = [w for w in house.venue._open if w.order.effect is Effect.OPEN]
    limits = [(w.leaves, w.order.terms.price) for w in entries if isinstance(w.order.terms, Limit)]
    reserved = sum((usd(leaves * price * 100) for leaves, price in limits), ZERO)
    made = house.floor.desk.day.result(house.session.day).realised.at_least_zero()
    return spent + made + reserved


def check_the_end(house: House) -> None:
    """A finished session is flat at the venue, and the desk's results are the venue's cash to the last digit."""
    account = house.venue._account
    result = house.floor.desk.day.result(house.session.day)
    assert account.holdings == {}
    assert not house.venue._open
    assert account.cash == house.floor.desk.opening.equity + result.realised - result.fees
    assert not any(group.is_open for group in house.floor.desk.groups)
