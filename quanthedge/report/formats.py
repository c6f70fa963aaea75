"""One door to every format of the report."""

from pathlib import Path

from quanthedge.comparison.table import Others
from quanthedge.errors import DataError
from quanthedge.report.blocks import Figure
from quanthedge.report.document import build_document
from quanthedge.report.drawing import figure_png
from quanthedge.report.html import write_html
from quanthedge.report.numbers import write_numbers
from quanthedge.report.pdf import write_pdf
from quanthedge.report.texts import Language
from quanthedge.report.workbook import write_workbook
from quanthedge.report.writer import Run

__all__ = ["FORMATS", "write_report"]

FORMATS = ("html", "pdf", "xlsx", "json", "png")
_WRITERS = {"html": write_html, "pdf": write_pdf, "xlsx": write_workbook, "json": write_numbers}


def write_report(
    result: Run,
    folder: str | Path,
    kind: str,
    language: Language = "zh",
    others: Others | None = None,
) -> Path:
    """Write a report into a folder and return its path (of a folder for figures).

    Parameters
    ----------
    result : Result
    folder : str or Path
    kind : "html", "pdf", "xlsx", "json" or "png"
        ``png`` writes every figure as an image of its own.
    language : "zh" or "en"
    others : mapping, optional
        Products set beside the fund; see :func:`quanthedge.comparison.compare_funds`.

    Raises
    ------
    DataError
        When the format is not known or a file cannot be written.
    """
    if kind not in FORMATS:
        raise DataError(f"report format {kind!r}; accepted: {', '.join(FORMATS)}")
    folder = Path(folder)
    if kind != "png":
        path = folder / f"report_{language}.{kind}"
        return _WRITERS[kind](result, path, language=language, others=others)
    target = folder / f"figures_{language}"
    for chapter in build_document(result, language, others).chapters:
        for block in chapter.blocks:
            if isinstance(block, Figure):
                figure_png(block.spec, target / f"{block.id}.png")
    return target
