"""The market as tables of dates x codes, for research in pandas.

Row t is what was known at the close of day t, so that what is decided from it is traded on t + 1.

>>> import quanthedge as qh
>>> market = qh.Market.open("data/sample")
>>> market.prices("close", end="2013-01-07", codes=["sz000002", "600001"]).columns.tolist()
['000002.SZ', '600001.SH']
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError
from quanthedge.market.codes import Code
from quanthedge.market.panels import PANELS
from quanthedge.market.prices import PRICES
from quanthedge.market.reported import Figure
from quanthedge.market.vintages import Vintage

__all__ = ["Adjustment", "Labelled"]

Array = np.ndarray[Any, Any]
Adjustment = Literal["backward", "forward"]
Codes = str | Sequence[str] | None
_DateLike = Any  # a text, datetime, Timestamp or datetime64


class Labelled(ABC):
    """What `Market` gives as DataFrames; `codes` takes every spelling, in the order asked for."""

    name: str
    dates: Array
    codes: Array

    @abstractmethod
    def panel(self, name: str) -> Array:
        """Return a panel of the stock bars."""

    @abstractmethod
    def span(self, start: _DateLike, end: _DateLike) -> tuple[int, int]:
        """Return the rows of the first and last trading day of a span."""

    @abstractmethod
    def column(self, code: str) -> int:
        """Return the column of a stock."""

    @abstractmethod
    def fundamental_items(self) -> list[str]:
        """Return the items of the fundamentals."""

    @abstractmethod
    def statement_items(self) -> list[str]:
        """Return the items of the statements."""

    @abstractmethod
    def _fundamental(self, item: str, figure: Figure, vintage: Vintage) -> Array: ...

    @abstractmethod
    def _statement(self, item: str, figure: Figure, vintage: Vintage) -> Array: ...

    def prices(
        self,
        name: str = "close",
        *,
        adjusted: Adjustment | None = None,
        start: _DateLike = None,
        end: _DateLike = None,
        codes: Codes = None,
    ) -> pd.DataFrame:
        """Return prices as a table of dates x codes.

        Parameters
        ----------
        name : str
            open, high, low, close, pre_close, or mark: the last close, also in a suspension.
        adjusted : {"backward", "forward"}, optional
            None: as traded. "backward": times the adjustment factor, at the level of the listing
            day; the past never moves. "forward": at the level of the table's last day, for
            reading; its past moves with every later dividend, so that no signal may depend on its
            level.
        start, end : date, optional
            Of the table; the whole market by default.
        codes : str or sequence of str, optional
            Stocks, in any spelling; all by default.

        Returns
        -------
        DataFrame
            yuan, NaN where the stock did not trade (mark: before its first trade).

        Raises
        ------
        DataError
            There is no such price, kind of adjustment, day or stock.
        """
        if name not in PRICES:
            raise DataError(
                f"'{name}' is no price; accepted: {', '.join(PRICES)} (market.bars has the rest)"
            )
        if adjusted is not None and adjusted not in get_args(Adjustment):
            raise DataError(f"adjusted {adjusted!r}; accepted: None, 'backward', 'forward'")
        days, columns = self._rows(start, end), self._columns(codes)
        values = self.panel(name)[days][:, columns]
        if adjusted is not None:
            factor = self.panel("adj_factor")[days][:, columns]
            values = values * (factor / factor[-1] if adjusted == "forward" else factor)
        return self._frame(values, days, columns)

    def bars(
        self,
        name: str,
        *,
        start: _DateLike = None,
        end: _DateLike = None,
        codes: Codes = None,
    ) -> pd.DataFrame:
        """Return anything of the stock bars as a table: what `panel` has, with dates and codes.

        Parameters
        ----------
        name : str
            As in `panel`: volume (shares), amount (yuan), traded, total_shares, is_st ...
        start, end, codes
            As in `prices`.
        """
        if name not in PANELS:
            raise DataError(f"no bars '{name}'; there are {', '.join(PANELS)}")
        days, columns = self._rows(start, end), self._columns(codes)
        return self._frame(self.panel(name)[days][:, columns], days, columns)

    def returns(
        self, *, start: _DateLike = None, end: _DateLike = None, codes: Codes = None
    ) -> pd.DataFrame:
        """Return daily total returns as a table: close over the exchange's previous close less 1.

        NaN on days without trading; the return over a suspension stands on the day after it.
        Arguments as in `prices`.
        """
        return self.bars("simple_return", start=start, end=end, codes=codes)

    def fundamentals(
        self,
        item: str,
        *,
        figure: Figure = "value",
        vintage: Vintage = "latest",
        start: _DateLike = None,
        end: _DateLike = None,
        codes: Codes = None,
    ) -> pd.DataFrame:
        """Return an item of the reports as it was known at each close, dates x codes.

        Parameters
        ----------
        item : str
            One of `fundamental_items` or `statement_items`.
        figure : {"value", "ttm", "quarter"}
            As published, the trailing twelve months, or the newest single quarter of an item that
            adds up from 1 January.
        vintage : {"latest", "first"}
            As restated by then, or as first published.
        start, end, codes
            As in `prices`.

        Raises
        ------
        DataError
            There is no such item, or it does not add up.
        """
        if figure not in get_args(Figure) or vintage not in get_args(Vintage):
            raise DataError(
                f"figure {figure!r}, vintage {vintage!r}; accepted: {', '.join(get_args(Figure))}; "
                f"{', '.join(get_args(Vintage))}"
            )
        days, columns = self._rows(start, end), self._columns(codes)
        there = (self.fundamental_items(), self.statement_items())
        if item not in there[0] and item not in there[1]:
            told = ", ".join([*there[0], *there[1]]) or "none"
            raise DataError(f"no item '{item}' in market '{self.name}'; there are {told}")
        read = self._fundamental if item in there[0] else self._statement
        return self._frame(read(item, figure, vintage)[days][:, columns], days, columns)

    def universe(
        self,
        strategy: Any,
        *,
        start: _DateLike = None,
        end: _DateLike = None,
        codes: Codes = None,
    ) -> pd.DataFrame:
        """Return who might be held after each close, as a table of booleans.

        Parameters
        ----------
        strategy : Strategy or Universe
            A universe, or a strategy whose universe it is.
        start, end, codes
            As in `prices`.

        Raises
        ------
        StrategyError
            It is neither; or no stock is left on a day, as before stocks have been listed for long
            enough: choose a later start.
        """
        judge = getattr(strategy, "universe", strategy)
        if not hasattr(judge, "mask"):
            raise StrategyError(
                f"universe: {type(strategy).__name__} is neither a strategy nor a universe; "
                "accepted: as quanthedge.universe.LargestUniverse(n=800)"
            )
        days, columns = self._rows(start, end), self._columns(codes)
        mask, _ = judge.mask(self, np.arange(days.start, days.stop))
        return self._frame(mask[:, columns], days, columns)

    def _rows(self, start: _DateLike, end: _DateLike) -> slice:
        first, last = self.span(
            self.dates[0] if start is None else start, self.dates[-1] if end is None else end
        )
        return slice(first, last + 1)

    def _columns(self, codes: Codes) -> Any:
        """Return the columns of stocks in any spelling, in their order; all of them for None."""
        if codes is None:
            return slice(None)
        texts = [codes] if isinstance(codes, str) else list(codes)
        if not texts or not all(isinstance(text, str) for text in texts):
            raise DataError(f"codes {codes!r}; accepted: texts such as 600519.SH, at least one")
        columns = [self.column(Code(text).stock()) for text in texts]
        double = {str(self.codes[n]) for n in columns if columns.count(n) > 1}
        if double:
            raise DataError(f"codes: {', '.join(sorted(double))} is asked for twice")
        return columns

    def _frame(self, values: Array, days: slice, columns: Any) -> pd.DataFrame:
        return pd.DataFrame(
            np.array(values),  # never a view of the cache
            index=pd.DatetimeIndex(self.dates[days], name="date"),
            columns=pd.Index(self.codes[columns].astype(str), name="code"),
        )
