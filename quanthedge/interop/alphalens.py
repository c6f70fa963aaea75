"""Scores, prices and groups as alphalens takes them."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["AlphalensShape", "to_alphalens"]

_PRICES = ("open", "close")


class AlphalensShape(NamedTuple):
    """What ``alphalens.utils.get_clean_factor_and_forward_returns`` takes.

    Attributes
    ----------
    factor : Series
        Scores by date of the decision and asset, without those that are not known.
    prices : DataFrame [T, N]
        Adjusted prices; the row of a date is the price of the first trade after its close.
    groups : Series
        Industry of each stock by date and asset, as in ``factor``.
    group_names : dict
        The English name of each industry by its code, for ``groupby_labels``.
    """

    factor: pd.Series
    prices: pd.DataFrame
    groups: pd.Series
    group_names: dict[str, str]


def to_alphalens(
    market: Market, scores: Floats, rows: Ints, price: Literal["open", "close"] = "open"
) -> AlphalensShape:
    """Return scores with the prices that could be had after them, and industries.

    Parameters
    ----------
    market : Market
    scores : float64 [R, N]
        Known at the closes of the rows; NaN where a stock has none.
    rows : int64 [R]
    price : "open" or "close"
        Of the day after the row: "open" is the first that a decision can have. alphalens takes the
        price of the score's own date as the one that was paid, so that the close of that day would
        be one that nobody could have had.

    Raises
    ------
    DataError
        Another price, or no score at all.

    Notes
    -----
    Prices are those of trading days on which the stock traded, times the adjustment factor; a
    suspended stock has none, and alphalens drops the pair. Limits, lots and costs it does not know:
    :func:`quanthedge.evaluate` has returns that could be earned.
    """
    if price not in _PRICES:
        raise DataError(f"to_alphalens: price {price!r}; accepted: {', '.join(_PRICES)}")
    found = np.asarray(scores, dtype=np.float64)
    r, stock = np.nonzero(np.isfinite(found))
    if not len(r):
        raise DataError("to_alphalens: no stock has a score on any of the decisions")
    first, last = int(rows[0]), len(market.dates) - 1
    dates = pd.DatetimeIndex(market.dates.astype("datetime64[ns]"))
    codes = pd.Index(np.asarray(market.codes).astype(object), dtype="str")
    names = pd.MultiIndex.from_arrays([dates[rows[r]], codes[stock]], names=["date", "asset"])
    paid = np.asarray(market.price_panel(price, "adjusted")[first + 1 : last + 1])
    prices = pd.DataFrame(paid, index=dates[first:last], columns=codes)
    prices.index.name, prices.columns.name = "date", "asset"
    number, industries = market.industry()
    place = np.asarray(number)[rows[r], stock]
    listed = [*industries["industry"].astype("str"), "none"]  # -1 is the last
    english = [*industries["name_en"].astype("str"), "no industry"]
    return AlphalensShape(
        pd.Series(found[r, stock], names, name="factor"),
        prices.loc[:, sorted(set(codes[stock]))],
        pd.Series(np.asarray(listed, dtype=object)[place], names, name="group").astype("str"),
        dict(zip(listed, english, strict=True)),
    )
