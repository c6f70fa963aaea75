"""Macro indicators of one day in plain loops, written from their formulas.

Each function takes a market and a row; nothing here is shared with the package but the expected
dividends of an index, which have tests of their own.
"""

import datetime as dt
import math
import statistics

import pandas as pd

from quanthedge.hedge.research.dividends import dividend_calendar

CSI300, CSI500 = "000300.SH", "000905.SH"


def _earnings_yield(market, t):
    members = market.members(CSI300)[t]
    profit, value = 0.0, 0.0
    for n in range(len(market.codes)):
        own = market.fundamental("net_profit_ttm")[t, n]
        if math.isnan(own):
            own = market.fundamental("net_profit_last_annual")[t, n]
        worth = market.panel("mark")[t, n] * market.panel("total_shares")[t, n]
        if members[n] and not math.isnan(own) and not math.isnan(worth):
            profit, value = profit + own, value + worth
    return profit / value


def ep_minus_shibor(market, t):
    return _earnings_yield(market, t) - market.cash_rate()[t]


def _yield(market, term, t):
    curve = market.government_curve()[term].dropna()
    return curve[curve.index <= pd.Timestamp(market.dates[t])].iloc[-1]


def ep_minus_10y(market, t):
    return _earnings_yield(market, t) - _yield(market, "10Y", t)


def breadth(market, t):
    if t < 59:
        return math.nan
    above = count = 0
    for n in range(len(market.codes)):
        window = slice(t - 59, t + 1)
        prices = market.panel("close")[window, n] * market.panel("adj_factor")[window, n]
        seen = [one for one in prices if not math.isnan(one)]
        if len(seen) >= 30 and not math.isnan(prices[-1]):
            count += 1
            above += prices[-1] / statistics.fmean(seen) - 1 > 1e-9
    return above / count


def volatility_ratio(market, t):
    if t < 250:
        return math.nan
    level = market.index_close(CSI300)
    moved = [level[day] / level[day - 1] - 1 for day in range(t - 249, t + 1)]
    return statistics.stdev(moved[-20:]) / statistics.stdev(moved)


def _basis(market, product, code, t):
    bars, today = market.futures(product), pd.Timestamp(market.dates[t])
    bars = bars[(bars["date"] == today) & bars["settle"].notna()]
    left = (bars["last_trading_day"] - today).dt.days
    bars = bars.assign(left=left)[left >= 10].sort_values("left")
    if bars.empty:
        return math.nan
    row, index = bars.iloc[0], market.index_close(code)[t]
    end = row["last_trading_day"].to_datetime64().astype("datetime64[D]")
    dividends = dividend_calendar(market, code).expected(t, market.dates[t], end)
    return ((row["settle"] - index) / index + dividends) * 365 / row["left"]


def basis_if(market, t):
    return _basis(market, "IF", CSI300, t)


def basis_ic(market, t):
    listed = "IC" in market.futures_products() and market.dates[t] >= dt.date(2015, 4, 16)
    return _basis(market, "IC", CSI500, t) if listed else math.nan


def dispersion(market, t):
    if t < 19:
        return math.nan
    days = [market.panel("simple_return")[day] for day in range(t - 19, t + 1)]
    return statistics.fmean(
        statistics.stdev(one for one in day if not math.isnan(one)) for day in days
    )


def market_turnover(market, t):
    if t < 19:
        return math.nan
    daily = []
    for day in range(t - 19, t + 1):
        traded = market.panel("traded")[day]
        value = (market.panel("close")[day] * market.panel("float_shares")[day])[traded]
        daily.append(market.panel("amount")[day][traded].sum() / value.sum())
    return statistics.fmean(daily)


def rate_10y(market, t):
    return _yield(market, "10Y", t)


def term_spread(market, t):
    return _yield(market, "10Y", t) - _yield(market, "1Y", t)


def rate_change(market, t):
    return math.nan if t < 60 else _yield(market, "10Y", t) - _yield(market, "10Y", t - 60)
