"""Beta and correlation to several indices over windows that move with time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quanthedge.performance.relation import rolling_beta
from quanthedge.performance.returns import Every, period_returns

__all__ = ["rolling_correlation", "rolling_relations"]

_ROLLING: tuple[tuple[Every, int], ...] = (
    ("daily", 60), ("daily", 250), ("weekly", 52), ("monthly", 24),
)  # fmt: skip


def rolling_correlation(
    returns: pd.Series, index_returns: pd.Series, window: int = 60
) -> pd.Series:
    """Return the Pearson correlation over the last ``window`` days, NaN until it is full."""
    spread = index_returns.rolling(window).std()
    found = returns.rolling(window).corr(index_returns)
    return found.where(spread > 1e-12)


def rolling_relations(level: pd.Series, indices: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return how beta and correlation to several indices moved: last, lowest, mean, highest.

    Parameters
    ----------
    level : Series
        Of the fund, net, 1 at the start.
    indices : mapping of Series
        Closes by name, on the same days.

    Returns
    -------
    DataFrame
        Indexed by index, frequency and window (60 and 250 days, 52 weeks, 24 months): windows (how
        many the run holds), beta_last, beta_lowest, beta_mean, beta_highest, and the same of the
        correlation; NaN where the run is shorter than the window.
    """
    rows = {}
    for name, close in indices.items():
        for every, window in _ROLLING:
            own, other = period_returns(level, every), period_returns(close, every)
            slopes = rolling_beta(own, other, window)
            links = rolling_correlation(own, other, window)
            row: dict[str, float] = {"windows": float(slopes.notna().sum())}
            for part, values in (("beta", slopes), ("correlation", links)):
                known = values.dropna()
                row |= {
                    f"{part}_last": float(known.iloc[-1]) if len(known) else np.nan,
                    f"{part}_lowest": float(known.min()),
                    f"{part}_mean": float(known.mean()),
                    f"{part}_highest": float(known.max()),
                }
            rows[name, every, window] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(list(rows), names=["index", "frequency", "window"])
    return table.astype({"windows": np.int64})
