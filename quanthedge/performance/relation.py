"""How the fund moves with the index: correlation and beta with their errors, whole and rolling."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from quanthedge.performance.resampling import SEED
from quanthedge.performance.returns import Every, period_returns
from quanthedge.performance.robust import NeweyWest, drawn_correlation, robust_slopes
from quanthedge.typing import Floats

__all__ = ["Estimate", "Pair"]

_NORMAL_975 = 1.959963984540054
_NO_VARIATION = 1e-24


@dataclass(frozen=True)
class Estimate:
    """An estimated number with its standard error, 95% interval and observations.

    Attributes
    ----------
    value, standard_error, low, high : float
        NaN when there were too few observations or no variation.
    observations : int
    """

    value: float
    standard_error: float
    low: float
    high: float
    observations: int


@dataclass(frozen=True, eq=False)
class Pair:
    """Returns of a fund and of an index over the same periods: how the one moves with the other.

    Only dates on which both are defined count, but for the rolling figures, which say nothing of a
    window that lacks one.

    Attributes
    ----------
    returns, index_returns : Series
        By date, of days, weeks or months.
    FEWEST : int
        Periods below which the robust estimates say nothing.
    """

    returns: pd.Series
    index_returns: pd.Series

    FEWEST: ClassVar[int] = 10

    @classmethod
    def of(cls, level: pd.Series, index: pd.Series, every: Every) -> Self:
        """Return the pair of two levels: their returns by day, week or month."""
        return cls(period_returns(level, every), period_returns(index, every))

    def correlation(self) -> Estimate:
        """Return the Pearson correlation.

        Notes
        -----
        Standard error sqrt((1 - r^2) / (n - 2)); 95% interval tanh(atanh(r) -+ 1.96 / sqrt(n - 3)).
        NaN below four observations or without variation.

        References
        ----------
        Fisher (1921), On the probable error of a coefficient of correlation, Metron 1.
        """
        y, x = self._values()
        n = len(y)
        if n < 4 or not _varies(x) or not _varies(y):
            return _undefined(n)
        r = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
        error = float(np.sqrt((1.0 - r * r) / (n - 2)))
        if abs(r) >= 1.0:
            return Estimate(r, error, r, r, n)
        centre, half = np.arctanh(r), _NORMAL_975 / np.sqrt(n - 3)
        return Estimate(r, error, float(np.tanh(centre - half)), float(np.tanh(centre + half)), n)

    def correlation_bootstrap(self, *, paths: int = 1000, seed: int = SEED) -> Estimate:
        """Return the correlation; its error and interval need no normal, independent periods.

        Parameters
        ----------
        paths, seed : int
            Of the stationary bootstrap of pairs; the same returns give the same figures.

        Notes
        -----
        On Fisher's scale z = atanh r, with s the error of z that the fourth moments of the pairs
        give: the interval is ``tanh(z -+ q s)``, q the 95% quantile of ``|z* - z| / s*`` over drawn
        pairs (Davison and Hinkley, 1997, "Bootstrap Methods and their Application", section 5.2).
        The standard error is ``s (1 - r^2)``. NaN below ten pairs or without variation.
        """
        y, x = self._values()
        n = len(y)
        if n < self.FEWEST or min(y.std(ddof=1), x.std(ddof=1)) < 1e-12:
            return _undefined(n)
        y, x = ((one - one.mean()) / one.std(ddof=1) for one in (y, x))
        return Estimate(*drawn_correlation(x, y, paths, seed), n)

    def beta(self) -> Estimate:
        """Return the least-squares slope of the returns on the index returns, with intercept.

        Notes
        -----
        Standard error sqrt(RSS / (n - 2) / Sxx); 95% interval with Student's t of n - 2 degrees of
        freedom. NaN below four observations or when the index does not vary.
        """
        y, x = self._values()
        n = len(y)
        if n < 4 or not _varies(x):
            return _undefined(n)
        from scipy.special import stdtrit

        dx, dy = x - x.mean(), y - y.mean()
        sxx = float(dx @ dx)
        slope = float(dx @ dy) / sxx
        rest = dy - slope * dx
        error = float(np.sqrt(rest @ rest / (n - 2) / sxx))
        half = float(stdtrit(n - 2, 0.975)) * error
        return Estimate(slope, error, slope - half, slope + half, n)

    def beta_hac(self) -> Estimate:
        """Return the least-squares beta with an error that allows for autocorrelation.

        Notes
        -----
        Bartlett weights with the lags of :class:`~quanthedge.performance.NeweyWest` on the scores
        ``(x - mean) u / (1 - h)``, u the residual and h its leverage. 95% interval: the standard
        error times the critical value there. NaN below ten pairs or when the index does not vary.

        References
        ----------
        Newey and West (1987), Econometrica 55; MacKinnon and White (1985), J. of Econometrics 29;
        Kiefer and Vogelsang (2005), Econometric Theory 21.
        """
        both = self._both
        n = len(both)
        if n < self.FEWEST or not np.isfinite(self.beta().value):
            return _undefined(n)
        slope, error = robust_slopes(both["x"].to_numpy()[None, :], both["y"].to_numpy()[None, :])
        half = NeweyWest(n).critical_value * error[0]
        value = float(slope[0])
        return Estimate(value, float(error[0]), float(value - half), float(value + half), n)

    def rolling_correlation(self, window: int = 60) -> pd.Series:
        """Return the Pearson correlation over the last ``window`` periods, NaN until it is full."""
        spread = self.index_returns.rolling(window).std()
        found = self.returns.rolling(window).corr(self.index_returns)
        return found.where(spread > 1e-12)

    def rolling_beta(self, window: int = 60) -> pd.Series:
        """Return the least-squares slope over the last ``window`` periods, each day's own included.

        Notes
        -----
        NaN until the window is full, and where a return in it is missing.
        """
        covariance = self.returns.rolling(window).cov(self.index_returns)
        variance = self.index_returns.rolling(window).var()
        return covariance / variance.where(variance > _NO_VARIATION)

    def rolling_beta_hac(self, window: int = 60) -> pd.DataFrame:
        """Return the beta of each window with the interval of :meth:`beta_hac`.

        Returns
        -------
        DataFrame
            beta, low, high by the window's last period; NaN until the window is full, and where a
            return in it is missing or the index stands still.
        """
        returns = self.returns
        found = pd.DataFrame(np.nan, index=returns.index, columns=["beta", "low", "high"])
        if len(returns) < window or window < self.FEWEST:
            return found
        own, other = (
            np.lib.stride_tricks.sliding_window_view(series.to_numpy(dtype=np.float64), window)
            for series in (returns, self.index_returns.reindex(returns.index))
        )
        known = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
        known[known] &= other[known].var(axis=1) > 1e-24
        slope, error = robust_slopes(other[known], own[known])
        half = NeweyWest(window).critical_value * error
        rows = np.flatnonzero(known) + window - 1
        found.iloc[rows] = np.column_stack([slope, slope - half, slope + half])
        return found

    @cached_property
    def _both(self) -> pd.DataFrame:
        """Both returns, ``y`` the fund's and ``x`` the index's, where both are defined."""
        both = pd.DataFrame({"y": self.returns, "x": self.index_returns})
        return both if np.isfinite(both.to_numpy(dtype=np.float64)).all() else both.dropna()

    def _values(self) -> tuple[Floats, Floats]:
        """Return what both are defined on: the fund's and the index's returns."""
        both = self._both
        return both["y"].to_numpy(dtype=np.float64), both["x"].to_numpy(dtype=np.float64)


def _varies(values: Floats) -> bool:
    return bool(np.var(values) > _NO_VARIATION)


def _undefined(n: int) -> Estimate:
    nan = float("nan")
    return Estimate(nan, nan, nan, nan, n)
