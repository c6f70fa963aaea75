"""What an index will pay in dividends by a contract's delivery, expected from its past alone.

The price index falls on ex-days, the future does not pay: in May to July, when A-shares pay, a
discount is no discount. Expected are the trailing year's yield and the share of a year's dividends
that falls between now and then, by the calendar of the years before.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.risk import index_weights
from quanthedge.typing import Days, Floats, Ints

__all__ = [
    "DividendCalendar", "basket_weights", "dividend_calendar", "expected_dividends",
    "realised_dividends",
]  # fmt: skip

_LARGEST = 1.06  # of an adjustment factor's step that is still taken for a dividend
_LEAST_DAYS = 200  # of a calendar year in the data, for it to count as whole


@dataclass(frozen=True)
class DividendCalendar:
    """Dividends of an index by month, and its trailing yield by day.

    Attributes
    ----------
    years : int ndarray [Y]
        Calendar years that are whole in the data.
    by_month : ndarray [Y, 12]
        Yield paid in each month of them, fraction of the index.
    trailing : ndarray [T]
        Trailing yearly yield as published by the day, fraction; NaN where unknown.

    """

    years: NDArray[np.int64]
    by_month: Floats
    trailing: Floats

    def profile(self, year: int) -> Floats:
        """Return the share of a year's dividends that each month takes, by the years before.

        Without a whole year before, every month takes a twelfth.
        """
        before = self.by_month[self.years < year]
        total = before.sum()
        return before.sum(axis=0) / total if total > 0 else np.full(12, 1.0 / 12.0)

    def expected(self, row: int, today: np.datetime64, end: np.datetime64) -> float:
        """Return the yield expected from tomorrow to a day, known at the close of today."""
        if end <= today:
            return 0.0
        days = np.arange(today + 1, end + 1)
        months = days.astype("datetime64[M]")
        lengths = (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
        profile = self.profile(int(str(today)[:4]))
        share = profile[months.astype(np.int64) % 12] / lengths.astype(np.int64)
        return float(self.trailing[row] * share.sum())


def expected_dividends(calendar: DividendCalendar, dates: Days, ends: Days) -> Floats:
    """Return the yields expected from each day to each end, [T, M]; 0 where the end is past.

    Parameters
    ----------
    calendar : DividendCalendar
    dates : datetime64[D] [T]
        The market's days.
    ends : datetime64[D] [M]

    Notes
    -----
    The same as :meth:`DividendCalendar.expected` of each pair; row t is known at its close.
    """
    begin = dates[0].astype("datetime64[D]")
    days = np.arange(begin, max(ends.max(initial=begin), dates[-1]) + 1)
    months = days.astype("datetime64[M]")
    lengths = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(float)
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    upto = (dates - begin).astype(np.int64)
    end = np.maximum((ends - begin).astype(np.int64), 0)
    share = np.zeros((dates.size, ends.size))
    for one in np.unique(year):
        daily = calendar.profile(int(one))[months.astype(np.int64) % 12] / lengths
        total = np.cumsum(daily)
        own = np.flatnonzero(year == one)
        share[own] = total[end] - total[upto[own]][:, None]
    ahead = ends > dates[:, None]
    return np.where(ahead, calendar.trailing[:, None] * share, 0.0)


def realised_dividends(market: Market, code: str) -> Floats:
    """Return the yield that an index's members paid on each day, [T].

    Notes
    -----
    The adjustment factor of a member steps by ``1 + dividend / price`` on its ex-day. Steps above
    6% are bonus or rights issues and count nothing, so a dividend that comes with bonus shares is
    missed. Members are weighed as in the index at the close before
    (:func:`quanthedge.risk.index_weights`). For an index whose members the market does not know,
    all its stocks stand in, by their market value.
    """
    factor = market.panel("adj_factor")
    columns, weights = basket_weights(market, code)
    result = np.zeros(len(market.dates))
    stepped = (factor[1:, columns] > factor[:-1, columns]).any(axis=1)
    for t in np.flatnonzero(stepped) + 1:  # on other days nothing is paid
        held = np.flatnonzero(weights[t - 1] > 0)
        stocks = columns[held]
        step = factor[t, stocks] / factor[t - 1, stocks]
        paid = np.where((step > 1.0) & (step < _LARGEST), 1.0 - 1.0 / step, 0.0)
        result[t] = (paid * weights[t - 1, held]).sum()
    return result


def basket_weights(market: Market, code: str) -> tuple[Ints, Floats]:
    """Return places of stocks [M] and what each weighs at each close [T, M], 0 where unknown."""
    if code in market.member_indices():
        found = index_weights(market, code)
        return found.columns, np.nan_to_num(found.values)
    value = np.nan_to_num(market.panel("mark") * market.panel("total_shares"))
    whole = value.sum(axis=1, keepdims=True)
    shares = np.divide(value, whole, out=np.zeros_like(value), where=whole > 0)
    return np.arange(value.shape[1], dtype=np.int64), shares


def dividend_calendar(market: Market, code: str) -> DividendCalendar:
    """Return the dividend calendar of an index on a market.

    Notes
    -----
    The trailing yield is the published one of ``index_dividend_yield``; in a market without that
    table it is what the members paid in the 365 days before, NaN in the first year.
    """
    return _calendar(market, code)


@lru_cache(maxsize=8)
def _calendar(market: Market, code: str) -> DividendCalendar:
    paid = realised_dividends(market, code)
    dates = market.dates
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    years = np.unique(year)
    whole = np.array([y for y in years if (year == y).sum() >= _LEAST_DAYS], dtype=np.int64)
    by_month = np.zeros((whole.size, 12))
    for k, y in enumerate(whole):
        inside = year == y
        by_month[k] = np.bincount(month[inside], weights=paid[inside], minlength=12)
    return DividendCalendar(whole, by_month, _trailing(market, code, paid))


def _trailing(market: Market, code: str, paid: Floats) -> Floats:
    """Return the published trailing yield, or what the members paid in the 365 days before."""
    try:
        return _carried(market.index_dividend_yield(code))
    except DataError:
        pass
    total = np.concatenate([[0.0], np.cumsum(paid)])
    begin = np.searchsorted(market.dates, market.dates - np.timedelta64(364, "D"))
    result: Floats = total[1:] - total[begin]
    result[market.dates < market.dates[0] + np.timedelta64(364, "D")] = np.nan
    return result


def _carried(values: Any) -> Floats:
    """Return values with the last one known in place of NaN."""
    values = np.asarray(values, dtype=np.float64)
    place = np.where(np.isfinite(values), np.arange(values.size), -1)
    last = np.maximum.accumulate(place)
    return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)
