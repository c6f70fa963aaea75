"""The chapter that sets the fund beside indices, the deposit, its variants and other products."""

import pandas as pd

from quanthedge.comparison import Products
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, interval_cell, number_cell, signed
from quanthedge.report.writer import Writer, in_language

__all__ = ["comparison"]


def comparison(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    words, found = writer.words["products"], writer.compared
    if found is None:
        return [writer.lines("comparison_empty", [writer.words["empty"]["bridge"]], "remark")]
    rows = [
        [Cell(words["deposit"] if name == "deposit" else str(name)), *_cells(writer, row)]
        for name, row in found.table.iterrows()
    ]
    own = Products.own(writer.run, writer.language)
    drawn = [words["fund"], writer.index, "deposit", *own, *writer.others]
    levels = found.levels.reindex(columns=[name for name in drawn if name in found.levels])
    levels = levels.rename(columns={"deposit": words["deposit"]})
    head = writer.head(
        "product", "return", "annual", "volatility", "sharpe", "max_drawdown", "correlation",
        "interval", "worst_month", "losing_months", "frequency",
    )  # fmt: skip
    blocks: list[Block] = [
        writer.figure("growth", specs.growth(levels, writer.language)),
        writer.table("comparison", head, rows, index=writer.index),
    ]
    if len(found.sleeves):
        blocks.append(_sleeves(writer, found.sleeves))
    notes = [_named(in_language(note, writer.language), writer) for note in found.notes]
    if not writer.run.variants:
        notes.append(str(words["no_variants"]))
    return [*blocks, writer.lines("products", notes)]


def _sleeves(writer: Writer, table: pd.DataFrame) -> Block:
    """Return a line for each sleeve of each run."""
    rows = [
        [
            Cell(str(row["product"])),
            Cell(str(row[f"name_{writer.language}"]) or "–"),
            signed(row["contribution"], ".2%"),
            number_cell(row["financing"], ".2%"),
            number_cell(row["margin"], ".2%"),
            number_cell(row["capital"], ".2%"),
            number_cell(row["days"], ",.0f"),
        ]
        for row in table.to_dict("records")
    ]
    head = writer.head(
        "product", "sleeve", "sleeve_a_year", "sleeve_financing", "sleeve_margin",
        "sleeve_capital", "sleeve_days",
    )  # fmt: skip
    return writer.table("compared_sleeves", head, rows)


def _named(text: str, writer: Writer) -> str:
    """Return a sentence with the names of indices in the place of their codes."""
    for code, name in writer.words["indices"].items():
        text = text.replace(str(code), str(name))
    return text


def _cells(writer: Writer, row: pd.Series) -> list[Cell]:
    low, high = row["correlation_low"], row["correlation_high"]
    interval = interval_cell(low, high, ".3f")
    return [
        signed(row["return"], ".2%"),
        signed(row["annual_return"], ".2%"),
        number_cell(row["volatility"], ".2%"),
        number_cell(row["sharpe"], ".2f"),
        number_cell(row["max_drawdown"], ".2%"),
        number_cell(row["correlation"], ".3f"),
        interval,
        number_cell(row["worst_month"], ".2%"),
        number_cell(row["losing_months"], ".1%"),
        _frequency(writer, row["frequency"]),
    ]


def _frequency(writer: Writer, value: object) -> Cell:
    names = writer.words["frequencies"]
    return Cell(str(names[value])) if value in names else Cell("–", "quiet")
