"""The chapters of the report, and which of them an edition has, in reading order."""

from dataclasses import replace

from quanthedge.errors import DataError
from quanthedge.report.blocks import Block, Chapter, Figure, Table
from quanthedge.report.chapters.attribution import attribution
from quanthedge.report.chapters.background import (
    definition_table,
    notes,
    rules,
    strategy,
    timeline,
    warnings,
)
from quanthedge.report.chapters.book_risk import book_risk
from quanthedge.report.chapters.capacity import capacity
from quanthedge.report.chapters.comparison import comparison
from quanthedge.report.chapters.fees import fees, investors
from quanthedge.report.chapters.hedge import hedge, margin
from quanthedge.report.chapters.holdings import holdings, refusals
from quanthedge.report.chapters.limits import limits
from quanthedge.report.chapters.money import bridge, costs
from quanthedge.report.chapters.neutrality import neutrality
from quanthedge.report.chapters.performance import monthly, performance
from quanthedge.report.chapters.risk import drawdown, tails, windows
from quanthedge.report.chapters.sleeves import sleeves
from quanthedge.report.questions import questions
from quanthedge.report.writer import Writer, slug
from quanthedge.typing import Edition

__all__ = ["build_chapters", "chapters_of"]

_MAKERS = {
    "performance": performance,
    "monthly": monthly,
    "drawdown": drawdown,
    "tails": tails,
    "neutrality": neutrality,
    "hedge": hedge,
    "margin": margin,
    "bridge": bridge,
    "attribution": attribution,
    "sleeves": sleeves,
    "costs": costs,
    "fees": fees,
    "investors": investors,
    "comparison": comparison,
    "capacity": capacity,
    "holdings": holdings,
    "book_risk": book_risk,
    "refusals": refusals,
    "windows": windows,
    "limits": limits,
    "questions": questions,
    "notes": notes,
    "timeline": timeline,
    "strategy": strategy,
    "warnings": warnings,
    "definitions": definition_table,
    "rules": rules,
}
_EDITIONS: dict[Edition, tuple[str, ...]] = {
    "full": tuple(_MAKERS),
    "risk": (
        "drawdown", "tails", "neutrality", "hedge", "margin", "book_risk", "windows", "limits",
        "notes", "warnings",
    ),
}  # fmt: skip


def chapters_of(edition: Edition) -> tuple[str, ...]:
    """Return the keys of the chapters of an edition, in reading order.

    Raises
    ------
    DataError
        When no edition of chapters is called so.

    Examples
    --------
    >>> chapters_of("risk")[:3]
    ('drawdown', 'tails', 'neutrality')
    """
    if edition not in _EDITIONS:
        raise DataError(f"report edition {edition!r}; accepted: {', '.join(_EDITIONS)}")
    return _EDITIONS[edition]


def build_chapters(writer: Writer, edition: Edition = "full") -> list[Chapter]:
    """Return the chapters of an edition of a run's report; those without content are left out."""
    headings = writer.words["headings"]
    chapters = [
        Chapter(slug(key), headings[key], _MAKERS[key](writer)) for key in chapters_of(edition)
    ]
    shown = [replace(one, blocks=[*filter(_says_something, one.blocks)]) for one in chapters]
    return [chapter for chapter in shown if chapter.blocks]


def _says_something(block: Block) -> bool:
    """Whether there is a line to see or a row to read: a short run has no rolling windows."""
    if isinstance(block, Figure):
        return bool(block.spec["data"])
    return not isinstance(block, Table) or bool(block.rows)
