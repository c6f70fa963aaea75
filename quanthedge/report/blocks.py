"""What a chapter of the report is made of: figures, tables, lists; all text still unescaped."""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from quanthedge.performance import Measure
from quanthedge.words import notation

__all__ = [
    "Answers",
    "Block",
    "Card",
    "Cell",
    "Chapter",
    "Document",
    "Figure",
    "Lines",
    "Table",
    "day_cell",
    "interval_cell",
    "measure_cell",
    "number_cell",
    "signed",
    "span_cell",
]


@dataclass(frozen=True)
class Cell:
    """What stands in a cell of a table.

    Attributes
    ----------
    text : str
        As printed.
    kind : str
        How it is set: "number", "gain", "loss", "quiet", "text", "wide", "value" or "year".
    shade : float
        0 to 1, depth of the colour of a gain or loss.
    value : float, int, date or None
        The number behind the text, unrounded; None for words.
    pattern : str
        Python format by which the text was made from the value, such as ``.2%``.
    bounds : (float, float) or (date, date) or None
        The two ends of an interval or a span, which the text states in one.
    """

    text: str
    kind: str = "text"
    shade: float = 0.0
    value: float | date | None = None
    pattern: str = ""
    bounds: tuple[float, float] | tuple[date, date] | None = None


@dataclass(frozen=True)
class Card:
    """A key figure of the cover: name, value and what stands below."""

    key: str
    name: str
    cell: Cell
    below: list[str]


@dataclass(frozen=True)
class Table:
    """A table with its id, title, a note that says how it was computed, and its unit."""

    id: str
    title: str
    caption: str
    head: list[str]
    rows: list[list[Cell]]
    emphasised: frozenset[int] = frozenset()
    folded: bool = False
    kind: str = "table"
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """A plotly dictionary with its id, title and note."""

    id: str
    title: str
    caption: str
    spec: dict[str, Any]
    kind: str = "figure"


@dataclass(frozen=True)
class Lines:
    """A list of sentences ("lines" or "steps") or a remark."""

    id: str
    title: str
    caption: str
    items: list[str]
    kind: str = "lines"


@dataclass(frozen=True)
class Answers:
    """Questions and their answers."""

    id: str
    title: str
    caption: str
    items: list[tuple[str, str]]
    kind: str = "answers"


Block = Table | Figure | Lines | Answers


@dataclass(frozen=True)
class Chapter:
    """One chapter, in reading order."""

    id: str
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """The whole report in one language, before it becomes a page, a PDF, a workbook or numbers.

    Attributes
    ----------
    language : str
        "zh" or "en".
    words : dict
        Catalogue of the language.
    name, description : str
        The fund's.
    facts : list of str
        Period, opening assets, benchmark.
    terms : list of (str, str)
        The fund's terms, name and text.
    cards : list of Card
    verdict : list of str
        Sentences.
    chapters : list of Chapter
        Figures and tables carry running numbers in their titles.
    """

    language: str
    words: dict[str, Any]
    name: str
    description: str
    facts: list[str]
    terms: list[tuple[str, str]]
    cards: list[Card]
    verdict: list[str]
    chapters: list[Chapter]


def measure_cell(measure: Measure, language: str) -> Cell:
    """Return a measure as it is printed, or the reason why there is none."""
    text = measure.text("zh" if language == "zh" else "en")
    if measure.value is None:
        return Cell(text, "quiet")
    return Cell(
        text, "number", value=measure.value, pattern=notation.PATTERNS.get(measure.unit, "")
    )


def number_cell(value: float, pattern: str, missing: str = notation.MISSING) -> Cell:
    """Return a number by a format such as ``.2%``; NaN shows as a dash, zero without a sign."""
    if math.isnan(value):
        return Cell(missing, "quiet")
    text = notation.number(value, pattern)
    return Cell(text, "number", value=float(value), pattern=pattern)


def day_cell(day: Any, kind: str = "text") -> Cell:
    """Return a day as it is printed; a dash where there is none."""
    if pd.isna(day):
        return Cell("–", "quiet")
    return Cell(f"{day:%Y-%m-%d}", kind, value=day.date())


def interval_cell(low: float, high: float, pattern: str, missing: str = "–") -> Cell:
    """Return an interval as ``[low, high]`` by a format; a dash where its ends are not known.

    >>> interval_cell(-0.1, 0.25, ".1%").text
    '[-10.0%, 25.0%]'
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return Cell(missing, "quiet")
    text = f"[{low:{pattern}}, {high:{pattern}}]"
    return Cell(text, "number", pattern=pattern, bounds=(float(low), float(high)))


def span_cell(first: Any, last: Any) -> Cell:
    """Return the first and the last day of a span."""
    return Cell(f"{first:%Y-%m-%d} – {last:%Y-%m-%d}", bounds=(first.date(), last.date()))


def signed(value: float, pattern: str, scale: float = 0.0) -> Cell:
    """Return a number coloured by its sign; ``scale`` is the value of the deepest shade."""
    cell = number_cell(value, pattern)
    if cell.kind == "quiet" or not any(digit in cell.text for digit in "123456789"):
        return cell
    shade = min(1.0, abs(value) / scale) if scale > 0.0 else 0.0
    kind = "gain" if value > 0.0 else "loss"
    return Cell(cell.text, kind, round(shade, 2), cell.value, pattern)
