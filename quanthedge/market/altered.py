"""A market whose future is other than it was, for finding out what looks ahead.

The past up to the close of a day stays bit for bit; everything later is changed at the source
(tables and panels), so that every method of `Market` sees it. The very next day is other in every
table: who looks one day ahead finds something else there. The calendar stays: trading days,
expiries and what was announced before are known in advance. The ways:

removed
    There is no later day.
scrambled
    Later prices, flags, figures and spells are those of other stocks and days.
absurd
    They are nonsense (undefined, enormous, negative).
restated
    The vendor publishes history anew later: reports of past periods are restated after the day, and
    every adjustment factor, past ones too, is multiplied by a constant of its stock, as forward
    adjustment does.
opened
    Of the next day stays what is known at its open (opening prices, who trades, previous closes,
    ex-dates, status, listings); its high, low, close, volume, amount, settlement price and
    everything published on it are other, and so are all later days.
priced
    As opened, and the next day's volume and amount stay too.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from quanthedge.market.altered_rows import (
    ends_after,
    injected,
    nonsense,
    other_rows,
    other_session,
    other_stocks,
    public_column,
    restatements,
)
from quanthedge.market.made_panels import Array, MadePanels
from quanthedge.market.panels import PANELS
from quanthedge.market.store import Store

__all__ = ["Alteration", "AlteredStore"]

Alteration = Literal["removed", "scrambled", "absurd", "restated", "opened", "priced"]
_KEPT = 0.8  # of the rows of tables after the cut; the others are missing
# What is known of a day at its open: seen there, or published before it.
AT_THE_OPEN = ("open", "pre_close", "traded", "adj_factor", "is_st", "is_delisting")
_SESSION = ("close", "high", "low", "volume", "amount", "mark", "simple_return")


class AlteredStore(Store):
    """The store of an altered market: the files of the true one, read through the change.

    Parameters
    ----------
    store
        The true one.
    row, days
        The last day that stays as it was, and how many days there are.
    alteration, seed
        How the future is changed; the same seed, the same future.
    """

    altered = True

    def __init__(
        self, store: Store, row: int, alteration: Alteration, seed: int, days: int
    ) -> None:
        self.path, self.axes = store.path, store.axes
        # what somebody keeps by a fingerprint must not be that of another market
        told = f"{store.manifest.fingerprint}~{alteration}@{store.dates[row]}#{seed}"
        self.manifest = replace(store.manifest, fingerprint=told)
        self.first_day, self.dates, self.days = store.first_day, store.dates[:days], days
        self.frames, self.made, self._tables = {}, {}, {}
        self._true = store
        self._row, self._cut, self._next = row, store.dates[row], store.dates[row + 1]
        # what was announced for the next day is known at its open
        self._announced = self._next if alteration in ("opened", "priced") else self._cut
        self._alteration, self._seed = alteration, seed
        self._version = store._version
        self.panels = _AlteredPanels(store, row, alteration, seed, days)  # type: ignore[assignment]

    @property
    def source(self) -> tuple[Callable[..., Store], tuple[Any, ...]]:
        """What makes the same store again: a copy of an altered market is altered."""
        again = self._true.source
        return _again, (*again, self._row, self._alteration, self._seed, self.days)

    def table(self, name: str) -> pa.Table:
        """Read a table with its later rows changed."""
        if name not in self._tables:
            rng = np.random.default_rng([self._seed, *name.encode()])
            true = self._true.table(name)
            if name == "stocks":
                self._tables[name] = other_stocks(true, self._announced, rng)
            elif public_column(name) is not None:
                self._tables[name] = self._changed(name, true, rng)
            else:
                self._tables[name] = true
        return self._tables[name]

    def fundamental_rows(self, item: str) -> pa.Table:
        """Read the rows of an item with the later ones changed."""
        rng = np.random.default_rng([self._seed, *item.encode()])
        rows = self._changed("fundamentals", self._true.fundamental_rows(item), rng)
        keys = [key for key in ("code", "known_date", "period_end") if key in rows.column_names]
        return rows.sort_by([(key, "ascending") for key in keys]).combine_chunks()

    def _changed(self, name: str, true: pa.Table, rng: np.random.Generator) -> pa.Table:
        public, last = true[public_column(name)].to_numpy().astype("datetime64[D]"), self._cut
        if name == "corporate_actions":
            known = true["ex_date"].to_numpy().astype("datetime64[D]")
            public = np.where(np.isnat(public), known, np.minimum(public, known))
            last = self._announced
        if name == "stock_names":  # a day's names, and the limits that they tell, are told before
            last = self._announced
        later = public > last
        table = true
        if "end" in true.column_names:
            names = name == "stock_names"
            table = ends_after(true, last if names else self._cut, rng, at_once=not names)
        past, future = table.filter(pa.array(~later)), table.filter(pa.array(later))
        if self._alteration == "restated":
            if name in ("fundamentals", "statements") and past.num_rows:
                future = pa.concat_tables([restatements(name, past, self._cut, rng), future])
            return pa.concat_tables([past, future])
        parts, keep = [past], _KEPT
        if self._alteration in ("opened", "priced"):
            today = public[later] == self._next
            parts.append(other_session(name, future.filter(pa.array(today)), rng))
            future, keep = future.filter(pa.array(~today)), 1.0
        absurd = self._alteration == "absurd"
        parts.append(other_rows(name, future, rng, absurd=absurd, keep=keep))
        if name != "stock_names" or last != self._next:
            parts.append(injected(name, past, self._next, self.axes.codes, rng))
        whole = pa.concat_tables([part.cast(past.schema) for part in parts])
        return whole.sort_by("date") if name == "cash_rate" else whole


def _again(opened: Callable[..., Store], given: tuple[Any, ...], *changed: Any) -> "AlteredStore":
    return AlteredStore(opened(*given), *changed)


class _AlteredPanels(MadePanels):
    """The panels of an altered market, each made when it is asked for."""

    def __init__(
        self, store: Store, row: int, alteration: Alteration, seed: int, days: int
    ) -> None:
        super().__init__()
        self._store, self._row, self._alteration = store, row, alteration
        self._seed, self._days = seed, days
        self._next: dict[str, Array] = {}

    def make(self, name: str) -> Array:
        """Return a panel with its later rows changed."""
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
        elif self._alteration == "absurd":
            future[:] = nonsense(future.shape, rng)
        else:
            scale = np.exp(rng.normal(0.0, 0.5, future.shape))
            future[:] = future[:, rng.permutation(future.shape[1])] * scale
        if self._alteration in ("opened", "priced"):
            kept = ("volume", "amount") if self._alteration == "priced" else ()
            if name in (*AT_THE_OPEN, *kept):
                future[0] = true[self._row + 1]
            elif name in _SESSION:
                future[0] = self._session()[name]
        return panel

    def _session(self) -> dict[str, Array]:
        """Return another course of the next day after its open, the same in all panels."""
        if not self._next:
            row = self._row + 1
            true = {name: self._store.panels.get(name)[row] for name in (*_SESSION, *AT_THE_OPEN)}
            rng = np.random.default_rng([self._seed, row])
            moved = rng.uniform(0.02, 0.08, len(true["open"])) * rng.choice(
                [-1, 1], len(true["open"])
            )
            close = true["open"] * np.exp(moved)
            volume = np.round(true["volume"] * rng.uniform(1.5, 3.0, len(close)))
            self._next = {
                "close": close,
                "high": np.maximum(true["open"], close) * 1.01,
                "low": np.minimum(true["open"], close) * 0.99,
                "volume": volume,
                "amount": np.where(
                    np.isnan(true["amount"]), np.nan, volume * (true["open"] + close) / 2
                ),
                "mark": np.where(true["traded"], close, true["mark"]),
                "simple_return": close / true["pre_close"] - 1,
            }
        return self._next
