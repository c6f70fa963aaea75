"""How fast a series comes back to its mean, with an interval, and whether it does at all.

An Ornstein-Uhlenbeck process seen once a day is an autoregression ``x = m (1 - b) + b x' + e`` with
``b = exp(-speed)``. Least squares finds b too small in few days: its bias is about -(1 + 3 b) / n
(Kendall, 1954). Here b is the median-unbiased estimate of Andrews: that b under which half of all
series give a smaller least-squares slope than the one that was found. The interval is made of the
b's under which the slope found is neither among the smallest nor the largest.

References
----------
D. W. K. Andrews (1993), "Exactly median-unbiased estimation of first order autoregressive/unit root
models", Econometrica 61, 139-165 (the model with a constant).
M. G. Kendall (1954), "Note on bias in the estimation of autocorrelation", Biometrika 41.
J. G. MacKinnon (1994), "Approximate asymptotic distribution functions for unit-root and
cointegration tests", Journal of Business and Economic Statistics 12 (by way of statsmodels).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.arbitrage.kernels.spread_autoregression import simulated_slopes
from quanthedge.errors import StrategyError
from quanthedge.typing import Bools, Floats

__all__ = ["LEAST_WINDOW", "estimates_of", "mean_reversion"]

LEAST_WINDOW = 20
_SERIES = 10_000  # simulated for each slope
_FLAT = 1e-10  # determinant of correlations below which a regression says nothing
_SLOPES = np.concatenate([np.linspace(-0.95, 0.8, 15), 1.0 - np.geomspace(0.17, 0.001, 24), [1.0]])


class _Quantiles(NamedTuple):
    """Of the least-squares slope under each true slope, [G]."""

    slopes: Floats
    low: Floats
    median: Floats
    high: Floats


def mean_reversion(
    values: pd.Series,
    before: pd.Series | None = None,
    *,
    window: int = 120,
    coverage: float = 0.9,
    lags: int = 1,
) -> pd.DataFrame:
    """Return how fast a series reverts over its last days, by day, with an interval.

    Parameters
    ----------
    values : Series [T]
        The series, a row a trading day.
    before : Series [T], optional
        What the same thing was on the day before, where that is not the row before: on the day of a
        roll, of the contracts that are live today. NaN = not known.
    window : int
        Steps from one day to the next that are looked at, 20 or more.
    coverage : float
        Of the interval.
    lags : int
        Lagged differences of the Dickey-Fuller test, 0 or more.

    Returns
    -------
    DataFrame
        With the index of `values`: persistence (b a day, median-unbiased) with persistence_low and
        persistence_high, least_squares (b as found), speed (-ln b a day), half_life (ln 2 / speed,
        trading days) with half_life_low and half_life_high, mean, sigma (deviation around it in the
        long run), z = (value - mean) / sigma, adf (t-value of the augmented Dickey-Fuller test with
        a constant), adf_p (of no reversion: MacKinnon).

    Raises
    ------
    StrategyError
        An option is out of range, or the two series are not of one index.

    Notes
    -----
    Row t uses the last `window` rows up to t whose value and value before are known; the first
    rows, and rows that are not known themselves, are NaN. Where b is 1 the half-life is inf, and
    mean, sigma and z are NaN; where b is 0 or less the half-life is 0. Quantiles are those of
    10,000 simulated Gaussian series without rolls; the interval holds for such.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import quanthedge as qh
    >>> noise = np.random.default_rng(3).standard_normal(500)
    >>> series = pd.Series(noise).ewm(alpha=0.1).mean()  # b = 0.9: half of it is gone in 6.6 days
    >>> found = qh.mean_reversion(series, window=250).iloc[-1]
    >>> bool(found["half_life_low"] < 6.6 < found["half_life_high"])
    True
    """
    lagged = values.shift(1) if before is None else before
    _check(values, lagged, window, coverage, lags)
    y, x = (np.asarray(one, dtype=np.float64) for one in (values, lagged))
    known = np.isfinite(y) & np.isfinite(x)
    found = _estimates(y[known], x[known], window, coverage, lags)
    return pd.DataFrame(
        {name: _scattered(column, known) for name, column in found.items()}, index=values.index
    )


def _check(values: pd.Series, lagged: pd.Series, window: int, coverage: float, lags: int) -> None:
    if not values.index.equals(lagged.index):
        raise StrategyError("mean_reversion: before has another index than values; give it theirs")
    if window < LEAST_WINDOW:
        raise StrategyError(f"mean_reversion: window {window}; accepted: {LEAST_WINDOW} or more")
    if not 0.0 < coverage < 1.0:
        raise StrategyError(f"mean_reversion: coverage {coverage}; accepted: between 0 and 1")
    if not 0 <= lags <= window // 4:
        raise StrategyError(f"mean_reversion: lags {lags}; accepted: 0 to {window // 4}")


def _scattered(column: Floats, known: Bools) -> Floats:
    """Return the figures of the known rows in their places, [T]."""
    result = np.full(known.size, np.nan)
    result[known] = column
    return result


def _estimates(
    value: Floats, before: Floats, window: int, coverage: float, lags: int
) -> dict[str, Floats]:
    """Return the columns of `mean_reversion` for rows that are all known."""
    y, x = _windows(value, window), _windows(before, window)
    columns = estimates_of(y, x, coverage) | _tested(y, x, lags)
    first = np.full(value.size - len(y), np.nan)
    return {name: np.concatenate([first, column]) for name, column in columns.items()}


def estimates_of(y: Floats, x: Floats, coverage: float) -> dict[str, Floats]:
    """Return the estimates of `mean_reversion` of many series at their ends, [R] each.

    Parameters
    ----------
    y, x : float64 [R, window]
        Values of R series and the values before them.
    coverage : float
        Of the interval.
    """
    slope = _slopes(y, x)
    b, low, high = _corrected(slope, _quantiles(y.shape[1], coverage))
    reverts = b < 1.0
    left = y - b[:, None] * x
    centre = left.mean(axis=1) / np.where(reverts, 1.0 - b, np.nan)
    sigma = left.std(axis=1, ddof=2) / np.sqrt(np.where(reverts, 1.0 - b * b, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (y[:, -1] - centre) / sigma
    return {
        "persistence": b,
        "persistence_low": low,
        "persistence_high": high,
        "least_squares": slope,
        "speed": np.where(b > 0, -np.log(np.where(b > 0, b, 1.0)), np.where(b <= 0, np.inf, b)),
        "half_life": _half_life(b),
        "half_life_low": _half_life(low),
        "half_life_high": _half_life(high),
        "mean": centre,
        "sigma": sigma,
        "z": z,
    }


def _tested(y: Floats, x: Floats, lags: int) -> dict[str, Floats]:
    test = _dickey_fuller(y, x, lags)
    return {"adf": test, "adf_p": _p_values(test)}


def _windows(values: Floats, window: int) -> Floats:
    """Return the last `window` values up to each row that has as many, [R, window]."""
    if values.size < window:
        return np.empty((0, window))
    return np.lib.stride_tricks.sliding_window_view(values, window)


def _slopes(y: Floats, x: Floats) -> Floats:
    """Return the least-squares slopes of rows of y on rows of x, with a constant, [R]."""
    dx = x - x.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes: Floats = (dx * y).sum(axis=1) / (dx * dx).sum(axis=1)
    return slopes


def _dickey_fuller(y: Floats, x: Floats, lags: int) -> Floats:
    """Return the t-values of the level in regressions of the difference on it, [R].

    The difference is explained by the level, a constant and its own `lags` values before.
    """
    change, days = y - x, x.shape[1]
    columns = [x[:, lags:]] + [change[:, lags - k : days - k] for k in range(1, lags + 1)]
    design = _centred(np.stack(columns, axis=2))
    scale = np.sqrt((design * design).sum(axis=1))
    target = _centred(change[:, lags:])
    with np.errstate(invalid="ignore", divide="ignore"):
        design = design / scale[:, None, :]
        moments = np.einsum("rik,ril->rkl", design, design)
        flat = ~(np.linalg.det(moments) > _FLAT)  # a column is constant, or made of the others
        moments[flat] = np.eye(lags + 1)
        inverse = np.linalg.inv(moments)
        found = np.einsum("rkl,rl->rk", inverse, np.einsum("rik,ri->rk", design, target))
        rest = target - np.einsum("rik,rk->ri", design, found)
        variance = (rest * rest).sum(axis=1) / (days - 2 * lags - 2)
        test = found[:, 0] / np.sqrt(variance * inverse[:, 0, 0])
    return np.where(flat | ~np.isfinite(test), np.nan, test)


def _centred(values: Floats) -> Floats:
    """Return values less their means over the window, axis 1."""
    centred: Floats = values - values.mean(axis=1, keepdims=True)
    return centred


def _half_life(b: Floats) -> Floats:
    """Return ln 2 / -ln b in days: 0 for b <= 0, inf for b = 1."""
    inside = (b > 0.0) & (b < 1.0)
    days = np.log(2.0) / -np.log(np.where(inside, b, 0.5))
    outside = np.where(b >= 1.0, np.inf, np.where(b <= 0.0, 0.0, np.nan))
    result: Floats = np.where(inside, days, outside)
    return result


def _corrected(slope: Floats, table: _Quantiles) -> tuple[Floats, Floats, Floats]:
    """Return the median-unbiased slope and the ends of its interval."""

    def under(quantile: Floats) -> Floats:
        found = np.interp(slope, quantile, table.slopes)
        return np.where(np.isnan(slope), np.nan, found)

    return under(table.median), under(table.high), under(table.low)


@lru_cache(maxsize=16)
def _quantiles(window: int, coverage: float) -> _Quantiles:
    """Return the quantiles of the least-squares slope in `window` steps, simulated."""
    noise = np.random.default_rng(1993).standard_normal((window + 1, _SERIES))
    slopes = simulated_slopes(noise, _SLOPES)
    tail = (1.0 - coverage) / 2.0
    rows = np.quantile(slopes, [tail, 0.5, 1.0 - tail], axis=1)
    return _Quantiles(_SLOPES, *np.maximum.accumulate(rows, axis=1))


def _p_values(test: Floats) -> Floats:
    """Return MacKinnon's p of each t-value, with a constant."""
    from statsmodels.tsa.adfvalues import mackinnonp

    return np.array([mackinnonp(one, "c", 1) if np.isfinite(one) else np.nan for one in test])
