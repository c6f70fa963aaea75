"""The `quanthedge` layout: tables in the documented schema, each a Parquet or CSV file."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from quanthedge.errors import DataError
from quanthedge.market import TABLES, TableFile, table_slices
from quanthedge.market.checks import Collector
from quanthedge.sources.files import readable, refuse_blank_lines
from quanthedge.sources.source import Layout, SourceTables
from quanthedge.storage import claim

__all__ = ["LAYOUT", "read", "recognise"]

_CSV_TYPES = {
    "text": pa.string(),
    "label": pa.string(),
    "date": pa.date32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}


def recognise(source: Path) -> bool:
    """Whether the folder has at least three tables of the schema."""
    return len(_files(source).keys() & TABLES.keys()) >= 3


def read(source: Path, collector: Collector) -> SourceTables:
    """Return the small tables and the stock bars piece by piece."""
    files = _files(source)
    bars = files.pop("stock_daily", None)
    tables = {name: _table(path, name) for name, path in files.items()}
    if bars is None:
        return SourceTables(tables)
    if bars.suffix == ".csv":
        table = _table(bars, "stock_daily")
        return SourceTables(tables, table_slices(table), table.num_rows)
    return SourceTables(tables, _row_groups(bars), _open(bars).metadata.num_rows)


def _files(source: Path) -> dict[str, Path]:
    """Return the tables' files by name; a table kept twice is an error."""
    files: dict[str, Path] = {}
    for path in sorted([*source.glob("*.parquet"), *source.glob("*.csv")]):
        if path.stem in files:
            raise DataError(
                f"{source}: table '{path.stem}' is there twice, as {files[path.stem].name} and "
                f"{path.name}; keep one"
            )
        files[path.stem] = path
    return files


def _table(path: Path, name: str) -> pa.Table:
    if path.suffix == ".parquet":
        with readable(path):
            return TableFile(path).parquet()
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    types = {}
    if name in TABLES:
        types = {column.name: _CSV_TYPES[column.kind] for column in TABLES[name].columns}
    options = csv.ConvertOptions(
        column_types=types,
        null_values=["", "NaN", "nan", "NA", "null", "None"],
        strings_can_be_null=True,
    )
    claim(path, bytes=path.stat().st_size)
    refuse_blank_lines(path)
    try:
        return csv.read_csv(path, convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as problem:
        raise DataError(f"{path}: {str(problem).splitlines()[0]}") from problem


def _open(path: Path) -> pq.ParquetFile:
    with readable(path):
        return TableFile(path).opened()


def _row_groups(path: Path) -> Iterator[pa.Table]:
    with _open(path) as file:
        for group in range(file.num_row_groups):
            with readable(path):
                piece = TableFile(path).sound(file.read_row_group(group))
            yield piece


LAYOUT = Layout(
    "tables in QuantHedge's own schema as Parquet or CSV files (docs/dataset.md)",
    recognise,
    read,
)
