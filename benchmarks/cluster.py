"""What it costs to run jobs elsewhere: per worker, per job and per variant; and how it scales.

    python -m benchmarks.cluster [--where processes,local] [--busy 1.0] [--many 12] [--repeat 3]
        [--market data/sample] [--skip up,jobs,scaling,real,store,many,send]

With the load of the machine before each:

1. up and down: seconds from nothing to the first job's end, and to the last process gone;
2. per job and per variant: empty jobs of 1 and of 50 variants that give back a series of 2,100 days
   as a run of nine years does; the line through both;
3. scaling: jobs that keep a processor busy, and jobs that only wait, on 1 and 2 workers: wall time
   against the sum of what the jobs took by themselves;
4. the real sweep on the sample market, 510 variants, in this process and on 1 and 2 workers;
5. what the store takes for a run; many waiting workers on this machine: what one coordinator keeps
   up with; and a market that is sent.

From 2 and 5 follows what 200 workers can do: runs a second that one coordinator can take in.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.batch import Plan
from quanthedge.batch.executors import market_place
from quanthedge.batch.executors.cluster import cluster
from quanthedge.batch.executors.inline import inline
from quanthedge.batch.executors.processes import processes
from quanthedge.batch.executors.rounds import Running
from quanthedge.batch.plan import jobs_of
from quanthedge.batch.store import Entry, Store
from quanthedge.batch.variant import SERIES, Job, Outcome, Place, Variant
from quanthedge.batch.work import run_job
from quanthedge.market import Manifest
from quanthedge.strategy import Strategy, load_strategy

ROOT = Path(__file__).parents[1]
STRATEGY, SAMPLE = ROOT / "strategies" / "market_neutral.toml", ROOT / "data" / "sample"
DAYS, FIGURES = 2_100, 60
SETS = ["hedge.ratio=0.5:1.5:0.02", "selector.n=20:40:5", "costs.commission_rate=0.0001,0.0003"]
WHERE: dict[str, Callable[[int], AbstractContextManager[Running]]] = {
    "processes": processes,
    "local": lambda count: cluster(f"local:{count}"),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--where", default="processes,local")
    parser.add_argument("--busy", type=float, default=0.5, help="seconds of each job")
    parser.add_argument("--many", type=int, default=12, help="waiting workers")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--market", type=Path, default=SAMPLE, help="the one that is sent")
    parser.add_argument("--skip", default="")
    args = parser.parse_args()
    skip = set(args.skip.split(","))
    print(f"{os.cpu_count()} processors; load {load()}")
    for where in args.where.split(","):
        if "up" not in skip:
            up_and_down(where, args.repeat)
        if "jobs" not in skip:
            per_job(where, args.repeat)
        if "scaling" not in skip:
            scaling(where, args.busy)
        if "real" not in skip:
            real(where)
    if "store" not in skip:
        stored()
    if "many" not in skip:
        many(args.many)
    if "send" not in skip:
        sending(args.market)


def load() -> str:
    """Return how many processes want a processor, on average of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


# -- jobs that do as they are told


def fake_jobs(count: int, variants: int, seconds: float, doing: str) -> list[Job]:
    """Return jobs of some variants, of which the first keeps busy or waits for some seconds."""
    place, strategy = place_of(SAMPLE), load_strategy(STRATEGY)
    return [
        Job(place, tuple(_variant(job * variants + k, strategy, seconds if not k else 0.0, doing)
                         for k in range(variants)))
        for job in range(count)
    ]  # fmt: skip


def _variant(number: int, strategy: Strategy, seconds: float, doing: str) -> Variant:
    changes = {"seconds": seconds, "doing": doing}
    return Variant(number, changes, strategy, None, None, f"{number:064x}")


def place_of(folder: Path) -> Place:
    """Return a dataset's place."""
    return Place(Manifest.read(folder).fingerprint, folder)


def fake(job: Job) -> list[Outcome]:
    """Keep a processor busy or wait, then give back figures and series of a run's size."""
    begun = time.perf_counter()
    seconds, doing = float(job.variants[0].changes["seconds"]), job.variants[0].changes["doing"]
    if doing == "wait":
        time.sleep(seconds)
    else:  # so much of the processor, however many want it
        clock = time.thread_time
        until = clock() + seconds
        while clock() < until:
            sum(range(1_000))
    took = time.perf_counter() - begun
    days = pd.date_range("2010-04-16", periods=DAYS)
    chance = np.random.default_rng(job.variants[0].number)
    return [
        Outcome(
            one.number,
            one.key,
            {f"figure_{k}": float(k) for k in range(FIGURES)},
            pd.DataFrame(chance.random((DAYS, len(SERIES))), index=days, columns=list(SERIES)),
            None,
            took,
        )
        for one in job.variants
    ]


def empty(job: Job) -> list[Outcome]:
    """Return nothing for each variant, as fast as can be."""
    return [Outcome(one.number, one.key, {}, None, None, 0.0) for one in job.variants]


def drained(running: Iterator[tuple[Job, list[Outcome]]]) -> tuple[int, float]:
    """Return how many variants ended, and the seconds that their jobs took by themselves."""
    count, seconds = 0, 0.0
    for _, outcomes in running:
        assert all(one.failure is None for one in outcomes)
        count += len(outcomes)
        seconds += outcomes[0].seconds
    return count, seconds


# -- measurements


def up_and_down(where: str, repeat: int) -> None:
    """Print how long an executor takes to be there, and to be gone."""
    ups, downs = [], []
    for _ in range(repeat):
        begun = time.perf_counter()
        with WHERE[where](2) as run_all:
            drained(run_all(fake_jobs(2, 1, 0.0, "wait"), fake))
            ups.append(time.perf_counter() - begun)
            begun = time.perf_counter()
        downs.append(time.perf_counter() - begun)
    print(
        f"{where}, 2 workers: up to the first job's end {statistics.median(ups):.2f} s, down "
        f"{statistics.median(downs):.2f} s (medians of {repeat}; load {load()})"
    )


def per_job(where: str, repeat: int) -> None:
    """Print what a job costs, and a variant in it, beside its own work."""
    sizes, costs, nothing = (1, 50), dict[int, list[float]](), list[float]()
    here = dict[int, list[float]]()
    with WHERE[where](1) as run_all:
        drained(run_all(fake_jobs(3, 1, 0.0, "wait"), fake))
        for _ in range(repeat):
            begun = time.perf_counter()
            drained(run_all(fake_jobs(100, 1, 0.0, "wait"), empty))
            nothing.append((time.perf_counter() - begun) / 100)
            for size in sizes:
                jobs = fake_jobs(20, size, 0.0, "wait")
                begun, busy = time.perf_counter(), time.process_time()
                drained(run_all(jobs, fake))
                costs.setdefault(size, []).append((time.perf_counter() - begun) / len(jobs))
                here.setdefault(size, []).append((time.process_time() - busy) / len(jobs))
    one, fifty = (statistics.median(costs[size]) for size in sizes)
    variant = (fifty - one) / (sizes[1] - sizes[0])
    own_one, own_fifty = (statistics.median(here[size]) for size in sizes)
    own = (own_fifty - own_one) / (sizes[1] - sizes[0])
    print(
        f"{where}, 1 worker: an empty job {1e3 * statistics.median(nothing):.1f} ms; with series of"
        f" {DAYS:,} days a job {1e3 * (one - variant):.1f} ms and each variant "
        f"{1e3 * variant:.2f} ms; of a processor of the coordinator {1e3 * (own_one - own):.1f} ms "
        f"a job and {1e3 * own:.2f} ms a variant (medians of {repeat}; load {load()})"
    )


def scaling(where: str, seconds: float) -> None:
    """Print wall times on 1 and 2 workers against what the jobs took by themselves."""
    for doing in ("wait", "busy"):
        walls = {}
        for workers in (1, 2):
            with WHERE[where](workers) as run_all:
                drained(run_all(fake_jobs(workers, 1, 0.0, "wait"), fake))  # they are up
                begun = time.perf_counter()
                _, own = drained(run_all(fake_jobs(12, 10, seconds, doing), fake))
                walls[workers] = time.perf_counter() - begun
                print(
                    f"{where}, {workers} worker{'s' * (workers > 1)}, 12 jobs that {doing} "
                    f"{seconds:g} s: {walls[workers]:.2f} s; {own / walls[workers]:.2f} jobs at a "
                    f"time (load {load()})"
                )
        print(f"{where}: 2 workers are {walls[1] / walls[2]:.2f} times as fast when jobs {doing}")


def real(where: str) -> None:
    """Print how long the sweep of 510 variants takes on 1 and 2 workers, beside this process."""
    plan = Plan.of(STRATEGY, SAMPLE, SETS, start="2014-09-17", end="2015-07-31")
    walls = {}
    for workers in (0, 1, 2):
        with WHERE[where](workers) if workers else inline() as run_all:
            first = jobs_of(plan, plan.variants[:2], 1)[:1]
            drained(run_all(first * max(1, workers), run_job))  # markets opened, code mapped
            begun = time.perf_counter()
            drained(run_all(jobs_of(plan, plan.variants, 2), run_job))
            walls[workers] = time.perf_counter() - begun
        name = f"{where}, {workers} worker{'s' * (workers > 1)}" if workers else "this process"
        print(
            f"{name}: {len(plan.variants)} variants of the sample market in {walls[workers]:.2f} s"
            f" (load {load()})"
        )
    print(f"{where}: 2 workers are {walls[1] / walls[2]:.2f} times as fast as 1 on the real sweep")


def stored() -> None:
    """Print what it takes to add a run of nine years to a store, by jobs of 25 runs."""
    jobs = fake_jobs(20, 25, 0.0, "wait")
    with tempfile.TemporaryDirectory(prefix="cluster-") as scratch:
        store = Store.open(Path(scratch, "store"))
        info = {"name": "fake", "fingerprint": jobs[0].market.fingerprint}
        batches = [
            [
                Entry(one, outcome, info, "sweep", "run")
                for one, outcome in zip(job.variants, fake(job), strict=True)
            ]
            for job in jobs
        ]
        begun, busy = time.perf_counter(), time.process_time()
        for batch in batches:
            store.add(batch)
        wall, busy = time.perf_counter() - begun, time.process_time() - busy
        count = len(store)
    print(
        f"store: {count} runs of {DAYS:,} days added by 25: {1e3 * wall / count:.2f} ms each, "
        f"{1e3 * busy / count:.2f} ms of a processor (load {load()})"
    )


def many(workers: int) -> None:
    """Print what one coordinator keeps up with: waiting workers, and empty jobs a second."""
    begun = time.perf_counter()
    with cluster(f"local:{workers}") as run_all:
        drained(run_all(fake_jobs(2 * workers, 1, 0.0, "wait"), fake))
        print(f"local, {workers} workers: up in {time.perf_counter() - begun:.1f} s")
        begun = time.perf_counter()
        count, own = drained(run_all(fake_jobs(6 * workers, 20, 2.0, "wait"), fake))
        wall = time.perf_counter() - begun
        print(
            f"local, {workers} workers, {6 * workers} jobs of 20 variants that wait 2 s: "
            f"{wall:.1f} s, {own / wall:.1f} jobs at a time, {count / wall:.0f} variants a second "
            f"(load {load()})"
        )
        begun, busy = time.perf_counter(), time.process_time()
        count, _ = drained(run_all(fake_jobs(20 * workers, 20, 0.0, "wait"), fake))
        wall, busy = time.perf_counter() - begun, time.process_time() - busy
        print(
            f"local, {workers} workers, jobs of 20 variants without work: {count / wall:.0f} "
            f"variants and {count / 20 / wall:.0f} jobs a second; coordinator and scheduler take "
            f"{1e3 * busy / count:.2f} ms of a processor a variant (load {load()})"
        )


def sending(folder: Path) -> None:
    """Print how long it takes to send a market to two workers that do not have it."""
    size = market_place.sent_bytes(folder)
    here = Path.cwd()
    place = place_of(folder.resolve())
    with cluster("local:2") as run_all:
        jobs = fake_jobs(2, 1, 0.0, "wait")
        drained(run_all(jobs, fake))
        os.chdir(folder.resolve().parent)  # the workers stay where they began
        try:
            named = place._replace(folder=Path(folder.resolve().name))
            begun = time.perf_counter()
            drained(run_all([job._replace(market=named) for job in jobs], fake))
            wall = time.perf_counter() - begun
        finally:
            os.chdir(here)
    print(
        f"local, 2 workers: a market of {size / 1e6:.1f} MB sent to both in {wall:.2f} s, "
        f"{2 * size / 1e6 / wall:.0f} MB a second (load {load()})"
    )


if __name__ == "__main__":
    main()
