"""The client edition: two to four pages that say what the whole book says, and nothing made up."""

import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.cli.app import app
from quanthedge.errors import DataError, StrategyError
from quanthedge.performance import Bridge, Measure
from quanthedge.report.blocks import Document, Table
from quanthedge.report.client import build_paper, facts, render_paper_html, render_paper_pdf
from quanthedge.report.client.facts import return_parts, spells, weekly_values
from quanthedge.report.client.markdown import read_markdown
from quanthedge.report.document import build_document
from quanthedge.report.formats import write_by_ending, write_reports
from quanthedge.report.numbers import document_numbers, render_numbers
from quanthedge.report.workbook import render_workbook
from quanthedge.words import texts
from tests.performance.random_run import random_run
from tests.sample import END, START, sample_market, small_strategy

PRODUCT = {
    "name": "Steady Neutral One",
    "name_zh": "稳健中性一号",
    "code": "SX1234",
    "manager_zh": "某某资产管理有限公司",
    "manager": "Some Asset Management",
    "custodian_zh": "某某证券股份有限公司",
    "established": "2014-09-17",
    "risk_level": "R3",
    "warning_line": 0.85,
    "stop_line": 0.8,
    "market_review_zh": "市场**上行**。\n\n- 第一点\n- 第二点",
    "outlook": "We stay *hedged*.",
}


@pytest.fixture(scope="module")
def run() -> Result:
    return backtest(small_strategy("risk={}"), sample_market(), START, END)


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request, run) -> SimpleNamespace:
    import pypdfium2 as pdfium

    result = run.with_product(PRODUCT)
    paper = build_paper(result, request.param)
    pdf = pdfium.PdfDocument(render_paper_pdf(paper))
    pages = [page.get_textpage().get_text_range() for page in pdf]
    return SimpleNamespace(
        result=result,
        language=request.param,
        paper=paper,
        document=paper.document,
        html=render_paper_html(paper),
        pages=pages,
        numbers=document_numbers(paper.document),
        full=build_document(result, request.param),
    )


def tables(document: Document) -> dict[str, Table]:
    blocks = [block for chapter in document.chapters for block in chapter.blocks]
    return {block.id: block for block in blocks if isinstance(block, Table)}


def plain(text: str) -> str:
    """A text without the blanks and breaks that a page puts in."""
    return re.sub(r"[\s\u200b]+", "", text)


def test_every_cell_stands_in_page_pdf_workbook_and_numbers(made) -> None:
    import openpyxl

    shown = plain(html.unescape(re.sub(r"<[^>]+>", "", made.html)))
    printed = plain("".join(made.pages))
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(made.document, None)))
    sheets = {sheet["A1"].value: sheet for sheet in book.worksheets}
    count = 0
    for table in tables(made.document).values():
        for r, row in enumerate(table.rows):
            for k, cell in enumerate(row):
                assert plain(cell.text) in shown
                assert plain(cell.text) in printed, (table.id, cell.text)
                if cell.value is None:
                    continue
                count += 1
                values = [one.value for one in sheets[table.title][5 + r]]
                assert float(cell.value) in [v for v in values if isinstance(v, float | int)]
                if k:
                    told = made.numbers["tables"][table.id]["rows"][r][k - 1]
                    assert told["text"] == cell.text
                    assert told["value"] == cell.value
    assert count > 200


def test_a_client_is_told_the_numbers_of_the_whole_book(made) -> None:
    client, full = tables(made.document), tables(made.full)
    months = client["table-client-monthly"]
    assert [[c.text for c in row] for row in months.rows] == [
        [c.text for c in row] for row in full["table-monthly-net"].rows
    ]
    key = {row[0].text: row for row in full["table-key-measures"].rows}
    names = Measure.definitions()["measures"]
    own = {row[0].text: row for row in client["table-client-risk"].rows}
    texts = made.paper.texts["rows"]
    for name in ("annual_return", "volatility", "max_drawdown", "sharpe", "calmar"):
        mine, theirs = own[texts[name]], key[names[name][made.language]]
        assert mine[1].text == theirs[1].text
        assert mine[2].text == theirs[3].text
    for mine, theirs in zip(
        client["table-client-falls"].rows, full["table-largest-drawdowns"].rows, strict=False
    ):
        assert [cell.text for cell in mine[:4]] == [cell.text for cell in theirs[:4]]
        assert mine[4].text == theirs[6].text  # trading days of the way back
    trailing = {row[0].text: row for row in full["table-trailing"].rows}
    fund, index, _ = client["table-client-spells"].rows
    spelt = dict(zip(client["table-client-spells"].head[1:], range(1, 20), strict=False))
    for name, title in made.full.words["trailing"].items():
        place = spelt.get(made.paper.texts["spells"][name])
        if place is not None:
            assert fund[place].text == trailing[title][2].text
            assert index[place].text == trailing[title][4].text
    cards = {card.key: card.cell.text for card in made.document.cards}
    covers = {card.key: card.cell.text for card in made.full.cards}
    assert cards["unit_value"] == covers["unit_value_net"]
    for name in ("annual_return", "max_drawdown", "sharpe"):
        assert cards[name] == covers[f"{name}_net"]
    said = " ".join(cell.text for row in client["table-client-neutrality"].rows for cell in row)
    found = made.result.summary()["correlation_accrued_weekly"]
    assert found.text(made.language) in said
    assert f"[{found.estimate.low:.3f}, {found.estimate.high:.3f}]" in said


def test_the_parts_of_the_return_are_the_bridge_and_add_up(made) -> None:
    table = return_parts(made.result)
    lines = Bridge(made.result).returns().iloc[0]
    assert table["inception"].drop("return").sum() == pytest.approx(lines["return"], abs=1e-12)
    assert table["inception"]["alpha"] == pytest.approx(
        lines["alpha"] + lines["dividends"] + lines["revaluation"], abs=1e-15
    )
    assert table["this_month"]["return"] == pytest.approx(spells(made.result)["net"]["this_month"])
    assert table["year_to_date"]["return"] == pytest.approx(
        spells(made.result)["net"]["year_to_date"]
    )


def test_no_line_of_the_bridge_is_lost_in_its_parts(run) -> None:
    ones = Bridge(run).returns().iloc[[0]]
    earned = [name for name in Bridge.LINES if name in ones]
    for name in earned:
        alone = ones.copy()
        alone[earned] = 0.0
        alone[name] = 1.0
        assert Bridge.six_parts(alone).iloc[0].sum() == 1.0


def test_weeks_are_those_of_the_last_year_and_chain_to_the_unit_value(run) -> None:
    table = weekly_values(random_run(600))
    assert 51 <= len(table) <= 53
    assert (table.index[-1] - table.index[0]).days < 366
    values = weekly_values(run)
    assert values["unit_value"].iloc[-1] == run.ledger["unit_value"].iloc[-1]
    grown = (1.0 + values["net"].iloc[1:]).prod()
    told = values["unit_value"].iloc[-1] / values["unit_value"].iloc[0]
    assert grown == pytest.approx(told, abs=2e-4)  # published values have four decimals


def test_the_paper_has_two_to_four_pages_whatever_its_history(made) -> None:
    import pypdfium2 as pdfium

    assert 2 <= len(made.pages) <= 4
    day = {"zh": "2014-10-16", "en": "2014-09-18"}[made.language]
    others = [made.result.until(day)]
    others += [random_run(2_200)] if made.language == "zh" else []
    for other in others:
        paper = render_paper_pdf(build_paper(other, made.language))
        assert 2 <= len(pdfium.PdfDocument(paper)) <= 4


def test_a_long_name_of_a_fact_leaves_its_text_most_of_the_width() -> None:
    import pypdfium2 as pdfium

    paper = build_paper(random_run(60).with_product({"code": "SX1234"}), "en")
    terms = [*paper.document.terms, ("Subscription and redemption fees, in full", "none")]
    page = pdfium.PdfDocument(
        render_paper_pdf(replace(paper, document=replace(paper.document, terms=terms)))
    )[0]
    text = page.get_textpage()
    left = text.get_charbox(text.get_text_range().index("SX1234"))[0]
    assert left < 0.7 * page.get_width()


def test_what_is_not_given_is_not_printed(run, made) -> None:
    bare = build_paper(run, made.language)
    names = made.paper.texts["particulars"]
    given = {name for name, _ in bare.document.terms}
    for key in ("code", "manager", "custodian", "administrator", "risk_level", "warning_line"):
        assert names[key] not in given
    assert bare.comments == []
    assert bare.logo is None
    page = render_paper_html(bare)
    assert "N/A" not in page
    assert ">None<" not in page
    assert made.paper.texts["headings"]["comment"] not in page
    told = dict(made.document.terms)
    assert told[names["code"]] == "SX1234"
    assert names["administrator"] not in told


def test_no_row_is_empty(made) -> None:
    for table in tables(made.document).values():
        for row in table.rows:
            assert any(cell.text not in ("", "–") for cell in row[1:]), (table.id, row[0].text)


def test_comments_are_in_the_reader_s_language(made) -> None:
    titles = [title for title, _ in made.paper.comments]
    known = made.paper.texts["comments"]
    if made.language == "zh":
        assert titles == [known["market_review"], known["outlook"]]
        assert "<strong>上行</strong>" in made.html
        assert [one.mark for one in made.paper.comments[0][1]] == ["", "•", "•"]
    else:
        assert titles == [known["outlook"]]


def test_a_comment_puts_neither_link_nor_picture_nor_markup_into_a_page() -> None:
    import pypdfium2 as pdfium

    evil = "<script>x</script> [a](http://b) ![c](d) #set `e` $f$ *g*"
    (paragraph,) = read_markdown(evil)
    assert paragraph.text.startswith("<script>x</script> [a](http://b) ![c](d) #set `e` $f$")
    assert [one.text for one in paragraph.words if one.stressed] == ["g"]
    run = random_run(60).with_product({"name": "=1+1 #pagebreak() <b>", "outlook": "1 < 2 & *y*"})
    page = render_paper_html(build_paper(run, "en"))
    assert "=1+1 #pagebreak() &lt;b&gt;" in page
    assert "1 &lt; 2 &amp; <em>y</em>" in page
    pdf = pdfium.PdfDocument(render_paper_pdf(build_paper(run, "en")))
    assert "=1+1 #pagebreak() <b>" in pdf[0].get_textpage().get_text_range()


def test_the_page_asks_for_nothing_outside_and_runs_no_script(made) -> None:
    assert "<script" not in made.html
    assert not re.search(r"(src|href)=\"(?!data:|#)", made.html)
    assert "default-src 'none'" in made.html


def test_numbers_for_clients_hold_neither_parameters_nor_days_of_the_ledger(made) -> None:
    import openpyxl

    told = json.loads(render_numbers(made.document, None))
    assert "strategy" not in told
    assert "versions" not in told
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(made.document, None)))
    assert max(sheet.max_row for sheet in book.worksheets) < 80


def test_a_paper_of_a_day_says_what_a_run_that_ended_there_says(run) -> None:
    ended = backtest(small_strategy("risk={}"), sample_market(), START, "2015-03-31")
    told = tables(build_paper(run.until("2015-03-31"), "zh").document)
    wanted = tables(build_paper(ended, "zh").document)
    # the last day of a run has its holdings and tilts recorded; a day within it the ones before
    for name in set(wanted) - {"table-client-exposure", "table-client-styles"}:
        assert [[c.text for c in row] for row in told[name].rows] == [
            [c.text for c in row] for row in wanted[name].rows
        ], name


def test_the_report_of_a_month_is_called_so_and_ends_with_it(run, tmp_path: Path) -> None:
    (path,) = write_reports(run, tmp_path, ["json"], "zh", edition="client", month="2015-03")
    assert path.name == "client_2015-03_zh.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    march = told["tables"]["table-client-monthly"]["rows"][-1][2]
    assert march["column"] == "3月"
    assert told["cards"]["this_month"]["text"] == march["text"]
    assert build_paper(run.until("2015-03-31"), "zh", "2015-03").kind == "2015年3月月度报告"
    page = run.report(tmp_path / "m.html", edition="client", month="2015-03")
    assert "截至2015年3月31日" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"month": "2015-3"}, "accepted: YYYY-MM, 2014-09 to 2015-07"),
        ({"month": "2016-01"}, "no month of the run"),
        ({"as_of": "yesterday"}, "accepted: YYYY-MM-DD"),
        ({"as_of": "2020-01-01"}, "outside the run"),
        ({"as_of": "2015-03-31", "month": "2015-03"}, "accepted is one of them"),
        ({"edition": "clients"}, "accepted: client, full, risk"),
    ],
)
def test_a_wrong_call_is_told_in_a_line(run, tmp_path: Path, given, said) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        write_by_ending(run, tmp_path / "x.html", **{"edition": "client", **given})


def test_a_fund_that_hedges_nothing_has_no_empty_tables() -> None:
    base = random_run(120)
    ledger = base.ledger.assign(
        lots=0, futures_notional=0.0, futures_pnl=0.0, margin_required=0.0, contract=""
    )
    document = build_paper(base.changed(ledger=ledger, contracts=base.contracts[:0]), "zh").document
    found = {block.id for chapter in document.chapters for block in chapter.blocks}
    assert "table-client-contracts" not in found
    assert "figure-client-exposures" not in found


def test_a_run_without_closes_of_the_index_leaves_out_what_needs_them() -> None:
    import pypdfium2 as pdfium

    base = random_run(120)
    lost = base.changed(ledger=base.ledger.assign(index_close=np.nan))
    paper = build_paper(lost, "zh")
    found = {block.id for chapter in paper.document.chapters for block in chapter.blocks}
    assert not found & {"figure-client-leg", "table-client-parts", "table-client-neutrality"}
    assert len(tables(paper.document)["table-client-spells"].rows) == 1
    assert pdfium.PdfDocument(render_paper_pdf(paper))


def test_the_command_writes_papers_in_chinese_with_particulars_of_a_file(
    run, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("QUANTHEDGE_LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "C")
    folder = run.to_parquet(tmp_path / "run")
    product = tmp_path / "fund.toml"
    product.write_text('[product]\ncode = "AB1"\noutlook = { file = "o.md" }\n', encoding="utf-8")
    (tmp_path / "o.md").write_text("谨慎乐观。", encoding="utf-8")
    call = ["report", str(folder), "--edition", "client", "--format", "json"]
    done = CliRunner().invoke(app, [*call, "--month", "2015-05", "--product", str(product)])
    assert done.exit_code == 0, done.output
    told = json.loads((folder / "client_2015-05_zh.json").read_text(encoding="utf-8"))
    assert told["terms"]["基金编码"] == "AB1"
    assert told["texts"]["text-client-outlook"]["items"] == ["谨慎乐观。"]
    (tmp_path / "o.md").unlink()
    with pytest.raises(StrategyError, match=r"outlook .*o\.md.*cannot be read"):
        run.with_product(product)


def test_the_whole_book_names_the_people_that_are_given_and_no_others(made) -> None:
    terms, names = dict(made.full.terms), words_of(made.language)["particulars"]
    plain_terms = dict(build_document(run_without(made.result), made.language).terms)
    for key in ("name", "code", "manager", "custodian", "established", "risk_level",
                "warning_line", "stop_line"):  # fmt: skip
        assert terms[names[key]], key
        assert names[key] not in plain_terms
    assert terms[names["manager"]] == PRODUCT["manager_zh" if made.language == "zh" else "manager"]
    assert not {names[key] for key in ("administrator", "contact", "open_days")} & terms.keys()
    for key in ("code", "manager", "warning_line"):
        assert dict(made.document.terms)[names[key]] == terms[names[key]]


def run_without(result: Result) -> Result:
    """The same run with nothing given of its people."""
    return result.changed(strategy=result.strategy.model_copy(update={"product": None}))


def words_of(language: str) -> dict[str, Any]:
    return texts("quanthedge.report.texts", f"client_{language}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_earlier_day_has_every_table_and_says_what_it_does_not_tell(run, language: str) -> None:
    def blocks(result: Result) -> set[str]:
        return {one.id for chapter in build_paper(result, language).document.chapters
                for one in chapter.blocks}  # fmt: skip

    cut = run.until("2015-06-30")
    assert blocks(run) <= blocks(cut)
    notes = next(one for chapter in build_paper(cut, language).document.chapters
                 for one in chapter.blocks if one.id == "text-client-notes")  # fmt: skip
    events, counts = words_of(language)["events"], facts.events(cut)
    moved = cut.restated[cut.restated["adjustment_yuan"] != 0]
    assert counts["restated"]["stocks"] == str(moved["code"].nunique())
    assert events["restated"].format(**counts["restated"]) in notes.items
    assert notes.items[-1].startswith(events["not_stated"].split("{")[0])
    assert {"day"} == set(re.findall(r"{(\w+)}", events["not_stated"]))


def test_what_befell_the_book_is_counted_up_to_the_day(run) -> None:
    trades = run.trades.head(3).assign(
        date=pd.to_datetime(["2015-05-04", "2015-05-04", "2015-05-05"]),
        reason=["margin_cut", "margin_cut", "delisting"],
    )
    found = facts.events(run.changed(trades=trades, restated=run.restated[:0]))
    assert found == {"margin_cut": {"days": "1"}, "delisting": {"stocks": "1"}}
