"""Two tables of a source that know the same contracts: one wins, every conflict is named."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import RuleError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.rules import third_friday

__all__ = ["joined_contracts"]

Array = np.ndarray[Any, Any]
_KEY = ["contract", "date"]
_NEAR = 1e-6  # relative; beyond it two figures differ


def joined_contracts(
    winner: pa.Table, other: pa.Table | None, calendar: Array, collector: Collector
) -> pa.Table:
    """Return futures_daily of two tables of contracts.

    Parameters
    ----------
    winner
        Its rows and figures count.
    other
        Gives the rows that `winner` lacks, its undefined figures, and last trading days of
        contracts that are still alive; None: there is no other table.
    calendar
        Trading days, for the third Friday of contracts whose last trading day neither knows.
    """
    first = winner.to_pandas(date_as_object=False)
    if other is not None:
        second = other.to_pandas(date_as_object=False)
        first = _filled(first, second, collector)
    first["last_trading_day"] = _last_days(first, calendar, collector)
    return _as_table(first)


def _filled(first: pd.DataFrame, second: pd.DataFrame, collector: Collector) -> pd.DataFrame:
    """Fill gaps and missing rows of the first table from the second, and compare the rest."""
    both = first.merge(second, on=_KEY, how="left", suffixes=("", " two"), validate="one_to_one")
    for column in second.columns.difference([*_KEY, "product"]):
        one, two = first[column], both[f"{column} two"]
        if column == "last_trading_day":
            differs = (one.notna() & two.notna() & (one != two)).to_numpy()
        else:
            gap = (one - two).abs()
            differs = (gap > _NEAR * two.abs().clip(lower=1.0)).to_numpy()
            _say_filled(column, int((one.isna() & two.notna()).sum()), collector)
        _say_conflict(column, both, differs, collector)
        first[column] = one.where(one.notna(), two)
    known = pd.MultiIndex.from_frame(first[_KEY])
    more = second[~pd.MultiIndex.from_frame(second[_KEY]).isin(known)]
    if len(more):
        what = "taken from the table of fewer contracts, which alone has them"
        collector.add("info", "futures_daily", "more rows", len(more), what)
    return pd.concat([first, more], ignore_index=True)


def _say_filled(column: str, count: int, collector: Collector) -> None:
    if count:
        what = f"{column} missing in the table of all contracts, taken from the other one"
        collector.add("info", "futures_daily", f"filled {column}", count, what)


def _say_conflict(column: str, both: pd.DataFrame, differs: Array, collector: Collector) -> None:
    """Name the rows in which the two tables differ."""
    rows = both[differs]
    if rows.empty:
        return
    examples = [
        f"{row['contract']} {row['date']:%Y-%m-%d}: {row[column]} and {row[f'{column} two']}"
        for _, row in rows.iterrows()
    ]
    years = rows["date"].dt.year.value_counts().sort_index()
    spread = ", ".join(f"{year}: {count:,}" for year, count in years.items())
    what = (
        f"have two values of {column} in the source's two tables of contracts ({spread}); that of "
        "the table of all contracts is used"
    )
    rule = f"two values of {column}"
    collector.add("warning", "futures_daily", rule, len(rows), what, examples)


def _last_days(frame: pd.DataFrame, calendar: Array, collector: Collector) -> pd.Series:
    """Return each row's last trading day: its contract's, else the third Friday of the month."""
    known = frame.groupby("contract")["last_trading_day"].first()
    missing = known.index[known.isna()]
    for contract in missing:
        year, month = 2000 + int(contract[-4:-2]), int(contract[-2:])
        try:
            day = third_friday(year, month, calendar)
        except RuleError:  # the calendar does not reach it
            day = third_friday(year, month)
        known[contract] = pd.Timestamp(day)
    if len(missing):
        what = (
            f"the last trading days of {len(missing)} contracts are not in the source: third "
            "Friday of the month, or the next trading day"
        )
        collector.assume("futures_daily", what)
    return frame["contract"].map(known)


def _as_table(frame: pd.DataFrame) -> pa.Table:
    columns = []
    schema = TABLES["futures_daily"].among(frame.columns)
    for field in schema.arrow:
        if pa.types.is_date(field.type):
            days = frame[field.name].to_numpy().astype("datetime64[D]")
            columns.append(pa.array(days, pa.date32(), from_pandas=True))
        elif pa.types.is_string(field.type):
            columns.append(pa.array(frame[field.name].tolist(), pa.string()))
        else:
            columns.append(pa.array(frame[field.name].to_numpy(np.float64)))
    return pa.Table.from_arrays(columns, names=schema.arrow.names)
