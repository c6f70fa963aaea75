"""The chapter on how the fund moves with the index."""

import math

import pandas as pd

from quanthedge.performance import Measure, levels, relations
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Table, measure_cell, number_cell
from quanthedge.report.texts import Language
from quanthedge.report.writer import Writer

__all__ = ["neutrality"]

HEDGED_INDICES = ("000300.SH", "000016.SH", "000905.SH", "000852.SH")  # those with futures


def neutrality(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    ledger, language = writer.run.ledger, writer.language
    rows = []
    for every in ("daily", "weekly", "monthly"):
        pair = [writer.summary[f"{name}_{every}"] for name in ("correlation", "beta")]
        cells = [cell for measure in pair for cell in _estimate(measure, language)]
        count = pair[0].estimate.observations if pair[0].estimate else 0
        rows.append([Cell(writer.words["frequencies"][every]), *cells, Cell(str(count), "number")])
    head = writer.head(
        "frequency", "correlation", "error", "interval", "beta", "error", "interval",
        "observations",
    )  # fmt: skip
    blocks: list[Block] = [
        writer.figure("scatter", specs.scatter(ledger, language, writer.index_code)),
        writer.table("relation", head, rows),
        writer.figure("net_beta", specs.fund_beta(ledger, language)),
        writer.figure("rolling_link", specs.rolling_link(ledger, language)),
    ]
    several = _several(writer)
    return [*blocks, several] if several.rows else blocks


def _several(writer: Writer) -> Table:
    """Return beta and correlation to the indices with futures, and their intervals."""
    closes = getattr(writer.run, "indices", None)
    known: dict[str, pd.Series] = {}
    if closes is not None:
        whole = closes.columns[closes.notna().all(axis=0)] if len(closes) else []
        hedged = {writer.index_code, *HEDGED_INDICES}
        known = {str(code): closes[code] for code in whole if str(code) in hedged}
    rows = []
    table = relations(levels(writer.run.ledger)["net"], known) if known else pd.DataFrame()
    for key, row in table.iterrows():
        code, every = key if isinstance(key, tuple) else (key, "")
        rows.append(
            [
                Cell(specs.index_name(str(code), writer.language)),
                Cell(writer.words["frequencies"][every]),
                number_cell(row["beta"], ".3f"),
                _interval(row["beta_low"], row["beta_high"]),
                number_cell(row["correlation"], ".3f"),
                _interval(row["correlation_low"], row["correlation_high"]),
                number_cell(row["observations"], ".0f"),
            ]
        )
    head = writer.head(
        "index_column", "frequency", "beta", "interval", "correlation", "interval", "observations"
    )
    return writer.table("relations", head, rows)


def _interval(low: float, high: float) -> Cell:
    if not math.isfinite(low):
        return Cell("–", "quiet")
    return Cell(f"[{low:.3f}, {high:.3f}]", "number")


def _estimate(measure: Measure, language: Language) -> list[Cell]:
    found = measure.estimate
    if measure.value is None or found is None:
        return [measure_cell(measure, language), Cell("–", "quiet"), Cell("–", "quiet")]
    return [
        number_cell(found.value, ".3f"),
        number_cell(found.standard_error, ".3f"),
        Cell(f"[{found.low:.3f}, {found.high:.3f}]", "number"),
    ]
