"""The chapter on how the fund moves with the index."""

import math

import pandas as pd

from quanthedge.performance import (
    Measure,
    Relations,
    correlation_parts,
    correlation_stated_otherwise,
    levels,
    period_returns,
)
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Table, interval_cell, measure_cell, number_cell
from quanthedge.report.writer import Writer
from quanthedge.rules import IndexProduct
from quanthedge.typing import Language

__all__ = ["neutrality"]

_FEWEST_DAYS = 11  # rows below which no correlation is stated


def neutrality(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    ledger, language = writer.run.ledger, writer.language
    rows = []
    for every in ("daily", "weekly", "monthly"):
        pair = [
            writer.summary[f"{name}_{every}"]
            for name in ("correlation_accrued", "correlation_before_fees", "beta")
        ]
        cells = [cell for measure in pair for cell in _estimate(measure, language)]
        count = pair[0].estimate.observations if pair[0].estimate else 0
        rows.append([Cell(writer.words["frequencies"][every]), *cells, Cell(str(count), "number")])
    head = writer.head(
        "frequency", "correlation", "error", "interval", "correlation_before_fees", "error",
        "interval", "beta", "error", "interval", "observations",
    )  # fmt: skip
    blocks: list[Block] = [
        writer.figure("scatter", specs.scatter(ledger, language, writer.index_code)),
        writer.table("relation", head, rows),
        *_parts(writer),
        _stated(writer),
        writer.figure("net_beta", specs.fund_beta(ledger, language)),
        writer.figure("rolling_link", specs.rolling_link(ledger, language)),
    ]
    known = _known(writer)
    if not known:
        return blocks
    rolling = specs.rolling_betas(ledger, known, language)
    others = {code: close for code, close in known.items() if code != writer.index_code}
    if others:  # the benchmark stands in the first table
        blocks.append(_several(writer, others))
    return [*blocks, writer.figure("rolling_betas", rolling), _rolling(writer, known)]


def _parts(writer: Writer) -> list[Block]:
    """Return what the correlation of the run is made of; nothing where no index is known."""
    ledger = writer.run.ledger
    if ledger["index_close"].isna().any() or len(ledger) < _FEWEST_DAYS:
        return []
    daily, weekly = (correlation_parts(writer.run, every) for every in ("daily", "weekly"))
    rows = [
        [
            Cell(str(writer.words["correlation_parts"][name])),
            *(
                number_cell(table.loc[name, column], ".3f")
                for table in (daily, weekly)
                for column in ("correlation", "own")
            ),
        ]
        for name in daily.index
    ]
    head = writer.head(
        "correlation_part", "share_daily", "alone_daily", "share_weekly", "alone_weekly"
    )
    weeks = len(period_returns(ledger["equity"], "weekly"))
    return [
        writer.table(
            "correlation_parts", head, rows, emphasised=frozenset({len(rows) - 1}),
            chance_daily=f"{1.96 / math.sqrt(len(ledger) - 1):.3f}",
            chance_weekly=f"{1.96 / math.sqrt(weeks):.3f}",
        )
    ]  # fmt: skip


def _stated(writer: Writer) -> Table:
    """Return the correlation, were the same run stated in other ways."""
    table = correlation_stated_otherwise(writer.run.ledger)
    rows = [
        [
            Cell(str(writer.words["statements"][name])),
            *(number_cell(row[every], ".3f") for every in ("daily", "weekly")),
        ]
        for name, row in table.iterrows()
    ]
    head = [*writer.head("stated"), *(writer.words["frequencies"][f] for f in ("daily", "weekly"))]
    return writer.table("correlation_stated", head, rows)


def _known(writer: Writer) -> dict[str, pd.Series]:
    """Return the closes of the benchmark and of the indices with futures, where complete."""
    closes = writer.run.indices
    if not len(closes):
        return {}
    whole = {str(code) for code in closes.columns[closes.notna().all(axis=0)]}
    hedged = [one.index_code for one in IndexProduct.every().values()]
    ordered = dict.fromkeys([writer.index_code, *hedged])
    return {code: closes[code] for code in ordered if code in whole}


def _several(writer: Writer, known: dict[str, pd.Series]) -> Table:
    """Return beta and correlation to several indices, and their intervals."""
    rows = []
    table = Relations(levels(writer.run.ledger)["net"], known).whole()
    few = str(Measure.definitions()["reasons"]["too_few"][writer.language])
    for key, row in table.iterrows():
        code, every = key if isinstance(key, tuple) else (key, "")
        rows.append(
            [
                Cell(specs.index_name(str(code), writer.language)),
                Cell(writer.words["frequencies"][every]),
                number_cell(row["beta"], ".3f"),
                interval_cell(row["beta_low"], row["beta_high"], ".3f", few),
                number_cell(row["correlation"], ".3f"),
                interval_cell(row["correlation_low"], row["correlation_high"], ".3f", few),
                number_cell(row["observations"], ".0f"),
            ]
        )
    head = writer.head(
        "index_column", "frequency", "beta", "interval", "correlation", "interval", "observations"
    )
    return writer.table("relations", head, rows)


def _rolling(writer: Writer, known: dict[str, pd.Series]) -> Table:
    """Return how beta and correlation moved over windows of days, weeks and months."""
    short = str(Measure.definitions()["reasons"]["too_short"][writer.language])
    spans, rows = writer.words["rolling_windows"], []
    for key, row in Relations(levels(writer.run.ledger)["net"], known).rolling().iterrows():
        code, every, window = key if isinstance(key, tuple) else (key, "", 0)
        title = [Cell(specs.index_name(str(code), writer.language))]
        title.append(Cell(str(spans[f"{every}_{window}"])))
        if not row["windows"]:
            if code != next(iter(known)):
                continue  # said once
            rows.append([*title, Cell(short, "quiet"), *[Cell("–", "quiet") for _ in range(5)]])
            continue
        cells = [
            number_cell(row[f"{part}_{which}"], ".3f")
            for part in ("beta", "correlation")
            for which in ("lowest", "mean", "highest")
        ]
        rows.append([*title, *cells])
    columns = writer.words["columns"]
    parts = [
        f"{columns[part]} · {columns[which]}"
        for part in ("beta", "correlation")
        for which in ("lowest", "mean", "highest")
    ]
    return writer.table(
        "rolling_relations", [*writer.head("index_column", "span_of"), *parts], rows
    )


def _estimate(measure: Measure, language: Language) -> list[Cell]:
    found = measure.estimate
    if measure.value is None or found is None:
        return [measure_cell(measure, language), Cell("–", "quiet"), Cell("–", "quiet")]
    return [
        number_cell(found.value, ".3f"),
        number_cell(found.standard_error, ".3f"),
        interval_cell(found.low, found.high, ".3f"),
    ]
