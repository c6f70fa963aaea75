"""How every figure of the report looks: colours, axes, lines over days; plain dictionaries."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.report.texts import words
from quanthedge.typing import Language

__all__ = [
    "ACCENT",
    "DAY_MILLISECONDS",
    "FONT",
    "FUND",
    "GREEN",
    "GROSS",
    "INDEX",
    "INK",
    "LINE",
    "QUIET",
    "RED",
    "ZERO",
    "Spec",
    "axis_style",
    "dates_of",
    "gain_and_loss_colours",
    "layout_style",
    "line_of",
    "over_days",
    "percent_axis",
    "rounded",
    "titled_axis",
    "without_legend",
]

Spec = dict[str, Any]
INK, QUIET, LINE = "#1f2a37", "#6b7785", "#e3e7ec"
FUND, GROSS, INDEX, ACCENT = "#17406d", "#7fa3c7", "#a8a297", "#b7791f"
RED, GREEN = "#b2413a", "#3d7f5f"
FONT = (
    '"QuantHedge Sans", system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", '
    '"Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
)
DAY_MILLISECONDS = 86_400_000
ZERO = {"zeroline": True, "zerolinecolor": "#8a94a0"}


def gain_and_loss_colours(language: Language) -> tuple[str, str]:
    """Return the colours of gains and losses: red gains in Chinese, green gains in English."""
    return (RED, GREEN) if language == "zh" else (GREEN, RED)


def titled_axis(name: str, language: Language, axis: Spec) -> Spec:
    """Return an axis with its title, and room for it beside the numbers."""
    title = {"text": str(words(language)["axes"][name]), "standoff": 8}
    return axis | {"title": title, "automargin": True}


def without_legend(spec: Spec) -> Spec:
    """Return a figure of one line, which the title of its axis names."""
    return {**spec, "layout": spec["layout"] | {"showlegend": False}}


def over_days(data: list[Spec], *, height: int, yaxis: Spec) -> Spec:
    """Return a figure over days; a line without any value is left out, and out of the legend."""
    data = [one for one in data if any(value is not None for value in one["y"])]
    layout = layout_style(height=height)
    layout["xaxis"] = axis_style() | {
        "type": "date",
        "showgrid": False,
        "linecolor": "#b8c0ca",
        "hoverformat": "%Y-%m-%d",
        "nticks": 8,
        "tickformatstops": [
            {"dtickrange": [None, 27 * DAY_MILLISECONDS], "value": "%m-%d"},
            {"dtickrange": [27 * DAY_MILLISECONDS, "M11"], "value": "%Y-%m"},
            {"dtickrange": ["M12", None], "value": "%Y"},
        ],
    }
    layout["yaxis"] = axis_style() | yaxis
    return {"data": data, "layout": layout}


def layout_style(height: int) -> Spec:
    """Return how every figure looks, pixels high."""
    return {
        "height": height,
        "margin": {"l": 54, "r": 14, "t": 34, "b": 34},
        "font": {"family": FONT, "size": 12, "color": QUIET},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"color": INK},
        },
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": LINE, "font": {"color": INK}},
    }


def axis_style() -> Spec:
    """Return how an axis of every figure looks."""
    return {"gridcolor": LINE, "zeroline": False, "linecolor": LINE, "title": {"standoff": 8}}


def percent_axis() -> Spec:
    """Return what makes an axis one of percents."""
    return {"tickformat": ".2~%", "hoverformat": ".2%"}


def line_of(values: pd.Series, name: str, colour: str, digits: int, width: float = 1.5) -> Spec:
    """Return a line of values by day."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": dates_of(values.index),
        "y": rounded(values, digits),
        "line": {"color": colour, "width": width},
    }


def rounded(values: pd.Series, digits: int) -> list[float | None]:
    """Return values with so many digits, None for those that are not known."""
    found = np.round(values.to_numpy(dtype=np.float64), digits).tolist()
    return [value if math.isfinite(value) else None for value in found]


def dates_of(index: pd.Index) -> list[str]:
    """Return days as they are written in a page, 2015-01-05."""
    days = pd.DatetimeIndex(index).to_numpy().astype("datetime64[D]")
    return list(_written(days.tobytes()))


@lru_cache(maxsize=16)  # most figures of a report are of the same days
def _written(days: bytes) -> tuple[str, ...]:
    return tuple(np.datetime_as_string(np.frombuffer(days, dtype="datetime64[D]")).tolist())
