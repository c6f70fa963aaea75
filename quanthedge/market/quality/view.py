"""What the page shows, as plain texts and classes of colour: cards, findings, map, tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from quanthedge.market.checks.findings import Finding
from quanthedge.market.checks.moves import MOVES
from quanthedge.market.quality.coverage import CoverageRow
from quanthedge.market.quality.gaps import counted
from quanthedge.market.quality.report import QualityReport
from quanthedge.market.schema import TABLES
from quanthedge.typing import Language
from quanthedge.words import retold, texts

__all__ = [
    "LEGEND",
    "Cell",
    "Line",
    "cards",
    "map_lines",
    "moves",
    "said",
    "subjects",
    "verdict",
    "years",
]

_STEPS = ((0.0, "none"), (0.25, "below 25%"), (0.5, "25 to 50%"), (0.75, "50 to 75%"),
         (0.9, "75 to 90%"), (0.95, "90 to 95%"), (0.99, "95 to 99%"))  # fmt: skip
_FULL_STEP = "99 to 100%"
LEGEND = [(f"s{place}", text) for place, (_, text) in enumerate(_STEPS)]
LEGEND += [
    (f"s{len(_STEPS)}", _FULL_STEP),
    ("n", "nothing expected"),
    ("k1", "a count: under a quarter of the line's largest"),
    ("k4", "three quarters and more"),
]
_COUNT_STEPS = 4
_MOVE_RULES = tuple(move.rule for move in MOVES)
# what is looked for: title, and the rules of the findings that answer it
_SUBJECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Files as they were written", ("missing file", "changed file")),
    ("Prices and volumes above zero, within the day's range",
     ("* <= 0", "* < 0", "high < low", "open outside", "close outside", "undefined *")),
    ("Rows once, in order, on trading days, while listed",
     ("duplicates", "order", "not a trading day", "before listing", "after delisting",
      "unknown code", "late start")),
    ("Moves within the price limits of the day", _MOVE_RULES),
    ("Adjustment factor in step with pre_close", ("adj_factor step",)),
    ("Units of volume and amount, VWAP within the day's range",
     ("units", "VWAP", "VWAP outside")),
    ("Stale prices: bars repeated, closes that never move",
     ("repeated bar", "same close", "same bar")),
    ("Days and stretches without bars",
     ("have *", "of the calendar *", "no bars", "long gaps", "rare", "gap", "ends early")),
    ("Survivorship: delisted stocks present", ("survivorship", "gone", "silent")),
    ("Members and spells with prices", ("members missing", "no prices", "no rows")),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One cell of the map: its class of colour and what it says when pointed at."""

    kind: str
    title: str


@dataclass(frozen=True)
class Line:
    """One line of the map; a line without cells is the heading of a table's lines."""

    name: str
    cells: list[Cell]


def said(text: str, language: Language) -> str:
    """Return what the page says, or counts, in a language; what is not known as it is."""
    found = retold(text, language, "quanthedge.market.quality", "page")
    return found if found != text else counted(text, language)


def cards(report: QualityReport) -> list[tuple[str, str, str]]:
    """Return name, value and remark of the key figures."""
    checks = report.checks
    levels = f"{len(checks.warnings):,} warnings, {len(checks.of('info')):,} notes"
    found = [("Errors", f"{len(checks.errors):,}", levels)]
    if report.counts is None:
        return found
    counts = report.counts
    rows = next(facts.rows for facts in report.tables if facts.name == "stock_daily")
    gone = int(report.by_year["gone"].sum())
    here, listed = (_line(report, "listed stocks with a bar"), _line(report, "stocks listed"))
    return [
        *found,
        ("Suspicious stock-days", f"{_suspicious(report):,}", f"of {rows:,}, {len(MOVES)} classes"),
        ("Stocks", f"{int(counts.bars.any(axis=1).sum()):,}",
         f"{listed.found[-1]:,} listed at the end, {gone:,} gone before"),
        ("Trading days", f"{len(counts.trading_days):,}",
         f"{counts.trading_days[0]} to {counts.trading_days[-1]}"),
        ("With a bar in the month", f"{np.nanmedian(here.share):.1%}",
         "of the listed stocks, median month"),
        ("Lines of the map complete", f"{len(report.complete)} of {len(report.coverage)}",
         "95% or more in every month"),
        ("Tables", f"{len(report.tables)}", _absent(report)),
        ("Fingerprint", report.manifest.fingerprint[:8], "all of it is at the end"),
    ]  # fmt: skip


def verdict(report: QualityReport, language: Language = "en") -> list[str]:
    """Return what a reader should know first."""
    errors = len(report.errors)
    many = "error" if errors == 1 else "errors"
    told = [f"{errors} {many}: results on these data are not to be trusted before they are cured."
            if errors else "No error."]  # fmt: skip
    if report.counts is None:
        return [*told, "A table's file is missing or changed, so nothing could be counted."]
    for rule in ("survivorship", "gone"):
        told += [
            _sentence(f, language) for f in report.checks if f.rule == rule and f.table == "stocks"
        ]
    told += [_sentence(f, language) for f in report.checks if f.rule == "members missing"]
    return told


def subjects(report: QualityReport, language: Language = "en") -> list[tuple[str, str, str]]:
    """Return what was looked for, the worst level found, and what was found."""
    lines: list[tuple[str, str, str]] = []
    for title, rules in _SUBJECTS:
        found = [finding for finding in report.checks if _matches(finding.rule, rules)]
        level = found[0].level if found else "fine"
        between = {"en": "; ", "zh": "；"}[language]
        text = between.join(_brief(finding, language) for finding in found)
        text = text or said("nothing found", language)
        lines.append((title, level, text))
    return lines


def moves(report: QualityReport) -> list[tuple[str, str, str, int]]:
    """Return class, level, meaning and number of the suspicious moves, also those not met."""
    counts = report.suspects["kind"].value_counts()
    return [(m.rule, m.level, m.meaning, int(counts.get(m.rule, 0))) for m in MOVES]


def years(report: QualityReport) -> list[tuple[int, int]]:
    """Return the map's years with their number of months."""
    found = (str(month)[:4] for month in report.months)
    return [(int(year), len(list(months))) for year, months in groupby(found)]


def map_lines(report: QualityReport) -> list[Line]:
    """Return the lines of the map with a heading before each table's."""
    texts = [str(month) for month in report.months]
    lines = []
    for group, rows in groupby(report.coverage, key=lambda row: row.group):
        lines.append(Line(group, []))
        lines += [Line(row.name, list(_cells(row, texts))) for row in rows]
    return lines


def _cells(row: CoverageRow, months: list[str]) -> Iterable[Cell]:
    share = row.share
    for place, month in enumerate(months):
        found = f"{row.found[place]:,.4g}" if row.found[place] % 1 else f"{row.found[place]:,.0f}"
        if row.expected is None:
            level = (
                min(1 + int(_COUNT_STEPS * share[place]), _COUNT_STEPS) if share[place] > 0 else 0
            )
            yield Cell(f"k{level}", f"{month}: {found}")
        elif np.isnan(share[place]):
            yield Cell("n", f"{month}: nothing expected")
        else:
            text = f"{month}: {share[place]:.1%} ({found} of {row.expected[place]:,.0f})"
            yield Cell(_step(float(share[place])), text)


def _step(share: float) -> str:
    if share == 0:
        return "s0"
    for place, (limit, _) in enumerate(_STEPS[1:], 1):
        if share < limit:
            return f"s{place}"
    return f"s{len(_STEPS)}"


def _line(report: QualityReport, name: str) -> CoverageRow:
    return next(row for row in report.coverage if row.name == name)


def _suspicious(report: QualityReport) -> int:
    suspects = report.suspects
    warned = suspects[suspects["level"] == "warning"]
    return len(warned[["code", "date"]].drop_duplicates())


def _absent(report: QualityReport) -> str:
    absent = [name for name in TABLES if name not in report.manifest.tables]
    return "without " + ", ".join(absent) if absent else "all of them"


def _matches(rule: str, patterns: tuple[str, ...]) -> bool:
    return any(
        rule == pattern
        or (pattern.startswith("* ") and rule.endswith(pattern[1:]))
        or (pattern.endswith(" *") and rule.startswith(pattern[:-1]))
        for pattern in patterns
    )


def _brief(finding: Finding, language: Language) -> str:
    """Return a finding without its examples and its cure."""
    if finding.rule in _MOVE_RULES:
        text = texts("quanthedge.market.quality", "page")["subject"]["counted"][language]
        return str(text.format(count=finding.count, rule=said(finding.rule, language)))
    first, end = {"en": (" (first:", "; "), "zh": ("（如：", "；")}[language]
    return finding.told(language).partition(first)[0].partition(end)[0]


def _sentence(finding: Finding, language: Language) -> str:
    colon, stop = {"en": (": ", "."), "zh": ("：", "。")}[language]
    text: Any = finding.told(language).partition(colon)[2]
    return f"{text[:1].upper()}{text[1:]}{stop}"
