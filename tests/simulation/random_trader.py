"""A trader that does whatever its seed says, as often as it can, and is held to the venue's own truth."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from entrypoints.wiring import House
from tradecore.model.instruments import OptionContract, Right
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


_BOUGHT: Final[list[dict[str, object]]] = [{}, {"contracts": "1"}, {"contracts": "3"}, {"risk_dollars": "240"}]
_DELTAS: Final[list[dict[str, object]]] = [{"strike_delta": "5"}, {"strike_delta": "15"}, {"strike_delta": "50"}]
_BOUGHT_FAR: Final = [*_BOUGHT, *_DELTAS]
WISHES: Final[dict[str, list[dict[str, object]]]] = {
    "orb_long_call": _BOUGHT_FAR,
    "orb_long_put": _BOUGHT_FAR,
    "iron_condor_30_delta": [*_BOUGHT, {"width": "1"}, {"width": "2", "contracts": "2"}, {"risk_dollars": "500"}],
    "lotto_play_5_delta": [*_BOUGHT, {"side": "put"}, {"side": "put", "contracts": "9"}],
}


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
        strategy = tuple(WISHES)[int(self._random.integers(len(WISHES)))]
        wishes = WISHES[strategy]
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
    Today's loss if the market ends where it hurts most what the venue holds and still works to open.

    Cash spent so far less the least that all holdings together are worth at expiry, and what each working entry could
    lose by itself; profits already made are not counted against it.
    """
    account = house.venue._account
    held = [(one, quantity) for one, quantity in account.holdings.items() if isinstance(one, OptionContract)]
    spent = house.floor.desk.opening.equity - account.cash - usd(least_worth(held))
    entries = [w for w in house.venue._open if w.order.effect is Effect.OPEN]
    reserved = ZERO
    for working in entries:
        assert isinstance(working.order.terms, Limit)
        legs = [(leg.instrument, leg.side.sign * leg.ratio * working.leaves) for leg in working.order.legs]
        worth = least_worth([(one, q) for one, q in legs if isinstance(one, OptionContract)])
        reserved += usd(working.leaves * working.order.terms.price * 100 - worth).at_least_zero()
    made = house.floor.desk.day.result(house.session.day).realised.at_least_zero()
    return spent + made + reserved


def least_worth(held: list[tuple[OptionContract, Decimal]]) -> Decimal:
    """Dollars that options of one expiry are worth at the worst price: between two strikes their worth is a line."""
    strikes = [Decimal(0), *(one.strike for one, _ in held), Decimal(10_000)]

    def worth(spot: Decimal) -> Decimal:
        parts = ((spot - one.strike if one.right is Right.CALL else one.strike - spot, q) for one, q in held)
        return sum((max(value, Decimal(0)) * quantity * 100 for value, quantity in parts), Decimal(0))

    return min(worth(spot) for spot in strikes)


def check_the_end(house: House) -> None:
    """A finished session is flat at the venue, and the desk's results are the venue's cash to the last digit."""
    account = house.venue._account
    result = house.floor.desk.day.result(house.session.day)
    assert account.holdings == {}
    assert not house.venue._open
    assert account.cash == house.floor.desk.opening.equity + result.realised - result.fees
    assert not any(group.is_open for group in house.floor.desk.groups)
