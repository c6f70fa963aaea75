"""One self-contained HTML page a language: figures, tables, definitions; no network needed."""

import base64
import gzip
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from quanthedge.errors import DataError
from quanthedge.performance import (
    Summary,
    attribution,
    costs,
    monthly_table,
    refusals_by_reason,
    yearly_table,
)
from quanthedge.performance.summary import definitions, format_value
from quanthedge.report import figures
from quanthedge.report.texts import words

__all__ = ["write_html"]

Language = Literal["en", "zh"]
Cell = tuple[str, str]  # text, class
TILES = (
    "annual_return_net",
    "annual_return_gross",
    "volatility_net",
    "sharpe_net",
    "max_drawdown_net",
    "correlation_daily",
    "correlation_weekly",
    "unit_value_net",
)


class _Run(Protocol):
    """What the report reads of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """Return what `quanthedge.result.Result.ledger` holds."""

    @property
    def trades(self) -> pd.DataFrame:
        """Return what `quanthedge.result.Result.trades` holds."""

    @property
    def refusals(self) -> pd.DataFrame:
        """Return what `quanthedge.result.Result.refusals` holds."""

    @property
    def positions(self) -> pd.DataFrame:
        """Return what `quanthedge.result.Result.positions` holds."""

    @property
    def rules(self) -> pd.DataFrame:
        """Return what `quanthedge.result.Result.rules` holds."""

    @property
    def strategy(self) -> dict[str, Any]:
        """Return what `quanthedge.result.Result.strategy` holds."""

    @property
    def market_info(self) -> dict[str, Any]:
        """Return what `quanthedge.result.Result.market_info` holds."""

    @property
    def versions(self) -> dict[str, str]:
        """Return what `quanthedge.result.Result.versions` holds."""

    @property
    def timeline(self) -> dict[str, str]:
        """Return what `quanthedge.result.Result.timeline` holds."""

    @property
    def notes(self) -> list[dict[str, str]]:
        """Return what `quanthedge.result.Result.notes` holds."""

    def summary(self) -> Summary:
        """Return the statistics."""


class Table:
    """A table of the page: head, rows of (text, class) cells, id and footnote."""

    def __init__(self, key: str, head: list[str], rows: list[list[Cell]], note: str = "") -> None:
        self.key = key
        self.head = head
        self.rows = rows
        self.note = note


def write_html(result: _Run, path: str | Path, *, language: Language = "zh") -> Path:
    """Write the report of a run and return its path.

    Parameters
    ----------
    result : Result
    path : str or Path
        File to write; it appears whole or not at all.
    language : "zh" or "en"

    Raises
    ------
    DataError
        When the file cannot be written.

    Notes
    -----
    The figures' library is embedded compressed and unpacked by the browser; the tables need no
    script.
    """
    path = Path(path)
    page = _render(result, language)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(page)
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(f"{path}: the report could not be written ({error.strerror})") from error
    path.chmod(0o644)
    return path


def _render(result: _Run, language: Language) -> str:
    text = words(language)
    environment = Environment(
        loader=PackageLoader("quanthedge.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        text=text,
        name=_own_words(result.strategy, "name", language),
        description=_own_words(result.strategy, "description", language),
        subtitle=text["subtitle"].format(
            start=f"{result.ledger.index[1]:%Y-%m-%d}",
            end=f"{result.ledger.index[-1]:%Y-%m-%d}",
            capital=f"{result.ledger['equity'].iloc[0]:,.0f}",
        ),
        tiles=_tiles(result.summary(), language),
        figures=_figures(result, language),
        tables=_tables(result, language),
        timeline=[line.split(". ", 1)[1] for line in result.timeline[language].splitlines()],
        notes=[note[language] for note in result.notes],
        parameters=_parameters(result.strategy, text),
        market=_market(result, text),
        top_date=f"{result.positions['date'].max():%Y-%m-%d}" if len(result.positions) else "",
        plotly=_plotly(),
        fonts=figures.FONT,
    )


def _own_words(strategy: dict[str, Any], key: str, language: Language) -> str:
    """Return the user's own text, in the reader's language where there is one."""
    return str((strategy.get(f"{key}_zh") if language == "zh" else "") or strategy.get(key) or "")


@cache
def _plotly() -> str:
    """Return plotly.js, compressed, as text."""
    source = files("plotly").joinpath("package_data/plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(source, 9, mtime=0)).decode("ascii")


def _tiles(summary: Summary, language: Language) -> list[tuple[str, str, str]]:
    """Return label, value and definition of the key figures."""
    found = [summary[key] for key in TILES if key in summary]
    return [(m.label(language), m.text(language), m.formula_text(language)) for m in found]


def _figures(result: _Run, language: Language) -> dict[str, dict[str, str]]:
    """Return each figure as JSON with its footnote."""
    notes = words(language)["notes"]
    makers: dict[str, Callable[[pd.DataFrame, Language], go.Figure]] = {
        "unit_value": figures.unit_value_figure,
        "drawdown": figures.drawdown_figure,
        "scatter": figures.scatter_figure,
        "rolling_beta": figures.rolling_beta_figure,
        "exposure": figures.exposure_figure,
        "lots": figures.lots_figure,
        "bridge": figures.bridge_figure,
    }
    residual = float(attribution(result.ledger)["residual"].iloc[0])
    return {
        key: {
            "json": _script_safe(make(result.ledger, language).to_json()),
            "note": notes[key].format(residual=f"{abs(residual):.2f}"),
        }
        for key, make in makers.items()
    }


def _script_safe(text: str) -> str:
    """Return JSON that cannot close the script element it stands in."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )


def _tables(result: _Run, language: Language) -> dict[str, Table]:
    text = words(language)
    return {
        "neutrality": _chapter(result.summary(), "neutrality", language),
        "return": _chapter(result.summary(), "return", language),
        "risk": _chapter(result.summary(), "risk", language),
        "trading": _chapter(result.summary(), "trading", language),
        "yearly": _yearly(result.ledger, text),
        "monthly": _monthly(result.ledger, text),
        "bridge": _bridge(result.ledger, text),
        "costs": _costs(result.ledger, text),
        "holdings": _holdings(result.positions, text),
        "refusals": _refusals(result.refusals, text),
        "rolls": _rolls(result.trades, text),
        "weak_rules": _weak_rules(result.rules, text),
        "definitions": _definitions(result.summary(), text, language),
    }


def _number(value: float | None, form: str, text: dict[str, Any]) -> Cell:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–", "n"
    return form.format(value), "n bad" if value < 0 and "%" in form else "n"


def _chapter(summary: Summary, chapter: str, language: Language) -> Table:
    """Return a chapter of the summary with its intervals."""
    text = words(language)
    rows = []
    for m in summary.chapters().get(chapter, []):
        interval = ""
        if m.estimate is not None and m.value is not None:
            low, high = (format_value(v, m.unit) for v in (m.estimate.low, m.estimate.high))
            interval = f"[{low}, {high}]"
        rows.append([(m.label(language), ""), (m.text(language), "n"), (interval, "n quiet")])
    note = text["notes"]["neutrality"] if chapter == "neutrality" else ""
    head = [text["measure"], text["value"], text["interval"]]
    if not any(row[2][0] for row in rows):
        head, rows = head[:2], [row[:2] for row in rows]
    return Table(chapter, head, rows, note)


def _yearly(ledger: pd.DataFrame, text: dict[str, Any]) -> Table:
    forms = [
        ("net", "{:.2%}"), ("gross", "{:.2%}"), ("index", "{:.2%}"), ("volatility", "{:.2%}"),
        ("max_drawdown", "{:.2%}"), ("hedge_ratio", "{:.2f}"), ("turnover", "{:.1f}"),
        ("costs", "{:,.0f}"), ("fees", "{:,.0f}"), ("days", "{:.0f}"),
    ]  # fmt: skip
    rows = [
        [(str(year), ""), *(_number(float(row[name]), form, text) for name, form in forms)]
        for year, row in yearly_table(ledger).iterrows()
    ]
    head = [text["year"], *(text[name] for name, _ in forms)]
    return Table("yearly", head, rows, text["notes"]["yearly"])


def _monthly(ledger: pd.DataFrame, text: dict[str, Any]) -> Table:
    table = monthly_table(ledger)
    rows = [
        [(str(year), ""), *(_number(float(v), "{:.1%}", text) for v in row)]
        for year, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    head = [text["year"], *(str(m) for m in range(1, 13)), text["whole_year"]]
    return Table("monthly", head, rows, text["notes"]["monthly"])


def _bridge(ledger: pd.DataFrame, text: dict[str, Any]) -> Table:
    row = attribution(ledger).iloc[0]
    opening = float(ledger["equity"].iloc[0])
    rows = [
        [
            (text["lines"][name], "strong" if name == "equity_change" else ""),
            _number(float(value), "{:,.0f}", text),
            _number(float(value) / opening, "{:.2%}", text),
        ]
        for name, value in row.items()
        if name in {"equity_change", "residual"} or abs(float(value)) >= 0.5
    ]
    return Table("bridge_table", [text["line"], text["yuan"], text["share"]], rows)


def _costs(ledger: pd.DataFrame, text: dict[str, Any]) -> Table:
    rows = [
        [
            (text["lines"][str(name)], ""),
            _number(float(row["yuan"]), "{:,.0f}", text),
            _number(float(row["per_year"]), "{:.2%}", text),
        ]
        for name, row in costs(ledger).iterrows()
    ]
    head = [text["line"], text["yuan"], text["per_year"]]
    return Table("costs", head, rows, text["notes"]["costs"])


def _holdings(positions: pd.DataFrame, text: dict[str, Any]) -> Table:
    last = positions[positions["date"] == positions["date"].max()]
    rows = [
        [
            (str(row.code), ""), _number(row.shares, "{:,.0f}", text),
            _number(row.price, "{:,.2f}", text), _number(row.value, "{:,.0f}", text),
            _number(row.weight, "{:.2%}", text),
        ]
        for row in last.nlargest(10, "value").itertuples()
    ]  # fmt: skip
    head = [text["code"], text["shares"], text["price"], text["yuan"], text["weight"]]
    return Table("holdings", head, rows, text["notes"]["holdings"])


def _refusals(refusals: pd.DataFrame, text: dict[str, Any]) -> Table:
    rows = []
    for reason, row in refusals_by_reason(refusals).iterrows():
        known = text["reasons"][str(reason)]
        share = _number(float(row["done_share"]), "{:.1%}", text)
        rows.append(
            [(known["name"], ""), (f"{row['count']:,.0f}", "n"), (f"{row['codes']:,.0f}", "n"),
             share, (known["meaning"], "quiet")]
        )  # fmt: skip
    head = [text["reason"], text["count"], text["codes"], text["done_share"], text["meaning"]]
    return Table("refusals", head, rows, text["notes"]["refusals"])


def _rolls(trades: pd.DataFrame, text: dict[str, Any]) -> Table:
    rolls = trades[trades["reason"] == "roll"]
    rows = []
    for date, day in rolls.groupby("date"):
        closed, opened = day[day["side"] == "buy"], day[day["side"] == "sell"]
        if closed.empty or opened.empty:
            continue
        rows.append(
            [(f"{date:%Y-%m-%d}", ""), (str(closed["code"].iloc[0]), ""),
             _number(float(closed["price"].iloc[0]), "{:,.1f}", text),
             (str(opened["code"].iloc[0]), ""),
             _number(float(opened["price"].iloc[0]), "{:,.1f}", text),
             _number(float(opened["quantity"].iloc[0]), "{:,.0f}", text)]
        )  # fmt: skip
    names = ("date", "old", "old_price", "new", "new_price", "lots_n")
    return Table("rolls", [text[name] for name in names], rows, text["notes"]["rolls"])


def _weak_rules(rules: pd.DataFrame, text: dict[str, Any]) -> Table:
    weak = rules[rules["confidence"].isin(["C", "M"])]
    rows = [
        [(str(row.table), ""), (str(row.key), ""), (str(row.confidence), "")]
        for row in weak.itertuples()
    ]
    return Table("weak_rules", [text["rule"], text["key"], text["confidence"]], rows)


def _definitions(summary: Summary, text: dict[str, Any], language: Language) -> Table:
    names = definitions()["measures"]
    seen = dict.fromkeys(m.formula for m in summary)
    rows = [
        [(str(names[key][language]), ""), (str(names[key][f"formula_{language}"]), "quiet")]
        for key in seen
    ]
    return Table("definitions", [text["measure"], text["definition"]], rows)


def _parameters(strategy: dict[str, Any], text: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the strategy, one line a part, as it can be written in TOML."""
    lines = []
    for key, value in strategy.items():
        if key in {"name", "description", "name_zh", "description_zh"}:
            continue
        label = str(text["parameters"].get(key, key))
        lines.append((label, json.dumps(value, ensure_ascii=False).replace('"', "")))
    return lines


def _market(result: _Run, text: dict[str, Any]) -> list[tuple[str, str]]:
    info = result.market_info
    versions = ", ".join(f"{name} {number}" for name, number in result.versions.items())
    return [
        (text["market"], str(info["name"])),
        (text["span"], f"{info['data_start']} … {info['data_end']}"),
        (text["stocks"], f"{info['stocks']:,}"),
        (text["fingerprint"], str(info["fingerprint"])),
        (text["versions"], versions),
    ]
