"""The replay of rules and limits: how near the run came to each, and what it could not do."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from quanthedge.limits import margin_days
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell
from quanthedge.report.writer import Writer

__all__ = ["limit_blocks"]

Row = Mapping[Hashable, Any]
_PATTERNS = {"lots": ",.0f", "share": ".2%", "days": ".0f"}


def limit_blocks(writer: Writer) -> list[Block]:
    """Return the table of limits, the risk degree day by day, and what cannot be known."""
    ledger, words = writer.run.ledger, writer.words
    lines = writer.limits.to_dict("records")
    applied = [_applied(writer, row) for row in lines]
    came = [_came(writer, row) for row in lines if not pd.isna(row["date"])]
    call = writer.run.strategy.accounts.margin_call
    head = writer.head("limit", "since", "standing", "level", "nearest", "on", "headroom")
    sources = writer.head("limit", "in_force", "not_done", "source")
    blocks: list[Block] = [
        writer.table("limits", [*head, *writer.head("touched")], came),
        writer.table("limit_sources", sources, applied, folded=True),
    ]  # fmt: skip
    if (ledger["lots"] != 0).any():
        days = margin_days(ledger, call)["risk_degree"]
        spec = specs.risk_degree(days, call, writer.language)
        blocks.insert(1, writer.figure("risk_degree", spec, call=f"{1 / call:.1%}"))
    return [*blocks, writer.lines("limits_unknown", list(words["limits_unknown"]["texts"]))]


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
        Cell(f"{row['start']:%Y-%m-%d}"),
        Cell(str(writer.words["standings"][row["standing"]])),
        _level(row, pattern),
        number_cell(row["nearest"], pattern),
        Cell(f"{row['date']:%Y-%m-%d}"),
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
    span = Cell(f"{row['start']:%Y-%m-%d} – {row['end']:%Y-%m-%d}")
    unit = "orders" if row["limit"].startswith(("stock_", "participation")) else "lots"
    lost = none
    if row["refused"]:
        text = str(words["limit_lost"][unit])
        lost = Cell(text.format(count=f"{row['refused']:,}", days=row["refused_days"]), "text")
    return [_name(writer, row), span, lost, _source(writer, row)]


def _source(writer: Writer, row: Row) -> Cell:
    words = writer.words
    if not row["source"]:
        own = row["standing"] == "own"
        return Cell(str(words["standings"]["own"]) if own else "–", "wide")
    text = str(row["source"]).replace("MEM", str(words["from_memory"])).replace(";", " ")
    text = text.replace("contract", str(words["limit_lost"]["contract"]))
    return Cell(f"{row['confidence']}: {text}", "wide")
