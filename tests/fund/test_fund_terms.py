"""Terms of the fund and the calendar of its fee dates."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.errors import StrategyError
from quanthedge.fund import FundTerms
from quanthedge.fund.clients import Clients

WEEKDAYS_2014 = np.array(
    [
        day
        for day in np.arange("2014-01-01", "2015-01-01", dtype="datetime64[D]")
        if np.is_busday(day)
    ]
)


def due(dates, calendar=None, **terms):
    dates = np.asarray(dates, dtype="datetime64[D]")
    return [str(day) for day in dates[FundTerms(**terms).crystallisation_flags(dates, calendar)]]


def test_each_period_ends_on_its_last_trading_day():
    assert due(WEEKDAYS_2014, crystallisation="quarter") == [
        "2014-03-31", "2014-06-30", "2014-09-30", "2014-12-31",
    ]  # fmt: skip
    assert due(WEEKDAYS_2014, crystallisation="half_year") == ["2014-06-30", "2014-12-31"]
    assert due(WEEKDAYS_2014, crystallisation="year") == ["2014-12-31"]
    assert due(WEEKDAYS_2014, crystallisation="none") == []
    assert len(due(WEEKDAYS_2014, crystallisation="month")) == 12


def test_a_holiday_at_the_period_end_moves_the_date_forward():
    assert due(["2013-03-28", "2013-03-29", "2013-04-01"]) == ["2013-03-29"]


def test_the_last_day_of_the_run_is_judged_by_the_calendar():
    run = ["2018-12-26", "2018-12-27", "2018-12-28"]
    calendar = np.array([*run, "2019-01-02"], dtype="datetime64[D]")
    assert due(run, calendar) == ["2018-12-28"]
    assert due(run[:2], calendar) == []


def test_where_the_calendar_ends_with_the_run_a_weekday_left_means_not_due():
    assert due(["2018-12-27", "2018-12-28"]) == []  # Monday the 31st might be a trading day
    assert due(["2014-09-29", "2014-09-30"]) == ["2014-09-30"]
    assert due(["2018-03-29", "2018-03-30"]) == ["2018-03-30"]  # a Friday; only a weekend is left
    run = np.array(["2014-09-29", "2014-09-30"], dtype="datetime64[D]")
    assert due(run, run) == ["2014-09-30"]


def test_further_dates_are_added_and_those_outside_the_run_are_left():
    dates = ("2014-02-14", "2013-02-14", "2016-02-14")
    assert due(WEEKDAYS_2014, crystallisation="none", crystallisation_dates=dates) == ["2014-02-14"]
    assert due(WEEKDAYS_2014, crystallisation="year", crystallisation_dates=dates) == [
        "2014-02-14", "2014-12-31",
    ]  # fmt: skip


def test_a_further_date_that_is_no_trading_day_is_an_error_that_offers_the_one_before():
    with pytest.raises(StrategyError, match="2014-02-14"):
        due(WEEKDAYS_2014, crystallisation_dates=("2014-02-15",))


def test_defaults_and_refusals():
    terms = FundTerms()
    assert (terms.management_fee_per_year, terms.custody_fee_per_year) == (0.015, 0.0025)
    assert (terms.performance_fee_rate, terms.high_water_mark) == (0.25, "post_fee")
    for wrong in (
        {"performance_fee": 0.2},
        {"performance_fee_rate": 25},
        {"performance_fee_rate": 0.12345},
        {"management_fee_per_year": -0.01},
        {"crystallisation": "weekly"},
        {"unit_value_decimals": 3},
        {"initial_unit_value": 0},
    ):
        with pytest.raises(ValidationError):
            FundTerms(**wrong)


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u00a0"])
def test_a_client_without_a_visible_name_is_refused(name):
    with pytest.raises(ValueError, match="a letter cannot name him"):
        Clients(founders={name: 0.5, "Li": 0.5})
