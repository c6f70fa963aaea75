"""The report of a run as one document, from which every format is written."""

from dataclasses import replace

import pandas as pd

from quanthedge.comparison import Others
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.report.blocks import Block, Chapter, Document, Figure, Table
from quanthedge.report.chapters import build_chapters
from quanthedge.report.cover import cards, verdict
from quanthedge.report.fund_terms import fund_terms
from quanthedge.report.particulars import with_particulars
from quanthedge.report.specs import index_name
from quanthedge.report.strategy_words import described
from quanthedge.report.texts import words
from quanthedge.report.writer import Writer, own_words
from quanthedge.typing import Edition, Language
from quanthedge.words import filled, notation

__all__ = ["build_document", "numbered"]


def build_document(
    result: Record,
    language: Language,
    others: Others | None = None,
    capacity: pd.DataFrame | None = None,
    edition: Edition = "full",
) -> Document:
    """Return the report of a run in one language.

    ``others`` are products set beside the fund; see :func:`quanthedge.comparison.compare_funds`.
    ``capacity`` is the table of :func:`quanthedge.capacity_curve`, for a chapter of its own.
    ``edition`` says which chapters it has: "full" or "risk".

    Raises
    ------
    DataError
        When the language or the edition is not known, or the ledger has no trading day.
    """
    if language not in ("zh", "en"):
        raise DataError(f"report language {language!r}; accepted: zh, en")
    if len(result.ledger) < 2:
        raise DataError("report: the ledger has no trading day; run the strategy first")
    text, writer = words(language), Writer(result, language, others, capacity)
    chapters = numbered(build_chapters(writer, edition), language)
    text |= {"document": text["documents"][edition]}
    return Document(
        language=language,
        words=text,
        name=own_words(result.strategy, "name", language),
        description=described(result.strategy, language),
        facts=_facts(result, language),
        terms=with_particulars(fund_terms(result, language), result, language),
        cards=cards(writer),
        verdict=verdict(writer),
        chapters=chapters,
    )


def _facts(result: Record, language: Language) -> list[str]:
    text, days = words(language), result.ledger.index
    facts = [
        filled(text["period"], language, start=days[1], end=days[-1], days=f"{len(days) - 1:,}"),
        text["opening"].format(
            capital=notation.large_yuan(result.ledger["equity"].iloc[0], language)
        ),
    ]
    benchmark = result.strategy.benchmark
    name = index_name(benchmark, language)
    return [*facts, text["benchmark"].format(index=name, code=benchmark)]


def numbered(chapters: list[Chapter], language: Language) -> list[Chapter]:
    """Return the chapters with running numbers before the titles of figures and tables."""
    marks = {"figure": "图", "table": "表"} if language == "zh" else {}
    counts = {"figure": 0, "table": 0}
    found = []
    for chapter in chapters:
        blocks: list[Block] = []
        for block in chapter.blocks:
            kind = "table" if isinstance(block, Table) else "figure"
            if not isinstance(block, Table | Figure):
                blocks.append(block)
                continue
            counts[kind] += 1
            mark = marks.get(kind, kind.capitalize())
            blocks.append(replace(block, title=f"{mark} {counts[kind]}  {block.title}"))
        found.append(replace(chapter, blocks=blocks))
    return found
