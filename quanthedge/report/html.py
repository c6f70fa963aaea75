"""One self-contained HTML page: texts, tables, figures and the library that draws them.

The library and the figures are embedded compressed and unpacked by the browser, so that the page
works without a network and stays small; the page forbids the browser every address.
"""

import base64
import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from quanthedge.errors import DataError
from quanthedge.market.storage import write_page
from quanthedge.report.blocks import Chapter, Figure, Lines, Table
from quanthedge.report.chapters import Run, build_chapters, cards, own_words, verdict
from quanthedge.report.specs import FONT, gain_and_loss_colours, index_name
from quanthedge.report.texts import Language, words

__all__ = ["write_html"]


def write_html(result: Run, path: str | Path, *, language: Language = "zh") -> Path:
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
    if language not in ("zh", "en"):
        raise DataError(f"report language {language!r}; accepted: zh, en")
    if len(result.ledger) < 2:
        raise DataError("report: the ledger has no trading day; run the strategy first")
    path = Path(path)
    write_page(path, _render(result, language), "report")
    return path


def _render(result: Run, language: Language) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("quanthedge.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = words(language)
    chapters = _numbered(build_chapters(result, language), language)
    days = result.ledger.index
    benchmark = str(result.strategy.get("benchmark", ""))
    figures = {
        block.id: block.spec
        for chapter in chapters
        for block in chapter.blocks
        if isinstance(block, Figure)
    }
    gain, loss = gain_and_loss_colours(language)
    return environment.get_template("report.html.j2").render(
        t=text,
        font=FONT,
        gain=gain,
        loss=loss,
        name=own_words(result.strategy, "name", language) or text["document"],
        description=own_words(result.strategy, "description", language),
        period=text["period"].format(
            start=f"{days[1]:%Y-%m-%d}", end=f"{days[-1]:%Y-%m-%d}", days=len(days) - 1
        ),
        opening=text["opening"].format(capital=f"{result.ledger['equity'].iloc[0]:,.0f}"),
        benchmark=text["benchmark"].format(index=index_name(benchmark, language), code=benchmark)
        if benchmark
        else "",
        cards=cards(result, language),
        verdict=verdict(result, language),
        chapters=chapters,
        figures=_packed(_compact(figures).encode("utf-8")),
        messages=_for_script({key: text[key] for key in ("old_browser", "broken_figure")}),
        library=_library(),
    )


def _numbered(chapters: list[Chapter], language: Language) -> list[Chapter]:
    """Return the chapters with running numbers before the titles of figures and tables."""
    marks = {"figure": "图", "table": "表"} if language == "zh" else {}
    counts = {"figure": 0, "table": 0}
    found = []
    for chapter in chapters:
        blocks: list[Table | Figure | Lines] = []
        for block in chapter.blocks:
            kind = "table" if isinstance(block, Table) else "figure"
            if not isinstance(block, Table | Figure):
                blocks.append(block)
                continue
            counts[kind] += 1
            mark = marks.get(kind, kind.capitalize())
            blocks.append(replace(block, title=f"{mark} {counts[kind]}  {block.title}"))
        found.append(replace(chapter, blocks=blocks))
    return found


def _for_script(value: Any) -> str:
    """Return JSON that may stand inside a script element."""
    text = _compact(value)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _packed(content: bytes) -> str:
    """Return the bytes compressed and in base64, the same on every run."""
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")


@cache
def _library() -> str:
    """Return the plotly library, compressed and in base64."""
    import plotly

    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    try:
        code = source.read_bytes()
    except OSError as error:
        raise DataError(
            f"report: plotly's library is missing at {source}; reinstall plotly"
        ) from error
    return _packed(code)
