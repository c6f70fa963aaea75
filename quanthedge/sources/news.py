"""What an update does with news of stocks and contracts that have no new bar.

A source for the last days says of most stocks and contracts nothing but their entry in a list. That
entry counts: a delisting, an end of a contract, a change of name reach what has no new bar. What
follows from a calendar is worked out by the calendars of dataset and source together, because the
source's own may begin after the day in question.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import RuleError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.rules import third_friday
from quanthedge.sources.source import News
from quanthedge.sources.vendors.assembling import stocks_of

__all__ = ["contracts_with_ends", "joined_stocks", "spans_on_disk"]

Array = np.ndarray[Any, Any]
COLUMNS = list(TABLES["stocks"].column_names)


def spans_on_disk(file: pq.ParquetFile) -> pa.Table:
    """Return code, first and last date of a dataset's bars; every row group holds whole stocks."""
    pieces = []
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=["code", "date"])
        code = rows["code"].cast(pa.string())
        rows = rows.set_column(0, "code", code)
        pieces.append(rows.group_by("code").aggregate([("date", "min"), ("date", "max")]))
    whole = pa.concat_tables(pieces).group_by("code")
    whole = whole.aggregate([("date_min", "min"), ("date_max", "max")])
    names = ["code", "date_min_min", "date_max_max"]
    return whole.select(names).rename_columns(["code", "first", "last"]).sort_by("code")


def joined_stocks(
    old: pa.Table,
    new: pa.Table | None,
    news: News,
    spans: pa.Table,
    calendar: Array,
    collector: Collector,
) -> pa.Table | None:
    """Return what the source knows of stocks, on the calendar of dataset and source together.

    Parameters
    ----------
    old, new
        The table stocks of the dataset and of the source.
    news
        The source's list.
    spans
        Columns code, first, last of the dataset's bars.
    calendar
        Trading days of both.
    collector
        Told of stocks of the list that have no bar anywhere.
    """
    if news.last_days is not None:
        return _by_last_days(old, new, news.last_days, calendar)
    if news.spans is None and news.listing is None:
        return new
    known = old.to_pandas(date_as_object=False).set_index("code")
    listing = _listing(known, news.listing)
    both = spans if news.spans is None else pa.concat_tables([spans, news.spans])
    merged = both.group_by("code").aggregate([("first", "min"), ("last", "max")])
    merged = merged.rename_columns(["code", "first", "last"]).sort_by("code")
    quiet = Collector()
    table = stocks_of(merged, listing, calendar, quiet)
    rules = ("no bars", "moved")
    for finding in quiet.report():
        if finding.rule in rules:
            collector.add("info", "stocks", finding.rule, 0, finding.text.partition(": ")[2])
    return table


def _listing(known: pd.DataFrame, listing: pa.Table | None) -> pa.Table:
    """Return one list: the source's rows, and the dataset's of stocks that it does not list."""
    if listing is None:
        rows = known
    else:
        said = listing.to_pandas(date_as_object=False).set_index("code")[COLUMNS[1:]]
        dates = known.reindex(said.index)
        said["list_date"] = said["list_date"].fillna(dates["list_date"])
        if said["delist_date"].isna().all():  # a list of the living says nothing of the others
            said["delist_date"] = dates["delist_date"]
        rows = pd.concat([said, known[~known.index.isin(said.index)]])
    rows = rows.reset_index()[COLUMNS]
    return pa.Table.from_pandas(rows, schema=_open(TABLES["stocks"].arrow), preserve_index=False)


def _open(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, field.type) for field in schema])


def _by_last_days(
    old: pa.Table, new: pa.Table | None, last_days: pa.Table, calendar: Array
) -> pa.Table | None:
    """Date delistings by the day after the last one, on the calendar of both."""
    if new is None:
        return None
    last = last_days["last_day"].to_numpy().astype("datetime64[D]")
    place = np.searchsorted(calendar, last, side="right")
    beyond = place >= len(calendar)
    gone = np.where(beyond, last + 1, calendar[np.minimum(place, len(calendar) - 1)])
    gone = np.where(np.isnat(last), np.datetime64("NaT", "D"), gone)
    before = dict(zip(old["code"].to_pylist(), old["list_date"].to_numpy(), strict=True))
    listed = last_days["list_date"].to_numpy().astype("datetime64[D]")
    codes = last_days["code"].to_pylist()
    earlier = np.array([before.get(code, np.datetime64("NaT")) for code in codes], "datetime64[D]")
    listed = np.where(earlier < listed, earlier, listed)
    columns = [pa.array(codes, pa.string()), pa.array(listed, pa.date32()),
               pa.array(gone, pa.date32(), from_pandas=True)]  # fmt: skip
    return pa.table(columns, names=COLUMNS)


def contracts_with_ends(
    table: pa.Table, told: pa.Table | None, old_end: np.datetime64, calendar: Array
) -> pa.Table:
    """Return futures_daily with one last trading day for each contract.

    What the source's list says counts, also of contracts without a new bar; then what its rows say.
    A day that lay behind the dataset's end is worked out anew by the calendar of both, as a holiday
    may have moved it.
    """
    frame = table.select(["contract", "last_trading_day"]).to_pandas(date_as_object=False)
    last = frame.groupby("contract", sort=False)["last_trading_day"].last()
    days: dict[str, Any] = {}
    if told is not None:
        ends = told["last_trading_day"].to_numpy()
        days = dict(zip(told["contract"].to_pylist(), ends, strict=True))
    for contract, day in last.items():
        said = days.get(contract, np.datetime64("NaT"))
        if not np.isnat(said):
            last[contract] = pd.Timestamp(said)
        elif told is None and day > pd.Timestamp(old_end):
            last[contract] = pd.Timestamp(_third_friday(str(contract), day, calendar))
    column = pa.array(frame["contract"].map(last).to_numpy().astype("datetime64[D]"), pa.date32())
    place = table.column_names.index("last_trading_day")
    return table.set_column(place, table.schema.field(place), column)


def _third_friday(contract: str, day: pd.Timestamp, calendar: Array) -> Any:
    """Return the day by the longer calendar when the old one was the plain third Friday."""
    year, month = 2000 + int(contract[-4:-2]), int(contract[-2:])
    if day != pd.Timestamp(third_friday(year, month)):
        return day
    try:
        return third_friday(year, month, calendar)
    except RuleError:  # the calendar does not reach it
        return day
