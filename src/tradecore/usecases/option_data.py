"""Chains and single contracts with their figures, for whoever asks."""

from datetime import date

from tradecore.analysis.completed_chain import CompletedChain, chain_of, complete
from tradecore.model.instruments import Equity, OptionContract
from tradecore.model.market import Quote
from tradecore.model.sessions import trading_day
from tradecore.usecases.floor import TradingFloor


async def completed_chain(floor: TradingFloor, underlying: str, expiry: date | None = None) -> CompletedChain | None:
    """
    The chain of an expiry, by default today's: the kept one while it is fresh, else asked for now.

    None when the source has no such chain.

    Raises:
        Unavailable, Rejected, OutcomeUnknown: The source does not answer.
    """
    now = floor.clock.now()
    wanted = expiry or trading_day(now)
    kept = floor.board.completed(underlying)
    if kept is not None and kept.chain.expiry == wanted and _is_fresh(floor, kept):
        return kept
    chain = await floor.lookups.chain(underlying, wanted)
    if chain is None:
        return None
    spot = await spot_quote(floor, underlying)
    return complete(chain, spot, floor.clock.now())


async def completed_contract(floor: TradingFloor, contract: OptionContract) -> CompletedChain | None:
    """
    A chain of this one contract, from its quote now; None when it has none.

    Raises:
        Unavailable, Rejected, OutcomeUnknown: The source does not answer.
    """
    quote = await floor.lookups.quote(contract)
    if quote is None:
        return None
    spot = await spot_quote(floor, contract.underlying)
    return complete(chain_of([quote], [contract]), spot, floor.clock.now())


async def spot_quote(floor: TradingFloor, underlying: str) -> Quote | None:
    """
    The underlying's quote now.

    Raises:
        Unavailable, Rejected, OutcomeUnknown: The source does not answer.
    """
    return await floor.lookups.quote(Equity(underlying))


def _is_fresh(floor: TradingFloor, kept: CompletedChain) -> bool:
    """Whether the keeper has not missed a poll; how old the chain then is, its answer says."""
    keeper = floor.chain_keeper
    if keeper is None:
        return False
    rate = float(floor.desk.opening.clock_rate)
    return kept.age_s(floor.clock.now()) <= 2 * keeper.every.total_seconds() * rate
