"""A capacity table that lies in a file already: whether it is the one that is asked for."""

import math
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from quanthedge.backtesting import run_days
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.report import OPEN_INTEREST_LIMIT, done_sizes, read_capacity
from quanthedge.strategy import Strategy
from quanthedge.studies.capacity.curve import SIZES, asked_of

__all__ = ["kept_curve"]


def kept_curve(
    path: str | Path,
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    sizes: Iterable[float] = SIZES,
    coefficient: float | None = None,
    hurdle: float | None = None,
    open_interest_limit: float = OPEN_INTEREST_LIMIT,
) -> pd.DataFrame:
    """Return the table that a file holds when :func:`capacity_curve` would make this very one.

    Parameters
    ----------
    path : path
        CSV file that ``quanthedge capacity --out`` wrote.
    strategy, market, start, end, sizes, coefficient, hurdle, open_interest_limit
        As in :func:`capacity_curve`.

    Returns
    -------
    DataFrame
        As :func:`capacity_curve` returns it.

    Raises
    ------
    DataError
        The file holds another table (strategy, data, dates, sizes or versions are not the same),
        or something else.
    """
    first_day, last_day = run_days(strategy, market, start, end)
    now = asked_of(strategy, market, coefficient, hurdle, open_interest_limit)
    now |= {"first_day": first_day, "last_day": last_day}
    table = read_capacity(path)
    first = done_sizes(table).iloc[0]
    unlike = [name for name, value in now.items() if not _same(value, first[name])]
    if sorted(set(sizes)) != list(table.index):
        unlike.append("sizes")
    if unlike:
        raise DataError(
            f"{path}: holds another table (unlike: {', '.join(unlike)}); --overwrite replaces it, "
            "or choose another --out"
        )
    return table


def _same(one: str | float, other: str | float) -> bool:
    """Whether two values are equal, or both are no number."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return bool(one == other)
