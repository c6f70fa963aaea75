"""Betas of many stocks, beside pandas and statsmodels in the same run.

python -m benchmarks.betas [--stocks 3000 --days 2500] [--all]
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.regression.rolling import RollingOLS as StatsmodelsOLS

from benchmarks.beta_truth import estimators
from quanthedge.beta.ols import rolling_ols

WINDOW, LEAST = 60, 40
SAMPLED = 10  # stocks that statsmodels is given; its time is counted up


def measured(work: Callable[[], object], repeat: int) -> float:
    """Return the least seconds of several runs, after one to warm up."""
    work()
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    """Measure and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stocks", type=int, default=3000)
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--all", action="store_true", help="every estimator, not only OLS")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    index = rng.normal(0, 0.015, args.days)
    betas = rng.uniform(0.5, 1.5, args.stocks)
    returns = np.outer(index, betas) + rng.normal(0, 0.02, (args.days, args.stocks))
    returns[rng.random(returns.shape) < 0.05] = np.nan
    print(f"{args.stocks} stocks x {args.days} days, window {WINDOW}, 5% of the days missing")
    own = measured(lambda: rolling_ols(returns, index, WINDOW, LEAST), 7)
    print(f"{'quanthedge':>22}: {own:8.3f} s with standard errors")
    frame, series = pd.DataFrame(returns), pd.Series(index)
    rolled = measured(
        lambda: (
            frame.rolling(WINDOW, min_periods=LEAST)
            .cov(series)
            .div(series.rolling(WINDOW).var(), axis=0)
        ),
        1,
    )
    print(f"{'pandas cov / var':>22}: {rolled:8.3f} s, {rolled / own:.1f} times as long, no errors")
    design = sm.add_constant(index)
    columns = range(min(SAMPLED, args.stocks))

    def statsmodels() -> None:
        for i in columns:
            fitted = StatsmodelsOLS(
                returns[:, i], design, WINDOW, min_nobs=LEAST, missing="drop"
            ).fit()
            _ = fitted.params, fitted.bse

    each = measured(statsmodels, 1) / len(columns)
    print(
        f"{'statsmodels RollingOLS':>22}: {each * args.stocks:8.1f} s counted up from "
        f"{1000 * each:.1f} ms a stock, {each * args.stocks / own:.0f} times as long"
    )
    if args.all:
        for name, model in estimators().items():
            seconds = measured(lambda model=model: model.model_copy().fit(returns, index), 1)
            print(f"{name:>22}: {seconds:8.3f} s")


if __name__ == "__main__":
    main()
