"""The tables of a run folder: their names and the columns that every reader counts on."""

from typing import NamedTuple

import pandas as pd
from pandas.api import types

from quanthedge.errors import DataError
from quanthedge.ledger import TRADE_COSTS, layout

__all__ = ["TABLES", "Columns", "check_table"]


class Columns(NamedTuple):
    """Columns of a table by what they hold, names with blanks between.

    ``by_date``: the index is the date, ascending, each once, and the further columns that depend on
    market and strategy are numbers. Otherwise rows are numbered from 0 on.
    """

    date: str = ""
    text: str = ""
    whole: str = ""
    number: str = ""
    by_date: bool = False


LEDGER = Columns(
    text="contract",
    whole="lots names",
    number=" ".join(
        [
            *(name for name in layout.COLUMNS if name not in ("contract", "lots", "names")),
            "unit_value_gross index_close",
        ]
    ),
    by_date=True,
)
TABLES = {
    "ledger": LEDGER,
    "trades": Columns(
        "date",
        "code side reason",
        "quantity",
        " ".join(["price amount", *TRADE_COSTS]),
    ),
    "refusals": Columns("date", "code side reason", "wanted done"),
    "positions": Columns("date", "code state name", "shares", "price value weight"),
    "contracts": Columns(
        "date", "contract", "lots", "settlement_price futures_notional margin_required"
    ),
    "restated": Columns("date", "code", "shares", "last_close stated_value adjustment_yuan"),
    "hedge": Columns(
        "date",
        "contract",
        "lots observations",
        "stock_value futures_notional book_beta pro_forma_beta standard_error share_default_beta",
    ),
    "targets": Columns("date", "code", "", "weight"),
    "exclusions": Columns("date", "reason", "count"),
    "coverage": Columns("date", "factor", "defined universe"),
    "trainings": Columns("date trained_on trained_until label_end", "kind", "rebalances pairs"),
    "rules": Columns("from to", "table key value confidence source_ids note"),
    "alpha_groups": Columns("", "kind group name_zh name_en", "names", "alpha_yuan weight"),
    "alpha_parts": Columns(by_date=True),
    "tilts": Columns("date", "kind name name_zh name_en", "", "book index"),
    "indices": Columns(by_date=True),
    "investors": Columns(
        "date",
        "investor share_class event reason",
        "",
        "units unit_value cash_yuan performance_fee_yuan entry_or_exit_fee_yuan units_charged "
        "value_charged mark threshold",
    ),
    "investor_values": Columns("date", "investor share_class", "", "before_yuan after_yuan"),
    "investor_lots": Columns(
        "",
        "investor share_class",
        "",
        "units cost mark threshold paid_in unit_value value",
    ),
    "class_values": Columns(
        "date",
        "share_class",
        "",
        "units assets_yuan unit_value cumulative_unit_value unit_value_after_fee accrued_fee_yuan",
    ),
    "investor_days": Columns(
        "date", "investor share_class", "", "units value_yuan accrued_fee_yuan"
    ),
    "unit_values": Columns("date", "product", "", "value"),
}


def check_table(frame: pd.DataFrame, columns: Columns, where: str) -> None:
    """Refuse a table that lacks a column, or holds something else in one than readers count on.

    Raises
    ------
    DataError
        Names table and column. A table without rows needs its columns only.
    """
    expected = {
        name: kind for kind in ("date", "text", "whole", "number")
        for name in getattr(columns, kind).split()
    }  # fmt: skip
    if frame.columns.has_duplicates:
        raise DataError(f"{where}: a column comes twice")
    _check_index(frame, columns, where)
    for name, kind in expected.items():
        if name not in frame.columns:
            raise DataError(f"{where}: no column {name}")
        if len(frame) and not _holds(frame[name], kind):
            raise DataError(f"{where}: column {name} holds {frame[name].dtype}, not {kind}")
    for name in frame.columns:
        if name in expected:
            continue
        if not isinstance(name, str):
            raise DataError(f"{where}: the column {name!r} has no name")
        if columns.by_date and len(frame) and not _holds(frame[name], "number"):
            raise DataError(f"{where}: column {name} holds {frame[name].dtype}, not number")


def _check_index(frame: pd.DataFrame, columns: Columns, where: str) -> None:
    index = frame.index
    if not columns.by_date:
        if not index.equals(pd.RangeIndex(len(frame))):
            raise DataError(f"{where}: rows are not numbered from 0 on")
        return
    if not len(frame):
        return
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None or index.hasnans:
        raise DataError(f"{where}: the index holds {index.dtype}, not dates")
    if not (index.is_unique and index.is_monotonic_increasing):
        raise DataError(f"{where}: dates are not in ascending order, each once")


def _holds(column: pd.Series, kind: str) -> bool:
    """Return whether a column holds what it should."""
    if kind == "date":
        return bool(types.is_datetime64_dtype(column.dtype))
    if kind == "whole":
        return bool(types.is_integer_dtype(column.dtype))
    if kind == "number":
        return bool(types.is_float_dtype(column.dtype))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return isinstance(column.dtype.categories.dtype, pd.StringDtype) and not column.hasnans
    return isinstance(column.dtype, pd.StringDtype)
