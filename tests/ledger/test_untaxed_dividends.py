"""The tax on dividends that the factor hides: what is read from a step, and the lots it passes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.ledger import run_ledger
from quanthedge.ledger.corporate_actions import TaxRates
from quanthedge.ledger.dividend_estimate import DividendSteps, cash_in_step, tax_of_run
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.adapter import kernel_inputs
from tests.oracles.random_market import random_inputs

DAYS = np.array(["2014-06-10", "2014-06-11", "2014-06-12", "2014-07-10", "2014-07-14"], "M8[D]")
RATES = TaxRates(
    DAYS, np.full(5, 0.05), np.full(5, 0.2), np.full(5, 0.1), np.full(5, 0.05)
)  # fmt: skip


@given(st.integers(0, 20), st.floats(0.0005, 0.0599))
def test_a_dividend_beside_whole_shares_on_ten_is_read_from_the_step(tenths, cash):
    bonus = tenths / 10
    if cash >= 0.1 / (1.1 + bonus):  # so large that another share on ten explains it
        return
    assert cash_in_step(np.array([(1 + bonus) / (1 - cash)]))[0] == pytest.approx(cash, abs=1e-6)


def test_what_is_no_dividend_of_up_to_six_per_cent_counts_as_none():
    steps = np.array([1.0, 1.1, 2.0, 3.5, 0.1, 1 / (1 - 0.061), 1.18])
    assert cash_in_step(steps).tolist() == [0.0] * 7


def trade(day, quantity, reason=0):
    row = np.zeros(14)
    row[[0, 3, 12]] = day, quantity, reason
    return row


def test_the_tax_of_an_estimated_dividend_follows_the_holding_period():
    # bought on 11 June; 0.2 yuan on each of 1,000 shares on 12 June, withheld at 5%
    step = DividendSteps(*(np.array([one]) for one in (1, 0, 1.02, 0.2, 0.0)))
    bought = trade(0, 1000)
    held = step.replayed(np.array([bought]), RATES, DAYS)
    assert (held.dividends, held.withheld, held.at_sale) == pytest.approx((200.0, 10.0, 0.0))
    within_a_month = step.replayed(np.array([bought, trade(2, -1020)]), RATES, DAYS)
    assert within_a_month.tax == pytest.approx(40.0)
    within_a_year = step.replayed(np.array([bought, trade(3, -510)]), RATES, DAYS)
    assert within_a_year.tax == pytest.approx(10.0 + 0.05 * 100.0)  # of half the shares
    late = step.replayed(np.array([trade(1, 1000)]), RATES, DAYS)
    assert late.dividends == 0.0  # bought on the ex-date: not a holder


def told_steps(inputs, trades):
    """All steps of the stocks traded, and the book's tax on those that the table tells."""
    book, tax = inputs.actions, inputs.tax
    stocks = np.unique(trades[trades[:, 1] == 0, 2]).astype(np.int64)
    nothing = np.zeros(book.stock.size)
    steps = DividendSteps.of(
        book, inputs.bars.adj_factor, inputs.bars.mark, stocks, book.cash, nothing
    )
    day = np.repeat(np.arange(book.pointer.size - 1), np.diff(book.pointer))
    place = {key: a for a, key in enumerate(zip(day.tolist(), book.stock.tolist(), strict=True))}
    of_step = [place.get(key, -1) for key in zip(steps.day.tolist(), steps.stock.tolist(),
                                                 strict=True)]  # fmt: skip
    rates = (np.append(one, 0.0)[of_step] for one in tax[:4])
    return steps, tax._replace(**dict(zip(tax._fields[:4], rates, strict=True)))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_replayed_over_the_true_dividends_the_lots_give_the_ledgers_own_tax(seed):
    inputs = kernel_inputs(random_inputs(seed))
    if inputs.tax.lots == 0:
        return
    record = run_ledger(inputs)
    steps, tax = told_steps(inputs, record.trades)
    within = steps.day < record.days_run
    steps = steps.at(within)
    tax = tax._replace(**{name: getattr(tax, name)[within] for name in tax._fields[:4]})
    found = tax_of_run(record.trades, steps, tax).tax
    paid = record.ledger[: record.days_run, COLUMNS.index("dividend_tax")].sum()
    assert found == pytest.approx(paid, rel=1e-9, abs=1e-6)
