"""How a fund books into the ledger: each number where the ledger looks for it, on its day."""

from types import SimpleNamespace

import numpy as np
import pytest

from quanthedge.ledger import (
    FundFlows,
    LedgerState,
    UnitValues,
    book_accrued_at_open,
    book_fees,
    book_flows,
    book_unit_values,
    book_units,
    column,
    days_owing,
    equity_of,
    holds_nothing,
    layout,
    net_assets_of,
    no_rows,
    open_units,
    run_ledger,
    service_base_of,
    units_of,
    with_own_flows,
)
from tests.fund.test_fund_oracle import prepared


def opened():
    inputs = prepared().inputs
    inputs = with_own_flows(inputs._replace(fund=inputs.fund._replace(performance_rate=0.0)))
    return inputs, LedgerState.opening(inputs)


def test_a_fee_is_owed_by_the_fund_from_the_close_on_and_adds_up():
    inputs, state = opened()
    ledger = run_ledger(inputs, state, 0, 10).ledger
    before = {name: float(column(ledger, name)[9]) for name in ("equity", "fees_payable")}
    assets, equity = net_assets_of(state), equity_of(state)
    open_units(state, units_of(state), 4e7)
    book_fees(state, ledger, 9, 1000.0, 300.0)
    book_fees(state, ledger, 9, 10.0, 0.0)
    assert net_assets_of(state) == pytest.approx(assets - 1010.0)
    assert equity_of(state) == pytest.approx(equity - 1010.0)
    assert service_base_of(state) == 4e7 - 300.0
    assert column(ledger, "equity")[9] == net_assets_of(state)
    assert column(ledger, "performance_fee")[9] == 1010.0
    assert column(ledger, "fees_payable")[9] == pytest.approx(before["fees_payable"] + 1010.0)
    # the ledger goes on from there, its own check of the day's sum holds, and only the fee is less
    later, without = run_ledger(inputs, state, 10, 11).ledger, run_ledger(inputs).ledger
    lost = column(without, "equity")[10] - column(later, "equity")[10]
    assert lost == pytest.approx(1010.0, abs=1.0)  # running fees are charged on less


def test_flows_are_booked_before_the_next_open_and_paid_when_due():
    inputs, _ = opened()
    plain, days = prepared().inputs.fund, inputs.fund.subscribed.size
    for t in (3, 3, days - 3):
        book_flows(inputs, t, FundFlows(5.0, 7.0, 2.0, 11.0, 1.5), payment_days=4)
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
    inputs, _ = opened()
    book_flows(inputs, inputs.fund.redeemed.size - 6, FundFlows(0, 3.0, 0, 0, 0), payment_days=4)
    assert inputs.fund.paid_out[-1] == 3.0
    book_flows(inputs, inputs.fund.redeemed.size - 5, FundFlows(0, 2.0, 0, 0, 0), payment_days=4)
    assert inputs.fund.paid_out.sum() == 3.0  # due on the day after the last


def test_days_on_which_more_is_owed_than_is_not_due_are_counted():
    fund = SimpleNamespace(
        redeemed=np.array([0, 10.0, 0, 0, 0]), distributed=np.array([0, 0, 5.0, 0, 0]),
        paid_out=np.array([0, 0, 0, 10.0, 5.0]),
    )  # fmt: skip
    ledger = no_rows(5)
    column(ledger, "redemptions_payable")[:] = [0, 10.005, 15.0, 5.02, 4.0]
    inputs = SimpleNamespace(fund=fund)
    # 10, but for less than a cent, and 15 are not due yet; of 5.02 five are not; all of 4 is late
    assert [days_owing(inputs, ledger, days) for days in (3, 4, 5)] == [0, 1, 2]


def test_values_are_written_on_their_days_and_no_others():
    ledger = no_rows(6)
    values = UnitValues(np.array([1.2, 1.3]), np.array([1.1, 1.25]), np.array([8.0, 9.0]), 1.05)
    book_unit_values(ledger, 2, 1, values)
    book_accrued_at_open(ledger, 3, np.array([4.0, 5.0]))
    book_units(opened()[1], ledger, 5, 77.0)
    for name, expected in (
        ("unit_value_before_accrual", [0, 0, 1.2, 1.3, 0, 0]),
        ("unit_value", [0, 0, 1.1, 1.25, 0, 0]),
        ("accrued_performance_fee", [0, 0, 8.0, 9.0, 0, 0]),
        ("high_water_mark", [0, 0, 1.05, 0, 0, 0]),
        ("accrued_fee_at_open", [0, 0, 0, 4.0, 5.0, 0]),
        ("units", [0, 0, 0, 0, 0, 77.0]),
    ):
        assert column(ledger, name).tolist() == expected
    assert ledger.sum() == pytest.approx(1.2 + 1.3 + 1.1 + 1.25 + 17 + 1.05 + 9 + 77)
    kept = ledger.copy()
    book_unit_values(ledger, 2, 1, values._replace(accrued=None))
    assert (ledger == kept).all()


def test_a_fund_holds_nothing_when_shares_contracts_loan_debts_and_dividends_are_gone():
    _, state = opened()
    assert holds_nothing(state)
    inputs, state = opened()
    run_ledger(inputs, state, 0, 5)
    assert state.shares.any()
    assert not holds_nothing(state)
    state.shares[:] = 0.0
    assert not holds_nothing(state)  # contracts are left
    state.lots[:] = 0.0
    assert holds_nothing(state)
    for owed in (layout.LOAN, layout.OWED, layout.RECEIVABLE):
        state.scalars[owed] = 0.006  # half a cent and less is rounding
        assert not holds_nothing(state)
        state.scalars[owed] = 0.005
        assert holds_nothing(state)
        state.scalars[owed] = 0.0


def test_units_are_those_that_are_booked():
    _, state = opened()
    open_units(state, 1234.5, 99.0)
    assert (units_of(state), service_base_of(state)) == (1234.5, 99.0)
    book_units(state, no_rows(2), 1, 77.0)
    assert units_of(state) == 77.0
