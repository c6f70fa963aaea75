"""The sample market as a vendor publishes it anew: one close of the past is another."""

import pandas as pd
import pyarrow.parquet as pq

from quanthedge.market import write_dataset
from quanthedge.market.schema import TABLES
from tests.market.small_market import to_arrow
from tests.sample import SAMPLE


def revised_market(folder):
    tables = {
        path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet") if path.stem in TABLES
    }
    bars = tables["stock_daily"].to_pandas()
    row = (pd.to_datetime(bars["date"]) == "2015-03-02") & (bars["code"] == "000001.SZ")
    low, high = bars.loc[row, "low"].item(), bars.loc[row, "high"].item()
    close = bars.loc[row, "close"].item()
    bars.loc[row, "close"] = low if close != low else high
    tables["stock_daily"] = to_arrow(bars, "stock_daily")
    write_dataset(folder, tables, name="revised", source="the sample, a close changed")


def earlier_market(folder, day):
    """Write the sample as it was at the close of a day, without stocks that were not listed."""
    tables = {
        path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet") if path.stem in TABLES
    }
    day = pd.Timestamp(day)
    for name, table in tables.items():
        frame = table.to_pandas()
        public = next(
            (one for one in ("known_date", "announce_date", "date", "start") if one in frame), None
        )
        if name not in ("calendar", "stocks") and public is not None:
            frame = frame[pd.to_datetime(frame[public]) <= day]
        if name == "stocks":
            frame = frame[pd.to_datetime(frame["list_date"]) <= day]
        tables[name] = to_arrow(frame.reset_index(drop=True), name)
    write_dataset(folder, tables, name="earlier", source="the sample until a day")
