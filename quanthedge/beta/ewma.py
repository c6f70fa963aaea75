"""Exponentially weighted beta: a day counts half as much as one a half-life later."""

from typing import Literal

import numpy as np
from pydantic import Field

from quanthedge.beta.base import BetaEstimator, RollingBeta
from quanthedge.typing import Floats

__all__ = ["Ewma"]


class Ewma(BetaEstimator):
    """Exponentially weighted regression on one index or several.

    Notes
    -----
    Weighted least squares with weights ``0.5 ** (age / half_life)``, the age in trading days, also
    those on which a stock did not trade. With w the weights and z the regressors less their
    weighted means, the errors are those of ``(z'Wz)^-1 z'W y`` when residuals have equal variance:
    ``s^2 (z'Wz)^-1 (z'W^2 z) (z'Wz)^-1``, with ``s^2 = (u'Wu / sum w) n / (n - K - 1)`` and the
    effective number of days ``n = (sum w)^2 / sum w^2`` (about 2.9 half-lives).

    Row t uses all days up to t.

    Examples
    --------
    >>> import numpy as np
    >>> index = np.array([0.01, -0.02, 0.015, 0.0, -0.01])
    >>> fitted = Ewma(half_life=10, min_observations=4).fit(1.5 * index[:, None], index)
    >>> fitted.beta_[:, 0].round(12)
    array([nan, nan, nan, 1.5, 1.5])

    """

    kind: Literal["ewma"] = "ewma"
    half_life: float = Field(default=40.0, gt=0, description="Trading days.")
    min_observations: int = Field(default=40, ge=3, description="Days with all returns needed.")

    @property
    def memory(self) -> None:
        """All days before."""
        return

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        from quanthedge.beta.kernels.joint import ewma_regression

        beta, error = np.empty((2, *returns.shape, index.shape[1]))
        count = np.empty(returns.shape, dtype=np.int32)
        decay = 0.5 ** (1.0 / self.half_life)
        ewma_regression(
            returns, np.ascontiguousarray(index), decay, self.min_observations, beta, error, count
        )
        return RollingBeta(beta, error, count)
