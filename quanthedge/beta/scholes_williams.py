"""Betas from prices that are not struck at the same time, with the index as its own instrument."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta, minimum_fits
from quanthedge.beta.dimson import shifted
from quanthedge.typing import Floats

__all__ = ["ScholesWilliams"]


class ScholesWilliams(BetaEstimator):
    """Slope with the index return of three days as the instrument of that of one.

    Notes
    -----
    Scholes, M. and Williams, J., 1977, "Estimating betas from nonsynchronous data":
    ``(b_-1 + b_0 + b_+1) / (1 + 2 rho)`` with the simple slopes on the index a day before, of the
    day and a day after, and the index's autocorrelation rho. As they show, that is the estimator
    ``Szy / Szx`` with the instrument ``z = x_-1 + x_0 + x_+1``, which is what is computed here
    (the two differ by the days at the ends of the window only). Its standard error is
    ``s sqrt(Szz) / |Szx|`` with the residuals of day 0.

    A return takes part when the index of the day after is known: row t uses returns up to t - 1.

    Examples
    --------
    >>> import numpy as np
    >>> index = np.random.default_rng(0).normal(0, 0.01, 100)
    >>> ScholesWilliams().fit(1.2 * index[:, None], index).beta_[-1].round(9)
    array([1.2])

    """

    several_indices: ClassVar[bool] = False

    kind: Literal["scholes_williams"] = "scholes_williams"
    window: int = Field(default=120, ge=3, description="Trading days looked back.")
    min_observations: int = Field(
        default=80, ge=3, description="Days with all returns needed inside the window."
    )

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        minimum_fits(self)
        return self

    @property
    def memory(self) -> int:
        """The window and a day on either side."""
        return self.window + 2

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        from quanthedge.beta.kernels.joint import instrument_regression

        after, same, before = (shifted(index[:, 0], days) for days in range(3))
        late = shifted(returns, 1)
        beta, error = np.empty((2, *returns.shape))
        count = np.empty(returns.shape, dtype=np.int32)
        instrument_regression(
            late, same, before + same + after, self.window, self.min_observations, beta, error,
            count,
        )  # fmt: skip
        return RollingBeta(beta[:, :, None], error[:, :, None], count)
