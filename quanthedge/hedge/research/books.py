"""Stock books to hedge: members of indices, random draws, or the targets of a strategy."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats, Ints

__all__ = ["Book", "BookTargets", "index_book", "random_book"]


class BookTargets(Protocol):
    """Weights decided at closes, sparse: the targets of a strategy, or a Book."""

    @property
    def decision_rows(self) -> Ints:
        """Day index of each decision, ascending, [R]."""
        ...

    @property
    def pointer(self) -> Ints:
        """Decision r wants ``stocks[pointer[r]:pointer[r + 1]]``, [R + 1]."""
        ...

    @property
    def stocks(self) -> Ints:
        """Positions in the market's codes, [K]."""
        ...

    @property
    def weights(self) -> Floats:
        """Weights of the stocks, [K]."""
        ...


class Book(NamedTuple):
    """An equally weighted book that is set up again at each month's end.

    Attributes
    ----------
    name : str
    decision_rows : int64 [R]
        Day index of each decision.
    pointer : int64 [R + 1], stocks : int64 [K], weights : float64 [K]
        Decision r wants ``stocks[pointer[r]:pointer[r + 1]]``.

    """

    name: str
    decision_rows: Ints
    pointer: Ints
    stocks: Ints
    weights: Floats


def index_book(
    market: Market,
    codes: str | Sequence[str],
    start: str | None = None,
    end: str | None = None,
) -> Book:
    """Return equal weights of the members of one index, or of several together, month by month.

    Parameters
    ----------
    market : Market
    codes : str or sequence of str
        ``("000300.SH", "000905.SH")`` are the members of the CSI 800.
    start, end : date, optional
        First day on which the book earns, and last; the whole market by default.

    Returns
    -------
    Book
        Decided at the close before `start` and at each month's last close. Members that did not
        trade on a decision's day are taken too: a suspended stock stays in the book.

    Raises
    ------
    DataError
        When members are not known, or there is none on a decision's day.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> book = qh.index_book(market, "000300.SH", "2014-09-17", "2014-12-31")
    >>> book.name, len(book.decision_rows)
    ('members of 000300.SH', 4)
    """
    names = [codes] if isinstance(codes, str) else list(codes)
    rows = _month_ends(market, start, end)
    chosen = np.zeros((rows.size, len(market.codes)), dtype=np.bool_)
    for code in names:
        chosen |= market.members(code)[rows]
    chosen &= _alive(market, rows)
    return _equal("members of " + " + ".join(names), market, rows, chosen)


def random_book(
    market: Market,
    n: int = 200,
    seed: int = 0,
    start: str | None = None,
    end: str | None = None,
) -> Book:
    """Return equal weights of ``n`` stocks drawn at random, held as long as they are listed.

    Parameters
    ----------
    market : Market
    n : int
        Number of stocks.
    seed : int
        Of the draw: every code is given a place in a queue once, and each month the first ``n`` of
        the queue that were listed a year ago and have not gone are held.
    start, end : date, optional
        First day on which the book earns, and last; the whole market by default.

    Raises
    ------
    DataError
        When fewer than ``n`` stocks can be drawn on a decision's day.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> book = qh.random_book(market, n=50, seed=1, start="2014-09-17", end="2014-12-31")
    >>> book.name, len(book.decision_rows)
    ('random 50 (seed 1)', 4)
    """
    rows = _month_ends(market, start, end)
    order = np.random.default_rng(seed).permutation(len(market.codes))
    seasoned = market.list_index()[None, :] + TRADING_DAYS_A_YEAR <= rows[:, None]
    eligible = (_alive(market, rows) & seasoned)[:, order]
    place = np.cumsum(eligible, axis=1)
    short = place[:, -1] < n
    if short.any():
        r = int(np.argmax(short))
        raise DataError(
            f"random_book: {place[r, -1]} stocks were listed for a year on "
            f"{market.dates[rows[r]]}, {n} are wanted; lower n or start later"
        )
    chosen = np.zeros(eligible.shape, dtype=np.bool_)
    chosen[:, order] = eligible & (place <= n)
    return _equal(f"random {n} (seed {seed})", market, rows, chosen)


def _month_ends(market: Market, start: str | None, end: str | None) -> Ints:
    """Row before the first day, and the last row of each month up to the last."""
    dates = market.dates
    first, last = market.span(
        dates[1] if start is None else start, dates[-1] if end is None else end
    )
    if first == 0:
        raise DataError(
            f"start {start}: is the first day of the data, but the book is decided at the close of "
            f"the day before; choose a later start than {dates[0]}"
        )
    month = dates.astype("datetime64[M]")
    ends = np.flatnonzero(month[1:] != month[:-1])
    inside = ends[(ends > first - 1) & (ends < last)]
    return np.concatenate([[first - 1], inside]).astype(np.int64)


def _alive(market: Market, rows: Ints) -> NDArray[np.bool_]:
    """Whether each stock had its first trading day by a row and is not gone, [R, N]."""
    day = rows[:, None]
    result: NDArray[np.bool_] = (market.list_index()[None, :] <= day) & (
        market.delist_index()[None, :] > day
    )
    return result


def _equal(name: str, market: Market, rows: Ints, chosen: NDArray[np.bool_]) -> Book:
    """Book of equal weights of the chosen stocks."""
    counts = chosen.sum(axis=1)
    if not counts.all():
        r = int(np.argmin(counts))
        raise DataError(f"book '{name}': no stock on {market.dates[rows[r]]}; choose another span")
    pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    stocks = np.nonzero(chosen)[1].astype(np.int64)
    return Book(name, rows, pointer, stocks, np.repeat(1.0 / counts, counts))
