"""Import of a folder of Parquet tables beside a bare read of the same files, in one run.

    python -m benchmarks.import_speed ../shared/market --repeat 3

Each measurement is a process of its own with the files in the system's cache; the best of the
repetitions counts. The import reads, checks, sorts, writes and fingerprints every table.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def bare_read(source: Path) -> None:
    """Read every file with pyarrow."""
    import pyarrow.parquet as pq

    begin = time.perf_counter()
    rows = sum(pq.read_table(path).num_rows for path in sorted(source.glob("*.parquet")))
    print(time.perf_counter() - begin, rows)


def whole_import(source: Path) -> None:
    """Import the folder."""
    from quanthedge.sources import import_market

    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        import_market(source, Path(folder) / "market")
        print(time.perf_counter() - begin, 0)


def best(name: str, source: Path, repeat: int) -> tuple[float, int]:
    """Return the best time of a measurement, and its rows."""
    command = [sys.executable, "-m", "benchmarks.import_speed", str(source), "--only", name]
    found = []
    for _ in range(repeat):
        process = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, rows = process.stdout.split()
        found.append((float(seconds), int(rows)))
    return min(found)


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=("read", "import"))
    options = parser.parse_args()
    if options.only:
        (bare_read if options.only == "read" else whole_import)(options.source)
        return
    read, rows = best("read", options.source, options.repeat)
    whole, _ = best("import", options.source, options.repeat)
    print(f"{rows:,} rows: bare read {read:.2f} s, import {whole:.2f} s, {whole / read:.1f} times")


if __name__ == "__main__":
    main()
