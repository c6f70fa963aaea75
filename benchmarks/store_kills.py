"""What kills, full disks and flipped bits do to a store of runs: tried, counted, printed.

``python -m benchmarks.store_kills writers``: 4 processes add 200 runs each to one store while they
are killed at random moments, and are started again until everything is there; ``removals``: runs
are taken away by processes that are killed; ``disk``: files may grow to a random size only, as on a
full disk; ``bits``: single bits are flipped in every file. After each, every run is read and
compared bit by bit with what was added. Needs a POSIX system; writes below a temporary folder.
"""

import argparse
import multiprocessing
import os
import random
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.batch import Store
from quanthedge.batch.store import Entry
from quanthedge.batch.variant import SERIES, Outcome, Variant
from quanthedge.errors import DataError
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.trials import Catalogue, digest

WRITERS, EACH = 4, 200
SHARED = 40  # runs that every writer adds, as sweeps that overlap do
DAYS = pd.DatetimeIndex(pd.bdate_range("2013-01-02", periods=750)).as_unit("ms").rename("date")
MARKET = {"name": "a market", "fingerprint": "ab" * 32}
REFUSED = 7  # exit code of a process that was refused in one line
PRELOADED = [  # so that a process that is started again is at work at once
    "quanthedge.batch",
    "quanthedge.backtesting.request",
    "quanthedge.backtesting.tried",
    "pyarrow.parquet",
]
CONTEXT = multiprocessing.get_context("forkserver")


@cache
def strategy(step: int) -> Strategy:
    """Return one of 50 strategies."""
    base = load_strategy(Path(__file__).parents[1] / "strategies" / "market_neutral.toml")
    return base.change({"hedge.ratio": 0.5 + step / 100})


def series(number: int) -> pd.DataFrame:
    """Return the days of a run, which its number decides."""
    steps = np.random.default_rng(number).normal(0, 0.01, (len(DAYS), len(SERIES)))
    return pd.DataFrame(np.exp(steps.cumsum(axis=0)), DAYS, list(SERIES))


def entry(number: int) -> Entry:
    """Return a run by its number."""
    key = digest(number)
    variant = Variant(number, {}, strategy(number % 50), None, None, key)
    outcome = Outcome(number, key, {"sharpe_net": float(number)}, series(number), None, 0.1)
    return Entry(variant, outcome, MARKET, f"sweep {number % 3}")


def numbers(writer: int) -> list[int]:
    """Return the runs of a writer: some are everybody's, the others its own."""
    own = [1000 * (writer + 1) + k for k in range(EACH - SHARED)]
    return [*range(SHARED), *own]


def write(folder: str, writer: int, seed: int) -> None:
    """Add the runs of a writer that are not there yet, some at a time."""
    store, draw = Store.open(folder), random.Random(seed)
    known = store.known(digest(number) for number in numbers(writer))
    left = [number for number in numbers(writer) if digest(number) not in known]
    while left:
        size = draw.randint(1, 8)
        store.add([entry(number) for number in left[:size]])
        left = left[size:]


def take_away(folder: str, wanted: list[int]) -> None:
    """Take runs away one by one."""
    store = Store.open(folder)
    there = set(store.runs().index)
    for number in wanted:
        if digest(number) in there:
            store.remove([digest(number)])


def wrong_with(folder: Path, expected: set[int]) -> str:
    """Say what is wrong with a store that should hold these runs; "" when nothing is."""
    store = Store.open(folder, make=False)
    store.check()  # what was left is taken up or away
    found = store.check()
    if len(found):
        return f"a second check finds {found.iloc[0]['what']}"
    keys = {digest(number): number for number in expected}
    table = store.runs()
    if set(table.index) != set(keys):
        lost, more = set(keys) - set(table.index), set(table.index) - set(keys)
        return f"{len(lost)} runs are lost, {len(more)} too many"
    if not (table["status"] == "done").all():
        return "a run is half there"
    for key, number in keys.items():
        if not store.days(key).equals(series(number)):
            return "other days"
    if any(table.loc[key, "sharpe_net"] != float(number) for key, number in keys.items()):
        return "other figures"
    files = sum(path.is_file() for path in (folder / "runs").rglob("*"))
    if files != len(keys):
        return f"{files} files for {len(keys)} runs"
    return "left something behind" if (folder / ".quanthedge").exists() else ""


def until_done(
    start: Callable[[int], BaseProcess], count: int, draw: random.Random, kill: bool, longest: float
) -> tuple[int, int]:
    """Start processes, kill each at random moments, and start it again until it ends by itself.

    Returns how often one was killed, and how often one ended in an error.
    """
    killed = failed = 0
    living = {number: start(number) for number in range(count)}
    while living:
        if kill:
            time.sleep(draw.uniform(0.0, longest))
            victim = draw.choice(sorted(living))
            living[victim].kill()
        for number, process in list(living.items()):
            process.join(0 if kill else 0.05)
            if process.exitcode is None:
                if not kill or number != victim:
                    continue
                process.join()
            if process.exitcode == 0:
                del living[number]
                continue
            killed += process.exitcode == -signal.SIGKILL
            failed += process.exitcode not in (0, -signal.SIGKILL)
            living[number] = start(number)
    return killed, failed


def writers(folder: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Let writers work together: undisturbed once, then killed."""
    everything = {number for writer in range(WRITERS) for number in numbers(writer)}
    for turn in range(times + 1):
        place, kill = folder / f"s{turn}", turn > 0

        def start(writer: int, place: Path = place) -> BaseProcess:
            process = CONTEXT.Process(
                target=write, args=(str(place), writer, draw.randrange(10**9))
            )
            process.start()
            return process

        begun = time.perf_counter()
        killed, failed = until_done(start, WRITERS, draw, kill, 1.0)
        seconds = time.perf_counter() - begun
        wrong = wrong_with(place, everything)
        what = f"killed {killed} times" if kill else "undisturbed"
        yield (
            f"{WRITERS} writers x {EACH} runs ({len(everything)} different ones), {what}: "
            f"{seconds:.1f} s, {failed} errors, "
            + (f"WRONG: {wrong}" if wrong else "nothing lost, no half run")
        )


def removals(folder: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Take half of the runs away by processes that are killed."""
    wanted = [entry(number) for number in range(200)]
    for turn in range(times):
        place = folder / f"r{turn}"
        Store.open(place).add(wanted)
        gone = [list(range(60)), list(range(40, 100))]  # some by both

        def start(part: int, place: Path = place, gone: list[list[int]] = gone) -> BaseProcess:
            process = CONTEXT.Process(target=take_away, args=(str(place), gone[part]))
            process.start()
            return process

        killed, failed = until_done(start, 2, draw, True, 0.3)
        wrong = wrong_with(place, set(range(100, 200)))
        yield (
            f"100 of 200 runs taken away by 2 processes, killed {killed} times, {failed} found "
            "a run gone already: " + (f"WRONG: {wrong}" if wrong else "100 are left, whole")
        )


def limited(folder: str, most: int) -> None:
    """Add runs while no file may grow beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    store = Store.open(folder)
    try:
        for first in range(0, 100, 10):
            store.add([entry(number) for number in range(first, first + 10)])
    except DataError as error:
        os._exit(REFUSED if "\n" not in str(error) else 1)


def disk(folder: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Let files grow to a random size only, then finish without a limit."""
    codes: Counter[int | None] = Counter()
    faults: Counter[str] = Counter()
    for turn in range(times):
        place = folder / f"d{turn}"
        Store.open(place).add([entry(500)])
        process = CONTEXT.Process(target=limited, args=(str(place), draw.randrange(100, 200_000)))
        process.start()
        process.join()
        codes[process.exitcode] += 1
        store = Store.open(place)
        store.check()
        there = set(store.runs().index)
        faults[wrong_with(place, {n for n in [*range(100), 500] if digest(n) in there})] += 1
        store.add([entry(number) for number in range(100)])
        faults[wrong_with(place, {*range(100), 500})] += 1
    sound = faults.pop("", 0)
    yield (
        f"files limited to a random size: {times} times, exit codes {dict(codes)} ({REFUSED}: "
        f"refused in one line), {sound} of {2 * times} looks sound" + _listed(faults)
    )


def bits(folder: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Flip single bits in the files of a store."""
    store = Store.open(folder / "b")
    store.add([entry(number) for number in range(10)])
    before, days = store.runs(), {number: store.days(digest(number)) for number in range(10)}
    paths = [folder / "b" / Catalogue.NAME, *sorted((folder / "b" / "runs").rglob("*.parquet"))]
    for kind, group in (("catalogue", paths[:1]), ("days", paths[1:])):
        seen: Counter[str] = Counter()
        for _ in range(times):
            path = draw.choice(group)
            content = path.read_bytes()
            spoilt = bytearray(content)
            spoilt[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            path.write_bytes(bytes(spoilt))
            seen[_seen(store, before, days)] += 1
            path.write_bytes(content)
        yield f"{kind}: {times} bits{_listed(seen)}"


def _seen(store: Store, before: pd.DataFrame, days: dict[int, pd.DataFrame]) -> str:
    try:
        now = store.runs()
        same = all(store.days(digest(k)).equals(one) for k, one in days.items())
    except DataError:
        return "refused when it is read"
    if same and now.equals(before):
        return "the same runs"
    if len(store.check()):
        return "found by the check"
    own = [name for name in before.columns if name != "sweep"]  # whose names nothing covers
    same &= set(own) <= set(now.columns) and now[own].equals(before[own])
    return "another sweep's name, not found" if same else "NOT FOUND"


def _listed(found: "Counter[str]") -> str:
    return "".join(f"; {count} {what}" for what, count in found.most_common())


def main() -> None:
    """Run one part and print a line for each thing tried."""
    parts = {"writers": writers, "removals": removals, "disk": disk, "bits": bits}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.environ["QUANTHEDGE_TRIALS"] = "off"
    CONTEXT.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as name:
        for line in parts[args.part](Path(name), args.times, random.Random(args.seed)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
