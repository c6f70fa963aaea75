"""Loans: worked cases to the cent, a plain reference, closed forms, and money that is kept."""

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError, StrategyError
from quanthedge.products.lending import (
    CollateralLoan,
    LendingPool,
    PoolLoan,
    bootstrapped_paths,
    brownian_paths,
    hit_probability,
    loan_odds,
    loan_path,
    loan_to_value,
    price_at_ltv,
    repayment_to_restore,
    sale_to_restore,
    seizure_to_restore,
    top_up_to_restore,
)

CASES = list(csv.DictReader((Path(__file__).parent / "cases.csv").open(encoding="utf-8")))
PLAIN = CollateralLoan(debt=10_000, units=2, price=10_000)


def figures() -> dict[tuple[str, str], float]:
    """Everything that the cases ask for."""
    cut = sale_to_restore(10_000, 2, 6_250, 0.70)
    dear = sale_to_restore(10_000, 2, 6_250, 0.70, haircut=0.01, fee=0.02)
    repaid, seized = seizure_to_restore(10_000, 12_500, 0.70, 0.05)
    gap = sale_to_restore(10_000, 2, 4_000, 0.70, haircut=0.01, fee=0.02)
    apx = sale_to_restore(9_000, 10_000, 1.0, 0.50, fee=0.05)
    return {
        ("plain", "ltv_start"): PLAIN.start_ltv,
        ("plain", "price_at_ltv_0.70"): PLAIN.call_price,
        ("plain", "price_at_ltv_0.80"): PLAIN.liquidation_price,
        ("plain", "fall_to_0.80"): 1 - PLAIN.liquidation_price / PLAIN.price,
        ("plain", "x_to_0.70_at_6250"): cut.units,
        ("plain", "debt_after"): cut.debt,
        ("plain", "collateral_value_after"): cut.collateral * 6_250,
        ("plain", "ltv_after"): loan_to_value(cut.debt, cut.collateral, 6_250),
        ("haircut_fee", "x_to_0.70_at_6250"): dear.units,
        ("haircut_fee", "debt_after"): dear.debt,
        ("haircut_fee", "collateral_value_after"): dear.collateral * 6_250,
        ("haircut_fee", "ltv_after"): loan_to_value(dear.debt, dear.collateral, 6_250),
        ("bonus", "repaid_to_0.70_at_6250"): repaid,
        ("bonus", "seized"): seized,
        ("bonus", "debt_after"): 10_000 - repaid,
        ("bonus", "collateral_value_after"): 12_500 - seized,
        ("bonus", "ltv_after"): (10_000 - repaid) / (12_500 - seized),
        ("top_up", "units_to_0.70_at_6250"): top_up_to_restore(10_000, 2, 6_250, 0.70),
        ("repay", "cash_to_0.70_at_6250"): repayment_to_restore(10_000, 2, 6_250, 0.70),
        ("gap", "all_sold_price_4000"): gap.units,
        ("gap", "shortfall"): gap.shortfall,
        ("apx", "sold_value_back_to_0.50"): apx.units,
        ("apx", "debt_after"): apx.debt,
        ("apx", "collateral_value_after"): apx.collateral,
        ("apx", "ltv_after"): loan_to_value(apx.debt, apx.collateral, 1.0),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['case']} {c['key']}")
def test_worked_cases(case):
    found = figures()[case["case"], case["key"]]
    # a tolerance of 0.01 is a cent: what is printed, half up
    tolerance = {"0.01": 0.005001, "0.000001": 0.0000005001, "0": 1e-9}[case["tolerance"]]
    assert abs(found - float(case["value"])) <= tolerance


def test_every_figure_is_asked_for():
    assert set(figures()) == {(case["case"], case["key"]) for case in CASES}


money = st.fractions(Fraction(1), Fraction(10_000), max_denominator=50)
part = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100)


@settings(max_examples=200, deadline=None)
@given(debt=money, units=money, price=money, target=part, haircut=part, mark_down=part)
def test_sales_restore_exactly_what_they_can_and_no_more(
    debt, units, price, target, haircut, mark_down
):
    sale = sale_to_restore(
        float(debt), float(units), float(price), float(target),
        haircut=float(haircut), mark_down=float(mark_down),
    )  # fmt: skip
    counted, k = target * (1 - mark_down), 1 - haircut
    missing = debt - counted * units * price
    exact = units if k <= counted else min(units, missing / (price * (k - counted)))
    exact = Fraction(0) if missing <= 0 else min(exact, debt / (price * k))
    assert sale.units == pytest.approx(float(exact), rel=1e-9, abs=1e-12)
    assert sale.collateral >= 0
    assert sale.debt + sale.proceeds == pytest.approx(float(debt), rel=1e-12)
    if sale.collateral > 1e-9 * units and missing > 0 and sale.debt > 1e-9:
        after = loan_to_value(sale.debt, sale.collateral, float(price), float(mark_down))
        assert after == pytest.approx(float(target), rel=1e-6)
    assert (sale.shortfall > 0) == (sale.collateral <= 0 and sale.debt > 0)


def test_a_falling_price_calls_cures_and_sells():
    prices = [10_000, 7_000, 7_000, 7_000, 7_000, 6_900, 6_000, 3_000, 3_000]
    loan = PLAIN.model_copy(update={"notice_days": 3.0})
    path = loan_path(loan, prices)
    steps = path.steps
    assert steps["called"].to_numpy().nonzero()[0].tolist() == [1, 5]
    # not answered: after three days the lender sells to 0.70 at 7,000
    assert steps["liquidated"].to_numpy().nonzero()[0].tolist()[0] == 4
    sale = sale_to_restore(10_000, 2, 7_000, 0.70)
    assert steps["sold"].iloc[4] == pytest.approx(sale.units)
    assert steps["ltv"].iloc[4] == pytest.approx(0.70)
    assert steps["defaulted"].iloc[7]  # from 6,000 to 3,000 the collateral is not enough
    assert path.residual() == pytest.approx(0.0, abs=1e-9)


def test_a_cured_call_restores_the_target():
    prices = [10_000, 7_000, 7_000, 7_000]
    for cure, column in (("top_up", "added"), ("repay", "repaid")):
        loan = CollateralLoan(
            debt=10_000, units=2, price=10_000, notice_days=1, cure=cure, cure_probability=1.0,
            target_ltv=0.6,
        )  # fmt: skip
        steps = loan_path(loan, prices).steps
        assert steps["cured"].to_numpy().nonzero()[0].tolist() == [2]
        assert steps[column].iloc[2] > 0
        assert steps["ltv"].iloc[2] == pytest.approx(0.6)
        assert not steps["liquidated"].any()


def test_a_call_lapses_when_the_price_comes_back():
    steps = loan_path(PLAIN, [10_000, 7_000, 9_000, 9_000, 9_000, 9_000]).steps
    assert steps["called"].sum() == 1
    assert not steps["liquidated"].any()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), fee=st.floats(0, 0.2), close=st.floats(0.1, 1.0))
def test_money_and_collateral_are_kept(seed, fee, close):
    rng = np.random.default_rng(seed)
    prices = 10_000 * np.exp(np.cumsum(np.append(0.0, rng.normal(-0.01, 0.08, 80))))
    loan = CollateralLoan(
        debt=10_000, units=2, price=10_000, fee=fee, close_factor=close, rate=0.1, term_days=60,
        cure_probability=0.5, haircut=0.02,
    )  # fmt: skip
    path = loan_path(loan, prices, seed=seed)
    assert path.residual() == pytest.approx(0.0, abs=1e-6)
    steps = path.steps
    assert (steps[["debt", "units"]] >= -1e-9).all().all()
    gone = steps["units"].iloc[-1] + steps["sold"].sum() - steps["added"].sum()
    kept = steps["written_off"].sum() > 0  # written off with what is left of it
    assert gone == pytest.approx(2.0) or kept
    assert len(steps) <= 61


def test_the_odds_of_hitting_a_level_are_those_of_the_reflection_principle():
    paths = brownian_paths(10_000, 0.8, 365, 20_000, seed=1)
    odds = loan_odds(PLAIN.model_copy(update={"call_ltv": 0.80, "notice_days": 400.0}), paths)
    exact = hit_probability(10_000, 6_250, 0.8, 365, step_days=1.0)
    assert abs(odds.liquidation.value - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)
    crossed = (paths <= 6_250).any(axis=1).mean()
    assert odds.liquidation.value == pytest.approx(crossed, abs=1e-12)


def test_losses_need_gaps():
    smooth = loan_odds(PLAIN, brownian_paths(10_000, 0.4, 365, 2_000, seed=2))
    jumpy = loan_odds(
        PLAIN,
        brownian_paths(10_000, 0.4, 365, 2_000, jumps_per_year=4, jump_mean=-0.3, seed=2),
    )
    assert smooth.default.value == 0.0
    assert jumpy.default.low > 0.0
    assert jumpy.expected_shortfall >= jumpy.loss_quantile > 0
    assert "2,000 paths" in jumpy.text()


def test_blocks_are_those_of_the_history():
    history = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 300)))
    paths = bootstrapped_paths(50.0, history, 40, 30, block=10, seed=3)
    assert paths.shape == (30, 41)
    known = np.round(np.diff(np.log(history)), 10)
    drawn = np.round(np.diff(np.log(paths[0])), 10)
    assert np.isin(drawn, known).mean() > 0.97  # but for rounding
    with pytest.raises(DataError, match="at least 41 positive"):
        bootstrapped_paths(50.0, history[:30], 40, 30)


def test_terms_that_make_no_sense_are_refused():
    with pytest.raises(StrategyError, match="a call comes first"):
        CollateralLoan(debt=1, units=2, price=1, call_ltv=0.9)
    with pytest.raises(StrategyError, match="must leave the loan below it"):
        CollateralLoan(debt=1, units=2, price=1, target_ltv=0.8)
    with pytest.raises(StrategyError, match="lend less"):
        CollateralLoan(debt=1.5, units=2, price=1)
    with pytest.raises(DataError, match="positive"):
        loan_path(PLAIN, [10_000, -1.0])
    with pytest.raises(StrategyError, match="there are BlockFi"):
        CollateralLoan.preset("Somebody", 1.0, 1.0)


def test_published_terms_start_where_they_say():
    loan = CollateralLoan.preset("APX", 9_000, 1.0)
    assert loan.start_ltv == pytest.approx(0.5)
    assert (loan.liquidation_ltv, loan.fee) == (0.90, 0.05)
    assert price_at_ltv(9_000, loan.units, 0.9) == pytest.approx(loan.liquidation_price)


POOL = LendingPool(
    reserve=100.0,
    deposits=950.0,
    loans=[
        PoolLoan(principal=300.0, maturity_days=5, loss=0.1),
        PoolLoan(principal=400.0, maturity_days=90, secured=0.9),
        PoolLoan(principal=200.0, maturity_days=360),
    ],
)


def test_the_ladder_shows_that_demand_deposits_outrun_loans():
    ladder = POOL.ladder()
    assert ladder.loc[7, "loans_due"] == pytest.approx(270.0)
    assert ladder.loc[1, "gap"] == pytest.approx(-850.0)
    assert POOL.liquidity_coverage(30, 0.25) == pytest.approx(370.0 / 237.5)


def test_a_run_closes_the_pool_and_the_books_balance_every_day():
    calm = POOL.run(0.0, days=400)
    assert calm.attrs["days_until_closed"] is None
    assert calm["equity"].iloc[-1] == pytest.approx(POOL.equity - 30.0)
    run = POOL.run(0.08, sold_per_day=0.2)
    equity = np.append(POOL.equity, run["equity"])
    np.testing.assert_allclose(np.diff(equity), -(run["sale_loss"] + run["credit_loss"]), atol=1e-9)
    moved = run["repaid"] + run["sold"] - run["sale_loss"] - run["paid"]
    np.testing.assert_allclose(np.diff(np.append(100.0, run["reserve"])), moved, atol=1e-9)
    closed = run.attrs["days_until_closed"]
    assert closed == len(run)
    assert 0 < run.attrs["loss_of_remaining"] < 1
    assert POOL.run(0.08).attrs["days_until_closed"] < closed
    with pytest.raises(StrategyError, match="accepted: 0 to 1"):
        POOL.run(1.5)
