"""The further tables of the `tables` layout: weights, actions, statements, all contracts, indices.

Files, each used when it is there: index_weights, corporate_actions, statements,
futures_all_contracts_daily, industry_index_daily, government_yield_curve, fund_holdings. Rates and
names are brought into our schema; figures stay as they are.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.market import TABLES, TableFile
from quanthedge.market.checks import Collector
from quanthedge.sources.files import readable
from quanthedge.sources.melting import curve_rows
from quanthedge.sources.two_tables import joined_contracts

__all__ = ["ALL_CONTRACTS", "SUPPLEMENT", "load", "supplement", "with_all_contracts"]

Array = np.ndarray[Any, Any]
ALL_CONTRACTS = "futures_all_contracts_daily"
TERM = "_pct"


def load(source: Path, name: str, *columns: str) -> pa.Table:
    """Read columns of a table (all of them without names); DataError names a missing one."""
    path = source / f"{name}.parquet"
    whole = TableFile(path)
    with readable(path), whole.opened() as file:
        found = file.schema_arrow.names
        absent = [column for column in columns if column not in found]
        if absent:
            raise DataError(
                f"{path}: column '{absent[0]}' is missing (found {', '.join(found)}); "
                "the `tables` layout needs it"
            )
        return whole.sound(file.read(columns=list(columns) or None))


def supplement(source: Path, collector: Collector) -> dict[str, pa.Table]:
    """Return the further tables that a folder has, in our schema."""
    return {
        name: make(source, collector)
        for name, make in SUPPLEMENT.items()
        if (source / f"{name}.parquet").is_file()
    }


def _as_it_is(name: str) -> Callable[[Path, Collector], pa.Table]:
    def make(source: Path, _collector: Collector) -> pa.Table:
        return load(source, name, *TABLES[name].column_names)

    return make


def _corporate_actions(source: Path, collector: Collector) -> pa.Table:
    """Rename; say what the source itself doubts, which the ledger judges by the prices."""
    names = {"announcement_date": "announce_date", "check": "source_check"}
    table = load(source, "corporate_actions")
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    schema = TABLES["corporate_actions"].among(table.column_names)
    absent = [name for name in schema.column_names if name not in table.column_names]
    if absent:
        raise DataError(
            f"{source / 'corporate_actions.parquet'}: column '{absent[0]}' is missing (found "
            f"{', '.join(table.column_names)}); the `tables` layout needs it"
        )
    table = table.select(list(schema.column_names))
    if "source_check" in table.column_names:
        _doubted(table, collector)
    return table


_DOUBTS = {
    "differs": "kept, and booked only where the exchange's previous close bears them out: most are "
    "shares that went to creditors or came from other holders",
    "within_0.5pct": "booked as the table says; the difference is told in a run's notes",
    "not_traded_after": "kept; without a bar before and after there is nothing to book them on",
}


def _doubted(table: pa.Table, collector: Collector) -> None:
    for word, said in _DOUBTS.items():
        rows = table.filter(pc.equal(table["source_check"], word))
        if rows.num_rows:
            first = rows.slice(0, 3).to_pylist()
            examples = [f"{row['code']} {row['ex_date']}" for row in first]
            collector.add(
                "warning" if word == "differs" else "info", "corporate_actions", f"source: {word}",
                rows.num_rows, f"are marked '{word}' by the source: {said}", examples, unit="event",
            )  # fmt: skip


def _statements(source: Path, collector: Collector) -> pa.Table:
    dates = ("code", "period_end", "usable_from", "announcement_date")
    table = load(source, "statements", *dates, *TABLES["statements"].numbers)
    table = table.rename_columns(list(TABLES["statements"].column_names))
    undated = table["announce_date"].null_count
    if undated:
        what = "have no announcement date: known on the legal deadline of their period"
        collector.add("info", "statements", "deadline", undated, what, unit="report")
    return table


def _yield_curve(source: Path, collector: Collector) -> pa.Table:
    table = load(source, "government_yield_curve")
    terms = {name: _term(name) for name in table.column_names if name.endswith(TERM)}
    return curve_rows(table, "date", terms, 100.0, collector)


def _term(column: str) -> str:
    """Return `10Y` for the column `Y10_pct`."""
    word = column.removesuffix(TERM)
    return f"{word[1:]}{word[0]}"


def _fund_holdings(source: Path, _collector: Collector) -> pa.Table:
    names = list(TABLES["fund_holdings"].column_names)
    there = ["usable_from" if name == "known_date" else name for name in names]
    return load(source, "fund_holdings", *there).rename_columns(names)


SUPPLEMENT: dict[str, Callable[[Path, Collector], pa.Table]] = {
    "index_weights": _as_it_is("index_weights"),
    "corporate_actions": _corporate_actions,
    "statements": _statements,
    "industry_index_daily": _as_it_is("industry_index_daily"),
    "government_yield_curve": _yield_curve,
    "fund_holdings": _fund_holdings,
}


def with_all_contracts(
    source: Path, few: pa.Table | None, calendar: Array, collector: Collector
) -> pa.Table:
    """Return futures_daily of the table of all contracts, which wins, and of the older one.

    Parameters
    ----------
    source
        The folder.
    few
        futures_contract_daily in our columns, None where there is none: it gives the rows that the
        other lacks and the last trading days of contracts still alive at the end.
    calendar
        Trading days.
    """
    if not (source / f"{ALL_CONTRACTS}.parquet").is_file():
        if few is None:
            raise DataError(
                f"{source}: neither {ALL_CONTRACTS}.parquet nor futures_contract_daily.parquet"
            )
        return few
    schema = TABLES["futures_daily"]
    columns = load(source, ALL_CONTRACTS, *schema.column_names)
    return joined_contracts(columns, few, calendar, collector)
