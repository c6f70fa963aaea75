"""Downside beta: how a stock follows the index on the days on which it falls.

References
----------
Bawa, V. S., and Lindenberg, E. B. (1977), "Capital market equilibrium in a mean-lower partial
moment framework".
Ang, A., Chen, J., and Xing, Y. (2006), "Downside risk".

"""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta, check_window
from quanthedge.typing import Floats

__all__ = ["Downside"]


class Downside(BetaEstimator):
    """Rolling regression on the days on which the index stayed below a threshold.

    Notes
    -----
    Down days are the days of the window with an index return below the `threshold`: the mean of
    the index's returns over the window (all its days with an index return), or 0.

    - "regression" (Ang, Chen and Xing): the least-squares slope with intercept over the down days,
      ``cov(r, r_index | down) / var(r_index | down)``.
    - "co_moment" (Bawa and Lindenberg):
      ``E[(r - h) min(r_index - h, 0)] / E[min(r_index - h, 0)^2]`` with the threshold h in the
      place of their riskless return: the slope of the line through (h, h).

    Standard errors are those of the respective least squares. Row t uses days t - window + 1 to t.
    `min_observations` and `observations_` count down days on which the stock traded: about half of
    the window, so that errors are about twice those of an ordinary regression.

    Examples
    --------
    >>> index = np.tile([0.01, -0.02, 0.015, -0.01], 10)
    >>> returns = np.where(index < 0, 1.4, 0.6) * index
    >>> beta = Downside(window=40, min_observations=20, threshold="zero")
    >>> beta.fit(returns[:, None], index).beta_[-1].round(6)
    array([1.4])

    """

    several_indices: ClassVar[bool] = False

    kind: Literal["downside"] = "downside"
    window: int = Field(default=250, ge=3, description="Trading days looked back.")
    min_observations: int = Field(
        default=60, ge=3, description="Down days with both returns needed inside the window."
    )
    threshold: Literal["mean", "zero"] = Field(
        default="mean", description="Down: below the index's mean in the window, or below 0."
    )
    definition: Literal["regression", "co_moment"] = Field(
        default="regression",
        description="Slope with intercept on down days, or ratio of lower partial moments.",
    )

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        if self.min_observations > self.window:
            raise ValueError(
                f"min_observations {self.min_observations} is more than window {self.window}; "
                "lower min_observations (about half of the days are down days) or lengthen the "
                "window"
            )
        return self

    @property
    def pairs_only(self) -> bool:
        """Whether each day's pair of returns is all that is asked of it: yes."""
        return True

    @property
    def memory(self) -> int | None:
        """The window."""
        return self.window

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        from quanthedge.beta.kernels.downside import rolling_downside

        check_window(self.window, self.min_observations)
        beta, error = np.empty((2, *returns.shape))
        count = np.empty(returns.shape, dtype=np.int32)
        rolling_downside(
            returns,
            np.ascontiguousarray(index[:, 0]),
            self.window,
            self.min_observations,
            self.threshold == "mean",
            self.definition == "regression",
            beta,
            error,
            count,
        )
        return RollingBeta(beta[:, :, None], error[:, :, None], count)
