"""A market whose future is other than it was, for finding out what looks ahead.

The past up to the close of a day stays bit for bit; everything later is changed at the source
(tables and panels), so that every method of `Market` sees it. The calendar stays: trading days,
expiries and what was announced before are known in advance.
"""

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market.dataset import Market
from quanthedge.market.panels import PANELS
from quanthedge.market.schema import TABLES
from quanthedge.market.store import Store

__all__ = ["ALTERATIONS", "Alteration", "altered"]

Array = np.ndarray[Any, Any]
Alteration = Literal["removed", "scrambled", "absurd", "restated"]
ALTERATIONS: tuple[Alteration, ...] = get_args(Alteration)
HORIZON = 60  # trading days of the changed future that are kept
PRICES = ("open", "high", "low", "close", "pre_close", "mark")
# The day on which a row of a table becomes public.
PUBLIC = {
    "index_daily": "date",
    "index_dividend_yield": "date",
    "futures_daily": "date",
    "cash_rate": "date",
    "fundamentals": "known_date",
    "statements": "known_date",
    "fund_holdings": "known_date",
    "index_weights": "date",
    "industry_index_daily": "date",
    "government_yield_curve": "date",
    "index_members": "start",
    "industry": "start",
    "stock_names": "start",
    "corporate_actions": "announce_date",
}


def altered(market: Market, row: int, alteration: Alteration, seed: int = 0) -> Market:
    """Return the same market with another future after the close of day `row`.

    Parameters
    ----------
    market
        The true one.
    row
        Last day that stays as it was.
    alteration
        "removed": there is no later day. "scrambled": later prices, flags, figures and spells are
        those of other stocks and days. "absurd": they are nonsense (undefined, enormous, negative).
        "restated": the vendor publishes history anew later: reports of past periods are restated
        after the day, and every adjustment factor, past ones too, is multiplied by a constant of
        its stock, as forward adjustment does.
    seed
        Same seed, same future.

    Returns
    -------
    Market
        At most 60 later days.
    """
    date = market.dates[row]
    if alteration == "removed":
        return market.until(date)
    days = min(len(market.dates), row + 1 + HORIZON)
    store = _AlteredStore(market._store, row, alteration, seed, days)
    return Market(store, days, max(market.dates[days - 1], date))


class _AlteredStore(Store):
    """The store of an altered market: the files of the true one, read through the change."""

    def __init__(
        self, store: Store, row: int, alteration: Alteration, seed: int, days: int
    ) -> None:
        self.path, self.manifest, self.axes = store.path, store.manifest, store.axes
        self.first_day, self.dates, self.days = store.first_day, store.dates[:days], days
        self.frames, self.made, self._tables = {}, {}, {}
        self._true = store
        self._row, self._cut = row, store.dates[row]
        self._alteration, self._seed = alteration, seed
        self._version = store._version
        self.panels = _AlteredPanels(store, row, alteration, seed, days)  # type: ignore[assignment]

    def table(self, name: str) -> pa.Table:
        """Read a table with its later rows changed."""
        if name not in self._tables:
            rng = np.random.default_rng([self._seed, *name.encode()])
            true = self._true.table(name)
            if name == "stocks":
                changed = _other_stocks(true, self._cut, rng)
            elif name in PUBLIC:
                changed = self._changed(name, true, rng)
            else:
                changed = true
            self._tables[name] = changed
        return self._tables[name]

    def fundamental_rows(self, item: str) -> pa.Table:
        """Read the rows of an item with the later ones changed."""
        rng = np.random.default_rng([self._seed, *item.encode()])
        rows = self._changed("fundamentals", self._true.fundamental_rows(item), rng)
        keys = [key for key in ("code", "known_date", "period_end") if key in rows.column_names]
        return rows.sort_by([(key, "ascending") for key in keys]).combine_chunks()

    def _changed(self, name: str, true: pa.Table, rng: np.random.Generator) -> pa.Table:
        public = true[PUBLIC[name]].to_numpy().astype("datetime64[D]")
        if name == "corporate_actions":
            known = true["ex_date"].to_numpy().astype("datetime64[D]")
            public = np.where(np.isnat(public), known, np.minimum(public, known))
        later = public > self._cut
        table = _later_ends(true, self._cut, rng) if "end" in true.column_names else true
        past, future = table.filter(pa.array(~later)), table.filter(pa.array(later))
        if self._alteration == "restated":
            if name in ("fundamentals", "statements") and past.num_rows:
                future = pa.concat_tables([_restatements(past, self._cut, rng), future])
            return pa.concat_tables([past, future])
        future = _other_rows(name, future, rng, absurd=self._alteration == "absurd")
        return pa.concat_tables([past, future.cast(past.schema)])


class _AlteredPanels:
    """The panels of an altered market, each made when it is asked for."""

    def __init__(
        self, store: Store, row: int, alteration: Alteration, seed: int, days: int
    ) -> None:
        self._store, self._row, self._alteration = store, row, alteration
        self._seed, self._days = seed, days
        self._made: dict[str, Array] = {}

    def get(self, name: str) -> Array:
        """Return a panel with its later rows changed."""
        if name not in self._made:
            panel = self._changed(name)
            panel.flags.writeable = False
            self._made[name] = panel
        return self._made[name]

    def derived(self, name: str, make: Callable[[], Array]) -> Array:
        """Make a panel anew from the altered tables."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def build(self, _progress: object = None) -> bool:
        """Do nothing: altered panels are not kept."""
        return True

    def _changed(self, name: str) -> Array:
        true = self._store.panels.get(name)
        panel = np.array(true[: self._days])
        rng = np.random.default_rng([self._seed, *name.encode()])
        if self._alteration == "restated":
            if name == "adj_factor":
                panel *= np.exp(rng.normal(0.0, 1.0, panel.shape[1]))
            return panel
        future = panel[self._row + 1 :]
        if PANELS[name].dtype == bool:
            future[:] = rng.random(future.shape) < 0.5
        elif self._alteration == "scrambled":
            scale = np.exp(rng.normal(0.0, 0.5, future.shape))
            future[:] = future[:, rng.permutation(future.shape[1])] * scale
        else:
            future[:] = _nonsense(future.shape, rng)
        return panel


def _nonsense(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    values = rng.choice([np.nan, 0.0, -1.0, 1e-9, 1e12, 1.0], shape)
    return values * rng.random(shape)


def _other_rows(name: str, rows: pa.Table, rng: np.random.Generator, *, absurd: bool) -> pa.Table:
    """Give rows that become public later other values, and leave some of them out."""
    if rows.num_rows == 0:
        return rows
    keep = rng.random(rows.num_rows) < 0.8
    rows = rows.filter(pa.array(keep))
    for place, column in enumerate(TABLES[name].columns):
        if column.name not in rows.column_names:
            continue
        place = rows.column_names.index(column.name)  # noqa: PLW2901 -- rows may lack columns
        if column.kind == "number":
            values = np.array(rows[column.name].to_numpy(), dtype=np.float64)
            if absurd:
                values = _nonsense(values.shape, rng)
            else:
                values = rng.permutation(values) * np.exp(rng.normal(0.0, 0.5, len(values)))
            rows = rows.set_column(place, rows.schema.field(place), pa.array(values))
        elif column.name in ("code", "industry", "name") and name in (
            "index_members", "industry", "stock_names",
        ):  # fmt: skip
            order = pa.array(rng.permutation(rows.num_rows))
            rows = rows.set_column(place, rows.schema.field(place), rows[column.name].take(order))
    return rows


def _later_ends(spells: pa.Table, cut: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Let spells that hold at the cut end on another day after it, or never."""
    end = spells["end"].to_numpy().astype("datetime64[D]").copy()
    open_then = np.isnat(end) | (end > cut)
    new = cut + rng.integers(1, 60, len(end)).astype("timedelta64[D]")
    new[rng.random(len(end)) < 0.3] = np.datetime64("NaT", "D")
    end[open_then] = new[open_then]
    start = spells["start"].to_numpy().astype("datetime64[D]")
    end = np.where(end < start, start, end)
    place = spells.column_names.index("end")
    ends = pa.array(end, pa.date32(), from_pandas=True)
    return spells.set_column(place, spells.schema.field(place), ends)


def _other_stocks(stocks: pa.Table, cut: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Delist other stocks after the cut, and list those that come later on other days."""
    listed = stocks["list_date"].to_numpy().astype("datetime64[D]").copy()
    gone = stocks["delist_date"].to_numpy().astype("datetime64[D]").copy()
    shift = rng.integers(1, 60, len(gone)).astype("timedelta64[D]")
    later = listed > cut
    listed[later] = (cut + shift)[later]
    open_then = np.isnat(gone) | (gone > cut)
    new = cut + shift + np.timedelta64(60, "D")
    new[rng.random(len(gone)) < 0.5] = np.datetime64("NaT", "D")
    gone[open_then] = new[open_then]
    for name, values in (("list_date", listed), ("delist_date", gone)):
        place = stocks.column_names.index(name)
        column = pa.array(values, pa.date32(), from_pandas=True)
        stocks = stocks.set_column(place, stocks.schema.field(place), column)
    return stocks


def _restatements(past: pa.Table, cut: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Return rows in which known figures are published anew after the cut, with other values."""
    rows = past.take(pa.array(np.sort(rng.choice(past.num_rows, max(1, past.num_rows // 4)))))
    known = cut + rng.integers(1, 30, rows.num_rows).astype("timedelta64[D]")
    changed = {"known_date": pa.array(known, pa.date32())}
    for name in rows.column_names:
        if pa.types.is_floating(rows.schema.field(name).type):
            noise = np.exp(rng.normal(0.0, 0.5, rows.num_rows))
            changed[name] = pa.array(rows[name].to_numpy() * noise)
    for name, column in changed.items():
        place = rows.column_names.index(name)
        rows = rows.set_column(place, rows.schema.field(place), column)
    return rows


def public_frame(frame: pd.DataFrame, cut: np.datetime64) -> pd.DataFrame:
    """Return the rows of a frame with a date column or index up to a day."""
    dates = frame["date"] if "date" in frame.columns else frame.index
    return frame[np.asarray(pd.DatetimeIndex(dates) <= pd.Timestamp(cut))]
