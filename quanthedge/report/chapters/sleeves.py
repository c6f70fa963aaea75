"""Chapter on the sleeves of a fund: what each earned, tied up and cost."""

import pandas as pd

from quanthedge.performance import sleeve_bridge, sleeve_figures
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell, signed
from quanthedge.report.writer import Writer, unit_of_years
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.sleeves import Sleeve
from quanthedge.sleeves.sharing import sharing_name

__all__ = ["sleeves"]

_FUND = ("interest", "fees", "flows", "revaluation")
_FLOWS = ("subscriptions", "redemptions", "distributions")


def sleeves(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter; none for a fund without sleeves."""
    if not len(writer.run.sleeves):
        return []
    names = writer.run.strategy.sleeve_names(writer.language)
    daily = sleeve_bridge(writer.run, "day")
    unit = float(writer.words["figures"]["money_unit"])
    courses = {title: daily[label].cumsum() / unit for label, title in names.items()}
    courses[str(writer.words["sleeves"]["total"])] = daily[list(names)].sum(axis=1).cumsum() / unit
    return [
        writer.figure("sleeve_courses", specs.courses(courses, writer.language)),
        _bridge(writer, daily, names),
        _figures(writer, names),
        *_shares(writer, names),
        *_budgets(writer, daily, names),
    ]


def _bridge(writer: Writer, daily: pd.DataFrame, names: dict[str, str]) -> Block:
    """Return each sleeve's part of the change of equity: over the run, and by year."""
    fees = [name for name in daily.columns if name.endswith("_fee")]
    table = daily[list(names)].assign(
        interest=daily["interest"],
        fees=daily[fees].sum(axis=1),
        flows=daily[list(_FLOWS)].sum(axis=1),
        revaluation=daily["revaluation"],
    )
    kept = [name for name in table.columns if name in names or (table[name] != 0.0).any()]
    table = table[kept].assign(total=daily["equity_change"])
    years = table.groupby(pd.DatetimeIndex(table.index).year).sum()
    unit, words = float(writer.words["figures"]["money_unit"]), writer.words["sleeves"]
    rows = [
        [Cell(names.get(name) or str(words[name])), signed(table[name].sum(), ",.0f")]
        + [signed(value / unit, ",.1f") for value in years[name]]
        for name in table.columns
    ]
    head = [*writer.head("sleeve", "yuan"), *[str(year) for year in years.index]]
    return writer.table(
        "sleeve_bridge", head, rows, emphasised=frozenset({len(rows) - 1}),
        unit=unit_of_years(writer),
    )  # fmt: skip


def _figures(writer: Writer, names: dict[str, str]) -> Block:
    """Return a row for each sleeve and year."""
    table = sleeve_figures(writer.run, "year")
    unit = float(writer.words["figures"]["money_unit"])
    rows = [
        [
            Cell(str(row["date"].year)), Cell(names[row["sleeve"]]),
            number_cell(float(row["days"]), ",.0f"),
            signed(row["gross_yuan"] / unit, ",.1f"),
            number_cell(row["costs_yuan"] / unit, ",.1f"),
            signed(row["net_yuan"] / unit, ",.1f"),
            number_cell(0.0 - row["interest_yuan"] / unit, ",.2f"),
            signed(row["of_equity"], ".2%"),
            number_cell(row["capital_yuan"] / unit, ",.1f"),
            signed(row["on_capital"], ".2%"),
            number_cell(row["fall"], ".2%"),
        ]
        for _, row in table.iterrows()
    ]  # fmt: skip
    head = writer.head(
        "year", "sleeve", "sleeve_days", "sleeve_gross", "sleeve_costs", "sleeve_net",
        "sleeve_financing", "sleeve_of_equity", "sleeve_capital", "sleeve_on_capital",
        "sleeve_fall",
    )  # fmt: skip
    return writer.table("sleeve_years", head, rows, unit=str(writer.words["figures"]["money"]))


def _shares(writer: Writer, names: dict[str, str]) -> list[Block]:
    """Return the mean share of each sleeve after the reviews of each year; none without reviews."""
    table, sharing = writer.run.sharing, writer.run.strategy.sharing
    if not len(table) or sharing.kind == "fixed":
        return []
    years = table.assign(year=pd.DatetimeIndex(table["date"]).year)
    mean = years.pivot_table("share", "year", "sleeve", observed=True)
    labels = [label for label in names if label in mean.columns]
    rows = [
        [Cell(str(one)), *(number_cell(float(mean.loc[one, label]), ".2f") for label in labels)]
        for one in mean.index
    ]
    head = [*writer.head("year"), *(names[label] for label in labels)]
    called = sharing_name(sharing, writer.language)
    reviews = table["date"].nunique()
    return [writer.table("sleeve_shares", head, rows, sharing=called, reviews=reviews)]


def _budgets(writer: Writer, daily: pd.DataFrame, names: dict[str, str]) -> list[Block]:
    """Return by year what budgets of margin and of risk came to; none where all are of capital."""
    sized = [one for one in writer.run.strategy.sleeves if one.budget_of != "capital"]
    words = writer.words["sleeves"]
    rows = [
        [
            Cell(str(year)), Cell(names[one.label]), Cell(str(words[f"of_{one.budget_of}"])),
            number_cell(one.budget, ".2%"), number_cell(float(part.mean()), ".1%"),
            number_cell(float(own["margin"].mean()), ".2%"),
            number_cell(float(own["margin"].max()), ".2%"),
            number_cell(_volatility(own), ".2%"),
        ]
        for one in sized
        for year, own, part in _budget_years(writer, daily, one)
    ]  # fmt: skip
    if not rows:
        return []
    head = writer.head(
        "year", "sleeve", "sleeve_budget_of", "sleeve_budget", "sleeve_sized",
        "sleeve_margin_mean", "sleeve_margin_most", "sleeve_volatility",
    )  # fmt: skip
    return [writer.table("sleeve_budgets", head, sorted(rows, key=lambda row: row[0].text))]


def _budget_years(
    writer: Writer, daily: pd.DataFrame, sleeve: Sleeve
) -> list[tuple[int, pd.DataFrame, pd.Series]]:
    """Return each year with the sleeve's days, margin and gain of the equity, and its size."""
    run = writer.run
    equity = run.ledger["equity"]
    own = run.sleeves[run.sleeves["sleeve"] == sleeve.label].set_index("date")
    own = own.assign(
        margin=own["margin_required"] / equity.reindex(own.index),
        gain=daily[sleeve.label] / equity.shift(1).reindex(own.index),
    )
    shares = run.sharing[run.sharing["sleeve"] == sleeve.label].set_index("date")["share"]
    stood = shares.reindex(own.index.union(shares.index)).ffill().reindex(own.index).fillna(1.0)
    part = stood * sleeve.of_equity
    years = pd.DatetimeIndex(own.index).year
    return [(int(year), own[years == year], part[years == year]) for year in sorted(set(years))]


def _volatility(own: pd.DataFrame) -> float:
    """Return the volatility a year of the gain on the days with a position; NaN of one or none."""
    tied = own["stock_value"] + own["cash_pledged"] + own["margin_required"]
    held = (tied > 0.0) | (own["gain"] != 0.0)
    return float(own["gain"][held].std(ddof=1) * TRADING_DAYS_A_YEAR**0.5)
