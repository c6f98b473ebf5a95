"""Expiries of every kind: next morning the desk's books are the broker's, and nothing was sent after the cut-off."""

import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.expiry_scene import FULL_DAY, HALF_DAY, STRUCTURES, ExpiryScene

from tradecore.model.sessions import next_session
from tradecore.risk.expiry_clock import expiry_clock

ENDS: Final = ("in the money", "out of the money", "near a strike", "assigned in part", "liquidated", "not exercised")
_AWAY: Final = {
    "in the money": (Decimal("2.37"), Decimal("-2.41")),
    "out of the money": (Decimal("-6.20"), Decimal("6.20")),
    "near a strike": tuple(Decimal(cents) / 100 for cents in (-2, -1, 0, 1, 2)),
}


def one_expiry(seed: int, half: bool, end: str) -> tuple[str, list[str]]:
    """Play one expiry; what it was, and what was wrong."""
    chance = Random(f"expiry {seed}")
    structure = chance.choice(sorted(STRUCTURES))
    with tempfile.TemporaryDirectory() as directory:
        scene = ExpiryScene(Path(directory) / "sim", chance, HALF_DAY if half else FULL_DAY)
        try:
            return structure, _play(scene, structure, end)
        finally:
            scene.end()


def _play(scene: ExpiryScene, structure: str, end: str) -> list[str]:
    chance = scene.chance
    usual = scene.usual_close()
    price = usual.to_integral_value() + chance.choice(_AWAY.get(end, _AWAY["in the money"]))
    scene.close_at(price)
    legs = scene.legs(structure, usual.to_integral_value())
    refused = scene.open(legs, chance.randint(1, 3))
    if refused:
        return [f"{structure} was refused: {refused}"]
    if not scene.groups:
        return [f"{structure} was not filled"]
    clock = expiry_clock(scene.session, scene.driver.desk.opening.limits)
    assert clock is not None
    assert clock.last_open is not None
    scene.pass_until(clock.last_open + timedelta(seconds=1))
    wrong = [f"opened after the last opening: {text}" for text in [_too_late(scene, legs)] if text == ""]
    scene.pass_until(clock.flat_from + timedelta(seconds=1))
    _leave_in_vain(scene)
    _broker_acts(scene, end)
    if chance.random() < 0.3:
        scene.restart()
    scene.pass_until(scene.session.closes + timedelta(seconds=chance.choice([0, 1, 90, 3_600])))
    cut_off = scene.session.closes
    _press(scene)
    if chance.random() < 0.3:
        scene.restart()
    if chance.random() < 0.5:
        scene.learn_settlements()
        _press(scene)
    following = next_session(scene.session.day)
    scene.pass_until(following.opens - timedelta(hours=1))
    scene.open_day(following.day)
    scene.learn_settlements()
    return [*wrong, *scene.differences(), *_sent_after(scene, cut_off), *_false_alarms(scene, end)]


def _too_late(scene: ExpiryScene, legs: tuple[object, ...]) -> str:
    before = len(scene.sent)
    view = scene.view(scene.contracts())
    scene.carry_out(scene.driver.preview(scene.proposal(legs, 1, view), view=view))  # type: ignore[arg-type]
    scene.carry_out(scene.driver.confirm(view=view))
    return "" if len(scene.sent) > before else "refused"


def _leave_in_vain(scene: ExpiryScene) -> None:
    """Sometimes the desk is away at the cut-off, sometimes nobody takes its exit, sometimes a part is closed."""
    way = scene.chance.choice(["away", "unfilled", "part"])
    for group in list(scene.groups):
        contracts = scene.contracts()
        if way == "unfilled":
            view = scene.view(contracts, generous=len(contracts) == 1)
            scene.carry_out(scene.driver.trigger("cut_off", group=group.label, view=view))
        elif way == "part" and group.open_units() > 1:
            view = scene.view(contracts)
            scene.carry_out(scene.driver.preview_close(group.label, "1", view=view))
            scene.carry_out(scene.driver.confirm(view=view))
            scene.step(5)


def _broker_acts(scene: ExpiryScene, end: str) -> None:
    held = {p.instrument: p.quantity for group in scene.groups for p in group.holdings}
    bought = [one for one in scene.contracts() if held[one] > 0]
    sold = [one for one in scene.contracts() if held[one] < 0]
    if end == "liquidated" and held:
        scene.liquidate(scene.chance.choice(scene.contracts()))
    elif end == "not exercised" and bought:
        scene.keep_from_exercise(scene.chance.choice(bought))
    elif end == "assigned in part" and sold:
        scene.assign(scene.chance.choice(sold), Decimal(1))


def _press(scene: ExpiryScene) -> None:
    """Everything that closes, asked for after the close."""
    view = scene.view(scene.contracts())
    for group in list(scene.groups):
        scene.carry_out(scene.driver.trigger("cut_off", group=group.label, view=view))
        scene.carry_out(scene.driver.step_exit("5", group=group.label, view=view))
        scene.carry_out(scene.driver.preview_close(group.label, view=view))
        scene.carry_out(scene.driver.confirm(view=view))
    if scene.chance.random() < 0.3:
        scene.carry_out(scene.driver.kill(flatten=True))


def _sent_after(scene: ExpiryScene, cut_off: datetime) -> list[str]:
    found = [order_id for at, order_id in scene.sent if at >= cut_off and not _is_of_shares(scene, order_id)]
    return [f"{order_id} was sent after the close" for order_id in found]


def _is_of_shares(scene: ExpiryScene, order_id: str) -> bool:
    # What was delivered trades on, and may be sold the evening it came or the next morning.
    return all(leg.instrument.symbol == "SPY" for leg in scene.driver.order(order_id).legs)


def _false_alarms(scene: ExpiryScene, end: str) -> list[str]:
    quiet = end in ("in the money", "out of the money", "near a strike", "not exercised")
    alarms = {"GROUP_BROKEN", "GROUP_UNCOVERED", "ILLEGAL_EVENT", "POSITION_MISMATCH", "CASH_MISMATCH"}
    broken = {"ILLEGAL_EVENT"} & set(scene.told)
    liquidated = "EXTERNAL_FILL" in scene.told
    return [f"false alarm {code}" for code in sorted(alarms & set(scene.told) if quiet and not liquidated else broken)]


def run(seed: int, count: int) -> Share:
    """So many expiries of one seed, each of the next kind."""
    share = Share(seed)
    for number in range(count):
        which = seed * 1_000 + number
        end, half = ENDS[which % len(ENDS)], which % 4 == 3
        structure, wrong = one_expiry(which, half, end)
        kind = f"{end}{', half day' if half else ''}"
        share.count(kind, f"{which} {structure}: {'; '.join(wrong)}" if wrong else None)
    return share


CAMPAIGN: Final = Campaign(
    name="expiries",
    trials="expiries",
    broken="with books that differ or an order after the close",
    goal=300,
    share=25,
    run=run,
)
