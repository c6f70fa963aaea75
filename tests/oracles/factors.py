"""Factors one stock at a time in pandas, written from their published definitions.

Each function takes a `Stock` and the factor's parameters as keywords and returns a Series by day.
Nothing here is shared with the package.
"""

import math

import numpy as np
import pandas as pd


class Stock:
    """One stock's history as Series by day number."""

    def __init__(self, market, n, asked=None):
        self._market, self._n, self._asked = market, n, asked

    def asks(self, t):
        """Whether a day is asked for: slow loops leave out the others."""
        return self._asked is None or t in self._asked

    def bar(self, name):
        return pd.Series(np.asarray(self._market.panel(name))[:, self._n])

    def item(self, name):
        if name not in self._market.fundamental_items():
            return pd.Series(np.nan, index=range(len(self._market.dates)))
        return pd.Series(np.asarray(self._market.fundamental(name))[:, self._n])

    def trailing(self, item):
        return pd.Series(np.asarray(self._market.fundamental_ttm(item))[:, self._n])

    @property
    def code(self):
        return self._market.codes[self._n]

    def days(self):
        return [pd.Timestamp(day) for day in self._market.dates]

    def index(self, code):
        return self.whole.index_close(code)

    def every_row(self, table):
        return self._market.table(table)

    def rows(self, table):
        found = self.every_row(table)
        return found[found["code"] == self.code]

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


def _least(window, min_traded):
    return math.ceil(window * min_traded - 1e-9)


def _rolling(values, window, min_traded):
    return values.rolling(window, min_periods=_least(window, min_traded))


def _whole_windows(values, window):
    return values.where(values.index >= window - 1)


def turnover(stock, window, min_traded):
    daily = stock.bar("volume") / stock.bar("float_shares")
    return _whole_windows(_rolling(daily, window, min_traded).mean(), window)


def illiquidity(stock, window, min_traded):
    returns = stock.bar("close") / stock.bar("pre_close") - 1
    daily = returns.abs() / (stock.bar("amount") / 1e8)
    return _whole_windows(_rolling(daily, window, min_traded).mean(), window)


def volatility(stock, window, min_traded):
    returns = stock.bar("close") / stock.bar("pre_close") - 1
    answer = []
    for t in returns.index:
        seen = returns[max(0, t - window + 1) : t + 1].dropna()
        enough = t + 1 >= window and len(seen) >= max(2, _least(window, min_traded))
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
        enough = stock.asks(t) and traded[span.index].sum() >= _least(window - skip, min_traded)
        answer.append(span.dropna().prod() - 1 if listed and enough else math.nan)
    return pd.Series(answer)


def reversal(stock, window, min_traded):
    return momentum(stock, window, 0, min_traded)


def size(stock):
    return stock.market_value().map(math.log, na_action="ignore")


def long_reversal(stock, window, skip, min_traded):
    return momentum(stock, window, skip, min_traded)


def _daily(stock, late, early):
    return stock.bar(late) / stock.bar(early) - 1


def _means(values, window, min_traded):
    return _whole_windows(_rolling(values, window, min_traded).mean(), window)


def intraday(stock, window, min_traded):
    return _means(_daily(stock, "close", "open"), window, min_traded)


def overnight(stock, window, min_traded):
    return _means(_daily(stock, "open", "pre_close"), window, min_traded)


def _by_window(stock, window, least, statistic, *series):
    """A statistic of the days of each window on which all series are known."""
    table = pd.concat(series, axis=1).to_numpy(float)
    answer = []
    for t in range(len(table)):
        seen = table[max(0, t - window + 1) : t + 1]
        seen = seen[~np.isnan(seen).any(axis=1)]
        fine = stock.asks(t) and t + 1 >= window and len(seen) >= least
        answer.append(statistic(*seen.T) if fine else math.nan)
    return pd.Series(answer)


def max_return(stock, window, count, min_traded):
    least = max(count, _least(window, min_traded))
    best = lambda seen: np.mean(sorted(seen)[-count:])  # noqa: E731
    return _by_window(stock, window, least, best, _daily(stock, "close", "pre_close"))


def skewness(stock, window, min_traded):
    def skew(seen):
        return pd.Series(seen).skew()

    least = max(3, _least(window, min_traded))
    return _by_window(stock, window, least, skew, _daily(stock, "close", "pre_close"))


def limit_hits(stock, window, min_traded):
    """A main board stock's 10%, 5% under special treatment, to the cent, half a cent up.

    44% on the first day of a listing (Shanghai's notice of 2013-12-13); a stock that is about to
    leave is under no special treatment.
    """
    pre_close = stock.bar("pre_close")
    leaving = stock.bar("is_delisting")
    width = (stock.bar("is_st") & ~leaving).map({True: 0.05, False: 0.10})
    width[pd.DatetimeIndex(stock.whole.dates) == stock.whole.list_dates()[stock.number]] = 0.44
    highest = np.floor(pre_close * (1 + width) * 100 + 0.5 + 1e-9) / 100
    traded = stock.bar("close").notna()
    hits = (stock.bar("close") >= highest - 0.005).astype(float).where(traded)
    return _whole_windows(_rolling(hits, window, min_traded).sum(), window)


def abnormal_turnover(stock, window, long_window, min_traded):
    return turnover(stock, window, min_traded) / turnover(stock, long_window, min_traded)


def turnover_variation(stock, window, min_traded):
    daily = stock.bar("volume") / stock.bar("float_shares")
    least = max(2, _least(window, min_traded))
    return _by_window(
        stock, window, least, lambda seen: np.std(seen, ddof=1) / np.mean(seen), daily
    )


def price_volume(stock, window, min_traded):
    factor = stock.bar("adj_factor")
    price = (stock.bar("close") * factor).map(math.log, na_action="ignore")
    least = max(2, _least(window, min_traded))
    correlation = lambda x, y: np.corrcoef(x, y)[0, 1]  # noqa: E731
    return _by_window(stock, window, least, correlation, price, stock.bar("volume") / factor)


def _both(stock, index):
    return _daily(stock, "close", "pre_close"), stock.index_returns(index)


def beta(stock, window, half_life, index, min_traded):
    returns, moved = _both(stock, index)
    age = pd.Series(np.arange(len(returns), dtype=float))

    def slope(y, x, day):
        w = 0.5 ** ((day[-1] - day) / half_life)
        return np.cov(y, x, aweights=w)[0, 1] / np.cov(x, aweights=w)

    return _by_window(stock, window, max(2, _least(window, min_traded)), slope, returns, moved, age)


def downside_beta(stock, window, index, min_traded):
    returns, moved = _both(stock, index)
    answer = []
    for t in range(len(returns)):
        if not stock.asks(t):
            answer.append(math.nan)
            continue
        y, x = returns[max(0, t - window + 1) : t + 1], moved[max(0, t - window + 1) : t + 1]
        low = x[(x < x.mean()) & y.notna()]
        known = (y.notna() & x.notna()).sum()
        fine = t + 1 >= window and known >= _least(window, min_traded) and len(low) >= 2
        answer.append(np.polyfit(low, y[low.index], 1)[0] if fine else math.nan)
    return pd.Series(answer)


def _plain_beta(stock, index, beta_window, min_traded):
    ratio = lambda y, x: np.cov(y, x)[0, 1] / np.var(x, ddof=1)  # noqa: E731
    least = max(2, _least(beta_window, min_traded))
    return _by_window(stock, beta_window, least, ratio, *_both(stock, index))


def _residuals(stock, index, beta_window, min_traded, window, skip, statistic):
    """A statistic of return - beta x index from `window` to `skip` days ago, days counted too."""
    slopes = _plain_beta(stock, index, beta_window, min_traded)
    returns, moved = _both(stock, index)
    answer = []
    for t in range(len(returns)):
        if not stock.asks(t):
            answer.append(math.nan)
            continue
        span = slice(max(0, t - window + 1), max(0, t - skip + 1))
        left = (returns[span] - slopes[t] * moved[span]).dropna()
        fine = t + 1 >= window and len(left) >= max(2, _least(window - skip, min_traded))
        answer.append(statistic(left, t) if fine else math.nan)
    return pd.Series(answer)


def residual_reversal(stock, window, beta_window, index, min_traded):
    total = lambda left, t: left.sum()  # noqa: E731
    return _residuals(stock, index, beta_window, min_traded, window, 0, total)


def residual_momentum(stock, window, skip, beta_window, index, min_traded):
    ratio = lambda left, t: left.sum() / left.std()  # noqa: E731
    return _residuals(stock, index, beta_window, min_traded, window, skip, ratio)


def specific_volatility(stock, window, half_life, beta_window, index, min_traded):
    def spread(left, t):
        w = 0.5 ** ((t - left.index.to_numpy()) / half_life)
        return math.sqrt(np.cov(left, aweights=w))

    return _residuals(stock, index, beta_window, min_traded, window, 0, spread)


def mid_size(stock):
    whole, n = stock.whole, stock.number
    others = [Stock(whole, i) for i in range(len(whole.codes))]
    sizes = pd.concat([np.log(one.market_value()).where(one.there()) for one in others], axis=1)
    answer = []
    for t, row in enumerate(sizes.to_numpy()):
        if not stock.asks(t):
            answer.append(math.nan)
            continue
        known = row[~np.isnan(row)]
        z = (known - known.mean()) / known.std()
        own = (row[n] - known.mean()) / known.std()
        slope, level = np.polyfit(z, z**3, 1)
        answer.append(own**3 - level - slope * own)
    return pd.Series(answer)


def free_float(stock):
    return stock.bar("float_shares") / stock.bar("total_shares")


def age(stock):
    listed = pd.Timestamp(stock.whole.list_dates()[stock.number])
    days = pd.Series(pd.DatetimeIndex(stock.whole.dates) - listed).dt.days
    return np.log(1 + days).where(stock.there())


def index_member(stock, index):
    member = pd.Series(stock.whole.members(index)[:, stock.number]).astype(float)
    return member.where(stock.there() & stock.bar("close").ffill().notna())


def industry_momentum(stock, window):
    whole, n = stock.whole, stock.number
    industries = whole.industry()[0]
    others = [Stock(whole, i) for i in range(len(whole.codes))]
    there = np.column_stack([one.there() & one.bar("close").ffill().notna() for one in others])
    values = np.column_stack([one.market_value() for one in others])
    wealth = np.column_stack([one.bar("close").ffill() * one.bar("adj_factor") for one in others])
    answer = []
    for t in range(len(values)):
        own = industries[t, n]
        if own < 0 or t < window or not there[t, n] or not stock.asks(t):
            answer.append(math.nan)
            continue
        peers = [i for i in range(len(others)) if industries[t, i] == own and there[t, i]]
        then, now = values[t - window, peers], wealth[t, peers] / wealth[t - window, peers] - 1
        known = ~np.isnan(then * now)
        answer.append(np.average(now[known], weights=then[known]) if known.any() else math.nan)
    return pd.Series(answer)


def exposure(factor, market, asked=None):
    """The factor's exposures, [T, N], slowly; where days are asked for, only these hold."""
    from tests.oracles import factors_reports

    parameters = factor.model_dump(exclude={"kind"})
    days = range(len(market.dates))
    read = globals().get(factor.kind) or getattr(factors_reports, factor.kind)
    columns = [
        read(Stock(market, n, asked), **parameters).reindex(days).to_numpy(np.float64)
        for n in range(len(market.codes))
    ]
    return np.column_stack(columns)
