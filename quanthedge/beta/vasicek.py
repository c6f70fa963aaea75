"""Vasicek's betas: each drawn towards the cross-section's mean, the more the less sure it is.

References
----------
Vasicek, O. A. (1973), "A note on using cross-sectional information in Bayesian estimation of
security betas".

"""

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from quanthedge.beta.adjusted import AdjustedBeta, places_and_days
from quanthedge.beta.base import RollingBeta
from quanthedge.typing import Bools, Floats

__all__ = ["Vasicek"]


class Vasicek(AdjustedBeta):
    """Bayesian betas: the base's estimate and the cross-section of the day, weighed by precision.

    Notes
    -----
    With a beta b of standard error s, and a prior of mean m and variance v::

        posterior mean = (b v + m s^2) / (v + s^2),   posterior variance = v s^2 / (v + s^2)

    The prior is that of the stocks with a beta and a standard error on the day: m is their plain
    mean, or a given number; v is the variance of their betas about m less the mean of s^2, which
    estimation alone would add to it, and not below 0. A stock whose error is more than
    `largest_error` times the median error of the day has no say in the prior (but a posterior): a
    single one that resumed trading at a multiple of its price would else draw all stocks to m for
    a whole window. Where v is 0 all stocks get m, and the error 0 says only that the day's betas
    do not differ by more than their errors.

    Several indices are adjusted one at a time, without their covariances. NaN on days with fewer
    than `min_stocks` betas. A beta without a standard error has no posterior: NaN. Row t uses the
    betas of row t only.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> index = rng.normal(0, 0.015, 60)
    >>> truth = rng.normal(1, 0.3, 500)
    >>> returns = np.outer(index, truth) + rng.normal(0, 0.02, (60, 500))
    >>> vasicek = Vasicek().fit(returns, index).beta_[-1]
    >>> ols = Vasicek().base.fit(returns, index).beta_[-1]
    >>> bool(np.std(vasicek - truth) < 0.9 * np.std(ols - truth))
    True

    """

    kind: Literal["vasicek"] = "vasicek"
    prior_mean: float | Literal["cross_section"] = Field(
        default="cross_section", description="Mean of the day's betas, or a number such as 1."
    )
    largest_error: float = Field(
        default=3.0,
        ge=1,
        description="Stocks with a standard error of more medians have no say in the prior.",
    )
    min_stocks: int = Field(default=30, ge=3, description="Betas of a day that a prior needs.")

    @model_validator(mode="after")
    def _has_a_cross_section(self) -> Self:
        if self.method == "top_down":
            raise ValueError(
                'the prior comes from the betas of many stocks, and method "top_down" has one; '
                'choose "bottom_up"'
            )
        return self

    @property
    def memory(self) -> int | None:
        """The base's."""
        return self.base.memory

    def adjust(self, betas: RollingBeta) -> RollingBeta:
        """Return the posterior means and standard errors of the base's betas, in their shape."""
        result = RollingBeta(
            np.empty_like(betas.beta), np.empty_like(betas.beta), betas.observations
        )
        for place, begin, end in places_and_days(betas):
            beta = betas.beta[begin:end][place]
            variance = betas.standard_error[begin:end][place] ** 2
            known = np.isfinite(beta) & np.isfinite(variance)
            known &= variance <= self.largest_error**2 * _median(variance, known)
            mean, prior = _prior(beta, variance, known, self.prior_mean, self.min_stocks)
            total = prior + variance
            certain = total == 0.0  # an exact beta in a cross-section without spread
            weight = np.where(certain, 1.0, prior / np.where(certain, 1.0, total))
            result.beta[begin:end][place] = mean + weight * (beta - mean)
            result.standard_error[begin:end][place] = np.sqrt(weight * variance)
        return result


def _median(values: Floats, known: Bools) -> Floats:
    """Return the (lower) median of the known values of each day [D, 1]; NaN without any."""
    rising = np.sort(np.where(known, values, np.nan), axis=1)  # NaN last
    middle = np.maximum(known.sum(axis=1, keepdims=True) - 1, 0) // 2
    return np.take_along_axis(rising, middle, axis=1)


def _prior(
    beta: Floats, variance: Floats, known: Bools, given: float | str, min_stocks: int
) -> tuple[Floats, Floats]:
    """Return mean and variance of the prior of each day [D, 1]; NaN with too few stocks."""
    count = known.sum(axis=1, keepdims=True)
    size = np.where(count >= min_stocks, count, np.nan)
    if isinstance(given, str):
        mean = np.where(known, beta, 0.0).sum(axis=1, keepdims=True) / size
        freedom = size - 1.0
    else:
        mean = np.where(count >= min_stocks, given, np.nan)
        freedom = size
    deviation = np.where(known, beta - mean, 0.0)
    spread = (deviation * deviation).sum(axis=1, keepdims=True) / freedom
    noise = np.where(known, variance, 0.0).sum(axis=1, keepdims=True) / size
    return mean, np.where(np.isnan(size), np.nan, np.maximum(spread - noise, 0.0))
