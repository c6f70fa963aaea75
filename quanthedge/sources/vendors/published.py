"""Index weights, statements, yield curves, industry indices and funds' holdings of vendors."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.twins import one_index
from quanthedge.sources.vendors.columns import VendorTable
from quanthedge.sources.vendors.joining import codes_kept
from quanthedge.sources.vendors.reading import Folder
from quanthedge.sources.vendors.spells import members_of_snapshots
from quanthedge.sources.vendors.statements import dated_rows

__all__ = [
    "curve_of",
    "holdings_of",
    "industry_indices_of",
    "lists_of",
    "members_of",
    "reports_of",
    "shenwan_indices",
    "weights_of",
]

Array = np.ndarray[Any, Any]
_REPORT = ["code", "period_end", "known_date"]
_YEAR_MONTHS = 12
_NEAR_MONTH = 0.1  # of a term in months
# Month of the reporting date: day and month by which funds publish what they held.
_PUBLISHED = {3: "04-22", 6: "08-31", 9: "10-26", 12: "03-31"}


def lists_of(folder: Folder, table: VendorTable) -> pa.Table | None:
    """Return a vendor's dated lists of indices' members, A shares only; None without a row."""
    rows = folder.read(table)
    if rows is None or rows.num_rows == 0:
        return None
    return codes_kept(rows, table.files[0], folder.collector)


def members_of(lists: pa.Table | None, collector: Collector) -> pa.Table | None:
    """Return index_members of a vendor's dated lists."""
    return None if lists is None else members_of_snapshots(lists, "index_members", collector)


def weights_of(rows: pa.Table | None, name: str, collector: Collector) -> pa.Table | None:
    """Return index_weights of a vendor's lists; None where no row has a weight.

    Parameters
    ----------
    rows
        Columns index_code, code, date and, where the vendor gives it, weight (fraction).
    """
    if rows is None or "weight" not in rows.column_names:
        return None
    known = pc.invert(pc.is_null(rows["weight"], nan_is_null=True))
    silent = rows.num_rows - int(pc.sum(known).as_py() or 0)
    if silent:
        what = "without a weight are members only"
        collector.add("info", name, "no weight", silent, what)
    rows = rows.filter(known)
    if rows.num_rows == 0:
        return None
    rows = rows.select(list(TABLES["index_weights"].column_names))
    return one_index(rows, "index_code", "index_weights", collector)


def reports_of(
    parts: Sequence[tuple[pa.Table, Mapping[str, str], str]], collector: Collector
) -> pa.Table | None:
    """Return statements of a vendor's tables, joined by stock, period and day of publication.

    Parameters
    ----------
    parts
        Of each table: rows with code, known_date, period_end, items in yuan (flows cumulative
        since 1 January) and, where several versions share a day, rank (higher is better); our item
        by column; the table's name.
    """
    joined: pd.DataFrame | None = None
    for rows, items, name in parts:
        named = {column: item for column, item in items.items() if column in rows.column_names}
        if not named:
            continue
        kept = dated_rows(rows, name, collector).select([*_REPORT, *named])
        frame = kept.rename_columns([*_REPORT, *named.values()]).to_pandas(date_as_object=False)
        frame = frame.drop_duplicates(_REPORT, keep="last")
        joined = frame if joined is None else joined.merge(frame, on=_REPORT, how="outer")
    if joined is None or joined.empty:
        return None
    columns: dict[str, Any] = {"code": pa.array(joined["code"].tolist(), pa.string())}
    for day in ("period_end", "known_date"):
        columns[day] = pa.array(joined[day].to_numpy().astype("datetime64[D]"), pa.date32())
    columns["announce_date"] = columns["known_date"]
    for item in TABLES["statements"].numbers:
        blank = np.full(len(joined), np.nan)
        columns[item] = pa.array(
            joined[item].to_numpy(np.float64) if item in joined.columns else blank
        )
    return pa.table(columns)


def _term_of_years(years: float) -> str | None:
    """Return the name of a term given in years; None for one that is no month or year.

    >>> [_term_of_years(years) for years in (0.0, 0.08, 0.5, 1.0, 10.0, 1.55, float("nan"))]
    ['0S', '1M', '6M', '1Y', '10Y', None, None]
    """
    months = years * _YEAR_MONTHS
    if not math.isfinite(months):
        return None
    whole = round(months)
    if abs(months - whole) > _NEAR_MONTH:
        return None
    if whole % _YEAR_MONTHS == 0:
        return f"{whole // _YEAR_MONTHS}Y" if whole else "0S"
    return f"{whole}M"


def curve_of(rows: pa.Table | None, name: str, collector: Collector) -> pa.Table | None:
    """Return government_yield_curve of rows with date, years and rate (fraction)."""
    if rows is None:
        return None
    years = rows["years"].cast(pa.float64()).fill_null(np.nan).to_numpy()
    terms = [_term_of_years(float(value)) for value in years]
    odd = np.array([term is None for term in terms], dtype=bool) | np.isnan(
        rows["rate"].cast(pa.float64()).fill_null(np.nan).to_numpy()
    )
    if odd.any():
        what = "of terms between months, or without a yield, left out"
        collector.add("info", name, "terms", int(odd.sum()), what)
    columns = {"date": rows["date"], "term": pa.array(terms, pa.string()), "rate": rows["rate"]}
    return pa.table(columns).filter(pa.array(~odd))


def industry_indices_of(
    parts: Sequence[tuple[pa.Table, str, str]], collector: Collector
) -> pa.Table | None:
    """Return industry_index_daily of a vendor's tables.

    Parameters
    ----------
    parts
        Of each table: rows with code, date, close and any of open, high, low, name; the family; and
        what is appended to codes without an ending (".SI").
    collector
        Told where there are no names.
    """
    tables = []
    for rows, family, ending in parts:
        if rows["code"].null_count:
            raise DataError(
                f"industry indices {family}: {rows['code'].null_count} rows have no code; "
                f"accepted: a vendor's code of an index, such as 801010{ending}"
            )
        codes = rows["code"].combine_chunks().dictionary_encode()
        words = [str(word).strip() for word in codes.dictionary.to_pylist()]
        spelt = pa.array([word if "." in word else word + ending for word in words], pa.string())
        code = spelt.take(codes.indices)
        name = rows["name"] if "name" in rows.column_names else code
        if "name" not in rows.column_names:
            what = f"no names of the {family} indices in the source: the codes stand"
            collector.assume("industry_index_daily", what)
        columns: dict[str, Any] = {"code": code, "name": name}
        columns["family"] = pa.array([family] * rows.num_rows, pa.string())
        columns["date"] = rows["date"]
        for price in ("open", "high", "low", "close"):
            there = price in rows.column_names
            columns[price] = rows[price] if there else np.full(rows.num_rows, np.nan)
        tables.append(pa.table(columns))
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def shenwan_indices(folder: Folder, table: VendorTable) -> pa.Table | None:
    """Return industry_index_daily of a vendor's one table of Shenwan's industry indices."""
    rows = folder.read(table)
    return None if rows is None else industry_indices_of([(rows, "SWS", ".SI")], folder.collector)


def _month_end_window(period: Array) -> Array:
    """Return the last day on which funds may publish what they held on each date.

    22 April, 31 August and 26 October of the year, 31 March of the next for December: what a fund
    published earlier is not in vendors' sums.

    >>> _month_end_window(np.array(["2015-06-30", "2015-12-31"], dtype="datetime64[D]"))
    array(['2015-08-31', '2016-03-31'], dtype='datetime64[D]')
    """
    found: list[Any] = []
    for day in period.astype("datetime64[D]"):
        if np.isnat(day):
            found.append(day)
            continue
        year, month = int(str(day)[:4]), int(str(day)[5:7])
        if month not in _PUBLISHED:
            found.append(np.datetime64("NaT", "D"))
        else:
            year += month == _YEAR_MONTHS
            found.append(np.datetime64(f"{year}-{_PUBLISHED[month]}", "D"))
    return np.array(found, dtype="datetime64[D]")


def holdings_of(rows: pa.Table | None, name: str, collector: Collector) -> pa.Table | None:
    """Return fund_holdings of rows with code, period_end, funds_holding, shares_held, value_held.

    Each fund's own rows have `fund` in place of funds_holding and are added up.
    """
    if rows is None:
        return None
    frame = rows.to_pandas(date_as_object=False)
    keys = ["code", "period_end"]
    if "fund" in frame.columns:
        frame = frame.groupby(keys, as_index=False, dropna=False).agg(
            funds_holding=("fund", "nunique"), shares_held=("shares_held", "sum"),
            value_held=("value_held", "sum"),
        )  # fmt: skip
    period = frame["period_end"].to_numpy().astype("datetime64[D]")
    known = _month_end_window(period)
    odd = np.isnat(known)
    if odd.any():
        what = "of dates that end no quarter, or without one, left out"
        collector.add("info", name, "no quarter", int(odd.sum()), what)
    frame, period, known = frame[~odd], period[~odd], known[~odd]
    month = period.astype("datetime64[M]").astype(int) % _YEAR_MONTHS + 1
    collector.assume("fund_holdings",
        "known on the last day of the legal window (22 April, 31 August, 26 October, 31 March); "
        "June and December are whole holdings, March and September the ten largest of each fund",
    )  # fmt: skip
    return pa.table(
        {
            "code": pa.array(frame["code"].tolist(), pa.string()),
            "period_end": pa.array(period, pa.date32()),
            "known_date": pa.array(known, pa.date32()),
            "full_holdings": pa.array(month % 6 == 0),
            **{
                column: pa.array(frame[column].to_numpy(np.float64))
                for column in ("funds_holding", "shares_held", "value_held")
            },
        }
    )
