"""Which spreads between stocks of an industry are traded: chosen in a window that has ended.

Three ways. "distance": the pairs whose prices, 1 at the window's begin with dividends kept in, ran
closest together (least sum of squared differences). "cointegration": of the closest pairs those
whose log prices Engle and Granger's test finds cointegrated. "residual": the stocks whose returns,
less their beta times those of the rest of their industry, cumulate to what reverts fastest.

References
----------
E. Gatev, W. N. Goetzmann, K. G. Rouwenhorst (2006), "Pairs trading: performance of a relative-value
arbitrage rule", Review of Financial Studies 19.
R. F. Engle, C. W. J. Granger (1987), "Co-integration and error correction", Econometrica 55.
M. Avellaneda, J.-H. Lee (2010), "Statistical arbitrage in the US equities market", Quantitative
Finance 10 (there against sector funds).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from quanthedge.arbitrage.spread_reversion import estimates_of
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["NONE", "Chosen", "Method", "Stocks", "chosen"]

Method = Literal["distance", "cointegration", "residual"]
NONE = -1  # the second leg is the rest of the industry
LAGS = 1  # of the test of cointegration
_LARGEST_P = 0.05
_SHORTLIST = 5  # tested for each pair that is wanted
_LEAST_BASKET = 5  # stocks of an industry


@dataclass(frozen=True, eq=False)
class Stocks:
    """What the formation reads: the panels of a market.

    ``returns`` [T, N]: with dividends, 0 where not traded. ``traded`` [T, N]. ``industry`` [T, N]:
    -1 = not known.
    """

    returns: Floats
    traded: Bools
    industry: Ints


class Chosen(NamedTuple):
    """The spreads that a formation chose, and what it looked at.

    Attributes
    ----------
    first, second : int64 [K]
        Stocks; `second` is NONE where it is the rest of the industry.
    industry : int64 [K]
    beta, mean, sigma : float64 [K]
        ``z = (a - beta b - mean) / sigma`` of prices, log prices or cumulated returns.
    figure : float64 [K]
        What it was chosen by: distance a day, p, or half-life in days.
    rest : tuple of int64 arrays [K]
        Members of the basket, with the first stock.
    tried : dict of int to (stocks, spreads)
        By industry.
    tested : list of (first, second, p)
        Tests of cointegration.
    tests : dict of int to int
        Their number by industry.
    """

    first: Ints
    second: Ints
    industry: Ints
    beta: Floats
    mean: Floats
    sigma: Floats
    figure: Floats
    rest: tuple[Ints, ...]
    tried: dict[int, tuple[int, int]]
    tested: list[tuple[int, int, float]]
    tests: dict[int, int]


class _Close(NamedTuple):
    """Pairs of all industries by their distance, the closest first."""

    first: Ints
    second: Ints
    distance: Floats
    tried: dict[int, tuple[int, int]]


def chosen(
    stocks: Stocks, row: int, days: int, eligible: Bools, method: Method, most: int
) -> Chosen:
    """Return the spreads chosen at the close of a row from the `days` up to it.

    Parameters
    ----------
    stocks : Stocks
    row, days : int
    eligible : bool [N]
    method : {"distance", "cointegration", "residual"}
    most : int
        Spreads to choose.
    """
    returns = stocks.returns[row - days + 1 : row + 1]
    groups = _groups(stocks.industry[row], eligible)
    if method == "residual":
        return _by_residual(returns, groups, most)
    close = _closest(returns, groups, most if method == "distance" else _SHORTLIST * most)
    industry = stocks.industry[row]
    return (_by_distance if method == "distance" else _by_test)(returns, close, industry, most)


def _groups(industry: Ints, eligible: Bools) -> dict[int, Ints]:
    """Return the eligible stocks of each industry that has two or more."""
    found = {}
    for one in np.unique(industry[eligible & (industry >= 0)]):
        members = np.flatnonzero(eligible & (industry == one)).astype(np.int64)
        if members.size > 1:
            found[int(one)] = members
    return found


def _closest(returns: Floats, groups: dict[int, Ints], most: int) -> _Close:
    """Return the pairs inside industries that ran closest, by mean squared difference of prices."""
    from scipy.spatial.distance import pdist

    first, second, distance, tried = [], [], [], {}
    for industry, members in groups.items():
        prices = np.exp(np.cumsum(np.log1p(returns[:, members]), axis=0))
        i, j = np.triu_indices(members.size, 1)
        first.append(members[i])
        second.append(members[j])
        distance.append(pdist(prices.T, "sqeuclidean") / len(returns))
        tried[industry] = (members.size, i.size)
    if not groups:
        nothing = np.empty(0, dtype=np.int64)
        return _Close(nothing, nothing, np.empty(0), {})
    far = np.concatenate(distance)
    order = np.argsort(far, kind="stable")[:most]
    return _Close(np.concatenate(first)[order], np.concatenate(second)[order], far[order], tried)


def _by_distance(returns: Floats, close: _Close, industry: Ints, most: int) -> Chosen:
    prices = np.exp(np.cumsum(np.log1p(returns), axis=0))
    gap = prices[:, close.first] - prices[:, close.second]
    count = close.first.size
    return Chosen(
        close.first, close.second, industry[close.first], np.ones(count), np.zeros(count),
        gap.std(axis=0, ddof=1) if count else np.empty(0), close.distance, (), close.tried, [], {},
    )  # fmt: skip


def _by_test(returns: Floats, close: _Close, industry: Ints, most: int) -> Chosen:
    """Return the pairs of the shortlist with the smallest p of no cointegration."""
    logs = np.cumsum(np.log1p(returns), axis=0)
    both = list(zip(close.first.tolist(), close.second.tolist(), strict=True))
    p = np.array([_test(logs[:, i], logs[:, j]) for i, j in both])
    beta, mean, sigma = _regressions(logs[:, close.first], logs[:, close.second])
    good = np.flatnonzero((p <= _LARGEST_P) & (beta > 0.0))
    best = good[np.argsort(p[good], kind="stable")[:most]]
    tested = [(i, j, float(one)) for (i, j), one in zip(both, p, strict=True)]
    return Chosen(
        close.first[best], close.second[best], industry[close.first[best]], beta[best], mean[best],
        sigma[best], p[best], (), close.tried, tested, Counter(industry[close.first].tolist()),
    )  # fmt: skip


def _test(one: Floats, other: Floats) -> float:
    """Return Engle and Granger's p of no cointegration: a constant, one lag."""
    from statsmodels.tsa.stattools import coint

    return float(coint(one, other, trend="c", maxlag=LAGS, autolag=None)[1])


def _regressions(y: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Return slope, constant and residual deviation of each column of y on that of x, [K]."""
    dx, dy = x - x.mean(axis=0), y - y.mean(axis=0)
    slope = (dx * dy).sum(axis=0) / (dx * dx).sum(axis=0)
    rest = dy - slope * dx
    return slope, y.mean(axis=0) - slope * x.mean(axis=0), rest.std(axis=0, ddof=2)


def _by_residual(returns: Floats, groups: dict[int, Ints], most: int) -> Chosen:
    """Return the stocks whose residuals cumulate to what reverts fastest, and surely at 90%."""
    groups = {one: members for one, members in groups.items() if members.size >= _LEAST_BASKET}
    parts = [_residuals(returns[:, members]) for members in groups.values()]
    if not parts:
        return _nothing()
    beta, paths = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    found = estimates_of(paths[:, 1:], paths[:, :-1], 0.9)
    days = found["half_life"]
    good = np.flatnonzero(np.isfinite(found["half_life_high"]) & (days > 0))
    best = good[np.argsort(days[good], kind="stable")[:most]]
    members = np.concatenate(list(groups.values()))
    industry = np.repeat(list(groups), [one.size for one in groups.values()])
    return Chosen(
        members[best], np.full(best.size, NONE, dtype=np.int64), industry[best], beta[best],
        found["mean"][best], found["sigma"][best], days[best],
        tuple(groups[int(one)] for one in industry[best]),
        {one: (held.size, held.size) for one, held in groups.items()}, [], {},
    )  # fmt: skip


def _nothing() -> Chosen:
    whole, real = np.empty(0, dtype=np.int64), np.empty(0)
    return Chosen(whole, whole, whole, real, real, real, real, (), {}, [], {})


def _residuals(returns: Floats) -> tuple[Floats, Floats]:
    """Return each stock's beta to the mean of the others [n], and cumulated residuals [n, D]."""
    others = (returns.sum(axis=1, keepdims=True) - returns) / (returns.shape[1] - 1)
    slope, constant, _ = _regressions(returns, others)
    return slope, np.cumsum(returns - constant - slope * others, axis=0).T
