"""Labels of a researcher's own: a table of returns, held against what the stocks earned."""

from dataclasses import replace
from typing import Any

import numpy as np

from quanthedge.errors import DataError, StrategyError
from quanthedge.labelling.decisions import Decisions
from quanthedge.labelling.future import Entry, Horizon, Labels, labels
from quanthedge.labelling.genuine import LEAST, digest_of
from quanthedge.labelling.reasons import SAME, TIMING
from quanthedge.market import Market
from quanthedge.signals import Scores, read_scores
from quanthedge.typing import Floats, Rows

__all__ = ["labels_from"]


def labels_from(
    market: Market,
    source: Any,
    rows: Decisions = "month",
    *,
    entry: Entry = "open",
    lag: int = 1,
    horizon: Horizon = "next",
    column: str = "",
    least: float = LEAST,
) -> Labels:
    """Return own returns as labels: residual returns, returns over an index, after own costs.

    Parameters
    ----------
    market : Market
    source : DataFrame, Series, or path
        The return after each decision, by the day of the decision and the stock, in any shape that
        :func:`quanthedge.signal_from` reads.
    rows, entry, lag, horizon
        The decisions, and when their returns begin and end, as of :func:`quanthedge.labels`.
        ``can_buy``, ``can_sell``, ``naive`` and the days from which each is known are the market's
        own by them.
    column : str
        Where the returns of a long table are, if it has several columns.
    least : float
        Smallest rank correlation of a day's returns with what the stocks earned; -1 asks nothing.

    Returns
    -------
    Labels

    Raises
    ------
    DataError
        No table of numbers by day and stock; days that are no decisions; no stocks of the market.
    StrategyError
        Returns given to other stocks, or of other days than those they stand at.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> plain = qh.labels(market, "month").frame()
    >>> over = plain.sub(plain.mean(axis=1), axis=0)  # each stock's return over the mean of all
    >>> made = qh.labels_from(market, over, "month")
    >>> len(made.rows)
    35
    """
    if not -1 <= least <= 1:
        raise StrategyError(f"labels_from: least {least!r}; accepted: -1 to 1")
    table = read_scores(source, column=column, where="labels")
    theirs = labels(market, rows, entry=entry, lag=lag, horizon=horizon)
    value = _placed(table, market, theirs.rows)
    value[~theirs.can_buy] = np.nan
    other = (theirs.reason == SAME) & (value != theirs.naive)
    reason = np.where(other, np.int8(TIMING), theirs.reason)
    made = replace(theirs, value=value, reason=reason, own=table.digest, digest="")
    made.check_plausible(theirs, least)
    return replace(made, digest=digest_of(made))


def _placed(table: Scores, market: Market, rows: Rows) -> Floats:
    """Return the table's numbers by decision and stock, [R, N]."""
    at = np.minimum(np.searchsorted(market.dates[rows], table.dates), len(rows) - 1)
    strange = market.dates[rows][at] != table.dates
    if strange.any():
        raise DataError(
            f"labels: {len(np.unique(table.dates[strange]))} of {len(np.unique(table.dates))} days "
            f"are none of the {len(rows)} decisions (first: {table.dates[strange][0]}); accepted: "
            "the days of the decisions, or rows that name those of the table"
        )
    place = np.minimum(np.searchsorted(market.codes, table.names), len(market.codes) - 1)
    known = market.codes[place] == table.names
    if not known.all():
        raise DataError(
            f"labels: {int((~known).sum())} of {len(known)} codes are no stocks of market "
            f"'{market.name}' (first: {table.names[~known][0]}); leave them out"
        )
    value = np.full((len(rows), len(market.codes)), np.nan)
    value[at, place[table.places]] = table.values
    return value
