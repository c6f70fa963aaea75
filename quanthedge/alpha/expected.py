"""Expected returns of a strategy's scores: alpha = IC x volatility x standardised score.

The information coefficient is what the same scores showed at the strategy's own rebalances from the
beginning of the data (:mod:`quanthedge.alpha.calibrate`), whatever a run's first day: of each
decision, only rebalances whose returns were known by then, older ones counting for less. A rule
that showed the opposite so far expects nothing. Until six rebalances are known a stated coefficient
takes the place.

References
----------
Grinold, R. (1994), "Alpha is volatility times IC times score", Journal of Portfolio Management
20(4).
Grinold, R. and Kahn, R. (2000), Active Portfolio Management, 2nd edition: 0.04 as the information
coefficient of a good, not an outstanding, forecaster of many stocks.
"""

from typing import Literal, NamedTuple

import numpy as np

from quanthedge.alpha.calibrate import own_volatility, slopes, sums_of_products
from quanthedge.alpha.features import NEUTRAL, neutraliser
from quanthedge.alpha.targets import known_at, targets
from quanthedge.labelling import labels
from quanthedge.market import Market
from quanthedge.operators import standardise
from quanthedge.typing import Floats, Ints

__all__ = [
    "Information",
    "ScoreHistory",
]

STATED_IC = 0.04
LEAST_KNOWN = 6  # rebalances before the coefficient that was shown counts
_HALF_LIFE = 36.0  # of a rebalance's weight, in rebalances
_PURGE = 1  # a label ends on the day after the next rebalance, before the one after it
_USUAL_DAYS = 20.0  # between rebalances, where the data begin too late to see two


class ScoreHistory(NamedTuple):
    """What scores showed at past rebalances.

    Attributes
    ----------
    rows : int64 [G]
        The rebalances, from the beginning of the data.
    known : int64 [G]
        Row by whose close the returns after each were known.
    products, squares : float64 [G]
        Sums over stocks of score x return / volatility, and of score squared.
    """

    rows: Ints
    known: Ints
    products: Floats
    squares: Floats

    def information(self, rows: Ints) -> "Information":
        """Return the information coefficient of decisions at the closes of rows, [R]."""
        slope, count = slopes(self.products, self.squares, self.known, self.rows, rows, _HALF_LIFE)
        days = np.array([_days_between(self.rows, int(row)) for row in rows])
        shown = np.maximum(np.nan_to_num(slope), 0.0) / np.sqrt(days)
        coefficient = np.where(count >= LEAST_KNOWN, shown, STATED_IC)
        return Information(coefficient, days, count)

    @classmethod
    def shown(
        cls,
        market: Market,
        scores: Floats,
        rows: Ints,
        entry: Literal["open", "close", "vwap"] = "open",
    ) -> "ScoreHistory":
        """Return what scores showed on past rebalances.

        Parameters
        ----------
        market : Market
            Cut at the last decision that will use it.
        scores : float64 [G, N]
            Of the rebalances; NaN outside the universe, a row without any where none could be made.
        rows : int64 [G]
            Ascending.
        entry : "open", "close" or "vwap"
            Price of the returns.

        Notes
        -----
        Returns are executable ones (:func:`quanthedge.labels`) beyond industry and size. What a
        sale that still waited when it would first have been used brought is left out for ever.
        """
        rows = np.asarray(rows, dtype=np.int64)
        if rows.size < 2:
            none = np.zeros(rows.size)
            return cls(rows, np.full(rows.size, len(market.dates)), none, none.copy())
        made = labels(market, rows, entry=entry, horizon="next")
        known = known_at(rows, made, _PURGE)
        where = np.isfinite(scores)
        taken_out = neutraliser(market, rows, where, NEUTRAL)
        residual = targets(made, where, taken_out, known, "residual").residual
        volatility = own_volatility(market, rows, where)
        products, squares = sums_of_products(scores, volatility, residual)
        return cls(rows, known, products, squares)


class Information(NamedTuple):
    """What a unit of score is worth at each decision.

    Attributes
    ----------
    coefficient : float64 [R]
        Information coefficient, 0 or more.
    days : float64 [R]
        Trading days between rebalances: the median of those so far.
    known : int64 [R]
        Rebalances whose returns were known.
    """

    coefficient: Floats
    days: Floats
    known: Ints

    @staticmethod
    def stated() -> tuple[int, float]:
        """Return below how many known rebalances a stated coefficient takes the place; that one."""
        return LEAST_KNOWN, STATED_IC

    def expected(
        self,
        market: Market,
        scores: Floats,
        rows: Ints,
    ) -> Floats:
        """Return returns expected beyond industry and size until the next rebalance, [R, N].

        Parameters
        ----------
        market : Market
        scores : float64 [R, N]
        rows : int64 [R]

        Returns
        -------
        float64 [R, N]
            NaN without a score, and where a stock traded on too few days for a volatility.
        """
        volatility = own_volatility(market, rows, np.isfinite(scores))
        z = np.asarray(standardise(scores))
        worth = self.coefficient * np.sqrt(self.days)
        return np.asarray(worth[:, None] * volatility * z)


def _days_between(rows: Ints, row: int) -> float:
    """Return the median number of trading days between the rebalances up to a day."""
    past = rows[: int(np.searchsorted(rows, row, side="right"))]
    return float(np.median(np.diff(past))) if past.size > 1 else _USUAL_DAYS
