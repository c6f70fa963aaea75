"""Sheets and the ranking page: complete in both languages, self-contained, and well formed."""

import json
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.evaluation.drawing import Bars, Curve, Point, bar_figure, curve_figure, point_figure
from quanthedge.evaluation.pages import sheet_name
from quanthedge.evaluation.wording import number, percent, universe_name
from tests.evaluation.test_evaluation import KINDS, evaluation, factors, monthly

FIGURES = {"curves", "quantiles", "years", "decay", "hedge", "turnover", "industry"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("pages")
    evaluation().write(place)
    return place


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sheet_has_every_figure_and_the_figures_of_the_ranking(folder, language):
    page = (folder / sheet_name("turnover", language)).read_text(encoding="utf-8")
    assert set(re.findall(r'<figure id="(\w+)"', page)) == FIGURES
    row = evaluation().table().loc[("all", "turnover")]
    assert f">{percent(row['long_minus_hedge'])}</dd>" in page
    assert f">{number(row['ic'])}</dd>" in page
    assert ("换手率" in page) == (language == "zh")
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        ElementTree.fromstring(svg)
        assert "nan" not in svg.lower().replace("nance", "")


def test_a_sheet_says_the_formula_in_its_own_language(folder):
    for language, wanted, other in (
        ("zh", "有成交各日", "traded days"),
        ("en", "traded days", "各日"),
    ):
        page = (folder / sheet_name("turnover", language)).read_text(encoding="utf-8")
        assert wanted in page
        assert other not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_ranking_leads_to_every_sheet_in_the_order_of_the_table(folder, language):
    page = (folder / f"ranking_{language}.html").read_text(encoding="utf-8")
    order = [sheet_name(name, language) for _, name in evaluation().table().index]
    assert re.findall(r'<th><a href="([^"]+)"', page) == order
    assert all((folder / name).is_file() for name in order)


def test_pages_ask_for_nothing_outside_themselves(folder):
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert not re.search(r'(src|href)="(https?:)?//', text)
        assert "default-src 'none'" in text


def test_pages_are_read_on_dark_screens_and_on_paper(folder):
    text = (folder / "ranking_en.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    # colours of figures are names, so that each scheme has its own
    assert not re.search(r"<(rect|circle|polyline|text)[^>]*#[0-9a-f]{3}", text)


def test_the_tables_beside_the_pages_are_those_of_the_evaluation(folder):
    for name, table in evaluation().all_tables().items():
        read = pd.read_csv(folder / f"{name}.csv")
        assert len(read) == len(table)
        assert list(read.columns) == [*table.index.names, *table.columns]


def test_what_the_tables_are_of_stands_beside_them(folder):
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    assert about["label"] == monthly().definition
    assert about["decisions"] == len(monthly().rows)
    assert about["universes"] == ["all"]
    assert about["first"] < about["last"]


def test_a_sheet_can_be_written_by_itself(tmp_path):
    path = evaluation().sheet("size", tmp_path / "size.html", "en")
    text = path.read_text(encoding="utf-8")
    assert "ranking_en" not in text
    with pytest.raises(qh.StrategyError, match="not in the evaluation; there are turnover"):
        evaluation().sheet("nothing", tmp_path / "x.html")
    with pytest.raises(qh.StrategyError, match="accepted: en, zh"):
        evaluation().to_html(tmp_path / "x.html", "fr")


def test_without_a_hedge_no_page_speaks_of_one(tmp_path):
    found = qh.evaluate(factors(), monthly(), fewest=10, quantiles=5, hedge=None)
    page = found.sheet("turnover", tmp_path / "t.html", "en").read_text(encoding="utf-8")
    assert 'id="hedge"' not in page
    assert "minus hedge" not in found.to_html(tmp_path / "r.html", "en").read_text("utf-8")


def test_markup_in_a_name_stays_text(tmp_path):
    table = {"<b>bold</b>": factors().frame(KINDS[0])}
    found = qh.evaluate(table, monthly(), fewest=10, quantiles=5)
    page = found.to_html(tmp_path / "r.html", "en").read_text(encoding="utf-8")
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_figures_leave_out_what_is_not_known():
    nan = float("nan")
    bars = Bars("a", "a", [0.1, nan], [0.0, nan], [0.2, nan])
    svg = bar_figure("t", ["x", "y"], [bars], percent)
    assert svg.count("<rect") == 1
    assert svg.count("interval") == 1
    assert "polyline" not in curve_figure("t", [], [Curve("c", "a", [nan, nan])], percent)
    assert "circle" not in point_figure("t", [Point("p", nan, 1.0)], "x", "y", (number, percent))


def test_names_of_points_never_lie_on_each_other_and_the_rest_are_under_the_pointer():
    crowd = [Point(f"factor {i}", 0.01 + 1e-5 * i, 0.02) for i in range(9)]
    svg = point_figure("t", [*crowd, Point("alone", 0.05, 0.3)], "x", "y", (number, percent))
    named = re.findall(r'text-anchor="start">([^<]+)<', svg)
    assert "alone" in named
    assert sum(name.startswith("factor") for name in named) <= 1
    assert svg.count("<title>factor") == 9


def test_universes_have_names_in_both_languages():
    assert universe_name("largest:800", "zh") == "市值最大 800"
    assert universe_name("all", "en") == "all stocks"
    assert universe_name("all stocks", "zh") == "all stocks"  # the user's own word
