"""Dividends, bonus shares, rights and their tax: worked by hand, and the identity of the ex-day."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.ledger import factor_steps, run_ledger
from quanthedge.ledger.corporate_actions import TaxRates, action_book
from quanthedge.ledger.layout import COLUMNS, REFUSAL_REASONS
from tests.ledger.adapter import kernel_inputs
from tests.ledger.test_kernel_beside_reference import compare
from tests.oracles.ledger import Action, Rates, Tax
from tests.oracles.random_market import calm_inputs

DATES = np.array(["2014-06-10", "2014-06-11", "2014-06-12", "2014-06-13", "2014-06-16"], "M8[D]")


def table(**columns):
    rows = {
        "code": "600000.SH", "ex_date": "2014-06-12", "cash_per_share": 0.0,
        "bonus_per_share": 0.0, "rights_per_share": 0.0, "rights_price": np.nan,
        "record_date": pd.NaT, "pay_date": pd.NaT, "list_date": pd.NaT, **columns,
    }  # fmt: skip
    frame = pd.DataFrame(rows, index=range(max(np.size(v) for v in rows.values())))
    return frame.astype({name: "datetime64[s]" for name in rows if name.endswith("_date")})


def book_of(frame, pre_close=None, *, delay=0, tax=None):
    prices = np.full((4, 1), 10.0) if pre_close is None else np.array(pre_close)[:, None]
    mark, factor = np.full((5, 1), 10.0), np.ones((5, 1))
    codes, delays = np.array(["600000.SH"]), np.array([delay])
    return action_book(frame, DATES, codes, mark, factor, prices, delays, tax)


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
    tax = Tax([0, 0, 0, month], [0, 0, 0, year])
    action = Action(cash=0.5, pay_day=1, rates=Rates(0.0, 0.2, 0.1, 0.0))
    found = run(action, 9.5, tax=tax, targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])])
    assert column("dividend_tax", found).tolist() == [0, 0, 0, pytest.approx(due)]
    assert found.trades[-1, 13] == pytest.approx(due)


def test_tax_withheld_at_payment_is_not_taken_again():
    tax = Tax([0, 0, 0, 1], [0] * 4)
    action = Action(cash=0.5, pay_day=1, rates=Rates(0.05, 0.2, 0.1, 0.05))
    found = run(action, 9.5, tax=tax, targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])])
    assert column("dividend_tax", found).tolist() == [0, 25, 0, pytest.approx(25)]


def test_the_factor_steps_by_the_exchanges_formula_on_ex_dates():
    frame = table(cash_per_share=0.5, bonus_per_share=0.2, rights_per_share=0.3, rights_price=4.0)
    book, _, factor, use = book_of(frame, [10.0, 7.15, 10.0, 10.0])
    reference = (10.0 - 0.5 + 0.3 * 4.0) / 1.5
    assert book.pointer.tolist() == [0, 0, 1, 1, 1]
    np.testing.assert_allclose(factor[:, 0], [1, 1, *[10.0 / reference] * 3])
    assert use.from_table == 1
    assert use.off_reference["formula"].tolist() == [pytest.approx(reference, abs=1e-4)]
    right = book_of(frame, [10.0, round(reference, 2), 10.0, 10.0])[3]
    assert right.off_reference.empty


def test_a_suspended_stock_has_its_ex_date_when_it_trades_again_and_two_become_one():
    frame = table(ex_date=["2014-06-11", "2014-06-12"], cash_per_share=[0.5, 0.3],
                  bonus_per_share=[1.0, 0.0])  # fmt: skip
    book, _, factor, _ = book_of(frame, [np.nan, np.nan, 4.45, 10.0])
    assert book.pointer.tolist() == [0, 0, 0, 1, 1]
    assert (book.cash[0], book.bonus[0]) == (0.5 + 2 * 0.3, 1.0)
    np.testing.assert_allclose(factor[-1, 0], 10.0 / ((10.0 - 1.1) / 2))


def test_payments_after_the_span_stay_a_claim():
    book, *_ = book_of(
        table(cash_per_share=0.1, pay_date=pd.Timestamp("2015-01-05")), [10.0, 9.9, 10.0, 10.0]
    )
    assert book.pay_day.tolist() == [4]


def test_shares_that_went_to_creditors_are_not_booked_as_a_bonus_of_the_holders():
    frame = table(bonus_per_share=1.0)
    book, _, factor, use = book_of(frame)  # the exchange's previous close stays at 10
    assert len(book.stock) == 0
    assert (factor == 1.0).all()
    assert use.from_table == 0
    found = use.contradicted.iloc[0]
    assert (found["code"], found["formula"], found["pre_close"]) == ("600000.SH", 5.0, 10.0)
    kept = np.array([[1.0], [1.0], [1.1], [1.1], [1.1]])
    prices = np.array([[10.0], [9.09], [10.0], [10.0]])
    codes, mark = np.array(["600000.SH"]), np.full((5, 1), 10.0)
    delays = np.zeros(1, np.int64)
    book, _, factor, use = action_book(frame, DATES, codes, mark, kept, prices, delays)
    assert (len(book.stock), use.from_factor) == (0, 1)
    np.testing.assert_allclose(factor, kept)  # the holder has what the exchange's price says


def test_of_two_dates_of_one_event_the_one_that_gives_the_previous_close_is_booked():
    frame = table(ex_date=["2014-06-11", "2014-06-12"], bonus_per_share=[1.0, 1.0])
    book, *_, use = book_of(frame, [np.nan, 5.0, 5.0, 5.0])
    assert book.bonus.tolist() == [1.0]
    assert len(use.contradicted) == 1


def test_a_difference_within_half_a_percent_is_booked_and_named():
    *_, use = book_of(table(cash_per_share=0.5), [10.0, 9.46, 9.5, 9.5])
    assert (use.from_table, len(use.off_reference), len(use.contradicted)) == (1, 1, 0)


def test_an_event_of_a_stock_that_never_trades_again_waits():
    *_, use = book_of(table(cash_per_share=0.5), [10.0, np.nan, np.nan, np.nan])
    assert (use.from_table, use.waiting) == (0, 1)


def test_a_dividend_above_the_price_is_refused():
    with pytest.raises(DataError, match=r"600000\.SH 2014-06-12: 12\.0 yuan on a share of 10\.0"):
        book_of(table(cash_per_share=12.0))


def test_holding_periods_end_on_the_same_day_of_the_next_month():
    days = np.array(["2013-01-07", "2013-01-08", "2013-02-07", "2013-02-08", "2013-02-18"], "M8[D]")
    nothing = np.zeros(1)
    rates = TaxRates(days[:1], nothing, nothing, nothing, nothing)
    prices, mark = np.full((4, 1), 10.0), np.full((5, 1), 10.0)
    frame = table(ex_date="2013-01-08", record_date="2013-01-07")
    one = (np.array(["600000.SH"]), mark, np.ones((5, 1)), prices, np.zeros(1, np.int64), rates)
    tax = action_book(frame, days, *one)[1]
    # Sold on 8 February: a share bought on 8 January (day 0) was held a month, not more.
    assert tax.month_begin.tolist() == [0, 0, 0, 1]


TWO_NOTICES = TaxRates(
    np.array(["2014-06-10", "2014-06-11", "2014-06-12"], "M8[D]"),
    *(np.array(rates) for rates in ([0.05, 0, 0], [0.2] * 3, [0.1] * 3, [0.05, 0, 0])),
)


@pytest.mark.parametrize(
    ("record_date", "withheld"), [("2014-06-10", 0.05), ("2014-06-11", 0.0), (None, 0.0)]
)
def test_the_record_day_decides_which_notice_taxes_a_dividend(record_date, withheld):
    # ex-date 12 June; where the record day is not known it is the trading day before, 11 June
    frame = table(cash_per_share=0.5, record_date=pd.Timestamp(record_date))
    tax = book_of(frame, [10.0, 9.5, 10.0, 10.0], tax=TWO_NOTICES)[1]
    assert tax.at_payment.tolist() == [pytest.approx(withheld * 0.5)]
    assert tax.long_term.tolist() == [0.0]  # what is owed later is beyond what was withheld


def test_dividends_that_become_one_are_each_taxed_by_their_own_record_day():
    frame = table(ex_date=["2014-06-11", "2014-06-12"], cash_per_share=[0.6, 0.2])
    tax = book_of(frame, [np.nan, np.nan, 9.2, 10.0], tax=TWO_NOTICES)[1]
    assert tax.at_payment.tolist() == [pytest.approx(0.05 * 0.6)]  # of 0.6 + 0.2 yuan a share


def test_bonus_shares_out_of_profit_are_taxed_at_par_and_conversions_are_not():
    # ten get five, two of them out of profit: 0.2 yuan of income beside 0.1 in cash
    frame = table(cash_per_share=0.1, bonus_per_share=0.5, record_date=pd.Timestamp("2014-06-10"))
    frame["stock_dividend_per_share"] = 0.2
    _, tax, _, use = book_of(frame, [10.0, 6.6, 10.0, 10.0], tax=TWO_NOTICES)
    assert tax.at_payment.tolist() == [pytest.approx(0.05 * 0.3)]
    assert tax.short_term.tolist() == [pytest.approx(0.15 * 0.3)]
    assert tax.long_term.tolist() == [pytest.approx(0.0)]
    assert use.unknown_split.tolist() == [0.0]
    frame["stock_dividend_per_share"] = np.nan
    _, tax, _, use = book_of(frame, [10.0, 6.6, 10.0, 10.0], tax=TWO_NOTICES)
    assert tax.at_payment.tolist() == [pytest.approx(0.05 * 0.1)]
    assert use.unknown_split.tolist() == [0.5]  # said, not taxed


def test_no_more_is_withheld_than_there_is_cash_and_the_rest_is_due_at_the_sale():
    frame = table(bonus_per_share=1.0, record_date=pd.Timestamp("2014-06-10"))
    frame["stock_dividend_per_share"] = 1.0
    tax = book_of(frame, [10.0, 5.0, 10.0, 10.0], tax=TWO_NOTICES)[1]
    assert tax.at_payment.tolist() == [0.0]
    assert tax.short_term.tolist() == [pytest.approx(0.2)]
    assert tax.long_term.tolist() == [pytest.approx(0.05)]
    # in the ledger: 1,000 shares become 2,000, of which the whole tax is taken when they are sold
    action = Action(bonus=1.0, stock_dividend=1.0, rates=Rates(0.05, 0.2, 0.1, 0.05))
    sold = run(action, 5.0, tax=Tax([0] * 4, [0] * 4), targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])])
    assert column("dividend_tax", sold).tolist() == [0, 0, 0, pytest.approx(200.0)]
    assert (column("stock_cash", sold) >= 0).all()


@pytest.mark.parametrize(
    ("list_date", "delay", "day"),
    [(None, 0, 1), (None, 1, 2), ("2014-06-13", 0, 2), ("2014-06-14", 1, 3), ("2015-01-05", 0, 4)],
)
def test_new_shares_are_listed_on_their_date_or_as_the_exchange_s_rule_says(list_date, delay, day):
    frame = table(bonus_per_share=0.3, list_date=pd.Timestamp(list_date))
    book, *_ = book_of(frame, [10.0, 7.69, 10.0, 10.0], delay=delay)
    assert book.list_day.tolist() == [day]
    assert book.listing_pointer.tolist() == [0, 0, 0, day == 2, day in (2, 3)]


def test_new_shares_are_held_at_once_and_sold_from_their_listing_day():
    sold_out = [(0, [(0, 0.5)]), (2, [(0, 0.0)])]
    late = Action(bonus=0.3, list_day=4)
    found = run(late, 10.0 / 1.3, targets=sold_out, retry_days=3, days=5)
    trades = [(int(t[0]), int(t[3])) for t in found.trades]
    assert trades == [(0, 1000), (2, -1000), (4, -300)]
    refused = [(int(r[0]), int(r[4]), int(r[5])) for r in found.refusals]
    assert refused == [(2, 1300, 1000), (3, 300, 0)]
    assert {REFUSAL_REASONS[int(r[6])] for r in found.refusals} == {"not_listed"}
    np.testing.assert_allclose(column("equity", found), 20_000)
    listed = run(Action(bonus=0.3, list_day=2), 10.0 / 1.3, targets=sold_out)
    assert [(int(t[0]), int(t[3])) for t in listed.trades] == [(0, 1000), (2, -1300)]


def test_subscribed_rights_wait_for_their_listing_too():
    targets = [(0, [(0, 0.5)]), (2, [(0, 0.0)])]
    action = Action(rights=0.25, rights_price=6.0, list_day=3)
    found = run(action, 9.2, targets=targets, retry_days=2)
    sold = [(int(t[0]), int(t[3])) for t in found.trades if t[3] < 0]
    assert sold == [(2, -1000), (3, -250)]


def test_new_shares_that_wait_halve_with_the_holding_each_till_its_own_day():
    # 1,000 shares: 300 new ones wait for day 4 and 650 for day 6, then two shares become one
    steps = np.array([1.0, 1.0, 1.3, 1.5, 0.5, 1.0, 1.0, 1.0])
    factor = np.cumprod(steps)
    mark = 10.0 / factor
    price, days = mark[1:, None], 7
    inputs = calm_inputs(
        days=days, capital_yuan=20_000, targets=[(0, [(0, 0.5)]), (3, [(0, 0.0)])], retry_days=5,
        actions={(1, 0): Action(bonus=0.3, list_day=4), (2, 0): Action(bonus=0.5, list_day=6)},
        **dict.fromkeys(("open", "high", "low", "close"), price), mark=mark[:, None],
        adj_factor=factor[:, None], volume=np.full((days, 1), 1e7), amount=price * 1e7,
        pre_close=(mark[:-1] / steps[1:])[:, None],
    )  # fmt: skip
    found = run_ledger(kernel_inputs(inputs))
    compare(inputs)
    trades = [(int(t[0]), int(t[3])) for t in found.trades]
    assert trades == [(0, 1000), (3, -500), (4, -150), (6, -325)]


def test_a_sale_that_its_tax_would_take_below_zero_is_refused():
    # all of the money in 2,000 shares, then 4,000 at 5 yuan: of 20,000 yuan the duty leaves 200,
    # and the tax on the bonus at par is 400
    action = Action(bonus=1.0, stock_dividend=1.0, rates=Rates(0.05, 0.2, 0.1, 0.05))
    sold = run(
        action, 5.0, tax=Tax([0] * 4, [0] * 4), targets=[(0, [(0, 1.0)]), (3, [(0, 0.0)])],
        stamp_duty_sell=np.full(4, 0.99),
    )  # fmt: skip
    assert [(int(t[0]), int(t[3])) for t in sold.trades] == [(0, 2000)]
    refused = [(int(r[0]), int(r[4]), int(r[5]), REFUSAL_REASONS[int(r[6])]) for r in sold.refusals]
    assert refused == [(3, 4000, 0, "cash")]
    assert column("dividend_tax", sold).tolist() == [0, 0, 0, 0]


def test_a_stock_without_a_bar_has_no_step_and_no_warning() -> None:
    factor = np.array([[1.0, 0.0, np.nan], [2.0, 0.0, 1.0], [2.0, 0.0, 1.5]])
    with np.errstate(all="raise"):
        steps = factor_steps(factor)
    np.testing.assert_array_equal(steps, [[2.0, np.nan, np.nan], [1.0, np.nan, 1.5]])


def test_an_action_to_come_leaves_the_factor_before_it_as_it_is_to_the_last_bit() -> None:
    rng = np.random.default_rng(5)
    days, codes = np.arange("2014-01-01", "2014-12-01", dtype="M8[D]"), np.array(["600000.SH"])
    price = np.full((len(days), 1), 10.0)
    # an action of a table of which the data know no more than its step of the factor, and one more
    factor = np.cumprod(np.where(rng.random((len(days), 1)) < 0.1, 1.01, 1.0 + 1e-15), axis=0)
    frame = table(ex_date="2014-11-14", bonus_per_share=0.2)
    before, last = price[1:].copy(), 300
    before[days[1:] == np.datetime64("2014-11-14")] = 10.0 / 1.2
    no_delay = np.zeros(1, dtype=np.int64)
    whole = action_book(frame, days, codes, price, factor, before, no_delay)[2]
    cut = action_book(
        frame, days[:last], codes, price[:last], factor[:last], before[: last - 1], no_delay
    )[2]
    assert whole[-1, 0] / factor[-1, 0] == pytest.approx(1.2)
    np.testing.assert_array_equal(whole[:last], cut)
