"""The bell that wakes whoever waits for a change: an answer that changed nothing does not ring it."""

from datetime import timedelta

from tests.campaigns.still_market import StillMarket, in_a_still_market

from tradecore.usecases.answers import ConfirmAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm

NO_WAIT = timedelta(0)


def test_a_confirmation_rings_and_its_repetition_or_refusal_does_not() -> None:
    rings: list[str] = []

    async def story(scene: StillMarket) -> None:
        floor = scene.floor
        ring = floor.changed.ring
        ticket = await scene.preview(limit="0.99")

        def heard() -> None:
            rings.append("ring")
            ring()

        vars(floor.changed)["ring"] = heard
        refused = await confirm(floor, "model", "another token", wait=NO_WAIT)
        assert isinstance(refused, RefusedAnswer)
        assert rings == []

        first = await confirm(floor, "model", ticket.confirm_token, wait=NO_WAIT)
        assert isinstance(first, ConfirmAnswer)
        assert rings != []

        await scene.pass_time(1)
        rings.clear()
        again = await confirm(floor, "model", ticket.confirm_token, wait=NO_WAIT)
        assert isinstance(again, ConfirmAnswer)
        assert again.replayed
        assert rings == []

    in_a_still_market(1, story, delay=lambda: 0.01)
