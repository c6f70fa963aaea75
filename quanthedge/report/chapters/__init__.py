"""The chapters of the report, in reading order."""

from quanthedge.report.blocks import Chapter
from quanthedge.report.chapters.attribution import attribution
from quanthedge.report.chapters.background import (
    definition_table,
    notes,
    rules,
    strategy,
    timeline,
    warnings,
)
from quanthedge.report.chapters.capacity import capacity
from quanthedge.report.chapters.comparison import comparison
from quanthedge.report.chapters.fees import fees, investors
from quanthedge.report.chapters.hedge import hedge
from quanthedge.report.chapters.holdings import holdings, refusals
from quanthedge.report.chapters.money import bridge, costs
from quanthedge.report.chapters.neutrality import neutrality
from quanthedge.report.chapters.performance import monthly, performance
from quanthedge.report.chapters.risk import drawdown, tails, windows
from quanthedge.report.questions import questions
from quanthedge.report.writer import Writer, slug

__all__ = ["build_chapters"]


def build_chapters(writer: Writer) -> list[Chapter]:
    """Return the chapters of a run's report, in reading order."""
    makers = {
        "performance": performance,
        "monthly": monthly,
        "drawdown": drawdown,
        "tails": tails,
        "neutrality": neutrality,
        "hedge": hedge,
        "bridge": bridge,
        "attribution": attribution,
        "costs": costs,
        "fees": fees,
        "investors": investors,
        "comparison": comparison,
        "capacity": capacity,
        "holdings": holdings,
        "refusals": refusals,
        "windows": windows,
        "rules": rules,
        "questions": questions,
        "notes": notes,
        "timeline": timeline,
        "definitions": definition_table,
        "strategy": strategy,
        "warnings": warnings,
    }
    headings = writer.words["headings"]
    chapters = [Chapter(slug(key), headings[key], make(writer)) for key, make in makers.items()]
    return [chapter for chapter in chapters if chapter.blocks]
