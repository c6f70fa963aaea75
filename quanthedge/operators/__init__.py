"""Rolling and cross-sectional operators on arrays by day and stock, compiled: ``qh.ops``.

Examples
--------
>>> import quanthedge as qh
>>> import numpy as np
>>> prices = np.array([[10.0], [11.0], [12.0], [11.0]])  # days x stocks
>>> qh.ops.rolling_mean(prices, 3)[:, 0].round(2)
array([  nan,   nan, 11.  , 11.33])
"""

from quanthedge.operators.cross import (
    demean,
    neutralise,
    rank,
    rank_correlation,
    standardise,
    winsorise,
)
from quanthedge.operators.rolling import (
    Residuals,
    days_since_change,
    decay_mean,
    ewm_mean,
    last_change,
    rolling_beta,
    rolling_corr,
    rolling_cov,
    rolling_downside_beta,
    rolling_max,
    rolling_mean,
    rolling_min,
    rolling_moments,
    rolling_rank,
    rolling_residuals,
    rolling_skew,
    rolling_std,
    rolling_sum,
    rolling_top_mean,
)

__all__ = [
    "Residuals",
    "days_since_change",
    "decay_mean",
    "demean",
    "ewm_mean",
    "last_change",
    "neutralise",
    "rank",
    "rank_correlation",
    "rolling_beta",
    "rolling_corr",
    "rolling_cov",
    "rolling_downside_beta",
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_moments",
    "rolling_rank",
    "rolling_residuals",
    "rolling_skew",
    "rolling_std",
    "rolling_sum",
    "rolling_top_mean",
    "standardise",
    "winsorise",
]
