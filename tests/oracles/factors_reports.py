"""Factors of reports, forecasts, holdings and owners, one stock and one day at a time.

Each function takes a `Stock` of tests/oracles/factors.py and the factor's parameters; what is known
on a day is filtered anew from the rows of the table. Nothing here is shared with the package.
"""

import math

import numpy as np
import pandas as pd

from tests.oracles.factors import earnings_yield


class Known:
    """The reports of one stock that were out on a day."""

    def __init__(self, rows):
        self._rows = rows  # in the order in which they came out
        self._newest = max(_quarter(row) for row in rows)

    def value(self, item, back=0):
        """Cumulative figure, or one of the balance sheet, of the period `back` quarters before."""
        said = [row[item] for row in self._rows if _quarter(row) == self._newest - back]
        said = [one for one in said if not math.isnan(one)]
        return said[-1] if said else math.nan

    def quarter(self, item, back=0):
        first = (self._newest - back) % 4 == 0
        return self.value(item, back) - (0 if first else self.value(item, back + 1))

    def year(self, item, back=0):
        part = (self._newest - back) % 4 + 1
        now = self.value(item, back)
        return (
            now if part == 4 else now + self.value(item, back + part) - self.value(item, back + 4)
        )


def _quarter(row):
    """Quarters since the year 0, the first of a year a multiple of four."""
    return 4 * row["period_end"].year + row["period_end"].quarter - 1


def over(above, below):
    return above / below if below > 0 else math.nan


def by_report(stock, function):
    """The function of what was known on each day."""
    reports = stock.rows("statements").sort_values(["known_date", "period_end"], kind="stable")
    reports = reports.to_dict("records")
    answer, seen, last = [], 0, math.nan
    for day in stock.days():
        out = [row for row in reports if row["known_date"] <= day]
        if len(out) != seen:
            seen, last = len(out), function(Known(out))
        answer.append(last)
    return pd.Series(answer)


def cash_flow_yield(stock):
    return by_report(stock, lambda r: r.year("operating_cash_flow")) / stock.market_value()


def fcf_yield(stock):
    free = by_report(stock, lambda r: r.year("operating_cash_flow") - r.year("capex_paid"))
    return free / stock.market_value()


def ebit_ev(stock):
    debt = (stock.item("invested_capital") - stock.item("book_equity")).clip(lower=0)
    return stock.trailing("ebit") / (stock.market_value() + debt)


def roic(stock):
    capital = stock.item("invested_capital")
    return (stock.trailing("ebit") / capital)[capital > 0]


def ep_own_history(stock, window, step, fallback):
    yields = earnings_yield(stock, fallback)
    answer = []
    for t in yields.index:
        lags = range(0, window + 1, step)
        seen = np.array([yields[t - lag] if t >= lag else math.nan for lag in lags])
        seen = seen[np.isfinite(seen)]
        enough = len(seen) >= max(2, math.ceil(len(lags) / 2)) and np.ptp(seen) > 0
        answer.append((yields[t] - seen.mean()) / seen.std(ddof=1) if enough else math.nan)
    return pd.Series(answer)


def _roe(report, back=0):
    return over(report.quarter("net_profit_parent", back), report.value("equity_parent", back + 1))


def roe_quarter(stock):
    return by_report(stock, _roe)


def roa_quarter(stock):
    return by_report(stock, lambda r: over(r.quarter("net_profit"), r.value("total_assets", 1)))


def margin(stock):
    return by_report(stock, lambda r: over(r.year("operating_profit"), r.year("revenue")))


def asset_turnover(stock):
    return by_report(stock, lambda r: over(r.year("revenue"), r.value("total_assets")))


def gross_profitability(stock):
    return by_report(
        stock,
        lambda r: over(r.year("revenue") - r.year("cost_of_sales"), r.value("total_assets")),
    )


def accruals(stock):
    def of(report):
        assets = (report.value("total_assets") + report.value("total_assets", 4)) / 2
        return over(report.year("net_profit") - report.year("operating_cash_flow"), assets)

    return by_report(stock, of)


def earnings_stability(stock, quarters, least):
    def of(report):
        seen = pd.Series([_roe(report, back) for back in range(quarters)]).dropna()
        return -seen.std() if len(seen) >= least else math.nan

    return by_report(stock, of)


def roe_change(stock):
    return by_report(stock, lambda r: _roe(r) - _roe(r, 4))


def growth_acceleration(stock):
    def growth(report, back):
        change = report.year("net_profit_parent", back) - report.year("net_profit_parent", back + 4)
        return over(change, report.value("equity_parent", back))

    return by_report(stock, lambda r: growth(r, 0) - growth(r, 4))


def asset_growth(stock):
    return by_report(stock, lambda r: over(r.value("total_assets"), r.value("total_assets", 4)) - 1)


def capital_expenditure(stock):
    return by_report(stock, lambda r: over(r.year("capex_paid"), r.value("total_assets", 4)))


def issuance(stock, lag_days):
    """Growth of the market value that the daily total returns do not explain."""
    value = np.log(stock.market_value())
    returns = np.log1p((stock.bar("close") / stock.bar("pre_close") - 1).fillna(0.0))
    return (value - value.shift(lag_days)) - returns.rolling(lag_days).sum()


def _surprise(stock, item, quarters, least):
    def of(report):
        change = [
            report.quarter(item, back) - report.quarter(item, back + 4)
            for back in range(quarters + 1)
        ]
        others = pd.Series(change[1:]).dropna()
        return change[0] / others.std() if len(others) >= least else math.nan

    return by_report(stock, of)


def earnings_surprise(stock, quarters, least):
    return _surprise(stock, "net_profit_parent", quarters, least)


def revenue_surprise(stock, quarters, least):
    return _surprise(stock, "revenue", quarters, least)


def earnings_change(stock):
    def of(report):
        change = report.quarter("net_profit_parent") - report.quarter("net_profit_parent", 4)
        return over(change, report.value("equity_parent"))

    return by_report(stock, of)


def announcement_return(stock, memory, index):
    """Product of the three days' returns less the index's, for the last announcement known."""
    reports = stock.rows("statements").sort_values(["period_end", "known_date"])
    told = reports.drop_duplicates("period_end").dropna(subset="announce_date")
    days, asked = pd.DatetimeIndex(stock.days()), stock.asked()
    returns = stock.bar("close") / stock.bar("pre_close") - 1
    level = pd.Series(stock.index(index))
    answer = []
    places = [
        (int((days < announced).sum()), int((days < known).sum()))
        for announced, known in zip(told["announce_date"], told["known_date"], strict=True)
    ]
    for t in range(len(days)):
        best = (-1, -1, math.nan)
        for at, known in places if t in asked else ():
            public = max(at + 1, known)
            if at < 2 or public > t or (public, at) < best[:2]:
                continue
            own = returns[at - 1 : at + 2]
            grown = (1 + own.fillna(0)).prod() - level[at + 1] / level[at - 2]
            before = stock.bar("close")[: at - 1].notna().any()
            best = (public, at, grown if own.notna().any() and before else math.nan)
        answer.append(best[2] if t - best[0] < memory else math.nan)
    return pd.Series(answer)


def _in_force(rows, day, year, memory):
    """The last forecast of each broker about a year, if it is not too old or withdrawn."""
    last = {}
    for known, end, broker, profit in rows:  # in the order in which they came out
        if end.year == year and known <= day:
            last[broker] = known, profit
    young = [one for known, one in last.values() if known >= day - pd.Timedelta(days=memory)]
    return np.array([one for one in young if not math.isnan(one)])


def _each_day(stock, memory, lag, function):
    rows = stock.rows("analyst_estimates").sort_values("known_date", kind="stable")
    rows = list(
        zip(rows["known_date"], rows["period_end"], rows["broker"], rows["net_profit"], strict=True)
    )
    days, asked = stock.days(), stock.asked()
    answer = []
    for t, day in enumerate(days):
        if t < lag or t not in asked:
            answer.append(math.nan)
            continue
        now = _in_force(rows, day, day.year, memory)
        then = _in_force(rows, days[t - lag], day.year, memory)
        answer.append(function(now, then))
    return pd.Series(answer)


def _mean(values):
    return values.mean() if len(values) else math.nan


def forecast_ep(stock, memory):
    return _each_day(stock, memory, 0, lambda now, _: _mean(now)) / stock.market_value()


def revision(stock, memory, lag_days):
    change = _each_day(stock, memory, lag_days, lambda now, then: _mean(now) - _mean(then))
    return change / stock.market_value()


def dispersion(stock, memory, least):
    return _each_day(
        stock, memory, 0,
        lambda now, _: now.std(ddof=1) / abs(now.mean()) if len(now) >= least else math.nan,
    )  # fmt: skip


def coverage_change(stock, memory, lag_days):
    return _each_day(
        stock, memory, lag_days,
        lambda now, then: math.log((1 + len(now)) / (1 + len(then))),
    )  # fmt: skip


def fund_coverage_change(stock):
    lists = stock.every_row("fund_holdings")
    lists = lists[lists["full_holdings"]]
    periods = [(period, rows["known_date"].max()) for period, rows in lists.groupby("period_end")]
    mine = lists[lists["code"] == stock.code].set_index("period_end")["funds_holding"].to_dict()
    answer, asked = [], stock.asked()
    for t, day in enumerate(stock.days()):
        if t not in asked:
            answer.append(math.nan)
            continue
        out = sorted(period for period, known in periods if known <= day)
        if len(out) < 2:
            answer.append(math.nan)
            continue
        held = [mine.get(period, 0) for period in out[-2:]]
        answer.append(math.log((1 + held[1]) / (1 + held[0])))
    return pd.Series(answer)


def state_owned(stock):
    spells = stock.rows("owners").to_dict("records")
    answer = []
    for day in stock.days():
        now = [s["owner"] for s in spells if s["start"] <= day and not s["end"] < day]
        answer.append(float(now[-1] in ("central", "local")) if now else math.nan)
    return pd.Series(answer)
