"""Use cases on a running simulated market: what a scripted caller can and can't bring about."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.jsonl.journal import read_entries
from entrypoints.limits_file import load_limits
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import Settings
from entrypoints.wiring import House, simulated_house
from tradecore.errors import InvalidRequest, JournalUnavailable, Unavailable
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Equity, Instrument
from tradecore.model.market import Quote
from tradecore.model.sessions import Session, session_on
from tradecore.model.terms import Limit
from tradecore.usecases import kill_switch
from tradecore.usecases.answers import ActionAnswer, ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import cancel, order_status, positions, recent_orders
from tradecore.usecases.previewing import preview_close, preview_lift, preview_strategy
from tradecore.usecases.results import headroom, show_pnl

ME = "local:me"
Script = Callable[["Day"], Awaitable[None]]


class Day:
    """One simulated session under test."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.floor: TradingFloor = house.floor
        self.session: Session = house.session

    async def at(self, clock_time: time) -> None:
        await self.floor.timers.sleep_until(self.session.at(clock_time))

    async def later(self, **passed: float) -> None:
        await self.floor.timers.sleep_until(self.floor.clock.now() + timedelta(**passed))

    async def ask(self, strategy: str = "orb_long_call", **arguments: object) -> PreviewAnswer:
        answer = await preview_strategy(self.floor, ME, strategy, arguments)
        assert isinstance(answer, PreviewAnswer), answer
        return answer

    async def bought(self, strategy: str = "orb_long_call") -> ConfirmAnswer:
        """A filled entry, asked for as often as it takes."""
        for _ in range(10):
            answer = await self.ask(strategy, contracts=1)
            result = await confirm(self.floor, ME, answer.confirm_token)
            if isinstance(result, ConfirmAnswer) and result.filled_quantity:
                return result
            await self.later(seconds=35)
        raise AssertionError("nothing filled in ten tries")

    async def refused(self, strategy: str = "orb_long_call", **arguments: object) -> RefusedAnswer:
        answer = await preview_strategy(self.floor, ME, strategy, arguments)
        assert isinstance(answer, RefusedAnswer), answer
        return answer

    def state(self) -> str:
        """The desk's trading state."""
        return str(self.floor.desk.trading[0])

    def sent(self) -> list[str]:
        """Client order ids the venue received."""
        return list(self.house.venue._orders)


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., House]:
    """Run a script through one simulated session."""

    def run(script: Script, seed: int = 3, day: date = date(2026, 11, 20)) -> House:
        session = session_on(day)
        assert session is not None
        settings = Settings(home=tmp_path / "home")
        house = simulated_house(settings, seed=seed, session=session, limits=load_limits("default"), account=None)

        async def trader(_: TradingFloor) -> None:
            await script(Day(house))

        run_house(house, trader, SessionRecorder())
        return house

    return run


Play = Callable[..., House]


def test_nothing_leaves_the_house_before_a_confirmation(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        for _ in range(5):
            await day.ask(contracts=1)
            await day.later(seconds=5)
        assert day.sent() == []

    play(script)


def test_a_confirmed_preview_fills_inside_what_it_showed_and_is_protected(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        result = await day.bought()
        preview = next(g for g in day.floor.desk.groups if g.label == result.groups[0]).plan
        assert result.status == "confirmed"
        assert result.average_price is not None
        assert preview.worst_price is not None
        assert result.average_price <= preview.worst_price
        stop, target = f"{result.average_price / 2:f}", f"{result.average_price * 2:f}"
        assert f"stop {stop}" in result.protection[0]
        assert f"target {target}" in result.protection[0]
        lines = await positions(day.floor)
        assert [(line.quantity, line.average_price) for line in lines] == [(Decimal(1), result.average_price)]

    play(script)


def test_the_same_token_again_gives_the_first_result_and_no_second_order(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        token = (await day.ask(contracts=1)).confirm_token
        first = await confirm(day.floor, ME, token)
        sent = day.sent()
        again = await confirm(day.floor, ME, token)
        assert isinstance(first, ConfirmAnswer)
        assert isinstance(again, ConfirmAnswer)
        assert again.replayed
        assert (again.intent_id, again.orders) == (first.intent_id, first.orders)
        assert day.sent() == sent

    play(script)


def test_a_hundred_confirmations_at_once_are_one_entry(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        token = (await day.ask(contracts=1)).confirm_token
        results = await asyncio.gather(*(confirm(day.floor, ME, token) for _ in range(100)))
        assert len({r.intent_id for r in results if isinstance(r, ConfirmAnswer)}) == 1
        assert sum(isinstance(r, ConfirmAnswer) and not r.replayed for r in results) == 1
        assert len(day.floor.desk.groups) == 1

    play(script)


def test_an_altered_token_and_somebody_else_s_are_refused(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        token = (await day.ask(contracts=1)).confirm_token
        altered = [token[:-1] + ("A" if token[-1] != "A" else "B"), token[1:], token + "A", token.lower(), ""]
        for wrong in altered:
            answer = await confirm(day.floor, ME, wrong)
            assert isinstance(answer, RefusedAnswer)
            assert answer.refusal.code == "TOKEN_UNKNOWN"
        stranger = await confirm(day.floor, "local:other", token)
        assert isinstance(stranger, RefusedAnswer)
        assert day.sent() == []

    play(script)


def test_a_token_with_other_arguments_is_refused_and_stays_good_for_its_own(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        token = (await day.ask(contracts=1)).confirm_token
        other = await confirm(day.floor, ME, token, {"contracts": "2"})
        assert isinstance(other, RefusedAnswer)
        assert other.refusal.code == "TOKEN_MISMATCH"
        assert day.sent() == []
        assert isinstance(await confirm(day.floor, ME, token, {"contracts": "1"}), ConfirmAnswer)

    play(script)


def test_an_expired_token_answers_with_a_fresh_preview_and_what_changed(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        old = await day.ask(contracts=1)
        await day.later(seconds=31)
        fresh = await confirm(day.floor, ME, old.confirm_token)
        assert isinstance(fresh, PreviewAnswer)
        assert fresh.confirm_token != old.confirm_token
        assert all(before != after for _, before, after in fresh.changed)
        assert day.sent() == []
        assert isinstance(await confirm(day.floor, ME, fresh.confirm_token), ConfirmAnswer | PreviewAnswer)

    play(script)


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "NaN", "inf", "1e400", "", "two", "\u0661"])
def test_a_quantity_that_is_none_is_named_and_sends_nothing(play: Play, quantity: str) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        with pytest.raises(InvalidRequest, match="contracts"):
            await preview_strategy(day.floor, ME, "orb_long_call", {"contracts": quantity})
        assert day.sent() == []

    play(script)


def test_unknown_arguments_and_strategies_are_named(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        with pytest.raises(InvalidRequest, match="unknown argument 'contarcts'; known: "):
            await preview_strategy(day.floor, ME, "orb_long_call", {"contarcts": "1"})
        with pytest.raises(InvalidRequest, match="no strategy 'orb_short_everything'"):
            await preview_strategy(day.floor, ME, "orb_short_everything", {})

    play(script)


def test_orders_before_the_buffer_and_after_the_cut_off_are_refused(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(9, 32))
        early = await day.refused()
        assert "5 minutes after the open" in early.refusal.message
        await day.at(time(15, 1))
        late = await day.refused()
        assert "too late to open a contract that expires today" in late.refusal.message

    play(script)


def test_no_same_day_opening_on_a_half_day_unless_it_is_enabled(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 30))
        refused = await day.refused()
        assert "half day" in refused.refusal.message

    play(script, day=date(2026, 11, 27))


def test_a_position_is_closed_by_the_clock_whatever_its_price(play: Play) -> None:
    """Neither stop nor target can be reached within a minute of the cut-off, so only the clock closes it."""

    async def script(day: Day) -> None:
        await day.at(time(14, 58))
        await day.bought("orb_long_put")

    for seed in (3, 4):
        house = play(script, seed=seed)
        closing = [o for o in house.floor.desk.orders.values() if o.role.value == "exit" and o.fills]
        stopped = [o for o in house.floor.desk.orders.values() if o.role.value in ("stop", "target") and o.fills]
        assert not any(group.is_open for group in house.floor.desk.groups)
        assert closing or stopped
        if closing:
            assert closing[0].fills[-1].at < house.session.at(time(15, 25))


def test_closing_needs_a_ticket_and_never_more(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        await day.bought()
        label = day.floor.desk.groups[-1].label
        before = len(day.sent())
        answer = await preview_close(day.floor, ME, label)
        assert isinstance(answer, PreviewAnswer)
        assert len(day.sent()) == before
        result = await confirm(day.floor, ME, answer.confirm_token)
        assert isinstance(result, ConfirmAnswer)
        assert result.filled_quantity == 1
        assert await positions(day.floor) == ()
        again = await preview_close(day.floor, ME, label)
        assert isinstance(again, RefusedAnswer)
        assert again.refusal.code == "NOTHING_TO_CLOSE"

    play(script)


def test_the_kill_switch_blocks_withdraws_and_flattens_in_one_call(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        await day.bought()
        await kill_switch.engage(day.floor, ME, flatten=True, reason="drill")
        await day.later(seconds=8)
        assert not any(group.is_open for group in day.floor.desk.groups)
        assert day.state() == "reducing"
        refused = await day.refused(contracts=1)
        assert "kill switch" in refused.refusal.message
        sent = len(day.sent())
        await kill_switch.engage(day.floor, ME, flatten=True, reason="again")
        assert len(day.sent()) == sent

    play(script)


def test_lifting_the_kill_switch_needs_a_confirmed_ticket(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        await kill_switch.engage(day.floor, ME, flatten=False, reason="drill")
        lift = await preview_lift(day.floor, ME)
        assert isinstance(lift, PreviewAnswer)
        assert day.state() == "reducing"
        assert isinstance(await confirm(day.floor, ME, lift.confirm_token), ConfirmAnswer)
        assert day.state() == "active"

    play(script)


def test_an_exit_can_t_be_cancelled_but_a_resting_entry_can(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        result = await day.bought()
        group = next(g for g in day.floor.desk.groups if g.label == result.groups[0])
        stop = next(i for i in group.order_ids if day.floor.desk.orders[i].role.value == "stop")
        refused = await cancel(day.floor, ME, stop)
        assert isinstance(refused, RefusedAnswer)
        assert refused.refusal.code == "PROTECTIVE_ORDER"
        await day.later(minutes=11)
        other = await day.ask("orb_long_put", contracts=1)
        task = asyncio.ensure_future(confirm(day.floor, ME, other.confirm_token))
        await day.later(milliseconds=100)
        entry = recent_orders(day.floor, 1)[0]
        if entry.state.value == "accepted":
            assert isinstance(await cancel(day.floor, ME, entry.client_order_id), ActionAnswer)
            await day.later(seconds=2)
            assert order_status(day.floor, entry.client_order_id).state.value == "canceled"
        await task

    play(script)


def test_what_fills_while_everything_is_flattened_is_closed_too(play: Play) -> None:
    """The venue fills an entry although its cancel was asked for; the latch that flattened closes that as well."""

    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        await day.bought()
        other = await day.ask("orb_long_put", contracts=1)
        task = asyncio.ensure_future(confirm(day.floor, ME, other.confirm_token, wait=timedelta(0)))
        await day.later(milliseconds=1)
        await kill_switch.engage(day.floor, ME, flatten=True, reason="drill")
        await task
        await day.later(seconds=15)
        assert not any(group.is_open for group in day.floor.desk.groups)
        assert await day.house.venue.positions() == []

    for seed in (3, 5, 8):
        play(script, seed=seed)


class LosesCancels:
    """The venue's `cancel`, of which the first few never arrive."""

    def __init__(self, day: Day, lost: int) -> None:
        self._cancel = day.house.venue.cancel
        self.left = lost
        day.house.venue.cancel = self.cancel  # type: ignore[method-assign]

    async def cancel(self, client_order_id: str) -> None:
        if self.left:
            self.left -= 1
            raise Unavailable("the venue did not answer")
        await self._cancel(client_order_id)


def test_an_entry_withdrawn_by_the_kill_switch_is_cancelled_although_cancels_get_lost(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        for _ in range(10):
            answer = await day.ask(contracts=1)
            task = asyncio.ensure_future(confirm(day.floor, ME, answer.confirm_token, wait=timedelta(0)))
            await day.later(milliseconds=120)
            await task
            entry = day.floor.desk.orders[day.sent()[-1]]
            if entry.state.value == "accepted":
                break
            await day.later(seconds=40)
        lossy = LosesCancels(day, 3)
        await kill_switch.engage(day.floor, ME, flatten=False, reason="drill")
        await day.later(seconds=10)
        entry = day.floor.desk.orders[entry.client_order_id]
        assert lossy.left == 0
        assert entry.is_ended
        assert await day.house.venue.open_orders() == []

    play(script, seed=6)


def test_an_exit_is_pushed_until_it_fills_although_cancels_get_lost(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        await day.bought()
        group = day.floor.desk.groups[-1]
        LosesCancels(day, 4)
        venue = day.house.venue
        shown = venue._quote_of

        def walks_away(instrument: Instrument) -> Quote | None:
            quote = shown(instrument)
            working = [w for w in venue._open if isinstance(w.terms, Limit)]
            if quote is None or not quote.bid or not quote.ask or not working or isinstance(instrument, Equity):
                return quote
            return replace(quote, bid=quote.bid / 2, ask=quote.ask / 2)

        venue._quote_of = walks_away
        closing = await preview_close(day.floor, ME, group.label)
        assert isinstance(closing, PreviewAnswer)
        await confirm(day.floor, ME, closing.confirm_token)
        await day.later(seconds=20)
        assert not group.is_open

    play(script)


def test_a_failing_journal_stops_the_desk_before_anything_is_sent(play: Play) -> None:
    sent: list[str] = []

    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        answer = await day.ask(contracts=1)

        async def fails() -> None:
            raise JournalUnavailable("no space left on device")

        day.floor.journal.make_durable = fails  # type: ignore[method-assign]
        try:
            await confirm(day.floor, ME, answer.confirm_token)
        finally:
            sent.extend(day.sent())

    with pytest.raises(Exception, match="no space left on device"):
        play(script)
    assert sent == []


def test_the_books_reconcile_to_the_venue_s_cash_to_the_last_digit(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        for strategy in ("orb_long_call", "orb_long_put"):
            await day.bought(strategy)
            await day.later(minutes=1)
        answer = await preview_close(day.floor, ME, None)
        assert isinstance(answer, PreviewAnswer)
        await confirm(day.floor, ME, answer.confirm_token)
        await day.later(seconds=10)

    house = play(script)
    result = house.floor.desk.day.result(house.session.day)
    cash = house.venue._account.cash
    assert cash.amount == Decimal(10_000) + result.realised.amount - result.fees.amount


def test_the_day_s_figures_agree_with_each_other(play: Play) -> None:
    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        before = headroom(day.floor)
        assert before.daily_cap is not None
        assert before.budget_left == before.daily_cap
        await day.bought()
        now = headroom(day.floor)
        pnl = await show_pnl(day.floor)
        assert now.budget_left is not None
        assert now.committed is not None
        assert now.budget_left == before.daily_cap - now.loss_today - now.committed
        assert pnl.unrealised is not None
        assert pnl.total == pnl.realised - pnl.fees + pnl.unrealised
        assert pnl.trades == 1

    play(script)


def test_no_secret_token_stands_in_the_journal(play: Play) -> None:
    tokens: list[str] = []

    async def script(day: Day) -> None:
        await day.at(time(10, 0))
        answer = await day.ask(contracts=1)
        tokens.append(answer.confirm_token)
        await confirm(day.floor, ME, answer.confirm_token)

    house = play(script)
    content = b"".join(path.read_bytes() for path in (house.directory / "journal").iterdir())
    assert tokens[0].encode() not in content


class Watched:
    """Writes down, in order, when the journal became durable and when the venue received an order."""

    def __init__(self, day: Day) -> None:
        self.steps: list[tuple[str, str]] = []
        self._journal = day.floor.journal
        self._submit, self._durable = day.house.venue.submit, day.floor.journal.make_durable
        day.house.venue.submit = self.submit  # type: ignore[method-assign]
        day.floor.journal.make_durable = self.make_durable  # type: ignore[method-assign]

    async def submit(self, order: ConfirmedOrder) -> None:
        self.steps.append(("submit", order.client_order_id))
        await self._submit(order)

    async def make_durable(self) -> None:
        await self._durable()
        self.steps.append(("durable", str(self._journal.head.seq)))


def entries_of_orders(house: House) -> dict[str, int]:
    """The journal entry that decided on each order."""
    found = {}
    for entry in read_entries(house.directory / "journal"):
        actions = entry.body.get("decision", {}).get("actions", [])
        found.update({a["order"]["client_order_id"]: entry.seq for a in actions if a["is"] == "Send"})
    return found


def test_the_intent_is_journaled_before_the_order_is_sent(play: Play) -> None:
    """Each order the venue received stands in an entry that was durable before it went."""
    watched: list[Watched] = []

    async def script(day: Day) -> None:
        watched.append(Watched(day))
        await day.at(time(10, 0))
        await day.bought()

    entry_of = entries_of_orders(play(script))
    durable_up_to = submitted = 0
    for what, which in watched[0].steps:
        if what == "durable":
            durable_up_to = int(which)
        else:
            submitted += 1
            assert entry_of[which] <= durable_up_to
    assert submitted >= 2
