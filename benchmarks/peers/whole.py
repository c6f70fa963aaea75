"""From an imported market to the page of a run, as one whole process.

    python -m benchmarks.peers.whole DATASET [--start 2009-01-05 --end 2018-12-28 --repeat 3]

A new process opens the market, runs strategies/market_neutral.toml and writes the report in one
language; the clock runs from its start to its end, imports included. The first process fills the
caches of compiled code and panels and is told apart.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.peers.worker import peak_mib

__all__ = ["whole_run"]

ROOT = Path(__file__).parents[2]
STRATEGY = ROOT / "strategies" / "market_neutral.toml"


def page_of(market: Path, start: str | None, end: str | None, out: Path) -> None:
    """Do it: called in the process that is timed."""
    import quanthedge as qh

    data = qh.Market.open(market)
    result = qh.backtest(qh.load_strategy(STRATEGY), data, start, end)
    result.report(out, "zh")
    days = result.ledger.index
    found = {
        "stocks": len(data.codes), "days": len(days) - 1,
        "peak_mib": peak_mib(), "first": f"{days[1]:%Y-%m-%d}", "last": f"{days[-1]:%Y-%m-%d}",
    }  # fmt: skip
    print("FIGURE " + json.dumps(found))


def _timed(command: list[str]) -> tuple[float, float, float, dict[str, Any]]:
    """Return wall and processor seconds and the peak memory of a process, and what it said."""
    begin = time.perf_counter()
    told = {"PYTHONPATH": str(ROOT), "QUANTHEDGE_TRIALS": "off"}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [line for line in process.stdout if line.startswith("FIGURE ")]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status or not lines:
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    found: resource.struct_rusage = usage
    wall = time.perf_counter() - begin
    said = json.loads(lines[-1].removeprefix("FIGURE "))
    return wall, found.ru_utime + found.ru_stime, said["peak_mib"], said


def whole_run(market: Path, start: str | None, end: str | None, repeat: int = 3) -> dict[str, Any]:
    """Return seconds of the first process and of warm ones, their memory, and what was run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "benchmarks.peers.whole", str(market.resolve()),
            "--out", str(Path(folder) / "page.html"),
            *(["--start", start] if start else []), *(["--end", end] if end else []),
        ]  # fmt: skip
        first = _timed(command)
        found = [_timed(command) for _ in range(repeat)]
    return {
        **first[3],
        "first_seconds": first[0],
        "seconds": statistics.median(one[0] for one in found),
        "cpu_seconds": statistics.median(one[1] for one in found),
        "peak_mib": max(one[2] for one in found),
    }


def main() -> None:
    """Measure and print; with --out: do it once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--start", default=None)
    parser.add_argument("--end", default=None)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.out:
        page_of(args.market, args.start, args.end, args.out)
        return
    found = whole_run(args.market, args.start, args.end, args.repeat)
    print(
        f"{found['stocks']:,} stocks, {found['first']} to {found['last']} ({found['days']:,} "
        f"days): {found['seconds']:.2f} s ({found['cpu_seconds']:.2f} s of processor time), first "
        f"{found['first_seconds']:.2f} s, peak {found['peak_mib']:.0f} MiB"
    )


if __name__ == "__main__":
    main()
