"""Chapters on where the money came from and what was paid."""

import math

import pandas as pd

from quanthedge.performance import (
    BRIDGE_LINES,
    COST_LINES,
    FEE_LINES,
    alpha_estimates,
    bridge_returns,
)
from quanthedge.performance import bridge as profit_bridge
from quanthedge.report.blocks import Block, Cell, number_cell, signed
from quanthedge.report.chapters.style_names import style_names
from quanthedge.report.waterfall import contribution_waterfall, money_waterfall
from quanthedge.report.writer import Writer

__all__ = ["bridge", "costs"]


def bridge(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names, run = writer.words["lines"], writer.run
    if run.ledger["index_close"].isna().any():
        return [writer.lines("bridge_empty", [writer.words["empty"]["bridge"]], "remark")]
    whole, years = profit_bridge(run).iloc[0], profit_bridge(run, "year")
    shares = bridge_returns(run).iloc[0]
    unit = float(writer.words["figures"]["money_unit"])
    shown = [name for name in BRIDGE_LINES if bool((years[name].abs() >= 0.5).any())]
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
    money = str(writer.words["figures"]["money"])
    residual = format(abs(float(whole["residual"])), ".6f")
    head = [
        *writer.head("line", "yuan", "contribution"),
        *[str(day.year) for day in pd.DatetimeIndex(years.index)],
    ]
    last = frozenset({len(rows) - 1})
    blocks: list[Block] = [
        writer.figure("bridge", money_waterfall(whole, writer.language), residual=residual),
        writer.figure("contributions", contribution_waterfall(shares, writer.language)),
        writer.table("attribution", head, rows, emphasised=last, money=money),
    ]
    blocks.append(_sure(writer))
    alpha = float(whole["alpha"])
    groups, parts = run.alpha_groups, run.alpha_parts
    if len(parts.columns):
        blocks.append(_parts(writer, parts, alpha))
    if len(groups):
        blocks += [
            _groups(writer, str(kind), own.reset_index(drop=True), alpha)
            for kind, own in groups.groupby("kind", sort=False)
        ]
    return blocks


def _sure(writer: Writer) -> Block:
    """Return how sure alpha is: its mean a year with its error."""
    names, rows = writer.words["alpha_estimates"], []
    for name, found in alpha_estimates(writer.run).items():
        known = math.isfinite(found.low)
        interval = f"[{found.low:.2%}, {found.high:.2%}]"
        rows.append(
            [
                Cell(names[name]),
                signed(found.value, ".2%"),
                number_cell(found.standard_error, ".2%"),
                Cell(interval, "number") if known else Cell("–", "quiet"),
                number_cell(found.observations, ".0f"),
            ]
        )
    head = writer.head("line", "mean_year", "error", "interval", "observations")
    return writer.table("alpha_estimates", head, rows)


def _parts(writer: Writer, parts: pd.DataFrame, alpha: float) -> Block:
    """Return alpha by the strategy's model, over the run and by year."""
    years = parts.groupby(pd.DatetimeIndex(parts.index).year).sum()
    figures = writer.words["figures"]
    unit, money = float(figures["money_unit"]), str(figures["money"])
    rows = [
        [Cell(name), signed(parts[part].sum(), ",.0f")]
        + [signed(value / unit, ",.1f") for value in years[part]]
        for part, name in _part_names(writer, list(parts.columns)).items()
    ]
    total = [signed(value / unit, ",.1f") for value in years.sum(axis=1)]
    rows.append([Cell(writer.words["lines"]["alpha"]), signed(alpha, ",.0f"), *total])
    head = [*writer.head("alpha_part", "yuan"), *[str(year) for year in years.index]]
    last = frozenset({len(rows) - 1})
    return writer.table("alpha_parts", head, rows, emphasised=last, money=money)


def _part_names(writer: Writer, parts: list[str]) -> dict[str, str]:
    """Return the names of the parts; styles are called by their factors."""
    own = writer.words["alpha_parts"]
    styles = style_names(writer, [part for part in parts if part not in own])
    return {part: styles.get(part) or str(own[part]) for part in parts}


def _groups(writer: Writer, kind: str, groups: pd.DataFrame, alpha: float) -> Block:
    """Return alpha and weight by group, and the sum beside the bridge's line."""
    name = "name_zh" if writer.language == "zh" else "name_en"
    sizes, nothing = writer.words["size_layers"], writer.words["none"]
    rows = [
        [
            Cell(str(row[name] or sizes.get(row["group"], nothing))),
            signed(row["alpha_yuan"], ",.0f"),
            number_cell(row["weight"], ".2%"),
            number_cell(row["names"], ".0f"),
        ]
        for row in groups.to_dict("records")
    ]
    total = writer.words["lines"]["alpha"]
    held = number_cell(float(groups["weight"].sum()), ".2%")
    count = number_cell(float(groups["names"].sum()), ".0f")
    rows.append([Cell(total), signed(alpha, ",.0f"), held, count])
    head = writer.head(kind, "alpha_yuan", "weight", "stocks")
    return writer.table(f"alpha_{kind}", head, rows, emphasised=frozenset({len(rows) - 1}))


def costs(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    order = [*COST_LINES, "trading_costs", *FEE_LINES, "fund_fees", "costs_and_fees"]
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
