"""Dividends, bonus shares, rights and their tax: worked by hand, and the identity of the ex-day."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.ledger import run_ledger
from quanthedge.ledger.actions import action_book, tax_book
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.adapter import kernel_inputs
from tests.oracles.ledger import Action, Tax
from tests.oracles.random_market import calm_inputs

DATES = np.array(["2014-06-10", "2014-06-11", "2014-06-12", "2014-06-13", "2014-06-16"], "M8[D]")


def table(**columns):
    rows = {
        "code": "600000.SH", "ex_date": "2014-06-12", "cash_per_share": 0.0,
        "bonus_per_share": 0.0, "rights_per_share": 0.0, "rights_price": np.nan,
        "pay_date": pd.NaT, **columns,
    }  # fmt: skip
    frame = pd.DataFrame(rows, index=range(max(np.size(v) for v in rows.values())))
    return frame.astype({"ex_date": "datetime64[s]", "pay_date": "datetime64[s]"})


def book_of(frame, pre_close=None):
    prices = np.full((4, 1), 10.0) if pre_close is None else np.array(pre_close)[:, None]
    mark, factor = np.full((5, 1), 10.0), np.ones((5, 1))
    return action_book(frame, DATES, np.array(["600000.SH"]), mark, factor, prices)


def column(name, run):
    return run.ledger[:, COLUMNS.index(name)]


def run(action, price_after, *, tax=None, days=4, **overrides):
    """Buy 1,000 shares at 10 on the first day; the action falls on the second day."""
    factor, price = np.ones((days + 1, 1)), np.full((days, 1), 10.0)
    price[1:] = price_after
    factor[2:] = 10.0 / price_after
    mark = np.vstack([[10.0], price])
    bars = dict.fromkeys(("open", "high", "low", "close"), price)
    overrides.setdefault("targets", [(0, [(0, 0.5)])])
    inputs = calm_inputs(
        days=days, capital_yuan=20_000, actions={(1, 0): action},
        **bars, mark=mark, adj_factor=factor, volume=np.full((days, 1), 1e7),
        amount=price * 1e7, pre_close=np.vstack([[10.0], price[:-1]]), tax=tax, **overrides,
    )  # fmt: skip
    return run_ledger(kernel_inputs(inputs))


def test_a_dividend_is_a_claim_from_the_ex_date_and_cash_on_the_day_it_is_paid():
    found = run(Action(cash=0.5, pay_day=3), 9.5)
    assert column("dividends", found).tolist() == [0, 500, 0, 0]
    assert column("dividends_receivable", found).tolist() == [0, 500, 500, 0]
    assert column("stock_cash", found).tolist() == [10_000, 10_000, 10_000, 10_500]
    assert column("stock_pnl", found).tolist() == [0, -500, 0, 0]
    np.testing.assert_allclose(column("equity", found), 20_000)


def test_bonus_shares_change_the_number_and_not_the_value():
    found = run(Action(bonus=1.0), 5.0)
    assert found.state.shares.tolist() == [2000]
    np.testing.assert_allclose(column("equity", found), 20_000)


def test_rights_are_paid_for_and_lapsed_rights_cost_the_holder():
    taken = run(Action(rights=0.25, rights_price=6.0), 9.2)
    assert taken.state.shares.tolist() == [1250]
    assert column("stock_cash", taken)[1] == 10_000 - 250 * 6.0
    np.testing.assert_allclose(column("equity", taken), 20_000)
    lapsed = run(Action(rights=0.25, rights_price=6.0), 9.2, subscribe_rights=False)
    assert column("equity", lapsed)[1] == pytest.approx(20_000 - 1000 * 0.8)


@pytest.mark.parametrize(
    ("month", "year", "due"),
    [(0, 0, 100.0), (1, 0, 50.0), (2, 2, 0.0)],
    ids=["month", "year", "older"],
)  # fmt: skip
def test_the_tax_of_a_sale_depends_on_how_long_the_share_was_held(month, year, due):
    rates = [0.0] * 4, [0.2] * 4, [0.1] * 4, [0.0] * 4
    tax = Tax(*rates, [0, 0, 0, month], [0, 0, 0, year])
    found = run(
        Action(cash=0.5, pay_day=1), 9.5, tax=tax, targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])]
    )
    assert column("dividend_tax", found).tolist() == [0, 0, 0, pytest.approx(due)]
    assert found.trades[-1, 13] == pytest.approx(due)


def test_tax_withheld_at_payment_is_not_taken_again():
    rates = [0.05] * 4, [0.2] * 4, [0.1] * 4, [0.05] * 4
    tax = Tax(*rates, [0, 0, 0, 1], [0] * 4)
    found = run(
        Action(cash=0.5, pay_day=1), 9.5, tax=tax, targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])]
    )
    assert column("dividend_tax", found).tolist() == [0, 25, 0, pytest.approx(25)]


def test_the_factor_steps_by_the_exchanges_formula_on_ex_dates():
    frame = table(cash_per_share=0.5, bonus_per_share=0.2, rights_per_share=0.3, rights_price=4.0)
    book, factor, use = book_of(frame, [10.0, 7.15, 10.0, 10.0])
    reference = (10.0 - 0.5 + 0.3 * 4.0) / 1.5
    assert book.pointer.tolist() == [0, 0, 1, 1, 1]
    np.testing.assert_allclose(factor[:, 0], [1, 1, *[10.0 / reference] * 3])
    assert use.from_table == 1
    assert use.off_reference["formula"].tolist() == [pytest.approx(reference, abs=1e-4)]
    right = book_of(frame, [10.0, round(reference, 2), 10.0, 10.0])[2]
    assert right.off_reference.empty


def test_a_suspended_stock_has_its_ex_date_when_it_trades_again_and_two_become_one():
    frame = table(ex_date=["2014-06-11", "2014-06-12"], cash_per_share=[0.5, 0.3],
                  bonus_per_share=[1.0, 0.0])  # fmt: skip
    book, factor, _ = book_of(frame, [np.nan, np.nan, 4.45, 10.0])
    assert book.pointer.tolist() == [0, 0, 0, 1, 1]
    assert (book.cash[0], book.bonus[0]) == (0.5 + 2 * 0.3, 1.0)
    np.testing.assert_allclose(factor[-1, 0], 10.0 / ((10.0 - 1.1) / 2))


def test_payments_after_the_span_stay_a_claim():
    book, _, _ = book_of(
        table(cash_per_share=0.1, pay_date=pd.Timestamp("2015-01-05")), [10.0, 9.9, 10.0, 10.0]
    )
    assert book.pay_day.tolist() == [4]


def test_shares_that_went_to_creditors_are_not_booked_as_a_bonus_of_the_holders():
    frame = table(bonus_per_share=1.0)
    book, factor, use = book_of(frame)  # the exchange's previous close stays at 10
    assert len(book.stock) == 0
    assert (factor == 1.0).all()
    assert use.from_table == 0
    found = use.contradicted.iloc[0]
    assert (found["code"], found["formula"], found["pre_close"]) == ("600000.SH", 5.0, 10.0)
    kept = np.array([[1.0], [1.0], [1.1], [1.1], [1.1]])
    prices = np.array([[10.0], [9.09], [10.0], [10.0]])
    codes, mark = np.array(["600000.SH"]), np.full((5, 1), 10.0)
    book, factor, use = action_book(frame, DATES, codes, mark, kept, prices)
    assert (len(book.stock), use.from_factor) == (0, 1)
    np.testing.assert_allclose(factor, kept)  # the holder has what the exchange's price says


def test_of_two_dates_of_one_event_the_one_that_gives_the_previous_close_is_booked():
    frame = table(ex_date=["2014-06-11", "2014-06-12"], bonus_per_share=[1.0, 1.0])
    book, _, use = book_of(frame, [np.nan, 5.0, 5.0, 5.0])
    assert book.bonus.tolist() == [1.0]
    assert len(use.contradicted) == 1


def test_a_difference_within_half_a_percent_is_booked_and_named():
    _, _, use = book_of(table(cash_per_share=0.5), [10.0, 9.46, 9.5, 9.5])
    assert (use.from_table, len(use.off_reference), len(use.contradicted)) == (1, 1, 0)


def test_an_event_of_a_stock_that_never_trades_again_waits():
    _, _, use = book_of(table(cash_per_share=0.5), [10.0, np.nan, np.nan, np.nan])
    assert (use.from_table, use.waiting) == (0, 1)


def test_a_dividend_above_the_price_is_refused():
    with pytest.raises(DataError, match=r"600000\.SH 2014-06-12: 12\.0 yuan on a share of 10\.0"):
        book_of(table(cash_per_share=12.0))


def test_holding_periods_end_on_the_same_day_of_the_next_month():
    days = np.array(["2013-01-07", "2013-01-08", "2013-02-07", "2013-02-08", "2013-02-18"], "M8[D]")
    nothing = np.zeros(4)
    tax = tax_book(days, nothing, nothing, nothing, nothing)
    # Sold on 8 February: a share bought on 8 January (day 0) was held a month, not more.
    assert tax.month_begin.tolist() == [0, 0, 0, 1]
