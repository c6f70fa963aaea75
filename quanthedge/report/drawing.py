"""The report's figures on paper: the same plotly dictionaries, drawn by matplotlib as vectors.

Only what :mod:`quanthedge.report.specs` uses is understood; anything else is an error, so that a
figure never comes out of the press with a part missing.
"""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.report.figure_style import INK, LINE, QUIET, Spec

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "figure_png", "figure_svg", "font_folder", "png_bytes", "tick_labels"]

_WIDTH_INCHES = 7.1
_NARROW = 5.0  # inches: below it a legend has two columns
_POINTS_A_PIXEL = 0.72
_DASHES = {"dot": (0, (1.2, 1.6)), "dash": (0, (4, 2)), "solid": "-"}
_PATTERN = re.compile(r"(?P<plus>\+?)(?P<comma>,?)(?:\.(?P<digits>\d+)(?P<trim>~?))?(?P<kind>[f%])")
_MARKS = {"circle": "o", "diamond": "D", "square": "s", "x": "x"}


def font_folder() -> Path:
    """Return the folder of the bundled fonts."""
    return Path(str(files("quanthedge.report").joinpath("fonts")))


def figure_svg(spec: Spec, size: tuple[float, float] | None = None) -> bytes:
    """Return a figure as SVG with its letters as outlines, the same bytes on every run.

    ``size`` is its width and height in inches; by default it spans the page.
    """
    return _saved(draw(spec, size), "svg")


def figure_png(spec: Spec, path: str | Path, *, dots_per_inch: int = 200) -> Path:
    """Write a figure as a PNG image and return its path."""
    from quanthedge.storage import write_page

    path = Path(path)
    write_page(path, png_bytes(spec, dots_per_inch=dots_per_inch), "figure")
    return path


def png_bytes(spec: Spec, *, dots_per_inch: int = 200) -> bytes:
    """Return a figure as a PNG image."""
    return _saved(draw(spec), "png", dots_per_inch)


def draw(spec: Spec, size: tuple[float, float] | None = None) -> "Figure":
    """Return a figure for paper, of a width and height in inches.

    Raises
    ------
    DataError
        When a trace is of a kind that cannot be drawn.
    """
    from matplotlib.figure import Figure

    layout = spec["layout"]
    height = max(1.7, _WIDTH_INCHES * float(layout.get("height", 300)) / 860.0)
    width, height = size or (_WIDTH_INCHES, height)
    with _style():
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = _panels(figure, layout)
        for trace in spec["data"]:
            _trace(panels[trace.get("yaxis", "y")], trace, layout)
        for name, axes in panels.items():
            _axis(axes, layout.get("xaxis", {}), "x")
            _axis(axes, layout.get(f"yaxis{name[1:]}", {}), "y")
            _words(axes, layout)
        for axes in list(panels.values())[:-1]:
            axes.tick_params(labelbottom=False)
            axes.set_xlabel("")
    return figure


@contextmanager
def _style() -> Iterator[None]:
    """Draw by our own settings, whatever a file ``matplotlibrc`` of the user's says.

    No text is read as a formula: names of clients and products may hold any sign.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "svg.fonttype": "path",
                "svg.hashsalt": "quanthedge",
                "axes.unicode_minus": False,
                "text.parse_math": False,
                "text.usetex": False,
            }
        )
        yield


def _label(name: str) -> str:
    """Return a name for the legend, which leaves out those that begin with ``_``."""
    return f" {name}" if name.startswith("_") else name


def _panels(figure: "Figure", layout: Spec) -> "dict[str, Axes]":
    """Return the axes of each vertical axis: one, or two panels one above the other."""
    if "yaxis2" not in layout:
        found = {"y": figure.add_subplot()}
    else:
        shares = [float(np.diff(layout[name]["domain"])[0]) for name in ("yaxis", "yaxis2")]
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=shares)
        found = {"y": upper, "y2": lower}
    for axes in found.values():
        _frame(axes)
    return found


@cache
def _family() -> str:
    """Register the bundled fonts; return their family."""
    from matplotlib import font_manager

    for weight in ("Regular", "Bold"):
        font_manager.fontManager.addfont(str(font_folder() / f"QuantHedgeSans-{weight}.otf"))
    return "QuantHedge Sans"


def _saved(figure: "Figure", kind: str, dots_per_inch: int = 200) -> bytes:
    page = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
    with _style():
        figure.savefig(page, format=kind, dpi=dots_per_inch, metadata=metadata)
    return page.getvalue()


def _frame(axes: "Axes") -> None:
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#b8c0ca")
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(length=0, labelsize=7.5, labelcolor=QUIET)
    axes.grid(visible=True, axis="y", color=LINE, linewidth=0.6)


def _places(values: list[Any], axis: Spec) -> Any:
    if axis.get("type") == "date":
        return pd.to_datetime(values).to_numpy()
    return np.array([np.nan if v is None else v for v in values], dtype=object)


def _numbers(values: list[Any]) -> Any:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _trace(axes: "Axes", trace: Spec, layout: Spec) -> None:
    kind = trace["type"]
    if kind == "scatter":
        _scatter(axes, trace, layout)
    elif kind == "bar":
        _bars(axes, trace, layout)
    elif kind == "waterfall":
        _waterfall(axes, trace)
    else:
        raise DataError(f"figure: a trace of type {kind!r} cannot be drawn on paper")


def _scatter(axes: "Axes", trace: Spec, layout: Spec) -> None:
    x = _places(trace["x"], layout.get("xaxis", {}))
    y = _numbers(trace["y"])
    if layout.get("xaxis", {}).get("type") != "date":
        x = x.astype(np.float64)
    shown = "name" in trace and trace.get("showlegend", True)
    name = _label(trace["name"]) if shown else "_"
    mode = trace.get("mode", "lines")
    if "lines" in mode:
        line = trace.get("line", {})
        colour, width = line.get("color", INK), _POINTS_A_PIXEL * line.get("width", 1.5)
        step = {"hv": "steps-post", "vh": "steps-pre"}.get(line.get("shape", ""), "default")
        dash = _DASHES[line.get("dash", "solid")]
        axes.plot(x, y, color=colour, linewidth=width, linestyle=dash, drawstyle=step, label=name)
        if trace.get("fill") == "tozeroy":
            axes.fill_between(x, y, 0.0, color=colour, alpha=0.14, linewidth=0)
        if isinstance(trace.get("error_y"), dict):
            half = _numbers(trace["error_y"]["array"])
            axes.errorbar(x, y, half, color=colour, linewidth=0.6, fmt="none")
    if "markers" in mode:
        mark = trace.get("marker", {})
        axes.plot(
            x, y, linestyle="none", marker=_MARKS[mark.get("symbol", "circle")],
            markersize=_POINTS_A_PIXEL * mark.get("size", 6), color=mark.get("color", INK),
            alpha=mark.get("opacity", 1.0), markeredgewidth=0,
            label=name if "lines" not in mode else "_", rasterized=False,
        )  # fmt: skip


def _bars(axes: "Axes", trace: Spec, layout: Spec) -> None:
    colours = trace.get("marker", {}).get("color", INK)
    if trace.get("orientation") == "h":
        _lying_bars(axes, trace)
        return
    if layout.get("xaxis", {}).get("type") == "date":
        x: Any = pd.to_datetime(trace["x"]).to_numpy()
        width = np.array(trace["width"], dtype="timedelta64[ms]")
        # one outline for each colour: two thousand rectangles would be a heavy page
        y = _numbers(trace["y"])
        for colour in dict.fromkeys(colours):
            own = np.array([c == colour for c in colours])
            edges = np.column_stack([x[own], x[own] + width[own], x[own] + width[own]]).ravel()
            tops = np.column_stack([y[own], y[own], np.zeros(own.sum())]).ravel()
            axes.fill_between(edges, tops, step="post", color=colour, linewidth=0)
        return
    axes.bar(
        [str(v) for v in trace["x"]], _numbers(trace["y"]), color=colours, width=0.65,
        label=_label(trace["name"]) if "name" in trace else "_",
    )  # fmt: skip


def _lying_bars(axes: "Axes", trace: Spec) -> None:
    """Draw a bar for each name, the first on top, at its place within the name's row."""
    rows = np.arange(len(trace["y"]))
    axes.barh(
        rows + trace["offset"] + trace["width"] / 2.0, _numbers(trace["x"]), height=trace["width"],
        color=trace["marker"]["color"], label=_label(trace["name"]),
    )  # fmt: skip
    axes.set_yticks(rows, trace["y"])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=LINE, linewidth=0.6)


def _waterfall(axes: "Axes", trace: Spec) -> None:
    """Draw horizontal steps from one sum to the next; totals start at zero."""
    at, begins, colours = 0.0, [], []
    for value, measure in zip(trace["x"], trace["measure"], strict=True):
        if measure == "total":
            begins.append(0.0)
            colours.append(trace["totals"]["marker"]["color"])
            continue
        begins.append(at)
        side = "increasing" if value >= 0 else "decreasing"
        colours.append(trace[side]["marker"]["color"])
        at += value
    rows = np.arange(len(begins))
    axes.barh(rows, trace["x"], left=begins, color=colours, height=0.62)
    axes.set_yticks(rows, trace["y"])
    axes.invert_yaxis()
    for row, (begin, value, text) in enumerate(zip(begins, trace["x"], trace["text"], strict=True)):
        end = begin + value
        axes.annotate(
            text, (end, row), xytext=(3 if value >= 0 else -3, 0), textcoords="offset points",
            ha="left" if value >= 0 else "right", va="center", fontsize=7, color=INK,
            family=_family(),
        )  # fmt: skip
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=LINE, linewidth=0.6)


def _axis(axes: "Axes", axis: Spec, which: str) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    side = axes.xaxis if which == "x" else axes.yaxis
    pattern = axis.get("tickformat")
    if pattern:
        side.set_major_formatter(_tick_formatter(pattern))
    if "tickvals" in axis:
        side.set_ticks(axis["tickvals"], axis["ticktext"])
    if axis.get("type") == "date":
        most = min(9, int(axes.get_figure(root=True).get_figwidth() * 1.8))  # type: ignore[union-attr]
        locator: Any = AutoDateLocator(  # type: ignore[no-untyped-call]
            minticks=min(4, most - 1), maxticks=most
        )
        plain = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%H:%M"]
        style: Any = ConciseDateFormatter(  # type: ignore[no-untyped-call]
            locator, formats=plain, zero_formats=plain, show_offset=False
        )
        side.set_major_locator(locator)
        side.set_major_formatter(style)
    if "range" in axis:
        (axes.set_xlim if which == "x" else axes.set_ylim)(*axis["range"])
    if axis.get("zeroline"):
        line = axes.axvline if which == "x" else axes.axhline
        line(0.0, color=axis.get("zerolinecolor", LINE), linewidth=0.7, zorder=0.5)
    title = axis.get("title", {}).get("text")
    if title:
        (axes.set_xlabel if which == "x" else axes.set_ylabel)(
            title, fontsize=8, color=QUIET, family=_family()
        )
    axes.tick_params(axis="x" if which == "x" else "y", labelfontfamily=_family())


def _tick_formatter(pattern: str) -> Any:
    """Return what writes the ticks of an axis, all with the digits that the finest of them needs.

    ``pattern`` is one of d3: a ``~`` says that its digits are the most, and fewer may do.
    """
    from matplotlib.ticker import Formatter

    class Ticks(Formatter):
        def format_ticks(self, values: list[float]) -> list[str]:
            return tick_labels(values, pattern)

        def __call__(self, value: float, _place: int | None = None) -> str:
            return tick_labels([value], pattern)[0]

    return Ticks()


def tick_labels(values: Iterable[float], pattern: str) -> list[str]:
    """Return numbers by a d3 pattern of digits or percent, each as exact as it stands.

    >>> tick_labels([0.0, 0.25, 0.5], ".3~f"), tick_labels([0.0, 0.025], ".2~%")
    (['0.00', '0.25', '0.50'], ['0.0%', '2.5%'])
    """
    parts = _PATTERN.fullmatch(pattern)
    if parts is None:
        raise DataError(f"figure: tick format {pattern!r} cannot be drawn on paper")
    numbers = [float(value) for value in values]
    scale, sign = (100.0, "%") if parts["kind"] == "%" else (1.0, "")
    most = int(parts["digits"] or 0)
    least = 0 if parts["trim"] else most
    digits = next(
        (
            k
            for k in range(least, most)
            if all(abs(round(v * scale, k) - v * scale) < 1e-6 * 10.0**-k for v in numbers)
        ),
        most,
    )
    return [f"{v * scale:{parts['plus']}{parts['comma']}.{digits}f}{sign}" for v in numbers]


def _width_of(axes: "Axes") -> float:
    """Return the width of a panel's figure in inches."""
    figure = axes.get_figure(root=True)
    return 0.0 if figure is None else float(figure.get_figwidth())


def _words(axes: "Axes", layout: Spec) -> None:
    """Write legend and notes."""
    shown = layout.get("showlegend", True)
    handles, labels = axes.get_legend_handles_labels()
    if shown and handles:
        axes.legend(
            handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.0),
            ncols=4 if _width_of(axes) > _NARROW else 2, frameon=False,
            handlelength=1.6, borderaxespad=0.2, labelcolor=INK,
            prop={"family": _family(), "size": 8},
        )  # fmt: skip
    for note in layout.get("annotations", []):
        if note.get("xref") == "paper":
            axes.annotate(
                note["text"], (note["x"], note["y"]), xycoords="axes fraction", fontsize=8,
                color=note.get("font", {}).get("color", INK), family=_family(), va="bottom",
            )  # fmt: skip
