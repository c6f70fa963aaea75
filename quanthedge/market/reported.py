"""Panels of what was reported, as it became known: fundamentals, statements, holdings of funds.

Each covers all days of the store; a market that is cut off shows its first rows.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.store import Store
from quanthedge.market.vintages import (
    Vintage,
    as_of,
    check_quarters,
    check_vintage,
    kept_rows,
    trailing,
)

__all__ = ["Figure", "Holding", "holdings", "reported", "statement_rows"]

Array = np.ndarray[Any, Any]
Figure = Literal["value", "ttm", "quarter"]
Holding = Literal["funds_holding", "shares_held", "value_held"]


def reported(
    store: Store,
    name: str,
    item: str,
    read: Callable[[], pa.Table],
    figure: Figure,
    vintage: Vintage,
) -> Array:
    """Return the panel of an item [T, N], kept under ``name`` beside the others.

    ``read`` gives the rows: code, known_date, period_end, value in this order.
    """
    check_vintage(vintage)

    def make() -> Array:
        rows = read()
        stock = store.axes.positions(rows["code"])
        known, period = rows["known_date"].to_numpy(), rows["period_end"].to_numpy()
        values = rows["value"].to_numpy()
        if figure == "value":
            keep = kept_rows(stock, period, vintage)
            stock, known, values = stock[keep], known[keep], values[keep]
        else:
            check_quarters(item, rows["code"], known, period)
            values = trailing(stock, period, values, vintage, year=figure == "ttm")
        return as_of(store.dates, len(store.axes.codes), stock, known, values)

    return store.panels.derived(f"{name}.{vintage}", make)


def statement_rows(store: Store, item: str) -> pa.Table:
    """Return the rows of an item; a publication that is silent on it repeats the one before."""
    columns = ["code", "period_end", "known_date", item]
    table = store.table("statements").select(columns)
    frame = table.to_pandas(date_as_object=False).sort_values(columns[:3])
    frame["value"] = frame.groupby(["code", "period_end"], sort=False)[item].ffill()
    frame = frame.sort_values(["code", "known_date", "period_end"])
    schema = pa.schema(
        [("code", pa.string()), ("known_date", pa.date32()), ("period_end", pa.date32()),
         ("value", pa.float64())]
    )  # fmt: skip
    rows = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    values = rows["value"].fill_null(float("nan"))
    return rows.set_column(3, schema.field("value"), values)


def holdings(store: Store, item: Holding, *, full: bool, back: int = 0) -> Array:
    """Return what public funds held [T, N]: whole lists or the ten largest of each fund."""
    key = f"holdings {item} {full} {back}"
    if key not in store.made:
        table = store.table("fund_holdings")
        rows = table.filter(pc.equal(table["full_holdings"], full))
        store.made[key] = _as_published(store, rows, item, back)
    return store.made[key]


def _as_published(store: Store, rows: pa.Table, item: str, back: int) -> Array:
    """Whole lists as of each day, or `back` lists before: a stock without a row in it has 0."""
    made = np.full((store.days, len(store.axes.codes)), np.nan)
    period = rows["period_end"].to_numpy().astype("datetime64[D]")
    known = rows["known_date"].to_numpy().astype("datetime64[D]")
    stock, values = store.axes.positions(rows["code"]), rows[item].to_numpy()
    dates = np.unique(period)
    begins = [int(np.searchsorted(store.dates, known[period == date].max())) for date in dates]
    for place, date in enumerate(dates[: len(dates) - back]):
        mine = period == date
        begin = max(begins[place : place + back + 1])  # known with those that came after it
        inside = mine & (stock >= 0)
        made[begin:] = 0.0
        made[begin:, stock[inside]] = values[inside]
    return made
