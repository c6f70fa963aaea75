"""The error of alpha: against statsmodels, on known processes, and on a random run."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.ledger import line_names
from quanthedge.performance.significance import alpha_estimates, mean_a_year
from tests.lazy import lazily
from tests.performance.random_run import random_run

linear_model = lazily("statsmodels.regression.linear_model")


def newey_west(values: np.ndarray) -> float:
    """Standard error of a mean by statsmodels."""
    n = len(values)
    lags = int(np.floor(4.0 * (n / 100.0) ** (2.0 / 9.0)))
    fitted = linear_model.OLS(values, np.ones(n)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    return float(fitted.bse[0])


def test_the_error_is_that_of_statsmodels() -> None:
    values = np.random.default_rng(3).normal(0.001, 0.01, 500)
    found = mean_a_year(pd.Series(values))
    assert found.value == pytest.approx(values.mean() * 243, rel=1e-12)
    assert found.standard_error == pytest.approx(newey_west(values) * 243, rel=1e-9)
    assert (found.low + found.high) / 2 == pytest.approx(found.value, rel=1e-9)


@pytest.mark.parametrize("memory", [0.0, 0.3])
def test_the_interval_covers_the_true_mean_about_as_often_as_it_says(memory: float) -> None:
    rng = np.random.default_rng(11)
    hits, tries = 0, 400
    for _ in range(tries):
        noise = rng.normal(0.0, 0.01, 600)
        for t in range(1, 600):
            noise[t] += memory * noise[t - 1]
        found = mean_a_year(pd.Series(0.0004 + noise))
        hits += found.low <= 0.0004 * 243 <= found.high
    # three errors of a share of 95% in 400 tries are 3.3%; a kernel of few lags loses some more
    assert 0.88 < hits / tries < 0.985


def test_few_days_have_a_mean_and_no_error() -> None:
    found = mean_a_year(pd.Series([0.01] * 30 + [-0.01] * 10))
    assert found.value == pytest.approx(0.005 * 243)
    assert np.isnan([found.standard_error, found.low, found.high]).all()
    assert np.isnan(mean_a_year(pd.Series([], dtype=float)).value)


def test_costs_lower_the_alpha_and_all_sources_less_costs_are_the_gross_return() -> None:
    run = random_run(300)
    found = alpha_estimates(run)
    assert found["alpha_after_costs"].value < found["alpha"].value
    ledger = run.ledger
    flows = ledger["subscriptions"] - ledger["redemptions"] - ledger["distributions"]
    fees = ledger[list(line_names("fee"))].sum(axis=1)
    gross = (ledger["equity"].diff() - flows + fees) / (ledger["equity"].shift(1) + flows)
    assert found["before_fees"].value == pytest.approx(gross.iloc[1:].mean() * 243, rel=1e-9)
