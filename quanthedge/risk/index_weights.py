"""What each member weighs in an index on any day: as published, or estimated where it is not.

A published list holds at the close of its day and drifts with the members' total returns until the
next one. Where there is none (or only an old one), the weights at the close of a quarter's last day
q are estimated from the returns of the index over the days before:

    w = argmin  sum over days s of ((r_index[s] - sum over i of w[i] g[s, i] r[s, i]) / noise)^2
              + sum over i of ((w[i] - w0[i]) / (spread w0[i]))^2        with w >= 0, sum of w = 1

``g[s, i] = k[s] v[s - 1, i] / v[q, i]`` takes a weight of day q back to day s (v is what a share
bought once is worth, k makes the weights of day s one). Who left the index inside the window counts
on its days with its share of the float value; who joined, from the day on which it did.

w0 is where the estimate starts: at first the float value by the index provider's bands (the share
that can be traded, rounded up: to a percent below 15%, then 20, 30 ... 80, 100%); later what a
member weighed for its float value in the estimate or list before. What the tradable shares do not
say (holdings of the state that may be traded and never are) the returns do, more with each quarter.


References
----------
China Securities Index Co., methodology of the CSI 300: free float bands, weights by price.
C. L. Lawson, R. J. Hanson (1974), Solving least squares problems, chapter 23: non-negative least
squares (``scipy.optimize.nnls``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from pydantic import Field

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.plain import Told
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.stages import stage
from quanthedge.typing import Bools, Days, Floats, Ints

__all__ = ["SOURCES", "IndexWeightModel", "IndexWeights", "float_band", "index_weights"]

SOURCES = ("none", "list", "estimate", "float")  # what a day's weights go back to
_NONE, _LIST, _ESTIMATE, _FLOAT = range(4)
_LEAST_SHARE = 0.1  # of its float weight from which an estimate starts: 0 would stay 0 for ever
_SUM_IS_ONE = 1e4  # weight of that equation beside the others, whose errors are of the order of 1


class IndexWeightModel(Told):
    """How weights are estimated, and when an estimate counts as good."""

    window: int = Field(default=120, ge=20, description="Days of returns behind an estimate.")
    least_days: int = Field(default=60, ge=10, description="With fewer there is no estimate.")
    noise: float = Field(
        default=3e-4, gt=0, description="Daily error of the index by its members: dividends, bands."
    )
    first_spread: float = Field(
        default=0.6, gt=0, description="Relative error of weights by float bands."
    )
    spread: float = Field(
        default=0.3, gt=0, description="Relative error of the list or estimate before."
    )
    stale_days: int = Field(
        default=92, ge=1, description="Calendar days after which a list is no longer enough."
    )
    lists: bool = Field(default=True, description="Whether published lists are used.")
    judged_days: int = Field(default=60, ge=20, description="Days after an estimate that judge it.")
    most_tracking: float = Field(
        default=0.015, gt=0, description="Largest tracking error of a good one, a year."
    )
    most_beta_error: float = Field(default=0.02, gt=0, description="Largest distance of beta to 1.")


@dataclass(frozen=True)
class IndexWeights:
    """Weights of an index's members at the close of each day.

    Attributes
    ----------
    index : str
    dates : datetime64[D] [T]
    columns : int64 [M]
        Places in the market's codes of all who were ever members.
    values : float64 [T, M]
        Known at the close of day t, to be traded on from the next day. Sum 1; NaN before the first
        day with members.
    source : int8 [T]
        Number in SOURCES of what the row drifted from.
    since : int64 [T]
        Row of that list or estimate; -1 where there is none.
    quarters : DataFrame
        By the last day of each quarter: source, since; misfit_bp (daily error of the index inside
        the window of an estimate), tracking (a year) and beta over the next `judged_days` days,
        accepted (None where those days are not over). These look ahead by design: they judge.
    stocks : int
        Width of the market.
    without_value : int
        Days x members that had neither price nor shares and count with 0.
    """

    index: str
    dates: Days
    columns: Ints
    values: Floats
    source: Ints
    since: Ints
    quarters: pd.DataFrame
    stocks: int
    without_value: int

    def on(self, rows: Ints) -> Floats:
        """Return the weights of days, [R, N] over all stocks of the market; 0 for others."""
        chosen = np.atleast_1d(np.asarray(rows, dtype=np.int64))
        made = np.zeros((len(chosen), self.stocks))
        made[:, self.columns] = self.values[chosen]
        made[~np.isfinite(self.values[chosen]).all(axis=1)] = np.nan
        return made

    def notes(self) -> list[str]:
        """Return what a reader of the weights has to know, in words."""
        table = self.quarters
        said = []
        for name in ("estimate", "float"):
            own = table[table["source"] == name]
            if len(own):
                said.append(f"{self.index}: {len(own)} of {len(table)} quarters begin with {name} "
                            "weights, not with a published list")  # fmt: skip
        bad = table[[one is False for one in table["accepted"]]]
        said += [
            f"{self.index}: weights of {date:%Y-%m-%d} ({source}) are not accepted: tracking "
            f"{off:.2%} a year, beta {beta:.3f}"
            for date, source, off, beta in zip(
                pd.DatetimeIndex(bad.index),
                bad["source"],
                bad["tracking"],
                bad["beta"],
                strict=True,
            )
        ]
        if self.without_value:
            said.append(
                f"{self.index}: {self.without_value} days of members without price or shares"
            )
        return said


class _Inputs(NamedTuple):
    """Arrays over the members' columns."""

    members: Bools  # [T, M]
    returns: Floats  # [T, M], 0 where not traded
    worth: Floats  # [T, M], last close x adjustment factor
    base: Floats  # [T, M], share of the float value by bands; 0 for others
    level: Floats  # [T], returns of the index, NaN where missing
    lists: dict[int, Floats]  # by row, [M], sum 1


_KEPT: "WeakKeyDictionary[Market, dict[tuple[str, IndexWeightModel], IndexWeights]]"
_KEPT = WeakKeyDictionary()


def index_weights(
    market: Market, index: str, model: IndexWeightModel | None = None
) -> IndexWeights:
    """Return what each member of an index weighs on every day of the market.

    Parameters
    ----------
    market : Market
        With the index's members; with its lists and bars where there are any.
    index : str
        For example "000905.SH".
    model : IndexWeightModel, optional

    Returns
    -------
    IndexWeights

    Raises
    ------
    DataError
        Neither members nor lists of the index are known, or no member has a float value.

    Notes
    -----
    Row t uses closes, lists and members up to day t. Between two origins weights drift with total
    returns; who leaves or is delisted gives its weight to the rest, who joins comes in with its
    share of the float value.
    """
    model = model or IndexWeightModel()
    kept = _KEPT.setdefault(market, {})
    if (index, model) not in kept:
        kept[index, model] = stage(
            "index_weights",
            market,
            {"index": index, "model": model},
            lambda: _weights(market, index, model),
            kinds=(IndexWeights,),
            with_market=True,
        )
    return kept[index, model]


def float_band(share: Floats) -> Floats:
    """Return the share of a company's stock that an index counts, by the share that is free.

    Examples
    --------
    >>> float_band(np.array([0.07, 0.123, 0.18, 0.2, 0.41, 0.8, 0.83])).tolist()
    [0.07, 0.13, 0.2, 0.2, 0.5, 0.8, 1.0]
    """
    percent = np.ceil(share * 100.0 - 1e-9) / 100.0
    tens = np.ceil(share * 10.0 - 1e-9) / 10.0
    return np.where(share <= 0.15, percent, np.where(share <= 0.8, np.maximum(tens, 0.2), 1.0))


def _weights(market: Market, index: str, model: IndexWeightModel) -> IndexWeights:
    columns, inputs, missing = _inputs(market, index, lists=model.lists)
    days = len(market.dates)
    values = np.full(inputs.returns.shape, np.nan)
    source, since = np.zeros(days, dtype=np.int64), np.full(days, -1, dtype=np.int64)
    ends = set(_quarter_ends(market).tolist())
    misfit: dict[int, float] = {}
    held, listed, now = np.zeros(len(columns)), -1, _NONE
    for t in range(days):
        held = _carried(inputs, t, held)
        if t in inputs.lists:
            held, now, listed, since[t:] = inputs.lists[t], _LIST, t, t
        elif now == _NONE and inputs.base[t].any():
            held, now, since[t:] = inputs.base[t], _FLOAT, t
        elif t in ends and now != _NONE and _stale(market.dates, listed, t, model):
            spread = model.first_spread if now == _FLOAT else model.spread
            start = _start(inputs, t, held, values[since[t]], int(since[t]))
            found = _estimate(inputs, t, start, spread, model)
            if found is not None:
                (held, misfit[t]), now, since[t:] = found, _ESTIMATE, t
        if now != _NONE:
            values[t], source[t] = held, now
    if now == _NONE:
        raise DataError(f"index_weights {index}: no member has a price and a number of shares")
    ends_known = np.array(sorted(t for t in ends if source[t] != _NONE), dtype=np.int64)
    table = _judged(market, inputs, values, ends_known, model)
    table.insert(0, "source", [SOURCES[s] for s in source[ends_known]])
    table.insert(1, "since", market.dates[since[ends_known]].astype("datetime64[s]"))
    table.insert(2, "misfit_bp", [misfit.get(int(t), np.nan) * 1e4 for t in ends_known])
    return IndexWeights(index, market.dates, columns, values, source, since, table,
                        len(market.codes), missing)  # fmt: skip


def _stale(dates: Days, listed: int, t: int, model: IndexWeightModel) -> bool:
    """Whether the last list (row -1: none) is too old on a day."""
    return listed < 0 or bool((dates[t] - dates[listed]).astype(int) > model.stale_days)


def _inputs(market: Market, index: str, *, lists: bool) -> tuple[Ints, _Inputs, int]:
    """Return the columns of all members, the arrays over them, and days x members unknown."""
    published = lists and index in market.weight_indices()
    if index in market.member_indices() or not published:
        members = np.asarray(market.members(index), dtype=np.bool_)
    else:
        members = np.nan_to_num(market.index_weights(index)[0]) > 0
    rows = _list_rows(market, index) if published else {}
    ever = members.any(axis=0)
    for one in rows.values():
        ever |= one > 0
    columns = np.flatnonzero(ever).astype(np.int64)
    alive = np.arange(len(members))[:, None] < market.delist_index()[columns]
    mark = np.asarray(market.panel("mark")[:, columns], dtype=np.float64)
    inside = members[:, columns] & alive
    cells = np.nonzero(inside)
    total, free = (
        np.asarray(market.panel(name)[cells[0], columns[cells[1]]], dtype=np.float64)
        for name in ("total_shares", "float_shares")
    )
    value = np.zeros(inside.shape)
    value[cells] = np.nan_to_num(mark[cells] * total * float_band(free / total))
    whole = np.array([_sum(row) for row in value])[:, None]
    arrays = _Inputs(
        members=inside,
        returns=np.nan_to_num(np.asarray(market.panel("simple_return")[:, columns], np.float64)),
        worth=mark * np.asarray(market.panel("adj_factor")[:, columns], dtype=np.float64),
        base=value / np.where(whole > 0, whole, 1.0),
        level=_index_returns(market, index),
        lists={t: one[columns] / one.sum() for t, one in rows.items()},
    )
    return columns, arrays, int((inside & (value <= 0)).sum())


def _list_rows(market: Market, index: str) -> dict[int, Floats]:
    """Return the lists that lie inside the market's days, by row, [N] each."""
    table = market.index_weight_lists(index)
    days = table["date"].to_numpy().astype("datetime64[D]")
    inside = np.isin(days, market.dates)
    row = np.searchsorted(market.dates, days)
    place = pd.Index(market.codes).get_indexer(pd.Index(table["code"].astype(str)))
    chosen = inside & (place >= 0)
    found: dict[int, Floats] = {}
    for t in np.unique(row[chosen]):
        own = chosen & (row == t)
        one = np.zeros(len(market.codes))
        one[place[own]] = table["weight"].to_numpy(dtype=np.float64)[own]
        found[int(t)] = one
    return found


def _index_returns(market: Market, index: str) -> Floats:
    """Return the index's daily returns, [T]; NaN where a close is missing or it has no bars."""
    found = np.full(len(market.dates), np.nan)
    if index in market.index_codes():
        close = market.index_close(index)
        found[1:] = close[1:] / close[:-1] - 1.0
    return found


def _quarter_ends(market: Market) -> Ints:
    """Return the rows of the last trading days of quarters, as the calendar says beforehand."""
    calendar = np.asarray(market.calendar, dtype="datetime64[D]")
    month = calendar.astype("datetime64[M]").astype(np.int64)
    last = calendar[:-1][month[1:] // 3 != month[:-1] // 3]
    row = np.searchsorted(market.dates, last)
    inside = row < len(market.dates)
    inside[inside] = market.dates[row[inside]] == last[inside]
    rows: Ints = row[inside].astype(np.int64)
    return rows


def _carried(inputs: _Inputs, t: int, held: Floats) -> Floats:
    """Return yesterday's weights at today's close: drifted, without leavers, with joiners."""
    if t == 0 or not held.any():
        return held
    now = held * (1.0 + inputs.returns[t])
    left = inputs.members[t - 1] & ~inputs.members[t]
    joined = inputs.members[t] & ~inputs.members[t - 1] & (held <= 0)
    if left.any() or joined.any():
        now = np.where(left, 0.0, now)
        stay = (now > 0) & (inputs.base[t] > 0)
        by_float = inputs.base[t, stay].sum()
        if by_float > 0:
            now = np.where(joined, inputs.base[t] * now[stay].sum() / by_float, now)
    total = _sum(now)
    return now / total if total > 0 else np.zeros_like(now)


def _sum(values: Floats) -> float:
    """Return a sum that does not depend on how many others stand beside, to the last digit."""
    return float(values[values != 0].sum())


def _start(inputs: _Inputs, q: int, held: Floats, origin: Floats, since: int) -> Floats:
    """Return where the estimate of day q starts: what a member weighed for its float value.

    Unlike drifted weights these follow new shares and unlocked ones.
    """
    was, now = inputs.base[since], inputs.base[q]
    known = (origin > 0) & (was > 0) & (now > 0)
    start = np.where(known, origin / np.where(known, was, 1.0) * now, 0.0)
    share = held[known].sum() / start[known].sum() if known.any() else 1.0
    start = np.where(known, start * share, held)
    begin: Floats = np.maximum(start, _LEAST_SHARE * now)
    return begin


def _estimate(
    inputs: _Inputs, q: int, begin: Floats, spread: float, model: IndexWeightModel
) -> tuple[Floats, float] | None:
    """Return the weights at the close of a day and the daily misfit; None with too few returns."""
    from scipy.optimize import nnls

    on = np.flatnonzero(begin > 0)
    start = begin[on] / begin[on].sum()
    rows = np.arange(max(q - model.window + 1, 1), q + 1)
    common = (inputs.members[rows] & (inputs.base[rows - 1] > 0))[:, on].any(axis=1)
    rows = rows[np.isfinite(inputs.level[rows]) & common]
    if len(rows) < model.least_days:
        return None
    design, wanted = _equations(inputs, rows, q, on, start)
    # in units of the start: every unknown is near 1
    matrix = np.vstack([design * start / model.noise, np.eye(len(on)) / spread,
                        start[None] * _SUM_IS_ONE])  # fmt: skip
    right = np.concatenate([wanted / model.noise, np.full(len(on), 1.0 / spread), [_SUM_IS_ONE]])
    times, _ = nnls(matrix, right, maxiter=30 * len(on))
    found = times * start
    found /= found.sum()
    made = np.zeros_like(begin)
    made[on] = found
    return made, float(np.sqrt(np.mean((wanted - design @ found) ** 2)))


def _equations(
    inputs: _Inputs, rows: Ints, q: int, on: Ints, start: Floats
) -> tuple[Floats, Floats]:
    """Return what a weight of day q earned the index on each day, [S, M], and what it earned."""
    with np.errstate(divide="ignore", invalid="ignore"):
        back = inputs.worth[rows - 1][:, on] / inputs.worth[q, on]
    was = inputs.members[rows][:, on] & np.isfinite(back)
    back = np.where(was, back, 0.0)
    before = inputs.base[rows - 1].copy()
    before[:, on] = 0.0  # what is left are those who are no longer in it
    before = before[:, left := before.any(axis=0)]
    leavers = before.sum(axis=1)
    scale = (1.0 - leavers) / (back @ start)
    design = scale[:, None] * back * inputs.returns[rows][:, on]
    return design, inputs.level[rows] - (before * inputs.returns[rows][:, left]).sum(axis=1)


def _judged(
    market: Market, inputs: _Inputs, values: Floats, ends: Ints, model: IndexWeightModel
) -> pd.DataFrame:
    """Return how weights of days tracked the index over the days after, without later news."""
    rows: list[tuple[float, float, bool | None]] = []
    for t in ends:
        days = list(_followed(inputs, values[t], int(t), model.judged_days))
        if len(days) < model.judged_days or not np.isfinite(days).all():
            rows.append((np.nan, np.nan, None))
            continue
        book, index = np.array(days).T
        off = float(np.std(book - index, ddof=1)) * TRADING_DAYS_A_YEAR**0.5
        beta = float(np.polyfit(index, book, 1)[0])
        good = off < model.most_tracking and abs(beta - 1.0) <= model.most_beta_error
        rows.append((off, beta, bool(good)))
    dates = pd.DatetimeIndex(market.dates[ends], name="date")
    return pd.DataFrame(rows, index=dates, columns=["tracking", "beta", "accepted"])


def _followed(
    inputs: _Inputs, held: Floats, start: int, days: int
) -> Iterator[tuple[float, float]]:
    """Yield the returns of a book of weights and of the index on the days after its day."""
    for t in range(start + 1, min(start + 1 + days, len(inputs.level))):
        yield float(held @ inputs.returns[t]), float(inputs.level[t])
        held = _carried(inputs, t, held)
