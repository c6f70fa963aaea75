"""What a risk model says at the close of a day: exposures, their covariance, specific risk."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.typing import Floats

__all__ = ["RiskForecast", "RiskReport"]


@dataclass(frozen=True)
class RiskReport:
    """The risk of a book over the horizon of a forecast.

    Attributes
    ----------
    volatility, by_factors, by_specific, by_basis : float
        Standard deviations; the squares of the three parts add up to the square of the first.
    exposures : Series
        Of the book by factor.
    contributions : Series
        Share of the variance by factor, "specific" and "basis"; they sum to 1.
    """

    volatility: float
    by_factors: float
    by_specific: float
    by_basis: float
    exposures: pd.Series
    contributions: pd.Series


@dataclass(frozen=True)
class RiskForecast:
    """A factor model of one day.

    Attributes
    ----------
    date : datetime64[D]
        What was known at its close.
    horizon : int
        Trading days that variances are for.
    codes : str [N]
    factors : tuple of str
    exposures : float64 [N, K]
    covariance : float64 [K, K]
    specific : float64 [N]
        Variances; NaN for stocks without market value.
    """

    date: np.datetime64
    horizon: int
    codes: np.ndarray
    factors: tuple[str, ...]
    exposures: Floats
    covariance: Floats
    specific: Floats

    def parts(self, weights: Floats) -> tuple[Floats, float, float]:
        """Return the book's exposures [K], its variance by factors and its specific variance."""
        held = np.flatnonzero(weights)
        exposure = weights[held] @ self.exposures[held]
        own = float((weights[held] ** 2 * self.specific[held]).sum())
        return exposure, float(exposure @ self.covariance @ exposure), own

    def report(self, weights: Floats, basis: float = 0.0) -> RiskReport:
        """Return the risk of a book [N], futures taken in as their members; basis is a variance."""
        exposure, common, own = self.parts(weights)
        total = common + own + basis
        by_factor = exposure * (self.covariance @ exposure)
        shares = np.append(by_factor, [own, basis]) / (total if total > 0 else 1.0)
        names = [*self.factors, "specific", "basis"]
        return RiskReport(
            float(np.sqrt(total)), float(np.sqrt(max(common, 0.0))), float(np.sqrt(own)),
            float(np.sqrt(basis)), pd.Series(exposure, index=list(self.factors)),
            pd.Series(shares, index=names),
        )  # fmt: skip
