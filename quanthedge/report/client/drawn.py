"""Figures that only a client's paper has."""

import pandas as pd

from quanthedge.report.figure_style import FUND, INDEX, Spec, axis_style, layout_style

__all__ = ["industry_weights"]


def industry_weights(weights: pd.DataFrame, book: str, index: str, title: str) -> Spec:
    """Return two bars for each industry: its share of the book and of the index.

    Parameters
    ----------
    weights : DataFrame
        Columns book and index, fractions, by the industry's name.
    book, index : str
        What they are called.
    title : str
        Of the axis.
    """
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": [str(one) for one in weights.index],
            "x": [round(float(value), 5) for value in weights[key]],
            "width": 0.36,
            "offset": offset,
            "marker": {"color": colour},
            "hovertemplate": "%{y} %{x:.2%}",
        }
        for key, name, colour, offset in (
            ("book", book, FUND, -0.38),
            ("index", index, INDEX, 0.02),
        )
    ]
    layout = layout_style(height=90 + 24 * len(weights)) | {"hovermode": "closest"}
    layout["xaxis"] = axis_style() | {"title": {"text": title}, "tickformat": ".2~%", "nticks": 5}
    layout["yaxis"] = axis_style() | {
        "autorange": "reversed", "automargin": True, "showgrid": False,
    }  # fmt: skip
    layout["margin"] = layout["margin"] | {"l": 8, "b": 48}
    return {"data": bars, "layout": layout}
