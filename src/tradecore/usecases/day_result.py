"""What the day brought so far, and what a group holds, from what is known already."""

from tradecore.desk.desk import Desk
from tradecore.desk.groups import Group
from tradecore.market_board import MarketBoard
from tradecore.model.money import Money
from tradecore.model.terms import short_name


def day_pnl(desk: Desk, board: MarketBoard) -> Money | None:
    """Profit and loss of the day after fees, open positions at what closing them would bring; None without a quote."""
    result = desk.day.result(desk.day.today)
    total = result.realised - result.fees
    for group in desk.open_groups:
        for held in group.holdings:
            quote = board.quote(held.instrument)
            mark = None if quote is None else (quote.bid if held.quantity > 0 else quote.ask)
            if mark is None:
                return None
            total += held.unrealised(mark)
    return total


def position_told(group: Group, pnl: Money | None) -> str:
    """A group in a line: what it holds, what it has booked, and the day with it."""
    held = ", ".join(
        f"{one.quantity:f} {short_name(one.instrument)} at {one.average_price or 0:.4f}" for one in group.holdings
    )
    booked = f"booked {group.realised - group.fees} after fees"
    return f"{group.label}: {held or 'flat'}; {booked}; day P&L {'unknown' if pnl is None else pnl}"
