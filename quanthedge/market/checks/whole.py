"""`check_tables` and `check_dataset`: the checks of an import, on tables or a dataset as it is."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.blocks import table_slices
from quanthedge.market.checks.findings import CheckReport, Collector
from quanthedge.market.checks.inspection import inspect
from quanthedge.market.fingerprint import ContentHash, file_sha256, overall_fingerprint
from quanthedge.market.manifest import Manifest
from quanthedge.market.panels import damaged_panels
from quanthedge.market.schema import TABLES, TableSchema
from quanthedge.market.table_files import parquet_file, read_parquet

__all__ = ["check_dataset", "check_fingerprint", "check_tables"]


def check_tables(tables: Mapping[str, pa.Table]) -> CheckReport:
    """Check Arrow tables as `write_dataset` would, without writing.

    Examples
    --------
    >>> report = check_tables({"cash_rate": pa.table({"date": [], "rat": []})})
    >>> report.ok, report.errors[0].table
    (False, 'calendar')
    """
    collector = Collector()
    small = {name: table for name, table in tables.items() if name != "stock_daily"}
    bars = table_slices(tables["stock_daily"]) if "stock_daily" in tables else None
    inspect(small, bars, collector)
    return collector.report()


def check_dataset(path: str | Path) -> CheckReport:
    """Check a dataset on disk: every file against the manifest, every table, the panels' cache.

    Raises
    ------
    DataError
        The folder is no dataset at all.
    """
    folder = Path(path)
    manifest = Manifest.read(folder)
    collector = Collector()
    sound = []
    for name, entry in manifest.tables.items():
        file = folder / f"{name}.parquet"
        if not file.is_file():
            collector.add("error", name, "missing file", 0, "the file is missing")
        elif file_sha256(file) != entry.sha256:
            what = "the file differs from the manifest (changed or damaged after the import)"
            collector.add("error", name, "changed file", 0, what, cure="import the data again")
        else:
            sound.append(name)
    if len(sound) == len(manifest.tables):
        _check_tables_on_disk(folder, sound, collector)
    for panel in damaged_panels(folder, manifest.fingerprint):
        what = f"the cached panel '{panel}' is damaged"
        collector.add("error", ".panels", panel, 0, what, cure="remove the folder .panels")
    return collector.report()


def check_fingerprint(path: str | Path) -> list[str]:
    """Compute a dataset's fingerprint from the values of its tables; return where it differs.

    Returns
    -------
    list of str
        A line for each table that is missing, unreadable or holds other values than the manifest
        says, and one when the manifest's fingerprint is not that of its tables. Empty: all is as
        it was written.

    Raises
    ------
    DataError
        The folder is no dataset at all.
    """
    folder = Path(path)
    manifest = Manifest.read(folder)
    lines, contents = [], {}
    for name, entry in manifest.tables.items():
        try:
            rows, contents[name] = _content_of(folder / f"{name}.parquet", TABLES[name])
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as problem:
            reason = (str(problem).splitlines() or [type(problem).__name__])[0][:160]
            lines.append(f"{name}: unreadable ({reason})")
            continue
        if (rows, contents[name]) != (entry.rows, entry.content):
            lines.append(
                f"{name}: its {rows:,} rows have the fingerprint {contents[name]}; the manifest "
                f"says {entry.rows:,} rows and {entry.content}"
            )
    if len(contents) == len(manifest.tables):
        found = overall_fingerprint(contents)
        if found != manifest.fingerprint:
            lines.append(
                f"the tables have the fingerprint {found}; the manifest says {manifest.fingerprint}"
            )
    return lines


def _content_of(path: Path, schema: TableSchema) -> tuple[int, str]:
    """Return a table's rows and the SHA-256 of its values."""
    with parquet_file(path) as file:
        schema = schema.among(file.schema_arrow.names)
        content, rows = ContentHash(schema), 0
        if not file.schema_arrow.equals(schema.arrow):
            raise ValueError("its columns are not those of the schema")
        for group in range(file.num_row_groups):
            piece = file.read_row_group(group)
            content.update(piece)
            rows += piece.num_rows
    return rows, content.hexdigest()


def _check_tables_on_disk(folder: Path, names: list[str], collector: Collector) -> None:
    try:
        small = {
            name: read_parquet(folder / f"{name}.parquet")
            for name in names
            if name != "stock_daily"
        }
        with parquet_file(folder / "stock_daily.parquet") as file:
            groups = (file.read_row_group(group) for group in range(file.num_row_groups))
            inspect(small, groups, collector)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as problem:
        raise DataError(f"{folder}: unreadable ({problem}); import the data again") from problem
