"""What the first run on a machine takes, with nothing compiled, and the second.

    python -m benchmarks.first_run [PLACE ...] [--market data/sample] [--list]

Runs ``run --report zh`` with an empty folder for compiled code, and again with the one that it
filled. PLACE is a source tree, or the interpreter of an environment in which the package is
installed; several are measured one after the other, this tree where none is named. Processor time
is that of all processes. ``--list`` adds what compiled for half a second and longer in the process
of the run itself.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parents[1]
STRATEGY = HERE / "strategies" / "market_neutral.toml"
LISTING = """
import atexit, sys, time
from numba.core import event

class Listener(event.Listener):
    def __init__(self):
        self.begun, self.rows = [], []
    def on_start(self, found):
        self.begun.append(time.process_time())
    def on_end(self, found):
        function = found.data["dispatcher"].py_func
        seconds = time.process_time() - self.begun.pop()
        self.rows.append((seconds, f"{function.__module__}.{function.__qualname__}"))

listener = Listener()
event.register("numba:compile", listener)
atexit.register(lambda: [print(f"    {s:6.1f} s  {n}", file=sys.stderr)
                         for s, n in sorted(listener.rows, reverse=True) if s >= 0.5])
from quanthedge.cli import main
main()
"""


def used(
    place: Path, compiled: Path, market: Path, out: Path, *, listed: bool
) -> tuple[float, float]:
    """Return seconds by the clock and of the processor, those of all processes."""
    own = os.environ | {"NUMBA_CACHE_DIR": str(compiled), "QUANTHEDGE_TRIALS": "off"}
    own["PYTHONPATH"] = str(place) if place.is_dir() else ""
    python = sys.executable if place.is_dir() else str(place)
    start = ["-c", LISTING] if listed else ["-m", "quanthedge.cli"]
    command = [python, *start, "run", str(STRATEGY), "--market", str(market)]
    command += ["--out", str(out), "--again", "--quiet", "--report", "zh", "--format", "html"]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=own, cwd=compiled.parent)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - begun, processor


def main() -> None:
    """Run with nothing compiled, and again; print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", type=Path, nargs="*", metavar="PLACE", default=[HERE])
    parser.add_argument("--market", type=Path, default=HERE / "data" / "sample")
    parser.add_argument("--list", action="store_true", dest="listed")
    args = parser.parse_args()
    for named in args.places:
        place = named.absolute()
        with tempfile.TemporaryDirectory() as scratch:
            here = Path(scratch)
            for name in ("first", "second"):
                wall, processor = used(
                    place, here / "compiled", args.market.resolve(), here / "run",
                    listed=args.listed and name == "first",
                )  # fmt: skip
                print(f"{place}, {name} run: {wall:.1f} s, processor {processor:.1f} s", flush=True)
            held = sum(file.stat().st_size for file in (here / "compiled").rglob("*.nbc"))
            print(f"{place}, compiled code: {held / 2**20:.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
