"""Rules of stocks, checked against the facts as published rather than against the tables."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import RuleError
from quanthedge.rules import Board, StockRules

OLD = "1999-01-04"
PER_DAY = (
    "stamp_duty_buy", "stamp_duty_sell", "transfer_rate", "transfer_par_rate", "transfer_min_yuan",
    "exchange_rate", "limit_up", "limit_down",
)  # fmt: skip
MAIN_ST, CHINEXT, CHINEXT_ST, STAR = 1, 2, 3, 4


def rules(dates, codes=("600519.SH", "000001.SZ"), listed=None, **options):
    return StockRules.between(
        dates, codes, [OLD] * len(codes) if listed is None else listed, **options
    )


@pytest.mark.parametrize(
    ("code", "exchange", "board"),
    [
        ("600000.SH", "SSE", "main"),
        ("605499.SH", "SSE", "main"),
        ("688981.SH", "SSE", "star"),
        ("689009.SH", "SSE", "star"),
        ("000001.SZ", "SZSE", "main"),
        ("002594.SZ", "SZSE", "main"),
        ("003816.SZ", "SZSE", "main"),
        ("301269.SZ", "SZSE", "chinext"),
        ("430047.BJ", "BSE", "bse"),
        ("830799.BJ", "BSE", "bse"),
        ("920002.BJ", "BSE", "bse"),
    ],
)
def test_a_code_tells_its_exchange_and_board(code, exchange, board):
    assert (Board.of(code).exchange, Board.of(code).name) == (exchange, board)


@pytest.mark.parametrize(
    "code", ["900901.SH", "200002.SZ", "510300.SH", "600519", "60051.SH", "IF1410"]
)
def test_a_code_of_no_a_share_board_is_an_error_that_names_it(code):
    with pytest.raises(RuleError, match=code):
        Board.of(code)


def test_stamp_duty_was_halved_on_28_august_2023_and_buyers_pay_none_since_2008():
    got = rules(["2008-09-18", "2008-09-19", "2023-08-25", "2023-08-28"])
    assert got.stamp_duty_buy.tolist() == [0.001, 0, 0, 0]
    assert got.stamp_duty_sell.tolist() == [0.001, 0.001, 0.001, 0.0005]


def test_shanghai_transfer_fee_was_on_par_value_until_july_2015():
    got = rules(["2012-05-31", "2015-07-31", "2015-08-03", "2022-04-29"])
    assert got.transfer_rate[:, 0].tolist() == [0, 0, 2e-5, 1e-5]
    assert got.transfer_par_rate[:, 0].tolist() == [0.001, 0.0006, 0, 0]
    assert got.transfer_min_yuan[:, 0].tolist() == [1, 0, 0, 0]
    assert got.transfer_rate[:, 1].tolist() == [2.55e-5, 2.55e-5, 2e-5, 1e-5]


def test_the_brokers_part_known_from_memory_is_left_out_when_memory_is_not_accepted():
    assert rules(["2015-07-31"], accept_confidence="AB").transfer_par_rate[0, 0] == 0.0003


def test_handling_and_regulatory_fees_are_charged_together():
    got = rules(["2015-07-31", "2018-01-02", "2023-08-28"])
    assert got.exchange_rate[:, 0] == pytest.approx([6.96e-5 + 2e-5, 6.87e-5, 5.41e-5], rel=1e-12)


def test_limits_by_board_and_status():
    codes = ["600519.SH", "300750.SZ", "688981.SH", "920002.BJ"]
    listed = ["2001-08-27", "2018-06-11", "2020-07-16", "2024-01-02"]
    got = rules(["2020-08-21", "2020-08-24", "2026-07-03", "2026-07-06"], codes, listed)
    assert got.limit_up[:, 0].tolist() == [0.1] * 4
    assert got.limit_up[:, MAIN_ST].tolist() == [0.05, 0.05, 0.05, 0.1]
    assert got.limit_down[:, CHINEXT].tolist() == [0.1, 0.2, 0.2, 0.2]
    assert got.limit_down[:, CHINEXT_ST].tolist() == [0.05, 0.2, 0.2, 0.2]
    assert got.limit_up[:, STAR].tolist() == [0.2] * 4
    assert got.limit_up[2:, 6].tolist() == [0.3, 0.3]


def test_lots_differ_by_board():
    codes = ["600519.SH", "300750.SZ", "688981.SH", "920002.BJ"]
    got = rules(["2024-01-02"], codes)
    assert got.lot.tolist() == [100, 100, 200, 100]
    assert got.step.tolist() == [100, 100, 1, 1]
    assert got.tick.tolist() == [0.01] * 4
    assert (got.board.tolist(), got.exchange.tolist()) == ([0, 1, 2, 3], [0, 1, 0, 2])


def test_the_listing_rule_is_chosen_by_the_listing_date():
    listings = [
        ("601788.SH", "2009-08-18", 1, np.inf, np.inf),  # first day free before December 2013
        ("603699.SH", "2014-01-17", 1, 0.44, 0.36),  # the first listing under the 44% rule
        ("002700.SZ", "2014-06-26", 1, 0.44, 0.36),
        ("300498.SZ", "2020-08-21", 1, 0.44, 0.36),
        ("300999.SZ", "2020-10-15", 5, np.inf, np.inf),  # five free days of the reformed board
        ("688001.SH", "2019-07-22", 5, np.inf, np.inf),
        ("001286.SZ", "2023-04-10", 5, np.inf, np.inf),  # registration on the main boards
        ("920002.BJ", "2024-05-30", 1, np.inf, np.inf),
    ]
    days = np.arange("2009-08-18", "2024-06-01", dtype="datetime64[D]")
    got = rules(days, [one[0] for one in listings], [one[1] for one in listings])
    assert got.ipo_days.tolist() == [one[2] for one in listings]
    assert got.ipo_up.tolist() == [one[3] for one in listings]
    assert got.ipo_down.tolist() == [one[4] for one in listings]


def test_where_no_listing_rule_is_known_the_limits_of_the_first_day_are_nan():
    got = rules(["2014-01-23", "2014-01-24"], ["002705.SZ"], ["2014-01-23"])
    assert got.ipo_days.tolist() == [1]
    assert np.isnan(got.ipo_up[0])
    assert np.isnan(got.ipo_down[0])


def test_a_stock_listed_long_ago_or_at_an_unknown_date_is_under_no_listing_rule():
    got = rules(["2016-01-04"], ["600519.SH", "000001.SZ"], ["2001-08-27", "NaT"])
    assert got.ipo_days.tolist() == [0, 0]


def test_used_shows_each_weak_row_with_its_letter():
    used = rules(["2012-07-02", "2014-09-17"]).used
    weak = used[used["confidence"].isin(["M", "C"])]
    assert set(weak["key"]) == {"transfer_fee SSE", "transfer_fee_broker_part SSE"}
    assert list(used.columns[:7]) == [
        "table", "key", "from", "to", "value", "confidence", "source_ids",
    ]  # fmt: skip


def test_strict_mode_refuses_a_day_that_only_memory_covers_and_says_how_to_accept_it():
    with pytest.raises(RuleError, match=r"2012-06-01 .*accept_confidence='ABM'"):
        rules(["2012-05-31", "2012-06-01"], accept_confidence="AB")


def test_strict_mode_works_over_the_reference_window():
    days = np.arange("2014-09-17", "2015-08-01", dtype="datetime64[D]")
    used = rules(days, accept_confidence="AB").used
    assert set(used["confidence"]) <= {"A", "B"}


def test_days_before_the_book_are_an_error_that_says_what_is_covered():
    with pytest.raises(RuleError, match="1992-06-12"):
        rules(["1991-01-02"])
    with pytest.raises(RuleError, match=r"handling_fee SSE.*2003-02-20"):
        rules(["2001-01-02"])


def test_an_exchange_is_covered_from_its_first_listing_on():
    got = rules(["2021-11-12", "2021-11-15"], ["600519.SH", "832000.BJ"], [OLD, "2021-11-15"])
    assert np.isnan(got.transfer_rate[0, 2])
    assert got.transfer_rate[1, 2] == 2.5e-5
    with pytest.raises(RuleError, match="BSE"):
        rules(["2021-11-12"], ["832000.BJ"], ["2020-07-27"])


@pytest.mark.parametrize(
    "dates", [[], ["2015-01-06", "2015-01-05"], ["2015-01-05", "2015-01-05"], ["x"], ["NaT"]]
)
def test_bad_dates_are_refused(dates):
    with pytest.raises(RuleError, match="dates"):
        rules(dates)


def test_unknown_confidence_letters_and_unequal_lengths_are_refused():
    with pytest.raises(RuleError, match="ABCM"):
        rules(["2015-01-05"], accept_confidence="AX")
    with pytest.raises(RuleError, match="one each"):
        StockRules.between(["2015-01-05"], ["600519.SH"], [OLD, OLD])


@settings(deadline=None)
@given(
    st.lists(st.dates(date(2004, 1, 1), date(2026, 12, 31)), min_size=1, max_size=8, unique=True)
)
def test_the_rules_of_a_day_do_not_depend_on_the_other_days_of_the_run(dates):
    days = np.sort(np.array(dates, dtype="datetime64[D]"))
    whole = rules(days)
    for t, day in enumerate(days):
        alone = rules([day])
        for name in PER_DAY:
            np.testing.assert_array_equal(getattr(whole, name)[t], getattr(alone, name)[0])


def test_lots_of_low_confidence_are_refused_when_only_the_best_are_accepted():
    with pytest.raises(RuleError, match="accept_confidence='AB'"):
        rules(["2018-01-02"], ["600519.SH"], accept_confidence="A")


@pytest.mark.parametrize(
    "kind",
    [
        pd.DatetimeIndex,
        lambda days: pd.Series(pd.to_datetime(days)),
        lambda days: [pd.Timestamp(day) for day in days],
        lambda days: [date.fromisoformat(day) for day in days],
        lambda days: np.array(days, dtype="datetime64[ns]"),
    ],
)
def test_dates_may_come_in_any_usual_form(kind):
    days = ["2014-09-17", "2023-08-28"]
    got = rules(kind(days), listed=kind(["2001-08-27", "2011-01-04"]))
    assert got.stamp_duty_sell.tolist() == [0.001, 0.0005]
    assert got.ipo_days.tolist() == [0, 0]
