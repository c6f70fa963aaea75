"""The simulated market as the tables of a dataset."""

from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.simulation.companies import NEVER, Companies, Lives
from quanthedge.market.simulation.factors import mean_reverting
from quanthedge.market.simulation.futures import FuturesPath
from quanthedge.market.simulation.indices import IndexPath
from quanthedge.market.simulation.names import INDUSTRIES, company_names
from quanthedge.market.simulation.reports import texts
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = [
    "cash_rate_table",
    "futures_table",
    "index_tables",
    "industry_table",
    "names_table",
    "stock_bars_table",
    "stocks_table",
]

Array = np.ndarray[Any, Any]
_PRICE_COLUMNS = ("open", "high", "low", "close", "pre_close")
_OTHER_COLUMNS = ("volume", "amount", "adj_factor", "total_shares", "float_shares")


def days_column(days: Any) -> pa.Array:
    """Return a date column; NaT becomes null."""
    return pa.array(np.asarray(days, dtype="datetime64[D]"), pa.date32(), from_pandas=True)


def stocks_table(calendar: Days, companies: Companies, lives: Lives) -> pa.Table:
    """Return the table stocks."""
    padded = np.append(calendar, np.datetime64("NaT"))
    gone = padded[np.minimum(lives.gone, len(calendar))]
    return pa.table(
        {
            "code": pa.array(companies.codes.tolist(), pa.string()),
            "list_date": days_column(lives.list_dates),
            "delist_date": days_column(gone),
        }
    )


def stock_bars_table(calendar: Days, companies: Companies, bars: Bars) -> pa.Table:
    """Return the table stock_daily, sorted by code and date; the panels are used up."""
    traded = np.ascontiguousarray(bars.traded.T)
    stock, row = (places.astype(np.int32) for places in np.nonzero(traded))
    codes = pa.array(companies.codes.tolist(), pa.string())
    columns: dict[str, Any] = {
        "code": pa.DictionaryArray.from_arrays(pa.array(stock), codes),
        "date": days_column(calendar[row]),
    }
    for name in (*_PRICE_COLUMNS, *_OTHER_COLUMNS):
        columns[name] = pa.array(np.ascontiguousarray(bars.columns.pop(name).T)[traded])
    columns["is_st"] = pa.array(bars.special.T[traded])
    columns["is_delisting"] = pa.array(bars.delisting.T[traded])
    return pa.table(columns)


def names_table(
    calendar: Days, companies: Companies, lives: Lives, draw: np.random.Generator
) -> pa.Table:
    """Return the table stock_names: plain, *ST and delisting names."""
    count = len(companies.codes)
    names = company_names(count, companies.industry, draw)
    rows = []
    for stock, name in enumerate(names):
        begin = int(max(lives.listed[stock], 0))
        steps = [(begin, name)]
        for at, text in (
            (lives.special_from[stock], f"*ST{name[:2]}"),
            (lives.special_to[stock], name),
            (lives.delisting_from[stock], f"{name[:2]}退"),
        ):
            if at == begin:
                steps = []
            steps += [(int(at), text)] if at < len(calendar) else []
        steps = [step for step, after in zip(steps, [*steps[1:], None], strict=True)
                 if after is None or after[0] > step[0]]  # fmt: skip
        stop = int(min(lives.gone[stock], NEVER))
        for (at, text), after in zip(steps, [*steps[1:], (stop, "")], strict=True):
            end = calendar[after[0] - 1] if after[0] < len(calendar) else np.datetime64("NaT")
            rows.append((stock, text, calendar[at], end))
    return pa.table(
        {
            "code": texts(companies.codes, np.array([row[0] for row in rows])),
            "name": pa.array([row[1] for row in rows], pa.string()),
            "start": days_column([row[2] for row in rows]),
            "end": days_column([row[3] for row in rows]),
        }
    )


def industry_table(companies: Companies, lives: Lives) -> pa.Table:
    """Return the table industry, one open spell for each stock since its listing."""
    number = companies.industry
    return pa.table(
        {
            "code": pa.array(companies.codes.tolist(), pa.string()),
            "start": days_column(lives.list_dates),
            "end": pa.nulls(len(number), pa.date32()),
            "industry": pa.array([f"{one + 1:02d}" for one in number], pa.string()),
            "name_zh": pa.array([INDUSTRIES[one][0] for one in number], pa.string()),
            "name_en": pa.array([INDUSTRIES[one][1] for one in number], pa.string()),
        }
    )


def index_tables(
    calendar: Days, companies: Companies, indices: list[IndexPath]
) -> tuple[pa.Table, pa.Table]:
    """Return the tables index_daily and index_members."""
    days = len(calendar)
    bars: dict[str, Any] = {
        "code": pa.array([index.code for index in indices for _ in range(days)], pa.string()),
        "date": days_column(np.tile(calendar, len(indices))),
    }
    for name in indices[0].bars:
        bars[name] = pa.array(np.concatenate([index.bars[name] for index in indices]))
    spells: list[tuple[str, str, Any, Any]] = []
    for index in indices:
        padded = np.pad(index.members.astype(np.int8), ((1, 1), (0, 0)))
        change = np.diff(padded, axis=0).T
        stock, begin = np.nonzero(change == 1)
        end = np.nonzero(change == -1)[1]
        for one, first, after in zip(stock, begin, end, strict=True):
            last = calendar[after - 1] if after < days else np.datetime64("NaT")
            spells.append((index.code, str(companies.codes[one]), calendar[first], last))
    members = pa.table(
        {
            "index_code": pa.array([spell[0] for spell in spells], pa.string()),
            "code": pa.array([spell[1] for spell in spells], pa.string()),
            "start": days_column([spell[2] for spell in spells]),
            "end": days_column([spell[3] for spell in spells]),
        }
    )
    return pa.table(bars), members


def futures_table(paths: list[FuturesPath]) -> pa.Table:
    """Return the table futures_daily."""
    columns: dict[str, Any] = {}
    for name in paths[0].columns:
        values = [value for path in paths for value in path.columns[name]]
        if name in ("date", "last_trading_day"):
            columns[name] = days_column(values)
        else:
            kind = pa.string() if name in ("product", "contract") else pa.float64()
            columns[name] = pa.array(values, kind)
    table = pa.table(columns)
    return table.sort_by([("contract", "ascending"), ("date", "ascending")])


def cash_rate_table(calendar: Days, draw: np.random.Generator) -> pa.Table:
    """Return the table cash_rate: mean-reverting, dear before the ends of quarters and years."""
    days = len(calendar)
    rate = 0.025 * np.exp(mean_reverting(days, 0.25, 15, draw) - 0.03)
    month = calendar.astype("datetime64[M]").astype(np.int64) % 12 + 1
    last = np.append(calendar[1:].astype("datetime64[M]") != calendar[:-1].astype("datetime64[M]"),
                     False)  # fmt: skip
    near = np.flatnonzero(last & (month % 3 == 0))
    for row in near:
        height = (0.03 if month[row] == 12 else 0.012) * draw.uniform(0.5, 1.5)
        for back, part in enumerate((1.0, 0.7, 0.4, 0.2)):
            if row >= back:
                rate[row - back] += height * part
    return pa.table({"date": days_column(calendar), "rate": pa.array(np.round(rate, 6))})
