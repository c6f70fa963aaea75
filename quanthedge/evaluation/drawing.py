"""Small figures as SVG in the page itself: bars with intervals, curves, points with names.

Colours are names of the page's style, so that a figure is read on paper, on a light and on a dark
screen alike.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from quanthedge.report import round_steps

__all__ = ["Bars", "Curve", "Point", "bar_figure", "curve_figure", "point_figure", "row_figure"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 640.0, 52.0, 12.0, 10.0, 26.0
Format = Callable[[float], str]


class Bars(NamedTuple):
    """A series of bars: its name, colour class, heights, and 95% intervals where there are any."""

    name: str
    colour: str
    values: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


class Curve(NamedTuple):
    """A curve over the places of the axis; ``name`` is written at its end when it is not empty."""

    name: str
    colour: str
    values: Sequence[float]
    opacity: float = 1.0
    width: float = 1.6


class Point(NamedTuple):
    """A point with a name."""

    name: str
    x: float
    y: float
    colour: str = "a"


class _Scale(NamedTuple):
    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.stop - self.start)


def bar_figure(
    title: str, labels: Sequence[str], series: Sequence[Bars], told: Format, height: float = 230.0
) -> str:
    """Return groups of bars, one group a label, with intervals as lines."""
    bounds = [v for one in series for part in (one.values, one.low or (), one.high or ())
              for v in part]  # fmt: skip
    y = _scale([*bounds, 0.0], height - _BOTTOM, _TOP)
    parts = [_grid(y, told), *_legend(series)]
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    wide = step * 0.76 / max(len(series), 1)
    for i, label in enumerate(labels):
        left = _LEFT + i * step + step * 0.12
        for s, one in enumerate(series):
            value = float(one.values[i])
            if np.isfinite(value):
                at = left + s * wide
                parts.append(_bar(at, wide, y(0.0), y(value), one, f"{label}: {told(value)}"))
                parts.append(_interval(at + wide / 2, one, i, y))
        parts.append(_text(_LEFT + (i + 0.5) * step, height - 8, label, "middle"))
    return _figure(title, height, parts)


def row_figure(
    title: str, labels: Sequence[str], values: Sequence[float], told: Format, left: float = 150.0
) -> str:
    """Return bars that lie, one a row, the name before each."""
    row, height = 17.0, 17.0 * len(labels) + 24.0
    room = 48.0 if any(value < 0 for value in values) else 0.0  # of the figures beside the bars
    x = _scale([*values, 0.0], left + room, _WIDTH - 60)
    parts = [f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="6" y2="{height - 14:.1f}"/>']
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        top = 8 + i * row
        parts.append(_text(left - 8, top + 10, label, "end"))
        if not np.isfinite(value):
            continue
        start, wide = min(x(0), x(value)), abs(x(value) - x(0))
        parts.append(
            f'<rect class="{"a" if value >= 0 else "b"}" x="{start:.1f}" y="{top:.1f}" '
            f'width="{max(wide, 0.5):.1f}" height="{row - 5:.1f}"/>'
        )
        away = x(value) + (6 if value >= 0 else -6)
        parts.append(_text(away, top + 10, told(value), "start" if value >= 0 else "end"))
    return _figure(title, height, parts)


def curve_figure(
    title: str,
    ticks: Sequence[tuple[int, str]],
    curves: Sequence[Curve],
    told: Format,
    height: float = 260.0,
) -> str:
    """Return curves over the same places; ``ticks`` names some of them."""
    length = max((len(one.values) for one in curves), default=1)
    y = _scale([v for one in curves for v in one.values] + [0.0], height - _BOTTOM, _TOP)
    x = _Scale(0.0, max(length - 1.0, 1.0), _LEFT, _WIDTH - 54)
    parts = [_grid(y, told)]
    for place, name in ticks:
        parts.append(_text(x(place), height - 8, name, "middle"))
    ends: list[tuple[float, str, str]] = []
    for one in curves:
        known = [(i, float(v)) for i, v in enumerate(one.values) if np.isfinite(v)]
        if not known:
            continue
        path = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in known)
        parts.append(
            f'<polyline class="line {one.colour}" points="{path}" '
            f'style="opacity:{one.opacity:g};stroke-width:{one.width:g}"/>'
        )
        if one.name:
            ends.append((y(known[-1][1]), one.name, one.colour))
    parts += _end_names(ends)
    return _figure(title, height, parts)


def point_figure(
    title: str, points: Sequence[Point], x_name: str, y_name: str, told: tuple[Format, Format],
    height: float = 420.0,
) -> str:  # fmt: skip
    """Return points with their names, and what the axes are."""
    known = [one for one in points if np.isfinite(one.x) and np.isfinite(one.y)]
    y = _scale([one.y for one in known] + [0.0], height - _BOTTOM - 16, _TOP)
    x = _scale([one.x for one in known] + [0.0], _LEFT + 10, _WIDTH - 130)
    parts = [_grid(y, told[1])]
    parts += [
        _text(x(value), height - 24, told[0](value), "middle")
        for value in round_steps(x.low, x.high)
    ]
    parts.append(
        f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{_TOP}" '
        f'y2="{height - _BOTTOM - 16:.1f}"/>'
    )
    places = [(x(one.x), y(one.y)) for one in known]
    for one, (across, down) in zip(known, places, strict=True):
        parts.append(
            f'<circle class="{one.colour}" cx="{across:.1f}" cy="{down:.1f}" r="4">'
            f"<title>{escape(one.name)}: {told[0](one.x)}, {told[1](one.y)}</title></circle>"
        )
    named = _named_places(known, places)
    parts += [
        _text(across + 8, down + 4, known[i].name, "start")
        for i, (across, down) in enumerate(places)
        if i in named
    ]
    parts.append(_text((_LEFT + _WIDTH) / 2, height - 6, x_name, "middle", "axis"))
    parts.append(_text(_LEFT + 4, _TOP + 8, y_name, "start", "axis"))
    return _figure(title, height, parts)


# -- parts


def _named_places(points: Sequence[Point], places: Sequence[tuple[float, float]]) -> set[int]:
    """Return the points whose names have room beside them, those far out first."""
    centre = np.median(np.array(places), axis=0) if places else np.zeros(2)
    order = sorted(range(len(places)), key=lambda i: -float(np.hypot(*(places[i] - centre))))
    taken = [(left - 5, left + 5, down - 5, down + 5) for left, down in places]
    named = set()
    for i in order:
        across, down = places[i]
        box = (across + 7, across + 9 + 12 * _width(points[i].name), down - 6, down + 6)
        if box[1] > _WIDTH:
            continue
        if not any(
            box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3]
            for j, other in enumerate(taken)
            if j != i
        ):
            named.add(i)
            taken.append(box)
    return named


def _figure(title: str, height: float, parts: Sequence[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{escape(title)}">'
        f"{inside}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _scale(values: Sequence[float], start: float, stop: float) -> _Scale:
    known = [float(v) for v in values if np.isfinite(v)] or [0.0]
    low, high = min(known), max(known)
    room = (high - low) * 0.06 or 0.01
    return _Scale(low - (room if low < 0 else 0.0), high + (room if high > 0 else 0.0) or room,
                  start, stop)  # fmt: skip


def _grid(y: _Scale, told: Format) -> str:
    parts = []
    for value in round_steps(y.low, y.high):
        kind = "zero" if value == 0 else "grid"
        at = y(value)
        parts.append(
            f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" '
            f'y2="{at:.1f}"/>'
        )
        parts.append(_text(_LEFT - 6, at + 4, told(value), "end"))
    return "".join(parts)


def _bar(at: float, wide: float, zero: float, top: float, one: Bars, told: str) -> str:
    return (
        f'<rect class="{one.colour}" x="{at:.1f}" y="{min(zero, top):.1f}" '
        f'width="{max(wide - 1.5, 1):.1f}" height="{max(abs(zero - top), 0.5):.1f}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _interval(at: float, one: Bars, i: int, y: _Scale) -> str:
    if one.low is None or one.high is None:
        return ""
    low, high = float(one.low[i]), float(one.high[i])
    if not (np.isfinite(low) and np.isfinite(high)):
        return ""
    return (
        f'<line class="interval" x1="{at:.1f}" x2="{at:.1f}" y1="{y(low):.1f}" y2="{y(high):.1f}"/>'
    )


def _legend(series: Sequence[Bars]) -> list[str]:
    if len(series) < 2:
        return []
    parts, at = [], _LEFT + 8
    for one in series:
        parts.append(f'<rect class="{one.colour}" x="{at:.1f}" y="4" width="9" height="9"/>')
        parts.append(_text(at + 13, 12, one.name, "start"))
        at += 26 + 12.0 * _width(one.name)
    return parts


def _width(text: str) -> float:
    """Return a text's width in characters of Chinese."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.55 for letter in text)


def _end_names(ends: Sequence[tuple[float, str, str]]) -> list[str]:
    """Return the names at the curves' ends, moved apart where they would lie on each other."""
    parts, last = [], -np.inf
    for at, name, colour in sorted(ends):
        last = max(at + 4, last + 12)
        parts.append(_text(_WIDTH - 48, last, name, "start", f"end {colour}"))
    return parts
