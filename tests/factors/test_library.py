"""The library says of each factor what its class, its catalogue entry and a market say."""

import csv
import doctest
import re
from importlib.resources import files

import numpy as np
import pytest

import quanthedge as qh
from benchmarks.factor_library import PAGE, page
from quanthedge.errors import StrategyError
from quanthedge.factors import CATALOGUE, Accruals, factor_card, factor_coverage, library
from quanthedge.factors import library as library_function
from quanthedge.factors.needs import lacks, needs_of, written_needs
from quanthedge.words import texts
from tests.cli.inside import inside
from tests.market_fake import fake_market
from tests.sample import SAMPLE, sample_market

CHINESE_STOP = "。"
KINDS = list(CATALOGUE.entries)


def test_the_library_has_a_row_for_every_factor_of_the_catalogue():
    table = qh.factors.library()
    assert table.index.tolist() == KINDS
    assert (table["formula"].str.len() > 10).all()
    assert (table["needs"].str.len() > 0).all()
    assert set(table["sign"]) == {1, -1}
    for kind, row in table.iterrows():
        entry = CATALOGUE.entries[kind]
        assert (row["en"], row["zh"], row["source"]) == (entry["en"], entry["zh"], entry["source"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_of_a_factors_needs_is_what_it_reads(kind):
    cure = "run `python -m benchmarks.factor_library`"
    found = needs_of(CATALOGUE.classes()[kind](), sample_market())
    assert found == written_needs()[kind], cure


def test_the_page_of_the_library_is_the_one_of_the_catalogue():
    cure = "run `python -m benchmarks.factor_library`"
    assert PAGE.read_text(encoding="utf-8") == page(), cure


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_says_in_chinese_what_it_says_in_english(kind):
    """The same names of the data, parameters, numbers and functions; none is lost or added."""
    card = factor_card(kind)
    assert CHINESE_STOP in card["formula_zh"]
    english, chinese = (
        set(re.findall(r"[a-z]+_[a-z_]+", card[one])) for one in ("formula", "formula_zh")
    )
    assert english == chinese
    for sign in ("ln(", "max(", "`", "^3"):
        assert (sign in card["formula"]) == (sign in card["formula_zh"]), sign


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_says_in_chinese_where_it_is_undefined_and_what_its_parameters_are(kind):
    card = factor_card(kind)
    english, chinese = card["notes"]["Undefined"], card["undefined_zh"]
    for text in (chinese, *card["parameters_zh"].values()):
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert text.endswith(CHINESE_STOP)
    assert set(card["parameters_zh"]) == set(card["parameters"])
    marks = r"``\w+``|[a-z]+_[a-z]+|[dg]\(0\)"  # names of parameters, and of the formula
    assert set(re.findall(marks, english)) == set(re.findall(marks, chinese))


def test_no_chinese_is_left_of_a_parameter_that_is_gone():
    shown = {
        (name, said)
        for kind in KINDS
        for name, (_, said) in factor_card(kind)["parameters"].items()
        if name not in CATALOGUE.entries[kind].get("parameters_zh", {})
    }
    path = files("quanthedge.factors").joinpath("parameters_zh.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    written = [(row["parameter"], row["description"]) for row in rows]
    assert sorted(written) == sorted(shown)
    assert len({said for _, said in written}) == len(written)  # one text, one Chinese
    for kind in KINDS:
        own = CATALOGUE.entries[kind].get("parameters_zh", {})
        assert set(own) <= set(factor_card(kind)["parameters"])


def test_every_family_has_a_name_in_both_languages():
    families = texts("quanthedge.factors", "wording")["family"]
    assert {entry["family"] for entry in CATALOGUE.entries.values()} <= set(families)


def test_a_market_that_lacks_a_table_carries_the_others():
    class Poor:
        name = "poor"

        def has(self, table):
            return table not in ("owners", "analyst_estimates", "index_members")

        def fundamental_items(self):
            return ["book_equity", "net_profit_ttm"]

        def index_codes(self):
            return ["000905.SH"]

    table = library(market=Poor())
    assert table.loc["book_yield", "available"]
    assert table.loc["book_yield", "reason"] == ""
    told = {
        "state_owned": "no table owners",
        "revision": "no table analyst_estimates",
        "sales_yield": "no item revenue_ttm in fundamentals",
        "beta": "no index 000300.SH in index_daily",
        "index_member": "no table index_members",
    }
    for kind, reason in told.items():
        assert not table.loc[kind, "available"]
        assert table.loc[kind, "reason"] == reason


def test_the_sample_market_carries_the_whole_library():
    table = library(market=sample_market())
    assert table["available"].all(), table.loc[~table["available"], "reason"].to_dict()


def test_a_family_is_asked_for_by_its_name():
    assert set(library("estimates")["family"]) == {"estimates"}
    with pytest.raises(StrategyError, match=r"family 'value'; accepted: valuation, quality"):
        library("value")


def test_a_card_has_parameters_with_what_they_say():
    card = factor_card("earnings_surprise", sample_market())
    assert card["parameters"]["quarters"] == (8, "Earlier seasonal differences that the newest is "
                                                 "held against.")  # fmt: skip
    assert set(card["notes"]) >= {"Formula", "Undefined", "Suspension", "Look-ahead"}
    assert card["available"]
    with pytest.raises(StrategyError, match="near it: accruals"):
        factor_card("accrual")


def test_coverage_by_year_is_the_mean_of_the_month_ends():
    market = fake_market()
    found = factor_coverage(Accruals(), market)
    rows = [
        t
        for t in range(len(market.dates) - 1)
        if market.dates[t].astype("datetime64[M]") != market.dates[t + 1].astype("datetime64[M]")
    ]
    known, traded = np.isfinite(Accruals().exposure(market, rows)), market.panel("traded")[rows]
    assert found.index.tolist() == [2014]
    assert found.loc[2014] == pytest.approx(
        np.mean([(k & t).sum() / t.sum() for k, t in zip(known, traded, strict=True)])
    )


def test_what_a_market_lacks_is_said_once_for_each_table():
    assert lacks(["stock_daily"], fake_market()) == ""
    reports = ["statements revenue", "statements net_profit"]
    from dataclasses import replace

    assert lacks(reports, replace(fake_market(), tables={})) == "no table statements"


def test_the_command_lists_a_family_within_80_columns():
    done = inside("factors", "--family", "quality", "--market", SAMPLE, "--language", "en")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert len(re.findall(r"  yes$", done.stdout, re.MULTILINE)) == len(library("quality"))
    assert "gross_profitability" in done.stdout


def test_the_command_shows_a_card_with_formula_and_coverage():
    done = inside("factors", "accruals", "--market", SAMPLE, "--language", "zh")
    assert done.returncode == 0, done.stderr
    for word in ("应计利润", "operating_cash_flow", "取自现金流量表", "Sloan", "2015", "%"):
        assert word in done.stdout
    assert "所需报告有缺，或平均总资产不为正。" in done.stdout
    assert "is missing" not in done.stdout
    chinese = inside("factors", "revision", "--language", "zh").stdout
    assert "lag_days = 60: 相比两日之间的交易日数。" in chinese
    assert "Trading days" not in chinese
    assert "(EP[t] - 均值)" in inside("factors", "ep_own_history", "--language", "zh").stdout
    english = inside("factors", "accruals", "--market", SAMPLE, "--language", "en").stdout
    assert "Taken from the cash flow statement" in " ".join(english.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("accrual",), "no factor 'accrual'; near it: accruals"),
        (("--family", "value"), "family 'value'; accepted: valuation"),
        (("accruals", "--family", "quality"), "a NAME or --family, not both"),
        (("--language", "fr"), "--language 'fr'"),
        (("--market", "nowhere"), "nowhere"),
    ],
)
def test_wrong_words_end_in_one_line(words, told):
    done = inside("factors", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_examples_of_the_library_run():
    import sys

    module = sys.modules[library_function.__module__]
    assert doctest.testmod(module).failed == 0
