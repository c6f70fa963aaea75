"""The quality report as text: short enough for a screen."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market.checks.findings import CheckReport
from quanthedge.market.checks.moves import MOVES
from quanthedge.market.manifest import Manifest
from quanthedge.market.quality.coverage import CoverageRow
from quanthedge.market.quality.gaps import counted
from quanthedge.market.quality.tables import TableFacts
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["coverage_text", "findings_text", "line_words", "moves_text", "tables_text"]

Array = np.ndarray[Any, Any]

SHORT = 12  # digits of a fingerprint on the screen
_FEW = 3


def line_words(language: Language) -> dict[str, str]:
    """Return the words of the lines in a language."""
    words = texts("quanthedge.market.quality", "report")["lines"]
    return {name: str(text[language]) for name, text in words.items()}


def findings_text(
    checks: CheckReport, language: Language = "en", *, leave_out: Collection[str] = ()
) -> str:
    """Return the findings' lines, some rules left out that are told by themselves."""
    head = checks.to_text(language).splitlines()[0]
    rest = CheckReport([finding for finding in checks if finding.rule not in leave_out])
    return "\n".join([head, *rest.to_text(language).splitlines()[1:]])


def moves_text(suspects: pd.DataFrame, language: Language = "en") -> str:
    """Count the suspicious stock-days by class, with the first of each."""
    words = line_words(language)
    warned = suspects[suspects["level"] == "warning"]
    days = len(warned[["code", "date"]].drop_duplicates())
    lines = [words["moves"].format(days=f"{days:,}")]
    for move in MOVES:
        rows = suspects[suspects["kind"] == move.rule]
        if len(rows):
            first = words["between"].join(
                f"{row.code} {row.date:%Y-%m-%d} {_size(move.rule, row, words)}"
                for row in rows.head(_FEW).itertuples()
            )
            lines.append("  " + words["move"].format(
                count=f"{len(rows):5,}", rule=counted(move.rule, language), first=first,
                note=words["apart"] if move.level == "info" else "",
            ))  # fmt: skip
    return "\n".join(lines)


def _size(rule: str, row: Any, words: dict[str, str]) -> str:
    """Return what is odd about a row: the move, the factor's step or the range."""
    if rule == "adj_factor falls":
        return f"x {row.adj_step:.3f}"
    if rule == "high or low beyond the price limit":
        spans = ((row.low, row.high), (row.lowest, row.highest))
        return " / ".join(
            words["span"].format(first=f"{low:.2f}", last=f"{high:.2f}") for low, high in spans
        )
    return f"{row.change:+.1%}"


def coverage_text(
    months: Array,
    coverage: Sequence[CoverageRow],
    gaps: Sequence[str],
    complete: int,
    language: Language = "en",
) -> str:
    """Give each table one line: its lines' median months, from the worst to the best."""
    words = line_words(language)
    lines = [words["coverage"].format(first=months[0], last=months[-1])]
    groups: dict[str, list[CoverageRow]] = {}
    for row in coverage:
        if row.expected is not None:
            groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        worst = sorted(rows, key=_median)
        text = words["between"].join(_share(row, language) for row in worst[:_FEW])
        if len(rows) > _FEW:
            text += words["more"].format(best=_share(worst[-1], language), count=len(rows))
        lines.append("  " + words["group"].format(group=group, text=text))
    empty = sum(": none in" in gap for gap in gaps)
    last = words["complete"].format(complete=complete, gaps=len(gaps), empty=empty)
    return "\n".join([*lines, f"  {last}"])


def _share(row: CoverageRow, language: Language) -> str:
    return f"{counted(row.name, language)} {_median(row):.0%}"


def _median(row: CoverageRow) -> float:
    share = row.share[~np.isnan(row.share)]
    return float(np.median(share)) if len(share) else 1.0


def tables_text(manifest: Manifest, tables: Sequence[TableFacts], language: Language = "en") -> str:
    """Return the fingerprint, and of each table rows, size, digest and dates."""
    words = line_words(language)
    lines = [words["fingerprint"].format(fingerprint=manifest.fingerprint)]
    for facts in tables:
        span = words["span"].format(first=facts.first, last=facts.last) if facts.first else ""
        lines.append(
            f"  {facts.name:21} {facts.rows:>10,} {words['rows']}  {facts.bytes / 1e6:>7.1f} MB  "
            f"{facts.content[:SHORT]}  {span}"
        )
    lines += ["  " + words["assumed"].format(text=text) for text in manifest.assumptions]
    return "\n".join(lines)
