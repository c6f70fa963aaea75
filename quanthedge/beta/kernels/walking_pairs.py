"""The Kalman filter of :mod:`quanthedge.beta.kernels.state` for one index with an intercept.

The usual case, and a third of a long run before it had a pass of its own: arrays are laid out by
speed and then by stock, and nothing branches inside the loops over stocks, so that the compiler
does several stocks at once. Every sum is formed in the order of the general filter, so betas and
errors are the same to the last bit; only the likelihoods, which are compared and never shown, use
a logarithm of their own.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.beta.kernels.state import _start
from quanthedge.compiled import njit

__all__ = ["walking_pairs"]

_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # of sqrt(1/2), where the mantissa is cut


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _logarithms(
    values: NDArray[np.float64], mantissa: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill ``out`` with the natural logarithms of positive normal numbers, all arrays [N].

    x = 2^k m with m around 1; log m from the series of the inverse hyperbolic tangent,
    2 (s + s^3/3 + ... + s^19/19) with s = (m - 1) / (m + 1): below 1e-16 for these m.
    """
    bits, cut = values.view(np.int64), mantissa.view(np.int64)
    for i in range(values.shape[0]):
        power = (bits[i] - _SQRT_HALF_BITS) >> 52
        cut[i] = bits[i] - (power << 52)
        out[i] = power * 0.6931471805599453
    for i in range(values.shape[0]):
        s = (mantissa[i] - 1.0) / (mantissa[i] + 1.0)
        z = s * s
        series = 1.0 / 21.0
        series = series * z + 1.0 / 19.0
        series = series * z + 1.0 / 17.0
        series = series * z + 1.0 / 15.0
        series = series * z + 1.0 / 13.0
        series = series * z + 1.0 / 11.0
        series = series * z + 1.0 / 9.0
        series = series * z + 1.0 / 7.0
        series = series * z + 1.0 / 5.0
        series = series * z + 1.0 / 3.0
        series = series * z + 1.0
        out[i] += 2.0 * s * series


@njit(cache=True, error_model="numpy")
def _advance(
    market: float,
    returns: NDArray[np.float64],
    known: NDArray[np.bool_],
    running: NDArray[np.bool_],
    keep: float,
    ratio: float,
    alpha_ratio: float,
    level: NDArray[np.float64],
    slope: NDArray[np.float64],
    spread_level: NDArray[np.float64],
    spread_both: NDArray[np.float64],
    spread_again: NDArray[np.float64],
    spread_slope: NDArray[np.float64],
    errors: NDArray[np.float64],
    variances: NDArray[np.float64],
) -> None:
    """Let the states of one speed walk a day, and update them where a return is known; arrays [N].

    ``spread_again`` is the covariance below the diagonal: from least squares it may differ from the
    one above by a last bit until the first update.
    """
    for s in range(returns.shape[0]):
        ok = known[s]
        y = returns[s] if ok else 0.0
        a = spread_level[s] + (alpha_ratio if running[s] else 0.0)
        b = spread_both[s]
        c = spread_slope[s] + (ratio if running[s] else 0.0)
        gain_level = a + b * market
        gain_slope = spread_again[s] + c * market
        error = y - level[s]
        error -= market * slope[s]
        variance = 1.0 + gain_level
        variance += market * gain_slope
        inverse = 1.0 / variance  # one division for all, they are the slow part
        share_level, share_slope = gain_level * inverse, gain_slope * inverse
        less_both = gain_level * share_slope
        more = keep * errors[s] + error * error * inverse
        level[s] = level[s] + share_level * error if ok else level[s]
        slope[s] = slope[s] + share_slope * error if ok else slope[s]
        spread_level[s] = a - gain_level * share_level if ok else a
        spread_both[s] = b - less_both if ok else b
        spread_again[s] = b - less_both if ok else spread_again[s]
        spread_slope[s] = c - gain_slope * share_slope if ok else c
        errors[s] = more if ok else errors[s]
        variances[s] = variance if ok else 1.0


@njit(cache=True, error_model="numpy")
def _weigh(
    known: NDArray[np.bool_],
    keep: float,
    known_variance: float,
    weight: NDArray[np.float64],
    errors: NDArray[np.float64],
    variances: NDArray[np.float64],
    logs: NDArray[np.float64],
    deviance: NDArray[np.float64],
    mantissa: NDArray[np.float64],
    logarithm: NDArray[np.float64],
) -> None:
    """Bring the deviances of one speed up to the day, -2 log likelihood of each stock; arrays [N].

    ``variances`` hold nothing of worth afterwards.
    """
    _logarithms(variances, mantissa, logarithm)
    for s in range(known.shape[0]):
        logs[s] = keep * logs[s] + logarithm[s] if known[s] else logs[s]
    if np.isfinite(known_variance):
        for s in range(known.shape[0]):
            fit = errors[s] / known_variance + logs[s]
            deviance[s] = fit if known[s] else deviance[s]
        return
    for s in range(known.shape[0]):
        variances[s] = max(errors[s], 1e-300)
    _logarithms(variances, mantissa, logarithm)
    for s in range(known.shape[0]):
        fit = weight[s] * logarithm[s] + logs[s]
        deviance[s] = fit if known[s] else deviance[s]


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the sum of one less the other; in any order, as it is compared and never shown."""
    total = 0.0
    for s in range(one.shape[0]):
        total += one[s] - other[s]
    return total


@njit(cache=True, error_model="numpy")
def _begin(
    market: float,
    returns: NDArray[np.float64],
    min_observations: int,
    count: NDArray[np.int32],
    running: NDArray[np.bool_],
    sums: NDArray[np.float64],
    weight: NDArray[np.float64],
    states: tuple[NDArray[np.float64], ...],
) -> None:
    """Add an open day to the ``sums`` of stocks that do not run yet, and start those that may.

    ``sums`` are [6, N]: days, index, its squares, returns, products, squared returns; ``states``
    the six arrays of :func:`_advance`, [Q, N].
    """
    level, slope, spread_level, spread_both, spread_again, spread_slope, errors = states
    theta, inverse, work = np.empty(2), np.empty((2, 2)), np.empty((2, 2))
    moments, cross = np.empty((2, 2)), np.empty(2)
    for s in range(returns.shape[0]):
        y = returns[s]
        if running[s] or not np.isfinite(y):
            continue
        sums[0, s] += 1.0
        sums[1, s] += market
        sums[2, s] += market * market
        sums[3, s] += y
        sums[4, s] += market * y
        sums[5, s] += y * y
        if count[s] < min_observations:
            continue
        moments[0, 0], moments[0, 1] = sums[0, s], sums[1, s]
        moments[1, 0], moments[1, 1] = sums[1, s], sums[2, s]
        cross[0], cross[1] = sums[3, s], sums[4, s]
        left = _start(moments, cross, sums[5, s], theta, inverse, work)
        running[s] = left >= 0.0
        weight[s] = count[s] - 2
        for g in range(level.shape[0]):
            level[g, s], slope[g, s] = theta[0], theta[1]
            spread_level[g, s], spread_slope[g, s] = inverse[0, 0], inverse[1, 1]
            spread_both[g, s], spread_again[g, s] = inverse[0, 1], inverse[1, 0]
            errors[g, s] = left


@njit(cache=True, error_model="numpy", nogil=True)
def walking_pairs(
    returns: NDArray[np.float64],
    index: NDArray[np.float64],
    ratios: NDArray[np.float64],
    alpha_ratio: float,
    known_variance: float,
    keep: float,
    together: bool,
    min_observations: int,
    beta: NDArray[np.float64],
    standard_error: NDArray[np.float64],
    observations: NDArray[np.int32],
    chosen: NDArray[np.float64],
) -> None:
    """Fill betas as :func:`quanthedge.beta.kernels.state.walking_betas` does for one index.

    Parameters
    ----------
    returns, beta, standard_error, chosen : float64 [T, N], observations : int32 [T, N]
        The results are filled in place; all but ``beta`` may be [1, N]: the last day's.
    index : float64 [T]
    ratios, alpha_ratio, known_variance, keep, together, min_observations
        As there; the filter has an intercept.

    """
    days, stocks = returns.shape
    speeds = ratios.shape[0]
    known_sigma = np.isfinite(known_variance)
    level, slope = np.zeros((speeds, stocks)), np.zeros((speeds, stocks))
    spread_level, spread_slope = np.zeros((speeds, stocks)), np.zeros((speeds, stocks))
    spread_both, spread_again = np.zeros((speeds, stocks)), np.zeros((speeds, stocks))
    errors, logs = np.zeros((speeds, stocks)), np.zeros((speeds, stocks))
    states = (level, slope, spread_level, spread_both, spread_again, spread_slope, errors)
    deviance = np.zeros((speeds, stocks))
    variances, mantissa, logarithm = np.ones(stocks), np.ones(stocks), np.zeros(stocks)
    sums, weight = np.zeros((6, stocks)), np.zeros(stocks)
    count = np.zeros(stocks, dtype=np.int32)
    running, known = np.zeros(stocks, dtype=np.bool_), np.zeros(stocks, dtype=np.bool_)
    best = np.zeros(stocks, dtype=np.int64)
    total = np.zeros(speeds)
    for t in range(days):
        open_day = np.isfinite(index[t])
        market = index[t] if open_day else 0.0
        for s in range(stocks):
            told = open_day and np.isfinite(returns[t, s])
            known[s] = told and running[s]
            count[s] += told
            weight[s] = keep * weight[s] + 1.0 if known[s] else weight[s]
        for g in range(speeds):
            _advance(
                market, returns[t], known, running, keep, ratios[g], alpha_ratio, level[g],
                slope[g], spread_level[g], spread_both[g], spread_again[g], spread_slope[g],
                errors[g], variances,
            )  # fmt: skip
            if speeds > 1 and open_day:
                _weigh(
                    known, keep, known_variance, weight, errors[g], variances, logs[g],
                    deviance[g], mantissa, logarithm,
                )  # fmt: skip
        if open_day:
            _begin(market, returns[t], min_observations, count, running, sums, weight, states)
        if speeds > 1 and together:
            for g in range(speeds):
                total[g] = _distance(deviance[g], deviance[0])
            best[:] = np.argmin(total)
        elif speeds > 1 and open_day:
            for s in range(stocks):
                if known[s]:
                    best[s] = np.argmin(deviance[:, s])
        row = t if chosen.shape[0] == days else 0
        for s in range(stocks):
            g = best[s]
            observations[row, s] = count[s]
            chosen[row, s] = ratios[g] if running[s] else np.nan
            sigma = np.sqrt(known_variance if known_sigma else errors[g, s] / weight[s])
            beta[t, s] = slope[g, s] if running[s] else np.nan
            error = sigma * np.sqrt(max(spread_slope[g, s], 0.0))
            standard_error[row, s] = error if running[s] else np.nan
