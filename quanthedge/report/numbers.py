"""Every number of a report as JSON, with its text, place and definition, for machines."""

import json
from datetime import date
from typing import Any

from quanthedge.record import Record
from quanthedge.report.blocks import Answers, Cell, Document, Figure, Lines, Table

__all__ = ["document_numbers", "render_numbers"]

_FORMAT = 1
_HOLDERS = frozenset({dict, list, tuple})


def render_numbers(document: Document, result: Record | None) -> str:
    """Return the numbers of a document as JSON, with the run's market, versions and strategy.

    Without a result these are left out: a statement names no other investor.
    """
    numbers = document_numbers(document)
    if result is not None:
        numbers["market"] = result.market_info
        numbers["versions"] = result.versions
        numbers["strategy"] = result.strategy.model_dump(mode="json")
    return _indented(numbers) + "\n"


def _indented(value: Any, depth: int = 1) -> str:
    """Return what ``json.dumps`` does with an indent of 1 and sorted keys, in less time.

    What holds nothing that goes on inside is left to Python's compiled encoder, which indents
    nothing by itself: the separator brings the new line.
    """
    line = "\n" + " " * depth
    parts = value.values() if isinstance(value, dict) else value
    if not (isinstance(value, dict | list | tuple) and value):
        return _encoded(value, ",")
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if _HOLDERS.isdisjoint(map(type, parts)):
        inside = _encoded(value, f",{line}")[1:-1]
    elif isinstance(value, dict):
        inside = f",{line}".join(
            f"{_encoded(key, ',')}: {_indented(value[key], depth + 1)}" for key in sorted(value)
        )
    else:
        inside = f",{line}".join(_indented(part, depth + 1) for part in value)
    return f"{opening}{line}{inside}{line[:-1]}{closing}"


def _encoded(value: Any, separator: str) -> str:
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(separator, ": ")
    )


def document_numbers(document: Document) -> dict[str, Any]:
    """Return the numbers of a document.

    Returns
    -------
    dict
        ``cards``: by measure; ``tables``: by id, with title, note (how it was computed), column
        heads and cells; a cell has its row's name, its column, the text as printed, and, where it
        is a number, the value behind the text and the format; ``figures``: by id, with the series
        as plotted; ``sentences``: what is written beside.
    """
    blocks = [block for chapter in document.chapters for block in chapter.blocks]
    return {
        "format": _FORMAT,
        "language": document.language,
        "name": document.name,
        "facts": document.facts,
        "terms": dict(document.terms),
        "cards": {card.key: {"name": card.name} | _cell(card.cell) for card in document.cards},
        "sentences": document.verdict,
        "tables": {block.id: _table(block) for block in blocks if isinstance(block, Table)},
        "figures": {block.id: _figure(block) for block in blocks if isinstance(block, Figure)},
        "texts": {block.id: _text(block) for block in blocks if isinstance(block, Lines | Answers)},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = {"text": cell.text}
    if cell.value is not None:
        value = cell.value
        found["value"] = value.isoformat() if isinstance(value, date) else value
        found["format"] = cell.pattern
    if cell.bounds is not None:
        ends = [end.isoformat() if isinstance(end, date) else end for end in cell.bounds]
        found |= {"low": ends[0], "high": ends[1], "format": cell.pattern}
    return found


def _table(block: Table) -> dict[str, Any]:
    rows = [
        [{"row": row[0].text, "column": head} | _cell(cell) for head, cell in pairs]
        for row in block.rows
        for pairs in [list(zip(block.head, row, strict=True))[1:]]
    ]
    return {"title": block.title, "note": block.caption, "head": block.head, "rows": rows}


def _figure(block: Figure) -> dict[str, Any]:
    series = [
        {key: trace[key] for key in ("type", "name", "x", "y", "text") if key in trace}
        for trace in block.spec["data"]
    ]
    return {"title": block.title, "note": block.caption, "series": series}


def _text(block: Lines | Answers) -> dict[str, Any]:
    return {"title": block.title, "items": list(block.items)}
