"""How the rows of a table are changed that became public after a day.

Whatever a table holds, rows of the very next day are among the changed ones: where the true table
has none, some are put there.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.schema import TABLES

__all__ = [
    "ends_after",
    "injected",
    "nonsense",
    "other_rows",
    "other_session",
    "other_stocks",
    "public_column",
    "restatements",
]

Array = np.ndarray[Any, Any]
ONE_DAY = np.timedelta64(1, "D")
_SPELLS = ("index_members", "industry", "owners", "stock_names")
_FIXED = ("calendar", "stocks", "stock_daily")  # known in advance; changed apart; seen as panels
# Columns that say on which day a row became public, the first that a table has.
_PUBLIC = ("known_date", "announce_date", "published_date", "date", "start")


def public_column(name: str) -> str | None:
    """Return the column that says when a row of a table became public; None: not changed by rows.

    >>> public_column("fundamentals"), public_column("industry"), public_column("calendar")
    ('known_date', 'start', None)
    """
    if name in _FIXED or name not in TABLES:
        return None
    columns = TABLES[name].column_names
    return next((column for column in _PUBLIC if column in columns), None)


def nonsense(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return undefined, enormous, tiny and negative numbers."""
    values = rng.choice([np.nan, 0.0, -1.0, 1e-9, 1e12, 1.0], shape)
    return values * rng.random(shape)


def other_rows(
    name: str, rows: pa.Table, rng: np.random.Generator, *, absurd: bool, keep: float
) -> pa.Table:
    """Give rows that become public later other values, and keep a part of them."""
    if rows.num_rows == 0:
        return rows
    rows = rows.filter(pa.array(rng.random(rows.num_rows) < keep))
    for column in _numbers(name, rows):
        values = np.array(rows[column].to_numpy(), dtype=np.float64)
        if absurd:
            values = nonsense(values.shape, rng)
        else:
            values = rng.permutation(values) * np.exp(rng.normal(0.0, 0.5, len(values)))
        rows = _with(rows, column, values)
    if name in _SPELLS:
        order = pa.array(rng.permutation(rows.num_rows))
        for column in ("code", "industry", "name"):
            if column in rows.column_names:
                place = rows.column_names.index(column)
                field = rows.schema.field(place)
                rows = rows.set_column(place, field, rows[column].take(order))
    return rows


def other_session(name: str, rows: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Give rows of one day another course after its open; tables without an open, other values."""
    if rows.num_rows == 0:
        return rows
    moved = rng.uniform(0.02, 0.08, rows.num_rows) * rng.choice([-1.0, 1.0], rows.num_rows)
    more = rng.uniform(1.5, 3.0, rows.num_rows)
    number = {
        column: np.array(rows[column].to_numpy(), dtype=np.float64)
        for column in _numbers(name, rows)
    }
    if "open" not in number:
        for column, values in number.items():
            rows = _with(rows, column, _never_the_same(values, rng))
        return rows
    base = np.where(np.isnan(number["open"]), number["close"], number["open"])
    close = base * np.exp(moved)
    step = close / np.where(number["close"] > 0, number["close"], base)
    other = {
        "close": close,
        "settle": close * (1.0 + 0.1 * moved),
        "high": np.maximum(base, close) * 1.01,
        "low": np.minimum(base, close) * 0.99,
        "volume": np.round(number.get("volume", base) * more),
        "open_interest": np.round(number.get("open_interest", base) * more),
        "amount": number.get("amount", base) * more * step,
    }
    for column, values in other.items():
        if column in number:
            known = ~np.isnan(number[column])
            rows = _with(rows, column, np.where(known, values, np.nan))
    return rows


def injected(
    name: str, past: pa.Table, day: np.datetime64, codes: Array, rng: np.random.Generator
) -> pa.Table:
    """Return rows that become public on a day, so that no table is silent on it."""
    makers = {
        "fundamentals": lambda: _new_reports(name, past, day, rng),
        "statements": lambda: _new_reports(name, past, day, rng),
        "index_weights": lambda: _new_list(name, past, day, rng),
        "analyst_estimates": lambda: _new_reports(name, past, day, rng),
        "fund_holdings": lambda: _new_list(name, past, day, rng),
        "government_yield_curve": lambda: _new_list(name, past, day, rng),
        "index_members": lambda: _new_members(past, day, codes, rng),
        "industry": lambda: _new_labels(past, day, rng),
        "owners": lambda: _new_labels(past, day, rng),
        "stock_names": lambda: _new_labels(past, day, rng),
        "corporate_actions": lambda: _new_actions(past, day, codes, rng),
        "cash_rate": lambda: _new_rate(past, day, rng),
    }
    return makers[name]() if name in makers and past.num_rows else past.slice(0, 0)


def _new_rate(past: pa.Table, day: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Return another rate fixed on the day."""
    rows = past.slice(past.num_rows - 1, 1)
    rate = _never_the_same(rows["rate"].to_numpy(), rng)
    return _with(_with(rows, "date", np.array([day])), "rate", rate)


def _new_list(name: str, past: pa.Table, day: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Publish the newest list again on the day, with other numbers."""
    public = str(public_column(name))
    dates = past[public].to_numpy()
    rows = past.filter(pa.array(dates == dates.max()))
    for column in _numbers(name, rows):
        rows = _with(rows, column, _never_the_same(rows[column].to_numpy(), rng))
    for column in {public, "period_end"} & set(rows.column_names):
        rows = _with(rows, column, np.full(rows.num_rows, day))
    return rows


def _new_reports(
    name: str, past: pa.Table, day: np.datetime64, rng: np.random.Generator
) -> pa.Table:
    """Let every stock report on the day: half restate the newest period, half have a newer one."""
    codes = np.asarray(past["code"].to_pylist(), dtype=str)
    last = np.flatnonzero(np.append(codes[1:] != codes[:-1], True))
    rows = past.take(pa.array(last))
    rows = _with(rows, "known_date", np.full(len(last), day))
    if "period_end" in rows.column_names:
        period = rows["period_end"].to_numpy().astype("datetime64[D]").copy()
        newer = (rng.random(len(period)) < 0.5) & ~np.isnat(period)
        quarter = period[newer].astype("datetime64[M]") + np.timedelta64(4, "M")
        period[newer] = quarter.astype("datetime64[D]") - ONE_DAY
        rows = _with(rows, "period_end", period)
    for column in _numbers(name, rows):
        rows = _with(rows, column, _never_the_same(rows[column].to_numpy(), rng))
    return rows


def _new_members(
    past: pa.Table, day: np.datetime64, codes: Array, rng: np.random.Generator
) -> pa.Table:
    """Let half of the stocks enter every index on the day."""
    indices = np.asarray(past["index_code"].to_pylist(), dtype=str)
    rows = []
    for index in np.unique(indices):
        chosen = codes[rng.random(len(codes)) < 0.5]
        first = int(np.flatnonzero(indices == index)[0])
        new = past.take(pa.array(np.full(len(chosen), first)))
        rows.append(_from(_with(new, "code", chosen), day))
    return pa.concat_tables(rows)


def _new_labels(past: pa.Table, day: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Let half of the stocks take another's industry or name on the day."""
    codes = np.asarray(past["code"].to_pylist(), dtype=str)
    _, last = np.unique(codes[::-1], return_index=True)
    last = len(codes) - 1 - last
    chosen = last[rng.random(len(last)) < 0.5]
    rows = past.take(pa.array(rng.permutation(last)[: len(chosen)]))
    return _from(_with(rows, "code", codes[chosen]), day)


def _new_actions(
    past: pa.Table, day: np.datetime64, codes: Array, rng: np.random.Generator
) -> pa.Table:
    """Let a fifth of the stocks announce a dividend on the day."""
    chosen = codes[rng.random(len(codes)) < 0.2]
    rows = past.take(pa.array(np.zeros(len(chosen), dtype=np.int64)))
    rows = _with(rows, "code", chosen)
    later = np.full(len(chosen), day) + rng.integers(5, 30, len(chosen)).astype("timedelta64[D]")
    dates = {"announce_date": np.full(len(chosen), day), "ex_date": later, "pay_date": later}
    for name, values in dates.items():
        rows = _with(rows, name, values)
    rows = _with(rows, "record_date", later - ONE_DAY)
    numbers = {"cash_per_share": 0.01, "bonus_per_share": 0.1, "rights_per_share": 0.0}
    for name, value in numbers.items():
        rows = _with(rows, name, np.full(len(chosen), value))
    return rows


def ends_after(
    spells: pa.Table, cut: np.datetime64, rng: np.random.Generator, *, at_once: bool
) -> pa.Table:
    """Let spells that hold at the cut end on another day after it, or never.

    ``at_once``: a half holds on the day of the cut for the last time.
    """
    end = spells["end"].to_numpy().astype("datetime64[D]").copy()
    open_then = np.isnat(end) | (end > cut)
    new = cut + rng.integers(1, 60, len(end)).astype("timedelta64[D]")
    new[rng.random(len(end)) < 0.3] = np.datetime64("NaT", "D")
    if at_once:
        new[rng.random(len(end)) < 0.5] = cut
    end[open_then] = new[open_then]
    start = spells["start"].to_numpy().astype("datetime64[D]")
    return _with(spells, "end", np.where(end < start, start, end))


def other_stocks(stocks: pa.Table, cut: np.datetime64, rng: np.random.Generator) -> pa.Table:
    """Delist other stocks after the cut, and list those that come later on other days."""
    listed = stocks["list_date"].to_numpy().astype("datetime64[D]").copy()
    gone = stocks["delist_date"].to_numpy().astype("datetime64[D]").copy()
    shift = rng.integers(1, 60, len(gone)).astype("timedelta64[D]")
    later = listed > cut
    listed[later] = (cut + shift)[later]
    open_then = np.isnat(gone) | (gone > cut)
    new = cut + shift
    draw = rng.random(len(gone))
    new[draw < 0.3] = cut + ONE_DAY
    new[draw > 0.7] = np.datetime64("NaT", "D")
    new = np.where(listed >= new, listed + shift, new)
    gone[open_then] = new[open_then]
    return _with(_with(stocks, "list_date", listed), "delist_date", gone)


def restatements(
    name: str, past: pa.Table, cut: np.datetime64, rng: np.random.Generator
) -> pa.Table:
    """Return rows in which known figures are published anew after the cut, with other values."""
    rows = past.take(pa.array(np.sort(rng.choice(past.num_rows, max(1, past.num_rows // 4)))))
    known = cut + rng.integers(1, 30, rows.num_rows).astype("timedelta64[D]")
    for column in _numbers(name, rows):
        noise = np.exp(rng.normal(0.0, 0.5, rows.num_rows))
        rows = _with(rows, column, rows[column].to_numpy() * noise)
    return _with(rows, "known_date", known)


def _never_the_same(values: Any, rng: np.random.Generator) -> Array:
    """Return other numbers, also for what is 0 or undefined."""
    values = np.asarray(values, dtype=np.float64)
    moved = rng.uniform(0.1, 1.0, values.shape) * rng.choice([-0.5, 1.0], values.shape)
    other: Array = np.where(np.isfinite(values) & (values != 0), values * (1.0 + moved), moved)
    return other


def _numbers(name: str, rows: pa.Table) -> list[str]:
    """Return the number columns of a table that its rows have."""
    return [
        column.name
        for column in TABLES[name].columns
        if column.kind == "number" and column.name in rows.column_names
    ]


def _from(rows: pa.Table, day: np.datetime64) -> pa.Table:
    """Let spells begin on a day and stay open."""
    rows = _with(rows, "start", np.full(rows.num_rows, day))
    return _with(rows, "end", np.full(rows.num_rows, np.datetime64("NaT", "D")))


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    """Return the rows with another column in the place and type of an old one."""
    place = rows.column_names.index(name)
    field = rows.schema.field(place)
    dates = np.asarray(values).dtype.kind == "M"
    array = pa.array(np.asarray(values), pa.date32() if dates else None, from_pandas=dates)
    return rows.set_column(place, field, array.cast(field.type))
