"""Corporate actions of a bundle: dividends and splits of one stock and day are one action."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market import TABLES
from quanthedge.market.checks import Collector
from quanthedge.sources.files import column_of
from quanthedge.sources.rqalpha.rows import by_code, dates_of, day_column, one_a_day, strangers

__all__ = ["actions_of"]

# a dividend that is not there still stands in the factor: the account gets it as shares
_WITHOUT = {
    "dividends": "dividends.h5 is not there: actions have no cash dividends",
    "split_factor": "split_factor.h5 is not there: actions have no bonus shares",
}
_OTHERS = "that are no A shares left out (funds, bonds, B shares ...)"
_NO_DAY = np.datetime64("NaT", "D")


def actions_of(tables: Mapping[str, pa.Table], collector: Collector) -> pa.Table | None:
    """Join dividends and splits of one stock and day into one action."""
    if "dividends" not in tables and "split_factor" not in tables:
        return None
    for name, what in _WITHOUT.items():
        if name not in tables:
            collector.assume("corporate_actions", what)
        others = strangers(tables.get(name), f"{name}.h5")
        if others:
            collector.add(
                "info", "corporate_actions", name, len(others), _OTHERS, others, unit="code"
            )
    rows: dict[tuple[str, Any], dict[str, Any]] = {}
    for code, table in by_code(tables.get("dividends"), "dividends.h5").items():
        path = "dividends.h5"
        lot = np.asarray(column_of(table, path, "round_lot").to_numpy(), np.float64)
        cash = np.asarray(column_of(table, path, "dividend_cash_before_tax").to_numpy(), np.float64)
        if (lot <= 0).any():
            raise DataError(f"{path}: {code} has a dividend per {lot.min():g} shares")
        ends = {
            ours: dates_of(table, theirs, path)
            for ours, theirs in (
                ("announce_date", "announcement_date"), ("record_date", "book_closure_date"),
                ("pay_date", "payable_date"),
            )
        }  # fmt: skip
        for k, day in enumerate(dates_of(table, "ex_dividend_date", path)):
            row = rows.setdefault((code, day), {})
            row["cash_per_share"] = row.get("cash_per_share", 0.0) + cash[k] / lot[k]
            row.update({name: days[k] for name, days in ends.items()})
    for code, table in by_code(tables.get("split_factor"), "split_factor.h5").items():
        split = column_of(table, "split_factor.h5", "split_factor").to_numpy(zero_copy_only=False)
        days = dates_of(table, "ex_date", "split_factor.h5")
        one_a_day(days, np.asarray(split, dtype=np.float64), f"split_factor.h5: {code}")
        for k, day in enumerate(days):
            row = rows.setdefault((code, day), {})
            row["bonus_per_share"] = (1 + row.get("bonus_per_share", 0.0)) * float(split[k]) - 1
    collector.assume("corporate_actions", "rights issues are not in the source")
    return _action_table(rows)


def _action_table(rows: Mapping[tuple[str, Any], Mapping[str, Any]]) -> pa.Table:
    columns = []
    schema = TABLES["corporate_actions"].among(())
    for column in schema.columns:
        if column.name == "code":
            columns.append(pa.array([code for code, _ in rows], pa.string()))
        elif column.kind == "date":
            days = [
                day if column.name == "ex_date" else row.get(column.name, _NO_DAY)
                for (_, day), row in rows.items()
            ]
            columns.append(day_column(days))
        else:
            blank = np.nan if column.name == "rights_price" else 0.0
            numbers = [float(row.get(column.name, blank)) for row in rows.values()]
            columns.append(pa.array(numbers, pa.float64()))
    return pa.table(columns, names=list(schema.column_names))
