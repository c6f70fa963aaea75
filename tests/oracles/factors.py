"""Factors one stock at a time in pandas, written from their published definitions.

Each function takes a `Stock` and the factor's parameters as keywords and returns a Series by day.
Nothing here is shared with the package.
"""

import math
import sys

import numpy as np
import pandas as pd


class Stock:
    """One stock's history as Series by day number."""

    def __init__(self, market, n):
        self._market, self._n = market, n
        self._asked = set(getattr(market, "asked", range(len(market.dates))))

    def asks(self, t):
        """Whether a day's exposures are looked at; slow readings may leave the others out."""
        return t in self._asked

    def bar(self, name):
        return pd.Series(np.asarray(self._market.panel(name))[:, self._n])

    def item(self, name):
        if name not in self._market.fundamental_items():
            return pd.Series(np.nan, index=range(len(self._market.dates)))
        return pd.Series(np.asarray(self._market.fundamental(name))[:, self._n])

    @property
    def whole(self):
        """The whole market, where only some of its stocks are asked for."""
        return getattr(self._market, "whole", self._market)

    @property
    def number(self):
        return self._n

    def index_returns(self, code):
        return pd.Series(self.whole.index_close(code)).pct_change(fill_method=None)

    def there(self):
        """Whether it is listed on each day."""
        day = np.arange(len(self._market.dates))
        first, gone = self.whole.list_index()[self._n], self.whole.delist_index()[self._n]
        return pd.Series((day >= first) & (day < gone))

    def trailing(self, item):
        return pd.Series(np.asarray(self._market.fundamental_ttm(item))[:, self._n])

    @property
    def code(self):
        return self._market.codes[self._n]

    def days(self):
        return [pd.Timestamp(day) for day in self._market.dates]

    def asked(self):
        """The days whose exposures are looked at; slow readings may leave the others out."""
        return self._asked

    def index(self, code):
        return self._market.index_close(code)

    def every_row(self, table):
        return self._market.table(table)

    def rows(self, table):
        found = self.every_row(table)
        return found[found["code"] == self.code]

    def market_value(self):
        last_close = self.bar("close").ffill()
        return last_close * self.bar("total_shares")

    def last_year(self, item, fallback):
        values = self.item(f"{item}_ttm")
        return values.combine_first(self.item(f"{item}_last_annual")) if fallback else values


def earnings_yield(stock, fallback):
    return stock.last_year("net_profit", fallback) / stock.market_value()


def book_yield(stock):
    return stock.item("book_equity") / stock.market_value()


def sales_yield(stock, fallback):
    return stock.last_year("revenue", fallback) / stock.market_value()


def dividend_yield(stock, fallback):
    return stock.last_year("dividend", fallback) / stock.market_value()


def _growth(stock, item, lag_days, fallback, scale):
    suffixes = ["_ttm", "_last_annual"] if fallback else ["_ttm"]
    equity = stock.item("book_equity")
    answer = []
    for t in equity.index:
        value = math.nan
        for suffix in suffixes:
            history = stock.item(item + suffix)
            if t < lag_days or not math.isnan(value):
                continue
            base = abs(history[t - lag_days]) if scale == "base" else equity[t]
            if base > 0:
                value = (history[t] - history[t - lag_days]) / base
        answer.append(value)
    return pd.Series(answer)


def profit_growth(stock, lag_days, fallback, scale):
    return _growth(stock, "net_profit", lag_days, fallback, scale)


def revenue_growth(stock, lag_days, fallback, scale):
    return _growth(stock, "revenue", lag_days, fallback, scale)


def return_on_equity(stock, fallback):
    ratio = stock.last_year("net_profit", fallback) / stock.item("book_equity")
    return ratio[stock.item("book_equity") > 0]


def leverage(stock):
    debt = stock.item("debt_to_assets_pct") / 100
    return debt.where(debt >= 0)


def least_of(window, min_traded):
    return math.ceil(window * min_traded - 1e-9)


def rolling(values, window, min_traded):
    return values.rolling(window, min_periods=least_of(window, min_traded))


def whole_windows(values, window):
    return values.where(values.index >= window - 1)


def turnover(stock, window, min_traded):
    daily = stock.bar("volume") / stock.bar("float_shares")
    return whole_windows(rolling(daily, window, min_traded).mean(), window)


def illiquidity(stock, window, min_traded):
    returns = stock.bar("close") / stock.bar("pre_close") - 1
    daily = returns.abs() / (stock.bar("amount") / 1e8)
    return whole_windows(rolling(daily, window, min_traded).mean(), window)


def volatility(stock, window, min_traded):
    returns = stock.bar("close") / stock.bar("pre_close") - 1
    answer = []
    for t in returns.index:
        seen = returns[max(0, t - window + 1) : t + 1].dropna()
        enough = t + 1 >= window and len(seen) >= max(2, least_of(window, min_traded))
        answer.append(np.std(seen, ddof=1) if enough else math.nan)
    return pd.Series(answer)


def momentum(stock, window, skip, min_traded):
    """Growth of one yuan through the daily total returns after the window's first day."""
    growth = 1 + (stock.bar("close") / stock.bar("pre_close") - 1)
    traded = stock.bar("traded")
    answer = []
    for t in growth.index:
        span = growth[t - window + 1 : t - skip + 1] if t >= window else growth[:0]
        listed = t >= window and traded[: t - window + 1].any()
        enough = stock.asks(t) and traded[span.index].sum() >= least_of(window - skip, min_traded)
        answer.append(span.dropna().prod() - 1 if listed and enough else math.nan)
    return pd.Series(answer)


def reversal(stock, window, min_traded):
    return momentum(stock, window, 0, min_traded)


def size(stock):
    return stock.market_value().map(math.log, na_action="ignore")


def exposure(factor, market):
    """The factor's exposures on all days, [T, N], slowly."""
    from tests.oracles import factors_prices, factors_reports

    parameters = factor.model_dump(exclude={"kind"})
    days = range(len(market.dates))
    read = next(
        getattr(file, factor.kind)
        for file in (sys.modules[__name__], factors_prices, factors_reports)
        if hasattr(file, factor.kind)
    )
    columns = [
        read(Stock(market, n), **parameters).reindex(days).to_numpy(np.float64)
        for n in range(len(market.codes))
    ]
    return np.column_stack(columns)
