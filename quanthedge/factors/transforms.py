"""Raw exposures become comparable: winsorised, neutral to industries on request, standardised."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from quanthedge.plain import Plain
from quanthedge.typing import Floats

__all__ = ["Transforms"]


class Transforms(Plain):
    """How raw exposures become comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    winsorise: float = Field(
        default=0.01, ge=0, lt=0.5, description="Fraction of each tail pulled in to its quantile."
    )
    industry_neutral: bool = Field(
        default=False, description="Take out the mean of each stock's industry."
    )
    industry_minimum: int = Field(
        default=3,
        ge=1,
        description="Stocks of smaller or unknown industries are compared with the whole universe.",
    )
    missing: Literal["neutral", "exclude"] = Field(
        default="neutral",
        description="A stock without a factor counts as average in it, or is left out.",
    )

    def grades(self, exposure: Floats, groups: NDArray[np.int16] | None = None) -> Floats:
        """Return exposures as comparable grades, [R, N]: mean 0, standard deviation 1 on each row.

        Parameters
        ----------
        exposure : float64 [R, N]
            NaN stays NaN and counts nowhere.
        transforms : Transforms
        groups : int16 [R, N], optional
            Industry of each stock, -1 unknown. Grades are then centred at 0 within each industry of
            at least ``industry_minimum`` defined stocks, the others at the mean of the row.

        Notes
        -----
        The standard deviation is that of the population (divisor n). A row without differences
        gives 0.

        Examples
        --------
        >>> Transforms(winsorise=0).grades(np.array([[1.0, 2.0, 3.0, np.nan]]))
        array([[-1.22474487,  0.        ,  1.22474487,         nan]])
        """
        result = np.full(exposure.shape, np.nan)
        for r, row in enumerate(exposure):
            known = np.isfinite(row)
            if known.any():
                industries = None if groups is None else groups[r][known]
                result[r, known] = _grades(row[known], self, industries)
        return result


def _grades(values: Floats, transforms: Transforms, industries: NDArray[np.int16] | None) -> Floats:
    """Return the grades of one cross-section without gaps."""
    if transforms.winsorise > 0:
        low, high = np.quantile(values, [transforms.winsorise, 1.0 - transforms.winsorise])
        values = np.clip(values, low, high)
    size = float(np.abs(values).max())
    if industries is None:
        values = values - values.mean()
    else:
        values = values - _industry_means(values, industries, transforms.industry_minimum)
    spread = float(values.std())
    # A factor that is the same for all says nothing; rounding must not turn it into a score.
    return values / spread if spread > 1e-12 * size else np.zeros(values.shape)


def _industry_means(values: Floats, industries: NDArray[np.int16], minimum: int) -> Floats:
    """Return the mean of each stock's industry; of all stocks for small and unknown industries."""
    number = industries.astype(np.int64) + 1
    counts = np.bincount(number)
    means = np.bincount(number, weights=values) / np.maximum(counts, 1)
    own = (counts[number] >= minimum) & (number > 0)
    return np.asarray(np.where(own, means[number], values.mean()))
