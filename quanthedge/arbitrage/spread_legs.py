"""Both legs of calendar spreads as arrays by day: prices, days left, expected dividends, rates."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from quanthedge.hedge import basis_table, contract_chain
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, deposit_rate, index_of
from quanthedge.typing import Days, Floats, Ints

__all__ = ["Legs", "legs_of"]


@dataclass(frozen=True, eq=False)
class Legs:
    """The contracts of a product from its first day on.

    Attributes
    ----------
    dates : datetime64[D] [T]
    contracts : tuple of str [M]
        Ordered by last trading day.
    ends : datetime64[D] [M]
    days_left : int64 [T, M]
        Trading days from a day to the contract's last.
    places : int64 [T, M]
        0 front, 1 next, 2 quarter, 3 second quarter; -1 = not listed, or without a price.
    mark, open, close, volume : float64 [T, M]
    index : float64 [T]
    dividends : float64 [T, M]
        Expected until the contract's delivery, points; NaN where not known.
    rate : float64 [T]
        Deposit benchmark of one year, a fraction.
    """

    dates: Days
    contracts: tuple[str, ...]
    ends: Days
    days_left: Ints
    places: Ints
    mark: Floats
    open: Floats
    close: Floats
    volume: Floats
    index: Floats
    dividends: Floats
    rate: Floats

    def between(self, near: Ints, far: Ints) -> Floats:
        """Return the calendar days between two deliveries, [T]."""
        days: Floats = (self.ends[far] - self.ends[near]).astype(np.float64)
        return days

    def fair(self, rows: Ints, near: Ints, far: Ints) -> Floats:
        """Return the fair spread of two contracts on rows, points, [R]."""
        financing = self.index[rows] * self.rate[rows] * self.between(near, far)
        paid = self.dividends[rows, far] - self.dividends[rows, near]
        result: Floats = financing / CALENDAR_DAYS_A_YEAR - paid
        return result

    def deviation(self, rows: Ints, near: Ints, far: Ints) -> Floats:
        """Return the spread over its fair value, a fraction of the index a year, [R]."""
        spread = self.mark[rows, far] - self.mark[rows, near]
        over = spread - self.fair(rows, near, far)
        years = self.between(near, far) / CALENDAR_DAYS_A_YEAR
        result: Floats = over / self.index[rows] / years
        return result


@lru_cache(maxsize=8)
def legs_of(market: Market, product: str) -> Legs:
    """Return the contracts of a product of a market, from the product's first day on.

    Raises
    ------
    DataError
        As :func:`quanthedge.hedge.basis_table`.
    """
    table = basis_table(market, product)
    chain = contract_chain(market, product)
    first = int(np.argmax(chain.present.any(axis=1)))
    dates = chain.dates[first:]
    shape = (dates.size, len(chain.contracts))
    rows = np.searchsorted(dates, table["date"].to_numpy().astype("datetime64[D]"))
    columns = np.array([chain.position[name] for name in table["contract"]], dtype=np.int64)
    places, dividends = np.full(shape, -1, dtype=np.int64), np.full(shape, np.nan)
    places[rows, columns] = table["position"].cat.codes
    dividends[rows, columns] = table["dividends"]
    return Legs(
        dates, tuple(chain.contracts), chain.last_trading_day,
        _days_left(market, dates, chain.last_trading_day), places,
        np.where(places >= 0, chain.mark[first:], np.nan), chain.open[first:], chain.close[first:],
        chain.volume[first:], market.index_close(index_of(product))[first:], dividends,
        deposit_rate(dates, term="one_year"),
    )  # fmt: skip


def _days_left(market: Market, dates: Days, ends: Days) -> Ints:
    """Return the trading days from each day to each end, [T, M]; weekdays past the calendar."""
    calendar = np.asarray(market.calendar, dtype="datetime64[D]")
    beyond = calendar.size - 1 + np.busday_count(calendar[-1], ends)
    place = np.where(ends <= calendar[-1], np.searchsorted(calendar, ends), beyond)
    result: Ints = (place[None, :] - np.searchsorted(calendar, dates)[:, None]).astype(np.int64)
    return result
