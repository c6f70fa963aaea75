"""Time and memory of the commands as whole processes, and what `import quanthedge` adds to pandas.

    python -m benchmarks.whole_run MARKET [--start 2010-04-19 --end 2018-12-28]

MARKET is an imported dataset. Each figure is the best of ``--repeat`` runs after a first one that
fills the caches (compiled code, panels).
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"


def timed(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak memory in MiB of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = _wait(process)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def _wait(process: subprocess.Popen) -> tuple[int, int, resource.struct_rusage]:
    import os

    return os.wait4(process.pid, 0)


def best(command: list[str], repeat: int) -> tuple[float, float]:
    """Return the best time and its memory after one run that fills the caches."""
    timed(command)
    return min(timed(command) for _ in range(repeat))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--start", default="2010-04-19")
    parser.add_argument("--end", default="2018-12-28")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    tool = [sys.executable, "-m", "quanthedge.cli"]
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        run = [*tool, "run", str(STRATEGY), "--market", str(args.market), "--start", args.start]
        run += ["--end", args.end, "--out", out, "--quiet", "--again"]
        run_seconds, run_memory = best(run, args.repeat)
        report = [*tool, "report", out, "--language", "zh"]
        report_seconds, report_memory = best(report, args.repeat)
    pandas_seconds, _ = best([sys.executable, "-c", "import pandas"], args.repeat)
    both = [sys.executable, "-c", "import pandas, quanthedge"]
    both_seconds, _ = best(both, args.repeat)
    print(f"run {args.start} to {args.end}: {run_seconds:6.2f} s, peak {run_memory:6.0f} MiB")
    print(f"report, one language:         {report_seconds:6.2f} s, peak {report_memory:6.0f} MiB")
    print(f"run and report:               {run_seconds + report_seconds:6.2f} s")
    print(f"import quanthedge adds        {both_seconds - pandas_seconds:6.3f} s to import pandas")


if __name__ == "__main__":
    main()
