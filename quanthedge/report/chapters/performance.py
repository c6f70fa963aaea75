"""Chapters on returns: unit value, key measures, years, months."""

import pandas as pd

from quanthedge.performance import Spans
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Table, day_cell, number_cell, signed
from quanthedge.report.writer import Writer, listed
from quanthedge.words import notation

__all__ = ["monthly", "performance"]

_SHADE_AT = 0.04  # a month of four percent has the deepest colour


def performance(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    ledger, summary = writer.run.ledger, writer.summary
    formulas = (
        "unit_value", "return", "annual_return", "volatility", "downside_deviation", "sharpe",
        "sortino", "max_drawdown", "calmar",
    )  # fmt: skip
    rows = [
        [writer.name(formula)]
        + [
            writer.cell(key) if (key := f"{formula}_{basis}") in summary else Cell("–", "quiet")
            for basis in ("net", "gross", "index")
        ]
        for formula in formulas
    ]
    single = (
        "win_rate_daily", "win_rate_weekly", "win_rate_monthly",
        "profit_loss_ratio", "best_day", "worst_day", "risk_free", "geometric_excess_period",
        "geometric_excess_year", "excess_drawdown", "tracking_error", "information_ratio",
        "longest_drawdown_trading", "longest_drawdown_calendar",
    )  # fmt: skip
    return [
        writer.figure("unit_value", specs.unit_value(ledger, writer.language, writer.index_code)),
        writer.table("key_measures", writer.head("measure", "net", "gross", "index"), rows),
        _trailing(writer),
        writer.table("other_measures", writer.head("measure", "value"), listed(writer, single)),
        _yearly(writer),
    ]


def _trailing(writer: Writer) -> Table:
    """Return the spells in which the trade quotes a fund; dashes where the run is shorter."""
    names, rows = writer.words["trailing"], []
    for name, row in Spans(writer.run.ledger).trailing().iterrows():
        title = Cell(str(names[str(name)]))
        if not row["days"]:
            rows.append([title, *[Cell("–", "quiet") for _ in range(7)]])
            continue
        figures = [signed(row[basis], ".2%") for basis in ("net", "gross", "index", "excess")]
        days = number_cell(float(row["days"]), ".0f")
        start = day_cell(row["start"], "number")
        depth = number_cell(row["max_drawdown"], ".2%")
        rows.append([title, start, *figures, depth, days])
    head = writer.head(
        "spell", "base_day", "net", "gross", "index", "excess", "max_drawdown", "days"
    )
    return writer.table("trailing", head, rows)


def _yearly(writer: Writer) -> Table:
    rows = [
        [
            Cell(str(year), "year"),
            signed(row["net"], ".2%"),
            signed(row["gross"], ".2%"),
            signed(row["index"], ".2%"),
            signed(row["excess"], ".2%"),
            number_cell(row["volatility"], ".2%"),
            number_cell(row["max_drawdown"], ".2%"),
            number_cell(row["hedge_ratio"], ".1%"),
            number_cell(row["turnover"], ".2f"),
            number_cell(row["costs"], ",.0f"),
            number_cell(row["fees"], ",.0f"),
            number_cell(row["days"], ".0f"),
        ]
        for year, row in Spans(writer.run.ledger).yearly().iterrows()
    ]
    head = writer.head(
        "year", "net", "gross", "index", "excess", "volatility", "max_drawdown", "hedge_ratio",
        "turnover", "costs", "fees", "days",
    )  # fmt: skip
    return writer.table("yearly", head, rows)


def monthly(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    blocks: list[Block] = []
    months = [notation.month_heading(month, writer.language) for month in range(1, 13)]
    head = [*writer.head("year"), *months, writer.words["whole_year"]]
    spans = Spans(writer.run.ledger)
    for basis, name in (("net", "monthly_net"), ("gross", "monthly_gross")):
        table = spans.monthly("net" if basis == "net" else "gross")
        rows = []
        for year, values in table.iterrows():
            cells = [
                signed(value, ".2%", _SHADE_AT) if pd.notna(value) else Cell("")
                for value in values.iloc[:12]
            ]
            rows.append([Cell(str(year), "year"), *cells, signed(values.iloc[12], ".2%")])
        made = writer.table(name, head, rows, note="monthly")
        caption = f"{made.caption}{'' if writer.language == 'zh' else ' '}{writer.words['colours']}"
        blocks.append(Table(made.id, made.title, caption, head, rows, kind="months"))
    return blocks
