"""Factors of prices and trading one stock at a time, written from their published definitions."""

import math

import numpy as np
import pandas as pd

from tests.oracles.factors import Stock, least_of, momentum, rolling, turnover, whole_windows


def long_reversal(stock, window, skip, min_traded):
    return momentum(stock, window, skip, min_traded)


def _daily(stock, late, early):
    return stock.bar(late) / stock.bar(early) - 1


def _means(values, window, min_traded):
    return whole_windows(rolling(values, window, min_traded).mean(), window)


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
    least = max(count, least_of(window, min_traded))
    best = lambda seen: np.mean(sorted(seen)[-count:])  # noqa: E731
    return _by_window(stock, window, least, best, _daily(stock, "close", "pre_close"))


def skewness(stock, window, min_traded):
    def skew(seen):
        return pd.Series(seen).skew()

    least = max(3, least_of(window, min_traded))
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
    return whole_windows(rolling(hits, window, min_traded).sum(), window)


def abnormal_turnover(stock, window, long_window, min_traded):
    return turnover(stock, window, min_traded) / turnover(stock, long_window, min_traded)


def turnover_variation(stock, window, min_traded):
    daily = stock.bar("volume") / stock.bar("float_shares")
    least = max(2, least_of(window, min_traded))
    return _by_window(
        stock, window, least, lambda seen: np.std(seen, ddof=1) / np.mean(seen), daily
    )


def price_volume(stock, window, min_traded):
    factor = stock.bar("adj_factor")
    price = (stock.bar("close") * factor).map(math.log, na_action="ignore")
    least = max(2, least_of(window, min_traded))
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

    return _by_window(
        stock, window, max(2, least_of(window, min_traded)), slope, returns, moved, age
    )


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
        fine = t + 1 >= window and known >= least_of(window, min_traded) and len(low) >= 2
        answer.append(np.polyfit(low, y[low.index], 1)[0] if fine else math.nan)
    return pd.Series(answer)


def _plain_beta(stock, index, beta_window, min_traded):
    ratio = lambda y, x: np.cov(y, x)[0, 1] / np.var(x, ddof=1)  # noqa: E731
    least = max(2, least_of(beta_window, min_traded))
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
        fine = t + 1 >= window and len(left) >= max(2, least_of(window - skip, min_traded))
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
