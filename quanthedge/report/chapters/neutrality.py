"""The chapter on how the fund moves with the index."""

from quanthedge.performance import Measure
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, measure_cell, number_cell
from quanthedge.report.texts import Language
from quanthedge.report.writer import Writer

__all__ = ["neutrality"]


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
    return [
        writer.figure("scatter", specs.scatter(ledger, language, writer.index_code)),
        writer.table("relation", head, rows),
        writer.figure("net_beta", specs.fund_beta(ledger, language)),
    ]


def _estimate(measure: Measure, language: Language) -> list[Cell]:
    found = measure.estimate
    if measure.value is None or found is None:
        return [measure_cell(measure, language), Cell("–", "quiet"), Cell("–", "quiet")]
    return [
        number_cell(found.value, ".3f"),
        number_cell(found.standard_error, ".3f"),
        Cell(f"[{found.low:.3f}, {found.high:.3f}]", "number"),
    ]
