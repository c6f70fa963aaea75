"""The waterfall of the profit bridge, in yuan or as contributions to the investor's return."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quanthedge.performance import Bridge
from quanthedge.record import Record
from quanthedge.report.figure_style import (
    FUND,
    INK,
    Spec,
    axis_style,
    gain_and_loss_colours,
    layout_style,
)
from quanthedge.report.texts import words
from quanthedge.typing import Language

__all__ = [
    "bridge_waterfall",
    "contribution_waterfall",
    "layer_waterfall",
    "part_waterfall",
]


def bridge_waterfall(
    result: Record,
    language: Language = "en",
    *,
    start: str | None = None,
    end: str | None = None,
    investor: bool = False,
) -> Spec:
    """Return the waterfall of any period of a run.

    Parameters
    ----------
    result : Result
    language : "en" or "zh"
    start, end : date, optional
        First and last day; the whole run by default.
    investor : bool
        Contributions to the net return of a yuan, in place of yuan.

    Raises
    ------
    DataError
        When the period holds no trading day or the benchmark has no close in it.
    """
    if investor:
        return contribution_waterfall(Bridge(result).returns("whole", start, end).iloc[0], language)
    return _money_waterfall(Bridge(result).yuan("whole", start, end).iloc[0], language)


def _money_waterfall(row: pd.Series, language: Language = "en") -> Spec:
    """Return the waterfall from the sources of profit to the change of equity.

    ``row`` is one of :meth:`quanthedge.performance.Bridge.yuan`; lines below half a yuan are left
    out.
    """
    text = words(language)["figures"]
    shown = [name for name in Bridge.LINES if abs(float(row[name])) >= 0.5]
    values = row[[*shown, "equity_change"]] / float(text["money_unit"])
    return _waterfall(values, language, "+,.1f", str(text["money"]), ",.3~f")


def contribution_waterfall(row: pd.Series, language: Language = "en") -> Spec:
    """Return the waterfall from the sources of profit to the investor's net return.

    ``row`` is one of :meth:`quanthedge.performance.Bridge.returns`; lines below a thousandth of a
    percent are left out.
    """
    text = words(language)["figures"]
    shown = [name for name in Bridge.LINES if name in row and abs(float(row[name])) >= 1e-5]
    return _waterfall(row[[*shown, "return"]], language, "+.2%", str(text["contribution"]), ".3~%")


def layer_waterfall(row: pd.Series, language: Language = "en") -> Spec:
    """Return the waterfall from the layers of a strategy, yuan, to the line alpha."""
    text = words(language)["figures"]
    values = pd.Series({**row, "alpha": row.sum()}) / float(text["money_unit"])
    return _waterfall(values, language, "+,.1f", str(text["money"]), ",.3~f", "layers")


def part_waterfall(row: pd.Series, names: Mapping[str, str], language: Language = "en") -> Spec:
    """Return the waterfall from parts of the return, by their names, to the return itself."""
    text = words(language)["figures"]
    return _steps(row, names, language, "+.2%", str(text["contribution"]), ".3~%")


def _waterfall(
    values: pd.Series,
    language: Language,
    pattern: str,
    title: str,
    ticks: str,
    called: str = "lines",
) -> Spec:
    """Return the steps of a waterfall, named by a table of words; the last value is the total."""
    return _steps(values, words(language)[called], language, pattern, title, ticks)


def _steps(
    values: pd.Series,
    names: Mapping[str, str],
    language: Language,
    pattern: str,
    title: str,
    ticks: str,
) -> Spec:
    steps = [float(value) for value in values]
    gain, loss = gain_and_loss_colours(language)
    bars = {
        "type": "waterfall",
        "orientation": "h",
        "y": [names[name] for name in values.index],
        "x": [round(value, 6 if "%" in pattern else 2) for value in steps],
        "measure": [*["relative"] * (len(steps) - 1), "total"],
        "text": [format(value, pattern) for value in steps],
        "textposition": "outside",
        "textfont": {"size": 11, "color": INK},
        "cliponaxis": False,
        "increasing": {"marker": {"color": gain}},
        "decreasing": {"marker": {"color": loss}},
        "totals": {"marker": {"color": FUND}},
        "connector": {"line": {"color": "#c3cad3", "width": 1}},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    layout = layout_style(height=110 + 30 * len(steps))
    layout |= {
        "hovermode": "closest",
        "showlegend": False,
        "bargap": 0.35,
        "xaxis": axis_style()
        | {"range": _reach(steps), "title": {"text": title}, "nticks": 6, "tickformat": ticks},
        "yaxis": axis_style() | {"autorange": "reversed", "automargin": True, "showgrid": False},
    }
    layout["margin"] = layout["margin"] | {"l": 8, "b": 48}
    return {"data": [bars], "layout": layout}


def _reach(steps: list[float]) -> list[float]:
    """Return the ends of the axis, with room for the numbers."""
    sums = np.append(0.0, np.cumsum(steps[:-1]))
    low, high = min(0.0, float(sums.min()), steps[-1]), max(0.0, float(sums.max()), steps[-1])
    room = 0.16 * (high - low or 1.0)
    return [low - (room if low < 0.0 else 0.02 * room), high + room]
