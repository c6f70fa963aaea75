"""`update_market`: add new days to a dataset, and say what a source changed of the old ones."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market.budget import begun
from quanthedge.market.checks.conform import conform
from quanthedge.market.checks.findings import ASSUMED, CheckReport, Collector
from quanthedge.market.importers.ahead import read_ahead
from quanthedge.market.importers.bar_updates import joined_bars
from quanthedge.market.importers.completion import FIRST_CLOSE
from quanthedge.market.importers.differences import Change, joined
from quanthedge.market.importers.entry import counted, read_sources, with_layout
from quanthedge.market.manifest import Manifest, check_folder
from quanthedge.market.schema import TABLES
from quanthedge.market.storage import alone
from quanthedge.market.table_files import parquet_file, read_parquet
from quanthedge.market.writer import Progress, write_streamed

__all__ = ["update_market"]


def update_market(
    source: str | Path,
    target: str | Path,
    layout: str = "auto",
    progress: Progress | None = None,
    more: Sequence[str | Path] = (),
    accept_changes: bool = False,
) -> CheckReport:
    """Add what a source knows more to the dataset at `target`; return what was found.

    Parameters
    ----------
    source, layout, more, progress
        As for `import_market`. The source may hold only the last days, or everything anew.
    target
        A dataset; it is replaced in one step when everything is in order.
    accept_changes
        Take over rows that differ from those known before, or are gone. Otherwise such a source
        is refused with what it changes.

    Notes
    -----
    A second update of the same dataset waits for the first. A market that is open keeps reading
    the version that it opened, or says that it has to be opened again.

    Raises
    ------
    DataError
        There is no dataset, the source changes history and that is not accepted, or the joined
        tables have errors. The dataset then stays as it was.
    """
    check_folder(Path(target))
    target = Path(target).resolve()
    with ExitStack() as stack:
        stack.enter_context(begun())
        stack.enter_context(alone(target))
        manifest = Manifest.read(target)
        manifest.verify_files(target)
        collector = Collector()
        wanted = [(Path(source), layout), *(with_layout(str(other)) for other in more)]
        found = read_sources(wanted, target.parent, collector, stack)
        first_bars = found.bars
        bars_file = target / "stock_daily.parquet"
        with parquet_file(bars_file) as opened:
            end = _last_day(opened)
        tables, changes = _joined_tables(target, manifest, found.tables, end, collector)
        bar_change = Change("stock_daily")
        old = _row_groups(bars_file)
        bars: Iterable[pa.Table] = old
        if first_bars is not None:
            bars = _joined(old, first_bars, bar_change, collector)
        changes = [bar_change, *changes]
        for text in manifest.assumptions:
            table, _, what = text.partition(": ")
            collector.add("warning", table, ASSUMED, 0, what)
        return write_streamed(
            target,
            tables,
            _refusing(counted(bars, found.rows, progress), changes, accept_changes, collector),
            name=manifest.name,
            source=_source(manifest.source, wanted),
            collector=collector,
            overwrite=True,
        )


def _joined(
    old: Iterable[pa.Table], new: Iterable[pa.Table], change: Change, collector: Collector
) -> Iterator[pa.Table]:
    """Join the bars; whether first previous closes were assumed is known after the first piece."""
    pieces = iter(read_ahead(new))
    first = next(pieces, None)
    if first is None:
        yield from old
        return

    def all_pieces() -> Iterator[pa.Table]:
        yield first
        yield from pieces

    assumed = any(finding.rule == FIRST_CLOSE for finding in collector.report())
    yield from joined_bars(old, all_pieces(), change, assumed_first=assumed)


def _refusing(
    bars: Iterable[pa.Table], changes: list[Change], accept: bool, collector: Collector
) -> Iterator[pa.Table]:
    """Hand the bars on; after the last one report the changes, or refuse them."""
    yield from bars
    rewritten = [change for change in changes if change.rewrites_history]
    if rewritten and not accept:
        listed = "\n  ".join(str(change) for change in rewritten)
        raise DataError(
            "the source changes what was known before, nothing was written; "
            f"accept the changes or update from another source:\n  {listed}"
        )
    for change in changes:
        level = "warning" if change.rewrites_history else "info"
        text = str(change).partition(": ")[2]
        collector.add(level, change.table, "update", 0, text)  # type: ignore[arg-type]


def _joined_tables(
    target: Path,
    manifest: Manifest,
    found: Mapping[str, pa.Table],
    end: np.datetime64,
    collector: Collector,
) -> tuple[dict[str, pa.Table], list[Change]]:
    """Join every small table of the dataset and of the source."""
    news = dict(found)
    tables, changes = {}, []
    for name in manifest.tables:
        if name == "stock_daily":
            continue
        tables[name] = read_parquet(target / f"{name}.parquet")
        if name in news:
            new = conform(news.pop(name), TABLES[name], collector)
            collector.report().raise_errors(f"nothing written to {target}")
            assert new is not None
            tables[name], change = joined(name, tables[name], new, end)
            changes.append(change)
    for name, table in news.items():
        tables[name] = table
        changes.append(Change(name, added=table.num_rows))
    return tables, changes


def _source(before: str, wanted: Sequence[tuple[Path, str]]) -> str:
    """Return where the data are from; of several updates the last is named."""
    news = ", ".join(f"{path.resolve().name} ({layout})" for path, layout in wanted)
    return f"{before.partition('; updated from ')[0]}; updated from {news}"


def _row_groups(path: Path) -> Iterator[pa.Table]:
    """Read the bars piece by piece; the file is closed after the last one, before the swap."""
    with parquet_file(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)


def _last_day(file: pq.ParquetFile) -> np.datetime64:
    column = file.schema_arrow.names.index("date")
    groups = range(file.metadata.num_row_groups)
    last = max(file.metadata.row_group(g).column(column).statistics.max for g in groups)
    return np.datetime64(last, "D")
