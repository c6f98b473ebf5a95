"""Charts of a burn-in as SVG, drawn by hand: a bar a session, and each session's day."""

from collections.abc import Sequence
from html import escape
from typing import Final

from entrypoints.burnin.outcome import Outcome

_WIDTH: Final = 960
_HEIGHT: Final = 320
_LEFT: Final = 64
_MARGIN: Final = 28
_COLOURS: Final = {
    "usual": "#4c78a8",
    "trend": "#54a24b",
    "range": "#eeca3b",
    "crash": "#e45756",
    "halt": "#b279a2",
    "half day": "#9d755d",
}


def results_chart(outcomes: Sequence[Outcome]) -> str:
    """Each session's result as a bar, in the order of their numbers, coloured by the kind of its day."""
    nets = [one.net for one in outcomes]
    high, low = max([*nets, 1.0]), min([*nets, -1.0])
    step = (_WIDTH - _LEFT - _MARGIN) / max(len(nets), 1)
    bars = []
    for index, one in enumerate(outcomes):
        top, bottom = sorted((_y(one.net, low, high), _y(0.0, low, high)))
        title = f"session {one.number}, seed {one.seed}, {one.regime}: {one.net:+.2f}"
        bars.append(
            f'<rect x="{_LEFT + index * step:.1f}" y="{top:.1f}" width="{max(step - 1, 1):.1f}" '
            f'height="{max(bottom - top, 1):.1f}" fill="{_COLOURS[one.regime]}"><title>{escape(title)}</title></rect>'
        )
    return _svg("Dollars made or lost a session", low, high, [*bars, *_legend()])


def days_chart(outcomes: Sequence[Outcome]) -> str:
    """Each session's account through its day, marked at mid."""
    values = [dollars for one in outcomes for _, dollars in one.dollars]
    high, low = max([*values, 1.0]), min([*values, -1.0])
    lines = []
    for one in outcomes:
        points = " ".join(
            f"{_LEFT + minute / 390 * (_WIDTH - _LEFT - _MARGIN):.1f},{_y(dollars, low, high):.1f}"
            for minute, dollars in one.dollars
        )
        colour = _COLOURS[one.regime]
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-opacity="0.5"/>')
    return _svg("Dollars since the open, by minute of the session", low, high, [*lines, *_legend()])


def _svg(title: str, low: float, high: float, parts: Sequence[str]) -> str:
    zero = _y(0.0, low, high)
    frame = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">{escape(title)}</text>',
        f'<line x1="{_LEFT}" x2="{_WIDTH - _MARGIN}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#888"/>',
    ]
    frame += [
        f'<text x="{_LEFT - 6}" y="{_y(value, low, high) + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        for value in (low, 0.0, high)
    ]
    return "\n".join([*frame, *parts, "</svg>"]) + "\n"


def _legend() -> list[str]:
    return [
        f'<text x="{_LEFT + index * 110}" y="{_HEIGHT - 6}" fill="{colour}">{escape(name)}</text>'
        for index, (name, colour) in enumerate(_COLOURS.items())
    ]


def _y(value: float, low: float, high: float) -> float:
    return _MARGIN + (high - value) / (high - low) * (_HEIGHT - 2 * _MARGIN)
