"""What a replay reads of a market folder: its tables as they are on disk, nothing computed before.

Nothing of :mod:`quanthedge.market` is used.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

BARS = ("open", "high", "low", "close", "pre_close", "volume", "amount", "adj_factor")


def _days(values):
    return pd.to_datetime(values).to_numpy().astype("datetime64[D]")


def grid(day, name, value, days, names):
    """A column of a long table as a table days x names, NaN where there is no row."""
    inside = (day >= days[0]) & (day <= days[-1])
    day, name, value = day[inside], np.asarray(name)[inside], np.asarray(value)[inside]
    rows, order = np.searchsorted(days, day), {one: k for k, one in enumerate(names)}
    assert (days[rows] == day).all()
    found = np.full((len(days), len(names)), np.nan)
    found[rows, [order[one] for one in name]] = value
    return pd.DataFrame(found, index=days, columns=list(names))


@lru_cache(maxsize=1)  # of replays of one span in a row
def _all_returns(folder, days):
    bars = pd.read_parquet(
        folder / "stock_daily.parquet", columns=["code", "date", "close", "pre_close"]
    )
    bars["date"] = _days(bars["date"])
    code, value = bars["code"].astype(str), bars["close"] / bars["pre_close"] - 1
    wanted = np.array(days, dtype="datetime64[D]")
    return grid(bars["date"].to_numpy(), code, value, wanted, sorted(code.unique()))


class RawMarket:
    """Bars of some stocks, contracts and rates over a span and the day before it.

    ``dates`` [T + 1] begin the day before; arrays are [T + 1, N] with NaN where a stock has no bar;
    ``mark`` and ``factor`` are carried forward.
    """

    def __init__(self, folder, codes, start, end):
        folder = Path(folder)
        self.folder, self.codes = folder, sorted(set(codes))
        columns = ["code", "date", *BARS]
        bars = pd.read_parquet(
            folder / "stock_daily.parquet", columns=columns,
            filters=[("code", "in", self.codes)],
        )  # fmt: skip
        bars["code"] = bars["code"].astype(str)
        bars["date"] = _days(bars["date"])
        self.traded_days = _days(pd.read_parquet(folder / "calendar.parquet")["date"])
        first = int(np.searchsorted(self.traded_days, np.datetime64(start)))
        stop = int(np.searchsorted(self.traded_days, np.datetime64(end), side="right"))
        self.dates = self.traded_days[first - 1 : stop]
        self.column = {code: n for n, code in enumerate(self.codes)}
        all_days = self.traded_days[self.traded_days <= self.dates[-1]]
        for name in BARS:
            wide = grid(bars["date"].to_numpy(), bars["code"], bars[name], all_days, self.codes)
            if name == "close":
                self.mark = wide.ffill().loc[self.dates[0] :].to_numpy()
            if name == "adj_factor":
                wide = wide.ffill().fillna(1.0)
            setattr(self, name, wide.loc[self.dates[0] :].to_numpy())
        self.gone = self._gone()

    def _gone(self):
        """First day on which each stock is gone, [N]; NaT where it stays."""
        stocks = pd.read_parquet(self.folder / "stocks.parquet").set_index("code")
        return _days(stocks["delist_date"].reindex(self.codes))

    def all_returns(self, days_before):
        """Close over previous close, less one, of every stock of the market, [.., all codes]."""
        at = int(np.searchsorted(self.traded_days, self.dates[0]))
        days = self.traded_days[max(0, at - days_before) : at + self.dates.size]
        return _all_returns(self.folder, tuple(days.tolist()))

    def all_closes(self, days):
        """Closes of these stocks on days of the market, by code, NaN where there is no bar."""
        bars = pd.read_parquet(
            self.folder / "stock_daily.parquet", columns=["code", "date", "close"],
            filters=[("code", "in", self.codes)],
        )  # fmt: skip
        code = bars["code"].astype(str)
        wide = grid(_days(bars["date"]), code, bars["close"], days, self.codes)
        return {one: wide[one].tolist() for one in self.codes}

    def rates(self):
        """The overnight rate known by each day's close, [T + 1]."""
        table = pd.read_parquet(self.folder / "cash_rate.parquet")
        day, rate = _days(table["date"]), table["rate"].to_numpy()
        place = np.searchsorted(day, self.dates, side="right") - 1
        return np.where(place >= 0, rate[np.maximum(place, 0)], np.nan)

    def index(self, code):
        """Closes of an index on the days, [T + 1]."""
        table = pd.read_parquet(self.folder / "index_daily.parquet")
        table = table[table["code"].astype(str) == code]
        return pd.Series(table["close"].to_numpy(), index=_days(table["date"]))[
            self.dates
        ].to_numpy()

    def futures(self, product):
        """Contracts of a product: tables day x contract by column, and last trading days."""
        table = pd.read_parquet(self.folder / "futures_daily.parquet")
        table = table[table["product"].astype(str) == product]
        table["date"], table["contract"] = _days(table["date"]), table["contract"].astype(str)
        names = ("open", "high", "low", "close", "settle", "volume", "amount")
        contracts = sorted(table["contract"].unique())
        wide = {
            name: grid(
                table["date"].to_numpy(), table["contract"], table[name], self.dates, contracts
            )
            for name in names
        }
        last = pd.Series(_days(table["last_trading_day"]), index=table["contract"])
        return wide, last[~last.index.duplicated()]

    def actions(self):
        """Rows of the table of corporate actions of these stocks, or None."""
        path = self.folder / "corporate_actions.parquet"
        if not path.exists():
            return None
        table = pd.read_parquet(path)
        table = table[table["code"].astype(str).isin(self.codes)].copy()
        table["code"] = table["code"].astype(str)
        table["ex_date"] = _days(table["ex_date"])
        table["pay_date"] = _days(table["pay_date"])
        return table.sort_values(["code", "ex_date"])
