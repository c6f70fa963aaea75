"""Chapters behind the figures: notes, timeline, definitions, parameters, warnings."""

from typing import Any

from quanthedge.beta import estimator_text
from quanthedge.hedge import HedgeRatio
from quanthedge.hedge.policies import policy_text
from quanthedge.kinds import own_name
from quanthedge.portfolio import TopSelector
from quanthedge.report.blocks import Block, Cell, day_cell
from quanthedge.report.chapters.limits import limit_sources
from quanthedge.report.chapters.sources import confidence_cell, source_cell, source_list
from quanthedge.report.digest import parameters_digest
from quanthedge.report.writer import Writer, in_language, own_words
from quanthedge.rules import rule_names
from quanthedge.strategy import Strategy
from quanthedge.typing import Language

__all__ = ["definition_table", "notes", "rules", "strategy", "timeline", "warnings"]


def notes(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    notes = [in_language(note, writer.language) for note in writer.run.notes]
    return [writer.lines("notes", notes or [writer.words["empty"]["notes"]])]


def rules(writer: Writer) -> list[Block]:
    """Return the dated rules that the run was kept to, those behind its limits, and the sources."""
    limited, found = limit_sources(writer), writer.run.rules
    asked = [str(ids) for ids in [*found.get("source_ids", ()), *writer.limits["source"]]]
    if not len(found):
        none = writer.lines("rules_empty", [writer.words["empty"]["rules"]], "remark")
        return [none, limited, source_list(writer, asked)]
    language = writer.language
    # what a row says is English in the rule book: the Chinese page names row, dates and sources
    with_text = language == "en"
    rows = []
    for row in found.to_dict("records"):
        about, name = rule_names(row["table"], row["key"], language)
        cells = [Cell(about), Cell(name, "value")]
        if with_text:
            cells.append(Cell(str(row["value"]), "value"))
        cells += [day_cell(row["from"]), day_cell(row["to"])]
        sure = confidence_cell(writer, str(row["confidence"]))
        rows.append([*cells, sure, source_cell(writer, str(row["source_ids"]))])
    unique = {tuple(cell.text for cell in cells): cells for cells in rows}
    text_heads = ("content",) if with_text else ()
    head = writer.head("rule", "key", *text_heads, "from", "to", "confidence", "source")
    dated = writer.table("rules", head, list(unique.values()), folded=True)
    return [dated, limited, source_list(writer, asked)]


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
    return [writer.table("definitions", writer.head("measure", "formula"), rows)]


def strategy(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names = writer.words["parameters"]
    rows = [
        [Cell(names[key]), Cell(text, "value")]
        for key, text in _parameters(writer.run.strategy, writer.language).items()
        if text
    ]
    head = writer.head("parameter", "value")
    return [
        writer.table("strategy", head, rows),
        writer.table("market", head, _market_rows(writer)),
    ]


def _parameters(strategy: Strategy, language: Language) -> dict[str, str]:
    """Return the main parameters as texts, by name; empty where a strategy has none such."""
    hedge, costs, terms = strategy.hedge, strategy.costs, strategy.fund
    ratio = hedge.ratio
    return {
        "name": own_words(strategy, "name", language),
        "capital_yuan": _number(strategy.capital_yuan),
        "benchmark": strategy.benchmark,
        "invested_fraction": _share(strategy.invested_fraction),
        "stocks": _number(strategy.selector.n)
        if isinstance(strategy.selector, TopSelector)
        else strategy.selector.called(language),
        "allocation": strategy.layers.allocation.called(language) if strategy.layers.gated else "",
        "beta": estimator_text(strategy.beta, language),
        "beta_window": _number(strategy.beta.get_params().get("window")),
        "product": ", ".join(hedge.products),
        "ratio": _ratio(ratio, language),
        "policy": policy_text(hedge.policy, language),
        "roll_days": _number(hedge.roll_days),
        "commission_rate": _share(costs.commission_rate),
        "slippage": _number(costs.slippage_bp),
        "impact_coefficient": _number(costs.impact_coefficient),
        "management_fee": _share(terms.management_fee_per_year),
        "custody_fee": _share(terms.custody_fee_per_year),
        "performance_fee": _share(terms.performance_fee_rate),
    }


def _ratio(ratio: float | HedgeRatio, language: Language) -> str:
    if isinstance(ratio, int | float):
        return _number(ratio)
    if ratio.own:
        return own_name(ratio, "ratio", language)
    return str(ratio.model_dump(mode="json"))


def _number(value: Any) -> str:
    return "" if value is None else f"{value:,.10g}"


def _share(value: float) -> str:
    return f"{value * 100:g}%"


def _market_rows(writer: Writer) -> list[list[Cell]]:
    info, names = writer.run.market_info, writer.words["market"]
    versions = ", ".join(f"{name} {number}" for name, number in writer.run.versions.items())
    values = {
        "name": info["name"],
        "span": f"{info['data_start']} – {info['data_end']}",
        "stocks": info["stocks"],
        "fingerprint": info["fingerprint"],
        "strategy": parameters_digest(writer.run.strategy.model_dump(mode="json")),
        "python": versions,
    }
    return [[Cell(names[key]), Cell(str(v), "value")] for key, v in values.items() if v]


def warnings(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    return [writer.lines("warnings", list(writer.words["warnings"]["texts"]))]
