"""A sweep: planned, run where it is asked to, kept in a store run by run, and judged.

>>> import quanthedge as qh
>>> found = qh.sweep(                                                       # doctest: +SKIP
...     "strategies/market_neutral.toml", "data/sample",
...     ["hedge.ratio=0.8,0.9,1.0", "selector.n=20,30"], out="sweeps/first")
>>> found.table.head()                                                      # doctest: +SKIP
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from quanthedge.backtesting import backtest
from quanthedge.batch.card import sweep_card
from quanthedge.batch.executors import Running, executor_of
from quanthedge.batch.grid import Sets, Windows, told
from quanthedge.batch.ordering import FIRST, check_by, no_figure
from quanthedge.batch.plan import Plan, jobs_of
from quanthedge.batch.store import Entry, Store
from quanthedge.batch.variant import Job, Outcome, Variant
from quanthedge.batch.work import run_job
from quanthedge.cards import Card, Carded
from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.progress import telling
from quanthedge.strategy import Strategy
from quanthedge.typing import Language

if TYPE_CHECKING:
    from quanthedge.batch.judgement import Judgement

__all__ = ["Progress", "Sweep", "SweepInterrupted", "sweep"]

_BY = "sharpe_net"
_MOST_WAITING = 2  # jobs whose outcomes wait for the disk
_LOG = logging.getLogger(__name__)


class Progress(NamedTuple):
    """Where a sweep stands.

    Attributes
    ----------
    total, known, done, failed : int
        Runs; those that the store had already, and those that ended since.
    running : str
        What is under way, in words.
    seconds_left : float
        Expected; NaN before anything ended.
    """

    total: int
    known: int
    done: int
    failed: int
    running: str
    seconds_left: float

    @property
    def left(self) -> int:
        """Runs that have not ended."""
        return self.total - self.known - self.done - self.failed


class SweepInterrupted(KeyboardInterrupt):
    """A sweep that was stopped: what is done is in the store, and the message says how to go on."""


@dataclass(frozen=True, repr=False)
class Sweep(Carded):
    """What came of a sweep.

    Attributes
    ----------
    id : str
    store : Store
        Holds every run.
    table : DataFrame
        A row a run that is done, best first: what differs, and the figures.
    failures : DataFrame
        What differs, kind and reason, of combinations that are no strategy or failed.
    plan : Plan
    kept : tuple of str
        Keys of the runs whose whole folder is in the store.
    seconds : float
    """

    id: str
    store: Store
    table: pd.DataFrame
    failures: pd.DataFrame
    plan: Plan
    by: str = _BY
    kept: tuple[str, ...] = ()
    seconds: float = 0.0
    fresh: int = field(default=0)

    def card(self) -> Card:
        """Return how many runs there are, the first of them, and what to call next."""
        return sweep_card(self)

    def judgement(self) -> "Judgement":
        """Return what is to be thought of its runs: see :func:`quanthedge.batch.judge`."""
        from quanthedge.batch.judgement import judge

        return judge(self.store, self.id, by=self.by)

    def report(self, path: str | Path, language: Language = "zh") -> Path:
        """Write the page of the judgement (.html) or its table (.csv) and return the path."""
        return self.judgement().report(path, language)

    @classmethod
    def of(
        cls,
        plan: Plan,
        *,
        out: str | Path,
        jobs: int | None = None,
        cluster: str | None = None,
        keep: int = 1,
        by: str = _BY,
        progress: Callable[[Progress], None] | None = None,
    ) -> "Sweep":
        """Run what was planned; parameters and errors are those of :func:`sweep`."""
        begun = time.perf_counter()
        if keep < 0:
            raise StrategyError(f"keep {keep}: accepted: 0 and more runs")
        runs = executor_of(jobs, cluster)  # what means none is told before anything is written
        store = Store.open(out)
        store.save_sweep(plan.id, plan.to_json(), [one.key for one in plan.variants])
        known = store.known([one.key for one in plan.variants])
        wanted = [one for one in plan.variants if one.key not in known]
        failed = _run(plan, store, wanted, runs if wanted else executor_of(), progress, by)
        table = _table(plan, store, by)
        kept = _keep(plan, store, table, keep)
        table.loc[list(kept), "whole"] = True
        return cls(
            plan.id,
            store,
            table,
            _failures(plan, failed),
            plan,
            by,
            kept,
            time.perf_counter() - begun,
            len(wanted),
        )


def sweep(
    strategy: Strategy | str | Path,
    market: Market | str | Path,
    sets: Sets,
    *,
    out: str | Path,
    random: int | None = None,
    seed: int = 1,
    start: str | None = None,
    end: str | None = None,
    windows: Windows | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    keep: int = 1,
    by: str = _BY,
    progress: Callable[[Progress], None] | None = None,
) -> Sweep:
    """Run a strategy with every combination of some parameters and keep each run in a store.

    Parameters
    ----------
    strategy : Strategy or path
    market : Market or path
    sets : text, texts or mapping
        What is varied: ``"hedge.ratio=0.8,0.9,1.0"``, ``"selector.n=50:200:50"``,
        ``{"hedge.ratio": [0.8, 0.9]}``; see :func:`quanthedge.batch.grid.grid_of`.
    out : path
        Folder of the store; it is made when it is missing. Runs that it has are not run again, so
        that the same call goes on where an earlier one was stopped.
    random, seed : int
        Run so many combinations, drawn without repeats.
    start, end : date, optional
        First and last day of every run.
    windows : (int, int), optional
        Run each combination on windows of so many trading days, one every so many.
    jobs : int, optional
        Processes; None: this one, with a thread for each processor.
    cluster : str, optional
        Address of a Dask scheduler, ``local:4`` for workers on this machine.
    keep : int
        Of the best runs by ``by``, so many are kept whole: as run folders in the store.
    by : str
        Figure by which runs are ordered, the highest first.
    progress : callable, optional
        Called with a :class:`Progress` whenever a job ended.

    Returns
    -------
    Sweep

    Raises
    ------
    StrategyError
        Nothing is varied, a parameter is not known, or no combination is a strategy. One that is
        none, or fails, is among the failures.
    DataError
        The market or the store cannot be opened.
    SweepInterrupted
        Ctrl-C; what is done stays.

    Notes
    -----
    Each run is that of :func:`quanthedge.backtest`, bit for bit, and counts as a trial. What runs
    have in common is worked out once; runs that differ in hedge, costs, accounts or fund alone go
    through the ledger side by side (docs/sweeps.md).

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> import tempfile
    >>> found = qh.sweep(
    ...     strategy, market, "selector.n=20,30", out=tempfile.mkdtemp(),
    ...     start="2014-09-17", end="2014-12-31",
    ... )
    >>> found.table[["selector.n", "sharpe_net"]].round(2).reset_index(drop=True)
       selector.n  sharpe_net
    0          20        1.09
    1          30        0.79
    """
    plan = Plan.of(
        strategy, market, sets, random=random, seed=seed, start=start, end=end, windows=windows
    )
    with telling("sweep") as shown:

        def tell(now: Progress) -> None:
            done = now.total - now.left
            shown(f"{done:,} of {now.total:,} runs, {now.failed:,} failed", done=done,
                  total=now.total)  # fmt: skip

        return Sweep.of(
            plan, out=out, jobs=jobs, cluster=cluster, keep=keep, by=by, progress=progress or tell
        )


class _Count:
    """Counts what ended and tells of it."""

    def __init__(
        self,
        plan: Plan,
        wanted: Sequence[Variant],
        work: Sequence[Job],
        tell: Callable[[Progress], None] | None,
    ) -> None:
        self.total, self.known = len(plan.variants), len(plan.variants) - len(wanted)
        self.done = self.failed = 0
        self.begun = time.perf_counter()
        self.open = {one.number: one for job in work for one in job.variants}
        self.tell = tell

    def took(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes."""
        for one in outcomes:
            self.open.pop(one.number, None)
            self.done += one.failure is None
            self.failed += one.failure is not None

    def say(self) -> None:
        """Tell how far it is."""
        if self.tell is None:
            return
        ended, seconds = self.done + self.failed, time.perf_counter() - self.begun
        left = seconds / ended * len(self.open) if ended else float("nan")
        first = next(iter(self.open.values()), None)
        running = "" if first is None else told(first.changes)
        self.tell(Progress(self.total, self.known, self.done, self.failed, running, left))


def _run(
    plan: Plan,
    store: Store,
    wanted: Sequence[Variant],
    executor: AbstractContextManager[Running],
    tell: Callable[[Progress], None] | None,
    by: str,
) -> dict[int, Outcome]:
    """Run variants, add each to the store as it ends; return those that failed by number."""
    failed: dict[int, Outcome] = {}
    try:
        with ExitStack() as stack:
            keep = stack.enter_context(_keeping(plan, store, wanted))
            run_all = stack.enter_context(executor)
            work = jobs_of(plan, wanted, run_all.workers)
            count = _Count(plan, wanted, work, tell)
            count.say()
            for _, outcomes in run_all(work, run_job):
                keep(outcomes)
                check_by(by, outcomes)
                failed.update((one.number, one) for one in outcomes if one.failure is not None)
                count.took(outcomes)
                count.say()
    except KeyboardInterrupt:
        here = len(store.known([one.key for one in plan.variants]))
        raise SweepInterrupted(
            f"stopped: {here:,} of {len(plan.variants):,} runs are in {store.folder}; the same "
            "command goes on with the others"
        ) from None
    return failed


@contextmanager
def _keeping(
    plan: Plan, store: Store, wanted: Sequence[Variant]
) -> Iterator[Callable[[Sequence[Outcome]], None]]:
    """Yield what adds outcomes to the store, on a thread of its own while others are worked out.

    All of them are there at the end of the block, however it ends.
    """
    info = {"name": plan.market.name, "fingerprint": plan.market.fingerprint}
    by_number = {one.number: one for one in wanted}
    waiting: deque[Future[int]] = deque()

    def entry(outcome: Outcome) -> Entry:
        variant = by_number[outcome.number]
        return Entry(
            variant, outcome, info, plan.id, f"{plan.strategy.name}: {told(variant.changes)}"
        )

    with ThreadPoolExecutor(1, thread_name_prefix="store") as pool:

        def keep(outcomes: Sequence[Outcome]) -> None:
            waiting.append(pool.submit(store.add, [entry(one) for one in outcomes]))
            while len(waiting) > _MOST_WAITING or (waiting and waiting[0].done()):
                waiting.popleft().result()

        try:
            yield keep
        finally:
            for one in waiting:
                one.result()


def _table(plan: Plan, store: Store, by: str) -> pd.DataFrame:
    """Return the runs that are done, best first: what differs, then the figures."""
    found = store.runs(sweep=plan.id)
    found = found[found["status"] == "done"]
    figures = [name for name in found.columns if pd.api.types.is_float_dtype(found[name])]
    if by not in figures:
        if not len(found):
            return found.assign(**{by: pd.Series(dtype=float)})
        raise no_figure(by, figures)
    changes = {one.key: one.changes for one in plan.variants}
    own = pd.DataFrame([changes[key] for key in found.index], index=found.index, columns=plan.keys)
    first = list(dict.fromkeys((*plan.keys, *FIRST)))
    known = found.drop(columns=[name for name in plan.keys if name in found.columns])
    table = pd.concat([own, known], axis=1)
    rest = [name for name in table.columns if name not in first]
    return table[[*(name for name in first if name in table.columns), *rest]].sort_values(
        by, ascending=False, kind="stable", na_position="last"
    )


def _failures(plan: Plan, failed: Mapping[int, Outcome]) -> pd.DataFrame:
    rows = [
        {
            "number": one.number,
            **one.changes,
            "kind": one.failure.kind,
            "reason": one.failure.reason,
        }
        for one in plan.grid.refused
    ]
    for one in plan.variants:
        outcome = failed.get(one.number)
        if outcome is not None and outcome.failure is not None:
            kind, reason = outcome.failure
            rows.append({"number": one.number, **one.changes, "kind": kind, "reason": reason})
    columns = ["number", *plan.keys, "kind", "reason"]
    return pd.DataFrame(rows, columns=columns).sort_values("number", ignore_index=True)


def _keep(plan: Plan, store: Store, table: pd.DataFrame, keep: int) -> tuple[str, ...]:
    """Run the best once more with every table and keep their folders; return their keys."""
    by_key = {one.key: one for one in plan.variants}
    kept = []
    for key in table.index[:keep]:
        one = by_key[key]
        if not bool(table.loc[key, "whole"]):
            store.keep(key, backtest(one.strategy, plan.market, one.start, one.end))
        kept.append(key)
    return tuple(kept)
