"""Line charts as SVG, written by hand: a few panels below each other over the hours of a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP, _GAP = 860, 120, 62, 24, 44, 44
_COLOURS = ("#1f6feb", "#d1571b", "#1a7f37")
_FONT = "font-family=\"-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif\""


@dataclass(frozen=True, slots=True)
class Line:
    """Values at even steps from left to right; None is a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale, which starts at 0."""

    title: str
    lines: Sequence[Line]


def chart(title: str, panels: Sequence[Panel], hours: tuple[float, float]) -> str:
    """The panels below each other, from one hour of the day to another."""
    height = _TOP + len(panels) * (_PANEL + _GAP)
    body = "".join(
        _panel(panel, _TOP + 18 + number * (_PANEL + _GAP), hours) for number, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'{_FONT} font-size="12" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n'
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="600" fill="#1f2328">{escape(title)}</text>\n'
        f"{body}</svg>\n"
    )


def _panel(panel: Panel, top: float, hours: tuple[float, float]) -> str:
    most = max((value for line in panel.lines for value in line.values if value is not None), default=0.0)
    step = nice_step(most)
    highest = step * max(1, math.ceil(most / step))
    parts = [_heading(panel, top), *_grid(top, highest, step), *_hours(top, hours)]
    parts += [_path(line, number, top, highest) for number, line in enumerate(panel.lines)]
    return "".join(f"{part}\n" for part in parts)


def _heading(panel: Panel, top: float) -> str:
    words = [f'<tspan fill="#1f2328">{escape(panel.title)}</tspan>']
    if len(panel.lines) > 1:
        words += [
            f'<tspan dx="14" fill="{_COLOURS[number]}">{escape(line.name)}</tspan>'
            for number, line in enumerate(panel.lines)
        ]
    return f'<text x="{_LEFT}" y="{top - 7:g}">{"".join(words)}</text>'


def _grid(top: float, highest: float, step: float) -> list[str]:
    lines = []
    for number in range(round(highest / step) + 1):
        y = top + _PANEL * (1 - number * step / highest)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#d8dee4"/>')
        lines.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#59636e">{number * step:,.10g}</text>'
        )
    return lines


def _hours(top: float, hours: tuple[float, float]) -> list[str]:
    """The time of day below a panel: every three hours, or every quarter of one."""
    begins, ends = hours
    every = 3.0 if ends - begins > 12 else 0.25
    width = (_WIDTH - _LEFT - _RIGHT) / (ends - begins)
    return [
        f'<text x="{_LEFT + number * every * width:.1f}" y="{top + _PANEL + 15:g}" text-anchor="middle" '
        f'fill="#59636e">{_time(begins + number * every)}</text>'
        for number in range(round((ends - begins) / every) + 1)
    ]


def _time(hour: float) -> str:
    return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"


def _path(line: Line, number: int, top: float, highest: float) -> str:
    width = (_WIDTH - _LEFT - _RIGHT) / len(line.values)
    steps, pen = [], "M"
    for place, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        x, y = _LEFT + (place + 0.5) * width, top + _PANEL * (1 - value / highest)
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return f'<path d="{"".join(steps)}" fill="none" stroke="{_COLOURS[number]}" stroke-width="1.6"/>'


def nice_step(most: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that makes three to five lines of a scale up to `most`."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most / 4))
    return next(power * times for times in (1, 2, 5, 10) if power * times * 4 >= most)
