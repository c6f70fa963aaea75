"""The alpha of the bridge by groups of stocks: industries, layers, boards, whatever is named.

With n the shares of the last close, m their number before the day's trades (ex-date growth and
rights included) and V the group's stocks at the last close:

    alpha of a group = sum(m x mark[t] - n x mark[t-1] - paid for rights) - b x V x r

with the beta b of the *book* and the index return r of the day, as in the bridge. The groups add up
to the line ``alpha``; a group of high-beta stocks therefore shows market in its alpha.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance.bridge import MISMATCHES, RESIDUAL, Bridge, By
from quanthedge.performance.holdings import Held, held_through
from quanthedge.record import Record
from quanthedge.typing import Floats

__all__ = [
    "NO_GROUP",
    "alpha_by",
    "alpha_by_day",
    "layer_numbers",
    "value_layers",
]

NO_GROUP = "no group"


def alpha_by(
    result: Record,
    market: Market,
    groups: pd.Series | pd.DataFrame,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the line ``alpha`` of the bridge by groups of stocks, yuan.

    Parameters
    ----------
    result : Result
    market : Market
        The market of the run.
    groups : Series or DataFrame
        Name of the group by stock code; or by date (rows, in order) and stock code: the row of a
        date is what was known at its close and holds from the next day until the next row. Stocks
        held that are not in it, or without a name, make the group ``no group``.
    by, start, end
        As in :meth:`quanthedge.performance.Bridge.yuan`.

    Returns
    -------
    DataFrame
        A column for each group that was held; ``residual`` = alpha of the bridge less their sum;
        ``mismatched_holdings``, stock-days on record that differ from what was rebuilt (the record
        is used from there on).

    Raises
    ------
    DataError
        When a code or a date is in `groups` twice or dates are not in order, a group has the name
        of another column, or the market is not that of the run.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> import pandas as pd
    >>> exchanges = pd.Series([code[-2:] for code in market.codes], index=market.codes)
    >>> qh.alpha_by(result, market, exchanges)[["SH", "SZ"]].round(-3)
                       SH         SZ
    date
    2014-12-31  1386000.0  2360000.0
    """
    return _alpha_of_held(result, held_through(result, market), groups, by, start, end)


def _alpha_of_held(
    result: Record,
    through: Held,
    groups: pd.Series | pd.DataFrame,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return what :func:`alpha_by` does, of holdings that were rebuilt before."""
    dates = result.ledger.index
    number, names = _members(through.codes, _dated(groups, dates), dates)
    table = alpha_by_day(result, through, number, names)
    return Bridge(result).alpha_in_parts(table, through.mismatches, by, start, end)


def alpha_by_day(
    result: Record, through: Held, number: NDArray[np.int64], names: list[str]
) -> pd.DataFrame:
    """Return the alpha of each day by groups that were held, yuan.

    Parameters
    ----------
    result, through
    number : int64 [T, K]
        Place in `names` of the group that each stock of `through` was in at the close before.
    names : list of str
    """
    taken = {RESIDUAL, MISMATCHES}.intersection(names)
    if taken:
        raise DataError(f"groups: '{min(taken)}' is a column of the table; choose another name")
    shape = number.shape[0], len(names)
    place = np.arange(shape[0])[:, None] * shape[1] + number
    summed = np.bincount(place.ravel(), through.alpha.ravel(), minlength=shape[0] * shape[1])
    table = pd.DataFrame(summed.reshape(shape), index=result.ledger.index[1:], columns=names)
    ever = np.bincount(number[through.value != 0.0], minlength=shape[1]) > 0
    return table.loc[:, ever]


def value_layers(values: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Return layers of equal numbers of stocks by date, "1" the lowest values.

    Parameters
    ----------
    values : DataFrame
        By date and stock code, as scores or market values; NaN stays without a layer.
    count : int

    Examples
    --------
    >>> values = pd.DataFrame([[1.0, 9.0, 4.0, None]], columns=list("ABCD"))
    >>> value_layers(values, 3).to_numpy().tolist()
    [['1', '3', '2', nan]]
    """
    if count < 1:
        raise DataError(f"value_layers: count {count}; accepted: 1 or more")
    number = layer_numbers(values.to_numpy(dtype=np.float64, na_value=np.nan), count)
    names = np.array([np.nan, *(f"{k}" for k in range(1, count + 1))], dtype=object)
    return pd.DataFrame(names[number], index=values.index, columns=values.columns)


def layer_numbers(values: Floats, count: int) -> NDArray[np.int64]:
    """Return the layer of each value within its row, from 1; 0 where it is NaN."""
    known = ~np.isnan(values)
    rank = np.empty(values.shape)
    order = np.argsort(values, axis=1, kind="stable")  # equal ones as they stand, NaN last
    np.put_along_axis(rank, order, np.arange(1.0, values.shape[1] + 1.0)[None, :], axis=1)
    sizes = np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.where(known, np.ceil(rank * count / sizes), 0.0).astype(np.int64)


def _dated(groups: pd.Series | pd.DataFrame, dates: pd.Index) -> pd.DataFrame:
    """Return the groups by date; those without a date hold from the beginning."""
    if isinstance(groups, pd.Series):
        groups = pd.DataFrame([groups.to_numpy(dtype=object)], [dates[0]], groups.index)
    twice = groups.columns[groups.columns.duplicated()]
    if len(twice):
        raise DataError(f"groups: {twice[0]} is named {len(twice) + 1} times; name each code once")
    if not (groups.index.is_monotonic_increasing and groups.index.is_unique):
        raise DataError("groups: the dates are not in order; accepted: each date once, in order")
    return groups


def _members(
    codes: list[str], groups: pd.DataFrame, dates: pd.Index
) -> tuple[NDArray[np.intp], list[str]]:
    """Return the number of each stock's group by day, [T, K], and the names, the last is none."""
    found = groups.reindex(columns=codes).to_numpy(dtype=object)
    numbers, names = pd.factorize(found.ravel())
    number = np.vstack([numbers.reshape(found.shape), np.full((1, len(codes)), -1)])
    # the row of the last close before the day; -1, the row of nothing, before the first
    row = np.searchsorted(groups.index.to_numpy(), dates.to_numpy()[:-1], side="right") - 1
    number = number[row]
    return np.where(number < 0, len(names), number), [*(str(name) for name in names), NO_GROUP]
