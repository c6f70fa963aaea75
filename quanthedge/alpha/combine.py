"""Factors into one score: winsorised, standardised, neutral to industries on request, weighted.

Every step works on one day's cross-section of the universe, so a score uses nothing later than its
day.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from quanthedge.errors import StrategyError
from quanthedge.factors import Factor
from quanthedge.market import Market

__all__ = ["FactorTerm", "Transforms", "scores", "standardise"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class FactorTerm(BaseModel):
    """A factor and its weight in the score; the factor's own sign is applied first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: Factor
    weight: float = Field(default=1.0, description="Negative weights turn the factor around.")


class Transforms(BaseModel):
    """How raw exposures become comparable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    winsorise: float = Field(
        default=0.01, ge=0, lt=0.5, description="Fraction of each tail pulled in to its quantile."
    )
    industry_neutral: bool = Field(
        default=False, description="Take out the mean of each stock's industry."
    )
    industry_minimum: int = Field(
        default=3, ge=1, description="Smaller industries are treated as one group."
    )
    missing: Literal["neutral", "exclude"] = Field(
        default="neutral",
        description="A stock without a factor counts as average in it, or is left out.",
    )


def scores(
    market: Market,
    terms: Sequence[FactorTerm],
    universe: Bools,
    rows: NDArray[np.int64],
    transforms: Transforms,
) -> tuple[Floats, pd.DataFrame]:
    """Return the scores (higher is better) and how much of the universe each factor covers.

    Parameters
    ----------
    market : Market
    terms : sequence of FactorTerm
    universe : bool [R, N]
        Stocks graded on each row.
    rows : int [R]
        Day indices.
    transforms : Transforms

    Returns
    -------
    scores : float64 [R, N]
        NaN outside the universe, and for stocks without any factor.
    coverage : DataFrame
        date, factor, defined, universe.

    Raises
    ------
    StrategyError
        When the weights are all zero, or a factor is defined for no stock of the universe on a day.

    Notes
    -----
    Standardised exposures are weighted by weight / sum of absolute weights. With
    ``missing="neutral"`` an
    undefined factor counts as 0, the average of the universe; with "exclude" the stock gets no
    score.
    """
    total = sum(abs(term.weight) for term in terms)
    if total == 0:
        raise StrategyError("factors: all weights are 0; give at least one factor a weight")
    groups = market.industry()[0][rows] if transforms.industry_neutral else None
    combined = np.zeros(universe.shape)
    any_defined = np.zeros(universe.shape, dtype=np.bool_)
    all_defined = universe.copy()
    coverage = []
    for term in terms:
        raw = term.factor.exposure(market, rows)
        exposure = np.where(universe & np.isfinite(raw), raw, np.nan)
        defined = np.isfinite(exposure)
        _refuse_empty(term, defined, universe, market, rows)
        coverage.append(_coverage(term, defined, universe, market, rows))
        graded = standardise(exposure, transforms, groups)
        weight = term.factor.sign * term.weight / total
        combined += weight * np.where(defined, graded, 0.0)
        any_defined |= defined
        all_defined &= defined
    kept = all_defined if transforms.missing == "exclude" else universe & any_defined
    return np.where(kept, combined, np.nan), pd.concat(coverage, ignore_index=True)


def standardise(
    exposure: Floats, transforms: Transforms, groups: NDArray[np.int16] | None
) -> Floats:
    """Return exposures with mean 0 and standard deviation 1 on each row, [R, N]; NaN stays NaN."""
    result = np.full(exposure.shape, np.nan)
    for r, row in enumerate(exposure):
        known = np.isfinite(row)
        values = row[known]
        if transforms.winsorise > 0:
            low, high = np.quantile(values, [transforms.winsorise, 1.0 - transforms.winsorise])
            values = np.clip(values, low, high)
        if groups is not None:
            values = _demean(values, groups[r][known], transforms.industry_minimum)
        centred = values - values.mean()
        spread = centred.std()
        # A factor that is the same for all says nothing; rounding must not turn it into a score.
        flat = spread <= 1e-12 * max(1.0, float(np.abs(values).max()))
        result[r, known] = 0.0 if flat else centred / spread
    return result


def _demean(values: Floats, groups: NDArray[np.int16], minimum: int) -> Floats:
    """Return the values less the mean of their group; small groups and unknown ones form one."""
    shifted = groups.astype(np.int64) + 1
    counts = np.bincount(shifted)
    small = (counts[shifted] < minimum) | (shifted == 0)
    shifted[small] = 0
    counts = np.bincount(shifted)
    means = np.bincount(shifted, weights=values) / np.maximum(counts, 1)
    return np.asarray(values - means[shifted])


def _refuse_empty(
    term: FactorTerm, defined: Bools, universe: Bools, market: Market, rows: NDArray[np.int64]
) -> None:
    empty = ~defined.any(axis=1) & universe.any(axis=1)
    if empty.any():
        raise StrategyError(
            f"factor {term.factor.kind}: defined for no stock of the universe on "
            f"{market.dates[rows[int(empty.argmax())]]}; start later, or take another market"
        )


def _coverage(
    term: FactorTerm, defined: Bools, universe: Bools, market: Market, rows: NDArray[np.int64]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(market.dates[rows]),
            "factor": term.factor.kind,
            "defined": defined.sum(axis=1),
            "universe": universe.sum(axis=1),
        }
    )
