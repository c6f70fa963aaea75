"""Figures of a run as plotly figures: pure functions of its tables.

Values are rounded to what the eye can see, so that ten years of days stay small in the page.
"""

from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from quanthedge.performance import (
    attribution,
    daily_returns,
    drawdowns,
    exposures,
    levels,
    rolling_beta,
)
from quanthedge.report.texts import words

__all__ = [
    "bridge_figure",
    "drawdown_figure",
    "exposure_figure",
    "lots_figure",
    "rolling_beta_figure",
    "scatter_figure",
    "unit_value_figure",
]

Language = Literal["en", "zh"]
NET, GROSS, INDEX, QUIET = "#0b4f6c", "#d08c2f", "#9aa5b1", "#c8d0d8"
LOSS = "#b5453c"
FONT = "-apple-system, 'Segoe UI', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def _figure(height: int = 340, **layout: object) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 56, "r": 16, "t": 12, "b": 36},
        font={"family": FONT, "size": 12, "color": "#22303c"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        autosize=True,
    )
    figure.update_xaxes(showgrid=False, linecolor=QUIET, tickformat="%Y-%m-%d", nticks=6)
    figure.update_yaxes(gridcolor="#e6eaee", zerolinecolor=QUIET)
    figure.update_layout(**layout)
    return figure


def _dates(index: pd.Index) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.DatetimeIndex(index)]


def _line(
    figure: go.Figure, values: pd.Series, name: str, colour: str, digits: int = 4, **more: object
) -> None:
    figure.add_scatter(
        x=_dates(values.index),
        y=[None if np.isnan(v) else round(float(v), digits) for v in values],
        name=name,
        line={"color": colour, "width": 1.6, **dict(more.pop("line", {}))},  # type: ignore[call-overload]
        **more,
    )


def unit_value_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return unit value net and gross, and the index on the same start."""
    text = words(language)
    level = levels(ledger)
    start = float(ledger["unit_value"].iloc[0])
    figure = _figure()
    _line(figure, ledger["unit_value"], text["net"], NET)
    _line(figure, ledger["unit_value_gross"], text["gross"], GROSS)
    index = level["index"] / level["index"].dropna().iloc[0] * start
    _line(figure, index, text["index"], INDEX)
    mark = ledger["high_water_mark"]
    _line(figure, mark, text["high_water_mark"], NET, line={"dash": "dot", "width": 1})
    return figure


def drawdown_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return the fall of unit value (net) and index from their highs so far."""
    text = words(language)
    level = levels(ledger)
    figure = _figure(height=260)
    _line(figure, drawdowns(level["net"]), text["net"], NET, fill="tozeroy")
    _line(figure, drawdowns(level["index"].dropna()), text["index"], INDEX)
    figure.update_yaxes(tickformat=".0%")
    return figure


def scatter_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return the fund's daily net returns against the index's."""
    text = words(language)
    returns = daily_returns(ledger)
    figure = _figure(hovermode="closest", showlegend=False)
    figure.add_scatter(
        x=[round(float(v), 5) for v in returns["index"]],
        y=[round(float(v), 5) for v in returns["net"]],
        mode="markers",
        marker={"size": 5, "color": NET, "opacity": 0.45},
        text=_dates(returns.index),
        hovertemplate="%{text}<br>%{x:.2%} / %{y:.2%}<extra></extra>",
    )
    figure.update_xaxes(title=text["index_return"], tickformat=".1%", showgrid=True)
    figure.update_yaxes(title=text["fund_return"], tickformat=".1%")
    return figure


def rolling_beta_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return the beta of the net returns over the last 60 trading days."""
    text = words(language)
    returns = daily_returns(ledger)
    figure = _figure(height=260)
    values = rolling_beta(returns["net"], returns["index"], 60)
    _line(figure, values, text["rolling_beta"], NET, digits=3)
    return figure


def exposure_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return hedge ratio, ex-ante beta of the book and net exposure, day by day."""
    text = words(language)
    exposure = exposures(ledger)
    figure = _figure(height=300)
    _line(figure, exposure["hedge_ratio"], text["hedge_ratio"], NET, digits=3)
    beta = ledger["book_beta"].iloc[1:].dropna()
    _line(figure, beta, text["book_beta"], GROSS, digits=3)
    _line(figure, exposure["net_exposure"], text["net_exposure"], INDEX, digits=3)
    return figure


def lots_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return the lots sold short, one colour a contract."""
    text = words(language)
    days = ledger.iloc[1:]
    figure = _figure(height=240, showlegend=False, bargap=0)
    colours = {name: (NET, "#5b8ea6")[n % 2] for n, name in enumerate(days["contract"].unique())}
    figure.add_bar(
        x=_dates(days.index),
        y=[int(-v) for v in days["lots"]],
        marker={"color": [colours[name] for name in days["contract"]], "line": {"width": 0}},
        text=list(days["contract"]),
        textposition="none",
        hovertemplate="%{x}<br>%{text}: %{y}<extra></extra>",
    )
    # A category axis leaves no gaps for week-ends and holidays.
    figure.update_xaxes(type="category", tickformat=None)
    figure.update_yaxes(title=text["lots"])
    return figure


def bridge_figure(ledger: pd.DataFrame, language: Language = "en") -> go.Figure:
    """Return the waterfall from the sources of profit to the change of equity, yuan."""
    text = words(language)
    row = attribution(ledger).iloc[0]
    lines = [name for name in row.index if name not in {"equity_change", "residual"}]
    lines = [name for name in lines if abs(float(row[name])) >= 0.5]
    figure = _figure(height=380, showlegend=False, hovermode="closest")
    figure.add_waterfall(
        x=[text["lines"][name] for name in [*lines, "equity_change"]],
        y=[round(float(row[name])) for name in [*lines, "equity_change"]],
        measure=[*["relative"] * len(lines), "total"],
        increasing={"marker": {"color": NET}},
        decreasing={"marker": {"color": LOSS}},
        totals={"marker": {"color": GROSS}},
        connector={"line": {"color": QUIET, "width": 1}},
        hovertemplate="%{x}: %{y:,.0f}<extra></extra>",
    )
    figure.update_xaxes(tickformat=None, nticks=0, type="category", tickangle=-35, automargin=True)
    figure.update_yaxes(title=text["yuan"], tickformat="~s" if language == "en" else ",.0f")
    return figure
