"""A market in figures: where its session stands, how it moves, and what its options expect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.analysis.chain_measures import (
    AtTheMoney,
    ExpectedMove,
    Skew,
    at_the_money,
    expected_move,
    put_call_skew,
)
from tradecore.analysis.completed_chain import CompletedChain
from tradecore.analysis.iv_standing import FEWEST_DAYS, MOST_DAYS, IvStanding, iv_standing
from tradecore.analysis.opening_range import OpeningRange, opening_range
from tradecore.analysis.realised_volatility import FEWEST_MINUTES, RealisedVolatility, close_to_close, parkinson
from tradecore.analysis.vwap import session_vwap
from tradecore.errors import PortError
from tradecore.model.instruments import Equity
from tradecore.model.market import Bar
from tradecore.model.sessions import Session, session_on, trading_day
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.option_data import completed_chain

RANGE_MINUTES: Final = 15


@dataclass(slots=True, kw_only=True)
class MarketContext:
    """
    Every figure that is known at `at` (UTC); what is not has its reason in `missing`, by the figure's name.

    The definitions are those of `tradecore.analysis`: `vwap`, `opening_range`, `realised_volatility`, `chain_measures`
    and `iv_standing`. Bars are finished minutes of the present session.
    """

    symbol: str
    at: datetime
    bars: int = 0
    last: Decimal | None = None
    vwap: Decimal | None = None
    opening_range: OpeningRange | None = None
    close_to_close: RealisedVolatility | None = None
    parkinson: RealisedVolatility | None = None
    chain_age_s: float | None = None
    minutes_to_expiry: float | None = None
    at_the_money: AtTheMoney | None = None
    expected_move: ExpectedMove | None = None
    skew: Skew | None = None
    iv_standing: IvStanding | None = None
    missing: dict[str, str] = field(default_factory=dict)


async def market_context(floor: TradingFloor, symbol: str) -> MarketContext:
    """
    All figures of a ticker now; a source that does not answer leaves its figures missing.

    Raises:
        UnknownInstrument: It is no ticker.
    """
    instrument, now = Equity(symbol), floor.clock.now()
    found = MarketContext(symbol=instrument.symbol, at=now)
    session = session_on(trading_day(now))
    if session is None or now < session.opens:
        _miss(found, ("last", "vwap", "opening_range", "close_to_close", "parkinson"), "the session has not begun")
    else:
        await _from_bars(floor, instrument, session, found)
    await _from_chain(floor, found)
    await _from_history(floor, found)
    return found


async def _from_bars(floor: TradingFloor, instrument: Equity, session: Session, found: MarketContext) -> None:
    names = ("last", "vwap", "opening_range", "close_to_close", "parkinson")
    try:
        bars = await floor.lookups.bars(instrument, session.opens, min(found.at, session.closes))
    except PortError as problem:
        _miss(found, names, f"bars can't be had: {str(problem)[:120]}")
        return
    found.bars = len(bars)
    if not bars:
        _miss(found, names, "no minute of this session has been traded and finished")
        return
    found.last = bars[-1].close
    _keep(found, "vwap", session_vwap(bars), "nothing was traded")
    _keep(found, "opening_range", _range(bars, session, found.at), f"the first {RANGE_MINUTES} minutes are not over")
    few = f"fewer than {FEWEST_MINUTES} minutes"
    _keep(found, "close_to_close", close_to_close(bars), few)
    _keep(found, "parkinson", parkinson(bars), few)


def _range(bars: Sequence[Bar], session: Session, now: datetime) -> OpeningRange | None:
    return opening_range(bars, session.opens, now, minutes=RANGE_MINUTES)


async def _from_chain(floor: TradingFloor, found: MarketContext) -> None:
    names = ("at_the_money", "expected_move", "skew")
    try:
        completed = await completed_chain(floor, found.symbol)
    except PortError as problem:
        _miss(found, names, f"the chain can't be had: {str(problem)[:120]}")
        return
    if completed is None or not len(completed):
        _miss(found, names, "there is no chain that expires today")
        return
    found.chain_age_s, found.minutes_to_expiry = completed.age_s(floor.clock.now()), completed.minutes
    _from_completed(completed, found)


def _from_completed(completed: CompletedChain, found: MarketContext) -> None:
    nothing = "no strike has an implied volatility of both call and put"
    if completed.spot is None:
        nothing = "the underlying has no two-sided quote"
    elif not completed.minutes:
        nothing = "no time is left"
    _keep(found, "at_the_money", at_the_money(completed), nothing)
    _keep(found, "expected_move", expected_move(completed), nothing)
    _keep(found, "skew", put_call_skew(completed), "no known deltas around 0.25 on both sides")


async def _from_history(floor: TradingFloor, found: MarketContext) -> None:
    history = floor.research.iv_history
    if history is None or found.at_the_money is None:
        why = "this desk keeps no history" if history is None else "there is no volatility at the money now"
        _miss(found, ("iv_standing",), why)
        return
    try:
        days = await history.days(found.symbol, trading_day(found.at), MOST_DAYS)
    except PortError as problem:
        _miss(found, ("iv_standing",), f"the history can't be read: {str(problem)[:120]}")
        return
    standing = iv_standing(found.at_the_money.iv, [one.iv for one in days])
    why = f"{len(days)} of the {FEWEST_DAYS} days it needs" if len(days) < FEWEST_DAYS else "all days were alike"
    _keep(found, "iv_standing", standing, why)


def _keep(found: MarketContext, name: str, value: object | None, otherwise: str) -> None:
    if value is None:
        found.missing[name] = otherwise
    else:
        setattr(found, name, value)


def _miss(found: MarketContext, names: Sequence[str], why: str) -> None:
    found.missing.update(dict.fromkeys(names, why))
