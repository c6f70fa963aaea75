"""Loans against collateral: levels, forced sales, odds of loss, and the pool that lends."""

from quanthedge.products.lending.loan import CollateralLoan
from quanthedge.products.lending.margin import (
    Sale,
    loan_to_value,
    price_at_ltv,
    repayment_to_restore,
    sale_to_restore,
    seizure_to_restore,
    top_up_to_restore,
)
from quanthedge.products.lending.paths import bootstrapped_paths, brownian_paths, hit_probability
from quanthedge.products.lending.pool import LendingPool, PoolLoan
from quanthedge.products.lending.simulation import LoanOdds, LoanPath, loan_odds, loan_path

__all__ = [
    "CollateralLoan",
    "LendingPool",
    "LoanOdds",
    "LoanPath",
    "PoolLoan",
    "Sale",
    "bootstrapped_paths",
    "brownian_paths",
    "hit_probability",
    "loan_odds",
    "loan_path",
    "loan_to_value",
    "price_at_ltv",
    "repayment_to_restore",
    "sale_to_restore",
    "seizure_to_restore",
    "top_up_to_restore",
]
