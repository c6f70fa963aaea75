"""One door to every format of the report."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from quanthedge.comparison import Others
from quanthedge.errors import DataError
from quanthedge.record import Record, until
from quanthedge.report.blocks import Document, Figure
from quanthedge.report.document import build_document
from quanthedge.report.drawing import png_bytes
from quanthedge.report.html import render_html
from quanthedge.report.library import begin_library
from quanthedge.report.numbers import render_numbers
from quanthedge.report.pdf import render_pdf
from quanthedge.report.workbook import render_workbook
from quanthedge.storage import write_page
from quanthedge.typing import Edition, Language

if TYPE_CHECKING:
    from quanthedge.report.client import Paper

__all__ = ["EDITIONS", "FORMATS", "write_by_ending", "write_report", "write_reports"]

_FILES = ("html", "pdf", "xlsx", "json")
FORMATS = (*_FILES, "png")
EDITIONS: tuple[Edition, ...] = ("client", "full", "risk")
_NAMES: dict[Edition, str] = {"full": "report", "client": "client", "risk": "risk"}  # of the files


def write_reports(
    result: Record,
    folder: str | Path,
    kinds: Iterable[str],
    language: Language = "zh",
    others: Others | None = None,
    write: Callable[[Path, str | bytes, str], None] = write_page,
    capacity: pd.DataFrame | None = None,
    edition: Edition = "full",
    *,
    as_of: str | None = None,
    month: str | None = None,
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
    edition : "full", "client" or "risk"
        The whole book; the few pages that investors get; the chapters on risk alone.
    as_of : date, optional
        Day of the run, or a date after one, that everything is stated as of; its last by default.
    month : str, optional
        ``YYYY-MM``: the report of a month, as of its last trading day in the run.

    Raises
    ------
    DataError
        When a format or an edition is not known, the run has no such day or month, or a file cannot
        be written.
    """
    _check_edition(edition)
    result, label = stated(result, as_of, month)
    kinds, folder = list(kinds), Path(folder)
    for kind in kinds:
        if kind not in FORMATS:
            raise DataError(f"report format {kind!r}; accepted: {', '.join(FORMATS)}")
    if "html" in kinds and edition != "client":
        begin_library()
    made = _made(result, language, others, capacity, edition, month)
    name = f"{_NAMES[edition]}{label}"
    for kind in kinds:
        if kind == "png":
            place = "figures" if name == "report" else f"{name}_figures"
            yield _figures(_document(made), folder / f"{place}_{language}", write)
            continue
        path = folder / f"{name}_{language}.{kind}"
        write(path, _rendered(made, result, kind), "report")
        yield path


def write_report(
    result: Record,
    folder: str | Path,
    kind: str,
    language: Language = "zh",
    others: Others | None = None,
    edition: Edition = "full",
) -> Path:
    """Write a report in one format and return its path; see :func:`write_reports`."""
    return next(write_reports(result, folder, [kind], language, others, edition=edition))


def write_by_ending(
    result: Record,
    path: str | Path,
    *,
    language: Language = "zh",
    others: Others | None = None,
    capacity: pd.DataFrame | None = None,
    edition: Edition = "full",
    as_of: str | None = None,
    month: str | None = None,
) -> Path:
    """Write a report as one file, in the format of its ending, and return its path.

    See :func:`write_reports`.

    Raises
    ------
    DataError
        When the ending is none of a report's, or the file cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _FILES:
        accepted = ", ".join(f".{one}" for one in _FILES)
        raise DataError(f"{path}: report in {path.suffix!r}; accepted: {accepted}")
    _check_edition(edition)
    result, _ = stated(result, as_of, month)
    made = _made(result, language, others, capacity, edition, month)
    write_page(path, _rendered(made, result, kind), "report")
    return path


def stated(
    result: Record, as_of: str | None = None, month: str | None = None
) -> tuple[Record, str]:
    """Return a run as of a day, or of the end of a month, and what names of files tell of it.

    Raises
    ------
    DataError
        Both are given, or the run has no such day or month.
    """
    if as_of is not None and month is not None:
        raise DataError("report as of a day and of a month: accepted is one of them")
    if month is not None:
        return until(result, _last_of(result, month)), f"_{month}"
    if as_of is None:
        return result, ""
    cut = until(result, as_of)
    return cut, f"_{cut.ledger.index[-1]:%Y-%m-%d}"


def _last_of(result: Record, month: str) -> pd.Timestamp:
    """Return the last trading day of a month in a run."""
    days = pd.DatetimeIndex(result.ledger.index)[1:]
    own = days[days.strftime("%Y-%m") == month]
    if not len(own):
        found = f"{days[0]:%Y-%m} to {days[-1]:%Y-%m}" if len(days) else "none"
        raise DataError(f"month {month!r}: no month of the run; accepted: YYYY-MM, {found}")
    return pd.Timestamp(own[-1])


def _made(
    result: Record,
    language: Language,
    others: Others | None,
    capacity: pd.DataFrame | None,
    edition: Edition,
    month: str | None,
) -> "Document | Paper":
    if edition == "client":
        from quanthedge.report.client import build_paper

        return build_paper(result, language, month)
    return build_document(result, language, others, capacity, edition)


def _document(made: "Document | Paper") -> Document:
    return made if isinstance(made, Document) else made.document


def _check_edition(edition: str) -> None:
    if edition not in EDITIONS:
        raise DataError(f"report edition {edition!r}; accepted: {', '.join(EDITIONS)}")


def _rendered(made: "Document | Paper", result: Record, kind: str) -> str | bytes:
    if not isinstance(made, Document):
        return _rendered_paper(made, kind)
    if kind == "html":
        return render_html(made)
    if kind == "pdf":
        return render_pdf(made)
    return render_workbook(made, result) if kind == "xlsx" else render_numbers(made, result)


def _rendered_paper(paper: "Paper", kind: str) -> str | bytes:
    from quanthedge.report.client import render_paper_html, render_paper_pdf

    if kind == "html":
        return render_paper_html(paper)
    if kind == "pdf":
        return render_paper_pdf(paper)
    # a paper leaves the house: neither the strategy's parameters nor its days go with it
    made = paper.document
    return render_workbook(made, None) if kind == "xlsx" else render_numbers(made, None)


def _figures(
    document: Document, folder: Path, write: Callable[[Path, str | bytes, str], None]
) -> Path:
    for chapter in document.chapters:
        for block in chapter.blocks:
            if isinstance(block, Figure):
                write(folder / f"{block.id}.png", png_bytes(block.spec), "figure")
    return folder
