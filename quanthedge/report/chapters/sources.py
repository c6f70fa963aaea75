"""How sure a rule of the book is, in words, and the documents that it rests on."""

from collections.abc import Iterable
from datetime import date

from quanthedge.report.blocks import Cell, Table
from quanthedge.report.writer import Writer
from quanthedge.rules import read_sources

__all__ = ["confidence_cell", "source_cell", "source_list"]

_NOTHING = Cell("–", "quiet")
_MEMORY = "MEM"
_WHOLE_DAY = len("2015-09-07")


def confidence_cell(writer: Writer, letter: str) -> Cell:
    """Return in words how sure a rule is."""
    found = writer.words["confidences"].get(letter)
    return Cell(str(found)) if found else _NOTHING


def source_cell(writer: Writer, ids: str) -> Cell:
    """Return the numbers of a rule's sources; the list of sources says what they are."""
    text = ids.replace(_MEMORY, str(writer.words["from_memory"])).replace(";", " ")
    return Cell(text, "value") if text else _NOTHING


def source_list(writer: Writer, asked: Iterable[str]) -> Table:
    """Return what each source is, where it was read and of what day; titles are English."""
    known, kinds = read_sources(), writer.words["source_kinds"]
    wanted = {one for ids in asked for one in ids.split(";")} - {_MEMORY}
    rows = []
    for number in sorted(wanted & set(known)):
        source = known[number]
        title = [Cell(source.title, "wide")] if writer.language == "en" else []
        day = _day(source.date)
        rows.append([Cell(number), Cell(str(kinds[source.kind])), *title, Cell(source.place), day])
    told = ("content",) if writer.language == "en" else ()
    head = writer.head("source_number", "kind", *told, "place", "date")
    return writer.table("sources", head, rows, folded=True)


def _day(text: str) -> Cell:
    """Return the day of a document; of some only the month or the year is known."""
    if not text:
        return _NOTHING
    return Cell(text, value=date.fromisoformat(text) if len(text) == _WHOLE_DAY else None)
