"""Figures as plain plotly dictionaries: pure functions of the ledger.

Building dictionaries takes milliseconds where plotly's own objects take seconds; the report writes
them into its page as they are, :mod:`quanthedge.report.figures` wraps them for the notebook.
Numbers are rounded to what the eye can see, so that ten years of days stay small in the page.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quanthedge.performance import Drawdowns, LedgerFigures, Pair, daily_returns, levels
from quanthedge.report.figure_style import (
    ACCENT,
    DAY_MILLISECONDS,
    FUND,
    GREEN,
    GROSS,
    INDEX,
    INK,
    QUIET,
    RED,
    ZERO,
    Spec,
    axis_style,
    dates_of,
    layout_style,
    line_of,
    over_days,
    percent_axis,
    rounded,
    titled_axis,
    without_legend,
)
from quanthedge.report.texts import words
from quanthedge.typing import Language

__all__ = [
    "accounts",
    "basis",
    "class_lines",
    "courses",
    "drawdown",
    "exposure",
    "fee_accrual",
    "fund_beta",
    "growth",
    "index_name",
    "industry_bars",
    "investor_value",
    "lots",
    "risk_degree",
    "risk_forecast",
    "rolling_betas",
    "rolling_link",
    "scatter",
    "tilts",
    "unit_value",
    "water_mark",
]

_ROLLING_DAYS = 60


def index_name(code: str, language: Language) -> str:
    """Return the name of an index, or its code where it has none here."""
    return str(words(language)["indices"].get(code, code))


def unit_value(ledger: pd.DataFrame, language: Language = "en", index: str = "") -> Spec:
    """Return unit value net and before fund fees, and the index on the same start."""
    text = words(language)["figures"]
    start = float(ledger["unit_value"].iloc[0])
    level = levels(ledger)["index"] * start
    name = index_name(index, language) if index else text["index"]
    return over_days(
        [
            line_of(level, name, INDEX, 4, width=1.3),
            line_of(ledger["unit_value_gross"], text["gross"], GROSS, 4, width=1.3),
            line_of(ledger["unit_value"], text["net"], FUND, 4, width=2.2),
        ],
        height=380,
        yaxis=titled_axis("unit_value", language, {"tickformat": ".4~f", "hoverformat": ".4f"}),
    )


def growth(levels: pd.DataFrame, language: Language = "en", axis: str = "growth") -> Spec:
    """Return the value of a yuan in several products, the fund first; ``axis`` names its axis."""
    colours = (FUND, INDEX, GREEN, ACCENT, GROSS, RED, QUIET)
    lines = [
        line_of(levels[name], str(name), colours[k % len(colours)], 4, width=2.2 if k == 0 else 1.2)
        for k, name in enumerate(levels)
    ]
    return over_days(lines, height=340, yaxis=titled_axis(axis, language, {"tickformat": ".4~f"}))


def drawdown(ledger: pd.DataFrame, language: Language = "en", index: str = "") -> Spec:
    """Return how far the fund (net) and the index stood below their highest values so far."""
    text = words(language)["figures"]
    level = levels(ledger)
    name = index_name(index, language) if index else text["index"]
    fund = line_of(Drawdowns(level["net"]).depth, text["net"], FUND, 4, width=1.6)
    fund |= {"fill": "tozeroy", "fillcolor": "rgba(23,64,109,0.14)"}
    below = line_of(Drawdowns(level["index"]).depth, name, INDEX, 4, width=1.2)
    return over_days(
        [below, fund], height=300, yaxis=titled_axis("drawdown", language, percent_axis())
    )


def scatter(ledger: pd.DataFrame, language: Language = "en", index: str = "") -> Spec:
    """Return the fund's daily net returns against those of the index, with the fitted line."""
    text = words(language)["figures"]
    returns = daily_returns(ledger).dropna(subset=["index", "net"])
    pair = Pair(returns["net"], returns["index"])
    fitted = pair.beta_hac()
    name = index_name(index, language) if index else text["index"]
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(returns["index"], 5),
        "y": rounded(returns["net"], 5),
        "text": dates_of(returns.index),
        "marker": {"size": 5, "color": FUND, "opacity": 0.38, "line": {"width": 0}},
        "hovertemplate": f"%{{text}}<br>{name} %{{x:.2%}}<br>{text['fund']} %{{y:.2%}}"
        "<extra></extra>",
    }
    data, notes = [points], []
    if np.isfinite(fitted.value):
        ends = np.array([returns["index"].min(), returns["index"].max()])
        centre = float(returns["net"].mean() - fitted.value * returns["index"].mean())
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [round(float(v), 5) for v in ends],
                "y": [round(float(centre + fitted.value * v), 6) for v in ends],
                "line": {"color": ACCENT, "width": 2},
                "hoverinfo": "skip",
            }
        )
    linked = pair.correlation()
    if np.isfinite(linked.value) and np.isfinite(fitted.value):
        notes = [
            {
                "text": text["scatter_note"].format(
                    correlation=linked.value, beta=fitted.value, error=fitted.standard_error
                ),
                "xref": "paper",
                "yref": "paper",
                "x": 0.01,
                "y": 1.0,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"color": INK, "size": 12},
            }
        ]
    axis = axis_style() | {"tickformat": ".3~%", "zeroline": True, "zerolinecolor": "#b8c0ca"}
    layout = layout_style(height=380) | {
        "annotations": notes,
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": axis | {"title": {"text": text["index_return"].format(index=name)}},
        "yaxis": axis | {"title": {"text": text["fund_return"]}},
    }
    layout["margin"] = layout["margin"] | {"l": 62, "b": 48}
    return {"data": data, "layout": layout}


def fund_beta(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return the fund's beta: realised over 60 days, and ex ante on the days of review."""
    text = words(language)["figures"]
    returns = daily_returns(ledger)
    realised = Pair(returns["net"], returns["index"]).rolling_beta(_ROLLING_DAYS)
    ahead = LedgerFigures(ledger).exposures()["net_beta"].dropna()
    before = line_of(ahead, text["beta_before"], ACCENT, 3)
    before |= {"mode": "markers", "marker": {"size": 4, "color": ACCENT}}
    return over_days(
        [line_of(realised, text["beta_after"], FUND, 3, width=1.8), before],
        height=300,
        yaxis=titled_axis("beta", language, {"tickformat": ".4~f"} | ZERO),
    )


def rolling_link(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return the fund's correlation with the index over the last 60 and 250 days."""
    text = words(language)["figures"]
    returns = daily_returns(ledger)
    pair = Pair(returns["net"], returns["index"])
    lines = [
        line_of(pair.rolling_correlation(days), name, colour, 3, width)
        for days, name, colour, width in (
            (_ROLLING_DAYS, text["days_60"], GROSS, 1.2),
            (250, text["days_250"], FUND, 1.8),
        )
    ]
    return over_days(
        lines,
        height=260,
        yaxis=titled_axis("correlation", language, {"tickformat": ".3~f", "range": [-1, 1]} | ZERO),
    )


def rolling_betas(
    ledger: pd.DataFrame, closes: Mapping[str, pd.Series], language: Language = "en"
) -> Spec:
    """Return the fund's beta to several indices over 60 days; the first with its interval.

    ``closes`` are closes by code, the benchmark first.
    """
    net, lines = daily_returns(ledger)["net"], []
    colours = (FUND, ACCENT, GREEN, RED, GROSS)
    for k, (code, close) in enumerate(closes.items()):
        moved = close.pct_change(fill_method=None).iloc[1:]
        name, colour = index_name(code, language), colours[k % len(colours)]
        found = Pair(net, moved).rolling_beta_hac(_ROLLING_DAYS)
        lines.append(line_of(found["beta"], name, colour, 3, width=1.8 if k == 0 else 1.3))
        for bound in ("low", "high") if k == 0 else ():
            edge = line_of(found[bound], words(language)["figures"]["interval_95"], GROSS, 3, 0.9)
            edge["line"] |= {"dash": "dot"}
            edge["showlegend"] = bound == "low"
            lines.append(edge)
    return over_days(
        lines,
        height=280,
        yaxis=titled_axis("beta", language, {"tickformat": ".4~f"} | ZERO),
    )


def exposure(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return hedge ratio, ex-ante beta of the stock book and net exposure, day by day."""
    text = words(language)["figures"]
    found = LedgerFigures(ledger).exposures()
    book = line_of(ledger["book_beta"].iloc[1:].dropna(), text["book_beta"], ACCENT, 3)
    book |= {"mode": "markers", "marker": {"size": 4, "color": ACCENT}}
    return over_days(
        [
            line_of(found["hedge_ratio"], text["hedge_ratio"], FUND, 3, width=1.8),
            book,
            line_of(found["net_exposure"], text["net_exposure"], GROSS, 3, width=1.5),
        ],
        height=320,
        yaxis=titled_axis("exposure", language, percent_axis()),
    )


def lots(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return the lots sold short at each close, long ones below 0; a shade for each contract."""
    text = words(language)["figures"]
    inside = ledger.iloc[1:]
    spells = (inside["contract"] != inside["contract"].shift(1)).cumsum().to_numpy()
    bars = {
        "type": "bar",
        "x": dates_of(inside.index),
        "y": [-int(v) for v in inside["lots"]],
        "width": _until_next(inside.index),
        "offset": 0,
        "marker": {
            "color": [(FUND, GROSS)[int(v) % 2] for v in spells],
            "line": {"width": 0},
        },
        "text": [str(v) for v in inside["contract"]],
        "textposition": "none",
        "hovertemplate": f"%{{x|%Y-%m-%d}}<br>%{{text}}<br>%{{y}} {text['lots']}<extra></extra>",
    }
    spec = over_days([bars], height=240, yaxis={"title": {"text": text["lots"]}})
    spec["layout"] |= {"bargap": 0, "showlegend": False, "hovermode": "closest"}
    return spec


def accounts(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return cash of both accounts and the margin required, as shares of equity."""
    text = words(language)["figures"]
    inside = ledger.iloc[1:]
    names = ("stock_cash", "futures_cash", "margin_required")
    colours = (GROSS, FUND, ACCENT)
    lines = [
        line_of(inside[name] / inside["equity"], text[name], colour, 3, width=1.6)
        for name, colour in zip(names, colours, strict=True)
    ]
    return over_days(lines, height=280, yaxis=titled_axis("equity", language, percent_axis()))


def risk_degree(degrees: pd.Series, call_multiple: float, language: Language = "en") -> Spec:
    """Return margin over the money in the futures account, with its call level and 100%."""
    text = words(language)["figures"]
    level = pd.Series(1.0, index=degrees.index)
    call = line_of(level / call_multiple, text["call_level"], ACCENT, 4, width=1.2)
    full = line_of(level, text["cut_level"], RED, 4, width=1.2)
    for one in (call, full):
        one["line"] |= {"dash": "dot"}
    return over_days(
        [line_of(degrees, text["risk_degree"], FUND, 4, width=1.6), call, full],
        height=260,
        yaxis=titled_axis("degree", language, percent_axis()),
    )


def basis(ledger: pd.DataFrame, multiplier: float, language: Language = "en") -> Spec:
    """Return the basis of the contract held, in points and as a fraction of the index.

    Parameters
    ----------
    ledger : DataFrame
    multiplier : float
        Yuan a point of the contract.
    language : "en" or "zh"

    Notes
    -----
    Settlement price = futures notional / lots / multiplier; basis = settlement price - index close
    of the same day. Days without a contract are left out.
    """
    text = words(language)["figures"]
    held = ledger[ledger["lots"] != 0]
    price = -held["futures_notional"] / held["lots"] / multiplier
    share = (price / held["index_close"] - 1.0).reindex(ledger.index[1:])
    line = line_of(share, text["basis"], FUND, 5, width=1.4)
    points = (price - held["index_close"]).reindex(ledger.index[1:])
    names = ledger["contract"].iloc[1:]
    line["text"] = [
        "" if np.isnan(v) else f"{name} {v:+.1f}" for name, v in zip(names, points, strict=True)
    ]
    line["hovertemplate"] = f"%{{y:.2%}} · %{{text}} {text['points']}"
    axis = titled_axis("basis", language, percent_axis() | {"tickformat": ".3~%"} | ZERO)
    return without_legend(over_days([line], height=280, yaxis=axis))


def water_mark(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return unit value and high-water mark, with the days on which a fee was charged."""
    text = words(language)["figures"]
    charged = ledger["performance_fee"] > 0.0
    mark = line_of(ledger["high_water_mark"], text["high_water_mark"], ACCENT, 4, width=1.4)
    mark["line"] = {"color": ACCENT, "width": 1.4, "shape": "hv", "dash": "dot"}
    fees = {
        "type": "scatter",
        "mode": "markers",
        "name": text["fee_day"],
        "x": dates_of(ledger.index[charged]),
        "y": rounded(ledger["unit_value"][charged], 4),
        "text": [f"{v:,.0f}" for v in ledger["performance_fee"][charged]],
        "marker": {"size": 9, "color": ACCENT, "symbol": "diamond"},
        "hovertemplate": f"%{{text}} {text['yuan']}",
    }
    net = line_of(ledger["unit_value"], text["net"], FUND, 4, width=1.8)
    gross = line_of(ledger["unit_value_gross"], text["gross"], GROSS, 4, width=1.2)
    return over_days(
        [gross, net, mark, fees],
        height=300,
        yaxis=titled_axis("unit_value", language, {"tickformat": ".4~f", "hoverformat": ".4f"}),
    )


def tilts(active: pd.Series, language: Language = "en") -> Spec:
    """Return what the book holds more or less of than its benchmark, a bar for each style."""
    text = words(language)["figures"]
    bars = {
        "type": "bar",
        "name": text["active"],
        "x": [str(name) for name in active.index],
        "y": rounded(active, 3),
        "marker": {"color": FUND},
        "hovertemplate": "%{x} %{y:+.2f}<extra></extra>",
    }
    layout = layout_style(240) | {"showlegend": False, "hovermode": "closest"}
    layout["xaxis"] = axis_style() | {"tickangle": 0, "automargin": True}
    layout["yaxis"] = axis_style() | titled_axis("tilt", language, {"tickformat": ".3~f"} | ZERO)
    return {"data": [bars], "layout": layout}


def courses(sums: Mapping[str, pd.Series], language: Language = "en") -> Spec:
    """Return how sums have grown, by name, in the language's money; the last one is their total."""
    colours = (ACCENT, GREEN, GROSS)[-(len(sums) - 1) :] if len(sums) > 1 else ()
    lines = [
        line_of(values, name, colour, 2, width=1.5)
        for (name, values), colour in zip(sums.items(), colours, strict=False)
    ]
    name, total = list(sums.items())[-1]
    lines.append(line_of(total, name, FUND, 2, width=2.0))
    axis = {
        "tickformat": ",.3~f", "title": {"text": words(language)["figures"]["money"]},
        "zeroline": True, "zerolinecolor": "#8a94a0",
    }  # fmt: skip
    return over_days(lines, height=300, yaxis=axis)


def industry_bars(effects: pd.DataFrame, language: Language = "en") -> Spec:
    """Return two bars for each industry: what its allocation and what its selection earned.

    ``effects`` are allocation_yuan and selection_yuan by name.
    """
    text = words(language)["figures"]
    unit = float(text["money_unit"])
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": text[name],
            "y": [str(one) for one in effects.index],
            "x": rounded(effects[f"{name}_yuan"] / unit, 2),
            "width": 0.36,
            "offset": offset,
            "marker": {"color": colour},
            "hovertemplate": "%{y} %{x:+,.1f}",
        }
        for name, colour, offset in (("allocation", ACCENT, -0.38), ("selection", FUND, 0.02))
    ]
    layout = layout_style(height=90 + 26 * len(effects)) | {"hovermode": "closest"}
    layout["xaxis"] = axis_style() | {
        "title": {"text": text["money"]}, "tickformat": ",.3~f", "nticks": 6,
        "zeroline": True, "zerolinecolor": "#8a94a0",
    }  # fmt: skip
    layout["yaxis"] = axis_style() | {
        "autorange": "reversed", "automargin": True, "showgrid": False,
    }  # fmt: skip
    layout["margin"] = layout["margin"] | {"l": 8, "b": 48}
    return {"data": bars, "layout": layout}


def risk_forecast(table: pd.DataFrame, language: Language = "en") -> Spec:
    """Return the band that each forecast gives the return of its days, and what came.

    Parameters
    ----------
    table : DataFrame
        ``risk_forecasts`` of a record by date.
    language : "en" or "zh"
    """
    text = words(language)["figures"]
    known = table[table["z"].notna()]
    band = 1.96 * known["volatility"]
    upper = line_of(band, text["risk_band"], ACCENT, 5, width=1.2)
    lower = line_of(-band, text["risk_band"], ACCENT, 5, width=1.2) | {"showlegend": False}
    for edge in (upper, lower):
        edge["line"] |= {"shape": "hv"}
    came = line_of(known["realised_return"], text["risk_came"], FUND, 5)
    came |= {"mode": "markers", "marker": {"size": 5, "color": FUND}}
    return over_days(
        [upper, lower, came],
        height=300,
        yaxis=titled_axis("return", language, percent_axis() | {"tickformat": ".3~%"} | ZERO),
    )


def fee_accrual(ledger: pd.DataFrame, language: Language = "en") -> Spec:
    """Return the performance fee that would be due if each day were a fee date, over equity."""
    text = words(language)["figures"]
    inside = ledger.iloc[1:]
    share = inside["accrued_performance_fee"] / inside["equity"]
    line = line_of(share, text["accrued_fee"], ACCENT, 5, width=1.5)
    axis = titled_axis("equity", language, {"tickformat": ".3~%"})
    return without_legend(over_days([line | {"fill": "tozeroy"}], height=240, yaxis=axis))


def class_lines(table: pd.DataFrame, language: Language = "en") -> Spec:
    """Return unit value and cumulative unit value of each class of units, day by day."""
    text, colours = words(language)["figures"], {"A": (FUND, GROSS), "C": (ACCENT, INDEX)}
    lines = []
    for name, part in table.groupby("share_class"):
        own = part.set_index("date")
        label = text["share_class"].format(name=name)
        plain, added = colours[str(name)]
        lines.append(line_of(own["unit_value"], label, plain, 4, width=1.8))
        if (own["cumulative_unit_value"] != own["unit_value"]).any():
            label = text["cumulative"].format(name=name)
            lines.append(line_of(own["cumulative_unit_value"], label, added, 4, width=1.3))
    axis = titled_axis("unit_value", language, {"tickformat": ".4~f", "hoverformat": ".4f"})
    return over_days(lines, height=300, yaxis=axis)


def investor_value(value: pd.Series, invested: pd.Series, language: Language = "en") -> Spec:
    """Return what an investor would get on each day, and what he has paid in less what he got.

    ``value`` and ``invested`` are yuan by date.
    """
    text = words(language)["figures"]
    unit = float(text["money_unit"])
    paid = line_of(invested / unit, text["net_paid"], ACCENT, 4, width=1.4)
    paid["line"] = {"color": ACCENT, "width": 1.4, "shape": "hv", "dash": "dot"}
    worth = line_of(value / unit, text["value_if_redeemed"], FUND, 4, width=1.8)
    axis = {"tickformat": ",.2~f", "rangemode": "tozero", "title": {"text": text["money"]}}
    return over_days([worth, paid], height=300, yaxis=axis)


def _until_next(index: pd.Index) -> list[int]:
    """Return the milliseconds from each day to the next, so that bars leave no gap."""
    days = pd.DatetimeIndex(index).to_numpy().astype("datetime64[D]").astype(np.int64)
    return [int(v) * DAY_MILLISECONDS for v in [*np.diff(days), 1]]
