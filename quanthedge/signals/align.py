"""Scores put into a market's days and codes."""

import numpy as np

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.signals.report import ClosedDays, Placed, named, table_report
from quanthedge.signals.scores import Scores
from quanthedge.signals.table import Carry, ScoreTable
from quanthedge.typing import Bools, Days, Ints

__all__ = ["aligned"]


def aligned(
    scores: Scores,
    market: Market,
    *,
    lag: int,
    closed_days: ClosedDays,
    carry: Carry | None,
    where: str,
) -> ScoreTable:
    """Return scores in the days and codes of a whole market.

    Parameters
    ----------
    scores : Scores
    market : Market
    lag : int
        Trading days after its own day on which a score becomes known, where no column says it.
    closed_days : {"next", "previous"}
        The trading day with which a day without trading counts.
    carry : {"day", "stock"} or None
        None: "stock" where the rows of a day became known on different days, else "day".
    where : str
        What messages call the table.

    Raises
    ------
    DataError
        No code is a stock of the market, days lie after its data, or nothing falls into its days.
    """
    place = np.searchsorted(market.codes, scores.names)
    place = np.minimum(place, len(market.codes) - 1)
    there = market.codes[place] == scores.names
    if not there.any():
        raise DataError(
            f"{where}: none of its {len(scores.names):,} codes is a stock of market "
            f"'{market.name}' ({named(tuple(scores.names.tolist()))}); codes look like 600519.SH"
        )
    _refuse_later(scores, market, where)
    days, day = np.unique(scores.dates, return_inverse=True)
    row, closed = _rows(days, market, closed_days)
    inside = (row >= 0)[day]
    mine = there[scores.places] & inside
    if not mine.any():
        raise DataError(
            f"{where}: no score of a stock of market '{market.name}' on its days "
            f"{market.dates[0]} to {market.dates[-1]}; the table has {days[0]} to {days[-1]}"
        )
    used = np.flatnonzero(row >= 0)  # also a day whose codes are all unknown: it takes the place
    day = np.searchsorted(used, day)  # of the one before
    values = np.full((used.size, len(market.codes)), np.nan)
    values[day[mine], place[scores.places[mine]]] = scores.values[mine]
    known = (row[used] + lag)[:, None]
    if scores.known is not None:
        known = _known(scores.known, day, place[scores.places], (inside, mine), market)
    carry = carry or ("day" if known.shape[1] == 1 else "stock")
    if carry == "day" and known.shape[1] > 1:
        raise DataError(
            f"{where}: rows of one day became known on different days, so that no day counts as a "
            "whole; take carry = 'stock'"
        )
    placed = Placed(days, row, closed, used, known, values)
    report = table_report(scores, placed, there, market, closed_days)
    return ScoreTable(days[used], known, market.codes, values, carry, report)


def _refuse_later(scores: Scores, market: Market, where: str) -> None:
    """Refuse days after the data's end, unless it was the market that was cut before it."""
    if market.is_altered or market.is_cut:
        return
    late = np.unique(scores.dates[scores.dates > market.dates[-1]])
    if late.size:
        raise DataError(
            f"{where}: {late.size:,} days after the end of market '{market.name}', "
            f"{market.dates[-1]} (first: {late[0]}); import more data, or leave them out"
        )


def _rows(days: Days, market: Market, closed_days: ClosedDays) -> tuple[Ints, Bools]:
    """Return the market's row of each day, negative before its first, and which are no sessions."""
    calendar = market.calendar
    place = np.searchsorted(calendar, days)
    open_ = calendar[np.minimum(place, len(calendar) - 1)] == days
    if closed_days == "previous":
        place = np.where(open_, place, place - 1)
    row = place - int(np.searchsorted(calendar, market.dates[0]))
    return row.astype(np.int64), ~open_ & (days >= market.dates[0])


def _known(
    known: Days,
    day: Ints,
    stock: Ints,
    masks: tuple[Bools, Bools],
    market: Market,
) -> Ints:
    """Return the rows of knowledge, [D, 1] where each day's are one, else [D, N].

    ``masks``: rows on the market's days, and of these such as are of its stocks.
    """
    inside, mine = masks
    row, _ = _rows(known, market, "next")
    days = int(day[inside].max()) + 1
    low = np.full(days, np.iinfo(np.int64).max)
    high = np.full(days, -1)
    np.minimum.at(low, day[inside], row[inside])
    np.maximum.at(high, day[inside], row[inside])
    if (low == high).all():
        return high[:, None]
    whole = np.full((days, len(market.codes)), -1, dtype=np.int64)
    whole[day[mine], stock[mine]] = row[mine]
    return whole
