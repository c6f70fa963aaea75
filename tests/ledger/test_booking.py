"""How a fund books into the ledger: each number where the ledger looks for it, on its day."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from quanthedge.ledger import FundBook, layout, run_ledger
from tests.fund.test_fund_oracle import prepared


def opened():
    inputs = prepared().inputs
    return FundBook.opened(inputs._replace(fund=inputs.fund._replace(performance_rate=0.0)))


def test_a_fee_is_owed_by_the_fund_from_the_close_on_and_adds_up():
    book = opened()
    inputs, state = book.inputs, book.state
    book.take_rows(run_ledger(inputs, state, 0, 10), 0)
    before = {name: float(book.column(name)[9]) for name in ("equity", "fees_payable")}
    assets, equity = book.net_assets, state.equity
    book.open_units(book.units, 4e7)
    book.charge(9, 1000.0, 300.0)
    book.charge(9, 10.0, 0.0)
    assert book.net_assets == pytest.approx(assets - 1010.0)
    assert state.equity == pytest.approx(equity - 1010.0)
    assert book.service_base == 4e7 - 300.0
    assert book.column("equity")[9] == book.net_assets
    assert book.column("performance_fee")[9] == 1010.0
    assert book.column("fees_payable")[9] == pytest.approx(before["fees_payable"] + 1010.0)
    # the ledger goes on from there, its own check of the day's sum holds, and only the fee is less
    later, without = run_ledger(inputs, state, 10, 11), run_ledger(inputs)
    lost = without.column("equity")[10] - later.column("equity")[10]
    assert lost == pytest.approx(1010.0, abs=1.0)  # running fees are charged on less


def test_flows_are_booked_before_the_next_open_and_paid_when_due():
    book = opened()
    inputs = book.inputs
    plain, days = prepared().inputs.fund, inputs.fund.subscribed.size
    for t in (3, 3, days - 3):
        book.hand_over(t, 4, subscribed=5.0, redeemed=7.0, distributed=2.0, units=11.0, service=1.5)
    for name, amount in (
        ("subscribed", 5.0), ("redeemed", 7.0), ("distributed", 2.0), ("units_change", 11.0),
        ("service_change", 1.5),
    ):  # fmt: skip
        found = getattr(inputs.fund, name)
        assert {int(k): found[k] for k in np.flatnonzero(found)} == {
            4: 2 * amount,
            days - 2: amount,
        }
        assert not getattr(plain, name).any()  # the inputs that were given stay as they are
    assert np.flatnonzero(inputs.fund.paid_out).tolist() == [8]  # the last falls due after the run
    assert inputs.fund.paid_out[8] == 18.0


def test_a_payment_on_the_last_day_is_booked():
    book = opened()
    inputs = book.inputs
    book.hand_over(inputs.fund.redeemed.size - 6, 4, redeemed=3.0)
    assert inputs.fund.paid_out[-1] == 3.0
    book.hand_over(inputs.fund.redeemed.size - 5, 4, redeemed=2.0)
    assert inputs.fund.paid_out.sum() == 3.0  # due on the day after the last


def test_days_on_which_more_is_owed_than_is_not_due_are_counted():
    fund = SimpleNamespace(
        redeemed=np.array([0, 10.0, 0, 0, 0]), distributed=np.array([0, 0, 5.0, 0, 0]),
        paid_out=np.array([0, 0, 0, 10.0, 5.0]),
    )  # fmt: skip
    book = opened()
    book = replace(book, inputs=book.inputs._replace(fund=fund))
    book.column("redemptions_payable")[:5] = [0, 10.005, 15.0, 5.02, 4.0]
    # 10, but for less than a cent, and 15 are not due yet; of 5.02 five are not; all of 4 is late
    assert [book.days_owing(days) for days in (3, 4, 5)] == [0, 1, 2]


def test_values_are_written_on_their_days_and_no_others():
    book = replace(opened(), rows=np.zeros((6, len(layout.COLUMNS))))
    ledger = book.rows
    values = {
        "before_accrual": np.array([1.2, 1.3]), "published": np.array([1.1, 1.25]),
        "high_water_mark": 1.05,
    }  # fmt: skip
    book.write_unit_values(2, 1, accrued=np.array([8.0, 9.0]), **values)
    book.write_accrued_at_open(3, np.array([4.0, 5.0]))
    book.set_units(5, 77.0)
    for name, expected in (
        ("unit_value_before_accrual", [0, 0, 1.2, 1.3, 0, 0]),
        ("unit_value", [0, 0, 1.1, 1.25, 0, 0]),
        ("accrued_performance_fee", [0, 0, 8.0, 9.0, 0, 0]),
        ("high_water_mark", [0, 0, 1.05, 0, 0, 0]),
        ("accrued_fee_at_open", [0, 0, 0, 4.0, 5.0, 0]),
        ("units", [0, 0, 0, 0, 0, 77.0]),
    ):
        assert book.column(name).tolist() == expected
    assert ledger.sum() == pytest.approx(1.2 + 1.3 + 1.1 + 1.25 + 17 + 1.05 + 9 + 77)
    kept = ledger.copy()
    book.write_unit_values(2, 1, accrued=None, **values)
    assert (ledger == kept).all()


def test_a_fund_holds_nothing_when_shares_contracts_loan_debts_and_dividends_are_gone():
    book = opened()
    assert book.holds_nothing
    state = book.state
    run_ledger(book.inputs, state, 0, 5)
    assert state.shares.any()
    assert not book.holds_nothing
    state.shares[:] = 0.0
    assert not book.holds_nothing  # contracts are left
    state.lots[:] = 0.0
    assert book.holds_nothing
    for owed in (layout.LOAN, layout.OWED, layout.RECEIVABLE):
        state.scalars[owed] = 0.006  # half a cent and less is rounding
        assert not book.holds_nothing
        state.scalars[owed] = 0.005
        assert book.holds_nothing
        state.scalars[owed] = 0.0


def test_units_are_those_that_are_booked():
    book = opened()
    book.open_units(1234.5, 99.0)
    assert (book.units, book.service_base) == (1234.5, 99.0)
    book.set_units(1, 77.0)
    assert book.units == 77.0
