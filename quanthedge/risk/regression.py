"""Factor returns: the regression across all stocks on each day, by the square root of size."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.risk.exposures import Characteristics
from quanthedge.typing import Floats, Ints

__all__ = ["FactorReturns", "factor_returns"]


class FactorReturns(NamedTuple):
    """What the regressions of all days found; row t is the return of day t.

    Attributes
    ----------
    returns : float64 [T, K]
        Country, industries, styles; NaN on a day without a regression.
    errors : float64 [T, S]
        Standard errors of the styles' returns.
    residuals : float32 [T, N]
    explained : float64 [T]
        Weighted R squared.
    stocks : int64 [T]
    names : int64 [T, I]
        Stocks of each industry.
    drawn : float64 [T, I]
        How far a thin industry is drawn to the country: 0 not at all, 1 altogether.
    """

    returns: Floats
    errors: Floats
    residuals: NDArray[np.float32]
    explained: Floats
    stocks: Ints
    names: Ints
    drawn: Floats


def factor_returns(of: Characteristics, thin: float = 5.0) -> FactorReturns:
    """Return the factor returns and residuals of every day.

    Parameters
    ----------
    of : Characteristics
    thin : float
        Effective stocks below which an industry is drawn to the country; 0: none is.

    Notes
    -----
    ``r[t, i] = country + industry(i) + sum of x[t - 1, i, k] f[t, k] + e[t, i]`` by least squares
    weighted by the square root of market value, the industries' returns by market value adding up
    to 0. Day t uses exposures of t - 1. An industry of effectively n < thin stocks gets
    ``thin - n`` more of its mean weight that return what the country does.
    """
    from quanthedge.risk.kernels.regression import cross_sections

    days, stocks = of.returns.shape
    groups, count = len(of.industries), len(of.style_names)
    found = FactorReturns(
        returns=np.empty((days, 1 + groups + count)),
        errors=np.empty((days, count)),
        residuals=np.empty((days, stocks), dtype=np.float32),
        explained=np.empty(days),
        stocks=np.zeros(days, dtype=np.int64),
        names=np.zeros((days, groups), dtype=np.int64),
        drawn=np.empty((days, groups)),
    )
    cross_sections(
        of.returns, of.size, of.industry, of.styles, of.counted, groups, found.returns,
        found.errors, found.residuals, found.explained, found.stocks, found.names,
        thin, found.drawn,
    )  # fmt: skip
    return found
