"""Survivorship: whether the stocks delisted since are there, and the others kept trading."""

from typing import Any

import numpy as np

from quanthedge.market.blocks import Axes
from quanthedge.market.checks.findings import Collector

__all__ = ["check_survival", "years_gone"]

Array = np.ndarray[Any, Any]
_LONG_YEARS = 5  # A shares lost some stock in every such stretch since 2000
_SILENT_DAYS = 250
_RARE_SHARE = 0.5


def check_survival(
    axes: Axes, listed: Array, gone: Array, traded: Array, collector: Collector
) -> None:
    """Report the stocks gone before the data's end, those silent without a word, those rare.

    Parameters
    ----------
    axes
        Calendar and codes.
    listed, gone
        list_date and delist_date (NaT = still listed), datetime64[D] [N].
    traded
        Whether each stock has a bar on each day of the calendar, bool [N, days].
    collector
        Receives the findings.
    """
    used = np.flatnonzero(traded.any(axis=0))
    if len(used) == 0:
        return
    first, last = axes.calendar[used[0]], axes.calendar[used[-1]]
    present = traded.any(axis=1)
    final = traded.shape[1] - 1 - traded[:, ::-1].argmax(axis=1)
    silent = present & np.isnat(gone) & (final < used[-1] - _SILENT_DAYS)
    if silent.any():
        what = f"without a bar on the last {_SILENT_DAYS} days or more, and without a delist_date"
        places = np.flatnonzero(silent)[: Collector.EXAMPLES]
        examples = [f"{axes.codes[k]} last {axes.calendar[final[k]]}" for k in places]
        collector.add(
            "info", "stocks", "silent", int(silent.sum()), what, examples, unit="stock"
        )  # fmt: skip
    years = (last - first).astype(int) / 365.25
    counts = years_gone(gone[present], first, last)
    total = sum(counts.values())
    if total:
        by_year = ", ".join(f"{year} {count}" for year, count in counts.items())
        text = f"{total:,} of {int(present.sum()):,} stocks are gone before the end ({by_year})"
        collector.add("info", "stocks", "gone", 0, text)
    elif years >= _LONG_YEARS and not silent.any():
        text = f"none of {int(present.sum()):,} stocks is gone in {years:.1f} years"
        cure = "survivorship bias likely: add the delisted stocks"
        collector.add("warning", "stocks", "survivorship", 0, text, cure=cure)
    _rare(axes, listed, gone, traded[:, used[0] : used[-1] + 1], used[0], collector)


def years_gone(gone: Array, first: np.datetime64, last: np.datetime64) -> dict[int, int]:
    """Return how many stocks went in each year of the data, years without one left out."""
    inside = gone[~np.isnat(gone) & (gone > first) & (gone <= last)]
    years, counts = np.unique(inside.astype("datetime64[Y]").astype(int) + 1970, return_counts=True)
    return dict(zip(years.tolist(), counts.tolist(), strict=True))


def _rare(
    axes: Axes, listed: Array, gone: Array, traded: Array, begin: int, collector: Collector
) -> None:
    """Name stocks that traded on less than half of the days on which they were listed."""
    days = traded.shape[1]
    calendar = axes.calendar[begin : begin + days]
    start = np.searchsorted(calendar, listed)
    stop = np.where(np.isnat(gone), days, np.searchsorted(calendar, gone))
    span = stop - start
    counts = traded.sum(axis=1)
    rare = np.flatnonzero((counts > 0) & (span >= _SILENT_DAYS) & (counts < _RARE_SHARE * span))
    if len(rare):
        order = rare[np.argsort(counts[rare] / span[rare], kind="stable")]
        examples = [
            f"{axes.codes[k]} {counts[k] / span[k]:.0%}" for k in order[: Collector.EXAMPLES]
        ]
        what = f"with bars on less than {_RARE_SHARE:.0%} of the days on which they were listed"
        collector.add("info", "stock_daily", "rare", len(rare), what, examples, unit="stock")
