"""What became of planted faults, as a table: by module, from the files that ``--log`` wrote."""

import importlib.util
import json
import random
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from benchmarks.mutants import Mutant, mutants
from benchmarks.mutated import MODULES

__all__ = ["DRAWN", "FOUND", "SURVIVED", "TOO_LONG", "drawn", "interval", "reasons", "table"]

KNOWN = Path(__file__).with_name("mutations.toml")
FOUND, SURVIVED, TOO_LONG = "found", "survived", "too long"
DRAWN = "drawn"  # in the place of a fault: how many were drawn, and the seed
HARMLESS = "harmless"  # of a module's reasons: what changes something, but no figure
HEAD = """\
| module | name | faults | tried | found at once | 95% | found since | change nothing \
| no figure | left |
|---|---|---|---|---|---|---|---|---|---|"""


class Ended(NamedTuple):
    """What became of a module's faults, at first and at last, by their keys."""

    first: dict[str, str]
    last: dict[str, str]
    number: int
    seed: int


def table(logs: list[Path]) -> str:
    """Return the Markdown table of what is logged.

    The interval is that of the share found at once among all faults of the module, where only a
    sample was tried: tests that were written for the survivors say nothing of the faults that were
    not drawn.
    """
    lines = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    ended = {name: _ended(name, lines) for name in MODULES}
    rows = [_row(name, one) for name, one in ended.items() if one]
    open_ = [f"{name} ({len(_faults(name))})" for name, one in ended.items() if not one]
    rest = f"Not in these files, with the number of their faults: {', '.join(open_)}."
    return "\n".join([HEAD, *rows, *["", rest] * bool(open_)])


def drawn(faults: list[Mutant], number: int | None, seed: int) -> list[Mutant]:
    """Return as many faults, all without a number, in an order drawn at random, none twice.

    What a stopped command has tried is a sample too, but for what it was trying, which is what
    takes long: survivors above all.
    """
    wanted = len(faults) if number is None else min(number, len(faults))
    return random.Random(seed).sample(faults, wanted)


def interval(found: int, tried: int) -> tuple[float, float]:
    """Return the 95% interval of Clopper and Pearson for a share of which a sample was tried."""
    from scipy.stats import binomtest

    ends = binomtest(found, tried).proportion_ci(method="exact")
    return float(ends.low), float(ends.high)


def reasons(name: str) -> dict[str, str]:
    """Return why faults of a module may survive, by their keys."""
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    return {**known.get(name, {}), **known[HARMLESS].get(name, {})}


def _ended(name: str, lines: list[list[str]]) -> Ended | None:
    mine = [(key, outcome) for module, key, outcome in lines if module == name]
    asked = [outcome.split() for key, outcome in mine if key == DRAWN]
    if len(asked) == len(mine):  # nothing was tried
        return None
    number, seed = map(int, asked[-1])
    return Ended(dict(mine[::-1]), dict(mine), number, seed)


def _row(name: str, ended: Ended) -> str:
    faults = _faults(name)
    keys = [one.key for one in drawn(faults, ended.number, ended.seed)]
    tried = [key for key in keys if key in ended.last]
    once = sum(ended.first[key] != SURVIVED for key in tried)
    counts = Counter(_fate(name, key, ended) for key in tried)
    low, high = interval(once, len(tried))
    span = "all" if len(tried) == len(faults) else f"{low:.0%} to {high:.0%}"
    path = MODULES[name].module.removeprefix("quanthedge.").replace(".", "/")
    cells = [f"{path}.py", f"`{name}`", len(faults), len(tried), once, span]
    cells += [counts[one] for one in ("since", "equal", HARMLESS, SURVIVED)]
    return "| " + " | ".join(map(str, cells)) + " |"


def _fate(name: str, key: str, ended: Ended) -> str:
    """Return how a fault is counted: found at once or since, explained, or left."""
    if ended.last[key] != SURVIVED:
        return "since" if ended.first[key] == SURVIVED else FOUND
    known = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    if key in known.get(name, {}):
        return "equal"
    return HARMLESS if key in known[HARMLESS].get(name, {}) else SURVIVED


def _faults(name: str) -> list[Mutant]:
    spec = importlib.util.find_spec(MODULES[name].module)
    return mutants(Path(str(spec and spec.origin)).read_text(encoding="utf-8"))
