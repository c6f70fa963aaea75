"""The quality report as one HTML page: no script, no address outside, one file."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market.quality import view
from quanthedge.market.quality.gaps import gaps_in_words
from quanthedge.market.quality.report import QualityReport
from quanthedge.storage import write_page
from quanthedge.typing import Language
from quanthedge.words import templates

__all__ = ["quality_page", "write_quality_page"]

_MOST_ROWS = 400  # suspicious stock-days on the page; the rest is counted


def write_quality_page(report: QualityReport, path: str | Path, language: Language = "en") -> Path:
    """Write the report as one HTML file that works offline, and return its path.

    Parameters
    ----------
    report : QualityReport
    path : str or Path
        Replaced in one step.
    language : "en" or "zh"

    Raises
    ------
    DataError
        The file cannot be written.
    """
    path = Path(path)
    write_page(path, quality_page(report, language), "page")
    return path


def quality_page(report: QualityReport, language: Language = "en") -> str:
    """Return the report as one HTML page in a language."""
    environment = templates("quanthedge.market.quality")
    environment.globals |= {"_": partial(_said, language=language), "language": language}
    environment.globals |= _SIGNS[language]
    suspects = report.suspects
    text: str = environment.get_template("quality.html.j2").render(
        manifest=report.manifest,
        report=report,
        cards=view.cards(report),
        verdict=view.verdict(report, language),
        subjects=view.subjects(report, language),
        moves=view.moves(report),
        suspects=[_written(row) for row in suspects.head(_MOST_ROWS).itertuples()],
        more_suspects=max(len(suspects) - _MOST_ROWS, 0),
        legend=view.LEGEND,
        years=view.years(report),
        lines=view.map_lines(report),
        gaps=gaps_in_words(report.coverage, report.months, language),
        boards=_with_shades(report.by_board),
    )
    return text


_SIGNS: dict[Language, dict[str, str]] = {
    "en": {"colon": ": ", "comma": ", ", "semicolon": "; ", "stop": "."},
    "zh": {"colon": "：", "comma": "，", "semicolon": "；", "stop": "。"},
}


def _said(text: object, language: Language) -> str:
    """Return what the page says in a language; names, numbers and data stay as they are."""
    return view.said(str(text), language)


def _written(row: Any) -> dict[str, str]:
    """Return a suspicious stock-day as texts."""
    limits = f"{row.lowest:.2f} to {row.highest:.2f}"
    if not np.isfinite(row.highest):
        limits = "not known" if np.isnan(row.highest) else "none"
    return {
        "code": row.code,
        "date": f"{row.date:%Y-%m-%d}",
        "kind": row.kind,
        "change": f"{row.change:+.1%}",
        "pre_close": f"{row.pre_close:.2f}",
        "close": f"{row.close:.2f}",
        "range": f"{row.low:.2f} to {row.high:.2f}",
        "limits": limits,
        "suspended": f"{row.suspended_days:,}" if row.suspended_days else "",
        "step": f"{row.adj_step:.3f}" if abs(row.adj_step - 1) > 5e-4 else "",
    }


def _with_shades(table: pd.DataFrame) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return each board's numbers by year with their shade, 0 to 1 of the table's largest."""
    top = max(int(table.to_numpy().max(initial=0)), 1) if len(table) else 1
    return [
        (str(name), [(int(count), f"{count / top:.2f}") for count in table[name]])
        for name in table.columns
    ]
