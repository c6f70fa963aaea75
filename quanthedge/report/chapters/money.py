"""Chapters on where the money came from and what was paid."""

import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance import Bridge, alpha_estimates
from quanthedge.report.blocks import Block, Cell, interval_cell, number_cell, signed
from quanthedge.report.waterfall import contribution_waterfall
from quanthedge.report.writer import Writer, unit_of_years

__all__ = ["bridge", "costs"]


def bridge(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names, run = writer.words["lines"], writer.run
    if run.ledger["index_close"].isna().any():
        return [writer.lines("bridge_empty", [writer.words["empty"]["bridge"]], "remark")]
    whole, years = Bridge(run).yuan().iloc[0], Bridge(run).yuan("year")
    shares = Bridge(run).returns().iloc[0]
    unit = float(writer.words["figures"]["money_unit"])
    shown = [name for name in Bridge.LINES if bool((years[name].abs() >= 0.5).any())]
    rows = [
        [
            Cell(names[name]),
            signed(whole[name], ",.0f"),
            signed(shares[name], ".2%") if name in shares else Cell("–", "quiet"),
            *[signed(value / unit, ",.1f") for value in years[name]],
        ]
        for name in shown
    ]
    changes = [signed(value / unit, ",.1f") for value in years["equity_change"]]
    total = [signed(whole["equity_change"], ",.0f"), signed(shares["return"], ".2%"), *changes]
    rows.append([Cell(names["equity_change"]), *total])
    residual = format(abs(float(whole["residual"])), ".6f")
    head = [
        *writer.head("line", "yuan", "contribution"),
        *[str(day.year) for day in pd.DatetimeIndex(years.index)],
    ]
    last = frozenset({len(rows) - 1})
    return [
        writer.figure(
            "contributions", contribution_waterfall(shares, writer.language), residual=residual
        ),
        writer.table("attribution", head, rows, emphasised=last, unit=unit_of_years(writer)),
        _sure(writer),
    ]


def _sure(writer: Writer) -> Block:
    """Return how sure alpha is: its mean a year with its error."""
    names, rows = writer.words["alpha_estimates"], []
    for name, found in alpha_estimates(writer.run).items():
        rows.append(
            [
                Cell(names[name]),
                signed(found.value, ".2%"),
                number_cell(found.standard_error, ".2%"),
                interval_cell(found.low, found.high, ".2%"),
                number_cell(found.observations, ".0f"),
            ]
        )
    head = writer.head("line", "mean_year", "error", "interval", "observations")
    return writer.table("alpha_estimates", head, rows)


def costs(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    order = [
        *line_names("cost"),
        "trading_costs",
        *line_names("fee"),
        "fund_fees",
        "costs_and_fees",
    ]
    names = writer.words["lines"]
    rows = [
        [Cell(names[line]), writer.cell(f"paid_{line}"), writer.cell(f"paid_per_year_{line}")]
        for line in order
    ]
    sums = frozenset(order.index(line) for line in ("trading_costs", "fund_fees", "costs_and_fees"))
    head = writer.head("line", "yuan", "per_year")
    return [
        writer.table("costs", head, rows, emphasised=sums),
    ]
