"""The report as an A4 document with page numbers, embedded fonts and figures as vectors."""

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quanthedge.errors import DataError, needs
from quanthedge.report.blocks import Block, Cell, Document, Figure, Table
from quanthedge.report.drawing import figure_svg, font_folder
from quanthedge.report.figure_style import gain_and_loss_colours
from quanthedge.report.units import unit_at_head
from quanthedge.storage import storage_errors
from quanthedge.typing import Language

__all__ = ["render_pdf", "set_pages"]

FAMILY = "QuantHedge Sans"
_COVER_FIGURES = ("figure-unit-value", "figure-drawdown")  # the first that there is
_COVER_TABLES = (
    ("table-key-measures", "table-monthly-net"),
    ("table-largest-drawdowns", "table-exposures"),
)
_COVER_HEIGHT = 250  # pixels, of a figure that spans the page
_COVER_ROWS = 12  # of a table that the cover has room for
_EPOCH = 1_420_070_400  # a fixed time of making: the same run gives the same bytes


def render_pdf(document: Document) -> bytes:
    """Return the pages of a document."""
    template = Path(__file__).parent / "templates" / "report.typ"
    return set_pages(template, lambda folder: _data(document, folder))


def set_pages(template: Path, data: Callable[[Path], dict[str, Any]]) -> bytes:
    """Return the pages that a template makes of data.

    Parameters
    ----------
    template : Path
        Reads ``data.json`` beside it.
    data : callable
        Takes the folder that pages are set in, draws what they show into it, and returns what
        ``data.json`` holds.

    Raises
    ------
    DataError
        The pages cannot be set.
    """
    with needs("pdf"):
        import typst

    where = Path(tempfile.gettempdir())
    with storage_errors(where), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / template.name).write_bytes(template.read_bytes())
        text = json.dumps(data(folder), ensure_ascii=False, allow_nan=False)
        (folder / "data.json").write_text(text, encoding="utf-8")
        try:
            pages: bytes = typst.compile(
                str(folder / template.name),
                root=str(folder),
                font_paths=[str(font_folder())],
                format="pdf",
                timestamp=_EPOCH,
            )
        except RuntimeError as error:
            raise DataError(f"report: the PDF could not be set ({error})") from error
    return pages


def _data(document: Document, folder: Path) -> dict[str, Any]:
    """Return what the template reads; figures are drawn into the folder."""
    language: Language = "zh" if document.language == "zh" else "en"
    gain, loss = gain_and_loss_colours(language)
    words = document.words
    first = _cover_blocks(document)
    chapters = [
        {
            "id": chapter.id,
            "title": chapter.title,
            "blocks": [_block(b, folder, language) for b in chapter.blocks if b.id not in first],
            "above": _on_cover([b for b in chapter.blocks if b.id in first], document),
        }
        for chapter in document.chapters
    ]
    return {
        "lang": language,
        "fonts": [FAMILY, "Noto Sans CJK SC"],
        "gain": gain,
        "loss": loss,
        "words": {k: words[k] for k in ("document", "badge", "note", "contents", "pages", "unit")},
        "name": document.name,
        "description": document.description,
        "facts": document.facts,
        "cards": [
            {"name": card.name, "text": card.cell.text, "below": card.below}
            for card in document.cards
        ],
        "verdict": document.verdict,
        "cover-figure": next(
            (_cover_figure(b, folder) for b in first.values() if isinstance(b, Figure)), None
        ),
        "cover-tables": [_table(b, language) for b in first.values() if isinstance(b, Table)],
        "terms": document.terms,
        "chapters": chapters,
    }


def _cover_blocks(document: Document) -> dict[str, Block]:
    """Return what stands on the cover, and not again in its chapter."""
    blocks = {block.id: block for chapter in document.chapters for block in chapter.blocks}
    figures = [blocks[name] for name in _COVER_FIGURES if name in blocks][:1]
    pairs = [pair for pair in _COVER_TABLES if pair[0] in blocks][:1]
    tables = [blocks[name] for pair in pairs for name in pair if name in blocks]
    fitting = [b for b in tables if isinstance(b, Table) and len(b.rows) <= _COVER_ROWS]
    return {block.id: block for block in [*figures, *fitting]}


def _on_cover(blocks: list[Block], document: Document) -> str:
    """Return a line that says what of a chapter stands on the cover; empty where nothing does."""
    marks = [block.title.partition("  ")[0] for block in blocks]
    joint = "、" if document.language == "zh" else ", "
    return str(document.words["on_cover"]).format(titles=joint.join(marks)) if marks else ""


def _cover_figure(block: Figure, folder: Path) -> str:
    """Draw the cover's figure, lower than in a chapter."""
    low = block.spec["layout"] | {"height": _COVER_HEIGHT}
    (folder / "cover.svg").write_bytes(figure_svg(block.spec | {"layout": low}))
    return "cover.svg"


def _block(block: Block, folder: Path, language: Language) -> dict[str, Any]:
    if isinstance(block, Figure):
        (folder / f"{block.id}.svg").write_bytes(figure_svg(block.spec))
        return {
            "id": block.id,
            "kind": "figure",
            "title": block.title,
            "caption": block.caption,
            "path": f"{block.id}.svg",
        }
    return _table(block, language) if isinstance(block, Table) else asdict(block)


def _table(table: Table, language: Language) -> dict[str, Any]:
    """Return a table as it is printed, and how wide its columns are at least."""
    block = unit_at_head(table, language)
    rows = [[{"text": c.text, "kind": c.kind, "shade": c.shade} for c in r] for r in block.rows]
    return {
        "id": block.id,
        "kind": block.kind,
        "title": block.title,
        "caption": block.caption,
        "unit": block.unit,
        "head": block.head,
        "rows": rows,
        "emphasised": sorted(block.emphasised),
        "columns": [_column(block, k) for k in range(len(block.head))],
    }


def _column(table: Table, k: int) -> dict[str, Any]:
    """Return the widest cell and the widest part of the head that does not break."""
    cells = [row[k] for row in table.rows]
    parts = re.findall(r"[\u2e80-\uffef]{1,4}|[^\s\u2e80-\uffef]+", table.head[k]) or [""]
    return {
        "cell": max((cell.text for cell in cells), key=_wide, default=""),
        "head": max(parts, key=_wide),
        "flows": bool(cells) and any(cell.kind in ("wide", "value") for cell in cells),
        "words": bool(cells) and all(map(_in_words, cells)),
    }


def _in_words(cell: Cell) -> bool:
    """Whether a cell may break across lines."""
    return cell.kind in ("text", "quiet") and cell.value is None and cell.bounds is None


def _wide(text: str) -> int:
    """Return about how wide a text is: a Chinese letter counts twice."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
