"""The report's figures by name, for a notebook: the same data and layout, with their titles.

Each is taken out of the report itself, so that a figure of a chapter has its name here at once.
"""

import difflib
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance import Spans
from quanthedge.record import Record
from quanthedge.report.blocks import Figure
from quanthedge.report.document import build_document
from quanthedge.report.figure_style import Spec, gain_and_loss_colours, layout_style
from quanthedge.report.texts import words
from quanthedge.report.waterfall import bridge_waterfall
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["figure_names", "named_figure"]

_CALLED = {  # short words for figures whose own names are the report's
    "beta": "net_beta",
    "correlation": "rolling_link",
    "fees": "water_mark",
    "hedge": "lots",
    "margin": "risk_degree",
    "rolling": "rolling_betas",
    "styles": "style_bars",
}
_SHADE_AT = 0.04  # a month of four percent has the deepest colour, as in the report
_kept: "WeakKeyDictionary[Record, dict[Language, dict[str, Figure]]]" = WeakKeyDictionary()


def figure_names(run: Record, language: Language = "en") -> dict[str, str]:
    """Return the titles of the figures of a run by the names that :func:`named_figure` takes."""
    titles = {name: _title(one) for name, one in _figures(run, language).items()}
    text = words(language)
    if run.ledger["index_close"].notna().all():  # else the profit has no alpha and no market
        titles["bridge"] = str(text["headings"]["bridge"])
    return titles | {"monthly": str(text["titles"]["monthly_net"])}


def named_figure(run: Record, name: str, language: Language = "en") -> "go.Figure":
    """Return a figure of the report by its name, as "drawdown" or "bridge".

    Parameters
    ----------
    run : Record
    name : str
        One of :func:`figure_names`, which depend on the run: a fund without a hedge has no basis;
        or a short word: beta, correlation, fees, hedge, margin, rolling, styles.
    language : "en" or "zh"

    Raises
    ------
    DataError
        The run has no such figure; the message lists what there is.
    """
    import plotly.graph_objects as go

    if language not in LANGUAGES:
        raise DataError(f"plot: language {language!r}; accepted: {', '.join(LANGUAGES)}")
    titles, own = figure_names(run, language), _CALLED.get(name, name)
    if own not in titles:
        raise DataError(_no_figure(name, titles))
    figure = go.Figure(_spec(run, own, language))
    height, margin = figure.layout.height or 320, figure.layout.margin.t or 34
    figure.update_layout(
        title={"text": titles[own], "x": 0.0, "xanchor": "left", "font": {"size": 15}},
        margin={"t": margin + 40},
        height=height + 40,
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
    )
    return figure


def _spec(run: Record, name: str, language: Language) -> Spec:
    if name == "monthly":
        return _monthly(run, language)
    if name == "bridge":
        return bridge_waterfall(run, language)
    return _figures(run, language)[name].spec


def _no_figure(name: object, titles: dict[str, str]) -> str:
    known = [*titles, *(one for one, own in _CALLED.items() if own in titles)]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"plot: the run has no figure {name!r}; {hint}there are {', '.join(sorted(known))}"


def _figures(run: Record, language: Language) -> dict[str, Figure]:
    """Return the figures of the report of a run, which is drawn up once a language."""
    known = _kept.setdefault(run, {})
    if language not in known:
        document = build_document(run, language, capacity=getattr(run, "capacity", None))
        blocks = [block for chapter in document.chapters for block in chapter.blocks]
        known[language] = {
            block.id.removeprefix("figure-").replace("-", "_"): block
            for block in blocks
            if isinstance(block, Figure)
        }
    return known[language]


def _title(figure: Figure) -> str:
    """Return a figure's title without its running number, which counts within the report."""
    return figure.title.rpartition("  ")[2]


def _monthly(run: Record, language: Language) -> Spec:
    """Return the net return of each month as a field of colours, a row a year."""
    table = Spans(run.ledger).monthly("net").iloc[:, :12]
    gain, loss = gain_and_loss_colours(language)
    months = [
        f"{k}月" if language == "zh" else pd.Timestamp(2000, k, 1).strftime("%b")
        for k in range(1, 13)
    ]
    rows = [[None if pd.isna(v) else round(float(v), 6) for v in row] for row in table.to_numpy()]
    layout = layout_style(height=110 + 34 * len(table)) | {"hovermode": "closest"}
    layout["xaxis"] = {"side": "top", "showgrid": False, "fixedrange": True}
    layout["yaxis"] = {"autorange": "reversed", "type": "category", "showgrid": False}
    cells = {
        "type": "heatmap",
        "x": months,
        "y": [str(year) for year in table.index],
        "z": rows,
        "text": [["" if v is None else f"{v:.2%}" for v in row] for row in rows],
        "texttemplate": "%{text}",
        "zmin": -_SHADE_AT,
        "zmax": _SHADE_AT,
        "colorscale": [[0.0, loss], [0.5, "#f6f7f9"], [1.0, gain]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "hovertemplate": "%{y} %{x}: %{text}<extra></extra>",
    }
    return {"data": [cells], "layout": layout}
