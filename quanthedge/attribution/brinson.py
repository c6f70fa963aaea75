"""Alpha by industry: which industries the book held more of, and which stocks inside them.

The line alpha of the bridge sets the stocks of the last close against ``b S`` yuan of the index (b
the book's beta, S the stocks' value). So does the split: the book's yuan in an industry beside
``b`` times the index, each member at its weight. On each day, with S_g the book's value in industry
g and G_g its gain in price, W_g the index's weight of it, R_g what the index's members in it
gained, R what all members gained (weights and values of the last close), and r the index's own
return:

    industry   sum over g of  b (S_g - S W_g) (R_g - R)          allocation of industries
    stock      sum over g of  G_g - b S_g R_g                    selection inside them
    index      b S (R - r)                        what the members' weights miss of the index

They add up to ``G - b S r``, the line alpha. It is Brinson's and Fachler's split of a fund against
a benchmark that gains b times what the index does, with the interaction inside the selection: who
chooses stocks chooses them for the money that the industry was given. Yuan of days add up to yuan
of periods, so that no linking is needed.

An industry in which the index has no member (and the stocks of no industry) has no R_g: it is
measured against the whole index, R_g = R, so that all of it is selection.

References
----------
G. P. Brinson, N. Fachler (1985), Measuring non-US equity portfolio performance, Journal of
Portfolio Management 11(3). G. P. Brinson, L. R. Hood, G. L. Beebower (1986), Determinants of
portfolio performance, Financial Analysts Journal 42(4).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import Bridge, By, ShareGrowth, held_through
from quanthedge.record import Record
from quanthedge.risk import index_weights
from quanthedge.typing import Floats

__all__ = [
    "BRINSON",
    "INDUSTRY_COLUMNS",
    "Effects",
    "brinson",
    "brinson_industries",
    "effects_of",
    "industry_table",
    "line_table",
    "split",
]

BRINSON = ("industry", "stock", "index")
INDUSTRY_COLUMNS = (
    "date", "industry", "name_zh", "name_en", "book", "index", "allocation_yuan", "selection_yuan",
)  # fmt: skip
_NONE = "none"  # stocks of no industry
_Numbers = Callable[[NDArray[np.intp]], NDArray[np.int64]]  # of columns [K]: industries [T, K]


class Effects(NamedTuple):
    """The parts of each day's alpha, yuan, and the weights behind them.

    Attributes
    ----------
    days : DatetimeIndex [T]
    industries : DataFrame [G]
        industry (code), name_zh, name_en; the last is of the stocks without one.
    allocation, selection : float64 [T, G]
        Yuan.
    missed : float64 [T]
        Yuan: what the members' weights miss of the index's own return.
    book, members : float64 [T, G]
        Share of each industry in the stocks' value and in the index, at the last close; 0 in the
        book on days without stocks.
    mismatches : int64 [T]
        Holdings on record that differ from what was rebuilt.
    """

    days: pd.DatetimeIndex
    industries: pd.DataFrame
    allocation: Floats
    selection: Floats
    missed: Floats
    book: Floats
    members: Floats
    mismatches: NDArray[np.int64]


def brinson(
    result: Record,
    market: Market,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the line ``alpha`` of the bridge by industries and by stocks inside them, yuan.

    Parameters
    ----------
    result : Result
    market : Market
        The market of the run, with the members of its benchmark.
    by, start, end
        As in :meth:`quanthedge.performance.Bridge.yuan`.

    Returns
    -------
    DataFrame
        industry (allocation), stock (selection), index (what the members' weights miss of the
        index's return): together the line ``alpha``; ``residual`` and ``mismatched_holdings`` as in
        :func:`quanthedge.alpha_by`.

    Raises
    ------
    DataError
        When the market is not that of the run, or the weights of the benchmark's members are not
        known on a day with stocks.

    Notes
    -----
    The split of a day uses weights, industries and holdings of the close before.
    """
    effects = effects_of(result, market)
    return Bridge(result).alpha_in_parts(line_table(effects), effects.mismatches, by, start, end)


def brinson_industries(
    result: Record,
    market: Market,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return allocation and selection of each industry, yuan.

    Parameters
    ----------
    result, market, by, start, end
        As in :func:`brinson`.

    Returns
    -------
    DataFrame
        A row for each period and each industry that book or index held in it: date (last day of the
        period), industry (code, ``none`` for stocks without one), name_zh, name_en, book and index
        (mean share of the stocks' value and of the index over the days with stocks),
        allocation_yuan, selection_yuan. Over the industries of a period they add up to the columns
        industry and stock of :func:`brinson`.

    Raises
    ------
    DataError
        As :func:`brinson`.
    """
    ends = pd.DatetimeIndex(Bridge(result).yuan(by, start, end).index)
    return industry_table(effects_of(result, market), ends, start)


def line_table(effects: Effects) -> pd.DataFrame:
    """Return industry, stock and index of each day, yuan."""
    sums = (effects.allocation.sum(axis=1), effects.selection.sum(axis=1), effects.missed)
    return pd.DataFrame(dict(zip(BRINSON, sums, strict=True)), index=effects.days)


def industry_table(
    effects: Effects, ends: pd.DatetimeIndex, start: str | None = None
) -> pd.DataFrame:
    """Return what :func:`brinson_industries` does, for periods that end on these days.

    Days before `start` and after the last end are in none of them.
    """
    inside = (effects.days <= ends[-1]) & (effects.days >= pd.Timestamp(start or effects.days[0]))
    place = np.searchsorted(ends.to_numpy(), effects.days.to_numpy()[inside])
    begins = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    held = (effects.book[inside] != 0.0).any(axis=1)
    days = np.maximum(np.add.reduceat(held, begins, dtype=np.int64), 1)[:, None]
    shares = [
        np.add.reduceat(np.where(held[:, None], one[inside], 0.0), begins) / days
        for one in (effects.book, effects.members)
    ]
    yuan = [np.add.reduceat(one[inside], begins) for one in (effects.allocation, effects.selection)]
    period, group = np.nonzero((shares[0] != 0.0) | (shares[1] != 0.0))
    names = effects.industries.iloc[group].reset_index(drop=True)
    values = [one[period, group] for one in (*shares, *yuan)]
    numbers = pd.DataFrame(dict(zip(INDUSTRY_COLUMNS[4:], values, strict=True)))
    numbers.insert(0, "date", ends[place[begins]][period])
    return numbers.join(names)[list(INDUSTRY_COLUMNS)]


def effects_of(result: Record, market: Market) -> Effects:
    """Return allocation and selection of each day and industry.

    Raises
    ------
    DataError
        As :func:`brinson`.
    """
    through = held_through(result, market)
    span = slice(through.first, through.first + len(through.value) + 1)
    number, names = _industries(market, span)
    groups = len(names)
    move = _move(result)
    beta, index = move["beta"].to_numpy(), move["index"].to_numpy()
    book = number(through.columns)
    moved = (beta * index)[:, None] * through.value
    gained = np.where(through.value != 0.0, through.alpha + moved, 0.0)
    value = _by_group(through.value, book, groups)
    stocks = value.sum(axis=1, keepdims=True)
    weights, gains = _members(result, market, span, stocks[:, 0] != 0.0, number, groups)
    gain = _by_group(gained, book, groups)
    return Effects(
        pd.DatetimeIndex(result.ledger.index[1:], name="date"),
        names,
        *split(beta, index, value, gain, weights, gains),
        book=np.divide(value, stocks, out=np.zeros_like(value), where=stocks != 0.0),
        members=weights,
        mismatches=through.mismatches,
    )


def split(
    beta: Floats, index: Floats, value: Floats, gain: Floats, weights: Floats, gains: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return allocation and selection by industry, and what the members miss of the index, yuan.

    Parameters
    ----------
    beta, index : float64 [T]
        Beta of the book, return of the index.
    value, gain : float64 [T, G]
        Yuan of the book in each industry at the last close, and what they gained.
    weights, gains : float64 [T, G]
        Of the index in each industry, and weight times return of its members there, summed.

    Returns
    -------
    allocation, selection : float64 [T, G]
    missed : float64 [T]
    """
    stocks, whole = value.sum(axis=1, keepdims=True), gains.sum(axis=1, keepdims=True)
    everywhere = np.tile(whole, (1, value.shape[1]))
    own = np.divide(gains, weights, out=everywhere, where=weights > 0.0)
    allocation = beta[:, None] * (value - stocks * weights) * (own - whole)
    selection = gain - beta[:, None] * value * own
    return allocation, selection, beta * stocks[:, 0] * (whole[:, 0] - index)


def _move(result: Record) -> pd.DataFrame:
    """Return by day the beta of the book at the last close and the index's return; 0 if none."""
    ledger = result.ledger
    moved = pd.DataFrame(
        {
            "beta": ledger["book_beta"].shift(1),
            "index": ledger["index_close"].pct_change(fill_method=None),
        }
    )
    held = ledger["stock_value"].shift(1).fillna(0.0) != 0.0
    return moved.iloc[1:].where(held.iloc[1:], 0.0).fillna({"beta": 0.0})


def _industries(market: Market, span: slice) -> tuple[_Numbers, pd.DataFrame]:
    """Return what gives the industry of stocks at the closes before the days, and their names."""
    none = {"industry": [_NONE], "name_zh": [""], "name_en": [""]}
    days = span.stop - 1 - span.start
    if not market.has("industry"):
        names = pd.DataFrame(none).astype("str")
        return lambda columns: np.zeros((days, len(columns)), dtype=np.int64), names
    number, known = market.industry()
    names = pd.concat([known[list(none)].astype("str"), pd.DataFrame(none)], ignore_index=True)

    def of(columns: NDArray[np.intp]) -> NDArray[np.int64]:
        own = number[span.start : span.stop - 1][:, columns].astype(np.int64)
        return np.where(own < 0, len(known), own)

    return of, names.astype("str")


def _members(
    result: Record,
    market: Market,
    span: slice,
    held: NDArray[np.bool_],
    number: _Numbers,
    groups: int,
) -> tuple[Floats, Floats]:
    """Return the weight of the index by industry, and weights times returns, [T, G] each."""
    code = result.strategy.benchmark
    found = index_weights(market, code)
    weights = found.values[span.start : span.stop - 1]
    lost = held & ~np.isfinite(weights).all(axis=1)
    if lost.any():
        raise DataError(
            f"brinson: what the members of {code} weigh is not known on "
            f"{market.dates[span.start + int(lost.argmax())]}, at whose close stocks were held"
        )
    weights = np.nan_to_num(weights)
    columns = found.columns.astype(np.intp)
    gains = weights * ShareGrowth.of(market, span, columns).price_returns()
    own = number(columns)
    return _by_group(weights, own, groups), _by_group(gains, own, groups)


def _by_group(values: Floats, group: NDArray[np.int64], groups: int) -> Floats:
    """Return the sums of each day over the stocks of each group, [T, G]."""
    place = np.arange(len(values))[:, None] * groups + group
    summed = np.bincount(place.ravel(), values.ravel(), minlength=len(values) * groups)
    return np.asarray(summed.reshape(len(values), groups))
