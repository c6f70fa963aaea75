"""The chapter that sets the fund beside indices, the deposit, its variants and other products."""

import math

import pandas as pd

from quanthedge.comparison import own_products
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell, signed
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
    own = own_products(writer.run, writer.language)
    drawn = [words["fund"], writer.index, "deposit", *own, *writer.others]
    levels = found.levels.reindex(columns=[name for name in drawn if name in found.levels])
    levels = levels.rename(columns={"deposit": words["deposit"]})
    head = writer.head(
        "product", "return", "annual", "volatility", "sharpe", "max_drawdown", "correlation",
        "interval", "worst_month", "losing_months", "frequency",
    )  # fmt: skip
    blocks: list[Block] = [
        writer.figure("growth", specs.growth(levels)),
        writer.table("comparison", head, rows, index=writer.index),
    ]
    notes = [_named(in_language(note, writer.language), writer) for note in found.notes]
    if not writer.run.variants:
        notes.append(str(words["no_variants"]))
    return [*blocks, writer.lines("products", notes)]


def _named(text: str, writer: Writer) -> str:
    """Return a sentence with the names of indices in the place of their codes."""
    for code, name in writer.words["indices"].items():
        text = text.replace(str(code), str(name))
    return text


def _cells(writer: Writer, row: pd.Series) -> list[Cell]:
    low, high = row["correlation_low"], row["correlation_high"]
    interval = (
        Cell(f"[{low:.3f}, {high:.3f}]", "number") if math.isfinite(low) else Cell("–", "quiet")
    )
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
