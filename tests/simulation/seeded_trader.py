"""A client that outlives desks and does whatever its seed says: honestly, twice, too late, altered, all at once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from tests.simulation.promises import Promise
from tests.simulation.truth import Broken
from tests.simulation.world import DeskDied, World

from tradecore.desk.decisions import TicketKind
from tradecore.desk.groups import Group
from tradecore.errors import TradeError
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.orders import cancel, recent_orders
from tradecore.usecases.previewing import preview_close, preview_lift, preview_strategy

ME: Final = "local:seeded"
_OTHER: Final = "local:somebody-else"
_PAUSE_S: Final = 12.0
_TRIES: Final = 6
_IMPATIENT: Final = 0.5
_LAST_MOMENT_S: Final = 26.0

Answer = ConfirmAnswer | PreviewAnswer | RefusedAnswer | None


@dataclass(frozen=True, slots=True)
class _Token:
    token: str
    intent_id: str
    arguments: Mapping[str, str]


class SeededTrader:
    """Acts until it is told to stop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = np.random.default_rng([world.seed, 0x5452])
        self._tokens: list[_Token] = []
        self._redeemed: set[str] = set()
        self.acts = 0

    async def trade(self, seconds: float) -> None:
        """Act for so long."""
        moves: list[Callable[[], Awaitable[None]]] = [self._open] * 20
        moves += [self._close_one] * 3 + [self._open_two_at_once] * 5
        moves += [self._repeat, self._repeat_as_other, self._tamper, self._flatten, self._cancel_something]
        moves += [self._kill, self._kill_while_confirming, self._kill_and_die, self._lift, self._lift]
        moves += [self._lift_by_old_ticket]
        until = self._world.time.now() + timedelta(seconds=seconds)
        while self._world.time.now() < until:
            await asyncio.sleep(float(self._random.exponential(_PAUSE_S)))
            await self._survive(moves[self._one_of(len(moves))])
            self.acts += 1

    async def go_home(self, seconds: float) -> bool:
        """Close everything; whether all of it was closed and every outcome known in so many seconds."""
        until = self._world.time.now() + timedelta(seconds=seconds)
        await self._survive(self._kill_and_flatten)
        while not await self._is_over():
            if self._world.time.now() >= until:
                return False
            await asyncio.sleep(5.0)
            await self._survive(self._flatten)
        return True

    async def _survive(self, act: Callable[[], Awaitable[None]]) -> None:
        # A client goes on: what it asked for may have happened or not.
        with contextlib.suppress(DeskDied, TradeError):
            try:
                await act()
            except DeskDied:
                # Some ask for the next thing the moment somebody answers again.
                if self._random.random() < _IMPATIENT:
                    await self._open()

    async def _is_over(self) -> bool:
        floor = await self._world.living_floor()
        worthless = {group.label for group in floor.desk.open_groups if self._nobody_bids(group)}
        working = any(order.may_be_at_venue and order.group not in worthless for order in floor.desk.orders.values())
        return not working and all(group.label in worthless for group in floor.desk.open_groups)

    def _nobody_bids(self, group: Group) -> bool:
        """What nobody bids for can't be sold, however long it is offered."""
        quotes = [self._world.market.quote_now(position.instrument) for position in group.holdings]
        return all(position.quantity > 0 for position in group.holdings) and not any(q and q.bid for q in quotes)

    async def _open(self) -> None:
        token = await self._preview()
        if token is not None:
            pause = float(self._random.choice([0.0, 0.5, 3.0, 20.0, 40.0], p=[0.3, 0.3, 0.25, 0.1, 0.05]))
            await asyncio.sleep(max(pause, _LAST_MOMENT_S) if self._world.options.worst_moments else pause)
            await self._confirm(token)

    async def _open_two_at_once(self) -> None:
        first, second = await self._preview(), await self._preview()
        if first is not None:
            same = self._random.random() < 0.5
            other = first if same or second is None else second
            await asyncio.gather(self._confirm(first), self._confirm(other))

    async def _preview(self) -> _Token | None:
        strategy = ("one_option", "debit_vertical")[self._one_of(2)]
        return await self._preview_of(strategy)

    async def _preview_of(self, strategy: str, contracts: str | None = None) -> _Token | None:
        wish = {
            "right": ("call", "put")[self._one_of(2)],
            "strike": str(669 + self._one_of(4)),
            "contracts": str(1 + self._one_of(3)),
            "stop_pct": str(10 + 10 * self._one_of(3)),
            "target_pct": str(10 + 10 * self._one_of(3)),
        }
        if strategy == "debit_vertical":
            wish["strike"] = str((669, 670, 671)[self._one_of(3)])
        wish["contracts"] = contracts or wish["contracts"]
        answer = await self._world.call(lambda floor: preview_strategy(floor, ME, strategy, wish))
        return self._keep(answer, {"strategy": strategy, **wish})

    def _keep(self, answer: Answer, arguments: Mapping[str, str]) -> _Token | None:
        if not isinstance(answer, PreviewAnswer):
            return None
        quantity = sum((preview.plan.quantity for preview in answer.previews), Decimal(0))
        plan = answer.previews[0].plan if answer.kind is TicketKind.OPEN else None
        self._world.truth.promises[answer.intent_id] = Promise(quantity, answer.expires_at, plan)
        token = _Token(answer.confirm_token, answer.intent_id, arguments)
        self._tokens.append(token)
        return token

    async def _confirm(self, token: _Token) -> Answer:
        """Confirm, and ask again with the same token until somebody has answered."""
        promise = self._world.truth.promises[token.intent_id]
        if self._random.random() < 0.15:
            self._world.die_soon(1 + self._one_of(60))
        for _ in range(_TRIES):
            promise.given = promise.given or self._world.time.now() < promise.expires_at
            wait = timedelta(seconds=float(self._random.choice([0.0, 2.0, 8.0])))
            try:
                answer = await self._world.call(
                    lambda floor, wait=wait: confirm(floor, ME, token.token, token.arguments, wait=wait)  # type: ignore[misc]
                )
            except DeskDied:
                continue
            if isinstance(answer, PreviewAnswer):
                self._keep(answer, token.arguments)
            self._hold_to_first(token, answer)
            return answer
        return None

    def _hold_to_first(self, token: _Token, answer: Answer) -> None:
        """A token that was redeemed answers with its first result, for ever."""
        if isinstance(answer, ConfirmAnswer):
            self._redeemed.add(token.token)
        elif token.token in self._redeemed:
            self._world.truth.note(Broken.DUPLICATE, f"{token.intent_id} was redeemed, and its token began anew")

    async def _repeat(self) -> None:
        if self._tokens:
            await self._confirm(self._tokens[self._one_of(len(self._tokens))])

    async def _repeat_as_other(self) -> None:
        """A token that works, or worked, is worth nothing to anybody else."""
        if self._tokens:
            token = self._tokens[self._one_of(len(self._tokens))]
            await self._confirm_in_vain(_OTHER, token.token, {})

    async def _tamper(self) -> None:
        """Alter a token, its arguments, or who asks: nothing of this may ever lead to an order."""
        token = await self._preview()
        if token is None:
            return
        more = {**token.arguments, "contracts": str(int(token.arguments["contracts"]) + 1)}
        index = self._one_of(len(token.token))
        altered = token.token[:index] + ("A" if token.token[index] != "A" else "B") + token.token[index + 1 :]
        for who, text, arguments in ((ME, altered, {}), (ME, token.token, more), (_OTHER, token.token, {})):
            await self._confirm_in_vain(who, text, arguments)

    async def _confirm_in_vain(self, who: str, token: str, arguments: Mapping[str, str]) -> None:
        answer = await self._world.call(lambda floor: confirm(floor, who, token, arguments, wait=timedelta(0)))
        if not isinstance(answer, RefusedAnswer):
            self._world.truth.note(Broken.UNCONFIRMED, f"{who} was answered with {type(answer).__name__}")

    async def _close_one(self) -> None:
        floor = await self._world.living_floor()
        groups = floor.desk.open_groups
        if groups:
            label = groups[self._one_of(len(groups))].label
            part = Decimal(1) if self._random.random() < 0.5 else None
            answer = await self._world.call(lambda floor: preview_close(floor, ME, label, part))
            await self._confirm_closing(answer)

    async def _flatten(self) -> None:
        answer = await self._world.call(lambda floor: preview_close(floor, ME, None))
        await self._confirm_closing(answer)

    async def _confirm_closing(self, answer: Answer) -> None:
        token = self._keep(answer, {})
        if token is None:
            return
        if self._world.options.worst_moments:
            await asyncio.gather(self._confirm(token), self._open_at_once())
        else:
            await self._confirm(token)

    async def _open_at_once(self) -> None:
        """Try to spend what a closing that is under way will free."""
        for contracts in ("3", "2", "1"):
            for strategy in ("one_option", "debit_vertical"):
                token = await self._preview_of(strategy, contracts)
                if token is not None:
                    await self._confirm(token)

    async def _cancel_something(self) -> None:
        floor = await self._world.living_floor()
        orders = recent_orders(floor, 5)
        if orders:
            order_id = orders[self._one_of(len(orders))].client_order_id
            await self._world.call(lambda floor: cancel(floor, ME, order_id))

    async def _kill(self) -> None:
        flatten = bool(self._random.random() < 0.3)
        await self._world.call(lambda floor: kill_switch.engage(floor, ME, flatten=flatten, reason="at random"))
        await asyncio.sleep(float(self._random.exponential(5.0)))
        await self._lift()

    async def _kill_while_confirming(self) -> None:
        token = await self._preview()
        if token is not None:
            await asyncio.gather(self._confirm(token), self._kill_after(float(self._random.uniform(0, 0.02))))

    async def _kill_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._kill()

    async def _kill_and_die(self) -> None:
        """A desk that dies with its kill switch engaged wakes up with it."""
        await self._world.call(lambda floor: kill_switch.engage(floor, ME, flatten=False, reason="at random"))
        self._world.die_soon(1 + self._one_of(30))
        await self._survive(self._open)
        await self._open()

    async def _lift_by_old_ticket(self) -> None:
        """A lift that was previewed before the switch was engaged again lifts nothing."""
        answer = await self._world.call(lambda floor: preview_lift(floor, ME))
        await self._world.call(lambda floor: kill_switch.engage(floor, ME, flatten=False, reason="at random"))
        token = self._keep(answer, {})
        if token is not None:
            await self._confirm(token)
        await self._lift()

    async def _kill_and_flatten(self) -> None:
        await self._world.call(lambda floor: kill_switch.engage(floor, ME, flatten=True, reason="going home"))

    async def _lift(self) -> None:
        answer = await self._world.call(lambda floor: preview_lift(floor, ME))
        if isinstance(answer, PreviewAnswer):
            token = self._keep(answer, {})
            if token is not None:
                await self._confirm(token)

    def _one_of(self, count: int) -> int:
        return int(self._random.integers(count))
