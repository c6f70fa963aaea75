"""`update_market`: add new days to a dataset, and say what a source changed of the old ones."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market import (
    TABLES,
    Manifest,
    NewDataset,
    TableFile,
    conform,
)
from quanthedge.market.checks import CheckReport, Collector
from quanthedge.sources.ahead import read_ahead
from quanthedge.sources.bar_updates import joined_bars
from quanthedge.sources.completion import FIRST_CLOSE, with_flags
from quanthedge.sources.differences import Change, joined, joined_lists
from quanthedge.sources.doubles import joins_said
from quanthedge.sources.entry import (
    bars_of,
    counted,
    one_company,
    read_sources,
    with_layout,
)
from quanthedge.sources.news import (
    contracts_with_ends,
    joined_stocks,
    spans_on_disk,
)
from quanthedge.sources.source import News, SourceTables
from quanthedge.storage import Budget, WholeFolder
from quanthedge.typing import Tell

__all__ = ["update_market"]

_log = logging.getLogger(__name__)


def update_market(
    source: str | Path,
    target: str | Path,
    layout: str = "auto",
    progress: Tell | None = None,
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
        There is no dataset or it is a simulated one, the source changes history and that is not
        accepted, or the joined tables have errors. The dataset then stays as it was.

    Examples
    --------
    >>> import quanthedge as qh
    >>> import tempfile
    >>> folder = f"{tempfile.mkdtemp()}/market"
    >>> _ = qh.import_market(qh.sample_market().path, folder)
    >>> report = qh.update_market(qh.sample_market().path, folder)
    >>> report.ok
    True
    """
    target = Manifest.folder(Path(target))
    with ExitStack() as stack:
        stack.enter_context(Budget.now().counted())
        stack.enter_context(WholeFolder(target).alone())
        manifest = Manifest.read(target)
        if (target / "truth").is_dir():
            raise DataError(
                f"{target}: a simulated market, whose truth is of its own days; import the source "
                "into another folder"
            )
        manifest.verify_files(target)
        collector = Collector()
        wanted = [(Path(source), layout), *(with_layout(str(other)) for other in more)]
        found = _found(wanted, target, manifest, collector, stack)
        bars_file = target / "stock_daily.parquet"
        with TableFile(bars_file).opened() as opened:
            tables, changes = _joined_tables(target, manifest, found, opened, collector)
        bar_change = Change("stock_daily")
        old = _row_groups(bars_file)
        bars: Iterable[pa.Table] = old
        if found.bars is not None:
            news = _conforming(found.bars, found.news, tables.get("stock_names"), collector)
            derived = "adj_factor" in found.news.derived
            bars = _joined(old, news, bar_change, collector, derived=derived)
        changes = [bar_change, *changes]
        for text in manifest.assumptions:
            table, _, what = text.partition(": ")
            collector.assume(table, what)
        bars = _refusing(counted(bars, found.rows, progress), changes, accept_changes, collector)
        source_line = _source(manifest.source, wanted)
        new = NewDataset(target, manifest.name, source_line, overwrite=True)
        return new.write(tables, bars, collector=collector)


def _found(
    wanted: Sequence[tuple[Path, str]],
    target: Path,
    manifest: Manifest,
    collector: Collector,
    stack: ExitStack,
) -> SourceTables:
    """Read the sources; companies that the dataset joined under one code stay so."""
    found = read_sources(wanted, target.parent, collector, stack)
    joins = joins_said(manifest.assumptions)
    if not joins:
        return found
    extra = bars_of(wanted, target.parent, joins) if found.bars is not None else {}
    return one_company(found, joins, extra, collector)


def _conforming(
    bars: Iterable[pa.Table], news: News, names: pa.Table | None, collector: Collector
) -> Iterator[pa.Table]:
    """Hand new bars on in the schema's types; marks that the source lacks are those of the names.

    Raises
    ------
    DataError
        A column is missing, of another type, or empty where it must not be.
    """
    flags = [name for name in ("is_st", "is_delisting") if name in news.derived]
    for piece in bars:
        table = conform(piece, TABLES["stock_daily"], collector)
        if table is None:
            collector.report().raise_errors("nothing written")
            raise AssertionError("a piece that does not conform has an error")
        if names is not None and flags:
            table = with_flags(table.combine_chunks(), names, flags)
        yield table


def _joined(
    old: Iterable[pa.Table],
    new: Iterable[pa.Table],
    change: Change,
    collector: Collector,
    *,
    derived: bool,
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
    yield from joined_bars(old, all_pieces(), change, assumed_first=assumed, derived_factor=derived)


def _refusing(
    bars: Iterable[pa.Table], changes: list[Change], accept: bool, collector: Collector
) -> Iterator[pa.Table]:
    """Hand the bars on; after the last one report the changes, or refuse them."""
    yield from bars
    for change in changes:
        _log.info("%s", change)
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
    found: SourceTables,
    bars_file: pq.ParquetFile,
    collector: Collector,
) -> tuple[dict[str, pa.Table], list[Change]]:
    """Join every small table of the dataset and of the source."""
    end = _last_day(bars_file)
    news = dict(found.tables)
    before = {
        name: TableFile(target / f"{name}.parquet").parquet()
        for name in manifest.tables
        if name != "stock_daily"
    }
    calendar = _days_of_both(before["calendar"], news.get("calendar"))
    stocks = joined_stocks(
        before["stocks"], news.pop("stocks", None), found.news, spans_on_disk(bars_file), calendar,
        collector,
    )  # fmt: skip
    if stocks is not None:
        news["stocks"] = stocks
    tables, changes = dict(before), []
    for name, old in before.items():
        if name in news:
            new = _conforming_table(name, news.pop(name), target, collector)
            join = joined_lists if name in found.news.lists else joined
            tables[name], change = join(name, old, new, end)
            changes.append(change)
    for name, table in news.items():
        tables[name] = table
        changes.append(Change(name, added=table.num_rows))
    if "futures_daily" in tables:
        ends, futures = found.news.contract_ends, tables["futures_daily"]
        tables["futures_daily"] = contracts_with_ends(futures, ends, end, calendar)
    return tables, changes


def _conforming_table(name: str, table: pa.Table, target: Path, collector: Collector) -> pa.Table:
    new = conform(table, TABLES[name], collector)
    collector.report().raise_errors(f"nothing written to {target}")
    assert new is not None
    return new


def _days_of_both(old: pa.Table, new: pa.Table | None) -> np.ndarray[Any, Any]:
    days = [table["date"].to_numpy() for table in (old, new) if table is not None]
    return np.unique(np.concatenate([day.astype("datetime64[D]") for day in days]))


def _source(before: str, wanted: Sequence[tuple[Path, str]]) -> str:
    """Return where the data are from; of several updates the last is named."""
    news = ", ".join(f"{path.resolve().name} ({layout})" for path, layout in wanted)
    return f"{before.partition('; updated from ')[0]}; updated from {news}"


def _row_groups(path: Path) -> Iterator[pa.Table]:
    """Read the bars piece by piece; the file is closed after the last one, before the swap."""
    with TableFile(path).opened() as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)


def _last_day(file: pq.ParquetFile) -> np.datetime64:
    column = file.schema_arrow.names.index("date")
    groups = range(file.metadata.num_row_groups)
    last = max(file.metadata.row_group(g).column(column).statistics.max for g in groups)
    return np.datetime64(last, "D")
