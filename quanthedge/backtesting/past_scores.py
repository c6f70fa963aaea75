"""The scores that a run went by, worked out again from its market."""

import numpy as np
import pandas as pd

from quanthedge.backtesting.expectation import graded
from quanthedge.errors import DataError
from quanthedge.factors import Factor
from quanthedge.market import Market
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = ["past_scores"]


def past_scores(
    strategy: Strategy, market: Market, dates: pd.Series, factor: Factor | None = None
) -> tuple[Ints, Floats]:
    """Return the rows of decisions, [R], and the scores at their closes, [R, N].

    Parameters
    ----------
    strategy : Strategy
    market : Market
    dates : Series
        Of decisions, in order; each may come often.
    factor : Factor, optional
        Whose exposures are taken in place of the strategy's scores, as they come.

    Returns
    -------
    rows : int64 [R]
    scores : float64 [R, N]
        NaN outside the strategy's universe.

    Raises
    ------
    DataError
        There is no decision; or the strategy's weights are stated, so that nothing is scored.
    """
    days = np.unique(dates.to_numpy().astype("datetime64[D]"))
    if not days.size:
        raise DataError("scores: the run made no decision")
    rows = np.searchsorted(np.asarray(market.dates), days).astype(np.int64)
    if factor is None and not strategy.selector.needs_scores:
        raise DataError(
            "scores: the strategy's weights are stated, nothing is scored; give a factor to look at"
        )
    mask, _ = strategy.universe.mask(market, rows)
    if factor is None:
        return rows, graded(strategy, market, mask, rows).scores
    return rows, np.where(mask, factor.checked_exposure(market, rows), np.nan)
