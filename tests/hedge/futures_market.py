"""A market of index futures and nothing else."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.oracles.contract_schedule import third_friday


@dataclass
class Futures:
    dates: np.ndarray
    bars: pd.DataFrame

    def futures(self, product):
        return self.bars[self.bars["product"] == product]

    def until(self, day):
        day = np.datetime64(day)
        return Futures(
            self.dates[self.dates <= day], self.bars[self.bars["date"] <= pd.Timestamp(day)]
        )

    def without(self, contract, *days):
        """Return the market without a contract's bars (on some days)."""
        gone = self.bars["contract"] == contract
        if days:
            gone &= self.bars["date"].isin([pd.Timestamp(d) for d in days])
        return Futures(self.dates, self.bars[~gone])

    def blank(self, contract, column, *days):
        """Return the market with NaN in a column of some bars."""
        bars = self.bars.copy()
        place = (bars["contract"] == contract) & bars["date"].isin([pd.Timestamp(d) for d in days])
        bars.loc[place, column] = np.nan
        return Futures(self.dates, bars)


def build(start, months, days_listed=45, seed=0):
    """Return weekdays and IF contracts, each listed for its last `days_listed` days."""
    firsts = np.arange(np.datetime64(start, "M"), np.datetime64(start, "M") + months)
    first, stop = np.datetime64(firsts[0], "D"), np.datetime64(firsts[-1] + 1, "D")
    dates = np.arange(first, stop)
    dates = dates[np.is_busday(dates)]
    level = 2400 * np.cumprod(1 + np.random.default_rng(seed).normal(0, 0.01, dates.size))
    rows = []
    for ahead, month in enumerate(np.arange(firsts[0], firsts[0] + months + 2)):
        end = third_friday(month)
        stop_at = int(np.searchsorted(dates, end, side="right"))
        for t in range(max(0, stop_at - days_listed), stop_at):
            price = level[t] + ahead
            rows.append(
                (pd.Timestamp(dates[t]), "IF" + str(month)[2:4] + str(month)[5:], end, price)
            )
    frame = pd.DataFrame(rows, columns=["date", "contract", "last_trading_day", "open"])
    frame["last_trading_day"] = pd.to_datetime(frame["last_trading_day"])
    frame["product"] = "IF"
    frame["high"] = frame["low"] = frame["open"]
    frame["close"], frame["settle"] = frame["open"] + 2, frame["open"] + 1
    frame["volume"], frame["open_interest"] = 10.0, 100.0
    frame["amount"] = 10 * 300 * (frame["open"] + 3)
    return Futures(dates, frame)
