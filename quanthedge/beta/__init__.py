"""Estimators of beta, with standard errors."""

from quanthedge.beta.base import BetaEstimator, RollingBeta, fit_prepared, index_returns
from quanthedge.beta.blume import Blume
from quanthedge.beta.book import BookBetas, book_beta, book_betas
from quanthedge.beta.dimson import Dimson
from quanthedge.beta.downside import Downside
from quanthedge.beta.estimators import Estimator
from quanthedge.beta.ewma import Ewma
from quanthedge.beta.huber import Huber
from quanthedge.beta.kalman import Kalman
from quanthedge.beta.ols import RollingOLS, rolling_ols, top_down_betas
from quanthedge.beta.overlapping import Overlapping
from quanthedge.beta.preparation import Preparation, Prepared, prepare_returns
from quanthedge.beta.scholes_williams import ScholesWilliams
from quanthedge.beta.vasicek import Vasicek
from quanthedge.beta.wording import estimator_text

__all__ = [
    "BetaEstimator",
    "Blume",
    "BookBetas",
    "Dimson",
    "Downside",
    "Estimator",
    "Ewma",
    "Huber",
    "Kalman",
    "Overlapping",
    "Preparation",
    "Prepared",
    "RollingBeta",
    "RollingOLS",
    "ScholesWilliams",
    "Vasicek",
    "book_beta",
    "book_betas",
    "estimator_text",
    "fit_prepared",
    "index_returns",
    "prepare_returns",
    "rolling_ols",
    "top_down_betas",
]
