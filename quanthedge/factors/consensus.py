"""The consensus of analysts as it stood on a day: each broker's last word that still counts."""

from dataclasses import dataclass

import numpy as np

from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["Consensus", "consensus"]


@dataclass(frozen=True)
class Consensus:
    """Forecasts of the net profit of a calendar year.

    Attributes
    ----------
    count : float64 [R, N]
        Brokers with a forecast that counts; 0 where there is none.
    mean : float64 [R, N]
        Yuan; NaN without a forecast.
    deviation : float64 [R, N]
        Sample deviation (n - 1), yuan; NaN with fewer than two.
    """

    count: Floats
    mean: Floats
    deviation: Floats


def consensus(market: Market, rows: Ints, years: Ints, memory: int) -> Consensus:
    """Return the consensus on some days, each about the profit of a calendar year.

    Parameters
    ----------
    market : Market
    rows : int64 [R]
        Days, in any order.
    years : int64 [R]
        The year asked about on each of them.
    memory : int
        Calendar days for which a forecast counts, unless its broker changes it before.

    Raises
    ------
    DataError
        The market has no table analyst_estimates.

    Notes
    -----
    Of a broker's forecasts of one stock and year only the last known one counts; of one day the
    last in the table. A forecast of earnings per share alone stands for that times the total shares
    of the day on which it became known; one without either number counts as withdrawn.
    """
    frame = market.analyst_estimates()
    codes = frame["code"].to_numpy(dtype=str)
    stock = np.minimum(np.searchsorted(market.codes, codes), len(market.codes) - 1)
    stock = np.where(market.codes[stock] == codes, stock, -1)
    year = frame["period_end"].to_numpy().astype("datetime64[Y]").astype(np.int64) + 1970
    known = frame["known_date"].to_numpy().astype("datetime64[D]")
    broker = frame["broker"].astype("category").cat.codes.to_numpy()
    order = np.lexsort((np.arange(len(stock)), known, broker, year, stock))
    order = order[stock[order] >= 0]
    about = np.column_stack([stock, year, broker])[order]
    public, profit = known[order], frame["net_profit"].to_numpy(np.float64)[order]
    per_share = frame["earnings_per_share"].to_numpy(np.float64)[order]
    begin = np.searchsorted(market.dates, public)
    there = np.minimum(begin, len(market.dates) - 1), about[:, 0]
    profit = np.where(np.isnan(profit), per_share * market.panel("total_shares")[there], profit)
    end = np.searchsorted(market.dates, public + np.timedelta64(memory, "D"), side="right")
    replaced = (about[1:] == about[:-1]).all(axis=1)
    end[:-1] = np.where(replaced, np.minimum(end[:-1], begin[1:]), end[:-1])
    kept = np.isfinite(profit) & (end > begin)
    spells = np.column_stack([about[:, :2], begin, end])[kept].astype(np.int64)
    return _over_days(spells, profit[kept], rows, years, len(market.codes))


def _over_days(spells: Ints, profit: Floats, rows: Ints, years: Ints, stocks: int) -> Consensus:
    """Add up the forecasts in force on each day: the mean first, then the deviations from it."""
    from quanthedge.factors.kernels import add_deviations, add_forecasts

    asked, inverse = np.unique(np.column_stack([rows, years]), axis=0, return_inverse=True)
    place = np.ravel(inverse)
    count, total = np.zeros((len(asked), stocks)), np.zeros((len(asked), stocks))
    add_forecasts(spells, profit, asked, count, total)
    mean = total / np.where(count > 0, count, np.nan)
    square = np.zeros((len(asked), stocks))
    add_deviations(spells, profit, asked, mean, square)
    deviation = np.sqrt(square / np.where(count > 1, count - 1, np.nan))
    return Consensus(count[place], mean[place], deviation[place])
