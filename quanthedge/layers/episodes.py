"""Spells during which less than the whole book stood: how often an allocation was put to the test.

Rebalances of one spell share its cause, so that a spell, not a rebalance, is one observation.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Episodes", "episodes"]


class Episodes(NamedTuple):
    """What an allocation did over a run.

    Attributes
    ----------
    rebalances, aside, reduced, unknown : int
        All of them, those without a book, with a part of it, and without what the kind asks for.
    spells : int
        Runs of rebalances with an exposure below 1.
    longest : int
        Rebalances of the longest.
    longest_from, longest_to : str
        Its first and last decision; empty without one.
    """

    rebalances: int
    aside: int
    reduced: int
    unknown: int
    spells: int
    longest: int
    longest_from: str
    longest_to: str


def episodes(table: pd.DataFrame) -> Episodes:
    """Return what the table ``allocation`` of a run says, counted.

    >>> dates = pd.date_range("2015-01-31", periods=5, freq="ME")
    >>> rows = {"date": dates, "exposure": [1.0, 0.0, 0.5, 1.0, 0.0], "reason": "whole"}
    >>> episodes(pd.DataFrame(rows)).spells
    2
    """
    exposure = table["exposure"].to_numpy()
    below = np.concatenate([[False], exposure < 1.0, [False]])
    begins = np.flatnonzero(below[1:] & ~below[:-1])
    ends = np.flatnonzero(below[:-1] & ~below[1:])
    lengths = ends - begins
    first = last = ""
    if lengths.size:
        at = int(lengths.argmax())
        days = pd.DatetimeIndex(table["date"])
        first, last = (f"{days[k]:%Y-%m-%d}" for k in (begins[at], ends[at] - 1))
    return Episodes(
        rebalances=exposure.size,
        aside=int((exposure == 0.0).sum()),
        reduced=int(((exposure > 0.0) & (exposure < 1.0)).sum()),
        unknown=int((table["reason"] == "unknown").sum()),
        spells=int(lengths.size),
        longest=int(lengths.max()) if lengths.size else 0,
        longest_from=first,
        longest_to=last,
    )
