"""One self-contained HTML page: texts, tables, figures and the library that draws them.

The library and the figures are embedded compressed and unpacked by the browser, so that the page
works without a network and stays small; the page forbids the browser every address.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from quanthedge.comparison import Others
from quanthedge.record import Record
from quanthedge.report.blocks import Block, Chapter, Document, Figure, Table
from quanthedge.report.document import build_document
from quanthedge.report.figure_style import FONT, gain_and_loss_colours
from quanthedge.report.library import library, packed
from quanthedge.report.units import unit_at_head
from quanthedge.report.web_fonts import font_faces
from quanthedge.storage import write_page
from quanthedge.typing import Language
from quanthedge.words import templates

__all__ = ["render_html", "write_html"]

_FACES, _FIGURES, _LIBRARY = "<!--FACES-->", "<!--FIGURES-->", "<!--LIBRARY-->"


def write_html(
    result: Record,
    path: str | Path,
    *,
    language: Language = "zh",
    others: Others | None = None,
    capacity: pd.DataFrame | None = None,
) -> Path:
    """Write the report of a run as one HTML file that works offline, and return its path.

    Parameters
    ----------
    result : Result
        Or anything with its tables, texts and ``summary()``.
    path : str or Path
        Replaced in one step: a reader sees the old page or the whole new one.
    language : "zh" or "en"

    Raises
    ------
    DataError
        When the language is not known, the ledger has no trading day, or the file cannot be
        written.
    """
    path = Path(path)
    write_page(path, render_html(build_document(result, language, others, capacity)), "report")
    return path


def render_html(document: Document) -> str:
    """Return the page of a document."""
    environment = templates("quanthedge.report")
    text = document.words
    figures = {
        block.id: _literal(block.spec)
        for chapter in document.chapters
        for block in chapter.blocks
        if isinstance(block, Figure)
    }
    gain, loss = gain_and_loss_colours("zh" if document.language == "zh" else "en")
    plotted = _compact(figures)
    with ThreadPoolExecutor(1, "figures") as pool:  # compressed outside Python's lock
        drawn = pool.submit(packed, plotted.encode("utf-8"))
        page = environment.get_template("report.html.j2").render(
            t=text,
            d=replace(document, chapters=[_printed(one, document) for one in document.chapters]),
            font=FONT,
            gain=gain,
            loss=loss,
            messages=_for_script({key: text[key] for key in ("old_browser", "broken_figure")}),
        )
        # put in last: the typeface holds the letters of the finished page and of its figures
        faces = font_faces(page + plotted)
    for place, content in {_FACES: faces, _FIGURES: drawn.result(), _LIBRARY: library()}.items():
        page = page.replace(place, content, 1)
    return page


def _printed(chapter: Chapter, document: Document) -> Chapter:
    """Return a chapter whose tables have their units at the head."""
    language: Language = "zh" if document.language == "zh" else "en"
    blocks: list[Block] = [
        unit_at_head(block, language) if isinstance(block, Table) else block
        for block in chapter.blocks
    ]
    return replace(chapter, blocks=blocks)


_TEXTS = ("name", "text", "ticktext", "x", "y")  # of a figure: what a user's words may be in
_MARKS = re.compile("[&<]")
_NO_WORDS = {float, int, bool, type(None)}


def _literal(spec: Any, *, text: bool = False) -> Any:
    """Return a figure whose words the library shows as they are: it reads ``<`` and ``&``."""
    if isinstance(spec, dict):
        return {key: _literal(value, text=text or key in _TEXTS) for key, value in spec.items()}
    if isinstance(spec, list):
        kinds = {type(value) for value in spec}
        if kinds <= _NO_WORDS or (kinds == {str} and not _MARKS.search("".join(spec))):
            return spec
        return [_literal(value, text=text) for value in spec]
    if text and isinstance(spec, str):
        return spec.replace("&", "&amp;").replace("<", "&lt;")
    return spec


def _for_script(value: Any) -> str:
    """Return JSON that may stand inside a script element."""
    text = _compact(value)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
