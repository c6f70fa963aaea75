"""The stocks of a hedged fund by themselves, beside the index that they are hedged with.

A fund that is hedged is not run against the index, and its tracking error says little; what its
stocks earned beyond the index is what the hedge leaves it.
"""

import pandas as pd

from quanthedge.performance.active import excess_level
from quanthedge.rules import IndexProduct

__all__ = ["long_leg"]

_COSTS = ("commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact")


def long_leg(ledger: pd.DataFrame, trades: pd.DataFrame) -> pd.DataFrame:
    """Return the value of a yuan in the stocks, in the index, and their ratio, day by day.

    Parameters
    ----------
    ledger, trades : DataFrame
        Tables of a run.

    Returns
    -------
    DataFrame
        Indexed as the ledger, 1 on its first row: stocks, index, excess (stocks over index).

    Notes
    -----
    The stocks' return of a day is what they gained, held and traded, with their dividends and less
    commission, duties, fees and impact of their trades, over their value at the last close and what
    was bought beyond what was sold. A day without stocks earns nothing. The index is the price
    index of the benchmark: it has no dividends, the stocks have theirs.

    Examples
    --------
    >>> days = pd.to_datetime(["2015-01-05", "2015-01-06", "2015-01-07"])
    >>> ledger = pd.DataFrame(
    ...     {
    ...         "stock_value": [0.0, 102.0, 107.1],
    ...         "stock_pnl": [0.0, 2.0, 5.1],
    ...         "dividends": 0.0,
    ...         "bought": [0.0, 100.0, 0.0],
    ...         "sold": 0.0,
    ...         "index_close": [100.0, 100.0, 102.0],
    ...     },
    ...     index=days,
    ... )
    >>> columns = ["date", "code", "commission", "stamp_duty", "transfer_fee", "exchange_fee"]
    >>> trades = pd.DataFrame(columns=[*columns, "impact"])
    >>> long_leg(ledger, trades)["excess"].round(4).tolist()
    [1.0, 1.02, 1.05]
    """
    inside = ledger.iloc[1:]
    earned = inside["stock_pnl"] + inside["dividends"] - _paid(inside.index, trades)
    bought = (inside["bought"] - inside["sold"]).clip(lower=0.0)
    base = ledger["stock_value"].shift(1).iloc[1:] + bought
    returns = (earned / base.where(base > 0.0)).fillna(0.0)
    level = (1.0 + returns).cumprod().reindex(ledger.index)
    level.iloc[0] = 1.0
    index = ledger["index_close"] / ledger["index_close"].iloc[0]
    return pd.DataFrame({"stocks": level, "index": index, "excess": excess_level(level, index)})


def _paid(days: pd.Index, trades: pd.DataFrame) -> pd.Series:
    """Return what the trades of stocks cost on each day."""
    known = [name for name in _COSTS if name in trades]
    futures = [
        code for code in trades["code"].unique() if IndexProduct.of_contract(str(code)) is not None
    ]
    stocks = ~trades["code"].isin(futures)
    cost = trades.loc[stocks, known].sum(axis=1).astype(float)
    summed = cost.groupby(trades.loc[stocks, "date"]).sum()
    summed.index = pd.DatetimeIndex(summed.index)
    return summed.reindex(days, fill_value=0.0)
