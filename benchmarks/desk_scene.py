"""One realistic moment at the desk: a fresh market, a 30-delta call, the shipped limits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from entrypoints.limits_file import load_limits, shipped_fees
from tradecore.desk.commands import PreviewOrder, Redeem
from tradecore.desk.decisions import Decision
from tradecore.desk.desk import Desk
from tradecore.desk.new_ticket import NewTicket
from tradecore.desk.opening import DeskOpening
from tradecore.model.account import AccountSnapshot
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks, MarketView, Quote
from tradecore.model.money import usd
from tradecore.model.plans import Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side
from tradecore.risk.limits import Limits
from tradecore.risk.picture import RiskPicture

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
CALL = OptionContract("SPY", date(2026, 11, 20), Right.CALL, Decimal(601))
SPY = Equity("SPY")
LIMITS = load_limits("default")
FEES = shipped_fees()


def a_view() -> MarketView:
    """Fresh quotes and greeks of one call and its underlying."""

    def quote(instrument: Instrument, bid: str, ask: str) -> Quote:
        return Quote(instrument, Decimal(bid), Decimal(ask), Decimal(50), Decimal(50), NOW, NOW, "bench")

    greeks = ContractGreeks(CALL, 0.18, 0.30, 0.1, -0.002, 0.05, delta_after_rise=0.7, delta_after_fall=0.05)
    account = AccountSnapshot(
        account="bench",
        at=NOW,
        cash=usd(10_000),
        equity=usd(10_000),
        buying_power=usd(10_000),
        options_buying_power=usd(10_000),
    )
    quotes = {"SPY": quote(SPY, "599.60", "599.61"), CALL.symbol: quote(CALL, "0.57", "0.58")}
    return MarketView(quotes=quotes, greeks={CALL.symbol: greeks}, account=account, chain_at=NOW)


@dataclass(slots=True)
class Scene:
    """A desk and one proposal; counts tickets so that each is its own."""

    desk: Desk
    proposal: Proposal
    view: MarketView
    picture: RiskPicture
    count: int = 0

    def preview(self) -> Decision:
        """One more preview on the same desk."""
        return self._preview(self.desk)

    def preview_on_fresh_desk(self) -> Decision:
        """A preview on a desk that never saw one."""
        return self._preview(a_desk())

    def preview_and_redeem(self) -> Decision:
        """Preview and redeem on a desk that holds nothing."""
        desk = a_desk()
        self._preview(desk)
        fresh = NewTicket(intent_id="f", token_hash="f")
        return desk.handle(
            Redeem(at=NOW, principal="bench", token_hash=str(self.count), given=(), fresh=fresh, view=self.view),
        )

    def recorded(self) -> tuple[PreviewOrder, Decision]:
        """A preview command and its decision."""
        command = self._command()
        return command, self.desk.handle(command)

    def _preview(self, desk: Desk) -> Decision:
        return desk.handle(self._command())

    def _command(self) -> PreviewOrder:
        self.count += 1
        ticket = NewTicket(intent_id=f"i{self.count}", token_hash=str(self.count))
        return PreviewOrder(at=NOW, principal="bench", ticket=ticket, proposal=self.proposal, view=self.view)


def a_desk(limits: Limits = LIMITS) -> Desk:
    """A flat desk of $10,000, by default under the shipped limits."""
    opening = DeskOpening(
        account="bench",
        mode="simulated",
        day=date(2026, 11, 20),
        equity=usd(10_000),
        limits=limits,
        fees=FEES,
    )
    return Desk(opening)


def a_proposal() -> Proposal:
    """Buy one call, with stop and target."""
    return Proposal(
        strategy="orb_long_call",
        label="ORB",
        legs=(Leg(CALL, Side.BUY),),
        size=SizeRequest(contracts=Decimal(1)),
        protection=Protection(stop_pct=Decimal(50), target_pct=Decimal(100), out_by=None),
        signal=Signal(present=True, why="bench"),
        reason="bench",
    )


def a_scene() -> Scene:
    """Everything in place for one order."""
    proposal = a_proposal()
    desk = a_desk()
    view = a_view()
    preview = desk.consider(proposal, view, NOW)
    picture = desk._state.picture(preview.plan, view, NOW)
    return Scene(desk=desk, proposal=proposal, view=view, picture=picture)
