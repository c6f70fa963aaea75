"""`quality_report`: what a dataset holds, what is missing, and what looks wrong, in one object."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.blocks import Axes
from quanthedge.market.checks.findings import CheckReport, Collector, Finding
from quanthedge.market.checks.moves import MOVES
from quanthedge.market.checks.stale import check_stale_tables
from quanthedge.market.checks.survival import years_gone
from quanthedge.market.checks.units import GROUPS, board_groups
from quanthedge.market.checks.whole import check_dataset
from quanthedge.market.manifest import Manifest
from quanthedge.market.quality.bars import BarCounts, count_bars
from quanthedge.market.quality.coverage import FOREVER, CoverageRow, Listing, coverage
from quanthedge.market.quality.gaps import complete, gaps_in_words
from quanthedge.market.quality.tables import TableFacts, table_facts
from quanthedge.market.quality.text import (
    coverage_text,
    findings_text,
    line_words,
    moves_text,
    tables_text,
)
from quanthedge.market.table_files import TableFile
from quanthedge.typing import Language, Tell

__all__ = ["QualityReport", "TableFacts", "quality_report"]

Array = np.ndarray[Any, Any]
_DAMAGED = ("missing file", "changed file")
_MEMBERS_MISSING = 0.01


@dataclass(frozen=True)
class QualityReport:
    """The quality of a dataset.

    Attributes
    ----------
    manifest
        Name, source and fingerprint of the dataset.
    checks
        Every finding, errors first.
    tables
        Facts and fingerprints.
    counts
        What the bars hold; None when a table's file is missing or changed. So are `coverage`
        (empty), `by_board` and `by_year` (without rows).
    coverage
        The lines of the map by month.
    by_board
        Number of stocks that traded, by year (index) and board (columns).
    by_year
        Stocks listed at the year's end, new, gone, and gone as a share of those of the year before.
    """

    manifest: Manifest
    checks: CheckReport
    tables: list[TableFacts]
    counts: BarCounts | None
    coverage: list[CoverageRow]
    by_board: pd.DataFrame
    by_year: pd.DataFrame

    @property
    def errors(self) -> list[Finding]:
        """What makes the data unusable."""
        return self.checks.errors

    @property
    def suspects(self) -> pd.DataFrame:
        """Every suspicious stock-day with its class and values, in the order of the classes."""
        if self.counts is None:
            return pd.DataFrame(columns=["code", "date", "kind", "level"])
        rank = {move.rule: place for place, move in enumerate(MOVES)}
        found = self.counts.suspects
        order = found["kind"].map(rank).sort_values(kind="stable").index
        return found.loc[order].reset_index(drop=True)

    @property
    def gaps(self) -> list[str]:
        """The gaps of the coverage, in words."""
        return [] if self.counts is None else gaps_in_words(self.coverage, self.months)

    @property
    def complete(self) -> list[CoverageRow]:
        """The lines of the map that are full in every month."""
        return complete(self.coverage)

    @property
    def months(self) -> Array:
        """The months of the map, datetime64[M] [M]."""
        if self.counts is None:
            return np.empty(0, dtype="datetime64[M]")
        return self.counts.months.months

    def to_text(self, language: Language = "en") -> str:
        """Return the report as text: findings, suspicious days by class, coverage, fingerprints."""
        tables = tables_text(self.manifest, self.tables, language)
        if self.counts is None:
            missing = line_words(language)["no_coverage"]
            return "\n\n".join([findings_text(self.checks, language), missing, tables])
        findings = findings_text(self.checks, language, leave_out={move.rule for move in MOVES})
        moves = moves_text(self.suspects, language)
        lines = coverage_text(self.months, self.coverage, self.gaps, len(self.complete), language)
        return "\n\n".join([findings, moves, lines, tables])

    def __str__(self) -> str:
        return self.to_text()


def quality_report(path: str | Path, *, progress: Tell | None = None) -> QualityReport:
    """Check a dataset and say what it holds and what is missing.

    Parameters
    ----------
    path
        Folder of a dataset.
    progress
        Told what is being done.

    Raises
    ------
    DataError
        The folder is no dataset at all, or a table cannot be read.

    Notes
    -----
    Looks at the whole dataset, also at what was not known on the day: it judges data, and nothing
    of it may enter a strategy.
    """
    folder, tell = Path(path), progress or (lambda text: None)
    manifest = Manifest.read(folder)
    tell("checking every table")
    checks = check_dataset(folder)
    if any(finding.rule in _DAMAGED for finding in checks):
        facts = [TableFacts(name, entry.rows, "", "", entry.bytes, entry.content)
                 for name, entry in manifest.tables.items()]  # fmt: skip
        none = pd.DataFrame()
        return QualityReport(manifest, checks, facts, None, [], none, none)
    tell("counting what is there")
    tables = {name: _read(folder, name) for name in manifest.tables if name != "stock_daily"}
    listing = _listing(folder, tables["stocks"], tables["calendar"])
    lines = coverage(tables, listing)
    collector = Collector()
    check_stale_tables(tables, collector)
    _missing_members(lines, collector)
    return QualityReport(
        manifest=manifest,
        checks=_joined(checks, collector.report()),
        tables=table_facts(manifest, tables, listing.counts),
        counts=listing.counts,
        coverage=lines,
        by_board=_by_board(listing),
        by_year=_by_year(listing),
    )


def _read(folder: Path, name: str) -> pa.Table:
    try:
        return TableFile(folder / f"{name}.parquet").parquet().combine_chunks()
    except (pa.ArrowInvalid, OSError) as problem:
        raise DataError(
            f"{folder / name}.parquet: unreadable ({problem}); import again"
        ) from problem


def _listing(folder: Path, stocks: pa.Table, calendar: pa.Table) -> Listing:
    codes = np.asarray(stocks["code"].to_pylist(), dtype=str)
    axes = Axes(calendar["date"].to_numpy(), codes)
    listed = stocks["list_date"].to_numpy()
    gone = stocks["delist_date"].to_numpy().astype("datetime64[D]")
    known = (folder / "stock_names.parquet").is_file()
    names = _read(folder, "stock_names").to_pandas() if known else None
    counts = count_bars(folder / "stock_daily.parquet", axes, listed, names)
    return Listing(axes, listed, np.where(np.isnat(gone), FOREVER, gone), counts)


def _joined(first: CheckReport, second: CheckReport) -> CheckReport:
    """Return both reports' findings, each once, errors first."""
    more = [finding for finding in second if finding not in first.findings]
    levels = ("error", "warning", "info")
    return CheckReport(sorted([*first, *more], key=lambda finding: levels.index(finding.level)))


def _missing_members(lines: list[CoverageRow], collector: Collector) -> None:
    """Warn of indices whose members are, by more than a hundredth, not in the table stocks."""
    for line in lines:
        if line.group != "index_members" or not line.name.endswith(" in stocks"):
            continue
        assert line.expected is not None
        missing = 1 - line.found.sum() / max(line.expected.sum(), 1)
        if missing > _MEMBERS_MISSING:
            text = f"{missing:.1%} of the members of {line.name.split()[0]} have no stock bars"
            cure = "what is measured on its members is measured on the rest"
            collector.add("warning", line.group, "members missing", 0, text, cure=cure)


def _by_board(listing: Listing) -> pd.DataFrame:
    """Return how many stocks traded in each year on each board."""
    group = board_groups(listing.axes.codes)
    year = listing.months.months.astype("datetime64[Y]").astype(int) + 1970
    years, begin = np.unique(year, return_index=True)
    traded = np.add.reduceat(listing.counts.bars, begin, axis=1) > 0
    columns = {
        name: traded[group == place].sum(axis=0)
        for place, name in enumerate(GROUPS)
        if (group == place).any()
    }
    return pd.DataFrame(columns, index=pd.Index(years, name="year"))


def _by_year(listing: Listing) -> pd.DataFrame:
    """Return listings and delistings of the stocks that have bars, by year."""
    days = listing.counts.trading_days
    present = listing.counts.bars.any(axis=1)
    listed, stop = listing.listed[present], listing.stop[present]
    gone = years_gone(stop, days[0], days[-1])
    year = days.astype("datetime64[Y]").astype(int) + 1970
    rows, before = [], 0
    for number in np.unique(year):
        first, last = days[year == number][0], days[year == number][-1]
        here = int(((listed <= last) & (last < stop)).sum())
        start = before or int(((listed <= first) & (first < stop)).sum())
        new = int(((listed >= first) & (listed <= last)).sum())
        left = gone.get(int(number), 0)
        rows.append((int(number), here, new, left, left / start if start else np.nan))
        before = here
    frame = pd.DataFrame(rows, columns=["year", "listed", "new", "gone", "gone_share"])
    return frame.set_index("year")
