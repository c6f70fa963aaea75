"""Sweeps whose workers, scheduler or own process are killed again and again, and what is left.

    python -m benchmarks.sweep_kills [--rounds 6] [--where processes|local|cluster|all] [--seed 1]

The sweep runs once undisturbed, in one process. Then it runs in rounds: the command is started,
something of it is killed (SIGKILL) at a random moment, and again, and the command is started anew
until it ends by itself with every run done. A variant whose worker was killed twice is named as
lost, and a sweep that finds nothing but dead workers ends with a line, as they have to: that is
counted, and the next start goes on. ``processes`` is ``--jobs 2``, ``local`` is
``--cluster local:2``, ``cluster`` a scheduler and two workers of Dask in processes of their own,
whose scheduler is killed too and started again. After each round its store has to hold the same
runs as the undisturbed one with the same bytes of every series, no failures, and no process of the
sweep may be left.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from quanthedge.batch.store import Store
from tests.batch.executors.real_cluster import RealCluster
from tests.batch.executors.stored import series_of

ROOT = Path(__file__).parents[1]
SETS = ("hedge.ratio=0.7:1.2:0.1", "selector.n=20:40:5", "costs.commission_rate=0.0001,0.0003")
SWEEP = [
    sys.executable, "-m", "quanthedge.cli", "sweep", "strategies/market_neutral.toml",
    "--market", "data/sample", "--start", "2014-09-17", "--end", "2015-07-31", "--keep", "0",
]  # fmt: skip
MOST_KILLS = 3  # in a round, of the sweep itself; of workers and schedulers twice as many
WHERE = ("processes", "local", "cluster")
LOST = ("its process", "its worker")  # reasons of variants whose workers were killed twice
GONE = ("did not come up", "did not come back", "no scheduler with a worker", "before their first")


def main() -> None:
    """Kill, resume, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--where", choices=(*WHERE, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and what was begun ends too
    with tempfile.TemporaryDirectory(prefix="sweep-kills-") as scratch:
        begun = time.perf_counter()
        subprocess.run(command(Path(scratch, "whole")), cwd=ROOT, env=environment(), check=True,
                       stdout=subprocess.DEVNULL, timeout=300)  # fmt: skip
        whole = series_of(Path(scratch, "whole"))
        print(f"undisturbed: {len(whole)} runs, {time.perf_counter() - begun:.1f} s")
        for number in range(args.rounds):
            where = WHERE[number % len(WHERE)] if args.where == "all" else args.where
            folder = Path(scratch, f"round-{number}")
            folder.mkdir()
            begun = time.perf_counter()
            killed, starts = disturbed(folder, where, chance)
            verdict = compared(whole, folder / "store")
            told = ", ".join(f"{count} x {what}" for what, count in sorted((+killed).items()))
            print(
                f"round {number + 1}: {where}: {told or 'nothing killed'}; "
                f"started {starts} times, {time.perf_counter() - begun:.1f} s; {verdict}",
                flush=True,
            )


def environment() -> dict[str, str]:
    """Return what a sweep of this benchmark is started with: its trials count for nobody."""
    return {**os.environ, "QUANTHEDGE_TRIALS": "off", "PYTHONPATH": str(ROOT)}


def command(out: Path, *where: str) -> list[str]:
    """Return the words that start the sweep."""
    sets = [word for one in SETS for word in ("--set", one)]
    return [*SWEEP, *sets, "--out", str(out), *where]


def disturbed(folder: Path, where: str, chance: random.Random) -> tuple[Counter[str], int]:
    """Run the sweep until it ends by itself, and kill something of it now and then."""
    real = RealCluster(folder, failures=3) if where == "cluster" else None
    words = {
        "processes": ("--jobs", "2"),
        "local": ("--cluster", "local:2"),
        "cluster": ("--cluster", real.address if real else ""),
    }[where]
    killed, starts = Counter[str](), 0
    try:
        while True:
            starts += 1
            log = (folder / f"log-{starts}.txt").open("wb")
            sweep = subprocess.Popen(
                command(folder / "store", *words), cwd=ROOT, env=environment(), stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
            seen = disturb(sweep, real, killed, chance)
            code = sweep.wait(120)
            log.close()
            gone(seen)
            named = failures_in(folder / "store") if code == 0 else []
            killed["variants named as lost twice"] += len(named)
            if code == 0 and not named:
                return killed, starts
            unlike = [one for one in named if not any(word in one for word in LOST)]
            told = (folder / f"log-{starts}.txt").read_text(encoding="utf-8")
            if code > 0 and any(word in told for word in GONE):
                killed["ended with a line"] += 1
            elif code not in (0, -signal.SIGKILL) or unlike or starts > 15:
                raise SystemExit((folder / f"log-{starts}.txt").read_text(encoding="utf-8"))
    finally:
        if real is not None:
            real.close()


def disturb(
    sweep: "subprocess.Popen[bytes]",
    real: RealCluster | None,
    killed: Counter[str],
    chance: random.Random,
) -> list[psutil.Process]:
    """Kill things at random moments while the sweep runs; return the processes that it had."""
    seen: dict[int, psutil.Process] = {}
    while sweep.poll() is None:
        deadline = time.monotonic() + chance.uniform(0.5, 5.0)
        while time.monotonic() < deadline and sweep.poll() is None:
            seen.update((one.pid, one) for one in children(sweep.pid))
            time.sleep(0.1)
        if sweep.poll() is not None:
            break
        what = chance.choice(("worker", "worker", "sweep", *(("scheduler",) if real else ())))
        if killed[f"{what} killed"] >= MOST_KILLS * (1 if what == "sweep" else 2):
            continue
        if what == "sweep":
            sweep.kill()
        elif what == "scheduler" and real is not None:
            real.kill(real.scheduler)
            real.start_scheduler()
            for one in real.workers:  # whoever keeps workers up starts them again
                real.kill(one)
            real.workers.clear()
            for _ in range(2):
                real.start_worker()
        else:
            found = workers_of(sweep.pid if real is None else chance.choice(real.workers).pid)
            if not found:
                continue
            os.kill(chance.choice(found).pid, signal.SIGKILL)
        killed[f"{what} killed"] += 1
    return list(seen.values())


def children(pid: int) -> list[psutil.Process]:
    """Return the processes that a process began, and theirs."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def workers_of(pid: int) -> list[psutil.Process]:
    """Return those that run jobs: of loky, or of Dask."""
    found = []
    for one in children(pid):
        try:
            words = " ".join(one.cmdline())
        except psutil.Error:
            continue
        if ("loky" in words and "--process-name" in words) or "spawn_main" in words:
            found.append(one)
    return found


def failures_in(store: Path) -> list[str]:
    """Return the reasons of the failures that a store holds."""
    table = Store.open(store).runs()
    return list(table.loc[table["status"] != "done", "reason"])


def gone(seen: list[psutil.Process]) -> None:
    """Wait until no process of a sweep is left; one that stays is a fault."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        left = [one for one in seen if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if not left:
            return
        time.sleep(0.1)
    raise SystemExit(f"left behind: {left}")


def compared(whole: dict[str, str], store: Path) -> str:
    """Return in words whether a store is as the undisturbed one."""
    found, table = series_of(store), Store.open(store).runs()
    done = set(table.index[table["status"] == "done"])
    same = sum(found.get(key) == digest for key, digest in whole.items())
    stray = len(set(found) - set(whole))
    verdict = f"{len(done & set(whole))} of {len(whole)} runs done, {same} the same to the byte"
    if stray or same != len(whole) or done != set(whole):
        raise SystemExit(f"{verdict}, {stray} stray, {len(table) - len(done)} failed: NOT THE SAME")
    return f"{verdict}, 0 stray, 0 failed"


if __name__ == "__main__":
    main()
