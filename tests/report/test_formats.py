"""HTML, PDF, Excel and JSON print the same numbers; the PDF and the workbook are sound files."""

import html
import io
import json
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.report.blocks import Cell, Chapter, Document, Figure, Table
from quanthedge.report.document import build_document
from quanthedge.report.drawing import draw, figure_png, figure_svg
from quanthedge.report.formats import FORMATS, write_report
from quanthedge.report.html import render_html
from quanthedge.report.numbers import _indented, document_numbers
from quanthedge.report.pdf import render_pdf
from quanthedge.report.units import unit_at_head
from quanthedge.report.workbook import render_workbook
from tests.cli.inside import inside
from tests.performance.random_run import random_run
from tests.records import plain_strategy
from tests.sample import END, START, sample_market, sample_result, small_strategy

A4 = (595.28, 841.89)


class Tables(HTMLParser):
    """The cells of every table, by its id, without the heads."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.cells: dict[str, list[list[str]]] = {}
        self._id, self._inside, self._body = "", False, False
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "div" and str(given.get("id", "")).startswith("table-"):
            self._id = str(given["id"])
            self.cells[self._id] = []
        self._body = self._body or tag == "tbody"
        if self._body and tag == "tr":
            self.cells[self._id].append([])
        if self._body and tag in ("td", "th"):
            self.cells[self._id][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._body = False
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and self._body:
            self.cells[self._id][-1][-1] += data


@pytest.fixture(scope="module")
def styled() -> Result:
    return backtest(small_strategy("risk={}"), sample_market(), START, END)


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request, styled) -> SimpleNamespace:
    document = build_document(styled, request.param)
    return SimpleNamespace(
        document=document,
        html=render_html(document),
        pdf=render_pdf(document),
        xlsx=render_workbook(document, styled),
        numbers=document_numbers(document),
        result=styled,
    )


def tables(document: Document) -> list[Table]:
    return [b for c in document.chapters for b in c.blocks if isinstance(b, Table)]


def plain(text: str) -> str:
    """A text without spaces and soft marks, as a PDF gives it back across lines."""
    whole = re.sub(r"[\s\u00ad\u200b\ufffe\x02]+", "", text)
    return re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", "", whole)  # lost where a line ends with it


def test_html_and_json_and_workbook_print_every_cell_of_every_table(made) -> None:
    import openpyxl

    shown = Tables(made.html).cells
    book = openpyxl.load_workbook(io.BytesIO(made.xlsx), data_only=True)
    sheets = {sheet["A1"].value: sheet for sheet in book.worksheets}
    count = 0
    for table in tables(made.document):
        sheet, printed = sheets[table.title], unit_at_head(table, made.document.language)
        double = [any(row[k].bounds for row in table.rows) for k in range(len(table.head))]
        for r, row in enumerate(table.rows):
            assert shown[table.id][r] == [cell.text for cell in printed.rows[r]]
            written = iter(sheet[5 + r])
            for k, cell in enumerate(row):
                value = next(written).value
                if double[k]:
                    count += same_bounds(cell, value, next(written).value)
                elif cell.value is None:
                    assert (value or "") == cell.text
                else:
                    count += same_number(cell, value)
                if k:
                    told = made.numbers["tables"][table.id]["rows"][r][k - 1]
                    assert told["text"] == cell.text
                    assert told["row"] == row[0].text
    assert count > 300


def same_number(cell: Cell, value: object) -> int:
    """That a workbook has the very number or day behind a cell, and prints it so."""
    if isinstance(value, datetime):
        assert value.date() == cell.value
        assert value.date().isoformat() == cell.text
    else:
        assert value == float(cell.value)
        assert format(value, cell.pattern).lstrip("-") == cell.text.lstrip("-")
    return 1


def same_bounds(cell: Cell, first: object, last: object) -> int:
    """That the two ends of an interval or span stand in two cells."""
    if cell.bounds is None:
        assert (first, last or "") == (cell.text, "")
        return 0
    ends = [end.date() if isinstance(end, datetime) else end for end in (first, last)]
    assert ends == list(cell.bounds)
    for end in ends:
        assert format(end, cell.pattern) in cell.text
    return 1


def test_percent_signs_stand_at_the_head_where_a_whole_column_has_them(made) -> None:
    for table in tables(made.document):
        printed = unit_at_head(table, made.document.language)
        for k, title in enumerate(printed.head):
            signs = {cell.text.endswith("%") for cell in column(table, k) if number(cell)}
            told = {cell.text.endswith("%") for cell in column(printed, k) if number(cell)}
            if k and signs == {True}:
                assert told == {False}, (table.id, title)
                assert "%" in title or "％" in title or printed.unit == "%", (table.id, title)
            else:
                assert told == signs


def column(table: Table, k: int) -> list[Cell]:
    return [row[k] for row in table.rows]


def number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float)


def test_the_parts_of_alpha_add_up_to_its_line_in_the_report(made) -> None:
    found = {table.id: table.rows for table in tables(made.document)}
    alpha = made.result.bridge()["alpha"].iloc[0]
    for name in ("alpha-parts", "alpha-industry", "alpha-size"):
        *parts, total = found[f"table-{name}"]
        assert total[1].value == pytest.approx(alpha)
        assert sum(row[1].value for row in parts) == pytest.approx(alpha, abs=0.01)
    years = made.result.bridge("year")["alpha"]
    assert len(found["table-alpha-parts"][-1]) == 2 + len(years)


def test_layers_and_industries_add_up_to_the_line_alpha_in_report_and_workbook(made) -> None:
    import openpyxl

    found = {table.id: table for table in tables(made.document)}
    alpha = made.result.bridge()["alpha"].iloc[0]
    *layers, total = found["table-layers"].rows
    assert [row[1].value for row in layers] == pytest.approx(
        made.result.attribution("layer")[["industry", "stock"]].iloc[0].tolist()
    )
    assert total[1].value == pytest.approx(alpha)
    assert sum(row[1].value for row in layers) == pytest.approx(alpha, abs=0.01)
    *industries, missed, total = found["table-industry-effects"].rows
    for k, expected in ((1, 1.0), (2, 1.0), (3, total[3].value), (4, total[4].value)):
        assert sum(row[k].value for row in industries) == pytest.approx(expected)
    assert total[3].value + total[4].value + missed[5].value == pytest.approx(alpha)
    assert total[5].value == pytest.approx(alpha)
    book = openpyxl.load_workbook(io.BytesIO(made.xlsx), data_only=True)
    sheets = {sheet["A1"].value: sheet for sheet in book.worksheets}
    written = [sheets[found["table-layers"].title].cell(5 + r, 2).value for r in range(3)]
    assert written[0] + written[1] == pytest.approx(written[2], abs=0.01)
    days = book[made.document.words["workbook"]["days"]]
    column = [cell.value for cell in days[1]].index(made.document.words["lines"]["alpha"])
    by_day = [row[column] for row in days.iter_rows(min_row=3, values_only=True)]
    assert sum(by_day) == pytest.approx(written[2], abs=0.01)


def test_the_steps_of_the_layers_end_at_alpha_and_bars_are_those_of_the_table(made) -> None:
    alpha = made.result.bridge()["alpha"].iloc[0]
    unit = float(made.document.words["figures"]["money_unit"])
    steps = made.numbers["figures"]["figure-layers"]["series"][0]["x"]
    assert steps[-1] == pytest.approx(alpha / unit, abs=0.01)
    assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=0.02)
    courses = made.numbers["figures"]["figure-layer-courses"]["series"]
    assert [one["y"][-1] for one in courses] == pytest.approx(steps, abs=0.01)
    bars = made.numbers["figures"]["figure-industry-bars"]["series"]
    rows = {t.id: t for t in tables(made.document)}["table-industry-effects"].rows[:-2]
    assert bars[0]["y"] == [row[0].text for row in rows]
    for k, one in enumerate(bars):
        assert one["x"] == pytest.approx([row[3 + k].value / unit for row in rows], abs=0.01)


def test_the_pdf_prints_every_cell_of_every_table(made) -> None:
    import pypdfium2 as pdfium

    pages = pdfium.PdfDocument(made.pdf)
    text = plain("".join(page.get_textpage().get_text_range() for page in pages))
    for table in tables(made.document):
        for row in unit_at_head(table, made.document.language).rows:
            for cell in row:
                assert plain(cell.text) in text, (table.id, cell.text)
    for card in made.document.cards:
        assert plain(card.cell.text) in text
    for sentence in made.document.verdict:
        assert plain(sentence) in text


def test_the_cover_says_the_same_in_all_four_formats(made) -> None:
    import openpyxl
    import pypdfium2 as pdfium

    document = made.document
    cover = pdfium.PdfDocument(made.pdf)[0].get_textpage().get_text_range()
    page = " ".join(re.sub(r"<[^>]+>", " ", made.html.split("</header>")[0]).split())
    front = openpyxl.load_workbook(io.BytesIO(made.xlsx)).worksheets[0]
    written = [[cell.value for cell in row] for row in front.iter_rows()]
    assert len(document.terms) >= 3
    for name, text in document.terms:
        assert plain(name + text) in plain(cover)
        assert html.escape(text, quote=False) in page
        assert any(row[:2] == [name, text] for row in written)
        assert made.numbers["terms"][name] == text
    for card in document.cards:
        assert plain(card.cell.text) in plain(cover)
        assert f"{card.name} {card.cell.text}" in page
        row = next(row for row in written if row[0] == card.name)
        assert row[1] == pytest.approx(card.cell.value, rel=1e-15)
        assert made.numbers["cards"][card.key]["text"] == card.cell.text
    for sentence in document.verdict:
        assert plain(sentence) in plain(cover)
        assert html.escape(sentence, quote=False) in page
        assert any(row[0] == sentence for row in written)
    assert len(front._charts) == 1


def test_every_number_of_the_json_is_the_one_that_its_text_rounds(made) -> None:
    json.dumps(made.numbers, allow_nan=False)
    cells = [c for t in made.numbers["tables"].values() for row in t["rows"] for c in row]
    cells += made.numbers["cards"].values()
    seen = 0
    for cell in cells:
        if isinstance(cell.get("value"), int | float):
            seen += 1
            assert format(cell["value"], cell["format"]).lstrip("-") == cell["text"].lstrip("-")
    assert seen > 250
    assert all(table["note"] for table in made.numbers["tables"].values())


def test_pages_are_a4_with_embedded_fonts_and_nothing_outside(made) -> None:
    import pypdfium2 as pdfium
    import pypdfium2.raw as pdfium_raw

    document = pdfium.PdfDocument(made.pdf)
    assert 8 <= len(document) <= 40
    for page in document:
        assert page.get_size() == pytest.approx(A4, abs=0.5)
        for item in page.get_objects():
            left, bottom, right, top = item.get_bounds()
            if item.type == pdfium_raw.FPDF_PAGEOBJ_TEXT:
                assert left >= 20
                assert right <= A4[0] - 20
                assert bottom >= 15
                assert top <= A4[1] - 15
    body = made.pdf
    assert b"/FontFile3" in body
    images = [i for p in document for i in p.get_objects(filter=[pdfium_raw.FPDF_PAGEOBJ_IMAGE])]
    assert not images  # figures are vectors
    assert len(body) < 3_000_000


def by_id(made: SimpleNamespace) -> dict[str, Table]:
    return {table.id: table for table in tables(made.document)}


def test_no_letter_lacks_its_glyph(made) -> None:
    from fontTools.ttLib import TTFont

    from quanthedge.report.drawing import font_folder

    known = TTFont(font_folder() / "QuantHedgeSans-Regular.otf").getBestCmap()
    texts = json.dumps(made.numbers, ensure_ascii=False)
    assert {letter for letter in texts if ord(letter) not in known} <= {"\n"}


def test_chinese_pages_have_no_english_words(made) -> None:
    import pypdfium2 as pdfium

    if made.document.language == "en":
        return
    document = pdfium.PdfDocument(made.pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    own = [
        made.result.market_info["name"],
        *made.result.versions,
        *re.findall(r"[0-9a-f]{64}", text),
    ]
    for name in own:  # of the user's data, of software, and digests
        text = text.replace(name, "")
    text = re.sub(r"\d{6}\.(SH|SZ)|\b(IF|IC|IH|IM)\d*\b", "", text)
    places = " ".join(row[2].text for row in by_id(made)["table-sources"].rows)  # names of sites
    pieces = set(re.findall(r"[A-Za-z]{2,}", text)) - {"min", "Bootstrap"}  # a function, a method
    assert not {piece for piece in pieces if piece not in places}


def test_formulas_of_the_workbook_say_what_the_report_says(made, tmp_path) -> None:
    import openpyxl

    path = tmp_path / "book.xlsx"
    path.write_bytes(made.xlsx)
    shown = openpyxl.load_workbook(path, data_only=True).worksheets[-1]
    written = openpyxl.load_workbook(path).worksheets[-1]
    days = openpyxl.load_workbook(path).worksheets[-2]
    cells = {(cell.row, cell.column_letter): cell.value for row in days.iter_rows() for cell in row}
    for r in range(2, shown.max_row + 1):
        formula = written.cell(r, 2).value
        assert formula.startswith("=")
        found = evaluated(formula, cells, days.max_row)
        assert found == pytest.approx(shown.cell(r, 3).value, rel=1e-9, abs=1e-9), formula
    assert shown.max_row > 12


def evaluated(formula: str, cells: dict, last: int) -> float:
    """A formula of the sums, worked out in plain Python from the cells of the days."""
    import math
    import statistics
    from decimal import ROUND_HALF_UP, Decimal

    def rounded(number: float, digits: int) -> float:
        """As Excel rounds: to the nearest, halves away from zero."""
        return float(Decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))

    def value(row: int, column: str) -> float:
        got = cells[row, column]
        if isinstance(got, str) and got.startswith("="):
            body = re.sub(r"([A-Z]+)\$?(\d+):([A-Z]+)\$?(\d+)", r"span('\1',\2,\4)", got[1:])
            body = re.sub(r"\b([A-Z]{1,2})\$?(\d+)\b", r"value(\2,'\1')", body)
            cells[row, column] = eval(body, names)
            got = cells[row, column]
        if hasattr(got, "toordinal"):
            return float(got.toordinal())
        return got

    def span(column: str, first: int, end: int) -> list[float]:
        found = [value(row, column) for row in range(first, end + 1)]
        return [one for one in found if one is not None]

    names = {
        "value": value, "span": span, "MAX": max, "SQRT": math.sqrt, "SUM": sum,
        "ROUND": rounded, "STDEV": statistics.stdev, "MIN": lambda v, *rest: min([*v, *rest]),
    }  # fmt: skip
    for column in {key[1] for key in cells}:  # fill in running columns from the top
        for row in range(2, last + 1):
            if (row, column) in cells:
                value(row, column)
    body = re.sub(r"'[^']+'!([A-Z]+)(\d+):([A-Z]+)(\d+)", r"span('\1',\2,\4)", formula[1:])
    body = re.sub(r"'[^']+'!([A-Z]+)(\d+)", r"value(\2,'\1')", body)
    return eval(body.replace("^", "**"), names)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_run_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    run = random_run(60)
    first, second = (write_report(run, tmp_path / n, kind, "en") for n in ("a", "b"))
    if kind == "png":
        names = sorted(path.name for path in first.iterdir())
        assert len(names) >= 9
        assert all((first / n).read_bytes() == (second / n).read_bytes() for n in names)
    else:
        assert first.read_bytes() == second.read_bytes()


def test_text_of_the_user_is_neither_formula_nor_markup() -> None:
    import openpyxl
    import pypdfium2 as pdfium

    evil = "=1+1 #pagebreak() $x$ *bold* <b> 𠮷"
    run = random_run(60, strategy=plain_strategy(name=evil))
    document = build_document(run, "en")
    pdf = pdfium.PdfDocument(render_pdf(document))
    assert "#pagebreak() $x$ *bold* <b>" in pdf[0].get_textpage().get_text_range()
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(document, run)))
    assert book.worksheets[0]["A1"].value == evil
    assert book.worksheets[0]["A1"].data_type == "s"


def test_words_in_cells_do_not_squeeze_the_first_column(made) -> None:
    import pypdfium2 as pdfium

    reason = (
        "skewness and kurtosis outside the formula"
        if made.document.language == "en"
        else ("偏度、峰度超出公式适用范围")
    )
    name = (
        "Expected shortfall, Cornish-Fisher"
        if made.document.language == "en"
        else ("单日预期损失（康尼什-费希尔修正）")
    )
    row = [Cell(name), Cell(reason, "quiet"), Cell(reason, "quiet")]
    table = Table("table-x", "X", "x", ["a", "95%", "99%"], [row, row])
    chapter = Chapter("x", "X", [table, replace(table, id="table-y")])
    pages = pdfium.PdfDocument(render_pdf(replace(made.document, chapters=[chapter])))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert text.count(name) == 4  # on one line each
    assert plain(text).count(plain(reason)) == 8


def test_figures_are_vectors_with_letters_as_outlines() -> None:
    document = build_document(random_run(120), "zh")
    figures = [b for c in document.chapters for b in c.blocks if isinstance(b, Figure)]
    assert len(figures) >= 9
    for figure in figures:
        image = figure_svg(figure.spec)
        assert b"<image" not in image
        assert b"<text" not in image


def test_an_unknown_trace_is_an_error(tmp_path: Path) -> None:
    spec = {"data": [{"type": "sankey"}], "layout": {}}
    with pytest.raises(DataError, match="'sankey' cannot be drawn"):
        draw(spec)
    with pytest.raises(DataError, match="accepted: html, pdf, xlsx, json, png"):
        write_report(random_run(40), tmp_path, "docx", "en")
    assert figure_png({"data": [], "layout": {"height": 200}}, tmp_path / "x.png").exists()


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch) -> None:
    run = random_run(40)
    path = write_report(run, tmp_path, "json", "en")
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", _refuse)
    with pytest.raises(DataError, match="could not be written"):
        write_report(random_run(50), tmp_path, "json", "en")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def _refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    folder = sample_result().to_parquet(tmp_path / "run")
    done = inside(
        "report", folder, "--language", "en", "--format", "pdf,xlsx,json",
        "--fixed", "trust=0.08", "--stated", "Published fund=0.1687,0.01",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {p.name for p in folder.glob("report_*")} == {
        "report_en.pdf", "report_en.xlsx", "report_en.json",
    }  # fmt: skip
    numbers = json.loads((folder / "report_en.json").read_text(encoding="utf-8"))
    rows = {row[0]["row"]: row for row in numbers["tables"]["table-comparison"]["rows"]}
    assert rows["Published fund"][1]["value"] == 0.1687
    assert rows["trust"][1]["text"] == "8.00%"
    bad = inside("report", folder, "--format", "docx")
    assert bad.returncode == 2
    assert "accepted: html, pdf, xlsx, json, png" in bad.stderr


def test_the_section_on_risk_prints_the_record(made) -> None:
    blocks = {one.id: one for chapter in made.document.chapters for one in chapter.blocks}
    table, parts = made.result.risk_forecasts, made.result.risk_parts
    printed = blocks["table-risk-forecasts"].rows
    assert len(printed) == len(table)
    assert [row[2].text for row in printed] == [f"{v:.2%}" for v in table["volatility"]]
    last = parts[parts["date"] == parts["date"].max()]
    size = last.loc[last["name"] == "size", "variance"].sum() / last["variance"].sum()
    shares = [row[2].text for row in blocks["table-risk-parts"].rows]
    assert f"{size:.1%}" in shares
    assert abs(sum(float(share.strip("%")) for share in shares[:-1]) - 100.0) < 1.0
    upper, lower, came = blocks["figure-risk-forecast"].spec["data"]
    np.testing.assert_allclose(upper["y"], 1.96 * table["volatility"], atol=1e-5)
    assert upper["y"] == [-value for value in lower["y"]]
    np.testing.assert_allclose(came["y"], table["realised_return"], atol=1e-5)


def test_numbers_are_written_as_json_with_an_indent_is() -> None:
    part = {"zh": "净值\n", "value": 0.1, "none": None, "whole": True, "lines": [], "map": {}}
    found = {"b": [part, [1.5, 2, "x, y"], (3,), []], "a": {"z": part, "c": [[1], {}]}, "d": 1e-9}
    for value in (found, [found], part, [], {}, 3, "字"):
        plain = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        assert _indented(value) == plain
