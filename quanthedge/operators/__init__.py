"""Rolling and cross-sectional operators on arrays by day and stock, compiled: ``qh.ops``."""

from quanthedge.operators.cross import (
    demean,
    neutralise,
    rank,
    rank_correlation,
    standardise,
    winsorise,
)
from quanthedge.operators.rolling import (
    days_since_change,
    decay_mean,
    ewm_mean,
    last_change,
    rolling_beta,
    rolling_corr,
    rolling_cov,
    rolling_max,
    rolling_mean,
    rolling_min,
    rolling_rank,
    rolling_skew,
    rolling_std,
    rolling_sum,
)

__all__ = [
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
    "rolling_max",
    "rolling_mean",
    "rolling_min",
    "rolling_rank",
    "rolling_skew",
    "rolling_std",
    "rolling_sum",
    "standardise",
    "winsorise",
]
