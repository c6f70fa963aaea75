"""Throw damaged folders at every importer and count what comes of it.

    python -m tests.sources.campaign --inputs 500 --seed 1

Damage: bytes flipped, files cut, emptied, doubled, removed and swapped; and in tables columns
swapped, cells undefined, infinite, enormous, negative or of another type. Whatever comes of it must
be one DataError or a market that passes every check.
"""

import argparse
import collections
import multiprocessing
import shutil
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market.checks.whole import check_dataset
from quanthedge.sources import import_market
from tests.market.exporters.qlib import export_qlib
from tests.market.exporters.rqalpha import export_rqalpha
from tests.market.exporters.vendors import (
    akshare,
    baostock,
    joinquant,
    mapped,
    sample_tables,
    tushare,
)
from tests.market.exporters.vnpy import export_vnpy
from tests.market.exporters.wtpy import export_wtpy
from tests.market.small_market import small_market

CELLS = (np.nan, np.inf, -np.inf, 1e300, -1.0, 0.0, "x", "2014-02-30", "９", None, True, 10**30)
PATIENCE = 60  # seconds that one input may take


def own(folder, tables):
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")


PLATFORMS = {
    "quanthedge": own,
    "qlib": export_qlib,
    "rqalpha": export_rqalpha,
    "vnpy": lambda folder, tables: export_vnpy(folder, tables, telling="adj_factor"),
    "wtpy": export_wtpy,
}
VENDORS = {
    "tushare": tushare,
    "akshare": akshare,
    "baostock": baostock,
    "joinquant": joinquant,
    "mapping": mapped,
}
LAYOUTS = (*PLATFORMS, *VENDORS)


@cache
def exported(layout):
    """Export a small market once for each process."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-")) / layout
    folder.mkdir()
    if layout in PLATFORMS:
        PLATFORMS[layout](folder, small_market())
    else:
        VENDORS[layout](sample_tables(6), folder)
    return folder


def spoil_bytes(rng, path):
    stored = bytearray(path.read_bytes())
    kind = rng.choice(["flip", "flip", "cut", "empty", "double"])
    if kind == "flip" and stored:
        for _ in range(int(rng.integers(1, 4))):
            stored[int(rng.integers(len(stored)))] ^= int(rng.integers(1, 256))
    elif kind == "cut":
        stored = stored[: int(rng.integers(len(stored) + 1))]
    elif kind == "double":
        stored += stored[int(rng.integers(len(stored) + 1)) :]
    else:
        stored = bytearray()
    path.write_bytes(bytes(stored))


def spoil_cells(rng, path):
    """Change a table as a careless hand does; other files are changed byte by byte."""
    csv = path.suffix == ".csv"
    if not csv and path.suffix != ".parquet":
        spoil_bytes(rng, path)
        return
    try:
        table = pd.read_csv(path, dtype=str) if csv else pd.read_parquet(path)
    except (ValueError, OSError):  # spoilt already, or in another encoding
        spoil_bytes(rng, path)
        return
    columns = list(table.columns)
    kind = rng.choice(["swap", "cell", "cells", "type", "drop", "repeat"])
    if kind == "swap" and len(columns) > 1:
        one, two = rng.choice(len(columns), 2, replace=False)
        columns[one], columns[two] = columns[two], columns[one]
        table.columns = columns
    elif kind in ("cell", "cells") and len(table):
        name = columns[int(rng.integers(len(columns)))]
        values = table[name].astype(object).tolist()
        rows = [int(rng.integers(len(values)))] if kind == "cell" else range(len(values))
        cell = CELLS[int(rng.integers(len(CELLS)))]
        for row in rows:
            values[row] = cell
        table[name] = values
    elif kind == "type":
        name = columns[int(rng.integers(len(columns)))]
        table[name] = table[name].astype(str)
    elif kind == "drop":
        table = table.drop(columns=columns[int(rng.integers(len(columns)))])
    elif len(table):
        table = pd.concat([table, table.iloc[[int(rng.integers(len(table)))]]])
    if csv:
        table.to_csv(path, index=False)
    else:
        try:
            table.to_parquet(path)
        except Exception:
            spoil_bytes(rng, path)


def damage(rng, folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for _ in range(int(rng.integers(1, 4))):
        path = files[int(rng.integers(len(files)))]
        kind = rng.choice(["bytes", "cells", "cells", "remove", "swap"])
        if not path.exists():
            continue
        if kind == "bytes":
            spoil_bytes(rng, path)
        elif kind == "cells":
            spoil_cells(rng, path)
        elif kind == "remove":
            path.unlink()
        else:
            other = files[int(rng.integers(len(files)))]
            if other.exists():
                one, two = path.read_bytes(), other.read_bytes()
                path.write_bytes(two)
                other.write_bytes(one)


def one_input(layout, seed):
    """Import one damaged folder in this process; return the outcome in a word."""
    rng = np.random.default_rng([seed, *layout.encode()])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        warnings.simplefilter("ignore")
        shutil.copytree(exported(layout), folder / "source")
        damage(rng, folder / "source")
        try:
            import_market(folder / "source", folder / "m", layout=layout)
        except DataError as problem:
            assert not (folder / "m").exists(), "half a market"
            return "refused" if str(problem) else "AN ERROR WITHOUT A WORD"
        return "a market" if check_dataset(folder / "m").ok else "A WRONG MARKET"


def tried(task):
    layout, seed = task
    begin = time.perf_counter()
    try:
        outcome = one_input(layout, seed)
    except BaseException as problem:
        outcome = f"CRASH {type(problem).__name__}: {str(problem)[:150]}"
    if time.perf_counter() - begin > PATIENCE:
        outcome += " BUT SLOW"
    return layout, seed, outcome


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200, help="for each layout")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    tasks = [(name, options.seed + k) for k in range(options.inputs) for name in LAYOUTS]
    counts = collections.Counter()
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=500) as pool:
        for layout, seed, outcome in pool.imap_unordered(tried, tasks, chunksize=8):
            counts[layout, outcome.split()[0]] += 1
            if outcome not in ("refused", "a market"):
                print(f"{layout} seed {seed}: {outcome}", flush=True)
    for layout in LAYOUTS:
        told = ", ".join(
            f"{n} {what}" for (name, what), n in sorted(counts.items()) if name == layout
        )
        print(f"{layout}: {told}")
    print(f"{sum(counts.values()):,} inputs")


if __name__ == "__main__":
    main()
