"""Hedge ratios written from their definitions, slowly."""

import math

import numpy as np
import pandas as pd

__all__ = [
    "conditional_ratio",
    "correlation_likelihood",
    "lead_lag_ratio",
    "overlapping_returns",
    "windowed_ratio",
]


def overlapping_returns(returns, days):
    """Compound returns of the last ``days`` days, NaN where one is missing."""
    frame = pd.DataFrame(1.0 + np.asarray(returns, dtype=float))
    return (frame.rolling(days).apply(np.prod, raw=True) - 1.0).to_numpy()


def windowed_ratio(book, future, row, window, least):
    """Sample covariance over sample variance of the last days; NaN with too few."""
    pairs = pd.DataFrame({"book": book, "future": future}).iloc[max(0, row - window + 1) : row + 1]
    pairs = pairs.dropna()
    if len(pairs) < least:
        return math.nan
    return max(0.0, pairs["book"].cov(pairs["future"]) / pairs["future"].var())


def lead_lag_ratio(book, future, lags):
    """Sum of covariances at all leads and lags over the same sum for the future itself."""
    b, f = book - np.mean(book), future - np.mean(future)
    above = below = 0.0
    for i in range(len(b)):
        for j in range(len(b)):
            if abs(i - j) <= lags:
                above += b[i] * f[j]
                below += f[i] * f[j]
    return above / below


def conditional_ratio(book, future, models, news, memory, average):
    """Ratio expected for tomorrow by DCC-GARCH(1,1) with given parameters, day by day.

    models: for the book and the future a dict of mean, constant, arch, garch, start.
    """
    average_matrix = np.array([[1.0, average], [average, 1.0]])
    q = average_matrix.copy()
    variance = [model["start"] for model in models]
    ratios = []
    for returns in zip(book, future, strict=True):
        deviations = [r - model["mean"] for r, model in zip(returns, models, strict=True)]
        z = np.array([d / math.sqrt(v) for d, v in zip(deviations, variance, strict=True)])
        q = (1 - news - memory) * average_matrix + news * np.outer(z, z) + memory * q
        variance = [
            model["constant"] + model["arch"] * d * d + model["garch"] * v
            for model, d, v in zip(models, deviations, variance, strict=True)
        ]
        correlation = q[0, 1] / math.sqrt(q[0, 0] * q[1, 1])
        ratios.append(max(0.0, correlation * math.sqrt(variance[0] / variance[1])))
    return np.array(ratios)


def correlation_likelihood(scaled, news, memory, average):
    """Log likelihood of standardised pairs under DCC, less that of independent normals."""
    average_matrix = np.array([[1.0, average], [average, 1.0]])
    q = average_matrix.copy()
    total = 0.0
    for z in scaled:
        r = q / np.sqrt(np.outer(np.diag(q), np.diag(q)))
        total += -0.5 * (math.log(np.linalg.det(r)) + z @ np.linalg.solve(r, z) - z @ z)
        q = (1 - news - memory) * average_matrix + news * np.outer(z, z) + memory * q
    return total
