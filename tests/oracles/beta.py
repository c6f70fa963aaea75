"""Slow references of the betas: one statsmodels regression per window."""

import numpy as np

from tests.lazy import lazily

sm = lazily("statsmodels.api")


def panel(seed, days, stocks, missing=0.1):
    """Return returns with true betas around 1 and missing days, and index returns."""
    rng = np.random.default_rng(seed)
    index = rng.normal(0.0005, 0.015, days)
    betas = rng.uniform(0.4, 1.6, stocks)
    returns = index[:, None] * betas + rng.normal(0, 0.02, (days, stocks))
    returns[rng.random((days, stocks)) < missing] = np.nan
    return returns, index, betas


def regression(index, returns):
    """Return slope, standard error and pairs of one window, by statsmodels OLS with intercept."""
    known = np.isfinite(index) & np.isfinite(returns)
    fit = sm.OLS(returns[known], sm.add_constant(index[known])).fit()
    return fit.params[1], fit.bse[1], int(known.sum())


def rolling_ols(returns, index_returns, window, min_observations):
    """Return beta, standard error [T, N] and observations by regressing every window on its own."""
    beta = np.full(returns.shape, np.nan)
    error = np.full(returns.shape, np.nan)
    count = np.zeros(returns.shape, dtype=int)
    for t in range(returns.shape[0]):
        days = slice(max(0, t - window + 1), t + 1)
        for i in range(returns.shape[1]):
            x, y = index_returns[days], returns[days, i]
            count[t, i] = np.sum(np.isfinite(x) & np.isfinite(y))
            if count[t, i] >= min_observations:
                beta[t, i], error[t, i], _ = regression(x, y)
    return beta, error, count


def book_beta(returns, weights, index_returns, row, window):
    """Return beta, standard error and days of a book held with fixed weights."""
    days = slice(max(0, row - window + 1), row + 1)
    book = np.where(np.isfinite(returns[days]), returns[days], 0.0) @ weights / np.sum(weights)
    return regression(index_returns[days], book)
