"""Which holdings were stated off their last close, from when to when, and what came of it."""

import numpy as np
import pandas as pd

__all__ = ["suspension_spells"]

_RESTATED_COLUMNS = ("date", "code", "shares", "last_close", "stated_value", "adjustment_yuan")


def suspension_spells(restated: pd.DataFrame, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the spells in which holdings were stated off their last close.

    Parameters
    ----------
    restated : DataFrame
        One row for each holding and close at which it was: columns ``_RESTATED_COLUMNS``.
    dates : DatetimeIndex
        All closes of the run.

    Returns
    -------
    DataFrame
        One row a spell: code, begin, last (first and last close stated so), end (close at which the
        holding went back to its close; NaT at the run's end), days, lowest_yuan, highest_yuan (of
        the adjustment), last_yuan.
    """
    if restated.empty:
        return pd.DataFrame(
            columns=["code", "begin", "last", "end", "days", "lowest_yuan", "highest_yuan",
                     "last_yuan"]
        )  # fmt: skip
    rows = restated.sort_values(["code", "date"], ignore_index=True)
    day = dates.get_indexer(pd.DatetimeIndex(rows["date"]))
    code = rows["code"].to_numpy()
    opens = np.append(True, (code[1:] != code[:-1]) | (day[1:] != day[:-1] + 1))
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(rows)) - 1
    yuan = rows["adjustment_yuan"].to_numpy()
    found = pd.DataFrame(
        {
            "code": code[first],
            "begin": dates[day[first]],
            "last": dates[day[last]],
            "end": np.append(dates.to_numpy(), np.datetime64("NaT"))[day[last] + 1],
            "days": last - first + 1,
            "lowest_yuan": np.fmin.reduceat(yuan, first),
            "highest_yuan": np.fmax.reduceat(yuan, first),
            "last_yuan": yuan[last],
        }
    )
    return found.sort_values(["begin", "code"], ignore_index=True)
