"""Hedge ratios: how much futures value is sold short for each yuan of stocks.

Ederington, L., 1979, "The hedging performance of the new futures markets" (minimum variance);
Scholes, M. and Williams, J., 1977, "Estimating betas from nonsynchronous data" (lead and lag).
"""

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.hedge.ratios.conditional import DynamicCorrelation, ErrorCorrection
from quanthedge.hedge.ratios.ratio_base import HedgeHistory, HedgeRatio, HedgeRatios, no_refits
from quanthedge.kinds import Except
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = [
    "AlphaScaled",
    "BetaRatio",
    "DollarNeutral",
    "DynamicCorrelation",
    "ErrorCorrection",
    "EwmaRatio",
    "FixedRatio",
    "HedgeHistory",
    "HedgeRatio",
    "HedgeRatios",
    "MinimumVariance",
]


class BetaRatio(HedgeRatio):
    """The book's beta to the index, by the strategy's estimator.

    Examples
    --------
    >>> BetaRatio(scale=0.8).kind
    'beta'
    """

    several_products: ClassVar[bool] = True
    from_returns: ClassVar[bool] = False

    kind: Literal["beta"] = "beta"

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        return history.beta[since:].copy(), no_refits()


class FixedRatio(HedgeRatio):
    """The same ratio always, one value or one for each product.

    Examples
    --------
    >>> FixedRatio(value=(0.5, 0.5)).value
    (0.5, 0.5)
    """

    several_products: ClassVar[bool] = True
    from_returns: ClassVar[bool] = False

    kind: Literal["fixed"] = "fixed"
    value: float | tuple[float, ...] = Field(description="Short futures value per yuan of stocks.")

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if np.min(self.value) < 0:
            raise ValueError(f"value {self.value}; accepted: 0 or more, futures are sold short")
        return self

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        value = np.atleast_1d(np.asarray(self.value, dtype=np.float64))
        if value.size != history.products:
            raise StrategyError(
                f"hedge ratio fixed: {value.size} values for {history.products} products; "
                "give one for each"
            )
        return np.tile(value, (history.book.size - since, 1)), no_refits()


class DollarNeutral(HedgeRatio):
    """As much futures value as stocks, whatever the beta."""

    from_returns: ClassVar[bool] = False

    kind: Literal["dollar_neutral"] = "dollar_neutral"

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        return np.ones((history.book.size - since, 1)), no_refits()


class MinimumVariance(HedgeRatio):
    """Ratio that would have left the least variance of book - ratio x future, never below 0.

    Stocks stop at 15:00, the settlement price averages the last hour (and futures traded to 15:15
    until 2015): marks of different hours pull a daily ratio down. Longer returns, or covariances
    with the days before and after, undo that.

    Examples
    --------
    >>> MinimumVariance(horizon_days=1, lead_lag=1).memory
    250
    """

    several_products: ClassVar[bool] = True

    kind: Literal["minimum_variance"] = "minimum_variance"
    window: int = Field(default=250, ge=10, description="Trading days looked back.")
    min_observations: int = Field(default=60, ge=10, description="Returns needed in the window.")
    horizon_days: int = Field(
        default=5, ge=1, le=63, description="Trading days of each (overlapping) return."
    )
    lead_lag: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Days earlier and later whose covariances are added; of daily returns only.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.min_observations > self.window:
            raise ValueError(
                f"min_observations {self.min_observations} is more than window {self.window}; "
                "lower one or lengthen the other"
            )
        if self.lead_lag and self.horizon_days > 1:
            raise ValueError(
                "lead_lag corrects daily returns; set horizon_days to 1, or lead_lag to 0"
            )
        return self

    @property
    def memory(self) -> int:
        """Days that a row depends on."""
        return self.window + self.horizon_days - 1

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        from quanthedge.hedge.kernels.ratios import (
            least_variance,
            overlapping,
            window_covariances,
        )

        returns = overlapping(_together(history), self.horizon_days)
        covariances, _ = window_covariances(
            returns, since, self.window, self.min_observations, self.lead_lag
        )
        result = np.empty((covariances.shape[0], history.products))
        least_variance(covariances, result)
        return result, no_refits()


class EwmaRatio(HedgeRatio):
    """Minimum-variance ratio of exponentially weighted covariances.

    Examples
    --------
    >>> EwmaRatio(half_life=20).memory
    204
    """

    several_products: ClassVar[bool] = True

    kind: Literal["ewma"] = "ewma"
    half_life: float = Field(default=60.0, gt=0, description="Trading days in which weight halves.")
    min_observations: int = Field(default=60, ge=10, description="Returns needed.")
    horizon_days: int = Field(
        default=5, ge=1, le=63, description="Trading days of each (overlapping) return."
    )

    @property
    def memory(self) -> int:
        """Days that a row depends on: ten half-lives, beyond which weights are below 0.1%."""
        least = max(round(10 * self.half_life), 2 * self.min_observations)
        return least + self.horizon_days - 1

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        from quanthedge.hedge.kernels.ratios import (
            ewma_covariances,
            least_variance,
            overlapping,
        )

        returns = overlapping(_together(history), self.horizon_days)
        decay = 0.5 ** (1.0 / self.half_life)
        covariances = ewma_covariances(returns, since, decay, self.min_observations)
        result = np.empty((covariances.shape[0], history.products))
        least_variance(covariances, result)
        return result, no_refits()


def _together(history: HedgeHistory) -> Floats:
    """Book and futures side by side, [T, 1 + P]."""
    return np.ascontiguousarray(np.column_stack([history.book, history.future]))


class AlphaScaled(HedgeRatio):
    """A partial hedge where the hedge costs more than the variance that it removes is worth.

    ``aversion / 2 (base - h)^2 variance + cost h`` is least at
    ``h = base - cost / (aversion x variance)``.

    Examples
    --------
    >>> AlphaScaled(risk_aversion=5.0).base.kind
    'beta'
    """

    several_products: ClassVar[bool] = False

    kind: Literal["alpha_scaled"] = "alpha_scaled"
    base: Annotated[HedgeRatio, Except("alpha_scaled")] = Field(
        default_factory=BetaRatio, description="Rule of the full hedge."
    )
    risk_aversion: float = Field(
        default=10.0,
        gt=0,
        description="Return a year given up for each unit of variance a year, twice; of the stocks "
        "held, not of the fund.",
    )
    roll_cost_per_year: float = Field(
        default=0.003, ge=0, description="Fees and slippage of rolling, fraction of the short."
    )
    window: int = Field(default=250, ge=20, description="Trading days of the index's variance.")
    range: tuple[float, float] = Field(
        default=(0.0, 1.0), description="Least and largest ratio, in units of the base rule's."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 <= self.range[0] <= self.range[1]:
            raise ValueError("range is two numbers, 0 <= least <= largest")
        return self

    @property
    def memory(self) -> int:
        """Days that a row depends on."""
        return max(self.window, self.base.memory)

    def estimate(self, history: HedgeHistory, since: int = 0) -> HedgeRatios:
        """Return the ratio at each close from row ``since`` on; see :class:`HedgeRatio`.

        ``fallback`` also says where the base rule fell back on the beta.
        """
        result = super().estimate(history, since)
        if not self.base.from_returns:
            return result
        return result._replace(
            fallback=result.fallback | self.base.estimate(history, since).fallback
        )

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        from quanthedge.hedge.kernels.ratios import window_covariances

        full, _, refits = self.base.estimate(history, since)
        variance, _ = window_covariances(
            np.ascontiguousarray(history.index_return), since, self.window, 20, 0
        )
        cost = history.carry[since:] + self.roll_cost_per_year
        with np.errstate(divide="ignore", invalid="ignore"):
            less = cost / (self.risk_aversion * TRADING_DAYS_A_YEAR * variance[:, :, 0])
        low, high = self.range
        return np.clip(full - less, low * full, high * full), refits
