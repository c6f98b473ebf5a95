"""Preview: what a request would do, with a token that does exactly that."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tradecore.desk.commands import PreviewClose, PreviewLift, PreviewOrder
from tradecore.desk.decisions import Decision, Previewed, Refused
from tradecore.desk.new_ticket import NewTicket
from tradecore.errors import InvalidRequest
from tradecore.model.plans import NoProposal, Proposal, Signal
from tradecore.risk.verdict import Change
from tradecore.strategies.strategy import Strategy, StrategyFacts, parameter_texts, read_parameters
from tradecore.usecases.alternatives import easier_argument, most_wanted
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.asking_broker import find_missing_legs
from tradecore.usecases.floor import TradingFloor, decide, hash_token
from tradecore.usecases.headline import headline
from tradecore.usecases.views import fresh_view, strategy_facts, todays_session

_HEADLINES_KEPT: Final = 1000


async def preview_strategy(
    floor: TradingFloor,
    principal: str,
    name: str,
    arguments: Mapping[str, object],
) -> PreviewAnswer | RefusedAnswer:
    """
    Preview a strategy's plan on the present market.

    Raises:
        InvalidRequest: No such strategy, or an argument that can't be read.
    """
    planned = await plan_of(floor, name, arguments)
    if isinstance(planned, RefusedAnswer):
        return planned
    strategy, parameters, facts, proposal = planned
    arguments_told = (("strategy", name), *parameter_texts(parameters))
    answer = await preview_proposal(floor, principal, proposal, arguments_told)
    if isinstance(answer, RefusedAnswer) and not answer.alternative:
        return with_alternative(answer, await easier_argument(floor, strategy, facts, parameters))
    return answer


async def plan_of(
    floor: TradingFloor, name: str, arguments: Mapping[str, object]
) -> tuple[Strategy, Any, StrategyFacts, Proposal] | RefusedAnswer:
    """
    What a strategy would do now, with what it was asked and what it saw.

    Raises:
        InvalidRequest: No such strategy, or an argument that can't be read.
    """
    strategy = floor.strategies.get(name)
    if strategy is None:
        raise InvalidRequest(f"no strategy {name[:40]!r}; allowed: {', '.join(sorted(floor.strategies))}")
    parameters = read_parameters(strategy.Parameters, arguments)
    session = todays_session(floor)
    if session is None or floor.clock.now() >= session.closes:
        refusal = Refused(
            code="MARKET_CLOSED",
            message="the exchange is closed",
            next_step="try again in a session",
        )
        floor.refuse(refusal, strategy=name)
        return RefusedAnswer(status="refused", refusal=refusal)
    facts = await strategy_facts(floor, session)
    proposal = strategy.propose(facts, parameters)
    if isinstance(proposal, NoProposal):
        refusal = Refused(
            code="MISSING_INPUT",
            message=f"missing: {proposal.missing}",
            next_step="wait until the data are there, or ask for other arguments",
        )
        floor.refuse(refusal, strategy=name, missing=proposal.missing)
        return RefusedAnswer(status="refused", refusal=refusal)
    return strategy, parameters, facts, proposal


async def preview_proposal(
    floor: TradingFloor, principal: str, proposal: Proposal, arguments: tuple[tuple[str, str], ...]
) -> PreviewAnswer | RefusedAnswer:
    """Preview a plan, or the first of its alternatives that the limits let through; the ticket binds `arguments`."""
    every = (proposal, *proposal.alternatives)
    view = await fresh_view(floor, [leg.instrument for one in every for leg in one.legs])
    chosen = most_wanted(floor, proposal, view)
    token, ticket = new_ticket(floor, arguments)
    command = PreviewOrder(at=floor.clock.now(), principal=principal, ticket=ticket, proposal=chosen, view=view)
    return ticket_answer(floor, await decide(floor, command), token)


async def signal_of(floor: TradingFloor, name: str) -> Signal | None:
    """What a strategy's signal is now with its default parameters, None while it can't say. Makes no ticket."""
    session = todays_session(floor)
    if session is None or floor.clock.now() >= session.closes:
        return None
    strategy = floor.strategies[name]
    proposal = strategy.propose(await strategy_facts(floor, session), strategy.Parameters())
    if isinstance(proposal, NoProposal):
        return proposal.signal
    every = (proposal, *proposal.alternatives)
    return next((one.signal for one in every if one.signal.present), proposal.signal)


async def preview_close(
    floor: TradingFloor,
    principal: str,
    group: str | None,
    quantity: Decimal | None = None,
) -> PreviewAnswer | RefusedAnswer:
    """Preview closing one group or part of it; None closes every group (flatten)."""
    await find_missing_legs(floor)
    view = await fresh_view(floor)
    token, ticket = new_ticket(floor, (("close", group or "everything"), ("quantity", str(quantity or "all"))))
    command = PreviewClose(
        at=floor.clock.now(),
        principal=principal,
        ticket=ticket,
        group=group,
        quantity=quantity,
        view=view,
    )
    return ticket_answer(floor, await decide(floor, command), token)


async def preview_lift(floor: TradingFloor, principal: str) -> PreviewAnswer | RefusedAnswer:
    """Preview lifting the kill switch; live mode refuses."""
    token, ticket = new_ticket(floor, (("kill_switch", "lift"),))
    command = PreviewLift(at=floor.clock.now(), principal=principal, ticket=ticket)
    return ticket_answer(floor, await decide(floor, command), token)


def new_ticket(floor: TradingFloor, arguments: tuple[tuple[str, str], ...]) -> tuple[str, NewTicket]:
    """A secret token and the ticket identity that holds only its hash."""
    token = floor.ids.token()
    ticket = NewTicket(intent_id=floor.ids.intent_id(), token_hash=hash_token(token), arguments=arguments)
    return token, ticket


def ticket_answer(floor: TradingFloor, decision: Decision, token: str) -> PreviewAnswer | RefusedAnswer:
    """A preview decision as its answer."""
    outcome = decision.outcome
    if isinstance(outcome, Refused):
        return RefusedAnswer(status="refused", refusal=outcome, alternative=_smallest_of(outcome))
    if not isinstance(outcome, Previewed):
        raise TypeError(f"a preview can't end in {type(outcome).__name__}")
    words = headline(floor.desk.opening, outcome)
    _remember(floor.headlines, outcome.intent_id, words)
    return PreviewAnswer(
        status="preview",
        intent_id=outcome.intent_id,
        confirm_token=token,
        kind=outcome.kind,
        headline=words,
        previews=outcome.previews,
        expires_at=outcome.expires_at,
        confirmer=outcome.confirmer,
        changed=outcome.changed,
        standing=outcome.standing,
    )


def _remember(headlines: dict[str, str], intent_id: str, words: str) -> None:
    headlines[intent_id] = words
    if len(headlines) > _HEADLINES_KEPT:
        del headlines[next(iter(headlines))]


def with_alternative(answer: RefusedAnswer, found: tuple[tuple[str, str], ...]) -> RefusedAnswer:
    """The refusal with the smallest change that was found for it, if one was."""
    if not found:
        return answer
    step = f"smallest change that would pass: {', '.join(f'{name} {value}' for name, value in found)}"
    return dataclasses.replace(answer, alternative=found, refusal=dataclasses.replace(answer.refusal, next_step=step))


def _smallest_of(refusal: Refused) -> tuple[tuple[str, str], ...]:
    changes: tuple[Change, ...] = refusal.preview.verdict.smallest_change if refusal.preview else ()
    return tuple((change.argument, change.value) for change in changes)
