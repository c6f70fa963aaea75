"""The covariance of factor returns: exponential weights, lags, eigenfactors, the level of the day.

Variances and correlations are weighted with half-lives of their own. With G[q] the weighted mean
of ``f[t] f[t - q]'`` (daily factor returns have a mean near 0 and none is taken off), the
covariance of a day of a longer horizon is, by Newey and West,

    G[0] + sum over q = 1 .. L of (1 - q / (L + 1)) (G[q] + G[q]')

so that factor returns which continue from day to day (in this market they do) count. Where the
classification changes, the moments are carried over to the new industries by the market value that
came from each old one: exactly what the history of the new ones would have been, had each earned
what its parents earned.

Eigenfactors: the smallest portfolios of a sample covariance look safer than they are. Samples are
drawn from a normal distribution with the covariance of the day; v[k] is the ratio of the true
volatility of a sample's k-th eigenfactor to what the sample says of it, fitted by a parabola over
all but the smallest ones, and each volatility is multiplied by ``1 + scale (v[k] - 1)``.

References
----------
W. K. Newey, K. D. West (1987), A simple, positive semi-definite, heteroskedasticity and
autocorrelation consistent covariance matrix.
J. Menchero, J. Wang, D. J. Orr (2011), Eigen-adjusted covariance matrices (MSCI research notes).
J. Menchero, D. J. Orr, J. Wang (2011), The Barra US equity model (USE4): volatility regime.
"""

from typing import NamedTuple

import numpy as np

from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "FactorMoments",
    "eigen_bias",
    "expected_means",
    "moments_of",
    "nearest_psd",
    "newey_west",
    "one_covariance",
    "smooth_bias",
]

_LEAST_DAYS = 20  # of returns before a variance says what the level of a day is
_FLOOR = 0.5  # of the variance without lags, at least


class FactorMoments(NamedTuple):
    """Moments known at the close of each day.

    Attributes
    ----------
    plain, adjusted : float64 [T, K]
        Variances of a day without lags and with them.
    correlation, lagged : float64 [T, K, K]
        Second moments of the longer half-life without lags and with them.
    regime : float64 [T]
        Level of all factors' volatility against what was forecast, squared.
    days : int64 [T]
        Days with factor returns so far.
    """

    plain: Floats
    adjusted: Floats
    correlation: Floats
    lagged: Floats
    regime: Floats
    days: Ints


def newey_west(moments: Floats, weight: Floats, lags: int) -> Floats:
    """Return a second moment [K, K] with lags; `moments` [L + 1, K, K] are weighted sums.

    Of variances alone, [L + 1, K], the variances with lags, [K].
    """
    found: Floats = np.asarray(moments[0] / weight[0])
    for q in range(1, lags + 1):
        if weight[q] > 0:
            lag = moments[q] / weight[q]
            found += (1.0 - q / (lags + 1.0)) * (lag + lag.T)
    return found


def expected_means(returns: Floats, half_life: float) -> Floats:
    """Return the means that factors' returns had before each day, drawn to 0 together, [T, K].

    Parameters
    ----------
    returns : float64 [T, K]
        NaN on days that are passed over.
    half_life : float
        Days.

    Notes
    -----
    Exponentially weighted means and variances; with n the effective number of days,
    ``(sum of w)^2 / sum of w^2``, all means are multiplied by
    ``max(0, 1 - (K - 2) / sum of n mean^2 / variance)``: James and Stein's estimate, one factor
    for all. Row t uses returns of days before t; 0 for fewer than three factors.

    References
    ----------
    B. Efron, C. Morris (1973), Stein's estimation rule and its competitors.
    """
    decay, found = 0.5 ** (1.0 / half_life), np.zeros(returns.shape)
    weight, weights = 0.0, 0.0
    first, second = np.zeros(returns.shape[1]), np.zeros(returns.shape[1])
    seen = 0
    for t, one in enumerate(returns):
        if seen >= _LEAST_DAYS:
            mean = first / weight
            variance = np.maximum(second / weight - mean**2, 0.0)
            days = weight**2 / weights
            known = variance > 0
            sure = float((days * mean[known] ** 2 / variance[known]).sum())
            if known.sum() > 2 and sure > 0:
                found[t] = max(0.0, 1.0 - (known.sum() - 2) / sure) * mean
        if np.isfinite(one).all():
            weight, weights = decay * weight + 1.0, decay**2 * weights + 1.0
            first, second = decay * first + one, decay * second + one**2
            seen += 1
    return found


def moments_of(
    returns: Floats,
    active: Bools,
    changes: dict[int, Floats],
    *,
    volatility_half_life: float,
    correlation_half_life: float,
    volatility_lags: int,
    correlation_lags: int,
    regime_half_life: float,
    regime_cap: float,
) -> FactorMoments:
    """Return the moments of factor returns at the close of every day.

    Parameters
    ----------
    returns : float64 [T, K]
        NaN on days without a regression, which are passed over.
    active : bool [T, K]
        Which factors the day's regression had.
    changes : dict
        By row t a map [K, K]: factor returns up to day t become ``map @ f`` from the close of t.
    volatility_half_life, correlation_half_life, regime_half_life : float
        Days.
    volatility_lags, correlation_lags : int
    regime_cap : float
        Most that the level of one day counts.
    """
    days, count = returns.shape
    made = FactorMoments(
        np.zeros((days, count)), np.zeros((days, count)), np.zeros((days, count, count)),
        np.zeros((days, count, count)), np.ones(days), np.zeros(days, dtype=np.int64),
    )  # fmt: skip
    slow = _State(count, correlation_lags, correlation_half_life)
    quick = _State(count, volatility_lags, volatility_half_life)
    decay, level, sure, seen = 0.5 ** (1.0 / regime_half_life), 0.0, 0.0, 0
    for t in range(days):
        one = returns[t]
        if np.isfinite(one).all():
            before = made.plain[t - 1]
            on = active[t] & (before > 0)
            if seen >= _LEAST_DAYS and on.any():
                level = decay * level + min(float((one[on] ** 2 / before[on]).mean()), regime_cap)
                sure = decay * sure + 1.0
            for state in (slow, quick):
                state.take(one)
            seen += 1
        if t in changes:
            for state in (slow, quick):
                state.turn(changes[t])
        if seen:
            own = np.diagonal(quick.moments, axis1=1, axis2=2)
            made.plain[t] = own[0] / quick.weight[0]
            full = newey_west(own, quick.weight, volatility_lags)
            made.adjusted[t] = np.maximum(full, _FLOOR * made.plain[t])
            made.correlation[t] = slow.moments[0] / slow.weight[0]
            made.lagged[t] = newey_west(slow.moments, slow.weight, correlation_lags)
        made.regime[t] = level / sure if sure > 0 else 1.0
        made.days[t] = seen
    return made


class _State:
    """Weighted sums of products of today's returns and those of the days before."""

    def __init__(self, count: int, lags: int, half_life: float) -> None:
        self.decay = 0.5 ** (1.0 / half_life)
        self.moments = np.zeros((lags + 1, count, count))
        self.history = np.full((lags, count), np.nan)
        self.weight = np.zeros(lags + 1)

    def take(self, returns: Floats) -> None:
        """Take in a day."""
        from quanthedge.risk.kernels.moments import factor_moments

        factor_moments(returns, self.decay, self.moments, self.history, self.weight)
        if len(self.history):
            self.history[1:] = self.history[:-1].copy()
            self.history[0] = returns

    def turn(self, change: Floats) -> None:
        """Say everything so far in other factors."""
        self.moments = np.ascontiguousarray(change @ self.moments @ change.T)
        self.history = np.ascontiguousarray(self.history @ change.T)


def one_covariance(variance: Floats, moments: Floats) -> Floats:
    """Return the covariance [K, K] of variances [K] and the correlations of second moments."""
    scale = np.sqrt(np.maximum(np.diag(moments), 0.0))
    known = (scale > 0) & (variance > 0)
    safe = np.where(known, scale, 1.0)
    correlation = np.clip(moments / safe[:, None] / safe, -1.0, 1.0)
    deviation = np.where(known, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return nearest_psd(correlation * deviation[:, None] * deviation)


def nearest_psd(matrix: Floats) -> Floats:
    """Return a symmetric matrix without its negative eigenvalues, the diagonal kept.

    Examples
    --------
    >>> nearest_psd(np.array([[1.0, 0.5], [0.5, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= -1e-12 * max(values[-1], 0.0):
        return matrix
    raised = (vectors * np.maximum(values, 0.0)) @ vectors.T
    diagonal = np.diag(raised)
    scale = np.sqrt(np.diag(matrix) / np.where(diagonal > 0, diagonal, 1.0))
    made: Floats = raised * scale[:, None] * scale
    return made


def eigen_bias(values: Floats, days: float, simulations: int, seed: int) -> Floats:
    """Return v [K], the true volatility of a sample's eigenfactors over what the sample says.

    Parameters
    ----------
    values : float64 [K]
        Eigenvalues of the covariance, ascending: the bias does not depend on its directions.
    days : float
        Days in a sample; with exponential weights the number that is as good.
    simulations : int
    seed : int

    Notes
    -----
    Samples are drawn by Bartlett's decomposition of the Wishart distribution.
    """
    count = len(values)
    rng = np.random.default_rng(seed)
    root = np.sqrt(np.maximum(values, 0.0))
    degrees = np.maximum(days - np.arange(count), 1.0)
    total = np.zeros(count)
    for _ in range(simulations):
        lower = np.tril(rng.standard_normal((count, count)), -1)
        lower[np.diag_indices(count)] = np.sqrt(rng.chisquare(degrees))
        half = root[:, None] * lower
        found, vectors = np.linalg.eigh(half @ half.T / days)
        true = (vectors**2 * values[:, None]).sum(axis=0)
        total += np.where(found > 0, true / np.where(found > 0, found, 1.0), 1.0)
    return np.sqrt(total / simulations)


def smooth_bias(bias: Floats, first: int = 15) -> Floats:
    """Return the bias fitted by a parabola over all but the first (smallest) eigenfactors.

    With few factors there is nothing to fit, and the bias stands.
    """
    place = np.arange(len(bias), dtype=np.float64)
    if len(bias) < first + 5:
        return bias
    fit = np.polyval(np.polyfit(place[first:], bias[first:], 2), place)
    return np.asarray(fit, dtype=np.float64)
