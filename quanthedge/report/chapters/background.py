"""Chapters behind the figures: notes, timeline, definitions, parameters, warnings."""

from typing import Any

import pandas as pd

from quanthedge.beta import estimator_text
from quanthedge.hedge.policies import policy_text
from quanthedge.kinds import is_own, own_name
from quanthedge.report.blocks import Block, Cell, Table
from quanthedge.report.chapters.limits import limit_blocks
from quanthedge.report.digest import parameters_digest
from quanthedge.report.writer import Writer, in_language, own_words, value_at
from quanthedge.rules import rule_name, table_name

__all__ = ["definition_table", "notes", "rules", "strategy", "timeline", "warnings"]


def notes(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    notes = [in_language(note, writer.language) for note in writer.run.notes]
    blocks: list[Block] = [writer.lines("notes", notes or [writer.words["empty"]["notes"]])]
    rules = getattr(writer.run, "rules", None)
    if rules is not None and len(rules):
        weak = rules[rules["confidence"].isin(["C", "M"])]
        rows = [
            [
                Cell(table_name(row["table"], writer.language)),
                Cell(rule_name(row["key"], writer.language), "value"),
                Cell(str(row["confidence"])),
            ]
            for _, row in weak.iterrows()
        ]
        if rows:
            head = writer.head("rule", "key", "confidence")
            blocks.append(writer.table("weak_rules", head, rows))
    return blocks


def rules(writer: Writer) -> list[Block]:
    """Return the replay of limits, and the dated rules that the run was kept to."""
    replay = limit_blocks(writer)
    found = getattr(writer.run, "rules", None)
    if found is None or not len(found):
        return [*replay, writer.lines("rules_empty", [writer.words["empty"]["rules"]], "remark")]
    language, memory = writer.language, writer.words["from_memory"]
    # what a row says is English in the rule book: the Chinese page names row, dates and sources
    with_text = language == "en"
    rows = []
    for row in found.to_dict("records"):
        sources = str(row["source_ids"]).replace("MEM", memory).replace(";", " ")
        cells = [
            Cell(table_name(row["table"], language)),
            Cell(rule_name(row["key"], language), "value"),
        ]
        if with_text:
            cells.append(Cell(str(row["value"]), "value"))
        cells += [_day(row["from"]), _day(row["to"]), Cell(str(row["confidence"]))]
        rows.append([*cells, Cell(sources, "value")])
    unique = {tuple(cell.text for cell in cells): cells for cells in rows}
    text_heads = ("content",) if with_text else ()
    head = writer.head("rule", "key", *text_heads, "from", "to", "confidence", "source")
    return [*replay, writer.table("rules", head, list(unique.values()), folded=True)]


def _day(value: Any) -> Cell:
    return Cell("–", "quiet") if pd.isna(value) else Cell(f"{value:%Y-%m-%d}")


def timeline(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    text = in_language(writer.run.timeline, writer.language)
    items = [line.partition(". ")[2] or line for line in text.splitlines() if line.strip()]
    return [writer.lines("timeline", items, "steps")]


def definition_table(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    shown = {measure.formula: measure for measure in writer.summary}
    rows = [
        [writer.name(formula), Cell(measure.formula_text(writer.language), "wide")]
        for formula, measure in shown.items()
    ]
    caption = writer.words["captions"]["definitions"]
    title = writer.words["headings"]["definitions"]
    return [Table("table-definitions", title, caption, writer.head("measure", "formula"), rows)]


def strategy(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names, strategy = writer.words["parameters"], writer.run.strategy
    places = {
        "name": "name",
        "capital_yuan": "capital_yuan",
        "benchmark": "benchmark",
        "invested_fraction": "invested_fraction",
        "stocks": "selector.n",
        "beta": "beta.kind",
        "beta_window": "beta.window",
        "product": "hedge.product",
        "ratio": "hedge.ratio",
        "policy": "hedge.policy",
        "roll_days": "hedge.roll_days",
        "commission_rate": "costs.commission_rate",
        "slippage": "costs.slippage_bp",
        "impact_coefficient": "costs.impact_coefficient",
        "management_fee": "fund.management_fee_per_year",
        "custody_fee": "fund.custody_fee_per_year",
        "performance_fee": "fund.performance_fee_rate",
    }
    fractions = {"invested_fraction", "commission_rate"} | {
        f"{fee}_fee" for fee in ("management", "custody", "performance")
    }
    rows = []
    for key, place in places.items():
        value = value_at(strategy, place)
        if key == "name":
            value = own_words(strategy, "name", writer.language)
        if value is None:
            continue
        if key == "beta":
            text = estimator_text(value_at(strategy, "beta"), writer.language)
        elif key == "policy":
            text = policy_text(value, writer.language)
        elif is_own(value):
            text = own_name(value, key, writer.language)
        elif isinstance(value, list):
            text = ", ".join(str(one) for one in value)
        elif isinstance(value, int | float):
            text = f"{value * 100:g}%" if key in fractions else f"{value:,.10g}"
        else:
            text = str(value)
        rows.append([Cell(names[key]), Cell(text, "value")])
    head = writer.head("parameter", "value")
    return [
        writer.table("strategy", head, rows),
        writer.table("market", head, _market_rows(writer)),
    ]


def _market_rows(writer: Writer) -> list[list[Cell]]:
    info, names = writer.run.market_info, writer.words["market"]
    span = info.get("span") or " – ".join(
        str(info[end]) for end in ("data_start", "data_end") if end in info
    )
    versions = ", ".join(f"{name} {number}" for name, number in writer.run.versions.items())
    values = {
        "name": info.get("name"),
        "span": span,
        "stocks": info.get("stocks"),
        "fingerprint": info.get("fingerprint"),
        "strategy": parameters_digest(writer.run.strategy),
        "python": versions,
    }
    return [[Cell(names[key]), Cell(str(v), "value")] for key, v in values.items() if v]


def warnings(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    return [writer.lines("warnings", list(writer.words["warnings"]["texts"]))]
