"""`check_tables` and `check_dataset`: the checks of an import, on tables or a dataset as it is."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.blocks import table_slices
from quanthedge.market.checks.findings import CheckReport, Collector
from quanthedge.market.checks.inspection import inspect
from quanthedge.market.manifest import Manifest
from quanthedge.market.panels import damaged_panels
from quanthedge.market.table_files import TableFile

__all__ = ["check_dataset", "check_tables"]


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
        elif not entry.is_of(file):
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


def _check_tables_on_disk(folder: Path, names: list[str], collector: Collector) -> None:
    try:
        small = {
            name: TableFile(folder / f"{name}.parquet").parquet()
            for name in names
            if name != "stock_daily"
        }
        with TableFile(folder / "stock_daily.parquet").opened() as file:
            groups = (file.read_row_group(group) for group in range(file.num_row_groups))
            inspect(small, groups, collector)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as problem:
        raise DataError(f"{folder}: unreadable ({problem}); import the data again") from problem
