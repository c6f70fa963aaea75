"""`import_market`: recognise a layout, translate it, check it and write it as one dataset."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.checks.findings import CheckReport, Collector
from quanthedge.market.dataset import Market
from quanthedge.market.importers import long_tables, own_tables
from quanthedge.market.writer import Progress, check_target, write_streamed

__all__ = ["LAYOUTS", "import_market"]


@dataclass(frozen=True)
class Layout:
    """How one layout is recognised and read."""

    meaning: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Collector], tuple[Mapping[str, pa.Table], Iterable[pa.Table] | None, int]]


LAYOUTS: dict[str, Layout] = {
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
}


def import_market(
    source: str | Path,
    target: str | Path,
    layout: str = "auto",
    progress: Progress | None = None,
    name: str | None = None,
) -> CheckReport:
    """Turn a folder of market data into a dataset at `target`; return what the check found.

    Parameters
    ----------
    source
        Folder of the data.
    target
        Folder of the dataset to make; an older dataset there is replaced in one step.
    layout
        One of `LAYOUTS`, or "auto" to recognise it.
    progress
        Called with a text that says what is being done.
    name
        Name of the market; the source folder's name when left out.

    Raises
    ------
    DataError
        The layout is not recognised, a table has errors, or the disk is full. Then nothing is
        written, and an older dataset stays as it was.
    """
    source, target = Path(source), Path(target)
    if not source.is_dir():
        raise DataError(f"{source}: no such folder; give the folder that holds the market's tables")
    check_target(target.resolve())
    chosen = _recognised(source) if layout == "auto" else layout
    if chosen not in LAYOUTS:
        raise DataError(f"no layout '{chosen}'; there are auto, {', '.join(LAYOUTS)}")
    collector = Collector()
    tables, bars, rows = LAYOUTS[chosen].read(source, collector)
    name = source.resolve().name if name is None else name

    def build_panels(folder: Path) -> None:
        if not Market.open(folder).build_panels(progress):
            what = "the panels' cache could not be written (is the disk full?)"
            cure = "panels will be built in memory each time, which takes longer"
            collector.add("warning", "stock_daily", "no cache", 0, what, cure=cure)

    return write_streamed(
        target,
        tables,
        None if bars is None else _counted(bars, rows, progress),
        name=name,
        source=f"{name} ({chosen} layout)",
        collector=collector,
        finish=build_panels,
    )


def _recognised(source: Path) -> str:
    for name, layout in LAYOUTS.items():
        if layout.recognise(source):
            return name
    known = "; ".join(f"{name}: {layout.meaning}" for name, layout in LAYOUTS.items())
    raise DataError(f"{source}: layout not recognised; known are {known}")


def _counted(bars: Iterable[pa.Table], rows: int, progress: Progress | None) -> Iterator[pa.Table]:
    done = 0
    for piece in bars:
        yield piece
        done += piece.num_rows
        if progress is not None:
            progress(f"stock bars, row {done:,} of {rows:,}")
