"""Carry out a plan: ask for what is missing, write it, and say what happened."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.sources.download.changes import changes_between
from quanthedge.sources.download.extending import Todo, days_between, extended, todo
from quanthedge.sources.download.folder import DownloadFolder, opened
from quanthedge.sources.download.journal import Entry
from quanthedge.sources.download.pace import Caller, Clock
from quanthedge.sources.download.plan import Period, Request, Table, Vendor, chosen_tables
from quanthedge.sources.download.problems import Failed, Refused, TryAgain
from quanthedge.sources.download.summary import Summary

__all__ = ["Progress", "download"]

_log = logging.getLogger(__name__)
Progress = Callable[[int, int, str], None]
PATIENCE = 5  # requests that fail one after another until the run stops
_OLDEST = date(1990, 1, 1)


def download(
    vendor: Vendor,
    folder: Path,
    start: date,
    end: date,
    *,
    tables: Sequence[str] | None = None,
    refresh: int = 0,
    verify: bool = False,
    per_minute: float | None = None,
    attempts: int = 6,
    clock: Clock | None = None,
    progress: Progress | None = None,
    summary: Summary | None = None,
) -> Summary:
    """Fetch a vendor's tables into a folder; what is there and final is not fetched again.

    Parameters
    ----------
    vendor
        A client, such as `quanthedge.sources.tushare.client.Tushare`.
    folder
        Folder of the files, ``<table>/<key>.parquet``, in the vendor's own columns and units.
    start, end
        First and last day; days after today are left out.
    tables
        Names of tables; None: the vendor's usual ones. Tables that their plan needs are added.
    refresh
        Days before `end` (or today) to fetch again, to see what the vendor changed.
    verify
        Whether kept files are compared with their sha256 (their size is compared anyway).
    per_minute
        Most requests a minute; None: the vendor's.
    attempts
        How often a request is made before it counts as missing.
    clock
        Time; another one in tests.
    progress
        Called with the requests done and known in the stage, and the request at work.
    summary
        Filled while the run goes on, so that it is there after an interruption; None: a new one.

    Returns
    -------
    Summary

    Raises
    ------
    DataError
        The token is wrong, a package is missing, the folder is another vendor's or in use, or the
        disk is full. What was fetched before is kept.
    """
    clock = clock or Clock()
    today = clock.today()
    if start > end:
        raise DataError(f"start {start} is after end {end}; give the earlier day first")
    if start < _OLDEST or start > today:
        raise DataError(f"start {start}: accepted are days from {_OLDEST} to today ({today})")
    if refresh < 0:
        raise DataError(f"refresh {refresh} days; accepted: 0 or more")
    wanted = chosen_tables(vendor, tables)
    rate = vendor.per_minute if per_minute is None else per_minute
    caller = Caller(rate, attempts, vendor.name, clock)
    summary = summary or Summary(vendor.name, folder)
    with opened(folder, vendor.name) as store:
        period = Period(start, min(end, today))
        again_after = period.end - timedelta(days=refresh) if refresh else None
        run = _Run(vendor, store, caller, summary, again_after, verify, progress or _silent)
        try:
            for stage in vendor.stages(wanted, period, store.read, today):
                run.fetch_all(stage)
                if summary.stopped:
                    break
            _note_unplanned(wanted, run, summary)
        finally:
            summary.requested, summary.retried = caller.made, caller.retried
            _note_rates(caller, summary)
            vendor.close()
    return summary


def _silent(_done: int, _all: int, _text: str) -> None:
    return


@dataclass
class _Run:
    """One run over the plan."""

    vendor: Vendor
    store: DownloadFolder
    caller: Caller
    summary: Summary
    again_after: date | None
    verify: bool
    progress: Progress
    planned: set[str] = field(default_factory=set)
    failures: int = 0

    def fetch_all(self, requests: Sequence[Request]) -> None:
        """Carry out one stage."""
        self.planned |= {request.table.name for request in requests}
        pending = [
            (request, entry, what)
            for request, (entry, what) in zip(requests, map(self._look, requests), strict=True)
            if self._counted(what)
        ]
        tables = ", ".join(sorted({request.table.name for request in requests}))
        _log.info(
            "%s: %s of %s answers to fetch (%s)", self.vendor.name, len(pending), len(requests),
            tables,
        )  # fmt: skip
        for done, (request, entry, what) in enumerate(pending):
            if request.table.name in self.summary.refused:
                continue
            self.progress(done, len(pending), request.name)
            try:
                self._fetch(request, entry, what)
            except Refused as problem:
                self.summary.refused[request.table.name] = str(problem)
            except Failed as problem:
                self._miss(request, str(problem))
            except TryAgain as problem:
                self._miss(request, f"{problem} (after {self.caller.attempts} attempts)")
                self.failures += 1
                if self.failures == PATIENCE:
                    self.summary.stopped = (
                        f"{PATIENCE} requests one after another failed, the last with: {problem}"
                    )
                    return
            else:
                self.failures = 0
        self.progress(len(pending), len(pending), "")

    def _look(self, request: Request) -> tuple[Entry | None, Todo]:
        """Return what is kept of a request, and what to do about it."""
        entry = self.store.entry_of(request)
        if entry is not None and self.verify and not self.store.sound(request, entry):
            self.summary.notes.append(f"{request.name}: was damaged; fetched again")
            entry = None
        return entry, todo(request, entry, self.caller.clock.now(), self.again_after)

    def _counted(self, what: Todo) -> bool:
        """Whether something is to be fetched; what is not is counted."""
        self.summary.kept += what.kind in ("nothing", "later")
        self.summary.unfinished += what.kind == "later"
        return what.kind not in ("nothing", "later")

    def _miss(self, request: Request, reason: str) -> None:
        _log.info("%s: missing (%s)", request.name, reason)
        self.summary.missing.append((request.table.name, request.key, reason))

    def _fetch(self, request: Request, entry: Entry | None, what: Todo) -> None:
        old = None if what.sure is None else self.store.table_of(request)
        fetched = self.caller.clock.now()
        if what.kind == "extension" and entry is not None and entry.first_day and old is not None:
            new = self._answer(what.request)
            table = extended(old, new, what, request.table.identity)
            if table is not None:
                self._store(request.since(entry.first_day), table, fetched)
                return
        table = self._answer(request)
        if old is not None and old.num_rows and table.num_rows == 0:
            self._miss(request, "the vendor gives no rows any more; the older file is kept")
        elif table.num_rows == 0 and not request.table.empty:
            today = self.caller.clock.today()
            yet = " yet" if request.last is not None and request.last >= today else ""
            self._miss(request, f"the vendor gives no rows{yet}")
        else:
            changed = self._note_changes(request, what, old, table)
            self._store(request, table, fetched, keep_old=changed)

    def _answer(self, request: Request) -> pa.Table:
        table = self.vendor.ask(request, self.caller)
        missing = [name for name in request.table.columns if name not in table.column_names]
        if table.num_rows and missing:
            raise Refused(
                f"the answer has no column '{missing[0]}' (found "
                f"{', '.join(table.column_names)[:200]}); the vendor changed the interface"
            )
        return table

    def _store(
        self, request: Request, table: pa.Table, fetched: datetime, *, keep_old: bool = False
    ) -> None:
        entry = self.store.store(request, table, fetched, keep_old=keep_old)
        _log.debug("%s: %s rows, %s bytes kept", request.name, entry.rows, entry.bytes)
        if entry.bytes == 0:
            self.summary.empty[request.table.name] += 1
            return
        self.summary.files += 1
        self.summary.rows += entry.rows
        self.summary.bytes += entry.bytes

    def _note_changes(
        self, request: Request, what: Todo, old: pa.Table | None, new: pa.Table
    ) -> bool:
        """Note what the new answer changes of days that were final; True if a file must be kept.

        Where an answer may still grow, rows added to it are no change.
        """
        if old is None or what.sure is None:
            return False
        if request.span is not None:
            column, first = request.span.column, request.first or date.min
            old, new = (days_between(table, column, first, what.sure) for table in (old, new))
        found = changes_between(old, new, request.table.identity)
        growing = request.span is None and (request.last is None or request.last > what.sure)
        if not found or (growing and not (found.removed or found.changed)):
            return False
        self.summary.changes[request.name] = found
        return request.last is not None


def _note_unplanned(wanted: Sequence[Table], run: _Run, summary: Summary) -> None:
    """Say which tables were not asked for because their plan lacks a table."""
    for table in wanted:
        if table.name in run.planned or table.name in summary.refused or summary.stopped:
            continue
        lacking = [name for name in table.needs if not run.store.has(name)]
        if lacking:
            reason = f"cannot be planned without {' and '.join(lacking)}"
            summary.missing.append((table.name, "all", reason))
        else:
            summary.notes.append(f"{table.name}: nothing to ask for in these days")


def _note_rates(caller: Caller, summary: Summary) -> None:
    for call, rate in caller.slower.items():
        summary.notes.append(f"{call}: slowed down to {rate} requests a minute, as the vendor says")
