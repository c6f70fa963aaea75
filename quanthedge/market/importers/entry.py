"""`import_market`: recognise layouts, translate them, check them and write them as one dataset."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.budget import begun
from quanthedge.market.checks.findings import CheckReport, Collector
from quanthedge.market.importers import long_tables, own_tables, qlib, rqalpha, vnpy, wtpy
from quanthedge.market.importers.ahead import read_ahead
from quanthedge.market.importers.archive import ARCHIVES, unpacked
from quanthedge.market.importers.source import Layout, SourceTables
from quanthedge.market.importers.vendors import akshare, baostock, joinquant, mapping, tushare
from quanthedge.market.storage import alone, storage_errors
from quanthedge.market.writer import Progress, check_target, write_streamed

__all__ = ["LAYOUTS", "counted", "import_market", "read_sources", "with_layout"]

# In the order in which they are tried: the most particular first.
LAYOUTS: dict[str, Layout] = {
    "mapping": Layout(
        "any CSV or Parquet files with a mapping.toml", mapping.recognise, mapping.read
    ),
    "tushare": Layout(
        "tables of Tushare Pro named as its interfaces", tushare.recognise, tushare.read
    ),
    "akshare": Layout("tables of AkShare named as its functions", akshare.recognise, akshare.read),
    "baostock": Layout(
        "tables of BaoStock named as its queries", baostock.recognise, baostock.read
    ),
    "joinquant": Layout(
        "tables of JoinQuant named as its functions", joinquant.recognise, joinquant.read
    ),
    "tables": Layout(
        "long Parquet tables with stock_list, trading_calendar and fundamentals_pit",
        long_tables.recognise,
        long_tables.read,
    ),
    "quanthedge": Layout(
        "tables in QuantHedge's own schema as Parquet or CSV files (docs/dataset.md)",
        own_tables.recognise,
        own_tables.read,
    ),
    "qlib": Layout(
        "a Qlib data directory (calendars, instruments, features)", qlib.recognise, qlib.read
    ),
    "rqalpha": Layout(
        "a bundle of RQAlpha (stocks.h5, instruments.pk ...)", rqalpha.recognise, rqalpha.read
    ),
    "vnpy": Layout(
        "a research laboratory of vn.py (daily/600000.SSE.parquet)", vnpy.recognise, vnpy.read
    ),
    "wtpy": Layout(
        "daily bars of WonderTrader (CFFEX.IF.2406_d.csv, .dsb)", wtpy.recognise, wtpy.read
    ),
}


def import_market(
    source: str | Path,
    target: str | Path,
    layout: str = "auto",
    progress: Progress | None = None,
    name: str | None = None,
    more: Sequence[str | Path] = (),
    overwrite: bool = False,
) -> CheckReport:
    """Turn folders of market data into a dataset at `target`; return what the check found.

    Parameters
    ----------
    source
        Folder of the data, or an archive of it (zip, tar).
    target
        Folder of the dataset to make. Files in it that are not of a dataset stay.
    layout
        One of `LAYOUTS`, or "auto" to recognise it.
    progress
        Called with a text that says what is being done.
    name
        Name of the market; the source folder's name when left out.
    more
        Further sources for the tables that `source` does not have (futures beside stocks, say),
        each a path or ``path=layout``. A table that two sources have is taken from the first.
    overwrite
        Replace another dataset at `target` in one step; without it another one is refused. The
        same one is recognised (`CheckReport.already_there`) and left as it is.

    Raises
    ------
    DataError
        A layout is not recognised, a table has errors, or the disk is full. Then nothing is
        written, and an older dataset stays as it was.
    """
    wanted = [(Path(source), layout), *(with_layout(str(other)) for other in more)]
    with storage_errors(Path(source)):
        name = _plain_name(Path(source)) if name is None else name
        origin = ", ".join(f"{path.resolve().name} ({chosen})" for path, chosen in wanted)
    target = check_target(Path(target), name, origin, overwrite)
    collector = Collector()
    with ExitStack() as stack:
        stack.enter_context(begun())
        stack.enter_context(alone(target))
        found = read_sources(wanted, target.parent, collector, stack)
        bars = None if found.bars is None else read_ahead(found.bars)
        return write_streamed(
            target,
            found.tables,
            None if bars is None else counted(bars, found.rows, progress),
            name=name,
            source=origin,
            collector=collector,
            overwrite=overwrite,
        )


def read_sources(
    wanted: Sequence[tuple[Path, str]], beside: Path, collector: Collector, stack: ExitStack
) -> SourceTables:
    """Read several sources into one set of tables; archives live as long as `stack`.

    A table that two sources have is taken from the first one that has it, and this is reported.
    """
    tables: dict[str, pa.Table] = {}
    bars: Iterable[pa.Table] | None = None
    rows = 0
    for path, layout in wanted:
        with storage_errors(path):
            there = path.exists()
        if not there:
            raise DataError(f"{path}: no such folder; give the folder that holds the market's data")
        folder = stack.enter_context(unpacked(path, beside))
        own = collector.part()
        found = _layout(folder, layout).read(folder, own)
        for name, table in found.tables.items():
            if name in tables:
                own.forget(name)
                what = f"{path.name} has this table too; the one of the source before it is used"
                collector.add("info", name, "two sources", 0, what)
            else:
                tables[name] = table
        if found.bars is not None and bars is None:
            bars, rows = found.bars, found.rows
        elif found.bars is not None:
            own.forget("stock_daily")
            what = f"{path.name} has stock bars too; those of the source before it are used"
            collector.add("info", "stock_daily", "two sources", 0, what)
    return SourceTables(tables, bars, rows)


def with_layout(text: str) -> tuple[Path, str]:
    """Read PATH or PATH=LAYOUT."""
    path, _, layout = text.partition("=")
    return Path(path), layout or "auto"


def _plain_name(source: Path) -> str:
    """Return the name of a folder, or of an archive without its ending."""
    name = source.resolve().name
    ends = [end for end in ARCHIVES if source.is_file() and name.lower().endswith(end)]
    return name[: -len(max(ends, key=len))] if ends else name


def _layout(source: Path, layout: str) -> Layout:
    if layout != "auto":
        if layout not in LAYOUTS:
            raise DataError(f"no layout '{layout}'; there are auto, {', '.join(LAYOUTS)}")
        return LAYOUTS[layout]
    if source.is_dir():
        for known in LAYOUTS.values():
            if known.recognise(source):
                return known
    listed = "; ".join(f"{name}: {known.meaning}" for name, known in LAYOUTS.items())
    raise DataError(f"{source}: layout not recognised; known are {listed}")


def counted(bars: Iterable[pa.Table], rows: int, progress: Progress | None) -> Iterator[pa.Table]:
    """Hand pieces on and tell how far they are."""
    done = 0
    for piece in bars:
        yield piece
        done += piece.num_rows
        if progress is not None:
            progress(f"stock bars, row {done:,} of {rows:,}")
