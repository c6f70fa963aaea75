"""Robust beta: rolling Huber regressions, in which single wild days count for less.

Days whose residual exceeds 1.345 robust standard deviations pull on the slope as if it were just
that large. With normal errors 5% of the precision of least squares is lost; with the fat tails of
daily stock returns it is gained.

References
----------
Huber, P. J. (1964), "Robust estimation of a location parameter".
Huber, P. J. (1973), "Robust regression: asymptotics, conjectures and Monte Carlo".

"""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta, check_window, minimum_fits
from quanthedge.typing import Floats

__all__ = ["Huber"]

_BLOCK_STOCKS = 64  # worked on at once, one block a thread


class Huber(BetaEstimator):
    """Rolling Huber regression on one index or several.

    Notes
    -----
    The scale is the median absolute residual / 0.6745, found together with the slopes. The result
    depends on the window's days alone, not on the day before: row t uses days t - window + 1 to t.
    In windows of a dozen wild days the equations may have two solutions; the one nearer to the path
    of reweighted least squares is taken. Days without a return of the stock or of an index are left
    out. Standard errors are Huber's first form (the default of statsmodels' RLM). The error is NaN
    where more than half of the days lie exactly on one line: the scale is then 0.

    Examples
    --------
    >>> import numpy as np
    >>> index = np.array([0.01, -0.02, 0.015, 0.0, -0.01, 0.02, 0.005])
    >>> returns = 1.5 * index + [0.001, -0.001, 0.002, 0.0, 0.001, -0.3, -0.001]
    >>> Huber(window=7, min_observations=4).fit(returns[:, None], index).beta_[-1].round(2)
    array([1.51])

    """

    kind: Literal["huber"] = "huber"
    window: int = Field(default=60, ge=3, description="Trading days looked back.")
    min_observations: int = Field(
        default=40, ge=3, description="Days with both returns needed inside the window."
    )
    tuning: float = Field(
        default=1.345,
        gt=0.1,
        description="Residuals beyond this many robust standard deviations are cut off.",
    )
    iterations: int = Field(default=1000, ge=3, description="Most reweightings of a day.")

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        minimum_fits(self)
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
        from quanthedge.beta.kernels.robust import rolling_huber
        from quanthedge.compiled import by_blocks

        check_window(self.window, self.min_observations)
        shape = (*returns.shape, index.shape[1])
        result = RollingBeta(
            np.empty(shape), np.empty(shape), np.empty(returns.shape, dtype=np.int32)
        )

        def work(first: int, stop: int) -> None:
            rolling_huber(
                returns,
                index,
                self.window,
                self.min_observations,
                self.tuning,
                self.iterations,
                first,
                stop,
                *result,
            )

        by_blocks(returns.shape[1], _BLOCK_STOCKS, work)
        return result
