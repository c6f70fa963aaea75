"""The chapter on how much money the strategy carries, when its table lies beside the run."""

from datetime import date
from typing import Any

from quanthedge.report.blocks import Block, Cell, number_cell
from quanthedge.report.capacity import (
    MEASURES,
    capacity_answer,
    capacity_spec,
    done_sizes,
    shown_size,
)
from quanthedge.report.writer import Writer
from quanthedge.words import filled

__all__ = ["capacity"]

_WHOLE = ",.0f"
_PATTERNS = {"lots": _WHOLE, "hedge_gap": ".2%", "lot_rounding": ".2%", "participation": ".2%"}


def capacity(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter; none without a table."""
    table = writer.capacity
    if table is None:
        return []
    text, language, done = writer.words["capacity"], writer.language, done_sizes(table)
    first = done.iloc[0]
    smallest = float(first["smallest_hedged_yuan"])
    asked: dict[str, Any] = {
        "start": date.fromisoformat(first["first_day"]),
        "end": date.fromisoformat(first["last_day"]),
        "coefficient": f"{first['coefficient']:g}",
    }  # fmt: skip
    sentences = [capacity_answer(table, language)]
    if smallest > 0.0:
        units = writer.words["figures"]
        size = f"{smallest / float(units['money_unit']):,.0f}"
        sentences.append(text["smallest"].format(size=size, money=units["money"]))
    sentences += [
        text["no_run"].format(size=shown_size(float(size), language))
        for size in table.index[table["reason"] != ""]
    ]
    head = [text["measure"], *(shown_size(float(size), language) for size in done.index)]
    rows = [
        [Cell(text[name])] + [number_cell(float(v), _PATTERNS.get(name, ".1%")) for v in done[name]]
        for name in MEASURES
        if name != "smallest_hedged_yuan"
    ]
    return [
        writer.lines("capacity_answer", sentences),
        writer.figure("capacity", capacity_spec(table, language)),
        writer.table("capacity_table", head, rows, **asked),
        writer.lines(
            "capacity_method", [filled(line, language, **asked) for line in text["method"]]
        ),
    ]
