"""Throw damaged strategies, runs and markets at the commands; count what comes of them.

    python -m tests.cli.hostile --inputs 10000 --seed 1

Damage: values of every kind in the place of every key, keys lost, doubled and misspelt, bytes
flipped, files cut, of other encodings, replaced by folders and by links that lead in a circle, and
tables with columns lost, renamed, of another type or out of order; half of the damaged runs carry
digests that fit the damage. Whatever comes of it must be exit code 0, 1 or 2, with one line for an
error: a traceback or exit code 3 is a fault of ours.
"""

import argparse
import collections
import contextlib
import copy
import io
import json
import math
import shutil
import signal
import tempfile
import time
import tomllib
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.cli.terminal import answer
from quanthedge.market.simulation import simulate_market
from tests.cli.inside import COMMANDS
from tests.record.sealing import seal
from tests.sample import ROOT

START, END = "2014-09-01", "2014-11-14"
PATIENCE = 20  # seconds of the processor that one input may take
VALUES: list[Any] = [
    math.nan, math.inf, -math.inf, True, False, 0, -1, 1, 2, 3, 7, 0.5, 1.5, 1e-300, 1e308, 10**17,
    10**30, -(10**30), "", "x", "true", "30", "nan", "inf", "x" * 5000, "a\0b", "a\nb", "$\\foo{$",
    "../../outside", "/", "<b>&", "\u202e", "李" * 300, [], {}, [[]], [{}], {"kind": "?"},
    {"a": {"b": {"c": 1}}}, date(1, 1, 1), date(9999, 12, 31), date(2014, 9, 30),
    datetime(2014, 9, 30, 15, 0), clock(9, 30), "2014-09-30", "1412006400", ["a", 1, True],
]  # fmt: skip
LINES = [
    "x = " + "9" * 5000, "x = 0x" + "f" * 5000, "x = " + "[" * 3000, "x = 1e999999999", "[[",
    "a" + ".b" * 2000 + " = 1", "selector.n = 30", "name = 'again'", "\0", "\x1b[31m = 1",
    '"\\u001b[31m" = 1', "''' = 1", "x = '''" + "\n" * 50, "date = 2014-13-45", "= 1", "x =",
]  # fmt: skip
CHANGES = [
    "", "=", "a", "=1", "a=", "a..b=1", ".=1", "a.b.=1", "fund=1", "fund.x=1", "factors=1",
    "factors.0=1", "factors.-1.weight=1", "factors.²=1", "factors.99999999999999999999=1",
    "selector.n=" + "9" * 5000, "selector.n=0x" + "f" * 5000, "selector.n=" + "[" * 3000,
    ".".join(["a"] * 1000) + "=1", "selector." + ".".join(["a"] * 9) + "=1", "selector.n=true",
    "selector.n=nan", "selector.n=1\nname='x'", "selector.n.x=1", "name=\x1b[31m", "name.x.y=1",
    "clients.founders={}", "hedge.product=[]", "selector.n=' 3'", "beta.window=1000000000",
    "factors.0.factor.window=2000000000", "selector.n=1000000", "windows=[{}]", "comparison=[1]",
]  # fmt: skip


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    output: str
    errors: str
    seconds: float

    def fault(self) -> str:
        """Return what is wrong with it; empty when it is as it should be."""
        lines = [line for line in self.errors.splitlines() if line.startswith("error: ")]
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}: {self.errors[-600:]}"
        if "Traceback" in self.errors + self.output:
            return self.errors[-600:]
        if self.code == 2 and len(lines) != 1:
            return f"{len(lines)} lines of error: {self.errors[-600:]}"
        if lines and (
            len(lines[0]) > 4000 or self.errors[self.errors.index(lines[0]) :].strip() != lines[0]
        ):
            return f"an error of more than a line: {self.errors[-600:]}"
        return ""


def command(*arguments: object, patience: float = PATIENCE) -> Outcome:
    """Run a command in this process as a shell would, with an end to its time."""
    output, errors, began = io.StringIO(), io.StringIO(), time.process_time()

    def late(*_: object) -> None:
        raise AssertionError(f"more than {patience:g} seconds")

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, patience)
    try:
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            code = answer(lambda: COMMANDS([str(one) for one in arguments]))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - began
    return Outcome(code, output.getvalue(), errors.getvalue(), seconds)


# -- sound things to damage


class Sound(NamedTuple):
    """Where the sound market, strategy and run lie."""

    market: Path
    strategy: Path
    token: Path
    run: Path


def sound(folder: Path) -> Sound:
    """Make a market of twenty stocks, a strategy with everything in it, and its run."""
    market = folder / "market"
    simulate_market(market, stocks=20, years=1, seed=3, start="2014-01-02")
    document = tomllib.loads((ROOT / "strategies/fund_with_clients.toml").read_text("utf-8"))
    document["universe"]["n"] = 15
    document["universe"]["filters"] = [{"kind": "suspended"}]
    document["selector"]["n"] = 5
    document["rebalance"]["every"] = "week"
    document["factors"] = [
        {"factor": {"kind": "book_yield"}},
        {"factor": {"kind": "reversal", "window": 20}},
    ]
    document["clients"]["flows"] = [
        {"date": date(2014, 9, 10), "investor": "Client B", "subscribe_yuan": 2e7},
        {"date": date(2014, 10, 8), "investor": "Client B", "redeem_fraction": 0.5},
        {
            "date": date(2014, 9, 10),
            "investor": "Client C",
            "subscribe_yuan": 1e7,
            "share_class": "C",
        },
    ]
    document["comparison"] = [
        {"kind": "fixed_income", "name": "Trust", "rate": 0.08},
        {"kind": "stated", "name": "Stated", "return_per_year": 0.1, "correlation": 0.1},
    ]
    strategy = folder / "strategy.toml"
    strategy.write_text(to_toml(document), encoding="utf-8")
    token = folder / "token.toml"
    token.write_bytes((ROOT / "strategies/leveraged_token.toml").read_bytes())
    done = command(
        "run", strategy, "--market", market, "--start", START, "--end", END, "--quiet",
        "--variants", "long_only,index_hedged", "--out", folder / "run",
        patience=0,  # it compiles on a fresh machine, and is no damaged input
    )  # fmt: skip
    assert done.code == 0, done.errors
    return Sound(market, strategy, token, folder / "run")


def to_toml(document: dict[str, Any]) -> str:
    """Return a document as TOML, a line a key, everything below it inline."""
    return "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in document.items())


def _as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, default=str, indent=1)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def inline(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, date | clock):
        return value.isoformat()
    return repr(value)


# -- damage


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value inside a document."""
    if place:
        yield place
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*place, key))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from places(inside, (*place, number))


def damage_document(document: Any, rng: np.random.Generator, most: int = 3) -> Any:
    """Return a document with up to ``most`` values that do not belong there."""
    document = json.loads(json.dumps(document, default=lambda day: f"date {day}"))
    document = _dated(document)
    for _ in range(int(rng.integers(max(1, most - 2), most + 1))):
        found = list(places(document))
        if not found:
            return document
        place = found[int(rng.integers(len(found)))]
        holder = document
        for part in place[:-1]:
            holder = holder[part]
        _damage_at(holder, place[-1], document, found, rng)
    return document


def _dated(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _dated(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_dated(inside) for inside in value]
    if isinstance(value, str) and value.startswith("date "):
        return date.fromisoformat(value[5:])
    return value


def _damage_at(
    holder: Any, last: Any, document: Any, found: list[tuple[Any, ...]], rng: np.random.Generator
) -> None:
    kind = int(rng.integers(8))
    if kind == 0:
        del holder[last]
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{last}x"] = holder.pop(last)
    elif kind == 2 and isinstance(holder, list):
        holder.append(holder[last])
    elif kind == 3:  # what belongs elsewhere
        other = document
        for part in found[int(rng.integers(len(found)))]:
            other = other[part] if not isinstance(other, str) else other
        holder[last] = json.loads(json.dumps(other, default=str))
    elif kind == 4 and isinstance(holder[last], int | float):
        with contextlib.suppress(OverflowError):
            holder[last] = holder[last] * float(rng.choice([-1, 0, 1e-6, 0.5, 2, 1e3, 1e6]))
    else:
        holder[last] = copy.deepcopy(VALUES[int(rng.integers(len(VALUES)))])


def damage_bytes(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return bytes with a few flipped, cut off, doubled or of another encoding."""
    kind = int(rng.integers(8))
    at = int(rng.integers(len(raw) + 1))
    if kind == 0:
        return raw[:at]
    if kind == 1:
        return raw[:at] + raw[at // 2 :]
    if kind == 2:
        return raw[:at] + bytes(rng.integers(0, 256, int(rng.integers(1, 30))).tolist()) + raw[at:]
    if kind == 3:
        return [b"", b"\0" * 100, b"\xef\xbb\xbf" + raw, b"\xff\xfe\xff"][int(rng.integers(4))]
    if kind == 4:
        with contextlib.suppress(UnicodeError):
            text = raw.decode("utf-8")
            return text.encode(str(rng.choice(["utf-16", "gb18030", "utf-7", "utf-32"])))
    flipped = bytearray(raw)
    for _ in range(int(rng.integers(1, 4))):
        if flipped:
            flipped[int(rng.integers(len(flipped)))] ^= 1 << int(rng.integers(8))
    return bytes(flipped)


def damage_place(path: Path, rng: np.random.Generator) -> None:
    """Put something in the place of a file that is none."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    kind = int(rng.integers(5))
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        path.symlink_to(path)
    elif kind == 2:
        path.symlink_to("/dev/zero")
    elif kind == 3:
        path.symlink_to("nowhere")


def damage_table(path: Path, rng: np.random.Generator) -> None:
    """Write a table with one thing in it that does not belong there."""
    frame = pd.read_parquet(path)
    kind, columns = int(rng.integers(10)), list(frame.columns)
    name = columns[int(rng.integers(len(columns)))] if columns else None
    if kind == 0 or name is None:
        frame = frame.iloc[:0]
    elif kind == 1:
        frame = frame.drop(columns=name)
    elif kind == 2:
        frame = frame.rename(columns={name: f"{name}x"})
    elif kind == 3:
        frame[name] = str(rng.choice(["x", "", "$\\foo{$", "\x1b"]))
    elif kind == 4:
        frame[name] = pd.Timestamp("2014-09-30", tz=rng.choice([None, "UTC"]))
    elif kind == 5:
        frame[name] = rng.choice([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300])
    elif kind == 6:
        frame = frame.sample(frac=1.0, random_state=int(rng.integers(1000)))
    elif kind == 7:
        frame = pd.concat([frame, frame])
    elif kind == 8:
        frame = frame.iloc[: int(rng.integers(1, 4))]
    elif len(frame) and pd.api.types.is_float_dtype(frame[name]):
        row = int(rng.integers(len(frame)))
        frame.iloc[row, frame.columns.get_loc(name)] = rng.choice([np.nan, np.inf, 0.0, -1e12])
    frame.to_parquet(path)


# -- what is thrown


def throw_strategy(good: Sound, work: Path, rng: np.random.Generator, *, light: bool) -> Outcome:
    """Run a damaged strategy, or a sound one with a strange change."""
    path = work / ("strategy.toml" if rng.random() < 0.8 else "strategy.json")
    raw, changes = good.strategy.read_bytes(), []
    kind, token = rng.random(), rng.random() < 0.1
    if token:
        raw = good.token.read_bytes()
    document = tomllib.loads(raw.decode("utf-8"))
    written = _as_json if path.suffix == ".json" else to_toml
    if path.suffix == ".json":
        raw = _as_json(document).encode("utf-8")
    if kind < 0.6:
        document = damage_document(document, rng, most=6 if light else 3)
        raw = written(document).encode("utf-8")
    elif kind < 0.7:
        raw = damage_bytes(raw, rng)
    elif kind < 0.8:
        lines = raw.split(b"\n")
        line = LINES[int(rng.integers(len(LINES)))].encode("utf-8")
        lines.insert(int(rng.integers(len(lines))), line)
        raw = b"\n".join(lines)
    else:
        count = int(rng.integers(1, 3)) + (2 if light else 0)
        changes = [CHANGES[int(rng.integers(len(CHANGES)))] for _ in range(count)]
    path.write_bytes(raw)
    if rng.random() < 0.03:
        damage_place(path, rng)
    sets = [part for change in changes for part in ("--set", change)]
    if token:
        return command("token", path, "--market", good.market, *sets)
    out = ["--out", work / "out"] if rng.random() < 0.1 else []
    return command(
        "run", path, "--market", good.market, "--start", START, "--end", END, "--quiet", *sets, *out
    )


def throw_run(good: Sound, work: Path, rng: np.random.Generator, *, light: bool) -> Outcome:
    """Read a damaged run folder by every command that reads one."""
    run = work / "run"
    shutil.copytree(good.run, run)
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    kind, name = rng.random(), names[int(rng.integers(len(names)))]
    sealed = rng.random() < 0.5
    if kind < 0.45:
        path = run / str(rng.choice(["run.json", "strategy.json", "summary.json"]))
        document = damage_document(json.loads(path.read_bytes()), rng)
        path.write_text(json.dumps(document, default=str), encoding="utf-8")
    elif kind < 0.55:
        (run / name).write_bytes(damage_bytes((run / name).read_bytes(), rng))
    elif kind < 0.6:
        damage_place(run / name, rng)
    else:
        tables = [one for one in names if one.endswith(".parquet")]
        damage_table(run / tables[int(rng.integers(len(tables)))], rng)
    if sealed:
        with contextlib.suppress(Exception):  # a run.json that is none cannot be sealed
            seal(run)
    options: list[tuple[object, ...]] = [
        ("bridge", run), ("bridge", run, "--by", "month", "--investor"), ("compare", run),
        ("statement", run, "Client B", "--language", "en"), ("statement", run, "founder"),
        ("basis", good.market, "--run", run, "--date", "2014-09-30"),
        ("run", run / "strategy.json", "--market", good.market, "--start", START, "--end", END,
         "--out", run, "--quiet"),
    ]  # fmt: skip
    if light:
        options = [one for one in options if one[0] != "statement" or rng.random() < 0.1]
    if rng.random() < (0.005 if light else 0.1):
        formats = str(rng.choice(["json", "xlsx", "html"]))
        return command("report", run, "--format", formats, "--language", rng.choice(["zh", "en"]))
    return command(*options[int(rng.integers(len(options)))])


def throw_market(good: Sound, work: Path, rng: np.random.Generator, *, light: bool) -> Outcome:
    """Open a damaged dataset."""
    market = work / "market"
    shutil.copytree(good.market, market, ignore=shutil.ignore_patterns(".panels", "truth"))
    names = sorted(path.name for path in market.iterdir() if path.is_file())
    kind, name = rng.random(), names[int(rng.integers(len(names)))]
    if kind < 0.4:
        path = market / "manifest.json"
        document = damage_document(json.loads(path.read_bytes()), rng)
        path.write_text(json.dumps(document, default=str), encoding="utf-8")
    elif kind < 0.6:
        (market / name).write_bytes(damage_bytes((market / name).read_bytes(), rng))
    elif kind < 0.75:
        damage_place(market / name, rng)
    else:
        tables = [one for one in names if one.endswith(".parquet")]
        damage_table(market / tables[int(rng.integers(len(tables)))], rng)
    if rng.random() < (0.05 if light else 0.2):
        return command("check", market)
    if rng.random() < 0.2:
        return command("basis", market, "--date", "2014-09-30")
    return command(
        "run", good.strategy, "--market", market, "--start", START, "--end", END, "--quiet"
    )


Throw = Callable[..., Outcome]
THROWS: dict[str, Throw] = {
    "strategy": throw_strategy, "run": throw_run, "market": throw_market,
}  # fmt: skip


def thrown(good: Sound, kind: str, number: int, seed: int, *, light: bool = False) -> Outcome:
    """Damage one input, reproducibly, and run a command on it; a light one seldom gets far."""
    rng = np.random.default_rng([seed, number, sorted(THROWS).index(kind)])
    with tempfile.TemporaryDirectory() as name:
        return THROWS[kind](good, Path(name), rng, light=light)


def main() -> None:
    """Throw many, print the faults and what came of the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=list(THROWS))
    parser.add_argument("--light", action="store_true", help="Damage more, so that few run far.")
    parser.add_argument("--show", action="store_true", help="Print every error line.")
    options = parser.parse_args()
    counts: collections.Counter[tuple[str, int]] = collections.Counter()
    spent: collections.Counter[str] = collections.Counter()
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        good = sound(Path(name))
        for number in range(options.first, options.first + options.inputs):
            kind = options.kinds[number % len(options.kinds)]
            outcome = thrown(good, kind, number, options.seed, light=options.light)
            counts[kind, outcome.code] += 1
            spent[kind] += outcome.seconds
            fault = outcome.fault()
            if options.show:
                print(kind, number, outcome.code, outcome.errors.strip()[-300:])
            if fault or outcome.seconds > 10:
                faults += 1
                print(f"{kind} {number} ({outcome.seconds:.1f} s): {fault}", flush=True)
    for (kind, code), count in sorted(counts.items()):
        print(f"{kind:>9} exit code {code}: {count:,}")
    seconds = ", ".join(f"{kind} {total:.0f} s" for kind, total in spent.items())
    print(f"{options.inputs:,} inputs, {faults} faults; of the processor: {seconds}")


if __name__ == "__main__":
    main()
