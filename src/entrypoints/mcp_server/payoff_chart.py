"""The tool that draws a payoff: a PNG beside the figures, for clients that show pictures."""

import base64
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from entrypoints.mcp_server import rendering, schemas
from entrypoints.mcp_server.arguments import PayoffChart
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool
from tradecore.usecases.payoffs import PayoffCurve, payoff_curve

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

IMAGE: Final = "png_base64"
"""Where an answer holds a picture; over MCP it becomes a part of its own."""

_ABOUT: Final = "Draw what a previewed order (its confirm_token) or an open group makes at each price, now and expiry."
_SIZE: Final = (760, 420)
_LEFT, _TOP, _RIGHT, _BOTTOM = 84, 44, 740, 372
_NOW, _EXPIRY, _GREY, _BLACK = "#4c78a8", "#e45756", "#888888", "#222222"


def chart_tools() -> list[Tool]:
    """The one tool of this file."""
    return [
        Tool(
            name="payoff_chart",
            title="Payoff chart",
            description=_ABOUT,
            arguments=PayoffChart,
            handler=_payoff_chart,
            output_schema=schemas.PAYOFF,
            idempotent=True,
        )
    ]


async def _payoff_chart(call: Call, given: PayoffChart) -> Json:
    curve = await payoff_curve(call.floor, call.principal, given.subject)
    expiry = [point.expiry for point in curve.points]
    return {
        "title": curve.title,
        "spot": rendering.text(curve.spot),
        "break_evens": [rendering.text(price) for price in curve.break_evens],
        "best_shown": rendering.text(max(expiry)),
        "worst_shown": rendering.text(min(expiry)),
        IMAGE: base64.b64encode(drawn(curve)).decode(),
    }


def drawn(curve: PayoffCurve) -> bytes:
    """
    The curve as PNG.

    Raises:
        Refusal: pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ModuleNotFoundError:
        step = "install tradecore with its extra: pip install 'tradecore[charts]'; a preview's ladder has the figures"
        raise Refusal("CHARTS_NOT_INSTALLED", "pillow is not installed here", {"next_step": step}) from None
    image = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(image)
    font: Any = ImageFont.load_default(size=14)
    values = [value for point in curve.points for value in (point.now, point.expiry) if value is not None]
    frame = _Frame(curve, min([*values, Decimal(0)]), max([*values, Decimal(0)]))
    # The font that pillow brings has no typographic minus.
    pen.text((_LEFT, 12), curve.title[:80].replace("−", "-"), fill=_BLACK, font=font)
    pen.rectangle((_LEFT, _TOP, _RIGHT, _BOTTOM), outline=_GREY)
    zero = frame.y(Decimal(0))
    pen.line((_LEFT, zero, _RIGHT, zero), fill=_GREY)
    for value in (frame.low, Decimal(0), frame.high):
        pen.text((6, frame.y(value) - 8), f"{value:,.0f} $", fill=_BLACK, font=font)
    pen.line((frame.x(curve.spot), _TOP, frame.x(curve.spot), _BOTTOM), fill=_GREY)
    pen.text((frame.x(curve.spot) - 24, _BOTTOM + 6), f"{curve.spot:.2f}", fill=_BLACK, font=font)
    for price in curve.break_evens:
        if frame.shows(price):
            pen.text((frame.x(price) - 24, _BOTTOM + 22), f"{price:.2f}", fill=_EXPIRY, font=font)
    _line(pen, frame, [(point.spot, point.expiry) for point in curve.points], _EXPIRY)
    if all(point.now is not None for point in curve.points):
        _line(pen, frame, [(point.spot, point.now or Decimal(0)) for point in curve.points], _NOW)
    pen.text((_RIGHT - 170, 12), "now", fill=_NOW, font=font)
    pen.text((_RIGHT - 120, 12), "at expiry", fill=_EXPIRY, font=font)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


class _Frame:
    """Where prices and dollars are on the picture."""

    def __init__(self, curve: PayoffCurve, low: Decimal, high: Decimal) -> None:
        self._first, self._last = curve.points[0].spot, curve.points[-1].spot
        self.low, self.high = low, high if high > low else low + 1

    def x(self, price: Decimal) -> float:
        return _LEFT + float((price - self._first) / (self._last - self._first)) * (_RIGHT - _LEFT)

    def y(self, dollars: Decimal) -> float:
        return _TOP + float((self.high - dollars) / (self.high - self.low)) * (_BOTTOM - _TOP)

    def shows(self, price: Decimal) -> bool:
        return self._first <= price <= self._last


def _line(pen: "ImageDraw", frame: _Frame, points: Sequence[tuple[Decimal, Decimal]], colour: str) -> None:
    pen.line([(frame.x(price), frame.y(dollars)) for price, dollars in points], fill=colour, width=3)
