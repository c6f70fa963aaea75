"""Interest as a market knows it: the overnight rate and the government's curve."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.market.asof import carried
from quanthedge.market.store import Store

__all__ = ["Rates"]

Array = np.ndarray[Any, Any]


class Rates(ABC):
    """The rates that a `Market` knows; fractions a year."""

    dates: Array
    _store: Store
    _cut: np.datetime64

    @property
    @abstractmethod
    def _end(self) -> pd.Timestamp: ...

    def cash_rate(self) -> Array:
        """Return the overnight rate as of each day [T], a fraction per year, carried forward."""
        return self._cash()[0]

    def cash_rate_carried_days(self) -> int:
        """Return on how many days the rate is an earlier day's because none was fixed."""
        return self._cash()[1]

    def government_curve(self) -> pd.DataFrame:
        """Return the government curve up to the market's end: days x terms, fractions a year.

        The terms are columns in order of length (`0S`, `1M` ... `30Y`); NaN where a day has none.
        """
        table = self._store.frame("government_yield_curve")
        known = table[table["date"] <= self._end]
        wide = known.pivot_table(index="date", columns="term", values="rate", aggfunc="last")
        terms = sorted(map(str, wide.columns), key=_term_days)
        return wide[terms].rename_axis(columns=None)

    def government_yield(self, term: str) -> Array:
        """Return the yield of a term as of each day [T], a fraction per year, carried forward.

        The curve of a day comes out in its evening: use row t from the next trading day on.
        """
        table = self._store.frame("government_yield_curve")
        rows = table[(table["term"] == term) & (table["date"] <= self._end)]
        if rows.empty:
            there = sorted(table["term"].unique(), key=_term_days)
            raise DataError(f"no government yield of term '{term}'; there are {', '.join(there)}")
        dates = rows["date"].to_numpy().astype("datetime64[D]")
        return carried(self.dates, dates, rows["rate"].to_numpy())[0]

    def _cash(self) -> tuple[Array, int]:
        table = self._store.table("cash_rate")
        dates, rates = table["date"].to_numpy(), table["rate"].to_numpy()
        return carried(self.dates, dates[dates <= self._cut], rates[dates <= self._cut])


def _term_days(term: str) -> float:
    """Return a term's length for sorting; those of another form come last."""
    units = {"S": 0.0, "D": 1.0, "W": 7.0, "M": 30.4, "Y": 365.25}
    number, unit = term[:-1], term[-1:]
    return float(number) * units[unit] if number.isdigit() and unit in units else np.inf
