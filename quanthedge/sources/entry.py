"""`import_market`: recognise layouts, translate them, check them and write them as one dataset."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.errors import DataError
from quanthedge.logs import timed
from quanthedge.market import Double, NewDataset
from quanthedge.market.checks import CheckReport, Collector
from quanthedge.progress import telling
from quanthedge.sources.ahead import read_ahead
from quanthedge.sources.archive import ARCHIVES, unpacked
from quanthedge.sources.doubles import (
    chosen,
    joined_bars_of_doubles,
    joined_news,
    joined_tables,
    say_joins,
)
from quanthedge.sources.layouts import chosen_layout
from quanthedge.sources.source import News, SourceTables
from quanthedge.sources.twins import with_one_index
from quanthedge.storage import Budget, WholeFolder, storage_errors
from quanthedge.typing import Tell

__all__ = [
    "bars_of",
    "counted",
    "import_market",
    "one_company",
    "read_sources",
    "with_layout",
]

_log = logging.getLogger(__name__)


def import_market(
    source: str | Path,
    target: str | Path,
    layout: str = "auto",
    progress: Tell | None = None,
    name: str | None = None,
    more: Sequence[str | Path] = (),
    overwrite: bool = False,
    keep_code: Sequence[str] = (),
    keep_doubles: bool = False,
) -> CheckReport:
    """Turn folders of market data into a dataset at `target`; return what the check found.

    Parameters
    ----------
    source
        Folder of the data, or an archive of it (zip, tar).
    target
        Folder of the dataset to make. Files in it that are not of a dataset stay.
    layout
        One of `layout_names()`, or "auto" to recognise it.
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
    keep_code
        Of a company that the source has under two codes (equal bars on many days), the code to
        keep. Without it the code stays whose bars reach further; the report names every pair.
    keep_doubles
        Keep both codes of every such company. The check warns of them.

    Raises
    ------
    DataError
        A layout is not recognised, a table has errors, or the disk is full. Then nothing is
        written, and an older dataset stays as it was.

    Examples
    --------
    >>> import quanthedge as qh
    >>> import tempfile
    >>> folder = f"{tempfile.mkdtemp()}/market"
    >>> report = qh.import_market(qh.sample_market().path, folder)
    >>> report.ok, len(qh.Market.open(folder).codes)
    (True, 120)
    """
    wanted = [(Path(source), layout), *(with_layout(str(other)) for other in more)]
    with storage_errors(Path(source)):
        name = _plain_name(Path(source)) if name is None else name
        origin = ", ".join(f"{path.resolve().name} ({chosen})" for path, chosen in wanted)
    new = NewDataset(Path(target), name, origin, overwrite=overwrite)
    with ExitStack() as stack:
        stack.enter_context(WholeFolder(new.folder).alone())
        progress = progress or stack.enter_context(telling("import"))
        try:
            return _imported(new, wanted, progress, keep_doubles=keep_doubles)
        except _DoubledError as found:
            doubles, tables = found.doubles, found.tables
            _log.info("%s companies under two codes: the sources are read again", len(doubles))
        joins = chosen(doubles, keep_code, tables)
        return _imported(new, wanted, progress, doubles, joins, keep_doubles=not joins)


class _DoubledError(Exception):
    """Companies under two codes were found after the last bar: read again and join them."""

    def __init__(self, doubles: Sequence[Double], tables: Mapping[str, pa.Table]) -> None:
        super().__init__()
        self.doubles, self.tables = doubles, tables


def _imported(
    new: NewDataset,
    wanted: Sequence[tuple[Path, str]],
    progress: Tell | None,
    doubles: Sequence[Double] = (),
    joins: Mapping[str, str] | None = None,
    *,
    keep_doubles: bool,
) -> CheckReport:
    """Read the sources and write them; with `joins` every company under its one code."""
    collector = Collector()
    with ExitStack() as stack:
        stack.enter_context(Budget.now().counted())
        found = read_sources(wanted, new.folder.parent, collector, stack)
        if joins:
            say_joins(doubles, joins, collector)
            more = _more_days(doubles, joins)
            extra = bars_of(wanted, new.folder.parent, joins) if more else {}
            found = one_company(found, joins, extra, collector)
        bars = None if found.bars is None else read_ahead(found.bars)

        def inspected() -> None:
            if collector.doubles and not (joins or keep_doubles):
                raise _DoubledError(collector.doubles, found.tables)

        return new.write(
            found.tables,
            None if bars is None else counted(bars, found.rows, progress),
            collector=collector,
            inspected=inspected,
        )


def _more_days(doubles: Sequence[Double], joins: Mapping[str, str]) -> bool:
    """Whether a dropped code has bars on days on which the kept one has none."""
    sides = [
        (code, alone) for one in doubles for code, alone in zip(one.codes, one.alone, strict=True)
    ]
    return any(alone > 0 for code, alone in sides if code in joins)


def one_company(
    found: SourceTables,
    joins: Mapping[str, str],
    extra: Mapping[str, pa.Table],
    collector: Collector,
) -> SourceTables:
    """Return a source's tables with every company under its one code."""
    tables = joined_tables(found.tables, joins, collector)
    found = replace(found, tables=tables, news=joined_news(found.news, joins))
    if found.bars is None:
        return found
    bars = joined_bars_of_doubles(found.bars, joins, extra, collector)
    return replace(found, bars=bars)


def bars_of(
    wanted: Sequence[tuple[Path, str]], beside: Path, joins: Mapping[str, str]
) -> dict[str, pa.Table]:
    """Return the bars of the codes to drop, by the code kept; reads the sources once more."""
    pieces: dict[str, list[pa.Table]] = {}
    with ExitStack() as stack:
        found = read_sources(wanted, beside, Collector(), stack)
        for piece in found.bars or ():
            codes = piece["code"].cast(pa.string())
            for dropped, kept in joins.items():
                rows = piece.filter(pc.equal(codes, dropped))
                if rows.num_rows:
                    plain = rows.set_column(
                        rows.column_names.index("code"), "code", rows["code"].cast(pa.string())
                    )
                    pieces.setdefault(kept, []).append(plain)
    return {
        kept: pa.concat_tables(parts).combine_chunks().sort_by("date")
        for kept, parts in pieces.items()
    }


def read_sources(
    wanted: Sequence[tuple[Path, str]], beside: Path, collector: Collector, stack: ExitStack
) -> SourceTables:
    """Read several sources into one set of tables; archives live as long as `stack`.

    A table that two sources have is taken from the first one that has it, and this is reported.
    """
    tables: dict[str, pa.Table] = {}
    bars: Iterable[pa.Table] | None = None
    rows = 0
    news = News()
    for path, layout in wanted:
        with storage_errors(path):
            there = path.exists()
        if not there:
            raise DataError(f"{path}: no such folder; give the folder that holds the market's data")
        folder = stack.enter_context(unpacked(path, beside))
        own = collector.part()
        with timed(_log, "%s: its tables read", path):
            found = chosen_layout(folder, layout).read(folder, own)
        _log_counts(path, found)
        for name, table in with_one_index(found.tables, own).items():
            if name in tables:
                own.forget(name)
                what = f"{path.name} has this table too; the one of the source before it is used"
                collector.add("info", name, "two sources", 0, what)
            else:
                tables[name] = table
                news = _with_news(news, name, found.news)
        if news.contract_ends is None:
            news = replace(news, contract_ends=found.news.contract_ends)
        if found.bars is not None and bars is None:
            bars, rows = found.bars, found.rows
            news = replace(news, derived=found.news.derived)
        elif found.bars is not None:
            own.forget("stock_daily")
            what = f"{path.name} has stock bars too; those of the source before it are used"
            collector.add("info", "stock_daily", "two sources", 0, what)
    return SourceTables(tables, bars, rows, news)


def _log_counts(path: Path, found: SourceTables) -> None:
    for name, table in found.tables.items():
        _log.info("%s: %s, %s rows", path, name, f"{table.num_rows:,}")
    if found.bars is not None:
        _log.info("%s: stock_daily, about %s rows", path, f"{found.rows:,}")


def _with_news(news: News, name: str, found: News) -> News:
    """Add what the source of a table says beside it."""
    if name == "stocks":
        news = replace(news, listing=found.listing, spans=found.spans, last_days=found.last_days)
    if name == "futures_daily":
        news = replace(news, contract_ends=found.contract_ends)
    return replace(news, lists=news.lists | {name}) if name in found.lists else news


def with_layout(text: str) -> tuple[Path, str]:
    """Read PATH or PATH=LAYOUT."""
    path, _, layout = text.partition("=")
    return Path(path), layout or "auto"


def _plain_name(source: Path) -> str:
    """Return the name of a folder, or of an archive without its ending."""
    name = source.resolve().name
    ends = [end for end in ARCHIVES if source.is_file() and name.lower().endswith(end)]
    return name[: -len(max(ends, key=len))] if ends else name


def counted(bars: Iterable[pa.Table], rows: int, progress: Tell | None) -> Iterator[pa.Table]:
    """Hand pieces on and tell how far they are."""
    done, pieces = 0, 0
    with timed(_log, "stock bars handed on and checked"):
        for piece in bars:
            yield piece
            done += piece.num_rows
            pieces += 1
            if progress is not None:
                progress(f"stock bars, row {done:,} of {rows:,}")
    _log.info("%s stock bars in %s pieces", f"{done:,}", pieces)
