"""The blocks of a client's paper: what investors of a neutral fund are shown, and nothing more.

Where a figure is not known its row is left out: a paper has no empty rows.
"""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from quanthedge.performance import (
    Drawdowns,
    LedgerFigures,
    Spans,
    levels,
    long_leg,
    period_returns,
    win_rate,
)
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Chapter, Figure, Lines, Table, number_cell, signed
from quanthedge.report.chapters.performance import monthly as monthly_blocks
from quanthedge.report.chapters.style_names import style_names
from quanthedge.report.client import facts
from quanthedge.report.client.drawn import industry_weights
from quanthedge.report.figure_style import Spec
from quanthedge.report.waterfall import part_waterfall
from quanthedge.report.writer import Writer
from quanthedge.words import notation, texts

__all__ = ["ClientWriter", "chapters_of_paper"]

_FALLS = 3
_INDUSTRIES = 10
_ROOM = 0.15  # on each side of the steps, of their width
_SPELLS = ("this_month", *Spans.TRAILING)


class ClientWriter(Writer):
    """The run, its statistics, and the words of a client's paper."""

    @property
    def t(self) -> dict[str, Any]:
        """The paper's own words."""
        return texts("quanthedge.report.texts", f"client_{self.language}")

    def columns(self, *names: str) -> list[str]:
        """Return titles of columns; that of the index is its name."""
        known = self.t["columns"]
        return [self.index if name == "index" else str(known[name]) for name in names]

    def row(self, name: str) -> Cell:
        """Return the name of a row."""
        return Cell(str(self.t["rows"][name]))

    def known(self, key: str) -> Cell | None:
        """Return a statistic; None where there is none."""
        if key not in self.summary or self.summary[key].value is None:
            return None
        return self.cell(key)

    def block(self, name: str, head: list[str], rows: list[list[Cell]], **more: Any) -> Table:
        """Return a table with title and note."""
        title, caption = self._said(name, more)
        return Table(f"table-client-{name}", title, caption, head, rows)

    def drawn(self, name: str, spec: Spec, **more: Any) -> Figure:
        """Return a figure with title and note."""
        title, caption = self._said(name, more)
        return Figure(f"figure-client-{name}", title, caption, spec)

    def said(self, name: str, items: list[str]) -> Lines:
        """Return a list of sentences with its title."""
        return Lines(f"text-client-{name}", self._said(name, {})[0], "", items)

    def _said(self, name: str, more: dict[str, Any]) -> tuple[str, str]:
        values = {"index": self.index, **more}
        return (
            str(self.t["titles"][name]).format(**values),
            str(self.t["captions"].get(name, "")).format(**values),
        )


def chapters_of_paper(writer: ClientWriter) -> list[Chapter]:
    """Return the chapters between the head of a paper and its comments; none without a block."""
    found = {
        "performance": [_value(writer), _spells(writer), *_risk(writer)],
        "months": [_monthly(writer), _drawdown(writer), *_falls(writer)],
        "leg": [*_leg(writer), *_parts(writer), *_costs(writer)],
        "holdings": [_exposure(writer), *_exposures(writer), *_contracts(writer), *_tilts(writer)],
        "weeks": [*_classes(writer), *_weekly(writer)],
    }
    headings = writer.t["headings"]
    made = [Chapter(name, str(headings[name]), list(blocks)) for name, blocks in found.items()]
    return [chapter for chapter in made if chapter.blocks]


def _value(writer: ClientWriter) -> Block:
    """Return the course of the cumulative value beside the index."""
    values = facts.cumulative_values(writer.run)
    lines = {str(writer.t["figures"]["cumulative"]): values}
    index = levels(writer.run.ledger)["index"]
    if not index.isna().any():
        lines[writer.index] = index * float(values.iloc[0])
    return writer.drawn("value", specs.growth(pd.DataFrame(lines), writer.language))


def _spells(writer: ClientWriter) -> Table:
    table = facts.spells(writer.run).reindex(_SPELLS).dropna(subset=["start"])
    names = writer.t["spells"]
    rows = [[writer.row("fund"), *(signed(value, ".2%") for value in table["net"])]]
    if not table["index"].isna().any():
        rows.append([Cell(writer.index), *(signed(value, ".2%") for value in table["index"])])
        rows.append([writer.row("excess"), *(signed(value, ".2%") for value in table["excess"])])
    return writer.block("spells", ["", *(str(names[name]) for name in table.index)], rows)


def _risk(writer: ClientWriter) -> list[Block]:
    """Return the measures of return and risk, and how neutral the fund was."""
    rows = []
    none = Cell("–", "quiet")
    for name in ("annual_return", "volatility", "max_drawdown", "sharpe", "calmar"):
        own, other = (writer.known(f"{name}_{basis}") for basis in ("net", "index"))
        if own is not None:
            rows.append([writer.row(name), own, other or none])
    index = levels(writer.run.ledger)["index"]
    others = {}
    if not index.isna().any():
        fall = Drawdowns(index).longest()
        longest = 0.0 if fall is None else float(fall.under_days)
        others = {
            "win_rate_weekly": number_cell(win_rate(period_returns(index, "weekly")), ".2%"),
            "win_rate_monthly": number_cell(win_rate(period_returns(index, "monthly")), ".2%"),
            "longest_drawdown_trading": number_cell(longest, ",.0f"),
        }
    for name in ("win_rate_weekly", "win_rate_monthly", "longest_drawdown_trading"):
        own = writer.known(name)
        if own is not None:
            rows.append([writer.row(name), own, others.get(name, none)])
    found: list[Block] = []
    if rows:
        found.append(writer.block("risk", writer.columns("measure", "fund", "index"), rows))
    linked = list(_links(writer))
    if linked:
        head = writer.columns("measure", "value", "interval")
        found.append(writer.block("neutrality", head, linked))
    return found


def _links(writer: ClientWriter) -> Iterable[list[Cell]]:
    for name in (
        "correlation_accrued_weekly", "correlation_accrued_daily", "beta_weekly", "beta_daily",
    ):  # fmt: skip
        cell = writer.known(name)
        if cell is None:
            continue
        found = writer.summary[name].estimate
        if found is None or not math.isfinite(found.low):
            yield [writer.row(name), cell, Cell("–", "quiet")]
        else:
            yield [writer.row(name), cell, Cell(f"[{found.low:.3f}, {found.high:.3f}]", "number")]


def _monthly(writer: ClientWriter) -> Table:
    """Return the months of the whole book, net."""
    tables = [one for one in monthly_blocks(writer) if isinstance(one, Table)]
    net = next(one for one in tables if one.id == "table-monthly-net")
    title, caption = writer._said("monthly", {})
    return Table("table-client-monthly", title, caption, net.head, net.rows, kind="months")


def _drawdown(writer: ClientWriter) -> Figure:
    level = levels(writer.run.ledger)
    lines = {str(writer.t["fund"]): Drawdowns(level["net"]).depth}
    if not level["index"].isna().any():
        lines[writer.index] = Drawdowns(level["index"]).depth
    spec = specs.growth(pd.DataFrame(lines), writer.language, "drawdown")
    spec["data"][0] |= {"fill": "tozeroy", "fillcolor": "rgba(23,64,109,0.14)"}
    spec["layout"]["yaxis"] |= {"tickformat": ".2~%", "hoverformat": ".2%"}
    return writer.drawn("drawdown", spec)


def _falls(writer: ClientWriter) -> list[Block]:
    """Return the deepest falls: when they began, their lowest day, and the way back."""
    rows = []
    for fall in Drawdowns(levels(writer.run.ledger)["net"]).largest()[:_FALLS]:
        back = fall.recovery
        ended = str(writer.words["empty"]["recovery"]) if back is None else notation.iso(back)
        days = fall.recovery_days
        rows.append(
            [
                number_cell(fall.depth, ".2%"),
                Cell(notation.iso(fall.peak), "number"),
                Cell(notation.iso(fall.trough), "number"),
                Cell(ended, "quiet" if back is None else "number"),
                Cell("–", "quiet") if days is None else number_cell(float(days), ".0f"),
            ]
        )
    head = writer.columns("depth", "peak", "trough", "recovery", "recovery_days")
    return [writer.block("falls", head, rows)] if rows else []


def _leg(writer: ClientWriter) -> list[Block]:
    """Return the value of the stocks over the index."""
    leg = long_leg(writer.run.ledger, writer.run.trades)["excess"]
    if leg.isna().any() or not (writer.run.ledger["stock_value"] > 0.0).any():
        return []
    name = str(writer.t["figures"]["leg"])
    return [writer.drawn("leg", specs.growth(leg.to_frame(name), writer.language))]


def _parts(writer: ClientWriter) -> list[Block]:
    """Return where the return came from, in six parts, as table and steps."""
    table = facts.return_parts(writer.run)
    if not len(table):
        return []
    names = {str(key): str(text) for key, text in writer.t["parts"].items()}
    rows = [
        [Cell(names[str(name)]), *(signed(value, "+.2%") for value in row)]
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    head = writer.columns("part", *table.columns)
    made = writer.block("parts", head, rows)
    steps = part_waterfall(table["inception"], names, writer.language)
    low, high = steps["layout"]["xaxis"]["range"]  # numbers are wide beside half a page
    room = _ROOM * (high - low)
    steps["layout"]["xaxis"]["range"] = [low - room, high + room]
    last = frozenset({len(rows) - 1})
    return [
        writer.drawn("parts_figure", steps),
        Table(made.id, made.title, made.caption, made.head, made.rows, last),
    ]


def _costs(writer: ClientWriter) -> list[Block]:
    """Return what trading, hedging and the fund cost a year."""
    names = {
        "turnover": "turnover",
        "trading_costs": "paid_per_year_trading_costs",
        "fund_fees": "paid_per_year_fund_fees",
    }
    found = [(writer.row(name), writer.known(key)) for name, key in names.items()]
    rows = [[name, cell] for name, cell in found if cell is not None]
    cost = facts.hedge_cost(writer.run)
    if math.isfinite(cost) and rows:
        rows.append([writer.row("hedge_cost"), number_cell(cost, ".2%")])
    return [writer.block("costs", writer.columns("item", "value"), rows)] if rows else []


def _exposure(writer: ClientWriter) -> Table:
    """Return what was held at the last close, and on average."""
    held = facts.holdings(writer.run)
    ledger = writer.run.ledger.iloc[1:]
    means = {
        "stocks": float((ledger["stock_value"] / ledger["equity"]).mean()),
        "futures": float((ledger["futures_notional"] / ledger["equity"]).mean()),
    }
    rows = []
    for name in ("stocks", "futures", "net_exposure", "gross_exposure", "hedge_ratio", "margin",
                 "free_cash"):  # fmt: skip
        value = getattr(held, name)
        if math.isfinite(value):
            over = (
                number_cell(means[name], ".2%") if name in means else writer.known(f"{name}_mean")
            )
            rows.append([writer.row(name), number_cell(value, ".2%"), over or Cell("")])
    if held.day is not None:
        mean = writer.known("names_mean")
        rows.append([writer.row("names"), number_cell(held.names, ",.0f"), mean or Cell("")])
        rows.append([writer.row("top_ten"), number_cell(held.top_ten, ".2%"), Cell("")])
    head = writer.columns("item", "end", "mean")
    day = notation.iso(held.day or writer.run.ledger.index[-1])
    return writer.block("exposure", head, rows, day=day)


def _contracts(writer: ClientWriter) -> list[Block]:
    table = facts.contracts_held(writer.run)
    if not len(table):
        return []
    rows = [
        [
            Cell(str(row["contract"])),
            number_cell(float(row["lots"]), ",.0f"),
            number_cell(row["share"], ".2%"),
            number_cell(row["settlement"], ",.1f"),
            number_cell(row["basis"], "+,.1f"),
            number_cell(row["basis_share"], "+.2%"),
            number_cell(row["basis_year"], "+.2%"),
        ]
        for row in table.to_dict("records")
    ]
    head = writer.columns(
        "contract", "lots", "share", "settlement", "basis", "basis_share", "basis_year"
    )
    return [writer.block("contracts", head, rows)]


def _exposures(writer: ClientWriter) -> list[Block]:
    """Return the course of stocks, hedge ratio and net exposure where anything was hedged."""
    if not (writer.run.ledger["lots"] != 0).any():
        return []
    ledger, names = writer.run.ledger.iloc[1:], writer.t["rows"]
    found = LedgerFigures(writer.run.ledger).exposures()
    lines = {
        "stocks": ledger["stock_value"] / ledger["equity"],
        "hedge_ratio": found["hedge_ratio"],
        "net_exposure": found["net_exposure"],
    }
    drawn = pd.DataFrame({str(names[key]): line for key, line in lines.items()})
    spec = specs.growth(drawn, writer.language, "equity")
    spec["layout"]["yaxis"] |= {"tickformat": ".2~%", "hoverformat": ".2%"}
    return [writer.drawn("exposures", spec)]


def _tilts(writer: ClientWriter) -> list[Block]:
    """Return industries and styles against the index."""
    table = writer.run.tilts
    found: list[Block] = []
    own = table[table["date"] == table["date"].max()] if len(table) else table
    industries = own[(own["kind"] == "industry")].dropna(subset=["book", "index"])
    if len(industries):
        shown = industries.assign(most=industries[["book", "index"]].max(axis=1))
        shown = shown.sort_values(["most", "name"], ascending=[False, True]).head(_INDUSTRIES)
        called = shown[f"name_{writer.language}"].where(
            shown[f"name_{writer.language}"].fillna("") != "", shown["name"]
        )
        drawn = industry_weights(
            shown.set_axis(called)[["book", "index"]],
            str(writer.t["figures"]["book"]),
            writer.index,
            str(writer.t["figures"]["share"]),
        )
        found.append(writer.drawn("industries", drawn, day=notation.iso(own["date"].max())))
    styles = own[own["kind"] == "style"].dropna(subset=["book", "index"])
    if len(styles):
        names = style_names(writer, [str(name) for name in styles["name"]])
        rows = [
            [
                Cell(names[str(row["name"])]),
                number_cell(row["book"], ".2f"),
                number_cell(row["index"], ".2f"),
                number_cell(row["book"] - row["index"], "+.2f"),
            ]
            for row in styles.to_dict("records")
        ]
        head = writer.columns("style", "book", "index", "active")
        found.append(writer.block("styles", head, rows, day=notation.iso(own["date"].max())))
    return found


def _classes(writer: ClientWriter) -> list[Block]:
    """Return the values of each class of units where there are several."""
    table = writer.run.class_values
    if not len(table) or table["share_class"].nunique() < 2:
        return []
    own = table[table["date"] == table["date"].max()]
    rows = [
        [
            Cell(str(row["share_class"])),
            number_cell(row["unit_value_after_fee"], ".4f"),
            number_cell(
                row["unit_value_after_fee"] + row["cumulative_unit_value"] - row["unit_value"],
                ".4f",
            ),
        ]
        for row in own.to_dict("records")
    ]
    head = writer.columns("share_class", "unit_value", "cumulative")
    return [writer.block("classes", head, rows, day=notation.iso(own["date"].max()))]


def _weekly(writer: ClientWriter) -> list[Block]:
    table = facts.weekly_values(writer.run)
    rows = [
        [
            Cell(notation.iso(day)),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["cumulative"], ".4f"),
            signed(row["net"], ".2%"),
        ]
        for day, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    head = writer.columns("date", "unit_value", "cumulative", "week")
    return [writer.block("weekly", head, rows)] if rows else []
