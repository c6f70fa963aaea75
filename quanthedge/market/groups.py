"""Which stocks belong together on each day: members of indices, their weights, industries.

Each array covers all days of the store; a market that is cut off shows its first rows.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market.asof import spell_codes, spell_mask
from quanthedge.market.drifting import drifted_weights
from quanthedge.market.store import Store

__all__ = ["closes_by_day", "gone_rows", "industries", "members", "weights"]

Array = np.ndarray[Any, Any]


def members(store: Store, index_code: str) -> Array:
    """Return who was in an index, bool [T, N]."""
    key = f"members {index_code}"
    if key not in store.made:
        table = store.table("index_members")
        names = np.asarray(table["index_code"].to_pylist(), dtype=str)
        rows = table.filter(pa.array(names == index_code))
        start, end = rows["start"].to_numpy(), rows["end"].to_numpy()
        stock = store.axes.positions(rows["code"])
        store.made[key] = spell_mask(store.dates, len(store.axes.codes), stock, start, end)
    return store.made[key]


def weights(store: Store, index_code: str) -> tuple[Array, Array]:
    """Return an index's weights [T, N] and the row of the list that each day drifted from [T]."""
    key = f"weights {index_code}"
    if key not in store.made:
        whole = store.frame("index_weights")
        rows, days = _list_rows(store, whole[whole["index_code"] == index_code])
        worth = store.panels.get("mark") * store.panels.get("adj_factor")
        made, origin = drifted_weights(rows, days, worth, gone_rows(store, store.days))
        store.made[key], store.made[f"{key} from"] = made, origin
    return store.made[key], store.made[f"{key} from"]


def _list_rows(store: Store, rows: pd.DataFrame) -> tuple[Array, Array]:
    """Weights of an index's lists [K, N] and their days' rows [K], those inside the bars."""
    dates = rows["date"].to_numpy().astype("datetime64[D]")
    inside = np.isin(dates, store.dates)
    stock = store.axes.positions(pa.chunked_array([pa.array(rows["code"].tolist(), pa.string())]))
    chosen = inside & (stock >= 0)
    days = np.unique(np.searchsorted(store.dates, dates[inside]))
    place = np.searchsorted(days, np.searchsorted(store.dates, dates[chosen]))
    made = np.zeros((len(days), len(store.axes.codes)))
    made[place, stock[chosen]] = rows["weight"].to_numpy()[chosen]
    return made, days.astype(np.int64)


def gone_rows(store: Store, days: int) -> Array:
    """Return the first row on which each stock is gone, int64 [N]; ``days`` when never."""
    gone = store.stocks["delist_date"].to_numpy()
    place = np.searchsorted(store.axes.calendar, gone) - store.first_day
    return np.where(np.isnat(gone), days, np.minimum(place, days)).astype(np.int64)


def industries(store: Store) -> tuple[Array, pd.DataFrame]:
    """Return each stock's industry, int16 [T, N], and its names by number with their first use."""
    if "industry" not in store.made:
        table = store.table("industry")
        stock = store.axes.positions(table["code"])
        start, end = table["start"].to_numpy(), table["end"].to_numpy()
        texts = {
            name: np.asarray(table[name].to_pylist(), dtype=object)
            for name in ("industry", "name_zh", "name_en")
        }
        number, names = spell_codes(texts, start)
        shape = store.dates, len(store.axes.codes)
        store.made["industry"] = spell_mask(*shape, stock, start, end, number)
        store.frames["industries"] = names
    return store.made["industry"], store.frames["industries"]


def closes_by_day(bars: pd.DataFrame, dates: Array) -> pd.DataFrame:
    """Return closes of bars (code, date, close) as days x codes, NaN where missing."""
    code = bars["code"].astype("category").cat.remove_unused_categories()
    day = np.searchsorted(dates, bars["date"].to_numpy().astype("datetime64[D]"))
    inside = day < len(dates)
    inside[inside] = dates[day[inside]] == bars["date"].to_numpy()[inside]
    made = np.full((len(dates), len(code.cat.categories)), np.nan)
    made[day[inside], code.cat.codes.to_numpy()[inside]] = bars["close"].to_numpy()[inside]
    return pd.DataFrame(made, index=pd.DatetimeIndex(dates), columns=code.cat.categories)
