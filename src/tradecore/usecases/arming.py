"""Arming a strategy: a standing plan that the desk executes by itself when the signal comes, once."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from tradecore.desk.decisions import Confirmed, Refused
from tradecore.desk.standing_commands import FirePlan, PreviewStanding
from tradecore.errors import InvalidRequest, PortError
from tradecore.model.plans import NoProposal, Proposal
from tradecore.model.sessions import Session
from tradecore.model.standing import StandingPlan
from tradecore.strategies.strategy import parameter_texts, read_parameters
from tradecore.usecases.alternatives import most_wanted
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.execution_quality import note_arrival
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.previewing import new_ticket, plan_of, ticket_answer
from tradecore.usecases.views import fresh_view, strategy_facts, todays_session
from tradecore.usecases.working import chase_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Arming:
    """Until when (New York, HH:MM) and at which net price of one unit at worst; None: as the limits and preview say."""

    until: str | None = None
    worst_price: Decimal | None = None


def arming_texts(arm: bool, until: str | None, worst_price: Decimal | None) -> dict[str, str]:
    """
    What a ticket is bound to of the arming.

    Raises:
        InvalidRequest: A bound of a standing plan without `arm`.
    """
    if not arm and (until is not None or worst_price is not None):
        raise InvalidRequest("until and worst_price go with arm=true")
    texts = {"arm": "true"} if arm else {}
    texts |= {} if until is None else {"until": until}
    return texts | ({} if worst_price is None else {"worst_price": f"{worst_price.normalize():f}"})


async def preview_armed(
    floor: TradingFloor, principal: str, name: str, arguments: dict[str, Any], wish: Arming
) -> PreviewAnswer | RefusedAnswer:
    """
    Preview a standing plan: what the strategy would trade now, as a rehearsal, and the bounds it would keep.

    Raises:
        InvalidRequest: No such strategy, or an argument that can't be read.
    """
    planned = await plan_of(floor, name, arguments)
    if isinstance(planned, RefusedAnswer):
        return planned
    _, parameters, facts, proposal = planned
    until = _until(facts.session, wish.until)
    early = _before_its_signal(floor, name, facts.session, until)
    if early is not None:
        floor.refuse(early, strategy=name)
        return RefusedAnswer(status="refused", refusal=early)
    view = await fresh_view(floor, [leg.instrument for one in (proposal, *proposal.alternatives) for leg in one.legs])
    texts = parameter_texts(parameters)
    bound = (("strategy", name), *texts, *arming_texts(True, wish.until, wish.worst_price).items())
    token, ticket = new_ticket(floor, bound)
    command = PreviewStanding(
        at=floor.clock.now(),
        principal=principal,
        ticket=ticket,
        strategy=name,
        parameters=texts,
        proposal=most_wanted(floor, proposal, view),
        until=until,
        worst_price=wish.worst_price,
        view=view,
    )
    return ticket_answer(floor, await decide(floor, command), token)


def _until(session: Session, clock: str | None) -> datetime | None:
    try:
        return None if clock is None else session.at(time.fromisoformat(clock))
    except ValueError as error:
        raise InvalidRequest(f"until {clock!r} is no time of day, HH:MM in New York") from error


def _before_its_signal(floor: TradingFloor, name: str, session: Session, until: datetime | None) -> Refused | None:
    """A refusal of a plan that would be over before its strategy ever looks."""
    first, latest = floor.strategies[name].first_entry, floor.desk.opening.limits.armed_until
    if first is None or latest is None or min(until or session.at(latest), session.at(latest)) > session.at(first):
        return None
    why = f"the signal of {name} never comes before {first:%H:%M} ET, plans are armed until {latest:%H:%M} ET at most"
    return Refused(code="NEVER_FIRES", message=why, next_step=f"ask for it without arm from {first:%H:%M} ET on")


async def watch_armed(floor: TradingFloor) -> None:
    """Look at the signal of every armed plan, and fire those whose signal came or whose time is over."""
    for plan in floor.desk.armed_plans:
        now = floor.clock.now()
        if now >= plan.until:
            await decide(floor, FirePlan(at=now, plan_id=plan.plan_id, proposal=None))
            continue
        proposal = await _signalled(floor, plan)
        if proposal is not None:
            await _fire(floor, plan, proposal)


async def _signalled(floor: TradingFloor, plan: StandingPlan) -> Proposal | None:
    """What the plan's strategy proposes now, if its signal is there; nothing while the market can't be read."""
    session, strategy = todays_session(floor), floor.strategies.get(plan.strategy)
    if session is None or strategy is None:
        return None
    given = {name: value for name, value in plan.parameters if value}
    try:
        facts = await strategy_facts(floor, session)
    except PortError:
        return None
    proposal = strategy.propose(facts, read_parameters(strategy.Parameters, given))
    if isinstance(proposal, NoProposal):
        return None
    every = [one for one in (proposal, *proposal.alternatives) if one.signal.present]
    return dataclasses.replace(every[0], alternatives=tuple(every[1:])) if every else None


async def _fire(floor: TradingFloor, plan: StandingPlan, proposal: Proposal) -> None:
    every = (proposal, *proposal.alternatives)
    view = await fresh_view(floor, [leg.instrument for one in every for leg in one.legs])
    wanted = most_wanted(floor, proposal, view)
    if not floor.desk.consider(wanted, view, floor.clock.now()).verdict.approved:
        return
    command = FirePlan(at=floor.clock.now(), plan_id=plan.plan_id, proposal=wanted, view=view)
    outcome = (await floor.timers.finish(decide(floor, command))).outcome
    for group in floor.desk.groups:
        if isinstance(outcome, Confirmed) and group.label in outcome.groups:
            note_arrival(floor, group, group.plan.legs, view, command.at, leaving=False)
    if isinstance(outcome, Confirmed) and floor.desk.entry_is_adaptive(outcome.intent_id):
        floor.timers.beside(chase_entry(floor, outcome.intent_id))
