"""Time and memory of the commands as whole processes, and what `import quanthedge` adds to pandas.

    python -m benchmarks.whole_run MARKET [--start 2010-04-19 --end 2018-12-28] [--repeat 5]
        [--beside TREE] [--beside-market MARKET] [--one-process]

MARKET is an imported dataset. Each command runs once to fill the caches (compiled code, panels) and
then ``--repeat`` times; the figures are medians, and the least beside them. ``--beside`` names
another source tree whose commands run in turn with these, so that both meet the same load: a busy
machine makes both slower, and the ratio says what a change was worth; ``--beside-market`` is the
dataset as that tree imports it, where it cannot read ours. Processor time is that of
user and system together, of all threads. ``--one-process`` also runs ``run --report zh``: from the
market to the page in one process.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parents[1]
STRATEGY = Path("strategies", "market_neutral.toml")
TOOL = [sys.executable, "-m", "quanthedge.cli"]


class Use(NamedTuple):
    """What a process took: seconds by the clock and of the processor, peak MiB."""

    wall: float
    processor: float
    memory: float


def used(command: list[str], tree: Path) -> Use:
    """Run a command with the code of a tree and return what it took."""
    begin = time.perf_counter()
    own = os.environ | {"PYTHONPATH": str(tree)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=own, cwd=tree)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {status}")
    seconds = time.perf_counter() - begin
    return Use(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def jobs(args: argparse.Namespace, tree: Path, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that are measured, by name."""
    out, market = str(folder / "run"), args.market if tree == HERE else args.beside_market
    run = [*TOOL, "run", str(tree / STRATEGY), "--market", str(market), "--start", args.start]
    run += ["--end", args.end, "--out", out, *flags(tree)]
    yield f"run {args.start} to {args.end}", run
    yield "report, one language", [*TOOL, "report", out, "--language", "zh", "--format", "html"]
    if args.one_process:
        yield "run and report in one process", [*run, "--report", "zh", "--format", "html"]
    yield "import pandas", [sys.executable, "-c", "import pandas"]
    yield "import pandas, quanthedge", [sys.executable, "-c", "import pandas, quanthedge"]


def flags(tree: Path) -> list[str]:
    """Return those flags of ours that a tree's command has: older ones run again without them."""
    own = os.environ | {"PYTHONPATH": str(tree), "QUANTHEDGE_LANGUAGE": "en", "COLUMNS": "200"}
    told = subprocess.run(
        [*TOOL, "run", "--help"], check=True, capture_output=True, text=True, env=own, cwd=tree
    ).stdout  # fmt: skip
    return [flag for flag in ("--quiet", "--again") if flag in told]


def measured(args: argparse.Namespace, trees: list[Path]) -> dict[tuple[str, Path], list[Use]]:
    """Return what every command took with the code of each tree, run in turn."""
    found: dict[tuple[str, Path], list[Use]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        ready = [(tree, Path(scratch) / str(place)) for place, tree in enumerate(trees)]
        todo = {tree: dict(jobs(args, tree, folder)) for tree, folder in ready}
        for name in todo[trees[0]]:
            takes_part = trees if "one process" not in name else trees[:1]
            for turn in range(args.repeat + 1):
                for tree in takes_part:
                    use = used(todo[tree][name], tree)
                    if turn:
                        found.setdefault((name, tree), []).append(use)
    return found


def line(uses: list[Use]) -> str:
    """Return medians, and the least in brackets."""
    cells = []
    for field, unit in (("processor", "s processor"), ("wall", "s wall")):
        values = [getattr(use, field) for use in uses]
        cells.append(f"{median(values):6.2f} ({min(values):5.2f}) {unit}")
    return f"{', '.join(cells)}, peak {max(use.memory for use in uses):5.0f} MiB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--start", default="2010-04-19")
    parser.add_argument("--end", default="2018-12-28")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--beside-market", type=Path)
    parser.add_argument("--one-process", action="store_true")
    args = parser.parse_args()
    args.market = args.market.resolve()
    args.beside_market = (args.beside_market or args.market).resolve()
    trees = [HERE] if args.beside is None else [HERE, args.beside.resolve()]
    found = measured(args, trees)
    print(f"median of {args.repeat} (least), load {os.getloadavg()[0]:.1f}")
    for name in dict.fromkeys(name for name, _ in found):
        for tree in trees:
            if (name, tree) in found:
                print(f"{name:32}{'' if tree == HERE else ' (beside)':10}{line(found[name, tree])}")
        if len(trees) > 1 and (name, trees[1]) in found:
            ours, theirs = (median(use.processor for use in found[name, tree]) for tree in trees)
            print(f"{'':42}{ours / theirs:6.2f} of the processor time beside")


if __name__ == "__main__":
    main()
