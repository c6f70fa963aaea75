"""A small market on disk, and tables of scores for it."""

import numpy as np
import pandas as pd

from quanthedge.market import Market, write_dataset
from tests.market.small_market import CODES, small_market


def market_in(folder):
    """Six stocks, 60 trading days with holidays, and calendar days before and after the bars."""
    write_dataset(folder, small_market(), name="small", source="random")
    return Market.open(folder)


def wide_scores(market, seed=0, every=1, share=0.8, spelling=lambda code: code):
    """Random scores, dates x codes, some of them missing."""
    rng = np.random.default_rng(seed)
    dates = pd.DatetimeIndex(market.dates[::every])
    values = rng.normal(size=(len(dates), len(CODES)))
    values[rng.random(values.shape) > share] = np.nan
    return pd.DataFrame(values, index=dates, columns=[spelling(code) for code in CODES])


def long_scores(wide, names=("date", "code"), column="score"):
    """The same scores, a row a pair."""
    series = wide.stack()  # noqa: PD013
    series.index.names = list(names)
    return series.rename(column)
