"""Analysts' forecasts of vendors: one row for each broker, stock and year, dated by the report."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market import TABLES
from quanthedge.market.checks import Collector

__all__ = ["YEARS", "estimates_by_year", "estimates_of"]

YEARS = range(2005, 2041)  # of columns that are named by the year they forecast
_QUARTER = re.compile(r"(\d{4})Q4")
_NUMBERS = ("net_profit", "revenue", "earnings_per_share")
_LONG_OVER = pd.Timedelta(days=366)


def estimates_of(rows: pa.Table | None, name: str, collector: Collector) -> pa.Table | None:
    """Return analyst_estimates of rows with code, known_date, broker and quarter.

    Parameters
    ----------
    rows
        `quarter` as 2014Q4; any of net_profit, revenue (yuan) and earnings_per_share.
    name
        The vendor's table, for messages.
    collector
        Told what was left out: periods that are no years, rows without a broker or a number, years
        long over, and all but the last of several reports of a broker on one day.
    """
    if rows is None or _empty(rows, collector):
        return None
    frame = rows.to_pandas(date_as_object=False)
    year = frame["quarter"].astype(str).str.fullmatch(_QUARTER)
    frame = _kept(frame, year, "of periods that are no years left out", name, collector)
    frame["period_end"] = pd.to_datetime(frame["quarter"].astype(str).str[:4] + "-12-31")
    return _table(frame, name, collector)


def estimates_by_year(
    rows: pa.Table | None, prefix: str, name: str, collector: Collector
) -> pa.Table | None:
    """Return analyst_estimates of rows with a column of earnings per share for each year.

    Parameters
    ----------
    rows
        code, known_date, broker and columns such as ``eps_2014``.
    prefix
        Of these columns, ``eps_``.
    name, collector
        As for `estimates_of`.
    """
    if rows is None or _empty(rows, collector):
        return None
    frame = rows.to_pandas(date_as_object=False)
    years = [one for one in frame.columns if one.startswith(prefix)]
    keys = ["code", "known_date", "broker"]
    long = frame[[*keys, *years]].melt(keys, years, "year", "earnings_per_share")
    long = long[long["earnings_per_share"].notna()]
    long["period_end"] = pd.to_datetime(long["year"].str.removeprefix(prefix) + "-12-31")
    collector.assume("analyst_estimates",
        f"{name} has earnings per share only: the profit that factors take is that times the "
        "total shares of the day on which a forecast became known",
    )  # fmt: skip
    return _table(long, name, collector)


def _empty(rows: pa.Table, collector: Collector) -> bool:
    """Whether the vendor's table has no rows, which is told."""
    if rows.num_rows == 0:
        collector.add("warning", "analyst_estimates", "empty", 0, "the table has no rows")
    return bool(rows.num_rows == 0)


def _kept(
    frame: pd.DataFrame, keep: "pd.Series[bool]", what: str, name: str, collector: Collector
) -> pd.DataFrame:
    """Return the rows to keep, the others counted."""
    out = int((~keep).sum())
    if out:
        collector.add("info", name, "left out", out, what)
    return frame[keep].copy()


def _table(frame: pd.DataFrame, name: str, collector: Collector) -> pa.Table | None:
    broker = frame["broker"].fillna("").astype(str).str.strip()
    frame = _kept(frame, broker != "", "without a broker left out", name, collector)
    for column in _NUMBERS:
        if column not in frame.columns:
            frame[column] = np.nan
    told = frame[["net_profit", "earnings_per_share"]].notna().any(axis=1)
    frame = _kept(frame, told, "without a forecast of profit left out", name, collector)
    young = frame["known_date"] <= frame["period_end"] + _LONG_OVER
    frame = _kept(frame, young, "about years that were long over left out", name, collector)
    keys = list(TABLES["analyst_estimates"].key)
    repeated = frame.duplicated(keys, keep="last")
    what = "of several reports of a broker on one day left out: the last one counts"
    frame = _kept(frame, ~repeated, what, name, collector)
    if frame.empty:
        return None
    columns: dict[str, Any] = {}
    for field in TABLES["analyst_estimates"].arrow:
        values = frame[field.name]
        if pa.types.is_date(field.type):
            columns[field.name] = pa.array(values.to_numpy().astype("datetime64[D]"), field.type)
        elif pa.types.is_floating(field.type):
            columns[field.name] = pa.array(values.to_numpy(np.float64), field.type)
        else:
            columns[field.name] = pa.array(values.astype(str).str.strip().tolist(), field.type)
    return pa.table(columns)
