"""What a sleeve may borrow: a table of terms, whose rows a strategy holds itself.

A table has a row for each change of terms and is short, so that the strategy is run again, copied
and told apart with its rows and without the file.
"""

from collections.abc import Mapping, Sequence
from datetime import date as day
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ConfigDict, Field

from quanthedge.documents import printable
from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import lent_on
from quanthedge.market import TableFile
from quanthedge.plain import Plain

__all__ = ["LendingRow", "lending_rows", "lending_table"]

_MOST = 5_000  # rows: a change on every day of twenty years


class LendingRow(Plain):
    """Terms on which the basket is lent from a day on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: day = Field(description="Day from whose close on they are known and hold.")
    fee: float = Field(ge=0, description="A year, fraction of the value lent.")
    available: float = Field(ge=0, description="Yuan of the basket that are lent in all.")
    collateral: float = Field(
        ge=0, description="Cash kept beside the proceeds, fraction of the value lent."
    )


def lending_rows(given: Any, folder: Path | None) -> Any:
    """Return a file's or a frame's rows as a strategy holds them.

    A row with the terms of the one before it is left out.

    Raises
    ------
    DataError
        There is no such file, or it is no lending table (:func:`quanthedge.hedge.lent_on`).
    StrategyError
        It has more rows than a strategy holds.
    """
    if isinstance(given, str | Path):
        given = _of_file((folder or Path()) / given)
    if isinstance(given, Sequence) and given and all(isinstance(one, Mapping) for one in given):
        given = pd.DataFrame(list(given))
    if not isinstance(given, pd.DataFrame):
        return given  # rows that were read before
    days = pd.to_datetime(given["date"] if "date" in given else pd.Series(dtype="datetime64[ns]"))
    terms = lent_on(given, days.to_numpy().astype("datetime64[D]"))
    table = pd.DataFrame({"date": days.dt.date.to_numpy(), **terms._asdict()})
    same = (table.drop(columns="date").diff() == 0.0).all(axis=1)
    table = table[~same]
    if len(table) > _MOST:
        raise StrategyError(f"lending: {len(table):,} changes of terms; accepted: {_MOST:,}")
    return table.to_dict("records")


def _of_file(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DataError(f"lending: {printable(path)}: no such file")
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"lending: {printable(path)}: accepted: .csv, .parquet")
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else TableFile(path).parquet()
    except (OSError, ValueError) as problem:
        raise DataError(f"lending: {printable(path)}: cannot be read ({problem})") from problem
    return table if isinstance(table, pd.DataFrame) else table.to_pandas(date_as_object=False)


def lending_table(rows: Sequence[LendingRow]) -> pd.DataFrame:
    """Return the rows as :func:`quanthedge.carry_trades` takes them."""
    table = pd.DataFrame([row.model_dump() for row in rows])
    return table.assign(date=pd.to_datetime(table["date"]))
