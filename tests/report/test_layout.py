"""How the book looks: nine years at 8 points, no half-empty page, no legend without a line."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.report.blocks import Document, Figure, Table
from quanthedge.report.chapters import chapters_of
from quanthedge.report.document import build_document
from quanthedge.report.numbers import document_numbers
from quanthedge.report.pdf import render_pdf
from tests.performance.random_run import random_run
from tests.sample import sample_result

if TYPE_CHECKING:
    import pypdfium2 as pdfium

NINE_YEARS = 9 * 243
POINTS = 8.0


@cache
def nine_years() -> Document:
    return build_document(random_run(NINE_YEARS), "en")


@cache
def pages_of(kind: str) -> "pdfium.PdfDocument":
    import pypdfium2 as pdfium

    if kind == "nine years":
        return pdfium.PdfDocument(render_pdf(nine_years()))
    document = build_document(sample_result(), "zh", edition="risk" if kind == "risk" else "full")
    return pdfium.PdfDocument(render_pdf(document))


def sized(pages: "pdfium.PdfDocument") -> Iterator[tuple[str, float]]:
    """Every letter of a document with its size in points."""
    import pypdfium2.raw as pdfium_raw

    for page in pages:
        text = page.get_textpage()
        for k in range(text.count_chars()):
            yield text.get_text_range(k, 1), pdfium_raw.FPDFText_GetFontSize(text.raw, k)


def empty_share(page: "pdfium.PdfPage") -> float:
    """The tallest empty strip of a page, between its head and its foot, as a share of it."""
    grey = np.asarray(page.render(scale=0.5, grayscale=True).to_numpy()).squeeze()
    body = grey[int(0.06 * len(grey)) : int(0.94 * len(grey))]
    full = np.flatnonzero((body < 225).any(axis=1))
    edges = np.concatenate([[-1], full, [len(body)]])
    return float(np.diff(edges).max() / len(body))


@pytest.mark.parametrize("kind", ["nine years", "full", "risk"])
def test_no_page_but_the_last_is_half_empty(kind: str) -> None:
    pages = pages_of(kind)
    shares = [empty_share(pages[k]) for k in range(len(pages) - 1)]
    assert max(shares) < 0.36, [f"{share:.2f}" for share in shares]
    assert sum(shares) / len(shares) < 0.2


@pytest.mark.parametrize("chosen", [("holdings", "fees"), ("costs", "hedge")])
def test_the_last_figures_of_a_chapter_stand_below_its_tables(chosen: tuple[str, ...]) -> None:
    import pypdfium2 as pdfium

    chapters = {one.id: one for one in nine_years().chapters}
    part = replace(nine_years(), chapters=[chapters[one] for one in chosen])
    pages = pdfium.PdfDocument(render_pdf(part))
    grey = np.asarray(pages[len(pages) - 1].render(scale=0.5, grayscale=True).to_numpy()).squeeze()
    body = grey[int(0.06 * len(grey)) : int(0.94 * len(grey))]
    full = np.flatnonzero((body < 225).any(axis=1))
    assert np.diff(full).max() / len(body) < 0.1  # nothing empty between what is printed


def test_tables_of_nine_years_are_printed_at_eight_points() -> None:
    import pypdfium2.raw as pdfium_raw

    pages = pages_of("nine years")
    sizes = {}
    for page in pages:
        text = page.get_textpage()
        whole = text.get_text_range()
        for year in range(2014, 2024):
            at = whole.find(f"\n{year}")
            if at >= 0:
                sizes[year] = pdfium_raw.FPDFText_GetFontSize(text.raw, at + 1)
    assert len(sizes) >= 8
    assert min(sizes.values()) >= POINTS - 0.01
    assert len(by_id(nine_years())["table-monthly-net"].rows) >= 9


def by_id(document: Document) -> dict[str, Table]:
    blocks = [block for chapter in document.chapters for block in chapter.blocks]
    return {block.id: block for block in blocks if isinstance(block, Table)}


@pytest.mark.parametrize("days", [12, 40, 120])
def test_every_name_in_a_legend_has_a_line_and_every_axis_a_title(days: int) -> None:
    document = build_document(random_run(days), "zh")
    figures = [b for c in document.chapters for b in c.blocks if isinstance(b, Figure)]
    assert len(figures) >= 8
    for figure in figures:
        for trace in figure.spec["data"]:
            assert any(value is not None for value in trace["y"]), (figure.id, trace["name"])
        axes = [figure.spec["layout"][name] for name in ("xaxis", "yaxis")]
        named = [bool(axis.get("title", {}).get("text")) for axis in axes]
        assert any(named), figure.id


def test_what_stands_on_the_cover_is_not_printed_again() -> None:
    pages = pages_of("full")
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    document = build_document(sample_result(), "zh")
    for name in ("table-key-measures", "table-monthly-net"):
        table = by_id(document)[name]
        assert text.count(table.title.partition("  ")[2]) == 1
        assert table.title.partition("  ")[2] in pages[0].get_textpage().get_text_range()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_editions_state_the_same_numbers(language: str) -> None:
    full, risk = (
        document_numbers(build_document(sample_result(), language, edition=edition))
        for edition in ("full", "risk")
    )
    for part in ("name", "facts", "terms", "cards", "sentences"):
        assert risk[part] == full[part]
    assert len(risk["tables"]) > 10
    for name, table in risk["tables"].items():
        assert table["rows"] == full["tables"][name]["rows"], name
    for name, figure in risk["figures"].items():
        assert figure["series"] == full["figures"][name]["series"], name


def test_an_edition_has_its_chapters_in_the_order_of_the_book() -> None:
    full, risk = chapters_of("full"), chapters_of("risk")
    assert [name for name in full if name in risk] == list(risk)
    assert {"neutrality", "hedge", "margin", "limits", "windows", "book_risk"} <= set(risk)
    with pytest.raises(DataError, match="edition 'client'; accepted: full, risk"):
        chapters_of("client")
