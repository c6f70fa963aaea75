"""The rule book's files: the packaged ones are sound, and bad tables of one's own are refused."""

import os
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import StockRules, deposit_rate
from quanthedge.rules.tables import TABLES, read_sources, read_table

PACKAGED = files("quanthedge.rules") / "data"
RATES = "effective_from,effective_to,demand_pct,one_year_pct,source_ids,confidence,note\n"


def own(folder: Path, name: str, text: str) -> Path:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_every_packaged_table_is_sound(name):
    assert len(read_table(name)) > 0


def test_only_sources_that_are_used_are_carried():
    used = {
        source for name in TABLES for row in read_table(name)
        for source in row.cells["source_ids"].split(";")
    }  # fmt: skip
    assert used == set(read_sources())


def test_no_packaged_table_names_a_machines_path():
    for name in (*TABLES, "sources"):
        text = (PACKAGED / f"{name}.csv").read_text(encoding="utf-8")
        assert not any(word in text for word in ("/home", "/root", "/tmp", "/work", "C:\\"))


def test_margins_have_no_hole_from_the_listing_on():
    for product in ("IF", "IH", "IC", "IM"):
        spans = [
            row for row in read_table("fut_margin")
            if row.cells["product"] == product and row.cells["contracts"] != "two quarter months"
        ]  # fmt: skip
        for earlier, later in pairwise(spans):
            assert (later.first - earlier.last).days == 1
        assert spans[-1].last is None


def test_the_deposit_benchmark_by_date():
    assert deposit_rate(["2008-11-26", "2008-11-27", "2012-07-06", "2024-01-02"]).tolist() == [
        0.0072, 0.0036, 0.0035, 0.0035,
    ]  # fmt: skip
    with pytest.raises(RuleError, match="1990-04-15"):
        deposit_rate(["1990-04-14"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("demand_pct,note\n1,\n", "column .*effective_from.* is missing"),
        (RATES + "2014-09-17,2014-09-16,0.35,3,R01,A,\n", "before effective_from"),
        (RATES + "17.9.2014,,0.35,3,R01,A,\n", "is not a date"),
        (RATES + "2014-09-17,,cheap,3,R01,A,\n", "'cheap', a number is expected"),
        (RATES + "2014-09-17,,-0.35,3,R01,A,\n", "accepted: a number, 0 or more"),
        (RATES + "2014-09-17,,nan,3,R01,A,\n", "accepted: a number, 0 or more"),
        (RATES + "2014-09-17,,,3,R01,A,\n", "demand_pct is empty"),
        (RATES + "2014-09-17,,0.35,3,R01,D,\n", "confidence 'D'"),
        (RATES + "2014-09-17,,0.35,3,X99,A,\n", "'X99' is not in sources.csv"),
        (RATES + "2014-09-17,,0.35,3,R01,A,a,b\n", "number of cells"),
        (RATES + "2014-09-17,,0.35\n", "number of cells"),
        (
            RATES + "2014-01-01,2014-12-31,1,1,R01,A,\n2014-12-31,,2,2,R01,A,\n",
            "lines 2 and 3 overlap",
        ),
    ],
)
def test_a_bad_table_is_refused_with_its_place(tmp_path, text, message):
    folder = own(tmp_path, "rate_deposit_benchmark", text)
    with pytest.raises(RuleError, match=message):
        deposit_rate(["2014-09-17"], folder=folder)


def test_overlaps_are_found_through_names_that_stand_for_several(tmp_path):
    header = "fee,exchange,effective_from,effective_to,buy_rate,sell_rate,basis,min_amount_cny,"
    header += "payee,source_ids,confidence,note\n"
    body = "regulatory_fee,ALL,,,2e-5,2e-5,amount,,CSRC,P27,A,\n"
    body += "regulatory_fee,SSE,2015-01-01,,1e-5,1e-5,amount,,CSRC,P27,A,\n"
    with pytest.raises(RuleError, match="overlap for regulatory_fee SSE"):
        read_table("stock_fees", own(tmp_path, "stock_fees", header + body))


def test_a_table_of_the_users_own_replaces_the_packaged_one(tmp_path):
    (tmp_path / "sources.csv").write_text(
        "source_id,kind,title_or_content,site_or_repo,date\nMINE,letter,Bank letter,,2014\n",
        encoding="utf-8",
    )
    folder = own(tmp_path, "rate_deposit_benchmark", RATES + "1980-01-01,,0.72,3,MINE,A,\n")
    assert deposit_rate(["1985-01-02", "2014-09-17"], folder=folder).tolist() == [0.0072, 0.0072]
    rules = StockRules.between(["2014-09-17"], ["600519.SH"], ["2001-08-27"], folder=folder)
    assert rules.stamp_duty_sell[0] == 0.001


def test_a_table_that_was_edited_is_read_anew(tmp_path):
    folder = own(tmp_path, "rate_deposit_benchmark", RATES + "2014-01-01,,0.35,3,R01,A,\n")
    assert deposit_rate(["2014-09-17"], folder=folder)[0] == 0.0035
    own(tmp_path, "rate_deposit_benchmark", RATES + "2014-01-01,,0.72,3,R01,A,\n")
    os.utime(folder / "rate_deposit_benchmark.csv", ns=(1, 1))
    assert deposit_rate(["2014-09-17"], folder=folder)[0] == 0.0072


def test_a_hole_is_named_between_the_spans_that_are_covered(tmp_path):
    text = RATES + "2014-01-01,2014-03-31,1,1,R01,A,\n2014-04-01,2014-06-30,2,2,R01,A,\n"
    folder = own(tmp_path, "rate_deposit_benchmark", text + "2015-01-01,,1,1,R01,A,\n")
    with pytest.raises(RuleError, match="2014-01-01 to 2014-06-30, 2015-01-01 to now"):
        deposit_rate(["2014-05-05", "2014-09-17"], folder=folder)


def test_a_folder_that_would_be_passed_over_is_refused(tmp_path):
    with pytest.raises(RuleError, match="is not a folder"):
        deposit_rate(["2014-09-17"], folder=tmp_path / "rules")
    with pytest.raises(RuleError, match=r"deposit_rates.csv is no rule table"):
        deposit_rate(["2014-09-17"], folder=own(tmp_path, "deposit_rates", RATES))


def test_an_unknown_table_is_an_error_that_lists_the_tables():
    with pytest.raises(RuleError, match="stock_stamp_duty"):
        read_table("stock_lunch")
