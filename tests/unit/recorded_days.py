"""Recorded days drawn by hand, written in the formats `replay` reads."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

NINE_THIRTY_MS = (9 * 60 + 30) * 60_000
Prices = tuple[str, str, str, str]


def scaled(text: str) -> str:
    """A price as LEAN stores it, x 10000."""
    return "" if not text else str(int(Decimal(text) * 10_000))


def lean_zip(path: Path, member: str, lines: Sequence[str]) -> None:
    """One zip with one CSV in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "\n".join(lines) + "\n")


def lean_options(path: Path, members: Mapping[str, Sequence[str]]) -> None:
    """One zip with a CSV a contract."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for member, lines in members.items():
            archive.writestr(member, "\n".join(lines) + "\n")


def trade_line(minute: int, prices: Prices, volume: int = 1000) -> str:
    """A trade bar that starts `minute` minutes after the open."""
    return ",".join([str(NINE_THIRTY_MS + minute * 60_000), *(scaled(price) for price in prices), str(volume)])


def quote_line(minute: int, bid: Prices | None, ask: Prices | None, size: int = 10) -> str:
    """A quote bar; a side that is None is blank."""

    def side(prices: Prices | None) -> list[str]:
        return ["", "", "", "", "0"] if prices is None else [*(scaled(price) for price in prices), str(size)]

    return ",".join([str(NINE_THIRTY_MS + minute * 60_000), *side(bid), *side(ask)])


def flat(price: str) -> Prices:
    """A bar that does not move."""
    return price, price, price, price


def breakout_path(minutes: int = 390, *, up: bool = True, at: int = 20, scale: int = 1, most: int = 60) -> list[Prices]:
    """
    A quiet opening range of 99.90 to 100.10, then from minute `at` on a move of 5 cents a minute for `most` minutes.

    `scale` multiplies every price.
    """
    bars = []
    for minute in range(minutes):
        drift = Decimal("0.05") * min(max(minute - at + 1, 0), most)
        middle = 100 + drift if up else 100 - drift
        prices = (middle, middle + Decimal("0.10"), middle - Decimal("0.10"), middle)
        opened, high, low, close = (str(price * scale) for price in prices)
        bars.append((opened, high, low, close))
    return bars


def write_lean_day(folder: Path, symbol: str, day: date, path: Sequence[Prices]) -> None:
    """Trades and cent-wide quotes of one day in LEAN's layout."""
    home = folder / symbol.lower()
    cent = Decimal("0.01")

    def shifted(prices: Prices, by: Decimal) -> Prices:
        moved = [str(Decimal(price) + by) for price in prices]
        return moved[0], moved[1], moved[2], moved[3]

    trades = [trade_line(minute, prices) for minute, prices in enumerate(path)]
    quotes = [quote_line(m, shifted(p, -cent / 2), shifted(p, cent / 2), 500) for m, p in enumerate(path)]
    lean_zip(home / f"{day:%Y%m%d}_trade.zip", f"{day:%Y%m%d}_{symbol.lower()}_minute_trade.csv", trades)
    lean_zip(home / f"{day:%Y%m%d}_quote.zip", f"{day:%Y%m%d}_{symbol.lower()}_minute_quote.csv", quotes)


def write_csv_day(path: Path, day: date, bars: Sequence[Prices], *, labels: str) -> None:
    """Plain bars with New York times, newest first."""
    opens = datetime.combine(day, time(9, 30))
    shift = 1 if labels == "end" else 0
    rows = [
        f"{opens + timedelta(minutes=number + shift)},{','.join(prices)},1000" for number, prices in enumerate(bars)
    ]
    path.write_text("\n".join(["datetime,open,high,low,close,volume", *reversed(rows)]) + "\n")
