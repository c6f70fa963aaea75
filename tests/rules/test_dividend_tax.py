"""Dividend tax against the notices' text, and holding periods against another library."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanthedge.errors import RuleError
from quanthedge.rules import DividendTax
from quanthedge.rules.dividend_tax import HOLDINGS, holding_bracket

DAYS = st.dates(date(2013, 1, 1), date(2026, 12, 31))


def test_notice_85_of_2012_taxed_by_holding_period_and_withheld_five_percent_at_payment():
    tax = DividendTax.between(
        "individual", ["2012-12-31", "2013-01-01", "2015-09-07", "2015-09-08"]
    )
    assert HOLDINGS == ("up to one month", "up to one year", "over one year")
    # P31 to P33: 20%, 10%, 5% from 2013-01-01; P34 (notice 101 of 2015): over a year exempt
    assert tax.rate.tolist() == [[0.1] * 3, [0.2, 0.1, 0.05], [0.2, 0.1, 0.05], [0.2, 0.1, 0]]
    # P64: 5% at payment under the notice of 2012, nothing at payment under the one of 2015
    assert tax.at_payment.tolist() == [[0.1] * 3, [0.05] * 3, [0.05] * 3, [0] * 3]
    assert (tax.at_payment <= tax.rate).all()


def test_a_public_fund_is_taxed_as_an_individual_and_a_private_fund_not_at_all():
    days = ["2010-04-19", "2014-09-17", "2015-09-07", "2015-09-08", "2024-01-02"]
    fund, person = (
        DividendTax.between("public securities fund", days),
        DividendTax.between("individual", days),
    )
    np.testing.assert_array_equal(fund.rate, person.rate)
    np.testing.assert_array_equal(fund.at_payment, person.at_payment)
    assert {"public securities fund", "individual 0"} <= set(fund.used["key"])
    assert not DividendTax.between("private fund", days).rate.any()


def test_days_and_investors_that_the_book_does_not_know_are_refused():
    with pytest.raises(RuleError, match=r"public securities fund: no rule on 2005-06-10.*2005"):
        DividendTax.between("public securities fund", ["2005-06-10", "2005-06-13"])
    with pytest.raises(RuleError, match="accept_confidence='ABM'"):
        DividendTax.between("private fund", ["2014-09-17"], accept_confidence="AB")
    with pytest.raises(RuleError, match="individual, public securities fund, private fund"):
        DividendTax.between("bank", ["2014-09-17"])


@pytest.mark.parametrize(
    ("bought", "last_in_month", "last_in_year"),
    [
        ("2013-01-08", "2013-02-08", "2014-01-08"),  # the same day of the next month: one month
        ("2013-12-15", "2014-01-15", "2014-12-15"),
        ("2014-01-31", "2014-02-28", "2015-01-31"),  # February has no 31st: its last day
        ("2016-01-31", "2016-02-29", "2017-01-31"),
        ("2016-02-29", "2016-03-29", "2017-02-28"),
    ],
)
def test_one_month_ends_with_the_sale_on_the_same_day_of_the_next(
    bought, last_in_month, last_in_year
):
    day = np.timedelta64(1, "D")
    month, year = np.datetime64(last_in_month), np.datetime64(last_in_year)
    got = holding_bracket(bought, [month - day, month, month + day, year, year + day])
    assert got.tolist() == [0, 0, 1, 1, 2]


@given(DAYS, st.integers(0, 800))
def test_holding_periods_agree_with_calendar_offsets_of_pandas(bought, days):
    start = pd.Timestamp(bought)
    sold = start + pd.Timedelta(days=days)
    longer = [sold > start + pd.DateOffset(months=1), sold > start + pd.DateOffset(years=1)]
    assert holding_bracket(bought, sold.date()) == sum(longer)


def test_sales_before_purchase_and_missing_days_are_refused():
    for bought, sold in (("2014-01-02", "2014-01-01"), ("NaT", "2014-01-01"), ("soon", "later")):
        with pytest.raises(RuleError, match="holding"):
            holding_bracket(bought, sold)
