"""Betas of returns over several days, which hardly feel when in the day prices are struck."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta, minimum_fits
from quanthedge.beta.ols import joint_ols
from quanthedge.typing import Floats

__all__ = ["Overlapping", "compounded"]


def compounded(returns: Floats, days: int) -> Floats:
    """Return the compound return of the last ``days`` days; NaN unless all are known."""
    growth = 1.0 + returns
    result = growth.copy()
    for back in range(1, days):
        result[back:] *= growth[:-back]
    result[: days - 1] = np.nan
    return result - 1.0


class Overlapping(BetaEstimator):
    """Regression of overlapping returns of several days on those of one index or several.

    Notes
    -----
    Returns of ``days`` days, compounded, one beginning each day; one that holds a day on which the
    stock did not trade is left out. Overlapping returns are correlated by construction, so errors
    are Newey-West's with ``days - 1`` lags (Hansen, L. P. and Hodrick, R. J., 1980, "Forward
    exchange rates as optimal predictors of future spot rates", give the lags; Bartlett weights keep
    the variance positive).

    Examples
    --------
    >>> import numpy as np
    >>> index = np.random.default_rng(0).normal(0, 0.01, 300)
    >>> late = np.append(0.0, index[:-1])
    >>> returns = (0.5 * index + 0.5 * late)[:, None]
    >>> one, ten = (Overlapping(days=d).fit(returns, index).beta_[-1, 0] for d in (1, 10))
    >>> bool(one < 0.65 < 0.9 < ten)
    True

    """

    kind: Literal["overlapping"] = "overlapping"
    days: int = Field(default=5, ge=1, le=63, description="Trading days of a return.")
    window: int = Field(default=120, ge=3, description="Returns looked back.")
    min_observations: int = Field(default=80, ge=3, description="Returns needed in the window.")

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        minimum_fits(self)
        return self

    @property
    def memory(self) -> int:
        """The window and the days of its first return."""
        return self.window + self.days - 1

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        return joint_ols(
            compounded(returns, self.days),
            compounded(index, self.days),
            np.eye(index.shape[1]),
            self.window,
            self.min_observations,
            self.days - 1,
        )
