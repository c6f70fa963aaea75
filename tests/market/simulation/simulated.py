"""Simulated markets that several tests look at, made once, as panels."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market.simulation import SimulatedMarket, SimulationSettings, simulate_tables


@lru_cache(maxsize=12)
def simulated(stocks: int = 120, years: int = 3, seed: int = 7) -> SimulatedMarket:
    return simulate_tables(SimulationSettings(stocks=stocks, years=years, seed=seed))


@dataclass(frozen=True)
class Panels:
    """stock_daily of a simulated market by day and stock, from its table alone."""

    market: SimulatedMarket
    dates: np.ndarray
    codes: np.ndarray
    row: np.ndarray
    stock: np.ndarray
    bars: pd.DataFrame

    def panel(self, values: Any, otherwise: float = np.nan) -> np.ndarray:
        panel = np.full((len(self.dates), len(self.codes)), otherwise)
        panel[self.row, self.stock] = values
        return panel

    def truth(self, table: str, column: str) -> np.ndarray:
        frame = self.market.truth[table].to_pandas()
        panel = np.full((len(self.dates), len(self.codes)), np.nan)
        place = np.searchsorted(self.dates, frame["date"].to_numpy().astype("datetime64[D]"))
        panel[place, np.searchsorted(self.codes, frame["code"].to_numpy().astype(str))] = frame[
            column
        ]
        return panel

    def index_close(self, code: str) -> np.ndarray:
        frame = self.market.tables["index_daily"].to_pandas()
        return frame.loc[frame["code"] == code, "close"].to_numpy()


@lru_cache(maxsize=12)
def panels(stocks: int = 120, years: int = 3, seed: int = 7) -> Panels:
    market = simulated(stocks, years, seed)
    dates = market.tables["calendar"]["date"].to_numpy().astype("datetime64[D]")
    codes = np.array(market.tables["stocks"]["code"].to_pylist())
    bars = market.tables["stock_daily"].to_pandas()
    row = np.searchsorted(dates, bars["date"].to_numpy().astype("datetime64[D]"))
    stock = np.searchsorted(codes, bars["code"].to_numpy().astype(str))
    return Panels(market, dates, codes, row, stock, bars)
