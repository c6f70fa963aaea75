"""The report as an object, as text and as a page."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from quanthedge.errors import DataError
from quanthedge.market import write_dataset
from quanthedge.market.checks.whole import check_dataset
from quanthedge.market.manifest import Manifest
from quanthedge.market.quality import quality_page, quality_report, write_quality_page
from quanthedge.market.quality.gaps import gaps_in_words
from quanthedge.market.schema import TABLES
from tests.market.small_market import small_market, to_arrow

VOID = {"meta", "col", "td"}  # cells of the map are not closed, as HTML allows


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A small market with one wild close, one repeated index bar and a member without bars."""
    tables = small_market(3, days=70)
    bars = tables["stock_daily"].to_pandas()
    bars.loc[7, ["low", "close"]] = 1.0
    tables["stock_daily"] = to_arrow(bars, "stock_daily")
    index = tables["index_daily"].to_pandas()
    columns = [name for name in index.columns if name != "date"]
    index.loc[8, columns] = index.loc[7, columns]
    tables["index_daily"] = to_arrow(index, "index_daily")
    members = tables["index_members"].to_pandas()
    extra = members.iloc[[0]].assign(code="600001.SH", end=pd.NaT)
    tables["index_members"] = to_arrow(pd.concat([members, extra]), "index_members")
    path = tmp_path_factory.mktemp("quality") / "market"
    write_dataset(path, tables, name="<small> & co", source="a test")
    return path, bars


@pytest.fixture(scope="module")
def report(spoilt):
    return quality_report(spoilt[0])


def test_the_report_holds_every_finding_of_the_checks_once_and_its_own(spoilt, report):
    texts = [finding.text for finding in report.checks]
    assert len(texts) == len(set(texts))
    assert {finding.text for finding in check_dataset(spoilt[0])} <= set(texts)
    assert any("repeats all that is known of the day before" in text for text in texts)
    assert any("of the members of 000300.SH have no stock bars" in text for text in texts)
    assert report.errors == []


def test_every_suspicious_stock_day_has_its_class_and_values(spoilt, report):
    row = spoilt[1].loc[7]
    found = report.suspects.iloc[0]
    assert (found["code"], str(found["date"])[:10]) == (row["code"], str(row["date"])[:10])
    assert found["kind"].startswith("beyond the price limit")
    assert found["change"] == pytest.approx(1.0 / row["pre_close"] - 1)
    assert found["lowest"] == pytest.approx(row["pre_close"] * 0.9, abs=0.0051)
    counts = report.suspects["kind"].value_counts()
    for finding in report.checks:
        if finding.rule in counts:
            assert counts[finding.rule] == finding.count


def test_tables_are_named_with_their_fingerprint(spoilt, report):
    manifest = Manifest.read(spoilt[0])
    assert [facts.name for facts in report.tables] == [n for n in TABLES if n in manifest.tables]
    for facts in report.tables:
        entry = manifest.tables[facts.name]
        assert (facts.rows, facts.bytes, facts.content) == (entry.rows, entry.bytes, entry.content)
    bars = next(facts for facts in report.tables if facts.name == "stock_daily")
    dates = spoilt[1]["date"].astype(str)
    assert (bars.first, bars.last) == (dates.min(), dates.max())


def test_the_text_is_short_and_has_every_part(report):
    text = report.to_text()
    assert len(text.splitlines()) < 60
    assert text.startswith("0 errors, ")
    assert re.search(r"Suspicious moves: \d+ stock-days\n +1  beyond the price limit", text)
    assert "Coverage by month, 2014-01 to 2014-04 (median month)" in text
    assert f"Fingerprint {report.manifest.fingerprint}" in text
    assert text.count("close beyond the day's price limit") == 0  # counted once, by class


class Page(HTMLParser):
    """Collects tags, attributes and text; fails when tags do not close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    path = write_quality_page(report, tmp_path_factory.mktemp("page") / "new" / "quality.html")
    return path.read_text(encoding="utf-8")


def test_the_page_speaks_chinese_with_the_same_numbers(report, page):
    chinese = quality_page(report, "zh")
    assert '<html lang="zh-CN">' in chinese
    said = [word.strip() for word in Page(chinese).words if word.strip()]
    english = [word.strip() for word in Page(page).words if word.strip()]
    assert len(said) == len(english)
    style = next(word for word in said if "table.map" in word)
    own = {style, report.manifest.name, f"来源：{report.manifest.source}"}
    told = [word for word in said if word not in own and not word.startswith("来源：")]
    assert [word for word in told if re.search(r"[A-Za-z]{3,} [a-z]{2,}", word)] == []
    for one, other in zip(english, said, strict=True):
        if one != style and "first:" not in one:
            assert sorted(re.findall(r"\d+", one)) == sorted(re.findall(r"\d+", other)), one


def test_gaps_are_told_in_chinese(report):
    months = report.months
    told = gaps_in_words(report.coverage, months, "zh")
    assert len(told) == len(report.gaps)
    assert all("整月缺失" in one or "低于 95%" in one for one in told)
    assert not [one for one in told if re.search(r"none in|below|of \d", one)]


def test_the_page_is_well_formed_and_asks_nobody_for_anything(page):
    tags = Page(page).seen
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        assert not {"src", "href", "onclick"} & attributes.keys()
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    policy = next(a["content"] for t, a in tags if a.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_names_of_the_data_cannot_break_the_page(page):
    assert "<small>" not in page
    assert "&lt;small&gt; &amp; co" in page


def test_every_cell_of_the_map_says_its_month_and_number(report, page):
    tags = Page(page).seen
    cells = [a["title"] for tag, a in tags if tag == "td" and "title" in a]
    assert len(cells) == len(report.coverage) * len(report.months)
    for month in report.months:
        assert sum(title.startswith(f"{month}: ") for title in cells) == len(report.coverage)
    listed = next(row for row in report.coverage if row.name == "listed stocks with a bar")
    share = f"{listed.share[0]:.1%} ({listed.found[0]:,.0f} of {listed.expected[0]:,.0f})"
    assert f"{report.months[0]}: {share}" in cells


def test_the_map_has_a_legend_and_its_gaps_in_words(report, page):
    text = "".join(Page(page).words)
    assert "nothing expected" in text
    assert report.gaps
    assert all(gap in text for gap in report.gaps)
    assert report.manifest.fingerprint in text


def test_every_class_of_colour_on_the_map_is_in_the_style(page):
    style = page.partition("<style>")[2].partition("</style>")[0]
    used = {a["class"] for t, a in Page(page).seen if t == "td" and "title" in a}
    assert used
    assert all(f".{kind} {{" in style for kind in used)


def test_a_damaged_table_gives_a_report_without_coverage(spoilt, tmp_path):
    path = tmp_path / "market"
    write_dataset(path, small_market(3, days=70), name="small", source="test")
    file = path / "cash_rate.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    report = quality_report(path)
    assert [finding.rule for finding in report.errors] == ["changed file"]
    assert report.coverage == []
    assert report.gaps == []
    assert len(report.suspects) == 0
    assert "No coverage: a table's file is missing or changed." in report.to_text()
    page = write_quality_page(report, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "the file differs from the manifest" in "".join(Page(page).words)


def test_a_market_with_stock_bars_alone_has_a_report(tmp_path):
    tables = {name: small_market()[name] for name in ("calendar", "stocks", "stock_daily")}
    for column in ("amount", "total_shares", "float_shares"):
        place = tables["stock_daily"].column_names.index(column)
        unknown = pa.array(np.full(tables["stock_daily"].num_rows, np.nan))
        tables["stock_daily"] = tables["stock_daily"].set_column(place, column, unknown)
    write_dataset(tmp_path / "market", tables, name="bare", source="test")
    report = quality_report(tmp_path / "market")
    assert report.errors == []
    assert {row.group for row in report.coverage} == {"stocks", "stock_daily"}
    assert any("amount known: none in 2014-01" in gap for gap in report.gaps)
    page = write_quality_page(report, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "without corporate_actions, stock_names" in "".join(Page(page).words)


def test_a_place_that_cannot_be_written_is_one_clear_error(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the page could not be written"):
        write_quality_page(report, tmp_path / "file" / "page.html")
    with pytest.raises(DataError, match="no such folder"):
        quality_report(tmp_path / "nowhere")


def test_the_package_loads_no_drawing_library():
    code = "import quanthedge.market.quality, sys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True,
                            text=True).stdout.split()  # fmt: skip
    assert not {"plotly", "jinja2", "scipy", "vectorbt"} & set(loaded)
