"""Levels that jump by a whole decimal power from one row of a series to the next: another unit.

Values of indices, settlement prices and interest rates move by per cents a day, share counts by
bonuses and issues. A step of ten, a hundred or ten thousand times is a unit that changes mid-way,
or a slipped point.
"""

from typing import Any

import numpy as np

from quanthedge.market.checks.rows import Rows

__all__ = ["check_level", "decimal_steps", "steps_of"]

Array = np.ndarray[Any, Any]
_PRICE_SLACK = 0.15  # in decimal powers: no day's move is larger
_RATE_SLACK = 0.5  # overnight money doubles and halves within a day
_LEAST_RATE = 1e-6  # rates below it are as good as none


def steps_of(values: Array, same: Array) -> Array:
    """Return each row's decimal power over the row before, [rows]; 0 where either is unknown.

    Parameters
    ----------
    values
        The series one after the other, [rows].
    same
        Whether the row before belongs to the same series, [rows].
    """
    power = np.zeros(len(values))
    known = np.isfinite(values) & (values > 0)
    place = np.flatnonzero(same[1:] & known[1:] & known[:-1]) + 1
    power[place] = np.log10(values[place]) - np.log10(values[place - 1])
    return power


def decimal_steps(power: Array, slack: float, least: int = 1) -> Array:
    """Return the rows whose step is a whole decimal power, at least 10^least, bool [rows]."""
    nearest = np.rint(power)
    found: Array = (np.abs(nearest) >= least) & (np.abs(power - nearest) <= slack)
    return found


def check_level(rows: Rows, name: str, series: tuple[str, ...], *, rate: bool = False) -> None:
    """Report the rows of a table, those of each series by date, on which a level changes its unit.

    Parameters
    ----------
    name
        The column.
    series
        The columns of text that say to which series a row belongs; none: the table is one.
    rate
        Whether the values are rates, whose unit can only be a hundred times another.
    """
    values = rows.numbers(name)
    if len(values) < 2:
        return
    numbers = [rows.coded(column).indices.to_numpy() for column in series]
    order = np.lexsort(numbers) if numbers else np.arange(len(values))
    same = np.ones(len(values), dtype=bool)
    for number in numbers:
        same[1:] &= number[order[1:]] == number[order[:-1]]
    level = values[order]
    if rate:
        level = np.where(np.abs(level) > _LEAST_RATE, level, np.nan)
    slack, least = (_RATE_SLACK, 2) if rate else (_PRICE_SLACK, 1)
    bad = np.zeros(len(values), dtype=bool)
    bad[order] = decimal_steps(steps_of(level, same), slack, least)
    rows.flag(
        "error", f"{name} changes its unit", bad,
        f"have a {name} about ten, a hundred or more times that of the row before, or so small a "
        "part of it: the unit changes there",
        show=(name,), cure="one unit for all rows of a series; fix the source",
    )  # fmt: skip
