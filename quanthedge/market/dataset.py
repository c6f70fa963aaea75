"""`Market`: a dataset on disk, opened lazily into aligned arrays, point in time throughout.

Row t of every array is what was public by the close of day t.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from quanthedge.cards import Card, Carded
from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.logs import timed
from quanthedge.market import panels, schema
from quanthedge.market.altered import Alteration, AlteredStore
from quanthedge.market.card import market_card
from quanthedge.market.codes import Code
from quanthedge.market.company_reports import CompanyReports
from quanthedge.market.drifting import NO_LIST
from quanthedge.market.explain import Explanation, explanation
from quanthedge.market.groups import closes_by_day, gone_rows, industries, members, weights
from quanthedge.market.prices import PRICES, PriceKind, Prices
from quanthedge.market.rates import Rates
from quanthedge.market.reported import Holding, holdings
from quanthedge.market.store import Store
from quanthedge.typing import Language, Tell

__all__ = ["Market"]

_log = logging.getLogger(__name__)
Array = np.ndarray[Any, Any]
_DateLike = Any  # a text, datetime, Timestamp or datetime64
_START_SLACK = np.timedelta64(11, "D")  # the longest holidays
_END_SLACK = np.timedelta64(3, "D")  # a weekend and a holiday


class Market(Carded, CompanyReports, Rates):
    """A market: T trading days, N stocks, and everything known about them, by date.

    Open one with `Market.open`; `until` gives the same market with its future cut off.

    Attributes
    ----------
    path, name
        Folder and name of the dataset.
    fingerprint
        SHA-256 of the data; a cut market has the cut date appended.
    dates
        Trading days from the first to the last stock bar, datetime64[D] [T].
    codes
        Stocks, sorted, [N]; the same for a cut market (a stock listed later is undefined).
    PANELS, STOCK_ITEMS, STATE_OWNERS
        Names of the panels; items of statements that hold at the end of the period and are no
        flows; owners that are the state.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()  # a market of your own: qh.Market.open("data/mine")
    >>> market.panel("close").shape
    (731, 120)
    >>> str(market.until("2014-12-31").dates[-1])
    '2014-12-31'
    """

    PANELS = tuple(panels.PANELS)
    STOCK_ITEMS = schema.STOCK_ITEMS
    STATE_OWNERS = schema.STATE_OWNERS
    BEFORE_CALENDAR = -100_000  # of `list_index`
    OPENED = "quanthedge.market.opened"  # audit event of the interpreter, with the path

    def __init__(self, store: "Store", days: int, cut: np.datetime64) -> None:
        self._store = store
        self._days = days
        self._cut = cut
        self.path = store.path
        self.name = store.manifest.name
        whole = days == store.days and cut >= store.dates[-1]
        self.fingerprint = store.manifest.fingerprint + ("" if whole else f"@{cut}")
        self.dates = store.dates[:days]
        self.codes = store.axes.codes

    @classmethod
    def open(cls, path: str | Path) -> "Market":
        """Open a dataset; its tables are read and its panels built when they are first asked for.

        Raises
        ------
        DataError
            There is no dataset, or a table differs from the manifest.
        """
        if not isinstance(path, str | Path):
            raise DataError(f"Market.open: {path!r} is no path of a dataset's folder")
        sys.audit(cls.OPENED, str(path))
        with timed(_log, "%s: opened", path):
            store = Store(Path(path))
        return cls(store, store.days, np.datetime64("9999-12-31", "D"))

    def card(self) -> Card:
        """Return what the market is, its size, and what to call next."""
        return market_card(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (*self._store.source, self._cut)

    @property
    def is_altered(self) -> bool:
        """Whether its tables were changed to look for look-ahead: its fingerprint says nothing."""
        return self._store.altered

    @property
    def is_cut(self) -> bool:
        """Whether `until` left out days of its data."""
        return len(self.dates) < self._store.days

    @property
    def kept_folder(self) -> Path | None:
        """Where results that depend on this market alone are kept, beside its panels.

        None where nothing is kept: of a market that was cut or altered, that has no cache of
        panels, or whose cache belongs to somebody else.
        """
        if self.is_altered or self.is_cut:
            return None
        return self._store.panels.results

    @staticmethod
    def cache_place(path: str | Path) -> Path:
        """Return where what is worked out of a dataset is kept: beside it, or in the user's cache.

        In the user's cache where the dataset's folder may not be written and has no cache, or is
        part of an installed package, which an uninstallation takes away whole.
        """
        return panels.cache_place(Path(path))

    # -- time

    @property
    def calendar(self) -> Array:
        """All trading days of the exchanges, also beyond a cut: they are published in advance."""
        return self._store.axes.calendar

    def until(self, date: _DateLike) -> "Market":
        """Return the same market as it was known at the close of `date`: no later row exists."""
        cut = min(asked_day(date), self._cut)
        days = int(np.searchsorted(self.dates, cut, side="right"))
        if days == 0:
            raise DataError(f"{date}: before the first day of the market ({self.dates[0]})")
        return Market(self._store, days, cut)

    def altered(
        self, row: int, alteration: Alteration, seed: int = 0, horizon: int = 60
    ) -> "Market":
        """Return the same market with another future after the close of day `row`.

        Parameters
        ----------
        row
            Last day that stays as it was.
        alteration
            How: :mod:`quanthedge.market.altered`.
        seed
            Same seed, same future.
        horizon
            Trading days of the changed future that are kept, at most.
        """
        date = self.dates[row]
        if alteration == "removed" or row + 1 >= len(self.dates):
            return self.until(date)
        days = min(len(self.dates), row + 1 + horizon)
        store = AlteredStore(self._store, row, alteration, seed, days)
        return Market(store, days, max(self.dates[days - 1], date))

    def day(self, date: _DateLike) -> int:
        """Return the row of a trading day; DataError when it is none."""
        wanted = asked_day(date)
        place = int(np.searchsorted(self.dates, wanted))
        if place < len(self.dates) and self.dates[place] == wanted:
            return place
        if self.dates[0] <= wanted <= self.dates[-1]:
            raise DataError(
                f"{wanted} is not a trading day; the nearest are {self.dates[place - 1]} "
                f"and {self.dates[place]}"
            )
        raise self._outside(wanted)

    def column(self, code: str) -> int:
        """Return the column of a stock; DataError with near codes when it is not in the market."""
        if not isinstance(code, str):
            raise DataError(f"column: {code!r} is no code (codes look like 600519.SH)")
        place = int(np.searchsorted(self.codes, code))
        if place < len(self.codes) and self.codes[place] == code:
            return place
        near = ", ".join(self.codes[max(0, place - 1) : place + 2])
        with suppress(DataError):
            near = spelt if (spelt := Code(code).stock()) in self.codes else near
        raise DataError(
            f"no stock '{code}' in market '{self.name}'; near it: {near} "
            "(codes look like 600519.SH)"
        )

    def span(self, start: _DateLike, end: _DateLike) -> tuple[int, int]:
        """Return the rows of the first trading day >= `start` and the last <= `end`."""
        first, last = asked_day(start), asked_day(end)
        if first > last:
            raise DataError(f"start {first} is after end {last}")
        if first < self._earliest() or first > self.dates[-1]:
            raise self._outside(first)
        if last < self.dates[0] or last > self.dates[-1] + _END_SLACK:
            raise self._outside(last)
        begin = int(np.searchsorted(self.dates, first))
        stop = int(np.searchsorted(self.dates, last, side="right")) - 1
        if stop < begin:
            raise DataError(f"no trading day between {first} and {last}")
        return begin, stop

    def _earliest(self) -> np.datetime64:
        """Return the first date from which no trading day is missing before the first bar."""
        first = self._store.first_day
        if first == 0:  # the calendar does not say: allow for the longest holiday
            return np.datetime64(self.dates[0] - _START_SLACK, "D")
        return np.datetime64(self._store.axes.calendar[first - 1] + np.timedelta64(1, "D"), "D")

    def _outside(self, date: np.datetime64) -> DataError:
        return DataError(
            f"{date} is outside the market '{self.name}', which covers {self.dates[0]} to "
            f"{self.dates[-1]}; choose dates inside or import more data"
        )

    # -- stocks

    def panel(self, name: str) -> Array:
        """Return a read-only panel [T, N] of the stock bars.

        `open high low close pre_close volume amount simple_return` are NaN where the stock did
        not trade; `traded` is bool; `mark` (close), `adj_factor`, `total_shares`, `float_shares`,
        `is_st` and `is_delisting` are carried forward (NaN, 1.0 or False before the first bar).
        """
        if name not in self.PANELS:
            raise DataError(f"no panel '{name}'; there are {', '.join(self.PANELS)}")
        return self._store.panels.get(name)[: self._days]

    def price_panel(self, name: str, kind: PriceKind = "raw") -> Prices:
        """Return a panel of prices that knows its kind [T, N]; mixing kinds raises DataError.

        Raw prices are those of `panel(name)`. Adjusted ones are raw x adj_factor (backward
        adjusted: their level is that of the listing day, and the past never moves).
        """
        if name not in PRICES:
            raise DataError(f"'{name}' is no price; there are {', '.join(PRICES)}")
        values = self.panel(name)
        return Prices(values if kind == "raw" else values * self.panel("adj_factor"), kind)

    def build_panels(self, progress: Tell | None = None) -> bool:
        """Build the panels' cache now rather than when one is first asked for.

        Returns False when it cannot be written; panels are then built in memory each time.
        """
        return self._store.panels.build(progress)

    @property
    def damaged_panels(self) -> list[str]:
        """Names of cached panels that were found damaged and made anew since the opening."""
        return list(self._store.panels.damaged)

    def list_index(self) -> Array:
        """Return the row of each stock's first trading day, int64 [N].

        Negative when before `dates[0]`, BEFORE_CALENDAR when before the calendar, T when it
        was not yet listed at the market's end.
        """
        listed = self._store.stocks["list_date"].to_numpy()
        calendar = self._store.axes.calendar
        place = np.searchsorted(calendar, listed) - self._store.first_day
        place = np.where(listed < calendar[0], self.BEFORE_CALENDAR, place)
        return np.minimum(place, self._days).astype(np.int64)

    def list_dates(self) -> Array:
        """Return each stock's first trading day, datetime64[D] [N]; NaT: not listed by the end."""
        listed = self._store.stocks["list_date"].to_numpy().astype("datetime64[D]")
        return np.where(listed <= min(self._cut, self.dates[-1]), listed, np.datetime64("NaT", "D"))

    def delist_index(self) -> Array:
        """Return the first row on which each stock is gone, int64 [N]; T when still listed."""
        return gone_rows(self._store, self._days)

    def stock_names(self) -> pd.DataFrame | None:
        """Return name spells (code, name, start, end), or None when the dataset has none."""
        if "stock_names" not in self._store.manifest.tables:
            return None
        return self._spells("stock_names")

    def corporate_actions(self) -> pd.DataFrame | None:
        """Return what holders got on ex-dates up to the market's end; None without the table.

        All rows of the table, also those that a run does not book because the exchange's previous
        close bears out something else (docs/ledger.md); `source_check` is the source's own word.
        """
        if "corporate_actions" not in self._store.manifest.tables:
            return None
        table = self._store.frame("corporate_actions")
        return table[table["ex_date"] <= self._end].reset_index(drop=True)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the source did not hold and the import had to assume, in words."""
        return self._store.manifest.assumptions

    def has(self, table: str) -> bool:
        """Return whether the dataset holds a table; docs/dataset.md says which may be absent."""
        return table in self._store.manifest.tables

    # -- indices

    def index_bars(self, code: str) -> pd.DataFrame:
        """Return an index's bars by date."""
        table = self._store.frame("index_daily")
        bars = table[table["code"] == code]
        if bars.empty:
            raise DataError(f"no index '{code}'; there are {', '.join(table['code'].unique())}")
        return bars[bars["date"] <= self._end].drop(columns="code").set_index("date")

    def index_codes(self) -> list[str]:
        """Return the codes of the indices that have bars (none without a table)."""
        if not self.has("index_daily"):
            return []
        return sorted(self._store.frame("index_daily")["code"].unique().tolist())

    def index_close(self, code: str) -> Array:
        """Return an index's close by day [T], read-only, NaN where it is missing."""
        key = f"index_close {code} {self._cut}"
        if key not in self._store.made:
            close = self.index_bars(code)["close"]
            made = close.reindex(pd.DatetimeIndex(self.dates)).to_numpy(np.float64, copy=True)
            made.flags.writeable = False
            self._store.made[key] = made
        return self._store.made[key]

    def index_dividend_yield(self, code: str) -> Array:
        """Return an index's trailing dividend yield by day [T], NaN where it is missing."""
        table = self._store.frame("index_dividend_yield")
        values = table[table["code"] == code].set_index("date")["dividend_yield"]
        if values.empty:
            raise DataError(f"no dividend yield of '{code}'")
        return values.reindex(pd.DatetimeIndex(self.dates)).to_numpy(np.float64)

    def explain(self, code: str, date: _DateLike, language: Language = "en") -> Explanation:
        """Return what was known about a stock at the close of a day, for reading.

        >>> market.explain("600000.SH", "2015-07-08")                # doctest: +SKIP
        >>> market.explain("600000.SH", "2015-07-08", "zh")          # doctest: +SKIP

        Raises
        ------
        DataError
            The code is not in the market, the day is no trading day, or there is no such language.
        """
        return explanation(self, code, date, language)

    def member_indices(self) -> list[str]:
        """Return the indices whose members are known (none without the table)."""
        if "index_members" not in self._store.manifest.tables:
            return []
        table = self._store.frame("index_members")
        return sorted(table.loc[table["start"] <= self._end, "index_code"].unique())

    def members(self, index_code: str) -> Array:
        """Return who was in an index, bool [T, N]."""
        table = self._store.table("index_members")
        names = set(pc.unique(table["index_code"]).to_pylist())
        if index_code not in names:
            raise DataError(f"no members of '{index_code}'; there are {', '.join(sorted(names))}")
        return members(self._store, index_code)[: self._days]

    def weight_indices(self) -> list[str]:
        """Return the indices whose weights are known by the market's end (none without a table)."""
        if "index_weights" not in self._store.manifest.tables:
            return []
        table = self._store.frame("index_weights")
        return sorted(table.loc[table["date"] <= self._end, "index_code"].unique())

    def index_weight_lists(self, index_code: str) -> pd.DataFrame:
        """Return an index's lists as published: date, code, weight, sorted by date and code.

        Also members without prices. A list holds at the close of its date.
        """
        if index_code not in self.weight_indices():
            there = ", ".join(self.weight_indices()) or "none"
            raise DataError(f"no weights of '{index_code}' by {self._end:%Y-%m-%d}; {there}")
        table = self._store.frame("index_weights")
        rows = table[(table["index_code"] == index_code) & (table["date"] <= self._end)]
        return rows.drop(columns="index_code").sort_values(["date", "code"], ignore_index=True)

    def index_weights(self, index_code: str) -> tuple[Array, Array]:
        """Return an index's weights at the close of each day, and the date of the list behind.

        Returns
        -------
        weights : float64 [T, N]
            Row t is known at the close of day t, to be traded on from the next day. On a list's
            day the list; later the same weights drifted with prices (with dividends), stocks that
            are gone left out. Sums to the weight of the members that are in the market. NaN
            before the first list.
        lists : datetime64[D] [T]
            Day of the list that a row drifted from; NaT before the first. A list that is older
            than the index's last change of members names the old members: look at it.

        Raises
        ------
        DataError
            The market knows no weights of the index by its end.
        """
        lists = self.index_weight_lists(index_code)
        made, origin = weights(self._store, index_code)
        if lists.empty:
            raise DataError(f"no weights of '{index_code}' by {self._end:%Y-%m-%d}")
        origin = origin[: self._days]
        day = np.where(origin == NO_LIST, np.datetime64("NaT", "D"), self._store.dates[origin])
        return made[: self._days], day

    def industry_indices(self) -> pd.DataFrame:
        """Return the industry indices known by the market's end: code, family, name, first, last.

        Their values before an index was published are the provider's back-calculation.
        """
        table = self._store.frame("industry_index_daily")
        known = table[table["date"] <= self._end]
        of = known.groupby("code", observed=True)  # a named agg takes twice as long
        found = pd.DataFrame(
            {
                "family": of["family"].first(),
                "name": of["name"].first(),
                "first": of["date"].min(),
                "last": of["date"].max(),
            }
        )
        return found.reset_index().astype(dict.fromkeys(("code", "family", "name"), str))

    def industry_index_bars(self, code: str) -> pd.DataFrame:
        """Return an industry index's bars by date: open, high, low, close (NaN where unknown)."""
        table = self._store.frame("industry_index_daily")
        bars = table[(table["code"] == code) & (table["date"] <= self._end)]
        if bars.empty:
            there = self.industry_indices()
            named = ", ".join(f"{c} {n}" for c, n in there[["code", "name"]].head(5).to_numpy())
            raise DataError(
                f"no industry index '{code}' by {self.dates[-1]}; there are {len(there)}: "
                f"{named} ... (market.industry_indices() lists them)"
            )
        return bars.drop(columns=["code", "family", "name"]).set_index("date")

    def industry_index_close(self, code: str) -> Array:
        """Return an industry index's close by day [T], NaN where it is missing."""
        close = self.industry_index_bars(code)["close"]
        return close.reindex(pd.DatetimeIndex(self.dates)).to_numpy(np.float64)

    def industry_index_closes(self, family: str) -> pd.DataFrame:
        """Return the closes of a family's indices, days x codes, NaN where missing; maybe none."""
        table = self._store.frame("industry_index_daily")
        chosen = table[(table["family"] == family) & (table["date"] <= self._end)]
        return closes_by_day(chosen, self.dates)

    def industry(self) -> tuple[Array, pd.DataFrame]:
        """Return each stock's industry, int16 [T, N] (-1 unknown), and what the numbers mean.

        The frame has industry, name_zh, name_en by number, in the order in which the industries
        came into use.
        """
        numbers, names = industries(self._store)
        known = names[names["first_use"] <= self._end].drop(columns="first_use")
        return numbers[: self._days], known

    def industry_codes(self) -> list[str]:
        """Return the codes of the classification, also of industries that come into use later.

        A vocabulary is public in advance, like the calendar; who belongs to what is not.
        """
        return sorted(set(self._store.table("industry")["industry"].to_pylist()))

    # -- holdings of funds, forecasts, owners

    def fund_holdings(self, item: Holding, *, full: bool, back: int = 0) -> Array:
        """Return what public funds together held, as last published by each day [T, N].

        Parameters
        ----------
        item
            "funds_holding", "shares_held" or "value_held".
        full
            True: the whole holdings of June and December. False: the ten largest positions of
            each fund of March and September. The two cannot be compared, so none stands in for
            the other.
        back
            So many lists of that kind before the last one published.

        Returns
        -------
        ndarray
            0 where no fund held the stock, NaN before the first publication.
        """
        accepted = ("funds_holding", "shares_held", "value_held")
        if item not in accepted:
            raise DataError(f"fund holdings '{item}'; accepted: {', '.join(accepted)}")
        if back < 0:
            raise DataError(f"fund holdings, back {back}; accepted: 0 or more lists before")
        return holdings(self._store, item, full=full, back=back)[: self._days]

    def analyst_estimates(self) -> pd.DataFrame:
        """Return every forecast known by the market's end, of all stocks.

        Returns
        -------
        DataFrame
            The columns of the table analyst_estimates; of brokers' forecasts of one stock and year
            the last known one counts (`quanthedge.factors` makes the consensus of a day of them).
        """
        table = self._store.frame("analyst_estimates")
        return table[table["known_date"] <= self._end].reset_index(drop=True)

    def owners(self) -> pd.DataFrame:
        """Return who controlled each company: code, start, end, owner; spells begun by the end.

        A spell that ended after the market's end is open.
        """
        return self._spells("owners")

    # -- futures

    def futures_products(self) -> list[str]:
        """Return the futures products that had begun by the market's end (none without a table)."""
        if "futures_daily" not in self._store.manifest.tables:
            return []
        table = self._store.frame("futures_daily")
        return sorted(table.loc[table["date"] <= self._end, "product"].unique())

    def futures(self, product: str) -> pd.DataFrame:
        """Return the bars of every contract of a product, sorted by date and contract."""
        table = self._store.frame("futures_daily")
        bars = table[(table["product"] == product) & (table["date"] <= self._end)]
        if bars.empty:
            there = ", ".join(self.futures_products()) or "none"
            raise DataError(f"no futures '{product}' by {self.dates[-1]}; there are: {there}")
        return bars.sort_values(["date", "contract"], ignore_index=True)

    # -- inside

    def _spells(self, table: str) -> pd.DataFrame:
        """Spells as known at the cut: those begun, open where they ended later."""
        spells = self._store.frame(table)
        spells = spells[spells["start"] <= self._end].reset_index(drop=True)
        spells["end"] = spells["end"].where(spells["end"] <= self._end)
        return spells

    def next_trading_day(self, date: str | None = None) -> np.datetime64:
        """Return the trading day after a day (the last by default), by the calendar.

        Where the calendar, which is published in advance, ends: the next weekday.
        """
        from quanthedge.market.next_day import next_trading_day

        return next_trading_day(self, date)

    def with_next_day(self, date: str | None = None, day: str | None = None) -> "Market":
        """Return the market of a close with a day behind it: :func:`.next_day.with_next_day`."""
        from quanthedge.market.next_day import with_next_day

        return with_next_day(self, date, day)


def _reopen(opened: Callable[..., "Store"], given: tuple[Any, ...], cut: np.datetime64) -> Market:
    store = opened(*given)
    market = Market(store, store.days, np.datetime64("9999-12-31", "D"))
    return market if cut > market.dates[-1] + np.timedelta64(3650, "D") else market.until(cut)
