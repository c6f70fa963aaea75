"""Betas that drift: the Kalman filter of a beta that walks at random.

A stock's return is ``alpha + beta_t r_index + e`` and its beta moves by a small random step every
day. How fast it moves against the noise of a day, the signal-to-noise ratio, is given or learnt
from the data so far. A window forgets all at once; the filter forgets at the speed that has
predicted best.

References
----------
Kalman, R. E. (1960), "A new approach to linear filtering and prediction problems".
Harvey, A. C. (1989), "Forecasting, structural time series models and the Kalman filter".

"""

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    Field,
    PrivateAttr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from quanthedge.beta.base import BetaEstimator, RollingBeta
from quanthedge.errors import StrategyError
from quanthedge.typing import Floats

__all__ = ["Kalman"]


def _same_object(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Keep a sound tuple as the object that it is: scikit-learn's clone insists."""
    checked = check(value)
    return value if isinstance(value, tuple) and value == checked else checked


_Grid = Annotated[tuple[float, ...], WrapValidator(_same_object)]


class Kalman(BetaEstimator):
    """Kalman filter of random-walk betas, on one index or several jointly.

    Notes
    -----
    In units of the observation variance s2: the state is (alpha, beta), its daily step has the
    covariance diag(`alpha_signal_to_noise`, `signal_to_noise`), and s2 is the mean squared
    standardised prediction error so far. A stock's filter starts with least squares on its first
    `min_observations` days; with `signal_to_noise` 0 it is recursive least squares.

    With "estimated" all ratios of the `grid` are filtered side by side, and row t shows the one of
    the highest likelihood of the data up to t: of the stock alone, or of all stocks together
    (a single stock says little about its speed; together they settle within months).

    Days without a return of the stock or the index bring no update: the beta stays, its error
    grows. Row t uses nothing later than day t. As a rule of thumb the filter weighs the last
    ``1 / (r sqrt(ratio))`` days, with r the daily volatility of the index: 67 days for 1 and 1.5%.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> index = rng.normal(0, 0.015, 600)
    >>> drifting = np.linspace(0.5, 1.5, 600)
    >>> returns = drifting * index + rng.normal(0, 0.01, 600)
    >>> Kalman().fit(returns[:, None], index).beta_[-1].round(1)
    array([1.4])

    """

    kind: Literal["kalman"] = "kalman"
    signal_to_noise: Annotated[float, Field(ge=0)] | Literal["estimated"] = Field(
        default="estimated",
        description="Variance of beta's daily step over the variance of a day's residual.",
    )
    grid: _Grid = Field(
        default=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        min_length=2,
        description="Ratios that are tried when it is estimated.",
    )
    estimated_for: Literal["stock", "market"] = Field(
        default="market", description="Whether each stock has its own ratio, or all have one."
    )
    intercept: bool = Field(default=True, description="Whether the state has an alpha.")
    alpha_signal_to_noise: float = Field(
        default=0.0,
        ge=0,
        description="Variance of alpha's daily step over that of a residual; 0 = constant alpha.",
    )
    observation_variance: float | None = Field(
        default=None, gt=0, description="Variance of a day's residual; none = estimated."
    )
    half_life: float | None = Field(
        default=None,
        gt=1,
        description="Days after which a prediction error counts half, in the residual variance "
        "and in the choice of the ratio; none = all count the same.",
    )
    min_observations: int = Field(
        default=40, ge=3, description="Days with both returns from which a stock's filter starts."
    )

    _chosen: Floats | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _grid_is_sound(self) -> Self:
        if any(not (0 <= ratio < np.inf) for ratio in self.grid):
            raise ValueError(f"grid {self.grid} has a negative ratio; accepted are 0 and more")
        return self

    @property
    def pairs_only(self) -> bool:
        """Whether each day's pair of returns is all that is asked of it: no other stocks'."""
        return self.signal_to_noise != "estimated" or self.estimated_for == "stock"

    @property
    def memory(self) -> int | None:
        """All days before."""
        return None

    @property
    def signal_to_noise_(self) -> Floats:
        """Ratio behind each beta, [T, N]; NaN before a stock's filter starts."""
        betas = self.result_.beta  # says so when nothing was fitted
        return np.full(betas.shape[:2], np.nan) if self._chosen is None else self._chosen

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        result, self._chosen = self._filtered(returns, index, len(returns))
        return result

    def only_betas(self, returns: Floats, index: Floats) -> Floats:
        """Return them as :meth:`BetaEstimator.only_betas` says."""
        return self._filtered(returns, index, 1)[0].beta

    def _filtered(self, returns: Floats, index: Floats, told: int) -> tuple[RollingBeta, Floats]:
        """Return betas and chosen ratios; of all but the betas the last ``told`` rows, all or 1."""
        if self.min_observations < index.shape[1] + 2:
            raise StrategyError(
                f"beta Kalman: min_observations {self.min_observations} for {index.shape[1]} "
                f"indices; accepted are {index.shape[1] + 2} and more"
            )
        given = self.signal_to_noise
        ratios = self.grid if isinstance(given, str) else (given,)
        days, stocks = returns.shape
        result = RollingBeta(
            np.empty((days, stocks, index.shape[1])),
            np.empty((told, stocks, index.shape[1])),
            np.empty((told, stocks), dtype=np.int32),
        )
        chosen = np.empty((told, stocks))
        self._filter(returns, index, np.array(ratios, dtype=np.float64), result, chosen)
        return result, chosen

    def _filter(
        self, returns: Floats, index: Floats, ratios: Floats, result: RollingBeta, chosen: Floats
    ) -> None:
        """Run the compiled filter; one index with an intercept has a faster pass of its own."""
        from quanthedge.beta.kernels.state import walking_betas
        from quanthedge.beta.kernels.walking_pairs import walking_pairs

        variance = np.nan if self.observation_variance is None else self.observation_variance
        keep = 1.0 if self.half_life is None else 0.5 ** (1.0 / self.half_life)
        one_ratio = self.estimated_for == "market"
        beta, standard_error, observations = result
        terms = (variance, keep, one_ratio, self.min_observations)
        walk = (ratios, self.alpha_signal_to_noise)
        if self.intercept and index.shape[1] == 1:
            found = (beta[:, :, 0], standard_error[:, :, 0], observations, chosen)
            walking_pairs(returns, np.ascontiguousarray(index[:, 0]), *walk, *terms, *found)
        else:
            walking_betas(returns, index, *walk, self.intercept, *terms, *result, chosen)
