"""What kills, full disks, flipped bits and hostile files do to a dataset: tried, counted, printed.

``python -m benchmarks.reliability kills --times 100``; also ``bits``, ``disk`` and ``bombs``.
Needs a POSIX system (it kills and sets limits). Nothing outside a temporary folder is changed.
"""

import argparse
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.market import Manifest, Market
from quanthedge.market.panels import PANELS

LETTERS = {"letter.txt": b"dear client", "reports/2015.pdf": b"years of work"}
ONE_LINE = 2  # exit code of a wrong input said in one line


def command(*words: object) -> list[str]:
    """Return a command line of quanthedge."""
    return [sys.executable, "-W", "ignore", "-m", "quanthedge.cli", *map(str, words)]


def prepared(folder: Path, sample: Path) -> dict[str, Path]:
    """Lay out a dataset of the first days, one of all, and a source of all."""
    source, first = folder / "all", folder / "first"
    for path in (source, first):
        path.mkdir()
    for table in sample.glob("*.parquet"):
        shutil.copy(table, source / table.name)
        rows = pq.read_table(table)
        if table.stem in ("stock_daily", "index_daily", "futures_daily", "cash_rate"):
            last = pc.max(rows["date"]).as_py()
            days = sorted(set(rows["date"].to_pylist()))
            rows = rows.filter(pc.less(rows["date"], days[-len(days) // 10] if days else last))
        pq.write_table(rows, first / table.name)
    for name in ("first", "all"):
        subprocess.run(command("import", folder / name, folder / f"m_{name}"), check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    return {name: folder / name for name in ("first", "all", "m_first", "m_all")}


def target_with_letters(dataset: Path, place: Path) -> Path:
    """Copy a dataset and put other people's files into its folder."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(dataset, place)
    for name, content in LETTERS.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content)
    return place


def wrong_with(place: Path, accepted: set[str]) -> str:
    """Say what is wrong with a dataset after an accident; "" when nothing is."""
    for name, content in LETTERS.items():
        if not (place / name).is_file() or (place / name).read_bytes() != content:
            return f"lost {name}"
    try:
        if Manifest.read(place).differences(place):
            return "tables of two versions"
        market = Market.open(place)
        market.panel("close")
    except DataError as problem:
        return f"does not open: {problem}"
    if market.fingerprint not in accepted:
        return "another fingerprint"
    left = place.parent / ".quanthedge"
    return "left something behind" if left.exists() else ""


def kills(folder: Path, sample: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Kill commands at random moments."""
    at = prepared(folder, sample)
    both = {Market.open(at[name]).fingerprint for name in ("m_first", "m_all")}
    place = folder / "work" / "m"
    place.parent.mkdir()
    panels = f"from quanthedge.market import Market; Market.open({str(place)!r}).build_panels()"
    for what, line in {
        "import --overwrite": command("import", at["all"], place, "--overwrite", "--name", "other"),
        "update": command("update", at["all"], place),
        "building panels": [sys.executable, "-c", panels],
    }.items():
        target_with_letters(at["m_first"], place)
        begin = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
        both |= {Market.open(place).fingerprint}
        faults: Counter[str] = Counter()
        killed = 0
        for _ in range(times):
            target_with_letters(at["m_first"], place)
            with subprocess.Popen(line, stdout=subprocess.DEVNULL) as process:
                time.sleep(draw.uniform(0.0, 1.1) * seconds)
                process.send_signal(signal.SIGKILL)
            killed += process.returncode == -signal.SIGKILL
            faults[wrong_with(place, both)] += 1
        sound = faults.pop("", 0)
        yield f"{what}: {times} times, {killed} killed at work, {sound} sound{_listed(faults)}"


def bits(folder: Path, sample: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Flip single bits in every file of a dataset, keeping size and time."""
    place = folder / "m"
    shutil.copytree(sample, place, ignore=shutil.ignore_patterns("truth", ".panels"))
    before = _values(place)
    kinds: dict[str, Counter[str]] = {}
    for path in sorted(place.rglob("*")):
        if not path.is_file() or path.name == "verified.json":
            continue
        kind = {".parquet": "tables", ".npy": "panels"}.get(path.suffix, path.name)
        content = path.read_bytes()
        status = path.stat()
        for _ in range(times):
            spoilt = bytearray(content)
            bit = draw.randrange(8 * len(content))
            spoilt[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bytes(spoilt))
            _set_time(path, status.st_mtime_ns)
            kinds.setdefault(kind, Counter())[_seen(place, before)] += 1
        path.write_bytes(content)
        _set_time(path, status.st_mtime_ns)
    for kind, found in kinds.items():
        yield f"{kind}: {sum(found.values())} bits{_listed(found)}"


def _set_time(path: Path, nanoseconds: int) -> None:
    import os

    os.utime(path, ns=(nanoseconds, nanoseconds))


def _values(place: Path) -> dict[str, np.ndarray]:
    market = Market.open(place)
    panels = {name: market.panel(name).copy() for name in PANELS}
    items = {item: market.fundamental(item).copy() for item in market.fundamental_items()}
    return {**panels, **items}


def _seen(place: Path, before: dict[str, np.ndarray]) -> str:
    import logging

    logging.disable(logging.WARNING)
    try:
        after = _values(place)
    except DataError:
        return "refused"
    same = all(np.array_equal(after[name], before[name], equal_nan=True) for name in before)
    return "same values (mended, or a text)" if same else "OTHER VALUES"


def disk(folder: Path, sample: Path, times: int, draw: random.Random) -> Iterator[str]:
    """Let files grow to a random size only, as a full disk or a limit does."""
    at = prepared(folder, sample)
    both = {Market.open(at[name]).fingerprint for name in ("m_first", "m_all")}
    place = folder / "work" / "m"
    place.parent.mkdir()
    largest = max(path.stat().st_size for path in at["m_all"].glob("*.parquet"))
    for what in ("import", "update"):
        extra = ("--overwrite", "--name", "other") if what == "import" else ()
        line = command(what, at["all"], place, *extra)
        faults: Counter[str] = Counter()
        codes: Counter[int] = Counter()
        for _ in range(times):
            target_with_letters(at["m_first"], place)
            size = draw.randrange(1, largest)
            done = subprocess.run(
                line, capture_output=True, text=True, encoding="utf-8", check=False,
                preexec_fn=lambda size=size: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (size, size)
                ),
            )  # fmt: skip
            codes[done.returncode] += 1
            clean = done.returncode == ONE_LINE and done.stderr.count("\n") == 1
            faults[wrong_with(place, both) if clean else f"said {done.stderr[-80:]!r}"] += 1
        sound = faults.pop("", 0)
        yield f"{what}: {times} sizes, exit codes {dict(codes)}, {sound} sound{_listed(faults)}"


def _huge_rows(folder: Path) -> Path:
    (folder / "daily").mkdir()
    table = pa.table({"datetime": pa.array(np.zeros(3 * 10**7))})
    pq.write_table(table, folder / "daily" / "600000.SSE.parquet", row_group_size=3 * 10**7)
    return folder


def _huge_zip(folder: Path) -> Path:
    with (
        zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("stock_daily.csv", "w", force_zip64=True) as file,
    ):
        for _ in range(500):
            file.write(bytes(1 << 20))
    return folder / "x.zip"


def _bundle(folder: Path, claimed: str) -> Path:
    import pickle

    import h5py

    rows = np.array([20140102, 20140103])
    np.save(folder / "trading_dates.npy", rows)
    if claimed == "npy":
        head = b"{'descr': '<i8', 'fortran_order': False, 'shape': (4000000000,), }\n"
        content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(16)
        (folder / "trading_dates.npy").write_bytes(content)
    one = {"type": "CS", "order_book_id": "600000.XSHG", "listed_date": "1999-11-10"}
    (folder / "instruments.pk").write_bytes(pickle.dumps([one]))
    kind = np.dtype([("datetime", "<i8"), ("close", "<f8")])
    with h5py.File(folder / "stocks.h5", "w") as file:
        file.create_dataset("600000.XSHG", (225_000_000,), kind, compression="gzip")
    return folder


BOMBS: dict[str, Callable[[Path], Path]] = {
    "Parquet, 30 million equal rows": _huge_rows,
    "zip, 500 MB of zeros": _huge_zip,
    "HDF5, 225 million rows never written": lambda folder: _bundle(folder, "hdf5"),
    "NumPy, a claim of 4,000,000,000 dates": lambda folder: _bundle(folder, "npy"),
}


def bombs(folder: Path, _sample: Path, _times: int, _draw: random.Random) -> Iterator[str]:
    """Import files that claim far more than they hold."""
    for what, make in BOMBS.items():
        place = folder / str(len(list(folder.iterdir())))
        (place / "source").mkdir(parents=True)
        source = make(place / "source")
        inside = [source] if source.is_file() else list(source.rglob("*"))
        size = sum(path.stat().st_size for path in inside if path.is_file())
        begin = time.perf_counter()
        done = subprocess.run(
            command("import", source, place / "m"), capture_output=True, text=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        left = [path.name for path in place.iterdir() if path.name != "source"]
        yield (
            f"{what} ({size:,} bytes): exit {done.returncode}, {done.stderr.count(chr(10))} line, "
            f"{seconds:.1f} s, at most {memory} MB so far, left behind: {left or 'nothing'}"
        )


def _listed(found: "Counter[str]") -> str:
    return "".join(f"; {count} {what}" for what, count in found.most_common())


def main() -> None:
    """Run one part and print a line for each thing tried."""
    parts = {"kills": kills, "bits": bits, "disk": disk, "bombs": bombs}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--market", type=Path, default=Path("data/sample"))
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        draw = random.Random(args.seed)
        for line in parts[args.part](Path(name), args.market.resolve(), args.times, draw):
            print(line, flush=True)


if __name__ == "__main__":
    main()
