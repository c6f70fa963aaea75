"""Records of runs built by hand: the tables that a test is about, the others empty as declared."""

from typing import Any

import pandas as pd

from quanthedge.alpha import FactorTerm
from quanthedge.backtesting.result import Result
from quanthedge.factors import BookYield
from quanthedge.record.tables import TABLES
from quanthedge.strategy import Strategy

_TYPES = {"date": "datetime64[ms]", "text": "str", "whole": "int64", "number": "float64"}
MARKET = {
    "name": "simulated", "fingerprint": "0123abcd", "stocks": 100, "data_start": "2014-01-02",
    "data_end": "2015-12-31", "benchmark": "000300.SH", "start": "2014-09-17", "end": "2015-09-16",
}  # fmt: skip


def empty_table(name: str) -> pd.DataFrame:
    """Return a table of a record with every column of its schema and no row."""
    table = TABLES[name]
    found = pd.DataFrame(
        {column.name: pd.Series(dtype=_TYPES[column.kind]) for column in table.columns}
    )
    return found.set_axis(pd.DatetimeIndex([], name="date")) if table.by_date else found


def plain_strategy(**parts: Any) -> Strategy:
    """Return a strategy of one factor and all defaults but those given."""
    factors = [FactorTerm(factor=BookYield(), weight=1.0)]
    return Strategy.model_validate({"name": "By hand", "factors": factors, **parts})


def record_of(**fields: Any) -> Result:
    """Return a run of which only some tables and texts are given."""
    empty = {name: empty_table(name) for name in TABLES}
    texts = {
        "strategy": plain_strategy(),
        "market_info": MARKET,
        "versions": {"quanthedge": "0.1.0"},
        "timeline": {"en": "1. First.\n2. Second.", "zh": "1. 先。\n2. 后。"},
        "request": {"variants": [], "products": "", "code": ""},
    }
    return Result(**empty | texts | fields)
