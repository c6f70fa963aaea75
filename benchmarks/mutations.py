"""Plants small faults into the engine, one at a time, and counts those that no test finds.

    python -m benchmarks.mutations --module closes --jobs 2 --verbose
    python -m benchmarks.mutations --module stocks --sample 40 --seed 1 --log outcomes.jsonl
    python -m benchmarks.mutations --table outcomes.jsonl

Each fault is planted in the memory of a process of its own, which runs the fast tests that hold the
module and stops at the first that fails; no file is changed. Faults that change nothing (they are
listed with the reason in ``mutations.toml``) are counted apart, and so are those that no figure
shows (``harmless`` there). ``--sample`` draws some of a module's faults, none twice. The exit code
is 1 when any other survives. Needs a system that can fork (Linux, macOS).
"""

import argparse
import functools
import hashlib
import importlib
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from benchmarks.mutants import Mutant, mutants, planted
from benchmarks.mutated import MODULES, Held
from benchmarks.mutation_table import (
    DRAWN,
    FOUND,
    SURVIVED,
    TOO_LONG,
    drawn,
    interval,
    reasons,
    table,
)

ROOT = Path(__file__).parents[1]
PLAIN = os.environ.get("NUMBA_DISABLE_JIT") == "1"
ENOUGH = 3.0  # times the seconds that the tests take without a fault


class Judged(NamedTuple):
    """A fault and what became of it."""

    mutant: Mutant
    outcome: str
    reason: str  # why it can change nothing; "" where it could


class Trial(NamedTuple):
    """What is tried: a module's source, the tests that hold it, and the seconds they may take."""

    module: ModuleType
    source: str
    held: Held
    seconds: int


def main() -> int:
    """Run what was asked for; returns the exit code."""
    arguments = _arguments()
    if arguments.table:
        print(table(arguments.table))
        return 0
    names = arguments.module or list(MODULES)
    elsewhere = [one for one in names if MODULES[one].plain and not PLAIN]
    code = _in_plain_python(elsewhere, arguments)
    _warm()
    alike = groupby((one for one in names if one not in elsewhere), key=_tests)
    return max([code, *(_judge_all(list(group), arguments) for _, group in alike)])


def _in_plain_python(names: list[str], asked: argparse.Namespace) -> int:
    """Judge compiled code in a process that compiles nothing; returns the exit code."""
    if not names:
        return 0
    given = {key: getattr(asked, key) for key in ("jobs", "only", "sample", "seed", "log")}
    options = [f"--{key}={value}" for key, value in given.items() if value is not None]
    options += [f"--module={one}" for one in names] + ["--verbose"] * asked.verbose
    command = [sys.executable, "-m", "benchmarks.mutations", *options]
    plain = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    return subprocess.run(command, check=False, env=plain).returncode


def _tests(name: str) -> tuple[Any, ...]:
    """Return by what a module is held."""
    return MODULES[name][1:]


def _judge_all(names: list[str], asked: argparse.Namespace) -> int:
    """Judge modules that the same tests hold; returns the exit code."""
    unexplained = 0
    with _kept(MODULES[names[0]].once):
        seconds = _without_fault(names[0])
        for name in names:
            judged = judge(name, seconds, asked)
            _report(name, judged, asked)
            unexplained += sum(one.outcome == SURVIVED and not one.reason for one in judged)
    return int(unexplained > 0)


def judge(name: str, seconds: int, asked: argparse.Namespace) -> list[Judged]:
    """Return what became of the faults of a module that are asked for."""
    trial = _trial(name, seconds)
    faults = [one for one in mutants(trial.source) if asked.only in one.where]
    wanted = drawn(faults, asked.sample, asked.seed)
    why = reasons(name)
    known = _logged(asked.log, name, why)
    if not asked.only:
        _write_down(asked.log, name, DRAWN, f"{len(wanted)} {asked.seed}")
    found = _try_all(name, trial, wanted, known, asked)
    return [Judged(one, found[one.key], why.get(one.key, "")) for one in wanted]


def _trial(name: str, seconds: int) -> Trial:
    module = importlib.import_module(MODULES[name].module)
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    return Trial(module, source, MODULES[name], seconds)


def _without_fault(name: str) -> int:
    """Return the seconds that tests may take, once they have passed here and in a child."""
    trial = _trial(name, 600)
    held = trial.held
    if not held.plain and (held.once or held.probe):
        _warm_market()
    _call(held.probe)
    if _run_tests(held) != 0:  # here, so that what it loads is loaded once
        raise SystemExit(f"{held.module}: the tests fail without any fault: {held.tests}")
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if _finish({_start(trial, None): None})[1] != 0:
        raise SystemExit(f"{held.module}: the tests fail in a process of their own")
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun
    print(f"{name}: {taken:.1f} s without a fault", flush=True)
    return int(ENOUGH * taken) + 5


def _try_all(
    name: str,
    trial: Trial,
    wanted: list[Mutant],
    known: dict[str, str],
    asked: argparse.Namespace,
) -> dict[str, str]:
    """Return the outcome of every fault by its key."""
    found = {one.key: known[one.key] for one in wanted if one.key in known}
    running: dict[int, Any] = {}
    for mutant in [*(one for one in wanted if one.key not in found), None]:
        while running and (len(running) >= asked.jobs or mutant is None):
            done, code = _finish(running)
            outcome = {0: SURVIVED, -signal.SIGXCPU: TOO_LONG}.get(code, FOUND)
            found[done.key] = outcome
            _write_down(asked.log, name, done.key, outcome)
            if asked.verbose or outcome == SURVIVED:
                print(f"{outcome:9s} {name} line {done.line}: {done.key}", flush=True)
        if mutant is not None:
            running[_start(trial, mutant)] = mutant
    return found


def _logged(log: Path | None, name: str, why: dict[str, str]) -> dict[str, str]:
    """Return what an earlier command has found; survivors without a reason are tried again."""
    if log is None or not log.exists():
        return {}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = {key: outcome for one, key, outcome in lines if one == name and key != DRAWN}
    return {key: outcome for key, outcome in last.items() if outcome != SURVIVED or key in why}


def _write_down(log: Path | None, *line: str) -> None:
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _start(trial: Trial, mutant: Mutant | None) -> int:
    """Run the tests with one fault in a process of its own; returns its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        spent = int(sum(os.times()[:2]))
        resource.setrlimit(resource.RLIMIT_CPU, (spent + trial.seconds, spent + trial.seconds + 5))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if mutant is not None:
            _plant(trial.module, trial.source, mutant)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _call(trial.held.probe)
        code = _run_tests(trial.held)
    finally:
        os._exit(code)


def _call(probe: str) -> None:
    if probe:
        module, _, name = probe.rpartition(".")
        getattr(importlib.import_module(module), name)()


def _finish(running: dict[int, Any]) -> tuple[Any, int]:
    """Wait for a process; returns what it was running and its exit code, below 0 for a signal."""
    child, status = os.wait()
    return running.pop(child), os.waitstatus_to_exitcode(status)


def _run_tests(held: Held) -> int:
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a fault is tried in less time
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    options += ["-W", "ignore::RuntimeWarning"] * held.plain  # compiled code has none of numpy's
    return int(pytest.main([*options, *held.tests]))


def _plant(module: ModuleType, source: str, mutant: Mutant) -> None:
    """Let a module behave as if its source had the fault, for all who have imported from it."""
    code = compile(planted(source, mutant.number), str(module.__file__), "exec")
    faulty = ModuleType(module.__name__)
    faulty.__file__ = module.__file__
    faulty.__package__ = module.__package__
    exec(code, faulty.__dict__)
    for name, value in vars(faulty).items():
        old = vars(module).get(name)
        if isinstance(old, FunctionType | type):
            if old.__module__ == module.__name__:
                _take_over(old, value)
        elif not isinstance(value, ModuleType) and not name.startswith("__"):
            setattr(module, name, value)


def _take_over(old: Any, new: Any) -> None:
    """Give a function, or all functions of a class, the code of another."""
    if isinstance(old, FunctionType):
        old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
        return
    for name, value in vars(old).items():
        mine, other = (getattr(one, "__func__", one) for one in (value, vars(new).get(name)))
        mine, other = (getattr(one, "fget", one) for one in (mine, other))
        if isinstance(mine, FunctionType) and mine.__module__ == old.__module__:
            _take_over(mine, other)


def _warm() -> None:
    """Load once what every process needs."""
    import hypothesis

    os.chdir(ROOT)
    sys.argv = sys.argv[:1]
    hypothesis.settings.register_profile(
        "mutations", database=None, derandomize=True, deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # one that fails will do
    )  # fmt: skip
    hypothesis.settings.load_profile("mutations")


@functools.cache
def _warm_market() -> None:
    """Load once what whole runs need: libraries, compiled code, the sample market."""
    from quanthedge.backtesting.run import backtest
    from tests.sample import END, START, sample_market, small_strategy

    backtest(small_strategy(), sample_market(), START, END)


_KEPT: dict[str, Any] = {}


def _once(function: Any) -> Any:
    """Return a function that remembers what it gave for the same arguments."""

    def kept(*given: Any, **options: Any) -> Any:
        named = {name: one for name, one in options.items() if not callable(one)}
        key = f"{function.__name__} {[_told(one) for one in given]} {named}"
        if key not in _KEPT:
            _KEPT[key] = function(*given, **options)
        return _KEPT[key]

    return kept


def _told(given: Any) -> Any:
    """Return what tells an argument from others: a market, a strategy, data, or a date."""
    if hasattr(given, "fingerprint"):
        return given.fingerprint, given.dates[-1]
    if hasattr(given, "model_dump_json"):
        return given.model_dump_json()
    return hashlib.sha256(pickle.dumps(given)).hexdigest()


@contextmanager
def _kept(names: tuple[str, ...]) -> Iterator[None]:
    """Let functions be called once for the same arguments; tests are imported anew."""
    for name in [one for one in sys.modules if one.startswith("tests.") and one != "tests.sample"]:
        del sys.modules[name]
    places = [name.rpartition(".") for name in names]
    originals = []
    for module_name, _, name in places:
        module = importlib.import_module(module_name)
        originals.append((module, name, getattr(module, name)))
        setattr(module, name, _once(getattr(module, name)))
    yield
    for module, name, original in originals:
        setattr(module, name, original)
    _KEPT.clear()


def _report(name: str, judged: list[Judged], asked: argparse.Namespace) -> None:
    counts = {one: sum(j.outcome == one for j in judged) for one in (FOUND, TOO_LONG, SURVIVED)}
    found = counts[FOUND] + counts[TOO_LONG]
    equal = sum(j.outcome == SURVIVED and bool(j.reason) for j in judged)
    low, high = interval(found, len(judged))
    span = f"; of all between {low:.0%} and {high:.0%} (95%)" if asked.sample else ""
    print(
        f"{name}: {len(judged)} faults tried, {found} found ({counts[TOO_LONG]} by the clock), "
        f"{equal} change nothing or harm nothing, {counts[SURVIVED] - equal} survive{span}",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", action="append", choices=list(MODULES))
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--only", default="", help="functions whose name contains this")
    parser.add_argument("--sample", type=int, help="draw so many faults of each module")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing")
    parser.add_argument("--log", type=Path, help="file of outcomes, by which a run is taken up")
    parser.add_argument("--table", type=Path, nargs="+", help="print what such files hold")
    parser.add_argument("--verbose", action="store_true", help="print every fault")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
