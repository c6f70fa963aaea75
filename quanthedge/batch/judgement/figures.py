"""Figures of a judgement: parallel coordinates, what luck would show, in and out of sample.

Drawn as SVG in the page itself; colours and sizes of letters are names of the page's style. The
parallel coordinates are drawn twice, axes side by side and axes one below the other, and the page
shows the one that its width has room for.
"""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quanthedge.batch.judgement.effects import value_text
from quanthedge.batch.judgement.wording import Words, told
from quanthedge.report import round_steps
from quanthedge.typing import Floats

if TYPE_CHECKING:
    from quanthedge.batch.judgement.table import Judgement

__all__ = ["MOST_LINES", "Axis", "drawn_runs", "halves_figure", "luck_figure", "parallel_figures"]

MOST_LINES = 400
_MOST_PARAMETERS, _MOST_TICKS = 6, 12
_WIDTH, _HEIGHT = 460.0, 270.0


class Axis(NamedTuple):
    """An axis of the parallel coordinates.

    Attributes
    ----------
    title : str
    at : float64 [K]
        Where each run stands, 0 to 1; NaN where it has no value.
    ticks : sequence of (where, label)
    """

    title: str
    at: Floats
    ticks: Sequence[tuple[float, str]]


def drawn_runs(j: "Judgement") -> list[int]:
    """Return the rows of the table that are drawn: all that finished, or evenly by rank."""
    done = int(j.table["rank"].notna().sum())
    if done <= MOST_LINES:
        return list(range(done))
    evenly = np.linspace(0, done - 1, MOST_LINES).round().astype(int)
    return [int(row) for row in np.unique(evenly)]


def parallel_figures(j: "Judgement", words: Words) -> dict[str, str]:
    """Return the parallel coordinates: "wide" and "upright"."""
    rows, axes = drawn_runs(j), _axes(j, words)
    done = int(j.table["rank"].notna().sum())
    kinds = [_standing(row, done) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: (_LAYER[kinds[i]], -rows[i]))  # the best on top
    return {
        "wide": _side_by_side(axes, rows, kinds, order, words("figure.parallel")),
        "upright": _one_below_the_other(axes, rows, kinds, order, words("figure.parallel")),
    }


_LAYER = {"": 0, "low": 1, "top": 2, "best": 3}


def _standing(row: int, done: int) -> str:
    tenth = max(1, done // 10)
    if row == 0:
        return "best"
    return "top" if row < tenth else "low" if row >= done - tenth and done > 4 else ""


def _axes(j: "Judgement", words: Words) -> list[Axis]:
    names = [str(n) for n in j.effects.index][:_MOST_PARAMETERS]
    axes = [_parameter_axis(j, name, words) for name in names]
    figures = [j.by, "annual_return_net", "max_drawdown_net", "turnover"]
    for name in dict.fromkeys(figures):
        if name in j.table:
            values = j.table[name].to_numpy(dtype=np.float64)
            axes.append(_number_axis(words.figure(name), values, partial(told, name=name)))
    return axes


def _parameter_axis(j: "Judgement", name: str, words: Words) -> Axis:
    p = j.levels.names.index(name)
    values = j.levels.values[p]
    if j.levels.numeric[p] and len(values) > _MOST_TICKS:
        column = j.table[name].to_numpy(dtype=np.float64)
        return _number_axis(words.parameter(name), column, value_text)
    place = {value: i for i, value in enumerate(values)}
    last = max(len(values) - 1, 1)
    at = [place.get(v, np.nan) / last for v in j.table[name]]
    step = -(-len(values) // _MOST_TICKS)
    ticks = [(i / last, value_text(v)) for i, v in enumerate(values)][::step]
    return Axis(words.parameter(name), np.array(at, dtype=np.float64), ticks)


def _number_axis(title: str, values: Floats, text: Callable[[Any], str]) -> Axis:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    wide = high - low or 1.0
    ticks = [(share, text(low + share * wide)) for share in (0.0, 0.5, 1.0)]
    if high == low:
        return Axis(title, np.where(np.isfinite(values), 0.5, np.nan), [(0.5, text(low))])
    return Axis(title, (values - low) / wide, ticks)


def _side_by_side(
    axes: Sequence[Axis], rows: Sequence[int], kinds: Sequence[str], order: Sequence[int], name: str
) -> str:
    width, top, bottom, left, right = 1120.0, 54.0, 330.0, 60.0, 78.0
    step = (width - left - right) / max(len(axes) - 1, 1)
    parts = []
    for i in order:
        points = [
            (left + a * step, bottom - axis.at[rows[i]] * (bottom - top))
            for a, axis in enumerate(axes)
        ]
        parts.append(_line(points, rows[i], kinds[i]))
    for a, axis in enumerate(axes):
        x = left + a * step
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
        parts.append(
            _text(x, 16.0 if a % 2 == 0 else 36.0, _short(axis.title, 26), "middle", "axis")
        )
        for share, label in axis.ticks:
            parts.append(_text(x + 6, bottom - share * (bottom - top) + 4, _short(label), "start"))
    return _svg(width, bottom + 16, parts, name, "wide")


def _one_below_the_other(
    axes: Sequence[Axis], rows: Sequence[int], kinds: Sequence[str], order: Sequence[int], name: str
) -> str:
    width, left, right, step, top = 340.0, 14.0, 326.0, 74.0, 26.0
    parts = []
    for i in order:
        points = [
            (left + axis.at[rows[i]] * (right - left), top + a * step)
            for a, axis in enumerate(axes)
        ]
        parts.append(_line(points, rows[i], kinds[i]))
    for a, axis in enumerate(axes):
        y = top + a * step
        parts.append(f'<line class="rule" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left, y - 9, _short(axis.title, 40), "start", "axis"))
        ticks = axis.ticks
        if sum(len(label) + 2 for _, label in ticks) > 44:  # no room for all of them
            ticks = [ticks[0], ticks[-1]]
        for share, label in ticks:
            anchor = "start" if share <= 0.02 else "end" if share >= 0.98 else "middle"
            parts.append(_text(left + share * (right - left), y + 15, _short(label), anchor))
    return _svg(width, top + (len(axes) - 1) * step + 24, parts, name, "upright")


def _line(points: Sequence[tuple[float, float]], row: int, kind: str) -> str:
    known = [(x, y) for x, y in points if np.isfinite(x) and np.isfinite(y)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in known)
    return f'<polyline class="{f"run {kind}".strip()}" data-run="{row}" points="{path}"/>'


def luck_figure(sharpe: Floats, highest: float, best: float, words: Words) -> str:
    """Return how often each Sharpe ratio came out, and the one that luck is expected to show.

    Parameters
    ----------
    sharpe : float64 [K]
        Of a year.
    highest : float
        Expected of the best of as many trials without skill, of a year.
    best : float
        Of the run that ranks first.
    words : Words
    """
    low = min(float(sharpe.min()), 0.0, highest)
    high = max(float(sharpe.max()), 0.0, highest)
    room = 0.06 * (high - low) or 0.1
    low, high = low - room, high + room
    count, edges = np.histogram(sharpe, bins=min(24, max(6, sharpe.size // 3)), range=(low, high))
    left, right, top, bottom = 34.0, _WIDTH - 10, 26.0, _HEIGHT - 28

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    def y(value: float) -> float:
        return bottom - value / max(int(count.max()), 1) * (bottom - top)

    parts = [
        f'<rect class="c" x="{x(a) + 0.5:.1f}" y="{y(n):.1f}" width="{x(b) - x(a) - 1:.1f}" '
        f'height="{bottom - y(n):.1f}"><title>{told(a, "sharpe")} – {told(b, "sharpe")}: {n}'
        "</title></rect>"
        for n, a, b in zip(count, edges[:-1], edges[1:], strict=True)
        if n
    ]
    parts.append(f'<line class="zero" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    parts += [
        _text(x(value), bottom + 17, told(value, "sharpe"), "middle")
        for value in round_steps(low, high)
    ]
    ends = left, right, bottom
    parts.append(_mark(x(highest), top - 8, ends, "b", words("figure.luck_line")))
    parts.append(_mark(x(best), top + 8, ends, "a", words("figure.best_line")))
    return _svg(_WIDTH, _HEIGHT, parts, words("figure.luck"), "small")


def _mark(x: float, top: float, ends: tuple[float, float, float], kind: str, name: str) -> str:
    """Return a line from the axis up, with its name on the side that has room."""
    left, right, bottom = ends
    late = x > (left + right) / 2
    return (
        f'<line class="mark {kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        + _text(x + (-5 if late else 5), top + 4, name, "end" if late else "start", kind)
    )


def halves_figure(inside: Floats, outside: Floats, words: Words) -> str:
    """Return what the best of each half of the time has there, and in the other half.

    Parameters
    ----------
    inside, outside : float64 [C]
        Sharpe ratios of a year.
    words : Words
    """
    every = max(1, -(-inside.size // 400))
    a, b = inside[::every], outside[::every]
    x_low, x_high = _range(a)
    y_low, y_high = _range(np.append(b, 0.0))
    left, right, top, bottom = 44.0, _WIDTH - 12, 26.0, _HEIGHT - 44

    def x(value: float) -> float:
        return left + (value - x_low) / (x_high - x_low) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - y_low) / (y_high - y_low) * (bottom - top)

    parts = []
    for value in round_steps(y_low, y_high):
        kind = "zero" if value == 0 else "grid"
        at = y(value)
        parts.append(f'<line class="{kind}" x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(_text(left - 6, at + 4, told(value, "sharpe"), "end"))
    parts += [
        _text(x(value), bottom + 17, told(value, "sharpe"), "middle")
        for value in round_steps(x_low, x_high)
    ]
    parts += [
        f'<circle class="{"a" if v >= 0 else "b"}" cx="{x(u):.1f}" cy="{y(v):.1f}" r="2.6"/>'
        for u, v in zip(a, b, strict=True)
    ]
    parts.append(_text((left + right) / 2, _HEIGHT - 6, words("figure.inside"), "middle", "axis"))
    parts.append(_text(left - 34, top - 12, words("figure.outside"), "start", "axis"))
    return _svg(_WIDTH, _HEIGHT, parts, words("figure.halves"), "small")


def _range(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.1
    return low - room, high + room


def _short(text: str, most: int = 14) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], name: str, kind: str) -> str:
    inside = "".join(parts)
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(name)}">{inside}</svg>'
    )
