"""By how much an industry shall weigh more, or less, than in the hedged index.

The score of an industry is the mean of its stocks' expected returns, weighted by float value. Over
the industries it is standardised with their weights W in the index (weighted mean 0, weighted
deviation 1). The tilt is k W z: it sums to 0 by itself, and k is the largest number up to 1 for
which no tilt exceeds the bound and no industry weighs less than nothing.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field

from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.risk import index_weights
from quanthedge.typing import Floats, Ints

__all__ = ["Industry", "NoTilt", "ScoreTilt"]

_ALIKE = 1e-9  # deviation, of the largest expected return, that is none


class NoTilt(Plain):
    """Every industry as in the index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["none"] = "none"

    def tilts(self, market: Market, rows: Ints, expected: Floats, index: str) -> Floats:
        """Return no tilt: see :meth:`ScoreTilt.tilts`."""
        return np.zeros((rows.size, len(market.industry()[1])))


class ScoreTilt(Plain):
    """Industries of higher expected return weigh more than in the index, within a bound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["score"] = "score"
    bound: float = Field(
        default=0.03, gt=0, le=1, description="Largest difference to the index, of the stocks."
    )

    def tilts(self, market: Market, rows: Ints, expected: Floats, index: str) -> Floats:
        """Return the tilt of each industry on each decision, float64 [R, G].

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices of the decisions.
        expected : float64 [R, N]
            Expected returns; NaN without one.
        index : str
            Whose weights the tilts are held against, as known at the close of each day.

        Returns
        -------
        float64 [R, G]
            In the order of ``market.industry()[1]``, summing to 0; 0 for industries outside the
            index or without an expected return, and everywhere where all are expected to earn the
            same.
        """
        groups, names = market.industry()
        found = np.zeros((rows.size, len(names)))
        weights = index_weights(market, index).on(rows)
        for r, row in enumerate(rows):
            value = market.panel("mark")[row] * market.panel("float_shares")[row]
            found[r] = _of_day(groups[row], len(names), expected[r], value, weights[r], self.bound)
        return found


Industry = Annotated[NoTilt | ScoreTilt, Field(discriminator="kind")]


def _of_day(
    group: Ints, count: int, expected: Floats, value: Floats, weights: Floats, bound: float
) -> Floats:
    """Return the tilts of a day, [G]."""
    known = (group >= 0) & np.isfinite(expected) & (value > 0)
    place = group[known].astype(np.int64)
    total = np.bincount(place, weights=value[known], minlength=count)
    earned = np.bincount(place, weights=value[known] * expected[known], minlength=count)
    inside = (group >= 0) & (np.nan_to_num(weights) > 0)
    share = np.bincount(group[inside].astype(np.int64), weights=weights[inside], minlength=count)
    both = (total > 0) & (share > 0)
    found = np.zeros(count)
    if both.sum() < 2:
        return found
    own = share[both] / share[both].sum()
    score = earned[both] / total[both]
    largest = np.abs(score).max()
    score = score - own @ score
    deviation = np.sqrt(own @ score**2)
    if not deviation > _ALIKE * largest:
        return found
    z = score / deviation
    raw = share[both] * z
    raw -= share[both] * (raw.sum() / share[both].sum())
    most = min(1.0, bound / np.abs(raw).max(), 1.0 / max(-z.min(), 1e-12))
    found[both] = most * raw
    return found
