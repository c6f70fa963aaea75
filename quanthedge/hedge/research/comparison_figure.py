"""The figure of a hedge comparison."""

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["comparison_figure"]

_MARK = "#1f4e79"
_BAR = "#9db7d1"
_ROW_PIXELS = 22


def comparison_figure(table: pd.DataFrame) -> "go.Figure":
    """Return daily betas with their intervals beside the variance removed, a row a combination.

    Parameters
    ----------
    table : DataFrame
        Of :meth:`HedgeComparison.table`.

    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = table.iloc[::-1]
    parts = [c for c in ("estimator", "ratio", "policy") if len(set(table[c])) > 1] or ["ratio"]
    names = rows[parts].agg(" / ".join, axis=1)
    figure = make_subplots(
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=(
            "Beta to the index left, daily, with 95% interval",
            "Variance of the book removed, daily",
        ),
    )
    figure.add_trace(
        go.Scatter(
            x=rows["beta_daily"],
            y=names,
            mode="markers",
            marker={"color": _MARK, "size": 8},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["beta_high_daily"] - rows["beta_daily"],
                "arrayminus": rows["beta_daily"] - rows["beta_low_daily"],
                "color": _MARK,
            },
            hovertemplate="%{y}<br>beta %{x:+.3f}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Bar(
            x=rows["variance_removed_daily"],
            y=names,
            orientation="h",
            marker={"color": _BAR},
            hovertemplate="%{y}<br>removed %{x:.1%}<extra></extra>",
        ),
        row=1,
        col=2,
    )
    figure.add_vline(x=0.0, line={"color": "#888", "width": 1}, row=1, col=1)
    figure.update_xaxes(tickformat="+.4~f", row=1, col=1)
    figure.update_xaxes(tickformat=".2~%", row=1, col=2)
    figure.update_layout(
        showlegend=False,
        template="plotly_white",
        height=140 + _ROW_PIXELS * len(rows),
        margin={"l": 10, "r": 20, "t": 50, "b": 40},
    )
    return figure
