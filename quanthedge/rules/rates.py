"""The People's Bank's benchmarks for deposits on demand and of one year, by date."""

from pathlib import Path
from typing import Literal

import numpy as np

from quanthedge.rules.lookup import RuleReader, as_days
from quanthedge.typing import Floats

__all__ = ["deposit_rate"]


def deposit_rate(
    dates: object, *, term: Literal["demand", "one_year"] = "demand", folder: Path | None = None
) -> Floats:
    """Return the deposit benchmark of each day, a fraction per year, [T].

    Raises
    ------
    RuleError
        A day is before 1990-04-15, the first one covered.

    Notes
    -----
    The benchmark has not been changed since 2015-10-24; rates that banks post fell below it from
    2022 on.

    Examples
    --------
    >>> deposit_rate(["2014-09-17"]).tolist()
    [0.0035]
    >>> deposit_rate(["2014-09-17", "2014-11-24"], term="one_year").tolist()
    [0.03, 0.0275]
    """
    reader = RuleReader(as_days(dates), folder=folder)
    rows = reader.rows("rate_deposit_benchmark", lambda row: True)
    return np.round(reader.series(rows, (f"{term}_pct",))[0] / 100.0, 8)
