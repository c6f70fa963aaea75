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
