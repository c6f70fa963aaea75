"""Betas of stocks that react late or early: slopes on neighbouring days, added up."""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta, minimum_fits
from quanthedge.beta.ols import joint_ols
from quanthedge.typing import Floats

__all__ = ["Dimson", "shifted"]


def shifted(values: Floats, days: int) -> Floats:
    """Return values of so many days before, NaN where there are none, in the same shape."""
    result = np.full(values.shape, np.nan)
    result[days:] = values[: len(values) - days]
    return result


class Dimson(BetaEstimator):
    """Sum of the slopes on the index of the days before, of and after a day.

    Notes
    -----
    Dimson, E., 1979, "Risk measurement when shares are subject to infrequent trading": one
    regression of the return of day s on the index returns of days s - lags to s + leads, and the
    sum of its slopes, with the error of the sum. A return takes part when its leads are known: row
    t uses returns up to day t - leads and index returns up to t. Days without a return of the stock
    are left out; the index is known on them.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> index = rng.normal(0, 0.01, 100)
    >>> late = np.append(0.0, index[:-1])  # half of the move comes a day later
    >>> Dimson(leads=0).fit((0.5 * index + 0.5 * late)[:, None], index).beta_[-1].round(9)
    array([1.])

    """

    kind: Literal["dimson"] = "dimson"
    window: int = Field(default=120, ge=3, description="Trading days looked back.")
    min_observations: int = Field(
        default=80, ge=3, description="Days with all returns needed inside the window."
    )
    lags: int = Field(default=1, ge=0, le=10, description="Days of the index before the return's.")
    leads: int = Field(default=1, ge=0, le=10, description="Days of the index after the return's.")

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        minimum_fits(self)
        return self

    @property
    def memory(self) -> int:
        """The window and the days around it."""
        return self.window + self.lags + self.leads

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        indices = index.shape[1]
        around = [shifted(index, days) for days in range(self.lags + self.leads + 1)]
        contrasts = np.tile(np.eye(indices), len(around))
        late = shifted(returns, self.leads)
        return joint_ols(
            late, np.concatenate(around, axis=1), contrasts, self.window, self.min_observations
        )
