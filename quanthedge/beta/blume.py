"""Blume's adjustment: betas return towards the mean, so high ones are lowered, low ones raised.

References
----------
Blume, M. E. (1971), "On the assessment of risk".
Blume, M. E. (1975), "Betas and their regression tendencies".

"""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.adjusted import AdjustedBeta, places_and_days
from quanthedge.beta.base import RollingBeta
from quanthedge.typing import Floats

__all__ = ["Blume"]


class Blume(AdjustedBeta):
    """Betas drawn towards a mean by one weight for all stocks.

    Notes
    -----
    Fixed: ``weight x beta + (1 - weight) x mean``, by default two thirds and one third of 1.

    "estimated": on each day the betas of all stocks are regressed, with intercept, on those of the
    same stocks `lag` days before, and today's betas are put into that line, as a forecast of the
    next period (Blume 1971). Row t uses days up to t: its regression, those of t and t - lag. NaN
    on days with fewer than `min_stocks` such stocks, so for the base's window and `lag` days more.

    The standard error is that of the base times the slope; that of the line, which is common to
    all stocks, is not in it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> index = rng.normal(0, 0.015, 60)
    >>> returns = np.outer(index, [0.7, 1.0, 1.3])
    >>> Blume(weight=0.67).fit(returns, index).beta_[-1].round(3)
    array([0.799, 1.   , 1.201])

    """

    kind: Literal["blume"] = "blume"
    weight: Annotated[float, Field(ge=0, le=1)] | Literal["estimated"] = Field(
        default=0.67, description='Weight of the stock\'s own beta, or "estimated".'
    )
    mean: float = Field(default=1.0, description="What the rest weighs, when the weight is given.")
    lag: int | None = Field(
        default=None,
        ge=1,
        description="Days between the two periods of the estimated weight; none = base's window.",
    )
    min_stocks: int = Field(
        default=30, ge=3, description="Stocks with both betas that an estimated weight needs."
    )

    @model_validator(mode="after")
    def _can_be_estimated(self) -> Self:
        if self.weight != "estimated":
            return self
        if self.method == "top_down":
            raise ValueError(
                'weight "estimated" needs the betas of many stocks, and method "top_down" has one; '
                "give the weight as a number"
            )
        if self.lag is None and self.base.memory is None:
            raise ValueError(
                f"base '{self.base.kind}' has no window to go back by; give lag, for instance 250"
            )
        return self

    @property
    def memory(self) -> int | None:
        """The base's, and the lag when the weight is estimated."""
        if self.weight != "estimated" or self.base.memory is None:
            return self.base.memory
        return self.base.memory + self._lag

    @property
    def _lag(self) -> int:
        return int(self.lag or self.base.memory or 0)

    def adjust(self, betas: RollingBeta) -> RollingBeta:
        """Return the adjusted betas of those of the base, in their shape."""
        result = RollingBeta(
            np.empty_like(betas.beta), np.empty_like(betas.beta), betas.observations
        )
        given = self.weight
        for place, begin, end in places_and_days(betas):
            beta = betas.beta[begin:end][place]
            if isinstance(given, str):
                earlier = _earlier(betas.beta[place], begin, end, self._lag)
                slope, level = _regression_line(earlier, beta, self.min_stocks)
            else:
                slope, level = np.array([[given]]), np.array([[(1.0 - given) * self.mean]])
            result.beta[begin:end][place] = level + slope * beta
            error = np.abs(slope) * betas.standard_error[begin:end][place]
            result.standard_error[begin:end][place] = error
        return result


def _earlier(beta: Floats, begin: int, end: int, lag: int) -> Floats:
    """Return the rows begin - lag to end - lag; NaN before the first."""
    rows = np.full((end - begin, beta.shape[1]), np.nan)
    first = min(max(lag - begin, 0), end - begin)
    rows[first:] = beta[begin + first - lag : end - lag] if first < end - begin else np.nan
    return rows


def _regression_line(x: Floats, y: Floats, min_stocks: int) -> tuple[Floats, Floats]:
    """Return slope and intercept of y on x in each row [D, 1]; NaN with too few pairs."""
    known = np.isfinite(x) & np.isfinite(y)
    count = known.sum(axis=1, keepdims=True)
    enough = count >= min_stocks
    size = np.where(enough, count, 1)
    mean_x = np.where(known, x, 0.0).sum(axis=1, keepdims=True) / size
    mean_y = np.where(known, y, 0.0).sum(axis=1, keepdims=True) / size
    u = np.where(known, x - mean_x, 0.0)
    v = np.where(known, y - mean_y, 0.0)
    spread = (u * u).sum(axis=1, keepdims=True)
    fine = enough & (spread > 0.0)
    slope = np.where(fine, (u * v).sum(axis=1, keepdims=True) / np.where(fine, spread, 1.0), np.nan)
    return slope, mean_y - slope * mean_x
