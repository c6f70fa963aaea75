"""Days of the futures leg worked by hand, on the slow reference and on the kernel alike."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.hedge.policies import Calendar, Deviation
from quanthedge.ledger import run_ledger
from quanthedge.ledger.layout import COLUMNS
from tests.ledger.adapter import kernel_inputs, kernel_refusals, kernel_trades
from tests.ledger.test_kernel_beside_reference import compare
from tests.oracles.random_market import calm_inputs

LOT = 3000.0 * 300.0


def run(inputs):
    """Return the kernel's record, which must agree with the reference."""
    compare(inputs)
    return run_ledger(kernel_inputs(inputs))


def hedged(days=5, lots=100, contracts=1, **overrides):
    """A book that wants so many lots, in a fund with plenty of cash."""
    book = lots * LOT
    capital = 2.0 * book
    given = {
        "targets": [(0, [(0, 0.5)])],
        "capital_yuan": capital,
        "hold": np.zeros(days, int),
        "hedge_ratio": 1.0,
        "policy": Calendar(every_days=1000),
        "volume": np.full((days, 1), 1e9),
        "amount": np.full((days, 1), 1e10),
    }
    return calm_inputs(days=days, contracts=contracts, **{**given, **overrides})


def column(record, name):
    return record.ledger[:, COLUMNS.index(name)]


def future_refusals(record):
    return [row for row in kernel_refusals(record) if row[1] == "future"]


def test_ten_lots_a_day_may_be_opened_and_the_rest_is_carried():
    record = run(hedged(days=5, opening_limit=np.full(5, 10.0)))
    assert column(record, "lots").tolist() == [-10, -20, -30, -40, -50]
    assert future_refusals(record) == [
        (t, "future", 0, "sell", 100 - 10 * t, 10, "open_limit") for t in range(5)
    ]


def test_with_the_hedging_exemption_all_lots_are_opened_at_once():
    record = run(hedged(days=3))
    assert column(record, "lots").tolist() == [-100, -100, -100]
    assert future_refusals(record) == []


def test_a_roll_under_the_limit_keeps_the_old_contract_until_it_is_delivered():
    limit = np.array([np.inf, 10, 10, 10, 10, 10])
    inputs = hedged(
        days=6, contracts=2, opening_limit=limit, hold=np.array([0, 1, 1, 1, 1, 1]),
        last_day=np.array([3, 100]),
    )  # fmt: skip
    record = run(inputs)
    held = {(int(t), int(c)): -int(lots) for t, c, lots, _ in record.contracts}
    assert held[0, 0] == 100
    assert [(held.get((t, 0), 0), held[t, 1]) for t in (1, 2, 3)] == [(90, 10), (80, 20), (0, 30)]
    delivered = [trade for trade in kernel_trades(record) if trade[4] == "delivery"]
    assert [trade[:4] for trade in delivered] == [(3, "future", 0, 70)]
    assert column(record, "lots").tolist() == [-100, -100, -100, -30, -40, -50]


def test_the_position_limit_holds_in_each_contract():
    record = run(hedged(days=3, position_limit=np.full(3, 60.0)))
    assert column(record, "lots").tolist() == [-60, -60, -60]
    assert {row[-1] for row in future_refusals(record)} == {"position_limit"}


def test_at_the_lower_limit_nothing_is_opened_and_it_is_tried_again():
    no_sale = np.array([[True], [False], [False]])
    record = run(hedged(days=3, no_sale=no_sale))
    assert column(record, "lots").tolist() == [0, -100, -100]
    assert future_refusals(record) == [(0, "future", 0, "sell", 100, 0, "limit_down")]


def test_at_the_upper_limit_nothing_is_bought_back():
    no_buy = np.array([[False], [True], [False]])
    record = run(hedged(days=3, no_buy=no_buy, targets=[(0, [(0, 0.5)]), (1, [])]))
    assert column(record, "lots").tolist() == [-100, -100, 0]
    assert future_refusals(record) == [(1, "future", 0, "buy", 100, 0, "limit_up")]


def test_a_margin_jump_takes_lots_from_the_contract_with_the_largest_requirement():
    days = 3
    margin = np.full((days + 1, 2), 0.12)
    margin[3:, 1] = 0.40
    margin[3:, 0] = 0.20
    inputs = hedged(
        days=days, contracts=2, lots=30, margin_rate=margin, hold=np.array([0, 1, 1]),
        opening_limit=np.array([np.inf, 10, 0]), capital_yuan=30 * LOT * 1.16,
        targets=[(0, [(0, 1 / 1.16)])],
    )  # fmt: skip
    record = run(inputs)
    held = {(int(t), int(c)): -int(lots) for t, c, lots, _ in record.contracts}
    assert (held[1, 0], held[1, 1]) == (20, 10)
    # required 20 x 180,000 + 10 x 360,000 = 7,200,000; there are 4,320,000: from the dearer
    # requirement, one by one and turn by turn, until 180,000 a + 360,000 b <= 4,320,000
    cash = column(record, "futures_cash")[2]
    assert cash == pytest.approx(4_320_000, abs=1)
    assert held[2, 0] * 0.2 * LOT + held[2, 1] * 0.4 * LOT <= cash + 1e-6
    assert (held[2, 0], held[2, 1]) == (12, 6)


def test_lots_opened_and_cut_on_one_day_pay_the_close_today_fee():
    settlement = np.array([[3000.0], [3300.0], [3300.0]])
    inputs = hedged(
        days=2, lots=10, fill_price=np.full((2, 1), 3000.0), settlement=settlement,
        fee_rate=np.full(2, 2.3e-5), close_today_rate=np.full(2, 2.3e-3),
        capital_yuan=10 * LOT * 1.13, targets=[(0, [(0, 1 / 1.13)])],
    )  # fmt: skip
    record = run(inputs)
    cut = next(trade for trade in kernel_trades(record) if trade[4] == "margin_cut")
    assert cut[0] == 0
    assert cut[10] == pytest.approx(cut[3] * 3300.0 * 300.0 * 2.3e-3)


def test_a_rising_index_with_every_stock_suspended_never_recovers_from_below_zero():
    days = 8
    level = 3000.0 * np.concatenate([[1, 1, 1], 1.1 ** np.arange(1, 4), [1.331] * 3])
    gone = np.full((days, 1), 10.0)
    gone[2:] = np.nan
    bars = {name: gone.copy() for name in ("open", "high", "low", "close", "pre_close")}
    inputs = hedged(
        days=days, lots=50, settlement=level[:, None], fill_price=level[1:, None], **bars,
        volume=np.where(np.isnan(gone), np.nan, 1e9), amount=np.where(np.isnan(gone), np.nan, 1e10),
        capital_yuan=50 * LOT * 1.3, targets=[(0, [(0, 1 / 1.3)])],
        policy=Deviation(fraction=0.05),
    )  # fmt: skip
    record = run(inputs)
    assert (column(record, "futures_cash") >= column(record, "margin_required") - 1e-6).all()
    assert (column(record, "stock_cash") >= -1e-6).all()
    assert "margin_cut" in {trade[4] for trade in kernel_trades(record)}
    earned = column(record, "stock_pnl") + column(record, "futures_pnl")
    costs = column(record, "futures_fee") + column(record, "impact")
    change = np.diff(np.concatenate([[inputs.capital_yuan], column(record, "equity")]))
    np.testing.assert_allclose(change, earned - costs, atol=1e-3)


def test_a_policy_decides_when_a_drifting_hedge_is_reviewed():
    days = 6
    level = 3000.0 * np.array([1, 1, 1.03, 1.06, 1.12, 1.12, 1.12])
    common = {"settlement": level[:, None], "fill_price": level[1:, None]}
    lazy = run(hedged(days=days, **common, policy=Deviation(fraction=0.10)))
    # prices of the close before decide: 1.12 / 1 - 1 > 10% is known on day 4
    assert column(lazy, "lots").tolist() == [-100, -100, -100, -100, -89, -89]
    keen = run(hedged(days=days, **common, policy=Calendar(every_days=1)))
    assert column(keen, "lots").tolist() == [-100, -100, -97, -94, -89, -89]


def test_two_products_hedge_the_betas_of_a_book_side_by_side():
    days = 2
    inputs = hedged(days=days, contracts=2)
    beta = np.empty((days + 1, 1, 2))
    beta[..., 0], beta[..., 1] = 0.7, 0.3
    one = np.ones((days, 2))
    inputs = replace(
        inputs, beta_method="bottom_up", beta=beta, product=np.array([0, 1]),
        multiplier=np.array([300.0, 200.0]), hold=np.tile([0, 1], (days, 1)),
        fee_rate=0 * one, close_today_rate=0 * one, order_fee=0 * one, delivery_rate=0 * one,
        opening_limit=np.inf * one, position_limit=np.inf * one,
        book_ratio=np.full((days + 1, 2), np.nan), carry=np.zeros((days + 1, 2)),
        index_level=np.full((days + 1, 2), 3000.0),
        covariance=np.tile([[0.06, 0.05], [0.05, 0.09]], (days + 1, 1, 1)),
    )  # fmt: skip
    record = run(inputs)
    held = {(int(t), int(c)): -int(lots) for t, c, lots, _ in record.contracts}
    assert held[0, 0] == 70  # 0.7 x 90 million of 900,000
    assert held[0, 1] == 45  # 0.3 x 90 million of 600,000
    assert column(record, "book_beta")[0] == pytest.approx(1.0)
    range_of = run(replace(inputs, range=(0.5, 0.8)))
    lots = {int(c): -int(lots) for t, c, lots, _ in range_of.contracts if t == 0}
    assert lots == {0: 56, 1: 36}  # scaled to 0.8 of the book


def test_carry_moves_a_joint_hedge_to_the_cheaper_product():
    days = 2
    base = hedged(days=days, contracts=1, aversion=5.0)
    dear = replace(base, carry=np.full((days + 1, 1), 0.10))
    lots = [-column(run(one), "lots")[0] for one in (base, dear)]
    # h = e - carry x E / (aversion x variance): 90e6 - 0.1 x 180e6 / (5 x 0.06) = 30e6
    assert lots == [100, 33]


def test_a_loan_is_drawn_grows_by_its_interest_and_is_paid_back():
    inputs = calm_inputs(
        days=4, targets=[(0, [(0, 1.2)]), (3, [])], capital_yuan=1e6, borrowed=0.25,
        borrowing_rate=0.0730, volume=np.full((4, 1), 1e9), amount=np.full((4, 1), 1e10),
    )  # fmt: skip
    record = run(inputs)
    # 250,000 x 7.3% / 365 = 50 a day, repaid out of the stock account on the next morning
    assert column(record, "loan_interest")[:3] == pytest.approx([0.0, 50.0, 50.01])
    assert column(record, "loan")[:3] == pytest.approx([250_000, 250_050, 250_050.01])
    assert column(record, "stock_value")[0] == pytest.approx(1_200_000)
    equity = column(record, "equity")
    assert equity[2] == pytest.approx(1e6 - 100.01)
