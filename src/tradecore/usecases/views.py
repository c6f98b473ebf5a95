"""Freezing the market and the account into the view a decision is made on."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from tradecore.analysis.contract_greeks import chain_deltas, contract_greeks
from tradecore.errors import PortError
from tradecore.model.account import AccountSnapshot
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, Instrument, OptionContract
from tradecore.model.market import ContractGreeks, MarketView
from tradecore.model.sessions import Session, session_on, trading_day
from tradecore.strategies.strategy import StrategyFacts
from tradecore.usecases.floor import ANSWERS_WITHIN_S, TradingFloor


async def fresh_view(floor: TradingFloor, instruments: Iterable[Instrument] = ()) -> MarketView:
    """
    Quotes, greeks and balances now: of these instruments, the underlying, and all that is held or working.

    What can't be had now is absent or as old as it is, which refuses whatever takes risk.
    """
    wanted = {i.symbol: i for i in (*floor.desk.concerned_instruments(), *instruments)}
    under = {i.underlying for i in wanted.values()} | {floor.underlying.symbol}
    wanted[floor.underlying.symbol] = floor.underlying
    wanted |= {symbol: Equity(symbol) for symbol in under if symbol not in wanted and "/" not in symbol}
    await _refresh_quotes(floor, wanted)
    if any(isinstance(instrument, OptionContract) for instrument in wanted.values()):
        with suppress(PortError):
            await refresh_chain(floor)
    account = await account_if_known(floor)
    greeks = known_greeks(floor, wanted.values(), floor.clock.now())
    return floor.board.view({*wanted, *under}, greeks, account, floor.underlying.symbol)


async def quotes_view(floor: TradingFloor, *, with_account: bool = False) -> MarketView:
    """Quotes of all that is held or working and of the underlying, and balances if asked: what leaving needs."""
    wanted = {i.symbol: i for i in (*floor.desk.concerned_instruments(), floor.underlying)}
    await _refresh_quotes(floor, wanted)
    account = await account_if_known(floor) if with_account else None
    return floor.board.view(wanted, {}, account, floor.underlying.symbol)


async def account_if_known(floor: TradingFloor) -> AccountSnapshot | None:
    """Balances as the broker states them; None when it does not answer."""
    try:
        return await floor.timers.within(ANSWERS_WITHIN_S, floor.broker.account())
    except (PortError, TimeoutError):
        return None


async def _refresh_quotes(floor: TradingFloor, wanted: Mapping[str, Instrument]) -> None:
    for symbol in sorted(wanted):
        try:
            quote = await floor.market.quote(wanted[symbol])
        except PortError:
            # What is known stays, as old as it is: it refuses what takes risk, and leaving is not held up.
            continue
        if quote is not None:
            floor.board.put_quote(quote)


async def refresh_chain(floor: TradingFloor) -> OptionChain | None:
    """The same-day chain now, kept on the board."""
    chain = await floor.market.chain(floor.underlying.symbol, trading_day(floor.clock.now()))
    if chain is not None:
        floor.board.put_chain(chain)
    return chain


def known_greeks(floor: TradingFloor, instruments: Iterable[Instrument], now: datetime) -> dict[str, ContractGreeks]:
    """Greeks of the options among these, from the board's quotes."""
    found = {}
    for instrument in sorted(instruments, key=lambda i: i.symbol):
        quote = floor.board.quote(instrument)
        if isinstance(instrument, OptionContract) and quote is not None:
            under = floor.board.quote(Equity(instrument.underlying))
            found[instrument.symbol] = contract_greeks(quote, under, now)
    return found


async def strategy_facts(floor: TradingFloor, session: Session) -> StrategyFacts:
    """What strategies may know now: today's bars, the underlying's quote, the same-day chain with its deltas."""
    quote = await floor.market.quote(floor.underlying)
    chain = await refresh_chain(floor)
    if quote is not None:
        floor.board.put_quote(quote)
    now = floor.clock.now()
    bars = await floor.market.bars(floor.underlying, session.opens, now)
    known = chain is not None and quote is not None and quote.mid is not None
    return StrategyFacts(
        now=now,
        session=session,
        underlying=floor.underlying.symbol,
        quote=quote,
        bars=bars,
        chain=chain,
        deltas=chain_deltas(chain, quote.mid, now).delta if known and chain and quote and quote.mid else None,
    )


def todays_session(floor: TradingFloor) -> Session | None:
    """The session of the present trading day; None on a day without one."""
    return session_on(trading_day(floor.clock.now()))
