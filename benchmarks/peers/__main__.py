"""Measures QuantHedge beside its peers in one run and writes the page of it.

    python -m benchmarks.peers --quick --environments FOLDER     # some three minutes
    python -m benchmarks.peers --full --environments FOLDER --market DATASET

FOLDER keeps an environment for each peer that does not live beside QuantHedge: made with pip when
it is not there (pinned in requirements.txt). ``--python qlib=PATH`` names one that is somewhere
else; a peer without a python is written down as not tried. Results go to
benchmarks/peers/results.json, from which docs/benchmarks.md is made (``--page-only``).
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.guard import median_ratio, pass_of_ledger
from benchmarks.ledger import make_inputs, run_ledger_once
from benchmarks.peers import cases, page
from benchmarks.peers.environments import python_of, pythons
from benchmarks.peers.machine import described
from benchmarks.peers.measure import Asked, Row, measured
from benchmarks.peers.whole import whole_run
from benchmarks.peers.world import make_world

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE.parents[1] / "docs" / "benchmarks.md"
OWN_REPEAT = 5  # before the peers and after them
QUICK_PASSES, FULL_PASSES = ("small", "medium"), ("small", "medium", "large")


def _worlds(size: str, below: Path) -> Path:
    """Make the market of a size, and the small one of first calls."""
    folder = below / size
    shape = cases.SIZES.get(size, cases.FIRST_CALL)
    for name, of in (("small", cases.FIRST_CALL), ("world", shape)):
        if not (folder / name / "names.npy").exists():
            make_world(folder / name, *of)
    return folder


def _say(row: Row) -> None:
    figure = f"{statistics.median(row.cpu_seconds):.4f} s" if row.cpu_seconds else ""
    words = f"{row.job:>10} {row.size:>7} {row.engine:>11}: {row.status} {figure} {row.reason}"
    print(words, file=sys.stderr, flush=True)


def _own(job: str, size: str, folder: Path, asked: Asked, into: Row | None) -> Row:
    """Measure QuantHedge; a second time is added to the first."""
    row = Row(job, size, cases.OWN) if into is None else into
    return measured(row, Path(sys.executable), folder, asked)


def passes_of_ledger(sizes: tuple[str, ...]) -> dict[str, float]:
    """Return the ledger, all rules on, over numpy's pass over what it reads, in this process."""
    found = {}
    for size in sizes:
        inputs = make_inputs(*cases.SIZES[size])
        found[size] = median_ratio(partial(run_ledger_once, inputs), pass_of_ledger(inputs), 9)
    return found


def measure(
    jobs: tuple[str, ...], found: dict[str, Path], market: Path, below: Path, *, quick: bool
) -> Iterator[list[Row]]:
    """Give the rows of each case; ours is measured before and after the peers."""
    peer = Asked(3, 5.0 if quick else 60.0, 40.0 if quick else 60.0, 150.0, market)
    own = Asked(OWN_REPEAT, 20.0, 100.0, 150.0, market)
    late: set[tuple[str, str, str]] = set()  # who did not finish what at which size
    for case in cases.chosen(jobs, quick=quick):
        folder = _worlds(case.size, below)
        ours = _own(case.job, case.size, folder, own, None)
        beside = [
            measured(Row(job, case.size, engine), Path(sys.executable), folder, own)
            for job, engine in cases.BESIDE.get(case.job, ())
        ]
        for engine in case.peers:
            row = Row(case.job, case.size, engine)
            python = python_of(engine, found)
            hopeless = cases.HOPELESS.get((case.job, case.size, engine))
            smaller = cases.no_more_than(case.job, case.size)
            if hopeless or python is None:
                row.status, row.reason = "not tried", hopeless or "it has no environment here"
            elif any((job, size, engine) in late for job, size in smaller):
                row.status = "not tried"
                row.reason = "it did not finish what is no more than this"
            else:
                measured(row, python, folder, peer)
            if row.status == "not finished":
                late.add((case.job, case.size, engine))
            _say(row)
            beside.append(row)
        _own(case.job, case.size, folder, own, ours)
        _say(ours)
        yield [ours, *beside]


def run(args: argparse.Namespace, jobs: tuple[str, ...]) -> None:
    """Measure everything; results are written after each case."""
    found = pythons(args.environments, args.python)
    begun, load = time.time(), os.getloadavg()[0]
    results: dict[str, Any] = {
        "format": 1,
        "mode": "quick" if args.quick else "full",
        "when": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "machine": described(),
        "passes": passes_of_ledger(QUICK_PASSES if args.quick else FULL_PASSES),
        "whole": whole_run(args.market, args.start, args.end, repeat=1 if args.quick else 3),
        "rows": [],
    }
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="peers") as below:
        for more in measure(jobs, found, args.market, Path(below), quick=args.quick):
            rows += more
            results["rows"] = [asdict(row) for row in rows]
            results["load"] = [round(load, 1), round(max([load, *(r.load for r in rows)]), 1)]
            results["minutes"] = round((time.time() - begun) / 60.0, 1)
            args.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, write results and page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--quick", action="store_true", help="small sizes, some three minutes")
    how.add_argument("--full", action="store_true", help="all sizes, less than 25 minutes")
    how.add_argument("--page-only", action="store_true", help="write the page of the results")
    parser.add_argument("--environments", type=Path, help="folder of the peers' environments")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--market", type=Path, default=Path("data/sample"))
    parser.add_argument("--start", default=None, help="of the run from market to page")
    parser.add_argument("--end", default=None)
    parser.add_argument("--jobs", default=",".join(cases.JOBS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    jobs = tuple(args.jobs.split(","))
    unknown = set(jobs) - set(cases.JOBS)
    if unknown:
        parser.error(f"--jobs {', '.join(sorted(unknown))}; accepted: {', '.join(cases.JOBS)}")
    if not args.page_only:
        run(args, jobs)
    kept = json.loads(args.results.read_text(encoding="utf-8"))
    args.page.write_text(page.text_of(kept), encoding="utf-8")
    print(f"written: {args.page}")


if __name__ == "__main__":
    main()
