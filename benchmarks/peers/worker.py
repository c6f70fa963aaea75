"""One engine on one job in a process of its own; each figure is a line of JSON when it is there.

    python -m benchmarks.peers.worker ENGINE JOB FOLDER --repeat 3

FOLDER holds two markets: ``small``, for the first call (compilation, caches), and ``world``. It
runs with whatever python has the engine's packages.
"""

import argparse
import importlib
import json
import os
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.peers.world import World


def say(**figures: Any) -> None:
    """Print a line for the process that started this one."""
    print("FIGURE " + json.dumps(figures), flush=True)


def peak_mib() -> float:
    """Return the most memory that this process has held, MiB.

    The system's own count of the program: what `getrusage` tells begins with the memory of the
    process that started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Any) -> tuple[float, float, dict[str, float]]:
    """Return wall and processor seconds of a call, and what it returned."""
    begin, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return time.perf_counter() - begin, time.process_time() - cpu, answer


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine")
    parser.add_argument("job")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of all calls")
    parser.add_argument("--market", type=Path, default=Path("data/sample"))
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    begin = time.perf_counter()
    engine = importlib.import_module(f"benchmarks.peers.engines.{args.engine}")
    engine.load()
    say(import_seconds=time.perf_counter() - begin)
    from importlib.metadata import version

    say(versions={name: version(name) for name in engine.PACKAGES})
    say(python=".".join(map(str, sys.version_info[:3])))
    make = engine.JOBS[args.job]
    cold, _, _ = timed(make(World.open(args.folder / "small", args.market)))
    say(cold_seconds=cold)
    begin = time.perf_counter()
    work = make(World.open(args.folder / "world", args.market))
    say(prepare_seconds=time.perf_counter() - begin, before_mib=peak_mib())
    spent = 0.0
    for _ in range(args.repeat):
        wall, cpu, answer = timed(work)
        say(seconds=wall, cpu_seconds=cpu, answer=answer, peak_mib=peak_mib(), load=os.getloadavg())
        spent += cpu
        if spent > args.budget:
            break


if __name__ == "__main__":
    main()
