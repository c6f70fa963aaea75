"""Moments, conditional correlations and drifting books, compiled."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Floats, Ints

__all__ = [
    "correlation_cost",
    "correlation_path",
    "drifted_betas",
    "drifted_book",
    "ewma_covariances",
    "garch_variances",
    "least_variance",
    "overlapping",
    "window_covariances",
]


@njit(cache=True, error_model="numpy")
def overlapping(returns: Floats, days: int) -> Floats:
    """Return the compound return of the last ``days`` days at each day; NaN where one is missing.

    Parameters
    ----------
    returns : float64 [T, M]
    days : int

    """
    result = np.full(returns.shape, np.nan)
    for t in range(days - 1, returns.shape[0]):
        for m in range(returns.shape[1]):
            value = 1.0
            for k in range(days):
                value *= 1.0 + returns[t - k, m]
            result[t, m] = value - 1.0
    return result


@njit(cache=True, error_model="numpy")
def window_covariances(
    returns: Floats, since: int, window: int, least: int, lags: int
) -> tuple[Floats, Ints]:
    """Return covariances over the last days at each row from ``since`` on, [T - since, M, M].

    Parameters
    ----------
    returns : float64 [T, M]
        A day counts when all its returns are known.
    since, window, least : int
        First row wanted; days looked back; days needed, below which the result is NaN.
    lags : int
        Cross-covariances up to this many days earlier and later are added. Row [i, j] then is the
        covariance of sums over many days, per day: marks taken at different hours no longer matter.

    Returns
    -------
    covariances, observations : float64 [R, M, M], int64 [R]

    """
    rows, width = returns.shape[0] - since, returns.shape[1]
    result = np.full((rows, width, width), np.nan)
    observations = np.zeros(rows, dtype=np.int64)
    centred = np.zeros((window, width))
    for r in range(rows):
        t = since + r
        begin = max(0, t - window + 1)
        n = 0
        mean = np.zeros(width)
        for s in range(begin, t + 1):
            if np.isfinite(returns[s]).all():
                n += 1
                mean += (returns[s] - mean) / n
        observations[r] = n
        if n < least:
            continue
        for s in range(begin, t + 1):
            known = np.isfinite(returns[s]).all()
            for m in range(width):
                centred[s - begin, m] = returns[s, m] - mean[m] if known else 0.0
        days = t - begin + 1
        for i in range(width):
            for j in range(width):
                total = 0.0
                for lag in range(-lags, lags + 1):
                    for s in range(max(0, -lag), min(days, days - lag)):
                        total += centred[s, i] * centred[s + lag, j]
                result[r, i, j] = total / (n - 1)
    return result, observations


@njit(cache=True, error_model="numpy")
def ewma_covariances(returns: Floats, since: int, decay: float, least: int) -> Floats:
    """Return exponentially weighted covariances at each row from ``since`` on, [T - since, M, M].

    Weights are ``decay ** (days back)`` over the days on which all returns are known, centred at
    the mean with the same weights, divided by the sum of the weights.
    """
    width = returns.shape[1]
    result = np.full((returns.shape[0] - since, width, width), np.nan)
    mean = np.zeros(width)
    products = np.zeros((width, width))  # weighted sum of squared deviations / sum of weights
    weight = 0.0
    n = 0
    for t in range(returns.shape[0]):
        weight *= decay
        if np.isfinite(returns[t]).all():
            n += 1
            weight += 1.0
            share = 1.0 / weight
            away = returns[t] - mean
            for i in range(width):
                for j in range(width):
                    products[i, j] = (1.0 - share) * (products[i, j] + share * away[i] * away[j])
            mean += share * away
        if t >= since and n >= least:
            result[t - since] = products
    return result


@njit(cache=True, error_model="numpy")
def least_variance(covariances: Floats, result: Floats) -> None:
    """Write the ratios >= 0 of M - 1 futures that leave the least variance of the first column.

    Parameters
    ----------
    covariances : float64 [R, M, M]
    result : float64 [R, M - 1]
        Filled in place; NaN where the covariances are not known or a future did not move.

    """
    products = result.shape[1]
    for r in range(result.shape[0]):
        matrix = covariances[r]
        known = np.isfinite(matrix).all()
        for p in range(1, products + 1):
            known = known and matrix[p, p] > 0.0
        if not known:
            result[r] = np.nan
            continue
        result[r] = 0.0
        for _ in range(10_000):
            moved = 0.0
            for p in range(products):
                left = matrix[0, p + 1]
                for q in range(products):
                    if q != p:
                        left -= matrix[q + 1, p + 1] * result[r, q]
                best = max(0.0, left / matrix[p + 1, p + 1])
                moved = max(moved, abs(best - result[r, p]))
                result[r, p] = best
            if moved < 1e-12:
                break


@njit(cache=True, error_model="numpy")
def garch_variances(
    deviations: Floats, constant: float, arch: float, garch: float, start: float
) -> Floats:
    """Return the variance expected for each day and for the one after the last, [T + 1].

    ``variance[t + 1] = constant + arch * deviations[t] ** 2 + garch * variance[t]``
    """
    variance = np.empty(deviations.size + 1)
    variance[0] = start
    for t in range(deviations.size):
        variance[t + 1] = constant + arch * deviations[t] ** 2 + garch * variance[t]
    return variance


@njit(cache=True, error_model="numpy")
def correlation_path(scaled: Floats, news: float, memory: float, average: float) -> Floats:
    """Return the correlation expected for each day and for the one after the last, [T + 1].

    ``Q[t+1] = (1 - news - memory) * Qbar + news * z[t] z[t]' + memory * Q[t]`` of two series of
    standardised returns (Engle 2002), with Qbar = [[1, average], [average, 1]].

    Parameters
    ----------
    scaled : float64 [T, 2]
    news, memory, average : float

    """
    path = np.empty(scaled.shape[0] + 1)
    q00, q11, q01 = 1.0, 1.0, average
    kept = 1.0 - news - memory
    path[0] = average
    for t in range(scaled.shape[0]):
        x, y = scaled[t, 0], scaled[t, 1]
        q00 = kept + news * x * x + memory * q00
        q11 = kept + news * y * y + memory * q11
        q01 = kept * average + news * x * y + memory * q01
        path[t + 1] = q01 / np.sqrt(q00 * q11)
    return path


@njit(cache=True, error_model="numpy")
def correlation_cost(scaled: Floats, news: float, memory: float, average: float) -> float:
    """Return minus the correlation part of the Gaussian log likelihood of :func:`correlation_path`.

    Infinity outside news >= 0, memory >= 0, news + memory < 1.
    """
    if news < 0.0 or memory < 0.0 or news + memory >= 0.9999:
        return np.inf
    path = correlation_path(scaled, news, memory, average)
    total = 0.0
    for t in range(scaled.shape[0]):
        x, y, rho = scaled[t, 0], scaled[t, 1], path[t]
        rest = 1.0 - rho * rho
        if rest <= 1e-12:
            return np.inf
        total += 0.5 * (np.log(rest) + (x * x + y * y - 2.0 * rho * x * y) / rest - x * x - y * y)
    return total


@njit(cache=True, error_model="numpy")
def drifted_book(
    returns: Floats, rows: Ints, pointer: Ints, stocks: Ints, weights: Floats, last: int
) -> tuple[Floats, Floats, Ints]:
    """Return a book's daily returns and its holdings' shares at each close.

    The book takes its weights at the close of each decision row and then lets them drift; a stock
    without a return stays where it is.

    Parameters
    ----------
    returns : float64 [T, N]
    rows : int64 [R], pointer : int64 [R + 1], stocks : int64 [K], weights : float64 [K]
    last : int
        Last row wanted.

    Returns
    -------
    book : float64 [last - rows[0] + 1]
        Return of each day; NaN on the first decision's.
    shares : float64 [sum over days of the stocks held]
        After the day's return and, on decision rows, with the new weights; sums to 1.
    places : int64 [last - rows[0] + 2]
        Day t's shares are ``shares[places[t]:places[t + 1]]``, of the stocks of its decision.

    """
    days = last - rows[0] + 1
    places = np.zeros(days + 1, dtype=np.int64)
    r = 0
    for d in range(days):
        while r + 1 < rows.size and rows[r + 1] <= rows[0] + d:
            r += 1
        places[d + 1] = places[d] + pointer[r + 1] - pointer[r]
    shares = np.empty(places[days])
    book = np.full(days, np.nan)
    r = -1
    for d in range(days):
        t = rows[0] + d
        if r >= 0:
            total = 0.0
            value = 0.0
            before = places[d - 1]
            for k in range(pointer[r], pointer[r + 1]):
                one = returns[t, stocks[k]]
                one = one if np.isfinite(one) else 0.0
                value += shares[before + k - pointer[r]] * one
            book[d] = value
            total = 1.0 + value
        fresh = r + 1 < rows.size and rows[r + 1] == t
        if fresh:
            r += 1
            total = 0.0
            for k in range(pointer[r], pointer[r + 1]):
                total += weights[k]
        for k in range(pointer[r], pointer[r + 1]):
            place = k - pointer[r]
            if fresh:
                shares[places[d] + place] = weights[k] / total
            else:
                one = returns[t, stocks[k]]
                one = one if np.isfinite(one) else 0.0
                shares[places[d] + place] = shares[places[d - 1] + place] * (1.0 + one) / total
    return book, shares, places


@njit(cache=True, error_model="numpy")
def drifted_betas(
    beta: Floats,
    first: int,
    rows: Ints,
    pointer: Ints,
    stocks: Ints,
    shares: Floats,
    places: Ints,
    default: Floats,
    result: Floats,
    unknown: Floats,
) -> None:
    """Write the share-weighted beta at each close, [D, P], and the share whose beta is unknown.

    Parameters
    ----------
    beta : float64 [T - first, N, P]
        Row 0 is the market's row ``first``.
    rows, pointer, stocks, shares, places
        As in :func:`drifted_book`.
    default : float64 [P]
        In place of betas that are not defined.
    result, unknown : float64 [D, P], float64 [D]
        Filled in place.

    """
    r = 0
    for d in range(result.shape[0]):
        t = rows[0] + d
        while r + 1 < rows.size and rows[r + 1] <= t:
            r += 1
        result[d] = 0.0
        unknown[d] = 0.0
        for k in range(places[d], places[d + 1]):
            i = stocks[pointer[r] + k - places[d]]
            missing = False
            for p in range(result.shape[1]):
                b = beta[t - first, i, p]
                if np.isnan(b):
                    missing = True
                    b = default[p]
                result[d, p] += shares[k] * b
            if missing:
                unknown[d] += shares[k]
