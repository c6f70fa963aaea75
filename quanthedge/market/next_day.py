"""A market with one day more than is known: the next trading day, at the prices of the last close.

Decisions at the close of a day are done on the next, of which nothing has happened yet. So that the
code that decides and trades in a backtest does it for tomorrow too, the market is cut at the close
and a day is put behind it on which every stock that traded on the last one opens, stays and closes
where it closed, contracts likewise. What is announced of the day in advance holds: ex-dates (the
exchanges' reference price), names and the limits that they tell, listings, delistings, expiries.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.actions import ex_price
from quanthedge.market.altered_rows import public_column
from quanthedge.market.blocks import Axes
from quanthedge.market.made_panels import Array, MadePanels
from quanthedge.market.panels import PANELS
from quanthedge.market.store import Store

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["next_trading_day", "with_next_day"]

_PRICED = ("index_daily", "industry_index_daily", "futures_daily")
_REPEATED = ("index_dividend_yield",)
_USUAL_DAYS = 20  # trading days whose median volume stands for tomorrow's
_LEAST_DAYS = 5
_ONE_DAY = np.timedelta64(1, "D")


def next_trading_day(market: "Market", date: str | None = None) -> np.datetime64:
    """Return the trading day after a day of a market (its last by default).

    By the calendar, which is published in advance; where it ends, the next weekday.
    """
    day = market.dates[-1] if date is None else market.dates[market.day(date)]
    calendar = market.calendar
    place = int(np.searchsorted(calendar, day, side="right"))
    if place < len(calendar):
        return np.datetime64(calendar[place], "D")
    return np.datetime64(np.busday_offset(day, 1, roll="backward"), "D")


def with_next_day(market: "Market", date: str | None = None, day: str | None = None) -> "Market":
    """Return a market cut at the close of a day, with the next trading day behind it.

    Parameters
    ----------
    market : Market
        What it knows of later days is not looked at.
    date : date, optional
        The last day that is known; the market's last by default.
    day : date, optional
        The next trading day; by :func:`next_trading_day` by default.

    Returns
    -------
    Market
        Its last day is no day of the data: ``is_altered`` says so.

    Raises
    ------
    DataError
        The next day is not after the last one, or a Saturday or Sunday.

    Notes
    -----
    A stock that did not trade on the last day does not trade on the next. The volume of the next
    day is the median of the stock's last twenty traded days (the last one's where there are fewer
    than five).
    """
    row = len(market.dates) - 1 if date is None else market.day(date)
    following = market.next_trading_day(str(market.dates[row]))
    if day is not None:
        following = np.datetime64(pd.Timestamp(day).date(), "D")
        if following <= market.dates[row] or not np.is_busday(following):
            raise DataError(
                f"next day {following}: accepted: a day after {market.dates[row]}, Monday to Friday"
            )
    store = _NextDayStore(market._store, row, following)
    return type(market)(store, store.days, following)


class _NextDayStore(Store):
    """The store of a market with a day more: the files of the true one, and rows for the day."""

    altered = True  # its fingerprint says nothing, and nothing made of it is kept

    def __init__(self, store: Store, row: int, day: np.datetime64) -> None:
        self.path, self.manifest, self._version = store.path, store.manifest, store._version
        calendar = store.axes.calendar
        self.axes = Axes(np.union1d(calendar, np.array([day])), store.axes.codes)
        self.first_day = store.first_day
        self.dates = np.concatenate([store.dates[: row + 1], [day]])
        self.days = row + 2
        self.frames, self.made, self._tables = {}, {}, {}
        self._true, self._cut, self._day = store, store.dates[row], day
        self.panels = _NextDayPanels(self, store, row)  # type: ignore[assignment]

    def table(self, name: str) -> pa.Table:
        """Read a table as known at the close, with rows of the next day."""
        if name not in self._tables:
            self._tables[name] = self._changed(name, self._true.table(name))
        return self._tables[name]

    def fundamental_rows(self, item: str) -> pa.Table:
        """Read the rows of an item that were known at the close."""
        rows = self._true.fundamental_rows(item)
        known = rows["known_date"].to_numpy().astype("datetime64[D]")
        return rows.filter(pa.array(known <= self._cut)).combine_chunks()

    def _changed(self, name: str, true: pa.Table) -> pa.Table:
        if name == "calendar":
            return pa.table({"date": pa.array(self.axes.calendar, pa.date32())})
        if name == "corporate_actions":
            return true.filter(pa.array(self._announced(true)))
        column = public_column(name)
        if column is None:
            return true
        public = true[column].to_numpy().astype("datetime64[D]")
        # a day's names, and the limits that they tell, are told the evening before
        known = true.filter(pa.array(public <= (self._day if name == "stock_names" else self._cut)))
        if name in _PRICED or name in _REPEATED:
            more = known.filter(pa.array(_days(known, "date") == self._cut))
            return pa.concat_tables([known, self._repeated(more)]).combine_chunks()
        return known

    def _announced(self, actions: pa.Table) -> Array:
        """Whether an action is known at the close: its ex-date has come, or it was announced."""
        ex_date = _days(actions, "ex_date")
        announced = _days(actions, "announce_date")
        told = np.isnat(announced) | (announced <= self._cut)
        return np.asarray((ex_date <= self._cut) | (told & (ex_date <= self._day)))

    def _repeated(self, rows: pa.Table) -> pa.Table:
        """Return rows of the last day as rows of the next, at its closing prices."""
        if "last_trading_day" in rows.column_names:
            rows = rows.filter(pa.array(_days(rows, "last_trading_day") >= self._day))
        rows = _with(rows, "date", np.full(rows.num_rows, self._day))
        if "close" in rows.column_names:
            close = rows["close"].to_numpy()
            for name in ("open", "high", "low"):
                rows = _with(rows, name, close)
            if "settle" in rows.column_names:
                settle = rows["settle"].to_numpy()
                close = np.where(np.isnan(close), settle, close)
                for name in ("open", "high", "low", "close"):
                    rows = _with(rows, name, close)
                # what is not known of the turnover: fills at an average price are those prices
                rows = _with(rows, "amount", np.full(rows.num_rows, np.nan))
        return rows


class _NextDayPanels(MadePanels):
    """The panels of a market with a day more, each made when it is asked for."""

    def __init__(self, own: _NextDayStore, true: Store, row: int) -> None:
        super().__init__()
        self._own, self._true, self._row = own, true, row
        self._session: dict[str, Array] = {}

    def make(self, name: str) -> Array:
        """Return a panel with the next day's row."""
        past = self._true.panels.get(name)[: self._row + 1]
        return np.concatenate([past, self._next_day()[name][None].astype(past.dtype)])

    def _last(self, name: str) -> Array:
        return np.asarray(self._true.panels.get(name)[self._row])

    def _next_day(self) -> dict[str, Array]:
        """Return the row of every panel."""
        if not self._session:
            mark, factor = self._last("mark"), self._last("adj_factor")
            reference = self._reference(mark)
            traded = self._last("traded") & ~self._gone()
            tick = np.where(reference == mark, mark, np.floor(reference * 100.0 + 0.5 + 1e-6) / 100)
            price = np.where(traded, tick, np.nan)
            volume = np.where(traded, self._usual_volume(), np.nan)
            with np.errstate(invalid="ignore"):
                grown = np.where(traded & (reference > 0), factor * mark / reference, factor)
            found = {name: self._last(name) for name in PANELS}
            found |= dict.fromkeys(("open", "high", "low", "close", "pre_close"), price)
            found |= {
                "volume": volume,
                "amount": volume * price,
                "traded": traded,
                "simple_return": np.where(traded, 0.0, np.nan),
                "mark": np.where(traded, price, mark),
                "adj_factor": grown,
            }
            self._session = found
        return self._session

    def _gone(self) -> Array:
        """Whether a stock is delisted by the next day, which is published before."""
        gone = self._true.stocks["delist_date"].to_numpy().astype("datetime64[D]")
        return np.asarray(~np.isnat(gone) & (gone <= self._own._day))

    def _reference(self, mark: Array) -> Array:
        """Return the last close, less what leaves the share on the next day."""
        reference = np.array(mark, dtype=np.float64)
        if "corporate_actions" not in self._true.manifest.tables:
            return reference
        table = self._own.table("corporate_actions")
        ex_date = _days(table, "ex_date")
        rows = table.filter(pa.array((ex_date > self._own._cut) & (ex_date <= self._own._day)))
        stock = self._own.axes.positions(rows["code"])
        numbers = [
            rows[name].to_numpy()
            for name in ("cash_per_share", "bonus_per_share", "rights_per_share", "rights_price")
        ]
        for k in np.flatnonzero(stock >= 0):
            own = [np.array([one[k]]) for one in numbers]
            i = stock[k]
            reference[i] = ex_price(reference[i : i + 1], *own)[0]
        return reference

    def _usual_volume(self) -> Array:
        """Return the median volume of each stock's last traded days; the last one's where few."""
        volume = self._true.panels.get("volume")[max(0, self._row + 1 - 3 * _USUAL_DAYS) :][
            : min(self._row + 1, 3 * _USUAL_DAYS)
        ]
        recent = pd.DataFrame(np.asarray(volume))
        counts = recent.notna().iloc[::-1].cumsum().iloc[::-1]
        kept = recent.where(counts <= _USUAL_DAYS)
        usual = kept.median().where(kept.notna().sum() >= _LEAST_DAYS)
        return np.asarray(usual.fillna(recent.ffill().iloc[-1]).to_numpy(dtype=np.float64))


def _days(table: pa.Table, name: str) -> Array:
    return np.asarray(table[name].to_numpy().astype("datetime64[D]"))


def _with(rows: pa.Table, name: str, values: Array) -> pa.Table:
    """Return the rows with another column in the place and type of an old one."""
    place = rows.column_names.index(name)
    field = rows.schema.field(place)
    array = pa.array(values, pa.date32() if values.dtype.kind == "M" else None)
    return rows.set_column(place, field, array.cast(field.type))
