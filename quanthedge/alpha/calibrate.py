"""From scores to expected returns: alpha = IC x volatility x standardised score.

The residual return of a stock is regressed, without an intercept, on its own volatility times its
standardised score, with weights 1 / volatility^2, over the dates whose returns are known; older
dates count for less (half-life in rebalances). The slope is the rule's information coefficient, in
the units of the label: an optimiser can hold the product against costs.

References
----------
Grinold, R. (1994), "Alpha is volatility times IC times score", Journal of Portfolio Management
20(4).
"""

import numpy as np

from quanthedge.market import Market
from quanthedge.operators import demean, rolling_std, standardise
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["Calibrated", "calibrate", "own_volatility", "slopes", "sums_of_products"]

_WINDOW = 60  # trading days of the volatility
_LEAST_SHARE = 0.5  # of them that a stock traded

Calibrated = tuple[Floats, Floats]


def own_volatility(market: Market, rows: Ints, where: Bools) -> Floats:
    """Return each stock's daily volatility beyond the mean of its industry, float64 [R, N].

    Standard deviation (ddof 1) of the last 60 trading days' returns less the mean return of the
    stock's industry that day; NaN outside the universe and where it traded on fewer than 30.
    """
    begin = max(0, int(rows.min()) - _WINDOW) if rows.size else 0
    stop = int(rows.max()) + 1 if rows.size else 0
    returns = np.asarray(market.panel("simple_return")[begin:stop], dtype=np.float64)
    returns = np.where(np.isfinite(returns), returns, np.nan)
    groups = market.industry()[0][begin:stop]
    beyond = np.asarray(demean(returns, groups))
    window = min(_WINDOW, len(beyond))
    if window < 2:
        return np.full(where.shape, np.nan)
    least = _LEAST_SHARE * _WINDOW / window
    if least > 1.0:
        return np.full(where.shape, np.nan)
    found = rolling_std(beyond, window, min_share=least, rows=rows - begin)
    return np.where(where, found, np.nan)


def calibrate(
    scores: Floats,
    volatility: Floats,
    residual: Floats,
    known: Ints,
    rows: Ints,
    half_life: float,
) -> Calibrated:
    """Return expected returns of the label's length [R, N], and the slope of each date [R].

    Parameters
    ----------
    scores : float64 [R, N]
    volatility : float64 [R, N]
    residual : float64 [R, N]
        Returns beyond industry and size, NaN where they were not known by ``known``.
    known : int64 [R]
        Row by whose close the returns of each date are known.
    rows : int64 [R]
        Rows of the dates, ascending.
    half_life : float
        In dates.

    Returns
    -------
    alpha : float64 [R, N]
        NaN where no earlier date is known yet, and without a score or a volatility.
    slope : float64 [R]
    """
    products, squares = sums_of_products(scores, volatility, residual)
    slope, _ = slopes(products, squares, known, rows, rows, half_life)
    return slope[:, None] * volatility * np.asarray(standardise(scores)), slope


def sums_of_products(scores: Floats, volatility: Floats, residual: Floats) -> tuple[Floats, Floats]:
    """Return the sums over stocks of z x residual / volatility and of z squared, each [R].

    Parameters are those of :func:`calibrate`; z is the standardised score.
    """
    z = np.asarray(standardise(scores))
    pairs = np.isfinite(z) & np.isfinite(residual) & (volatility > 0)
    shown = np.divide(residual, volatility, out=np.zeros_like(z), where=pairs)
    squares = np.where(pairs, z**2, 0.0).sum(axis=1)
    return np.where(pairs, z * shown, 0.0).sum(axis=1), squares


def slopes(
    products: Floats, squares: Floats, known: Ints, dates: Ints, rows: Ints, half_life: float
) -> tuple[Floats, Ints]:
    """Return the slope at each of some rows [R], NaN without a date, and how many dates it knew.

    Parameters
    ----------
    products, squares : float64 [G]
        Of each date: see :func:`sums_of_products`.
    known : int64 [G]
        Row by whose close the returns of each date are known.
    dates : int64 [G]
        Rows of the dates, ascending; the age of one is counted in dates up to the row.
    rows : int64 [R]
    half_life : float
        In dates.
    """
    slope, count = np.full(len(rows), np.nan), np.zeros(len(rows), dtype=np.int64)
    for r, row in enumerate(rows):
        usable = (known <= row) & (squares > 0)
        count[r] = usable.sum()
        if count[r]:
            last = int(np.searchsorted(dates, row, side="right")) - 1
            weight = 0.5 ** ((last - np.flatnonzero(usable)) / half_life)
            slope[r] = (weight * products[usable]).sum() / (weight * squares[usable]).sum()
    return slope, count
