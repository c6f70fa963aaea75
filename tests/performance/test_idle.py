"""Cash that lay idle: shares that add up to the equity, and the return lost by its formula."""

import itertools

import numpy as np
import pandas as pd
import pytest

from quanthedge.performance import cash_drag
from tests.sample import sample_result


def test_the_shares_add_up_to_the_equity() -> None:
    found = cash_drag(sample_result().ledger)
    parts = (found.stocks, found.margin, found.cushion, found.stock_cash, found.rest)
    assert sum(parts) == pytest.approx(1.0)
    assert 0.7 < found.stocks < 0.8


def test_the_return_lost_is_that_of_the_formula_day_by_day() -> None:
    ledger = sample_result().ledger
    rows = ledger.to_dict("records")
    at_work = earned = 0.0
    for before, day in itertools.pairwise(rows):
        earned += day["interest"]
        money = before["stock_value"] + before["margin_required"]
        if money == 0:
            continue
        profit = day["stock_pnl"] + day["dividends"] + day["futures_pnl"]
        for cost in ("commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee",
                     "impact", "dividend_tax", "loan_interest", "lending_fee"):  # fmt: skip
            profit -= day[cost]
        idle = before["stock_cash"] + before["futures_cash"] - before["margin_required"]
        at_work += idle * profit / money
    found = cash_drag(ledger)
    assert found.at_work == pytest.approx(at_work)
    assert found.earned == pytest.approx(earned)
    assert found.lost == pytest.approx(at_work - earned)


def test_a_fund_whose_money_doubles_loses_what_its_idle_half_would_have_earned() -> None:
    ledger = sample_result().ledger.iloc[:22].copy()
    ledger = ledger.select_dtypes("number") * 0.0
    last = [pd.Timestamp("2015-12-31")]
    ledger.index = pd.bdate_range("2015-01-01", periods=21).append(pd.DatetimeIndex(last))
    ledger["equity"] = [100.0] * 21 + [150.0]
    ledger["stock_value"] = [0.0] + [50.0] * 20 + [100.0]
    ledger["stock_cash"] = [100.0] + [50.0] * 21
    ledger["stock_pnl"] = [0.0] * 21 + [50.0]
    found = cash_drag(ledger)
    assert found.at_work == pytest.approx(50.0)
    assert found.lost == pytest.approx(50.0)
    mean = (20 * 100.0 + 150.0) / 21
    assert found.lost_per_year == pytest.approx(50.0 / mean / (364 / 365))
    assert np.isfinite(found.earned_rate)


def test_nothing_is_stated_a_year_for_fewer_days_than_the_summary_needs() -> None:
    assert np.isnan(cash_drag(sample_result().ledger.iloc[:20]).lost_per_year)
    assert np.isfinite(cash_drag(sample_result().ledger.iloc[:21]).lost_per_year)
