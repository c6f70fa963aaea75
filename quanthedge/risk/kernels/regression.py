"""The regression across stocks of every day, with the country absorbed exactly."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["cross_sections"]


@njit(cache=True)
def _means(weight: Floats, cross: Floats, right: Floats, across: Floats, free: Floats) -> int:
    """Fill each industry's mean exposures and mean return, 0 for one without a stock; count."""
    here = 0
    for g in range(weight.size):
        there = weight[g] > 0
        here += there
        free[g] = right[g] / weight[g] if there else 0.0
        for a in range(cross.shape[1]):
            across[g, a] = cross[g, a] / weight[g] if there else 0.0
    return here


@njit(cache=True)
def _thin(weight: Floats, value: Floats, names: Ints, least: float, drawn: Floats) -> bool:
    """Fill how far thin industries are drawn to the country; return whether any is."""
    found = False
    for g in range(weight.size):
        if weight[g] > 0:
            short = least - weight[g] ** 2 / value[g]  # value is the sum of squared weights
            if short > 0:
                drawn[g] = short / (short + names[g])
                found = True
    return found


@njit(cache=True)
def _drawn_means(
    weight: Floats,
    share: Floats,
    drawn: Floats,
    cross: Floats,
    right: Floats,
    across: Floats,
    free: Floats,
) -> None:
    """Fill what `_means` does where thin industries are drawn to the country.

    The country is ``share' h`` of the free returns h, so that ``sum of pull (h - share' h)^2``
    joins the industries: ``(diag(weight) + (I - 1 share')' diag(pull) (I - 1 share')) h = ...``.
    """
    on = np.flatnonzero(weight > 0)
    pull = weight[on] * drawn[on] / (1.0 - drawn[on])
    part = share[on]
    joined = np.diag(weight[on] + pull) + pull.sum() * np.outer(part, part)
    joined -= np.outer(pull, part) + np.outer(part, pull)
    sides = np.empty((on.size, cross.shape[1] + 1))
    sides[:, 0] = right[on]
    sides[:, 1:] = cross[on]
    found = np.linalg.solve(joined, sides)
    free[on] = found[:, 0]
    across[on] = found[:, 1:]


@njit(cache=True)
def cross_sections(
    returns: Floats,
    size: Floats,
    industry: Ints,
    styles: Floats,
    counted: Bools,
    groups: int,
    factors: Floats,
    errors: Floats,
    residuals: Floats,
    explained: Floats,
    stocks_in: Ints,
    names: Ints,
    least: float,
    drawn: Floats,
) -> None:
    """Fill factor returns and residuals of days 1 .. T - 1 by what was known the day before.

    Minimises ``sum of sqrt(size) (r - country - industry - styles' f)^2`` under ``sum over
    industries of their share of market value x return = 0``. Industries are solved for freely with
    the styles (an industry is the weighted mean of what styles leave), then the country is the mean
    of industries by market value and is taken off them: the same minimum, because the country is
    the sum of the industries' columns.

    A thin industry, whose effective number of stocks ``n = (sum w)^2 / sum w^2`` with w the square
    root of size is below ``least``, gets ``least - n`` more stocks of its mean weight that return
    what the country does: ``sum over thin industries of pull x industry^2`` with
    ``pull = (least - n) x mean w`` is added to what is minimised.

    Parameters
    ----------
    returns : float32 [T, N]
        NaN: no residual.
    size : float32 [T, N]
        Market value at the close; row t - 1 is used for day t.
    industry : int64 [T, N]
        0 .. groups - 1.
    styles : float32 [T, N, S]
    counted : bool [T, N]
        Which stocks count in the regression of the next day. Others get a residual only.
    groups : int
    factors : float64 [T, 1 + groups + S]
        Filled: country, industries, styles; NaN on a day without a regression, 0 for an industry
        without a stock.
    errors : float64 [T, S]
        Filled: standard errors of the styles' returns, from residuals of any variance (White).
    residuals : float32 [T, N]
        Filled; NaN where there is no return or no market value.
    explained : float64 [T]
        Filled: weighted R squared.
    stocks_in : int64 [T]
        Filled: stocks in the regression.
    names : int64 [T, groups]
        Filled: stocks of each industry in it.
    least : float
        Effective stocks below which an industry is thin; 0: none is.
    drawn : float64 [T, groups]
        Filled: ``pull / (pull + sum w)``, how far an industry is drawn to the country.
    """
    days, stocks = returns.shape
    count = styles.shape[2]
    root = np.empty(stocks)
    inside = np.empty(stocks, np.int64)
    z = np.empty(count)
    across, free = np.empty((groups, count)), np.empty(groups)  # without styles, without returns
    for t in range(days):
        factors[t, :] = np.nan
        errors[t, :] = np.nan
        residuals[t, :] = np.nan
        explained[t] = np.nan
        drawn[t, :] = 0.0
        if t == 0:
            continue
        weight, value, right = np.zeros(groups), np.zeros(groups), np.zeros(groups)
        cross, normal, wanted = np.zeros((groups, count)), np.zeros((count, count)), np.zeros(count)
        n, mean, total, whole = 0, 0.0, 0.0, 0.0
        for i in range(stocks):
            if not (counted[t - 1, i] and np.isfinite(returns[t, i]) and size[t - 1, i] > 0):
                continue
            inside[n] = i
            n += 1
            w, g, r = (
                np.sqrt(np.float64(size[t - 1, i])),
                industry[t - 1, i],
                np.float64(returns[t, i]),
            )
            root[i] = w
            weight[g] += w
            value[g] += size[t - 1, i]
            whole += size[t - 1, i]
            right[g] += w * r
            names[t, g] += 1
            mean += w * r
            total += w
            for a in range(count):
                x = w * styles[t - 1, i, a]
                cross[g, a] += x
                wanted[a] += x * r
                for b in range(a + 1):
                    normal[a, b] += x * styles[t - 1, i, b]
        here = _means(weight, cross, right, across, free)
        if _thin(weight, value, names[t], least, drawn[t]):
            _drawn_means(weight, value / whole, drawn[t], cross, right, across, free)
        for g in range(groups):
            for a in range(count):
                wanted[a] -= cross[g, a] * free[g]
                for b in range(a + 1):
                    normal[a, b] -= cross[g, a] * across[g, b]
        stocks_in[t] = n
        if n < here + count + 10:
            continue
        for a in range(count):
            normal[a, a] += 1e-12 * (normal[a, a] + 1e-12)  # a style that is 0 for all returns 0
            for b in range(a):
                normal[b, a] = normal[a, b]
        turned = np.linalg.inv(normal)
        by_style = turned @ wanted
        country = 0.0
        for g in range(groups):
            found = free[g]
            for a in range(count):
                found -= across[g, a] * by_style[a]
            country += value[g] / whole * found
            factors[t, 1 + g] = found
        factors[t, 0] = country
        for g in range(groups):
            factors[t, 1 + g] = factors[t, 1 + g] - country if weight[g] > 0 else 0.0
        for a in range(count):
            factors[t, 1 + groups + a] = by_style[a]
        mean /= total
        left, spread = 0.0, 0.0
        meat = np.zeros((count, count))
        for j in range(n):
            i = inside[j]
            g, w, r = industry[t - 1, i], root[i], np.float64(returns[t, i])
            e = r - country - factors[t, 1 + g]
            for a in range(count):
                e -= styles[t - 1, i, a] * by_style[a]
                z[a] = styles[t - 1, i, a] - across[g, a]
            left += w * e * e
            spread += w * (r - mean) ** 2
            square = w * w * e * e
            for a in range(count):
                for b in range(a + 1):
                    meat[a, b] += square * z[a] * z[b]
        for a in range(count):
            for b in range(a):
                meat[b, a] = meat[a, b]
        sandwich = turned @ meat @ turned
        for a in range(count):
            errors[t, a] = np.sqrt(max(sandwich[a, a], 0.0))
        explained[t] = 1.0 - left / spread if spread > 0 else np.nan
        for i in range(stocks):
            if np.isfinite(returns[t, i]) and size[t - 1, i] > 0:
                e = np.float64(returns[t, i]) - country - factors[t, 1 + industry[t - 1, i]]
                for a in range(count):
                    e -= styles[t - 1, i, a] * by_style[a]
                residuals[t, i] = e
