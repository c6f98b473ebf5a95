"""A thousand redemptions of one token at the same time: exactly one order leaves, and everybody hears the same."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.still_market import StillMarket, in_a_still_market, memory_disk

from adapters.jsonl.journal import JsonlJournal
from adapters.jsonl.verify import JournalState, verify
from tradecore.model.terms import Effect
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm

AT_ONCE: Final = 1_000
LONGEST_DELAY_S: Final = 0.2
Answer = ConfirmAnswer | PreviewAnswer | RefusedAnswer | BaseException


async def _round(scene: StillMarket, chance: Random, at_once: int) -> str | None:
    """Redeem one token many times; what was wrong with it, if anything."""
    limit = chance.choice([None, "1.00", "1.02"])
    ticket = await scene.preview(limit=limit, contracts=str(chance.choice([1, 2])))
    given = {"contracts": "1"} if chance.random() < 0.5 else {}
    # Some callers go away while they wait: the first one too, perhaps.
    leaves = chance.random() < 0.3

    async def redeem() -> Answer:
        await asyncio.sleep(chance.choice([0.0, 0.0, chance.uniform(0, 2)]))
        return await confirm(scene.floor, "model", ticket.confirm_token, given, wait=timedelta(seconds=8))

    calls = [asyncio.ensure_future(redeem()) for _ in range(at_once)]
    loop = asyncio.get_running_loop()
    for call in chance.sample(calls, k=at_once // 10) if leaves else []:
        loop.call_later(chance.uniform(0, 2), call.cancel)
    answers = await asyncio.gather(*calls, return_exceptions=True)
    stayed = [answer for answer in answers if not isinstance(answer, asyncio.CancelledError)]
    late = await confirm(scene.floor, "model", ticket.confirm_token)
    return wrong_answers([*stayed, late], leaves=leaves) or wrong_orders(scene, ticket)


def wrong_answers(answers: list[Answer], *, leaves: bool) -> str | None:
    """All are the same first result, and one at most is not a repetition of it."""
    told = [answer for answer in answers if isinstance(answer, ConfirmAnswer)]
    if len(told) < len(answers):
        return f"answered {next(answer for answer in answers if not isinstance(answer, ConfirmAnswer))!r}"
    first = [answer for answer in told if not answer.replayed]
    if len(first) > 1 or (not first and not leaves):
        return f"{len(first)} answers claim to be the first"
    different = {replace(answer, replayed=False) for answer in told}
    return f"{len(different)} different answers" if len(different) > 1 else None


def wrong_orders(scene: StillMarket, ticket: PreviewAnswer) -> str | None:
    """The broker was sent one order of that ticket, for what it says; a next price only after the one before ended."""
    received = [order for order in scene.broker.received if order.effect is Effect.OPEN]
    ids = [order.client_order_id for order in received]
    steps = [f"tc-{ticket.intent_id}-{number}" for number in range(len(received))]
    plan = ticket.previews[0].plan
    if not ids or ids != steps or (not plan.adaptive and len(ids) > 1):
        return f"the broker received {ids}"
    sizes = [order.quantity for order in received]
    bought = sum((fill.quantity for fill in scene.broker._executions), Decimal(0))
    too_much = max(sizes) > plan.quantity or bought > plan.quantity
    return f"ordered {sizes}, bought {bought} of {plan.quantity}" if too_much else None


def run(seed: int, count: int, at_once: int = AT_ONCE) -> Share:
    """So many rounds, each at a fresh desk with a journal on disk."""
    share = Share(seed)
    for number in range(count):
        chance = Random(f"{seed}/{number}")
        place = Path(tempfile.mkdtemp(prefix="one-token-", dir=memory_disk()))
        try:
            share.count("round", _one_round(place, seed, chance, at_once))
        finally:
            shutil.rmtree(place)
    return share


def _one_round(place: Path, seed: int, chance: Random, at_once: int) -> str | None:
    found: list[str | None] = []
    journal = JsonlJournal(place)

    async def story(scene: StillMarket) -> None:
        bid, ask = chance.choice([("1.00", "1.02"), ("1.00", "1.01"), ("1.01", "1.01")])
        scene.quote(bid, ask)
        found.append(await _round(scene, chance, at_once))

    in_a_still_market(seed, story, delay=lambda: chance.uniform(0, LONGEST_DELAY_S), journal=journal)
    journal.close()
    state = verify(place).state
    return found[0] or (None if state is JournalState.WHOLE else f"the journal is {state}")


CAMPAIGN: Final = Campaign("one-token", f"rounds of {AT_ONCE:,} redemptions", "wrong", 1_000, 10, run)
