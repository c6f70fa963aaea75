"""The regression across stocks of every day, with the country absorbed exactly."""

from typing import NamedTuple

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["cross_sections"]


@njit(cache=True, allocates=False)
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


@njit(cache=True, allocates=False)
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


class _Rows(NamedTuple):
    """A day's returns, and what was known of the stocks the day before."""

    returns: Floats  # [N]
    size: Floats  # [N]
    industry: Ints  # [N]
    styles: Floats  # [N, S]


class _Sums(NamedTuple):
    """Sums over the stocks of a day's regression, w the root of a stock's size."""

    weight: Floats  # [G] of w
    value: Floats  # [G] of size
    right: Floats  # [G] of w x return
    cross: Floats  # [G, S] of w x style
    normal: Floats  # [S, S] of w x style x style, below the diagonal and on it
    wanted: Floats  # [S] of w x style x return


@njit(cache=True, allocates=False)
def _add_stocks(
    rows: _Rows, counted: Bools, sums: _Sums, root: Floats, inside: Ints, names: Ints
) -> tuple[int, float, float, float]:
    """Add up the stocks that count: how many, sums of w x return, of w and of size."""
    n, mean, total, whole = 0, 0.0, 0.0, 0.0
    for i in range(counted.size):
        if not (counted[i] and np.isfinite(rows.returns[i]) and rows.size[i] > 0):
            continue
        inside[n] = i
        n += 1
        w, g = np.sqrt(np.float64(rows.size[i])), rows.industry[i]
        r = np.float64(rows.returns[i])
        root[i] = w
        sums.weight[g] += w
        sums.value[g] += rows.size[i]
        whole += rows.size[i]
        sums.right[g] += w * r
        names[g] += 1
        mean += w * r
        total += w
        for a in range(sums.wanted.size):
            x = w * rows.styles[i, a]
            sums.cross[g, a] += x
            sums.wanted[a] += x * r
            for b in range(a + 1):
                sums.normal[a, b] += x * rows.styles[i, b]
    return n, mean, total, whole


@njit(cache=True, allocates=False)
def _without_industries(sums: _Sums, across: Floats, free: Floats) -> None:
    """Take the industries off the sums of the styles, and fill their square's other half."""
    normal, wanted, cross = sums.normal, sums.wanted, sums.cross
    count = wanted.size
    for g in range(free.size):
        for a in range(count):
            wanted[a] -= cross[g, a] * free[g]
            for b in range(a + 1):
                normal[a, b] -= cross[g, a] * across[g, b]
    for a in range(count):
        normal[a, a] += 1e-12 * (normal[a, a] + 1e-12)  # a style that is 0 for all returns 0
        for b in range(a):
            normal[b, a] = normal[a, b]


@njit(cache=True, allocates=False)
def _write_factors(
    sums: _Sums, whole: float, across: Floats, free: Floats, by_style: Floats, factors: Floats
) -> None:
    """Write the day's returns of the country, of the industries beside it, and of the styles."""
    groups = free.size
    country = 0.0
    for g in range(groups):
        found = free[g]
        for a in range(by_style.size):
            found -= across[g, a] * by_style[a]
        country += sums.value[g] / whole * found
        factors[1 + g] = found
    factors[0] = country
    for g in range(groups):
        factors[1 + g] = factors[1 + g] - country if sums.weight[g] > 0 else 0.0
    for a in range(by_style.size):
        factors[1 + groups + a] = by_style[a]


@njit(cache=True, allocates=False)
def _write_left(rows: _Rows, factors: Floats, by_style: Floats, left: Floats) -> None:
    """Write what the day's factors leave of each stock's return, NaN without return or size."""
    for i in range(left.size):
        left[i] = np.nan
        if np.isfinite(rows.returns[i]) and rows.size[i] > 0:
            e = np.float64(rows.returns[i]) - factors[0] - factors[1 + rows.industry[i]]
            for a in range(by_style.size):
                e -= rows.styles[i, a] * by_style[a]
            left[i] = e


@njit(cache=True)
def _spread_of_errors(
    rows: _Rows,
    inside: Ints,
    root: Floats,
    across: Floats,
    errors: Floats,
    mean: float,
) -> tuple[Floats, float]:
    """Return the middle of White's covariance of the styles' returns, and R squared."""
    count = across.shape[1]
    z = np.empty(count)
    meat = np.zeros((count, count))
    left, spread = 0.0, 0.0
    for i in inside:
        g, w, e = rows.industry[i], root[i], errors[i]
        for a in range(count):
            z[a] = rows.styles[i, a] - across[g, a]
        left += w * e * e
        spread += w * (np.float64(rows.returns[i]) - mean) ** 2
        square = w * w * e * e
        for a in range(count):
            for b in range(a + 1):
                meat[a, b] += square * z[a] * z[b]
    for a in range(count):
        for b in range(a):
            meat[b, a] = meat[a, b]
    return meat, 1.0 - left / spread if spread > 0 else np.nan


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
    root, left = np.empty(stocks), np.empty(stocks)
    inside = np.empty(stocks, np.int64)
    across, free = np.empty((groups, count)), np.empty(groups)  # without styles, without returns
    for t in range(days):
        factors[t, :] = np.nan
        errors[t, :] = np.nan
        residuals[t, :] = np.nan
        explained[t] = np.nan
        drawn[t, :] = 0.0
        if t == 0:
            continue
        rows = _Rows(returns[t], size[t - 1], industry[t - 1], styles[t - 1])
        sums = _Sums(
            np.zeros(groups), np.zeros(groups), np.zeros(groups), np.zeros((groups, count)),
            np.zeros((count, count)), np.zeros(count),
        )  # fmt: skip
        n, mean, total, whole = _add_stocks(rows, counted[t - 1], sums, root, inside, names[t])
        here = _means(sums.weight, sums.cross, sums.right, across, free)
        if _thin(sums.weight, sums.value, names[t], least, drawn[t]):
            share = sums.value / whole
            _drawn_means(sums.weight, share, drawn[t], sums.cross, sums.right, across, free)
        stocks_in[t] = n
        if n < here + count + 10:
            continue
        _without_industries(sums, across, free)
        turned = np.linalg.inv(sums.normal)
        by_style = turned @ sums.wanted
        _write_factors(sums, whole, across, free, by_style, factors[t])
        _write_left(rows, factors[t], by_style, left)
        meat, explained[t] = _spread_of_errors(rows, inside[:n], root, across, left, mean / total)
        sandwich = turned @ meat @ turned
        for a in range(count):
            errors[t, a] = np.sqrt(max(sandwich[a, a], 0.0))
        for i in range(stocks):
            residuals[t, i] = left[i]
