"""Whether two source trees make the same run and the same report, bit for bit.

    python -m benchmarks.same_run TREE OTHER [--market data/sample] [--strategy FILE ...]
        [--start DATE --end DATE] [--variants all] [--keep FOLDER]

TREE and OTHER are folders that hold the package ``quanthedge``, say the tree of a change and the
one before it. Each runs every strategy and writes its report (page and numbers, both languages) in
processes of its own; then every value of every table is compared by its bits, the numbers and texts
word for word, the page byte for byte. Left out is what names the code itself: the digests in
``run.json``. ``--keep`` keeps the folders of OTHER, so that the next change is compared with them
again without running it anew.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

STRATEGIES = Path(__file__).parents[1] / "strategies"
OF_THE_CODE = ("digest", "files", "request", "trials")  # of run.json


def made(tree: Path, strategy: Path, args: argparse.Namespace, out: Path) -> str:
    """Run a strategy and write its report with the code of a tree; return what is refused."""
    tool = [sys.executable, "-m", "quanthedge.cli"]
    run = [*tool, "run", str(strategy), "--market", str(args.market), "--out", str(out), "--quiet"]
    for name in ("start", "end", "variants"):
        if getattr(args, name):
            run += [f"--{name}", getattr(args, name)]
    report = [*tool, "report", str(out), "--language", "zh,en", "--format", "html,json"]
    own = os.environ | {"PYTHONPATH": str(tree.resolve()), "QUANTHEDGE_TRIALS": "off"}
    for command in (run, report):
        done = subprocess.run(
            command, check=False, env=own, capture_output=True, text=True, cwd=tree
        )
        if done.returncode:
            return done.stderr.strip()
    return ""


def unlike(one: Path, other: Path) -> list[str]:
    """Return what differs between two run folders with their reports."""
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*")}
    found = []
    for name in sorted(names):
        ours, theirs = one / name, other / name
        if ours.is_dir():
            continue
        if not (ours.is_file() and theirs.is_file()):
            found.append(f"{name}: only in one")
        elif name.suffix == ".parquet":
            found += [
                f"{name}: {what}" for what in _tables(pq.read_table(ours), pq.read_table(theirs))
            ]
        elif name.name == "run.json":
            found += [f"{name}: {key}" for key in _heads(_json(ours), _json(theirs))]
        elif name.name != "documents.json" and ours.read_bytes() != theirs.read_bytes():
            found.append(f"{name}: other bytes")
    return found


def _tables(ours: pa.Table, theirs: pa.Table) -> list[str]:
    """Return the columns of two tables that differ in a bit."""
    if ours.schema != theirs.schema or ours.schema.metadata != theirs.schema.metadata:
        return ["another schema"]
    if len(ours) != len(theirs):
        return [f"{len(ours)} and {len(theirs)} rows"]
    return [name for name in ours.column_names if _bits(ours[name]) != _bits(theirs[name])]


def _bits(column: pa.ChunkedArray) -> Any:
    """Return what two columns with the same bits have in common: no number equals NaN."""
    whole = column.combine_chunks()
    if pa.types.is_float64(whole.type):
        nulls = whole.is_null().to_pylist() if whole.null_count else None
        return whole.fill_null(0.0).to_numpy().tobytes(), nulls
    return whole.to_pylist()


def _heads(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return [
        key for key in sorted({*ours, *theirs} - {*OF_THE_CODE}) if ours.get(key) != theirs.get(key)
    ]


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Run, compare and print; exit status 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--market", type=Path, default=Path("data/sample"))
    parser.add_argument(
        "--strategy", type=Path, nargs="*", default=sorted(STRATEGIES.glob("*.toml"))
    )
    parser.add_argument("--start")
    parser.add_argument("--end")
    parser.add_argument("--variants")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    args.market = args.market.resolve()
    differing = 0
    with tempfile.TemporaryDirectory() as scratch:
        for strategy in args.strategy:
            ours = Path(scratch) / "ours" / strategy.stem
            theirs = (args.keep or Path(scratch) / "theirs").resolve() / strategy.stem
            refused = made(args.tree, strategy.resolve(), args, ours)
            before = ""
            if not theirs.exists():
                before = made(args.other, strategy.resolve(), args, theirs)
            if refused or before:
                found = [f"{refused!r} before {before!r}"] if refused != before else []
                same = f"refused alike: {refused}"
            else:
                found = unlike(ours, theirs)
                same = f"{len(list(theirs.rglob('*.parquet')))} tables, all the same"
            differing += bool(found)
            print(f"{strategy.stem}: " + ("; ".join(found) or same), flush=True)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
