"""The report as an A4 document with page numbers, embedded fonts and figures as vectors."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from quanthedge.comparison import Others
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.report.blocks import Block, Document, Figure, Table
from quanthedge.report.document import build_document
from quanthedge.report.drawing import figure_svg, font_folder
from quanthedge.report.specs import gain_and_loss_colours
from quanthedge.storage import storage_errors, write_page
from quanthedge.typing import Language

__all__ = ["render_pdf", "write_pdf"]

FAMILY = "QuantHedge Sans"
_COVER_FIGURE = "figure-unit-value"
_COVER_TABLES = ("table-key-measures", "table-monthly-net")
_COVER_HEIGHT = 250  # pixels, of a figure that spans the page
_COVER_ROWS = 12  # of a table that the cover has room for
_EPOCH = 1_420_070_400  # a fixed time of making: the same run gives the same bytes


def write_pdf(
    result: Record,
    path: str | Path,
    *,
    language: Language = "zh",
    others: Others | None = None,
    capacity: pd.DataFrame | None = None,
) -> Path:
    """Write the report of a run as a PDF and return its path.

    Parameters
    ----------
    result : Result
    path : str or Path
        Replaced in one step.
    language : "zh" or "en"

    Raises
    ------
    DataError
        When the report cannot be built or the file cannot be written.
    """
    path = Path(path)
    write_page(path, render_pdf(build_document(result, language, others, capacity)), "report")
    return path


def render_pdf(document: Document) -> bytes:
    """Return the pages of a document."""
    import typst

    template = Path(__file__).parent / "templates" / "report.typ"
    where = Path(tempfile.gettempdir())
    with storage_errors(where), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.typ").write_bytes(template.read_bytes())
        data = json.dumps(_data(document, folder), ensure_ascii=False, allow_nan=False)
        (folder / "data.json").write_text(data, encoding="utf-8")
        try:
            pages: bytes = typst.compile(
                str(folder / "report.typ"),
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
    gain, loss = gain_and_loss_colours("zh" if document.language == "zh" else "en")
    shown = [[_block(block, folder) for block in chapter.blocks] for chapter in document.chapters]
    chapters = [
        {"id": chapter.id, "title": chapter.title, "blocks": made}
        for chapter, made in zip(document.chapters, shown, strict=True)
    ]
    blocks = {block["id"]: block for made in shown for block in made}
    words = document.words
    tables = [blocks[name] for name in _COVER_TABLES if name in blocks]
    return {
        "lang": "zh" if document.language == "zh" else "en",
        "fonts": [FAMILY, "Noto Sans CJK SC"],
        "gain": gain,
        "loss": loss,
        "words": {k: words[k] for k in ("document", "badge", "note", "contents", "pages")},
        "name": document.name,
        "description": document.description,
        "facts": document.facts,
        "cards": [
            {"name": card.name, "text": card.cell.text, "below": card.below}
            for card in document.cards
        ],
        "verdict": document.verdict,
        "cover-figure": _cover_figure(document, folder),
        "cover-tables": [table for table in tables if len(table["rows"]) <= _COVER_ROWS],
        "terms": document.terms,
        "chapters": chapters,
    }


def _cover_figure(document: Document, folder: Path) -> str | None:
    """Draw the first figure again, lower than in its chapter."""
    for chapter in document.chapters:
        for block in chapter.blocks:
            if block.id == _COVER_FIGURE and isinstance(block, Figure):
                low = block.spec["layout"] | {"height": _COVER_HEIGHT}
                (folder / "cover.svg").write_bytes(figure_svg(block.spec | {"layout": low}))
                return "cover.svg"
    return None


def _block(block: Block, folder: Path) -> dict[str, Any]:
    if isinstance(block, Figure):
        (folder / f"{block.id}.svg").write_bytes(figure_svg(block.spec))
        return {
            "id": block.id,
            "kind": "figure",
            "title": block.title,
            "caption": block.caption,
            "path": f"{block.id}.svg",
        }
    if isinstance(block, Table):
        rows = [[{"text": c.text, "kind": c.kind, "shade": c.shade} for c in r] for r in block.rows]
        return {
            "id": block.id,
            "kind": block.kind,
            "title": block.title,
            "caption": block.caption,
            "head": block.head,
            "rows": rows,
            "emphasised": sorted(block.emphasised),
        }
    return asdict(block)
