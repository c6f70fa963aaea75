"""What a sweep will do before it does it: runs, stages and how much is shared, jobs, time."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quanthedge.backtesting import stages_asked
from quanthedge.batch.executors import executor_of
from quanthedge.batch.grid import Grid, Sets, Windows, grid_of, told
from quanthedge.batch.ordering import check_by
from quanthedge.batch.variant import Job, Place, Variant
from quanthedge.batch.work import remember_market, run_job
from quanthedge.market import Market
from quanthedge.stages import watched_stages
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["Plan", "jobs_of"]

_MOST_IN_A_JOB = 128  # runs; so many are lost with a worker
_LONG = ("betas", "selection")  # runs that share these stages come together
_WEIGHT = 15  # runs whose stages are at hand, that one of these stages takes as long as
_JOBS_A_WORKER = 4
_MEASURED = 8  # runs whose time is taken


@dataclass(frozen=True)
class Plan:
    """A sweep before it runs.

    Attributes
    ----------
    strategy : Strategy
        As it stands without changes.
    market : Market
    place : Place
        Where workers find the market.
    grid : Grid
    stages : mapping of str to dict
        By the number of a variant: the digest of each of its stages by name.
    id : str
        The same for the same runs.
    keys : tuple of str
        Dotted parameters that vary, in their order.
    """

    strategy: Strategy
    market: Market
    place: Place
    grid: Grid
    stages: Mapping[int, Mapping[str, str]]
    id: str
    keys: tuple[str, ...]

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The runs."""
        return self.grid.variants

    @property
    def asked(self) -> int:
        """Stages that the runs ask for, one by one."""
        return sum(len(one) for one in self.stages.values())

    @property
    def distinct(self) -> int:
        """Stages that are worked out, each once."""
        return len({pair for one in self.stages.values() for pair in one.items()})

    def describe(self, language: Language = "en") -> str:
        """Return the plan in a few lines."""
        said, grid, first = texts("quanthedge.batch", "plan")["plan"], self.grid, self.variants[0]
        words = {name: str(text[language]) for name, text in said.items()}
        lines = [
            words["head"].format(
                id=self.id, count=f"{len(self.variants):,}", market=self.market.name,
                strategy=self.strategy.called(language),
            ),
            words["varies"].format(keys=", ".join(self.keys)),
            words["first"].format(changes=told(first.changes)),
            words["stages"].format(
                distinct=f"{self.distinct:,}", asked=f"{self.asked:,}",
                shared=f"{1.0 - self.distinct / max(1, self.asked):.1%}",
            ),
        ]  # fmt: skip
        if grid.size > len(self.variants) + len(grid.refused) + grid.same:
            lines.insert(1, words["sample"].format(size=f"{grid.size:,}"))
        if grid.same:
            lines.append(words["same"].format(count=f"{grid.same:,}"))
        if grid.refused:
            why = grid.refused[0]
            lines.append(words["refused"].format(
                count=f"{len(grid.refused):,}", changes=told(why.changes),
                reason=why.failure.reason,
            ))  # fmt: skip
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return what the store keeps of the plan."""
        refused = [
            {"changes": dict(one.changes), "kind": one.failure.kind, "reason": one.failure.reason}
            for one in self.grid.refused
        ]
        content = {
            "strategy": self.strategy.model_dump(mode="json"),
            "market": {"name": self.market.name, "fingerprint": self.market.fingerprint},
            "keys": list(self.keys),
            "variants": [
                {"key": one.key, "changes": dict(one.changes), "start": one.start, "end": one.end}
                for one in self.variants
            ],
            "refused": refused,
            "same": self.grid.same,
            "combinations": self.grid.size,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)

    def measured_seconds(
        self, *, jobs: int | None = None, cluster: str | None = None, by: str | None = None
    ) -> tuple[float, float]:
        """Return the seconds that the first run takes, and those expected of all of them.

        What the sweep is to be run with is looked at as it will be then.

        Raises
        ------
        DataError
            `jobs` and `cluster` name no executor.
        StrategyError
            `by` is no figure of a run.

        Notes
        -----
        The first run is run twice and more: once for the seconds of its stages, and with others
        that share them for those of a run whose stages are at hand. Expected is the sum over the
        stages that are worked out and over all runs, with all processors of this machine for the
        ledgers.
        """
        executor_of(jobs, cluster)
        alike = jobs_of(self, self.variants, 1)[0].variants
        first, others = alike[:1], alike[:_MEASURED]
        with watched_stages() as worked:
            begun = time.perf_counter()
            outcomes = run_job(Job(self.place, first))
            whole = time.perf_counter() - begun
        if by is not None:
            check_by(by, outcomes)
        begun = time.perf_counter()
        run_job(Job(self.place, others))
        each = (time.perf_counter() - begun) / len(others)
        seconds: dict[str, list[float]] = {}
        for one in worked:
            seconds.setdefault(one.name, []).append(one.seconds)
        begin = max(0.0, whole - sum(one.seconds for one in worked) - each)
        total = each * len(self.variants)
        distinct = {pair for stages in self.stages.values() for pair in stages.items()}
        for name, _ in distinct:
            total += float(np.mean(seconds.get(name.partition(" ")[0], [0.0])))
        return whole, begin + total

    @classmethod
    def of(
        cls,
        strategy: Strategy | str | Path,
        market: Market | str | Path,
        sets: Sets,
        *,
        random: int | None = None,
        seed: int = 1,
        start: str | None = None,
        end: str | None = None,
        windows: Windows | None = None,
    ) -> "Plan":
        """Return the plan of a sweep; nothing is run.

        Parameters and errors are those of :func:`quanthedge.batch.grid.grid_of`.
        """
        base = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
        data = market if isinstance(market, Market) else Market.open(market)
        grid = grid_of(
            base, data, sets, random=random, seed=seed, start=start, end=end, windows=windows
        )
        stages = {
            one.number: stages_asked(one.strategy, data, one.start, one.end)
            for one in grid.variants
        }
        content = json.dumps(
            [
                sorted(one.key for one in grid.variants),
                sorted(told(one.changes) for one in grid.refused),
            ]
        )
        changes = [*(one.changes for one in grid.variants), *(one.changes for one in grid.refused)]
        keys = dict.fromkeys(key for one in changes for key in one)
        return cls(
            base,
            data,
            remember_market(data),
            grid,
            stages,
            hashlib.sha256(content.encode("utf-8")).hexdigest()[:12],
            tuple(keys),
        )


def jobs_of(plan: Plan, variants: Sequence[Variant], workers: int) -> list[Job]:
    """Return the runs as jobs: those that share stages follow each other and stay together.

    Parameters
    ----------
    plan : Plan
    variants : sequence of Variant
        Those of the plan that are to be run.
    workers : int
        For which the jobs are made: four for each where there are runs enough.
    """
    if not variants:
        return []
    seen: dict[str, int] = {}
    for one in variants:
        for digest in plan.stages[one.number].values():
            seen.setdefault(digest, len(seen))

    def place(one: Variant) -> tuple[Any, ...]:
        stages = plan.stages[one.number]
        first = tuple(seen[stages[name]] for name in _LONG)
        return (seen[stages["stock_rules"]], *first, one.number)

    ordered = sorted(variants, key=place)
    fair = -(-len(ordered) // max(1, workers * _JOBS_A_WORKER))
    jobs: list[list[Variant]] = []
    known: set[str] = set()
    weight = 0
    for one in ordered:
        fresh = {plan.stages[one.number][name] for name in _LONG} - known
        known |= fresh
        own = 1 + _WEIGHT * len(fresh)
        if not jobs or len(jobs[-1]) >= fair or weight + own > _MOST_IN_A_JOB:
            jobs.append([])
            weight = 0
        jobs[-1].append(one)
        weight += own
    return [Job(plan.place, tuple(one)) for one in jobs]
