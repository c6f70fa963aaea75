"""One door to every format of the report."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from quanthedge.comparison import Others
from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.report.blocks import Document, Figure
from quanthedge.report.document import build_document
from quanthedge.report.drawing import png_bytes
from quanthedge.report.html import begin_library, render_html
from quanthedge.report.numbers import render_numbers
from quanthedge.report.pdf import render_pdf
from quanthedge.report.workbook import render_workbook
from quanthedge.storage import write_page
from quanthedge.typing import Language

__all__ = ["FORMATS", "write_report", "write_reports"]

FORMATS = ("html", "pdf", "xlsx", "json", "png")


def write_reports(
    result: Record,
    folder: str | Path,
    kinds: Iterable[str],
    language: Language = "zh",
    others: Others | None = None,
    write: Callable[[Path, str | bytes, str], None] = write_page,
    capacity: pd.DataFrame | None = None,
) -> Iterator[Path]:
    """Write a report in several formats from one document; yield each path when it is written.

    Parameters
    ----------
    result : Result
    folder : str or Path
    kinds : iterable of str
        Of "html", "pdf", "xlsx", "json" and "png"; ``png`` writes every figure as an image, into a
        folder of their own.
    language : "zh" or "en"
    others : mapping, optional
        Products set beside the fund; see :func:`quanthedge.comparison.compare_funds`.
    write : callable
        Takes a path, the content and what it is; by default a file that is there is replaced.
    capacity : DataFrame, optional
        Table of :func:`quanthedge.capacity_curve`, for a chapter of its own.

    Raises
    ------
    DataError
        When a format is not known or a file cannot be written.
    """
    kinds, folder = list(kinds), Path(folder)
    for kind in kinds:
        if kind not in FORMATS:
            raise DataError(f"report format {kind!r}; accepted: {', '.join(FORMATS)}")
    if "html" in kinds:
        begin_library()
    document = build_document(result, language, others, capacity)
    for kind in kinds:
        if kind == "png":
            yield _figures(document, folder / f"figures_{language}", write)
            continue
        path = folder / f"report_{language}.{kind}"
        write(path, _rendered(document, result, kind), "report")
        yield path


def write_report(
    result: Record,
    folder: str | Path,
    kind: str,
    language: Language = "zh",
    others: Others | None = None,
) -> Path:
    """Write a report in one format and return its path; see :func:`write_reports`."""
    return next(write_reports(result, folder, [kind], language, others))


def _rendered(document: Document, result: Record, kind: str) -> str | bytes:
    if kind == "html":
        return render_html(document)
    if kind == "pdf":
        return render_pdf(document)
    if kind == "xlsx":
        return render_workbook(document, result)
    return render_numbers(document, result)


def _figures(
    document: Document, folder: Path, write: Callable[[Path, str | bytes, str], None]
) -> Path:
    for chapter in document.chapters:
        for block in chapter.blocks:
            if isinstance(block, Figure):
                write(folder / f"{block.id}.png", png_bytes(block.spec), "figure")
    return folder
