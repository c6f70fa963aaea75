"""Indicators of the whole market, one number a day.

They say how dear, how broad, how nervous and how cheaply hedged a market is. They are for deciding
how much of a fund to invest; a number that is the same for every stock ranks none.

>>> indicators().loc["breadth", "zh"]
'站上60日均线股票占比'
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import basis_table
from quanthedge.market import Market
from quanthedge.typing import Floats
from quanthedge.words import texts

__all__ = ["indicators", "macro"]

INDEX = "000300.SH"
_SHORT, _LONG, _MEAN = 20, 250, 60
_TIE = 1e-9  # a price that is its own mean is not above it, whatever is rounded
_LEAST_LEFT = 10  # calendar days to delivery of the contract whose basis is taken


def indicators() -> pd.DataFrame:
    """Return what each indicator is, by name.

    Columns: en, zh, formula_en, formula_zh, source, needs (tables).
    """
    rows = {
        name: {**said, "needs": ", ".join(said["needs"])}
        for name, said in texts("quanthedge.conditions", "catalogue").items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def macro(market: Market, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return indicators of the whole market by day, dates x indicators.

    Parameters
    ----------
    market : Market
    names : sequence of str, optional
        Which of `indicators`; by default all that the market carries.

    Returns
    -------
    DataFrame
        float64, NaN where an indicator is not defined: too little history, a day without the index,
        no contract listed yet. ``attrs["skipped"]`` says which were left out and why.

    Raises
    ------
    StrategyError
        There is no such indicator.
    DataError
        The market lacks a table that an indicator named takes.

    Notes
    -----
    Row t takes what was public by the close of day t; the government curve of a day comes out in
    its evening, before the next day's open.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> found = qh.macro(market)
    >>> found.columns[:3].tolist()
    ['ep_minus_shibor', 'ep_minus_10y', 'breadth']
    """
    catalogue = texts("quanthedge.conditions", "catalogue")
    for name in names or ():
        if name not in catalogue:
            raise StrategyError(f"no indicator {name!r}; there are {', '.join(catalogue)}")
    columns: dict[str, Floats] = {}
    skipped: dict[str, str] = {}
    for name in catalogue if names is None else dict.fromkeys(names):
        missing = [table for table in catalogue[name]["needs"] if not market.has(table)]
        if missing:
            reason = f"market '{market.name}' has no table {', '.join(missing)}"
            if names is not None:
                raise DataError(f"indicator {name}: {reason}")
            skipped[name] = reason
        else:
            columns[name] = _WORK[name](market)
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex(market.dates, name="date"))
    frame.attrs["skipped"] = skipped
    return frame


def _earnings_yield(market: Market) -> Floats:
    """Return the earnings yield of the index: profits of its members over their value, [T]."""
    value = np.asarray(market.panel("mark") * market.panel("total_shares"))
    profit = np.asarray(market.fundamental("net_profit_ttm"))
    if "net_profit_last_annual" in market.fundamental_items():
        profit = np.where(np.isnan(profit), market.fundamental("net_profit_last_annual"), profit)
    counted = market.members(INDEX) & np.isfinite(value) & np.isfinite(profit)
    whole = np.where(counted, value, 0.0).sum(axis=1)
    earned: Floats = np.where(counted, profit, 0.0).sum(axis=1)
    return earned / np.where(whole > 0, whole, np.nan)


def _over_shibor(market: Market) -> Floats:
    return _earnings_yield(market) - market.cash_rate()


def _over_bonds(market: Market) -> Floats:
    return _earnings_yield(market) - market.government_yield("10Y")


def _breadth(market: Market) -> Floats:
    """Return the share of stocks above their mean, from sums that carry from day to day."""
    from quanthedge.operators import rolling_mean

    price = np.asarray(market.panel("close") * market.panel("adj_factor"))
    mean = np.asarray(rolling_mean(price, _MEAN, min_share=0.5))
    known = np.isfinite(price) & np.isfinite(mean)
    count = known.sum(axis=1)
    higher = price > mean * (1 + _TIE)
    above: Floats = (known & higher).sum(axis=1).astype(np.float64)
    return above / np.where(count > 0, count, np.nan)


def _volatility_ratio(market: Market) -> Floats:
    moved = pd.Series(market.index_close(INDEX)).pct_change(fill_method=None)
    short, long = (moved.rolling(window).std() for window in (_SHORT, _LONG))
    return np.asarray(short / long.where(long > 0), dtype=np.float64)


def _basis(product: str) -> Callable[[Market], Floats]:
    """Return the work for a product; before it is listed there is no basis."""

    def work(market: Market) -> Floats:
        found = np.full(len(market.dates), np.nan)
        if product not in market.futures_products():
            return found
        table = basis_table(market, product)
        table = table[table["days_left"] >= _LEAST_LEFT].sort_values(["date", "days_left"])
        nearest = table.drop_duplicates("date")
        days = nearest["date"].to_numpy().astype("datetime64[D]")
        found[np.searchsorted(market.dates, days)] = nearest["annualised_adjusted"]
        return found

    return work


def _smoothed(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).rolling(_SHORT).mean(), dtype=np.float64)


def _dispersion(market: Market) -> Floats:
    moved = market.panel("simple_return")
    known = np.isfinite(moved)
    count = known.sum(axis=1)
    mean = np.where(known, moved, 0.0).sum(axis=1) / np.maximum(count, 1)
    square = np.where(known, (moved - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return _smoothed(np.sqrt(square / np.where(count > 1, count - 1, np.nan)))


def _turnover(market: Market) -> Floats:
    amount = market.panel("amount")
    value = market.panel("close") * market.panel("float_shares")
    known = np.isfinite(amount) & np.isfinite(value)
    whole = np.where(known, value, 0.0).sum(axis=1)
    traded = np.where(known, amount, 0.0).sum(axis=1)
    return _smoothed(traded / np.where(whole > 0, whole, np.nan))


def _rate(market: Market) -> Floats:
    return market.government_yield("10Y")


def _term_spread(market: Market) -> Floats:
    return market.government_yield("10Y") - market.government_yield("1Y")


def _rate_change(market: Market) -> Floats:
    return np.asarray(pd.Series(_rate(market)).diff(_MEAN), dtype=np.float64)


_WORK: dict[str, Callable[[Market], Floats]] = {
    "ep_minus_shibor": _over_shibor,
    "ep_minus_10y": _over_bonds,
    "breadth": _breadth,
    "volatility_ratio": _volatility_ratio,
    "basis_if": _basis("IF"),
    "basis_ic": _basis("IC"),
    "dispersion": _dispersion,
    "market_turnover": _turnover,
    "rate_10y": _rate,
    "term_spread": _term_spread,
    "rate_change": _rate_change,
}
