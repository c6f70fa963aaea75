"""What a chapter of the report is made of: figures, tables, lists; all text still unescaped."""

import math
from dataclasses import dataclass, field
from typing import Any

from quanthedge.performance import Measure

__all__ = ["Cell", "Chapter", "Figure", "Lines", "Table", "measure_cell", "number_cell", "signed"]


@dataclass(frozen=True)
class Cell:
    """Text of a table cell and how it is set: "number", "gain", "loss", "text" or "wide"."""

    text: str
    kind: str = "text"
    shade: float = 0.0


@dataclass(frozen=True)
class Table:
    """A table with its id, title and a note that says how it was computed."""

    id: str
    title: str
    caption: str
    head: list[str]
    rows: list[list[Cell]]
    emphasised: frozenset[int] = frozenset()
    folded: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A plotly dictionary with its id, title and note; without one, the reason why."""

    id: str
    title: str
    caption: str
    spec: dict[str, Any]
    kind: str = "figure"


@dataclass(frozen=True)
class Lines:
    """A list of sentences, or text as it stands (``kind`` "code")."""

    id: str
    title: str
    caption: str
    items: list[str]
    kind: str = "lines"


@dataclass(frozen=True)
class Chapter:
    """One chapter, in reading order."""

    id: str
    title: str
    blocks: list[Table | Figure | Lines] = field(default_factory=list)


def measure_cell(measure: Measure, language: str) -> Cell:
    """Return a measure as it is printed, or the reason why there is none."""
    text = measure.text("zh" if language == "zh" else "en")
    return Cell(text, "quiet" if measure.value is None else "number")


def number_cell(value: float, pattern: str, missing: str = "–") -> Cell:
    """Return a number by a format such as ``.2%``; NaN shows as a dash, zero without a sign."""
    if math.isnan(value):
        return Cell(missing, "quiet")
    text = format(value, pattern)
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    return Cell(text, "number")


def signed(value: float, pattern: str, scale: float = 0.0) -> Cell:
    """Return a number coloured by its sign; ``scale`` is the value of the deepest shade."""
    cell = number_cell(value, pattern)
    if cell.kind == "quiet" or not any(digit in cell.text for digit in "123456789"):
        return cell
    shade = min(1.0, abs(value) / scale) if scale > 0.0 else 0.0
    return Cell(cell.text, "gain" if value > 0.0 else "loss", round(shade, 2))
