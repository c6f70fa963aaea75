"""The replay of rules and limits: how near the run came to each, and what it could not do."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from quanthedge.report.blocks import Block, Cell, Table, day_cell, number_cell, span_cell
from quanthedge.report.chapters.sources import confidence_cell, source_cell
from quanthedge.report.writer import Writer

__all__ = ["limit_sources", "limits"]

Row = Mapping[Hashable, Any]
_PATTERNS = {"lots": ",.0f", "share": ".2%", "days": ".0f"}


def limits(writer: Writer) -> list[Block]:
    """Return how near the run came to each limit, and what cannot be known."""
    words = writer.words
    came = [_came(writer, row) for row in _replayed(writer) if not pd.isna(row["date"])]
    head = writer.head(
        "limit", "since", "standing", "level", "nearest", "on", "headroom", "touched"
    )
    return [
        writer.table("limits", head, came),
        writer.lines("limits_unknown", list(words["limits_unknown"]["texts"])),
    ]


def limit_sources(writer: Writer) -> Table:
    """Return when each limit was in force, what was not done because of it, and its source."""
    head = writer.head("limit", "in_force", "not_done", "confidence", "source")
    rows = [_applied(writer, row) for row in _replayed(writer)]
    return writer.table("limit_sources", head, rows, folded=True)


def _replayed(writer: Writer) -> list[Row]:
    return list(writer.limits.to_dict("records"))


def _name(writer: Writer, row: Row) -> Cell:
    name = str(writer.words["limit_names"][row["limit"]])
    return Cell(f"{row['product']} {name}" if row["product"] else name)


def _came(writer: Writer, row: Row) -> list[Cell]:
    """Return how near the run came to a limit."""
    pattern = _PATTERNS[row["unit"]]
    none = Cell("–", "quiet")
    touched = f"{row['days_at_or_beyond']} / {row['days']}"
    return [
        _name(writer, row),
        day_cell(row["start"]),
        Cell(str(writer.words["standings"][row["standing"]])),
        _level(row, pattern),
        number_cell(row["nearest"], pattern),
        day_cell(row["date"]),
        number_cell(row["headroom"], pattern),
        Cell(touched, "number") if math.isfinite(row["level"]) else none,
    ]


def _level(row: Row, pattern: str) -> Cell:
    cell = number_cell(row["level"], pattern)
    if cell.kind == "quiet":
        return cell
    sign = "≤" if row["sense"] == "at_most" else "≥"
    return Cell(f"{sign} {cell.text}", "number")


def _applied(writer: Writer, row: Row) -> list[Cell]:
    """Return when a limit was in force, what was not done because of it, and where it stands."""
    words, none = writer.words, Cell("–", "quiet")
    span = span_cell(row["start"], row["end"])
    unit = "orders" if row["limit"].startswith(("stock_", "participation")) else "lots"
    lost = none
    if row["refused"]:
        text = str(words["limit_lost"][unit])
        lost = Cell(text.format(count=f"{row['refused']:,}", days=row["refused_days"]), "text")
    return [_name(writer, row), span, lost, *_source(writer, row)]


def _source(writer: Writer, row: Row) -> list[Cell]:
    """Return how sure a limit is and where it stands; that of a contract is its own."""
    none = Cell("–", "quiet")
    if not row["source"]:
        own = row["standing"] == "own"
        return [none, Cell(str(writer.words["standings"]["own"]), "value") if own else none]
    text = str(row["source"]).replace("contract", str(writer.words["limit_lost"]["contract"]))
    return [confidence_cell(writer, str(row["confidence"])), source_cell(writer, text)]
