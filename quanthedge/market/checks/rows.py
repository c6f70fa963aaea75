"""Flag rows of a table: count them and name the first, with the values that are wrong."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from quanthedge.market.checks.findings import Collector, Level
from quanthedge.market.schema import TableSchema

__all__ = ["Rows", "row_names"]

Array = np.ndarray[Any, Any]


def row_names(rows: pa.Table, schema: TableSchema) -> list[str]:
    """Name rows by their key, e.g. "600519.SH 2014-09-17"."""
    keys = [key for key in schema.key if key in rows.column_names]
    return [
        " ".join(str(row[key]) for key in keys if row[key] is not None)
        for row in rows.select(keys).to_pylist()
    ]


@dataclass(frozen=True)
class Rows:
    """The rows of one table (or a piece of it) under inspection."""

    table: pa.Table
    schema: TableSchema
    collector: Collector
    _coded: dict[str, pa.DictionaryArray] = field(default_factory=dict, repr=False)

    def numbers(self, name: str) -> Array:
        """Return a column as an array [rows]; dates as datetime64[D] (NaT = null).

        A column that the table lacks, as it may, is undefined throughout.
        """
        if name not in self.table.column_names:
            kinds = {column.name: column.kind for column in self.schema.columns}
            nothing = np.datetime64("NaT", "D") if kinds.get(name) == "date" else np.nan
            return np.full(self.table.num_rows, nothing)
        return np.asarray(self.table[name].to_numpy())

    def coded(self, name: str) -> pa.DictionaryArray:
        """Return a text column as numbers and the words that they stand for."""
        if name not in self._coded:
            column = self.table[name].combine_chunks()
            known = pa.types.is_dictionary(column.type)
            self._coded[name] = column if known else column.dictionary_encode()
        return self._coded[name]

    def words(self, name: str) -> Array:
        """Return the distinct texts of a column, sorted."""
        return np.unique(np.asarray(self.coded(name).dictionary.to_pylist(), dtype=str))

    def texts(self, name: str) -> Array:
        """Return a text column as an array of str [rows]."""
        coded = self.coded(name)
        words = np.asarray(coded.dictionary.to_pylist(), dtype=str)
        if len(words) == 0:
            return np.empty(0, dtype=str)
        named: Array = words[coded.indices.to_numpy()]
        return named

    def flag(
        self,
        level: Level,
        rule: str,
        bad: Array,
        what: str,
        *,
        show: tuple[str, ...] = (),
        cure: str = "",
    ) -> Array:
        """Report the rows where `bad` holds, naming the values of `show`; return `bad`."""
        count = int(np.count_nonzero(bad))
        if count:
            first = self.table.take(pa.array(np.flatnonzero(bad)[: Collector.EXAMPLES]))
            examples = row_names(first, self.schema)
            for column in show:
                values = first[column].to_pylist()
                examples = [
                    f"{name}, {column} {_written(value)}"
                    for name, value in zip(examples, values, strict=True)
                ]
            self.collector.add(level, self.schema.name, rule, count, what, examples, cure=cure)
        return bad

    def repeated(self) -> None:
        """Report rows (of a table sorted by its key) that share the key of the row before."""
        same = np.ones(max(self.table.num_rows - 1, 0), dtype=bool)
        for key in self.schema.key:
            column = self.table[key].combine_chunks()
            if pa.types.is_string(column.type):
                column = self.coded(key)
            values = _comparable(column)
            same &= values[1:] == values[:-1]
        bad = np.append(np.zeros(min(self.table.num_rows, 1), dtype=bool), same)
        keys = ", ".join(self.schema.key)
        self.flag(
            "error", "duplicates", bad, f"repeat the ({keys}) of another row",
            cure="keep one row of each",
        )  # fmt: skip

    def defined(self) -> None:
        """Report numbers that are NaN where none may be, and infinite ones."""
        for column in self.schema.columns:
            if column.kind != "number" or column.name not in self.table.column_names:
                continue
            values = self.numbers(column.name)
            bad = np.isinf(values) if column.nullable else ~np.isfinite(values)
            what = f"have an infinite {column.name}"
            if not column.nullable:
                what = f"have no finite {column.name}"
            self.flag("error", f"undefined {column.name}", bad, what, show=(column.name,))


def _comparable(column: pa.Array) -> Array:
    if pa.types.is_date(column.type):
        return np.asarray(column.cast(pa.int32()).fill_null(-(2**31)).to_numpy())
    if pa.types.is_dictionary(column.type):
        return np.asarray(column.indices.to_numpy())
    return np.asarray(column.to_numpy())


def _written(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
