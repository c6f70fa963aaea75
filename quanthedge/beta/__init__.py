"""Estimators of beta, with standard errors."""

from quanthedge.beta.book import BookBetas, book_beta, book_betas
from quanthedge.beta.ols import (
    RollingBeta,
    RollingOLS,
    index_returns,
    rolling_ols,
    top_down_betas,
)

__all__ = [
    "BookBetas",
    "RollingBeta",
    "RollingOLS",
    "book_beta",
    "book_betas",
    "index_returns",
    "rolling_ols",
    "top_down_betas",
]
