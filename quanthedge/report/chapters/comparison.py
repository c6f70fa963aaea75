"""The chapter that sets the fund beside indices, the deposit and products that the user gives."""

import math
from typing import Any

import pandas as pd

from quanthedge.comparison.table import compare_funds
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell, signed
from quanthedge.report.writer import Writer

__all__ = ["comparison"]


def comparison(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    words = writer.words["products"]
    if writer.run.ledger["index_close"].isna().any():
        return [writer.lines("comparison_empty", [writer.words["empty"]["bridge"]], "remark")]
    closes = getattr(writer.run, "indices", None)
    others: dict[str, Any] = {}
    if closes is not None and len(closes):
        for code in closes.columns[closes.notna().all(axis=0)]:
            title = specs.index_name(str(code), writer.language)
            if str(code) != writer.index_code and title != writer.index:
                others[title] = closes[code]
    others |= dict(writer.others)
    found = compare_funds(writer.run, others, name=words["fund"], benchmark=writer.index)
    rows = [
        [Cell(words["deposit"] if name == "deposit" else str(name)), *_cells(row)]
        for name, row in found.table.iterrows()
    ]
    drawn = [words["fund"], writer.index, "deposit", *writer.others]
    levels = found.levels.reindex(columns=[name for name in drawn if name in found.levels])
    levels = levels.rename(columns={"deposit": words["deposit"]})
    head = writer.head(
        "product", "return", "annual", "volatility", "sharpe", "max_drawdown", "correlation",
        "interval", "worst_month", "losing_months",
    )  # fmt: skip
    return [
        writer.figure("growth", specs.growth(levels)),
        writer.table("comparison", head, rows, index=writer.index),
    ]


def _cells(row: pd.Series) -> list[Cell]:
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
    ]
