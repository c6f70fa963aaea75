"""Plants small faults into the wiring, one at a time, and counts those that no test finds.

    python -m benchmarks.mutations
    python -m benchmarks.mutations --module prepare --jobs 2 --verbose

Each fault is planted in the memory of a process of its own, which runs the fast tests that hold the
module and stops at the first that fails; no file is changed. Faults that change nothing (they are
listed with the reason in ``mutations.toml``) are counted apart. The exit code is 1 when any other
survives. Needs a system that can fork (Linux, macOS).
"""

import argparse
import importlib
import json
import os
import resource
import signal
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from benchmarks.mutants import Mutant, mutants, planted

ROOT = Path(__file__).parents[1]
KNOWN = Path(__file__).with_name("mutations.toml")
PREPARED, REPLAY, WIRING = (
    f"tests/backtesting/test_{name}.py" for name in ("preparation", "replay", "wiring")
)
ROWS = f"{PREPARED}::test_every_row_handed_to_the_ledger_is_that_of_its_day"
ACCOUNTS = f"{PREPARED}::test_the_accounts_of_this_market_are_found_again"
PROBE = "tests.backtesting.test_preparation.rows_of_one_product"
BUSY = (
    "tests.backtesting.test_replay."
    "test_leavers_gates_lock_ups_and_fees_at_the_door_are_done_day_by_day"
)
DECISIONS = "tests/backtesting/test_known_at_decisions.py"
CLIENTS = (
    f"{REPLAY}::test_money_of_clients_comes_and_goes_to_the_cent",
    f"{REPLAY}::test_leavers_gates_lock_ups_and_fees_at_the_door_are_done_day_by_day",
    f"{REPLAY}::test_dividends_of_a_fund_with_clients_and_its_fees_at_the_door_are_booked",
)
FUND = (
    *CLIENTS, "tests/fund/test_dealing_days.py", "tests/fund/test_fund_run.py", "--deselect",
    "tests/fund/test_fund_run.py::test_the_ledger_closes_with_any_flows",
    "tests/fund/test_winding_up.py", "tests/fund/test_dealing.py",
)  # fmt: skip
PREPARED_ONCE = ("tests.backtesting.test_replay.prepare",)


class Held(NamedTuple):
    """A module, and what holds it: pytest's arguments, the quickest tests first."""

    module: str
    tests: tuple[str, ...]
    once: tuple[str, ...] = ()  # what does not depend on the module: each result is kept
    probe: str = ""  # one of these tests as a function, called first: most faults end there


MODULES = {
    "prepare": Held("quanthedge.backtesting.plan", (ROWS, WIRING, ACCOUNTS), (), PROBE),
    "hedging": Held(
        "quanthedge.backtesting.hedge_leg", (DECISIONS, ROWS, WIRING, ACCOUNTS), (), PROBE
    ),
    "fund_run": Held("quanthedge.fund.fund_run", FUND, PREPARED_ONCE, BUSY),
    "closes": Held("quanthedge.fund.closes", FUND, PREPARED_ONCE, BUSY),
    "dealing_days": Held("quanthedge.fund.dealing_days", FUND, PREPARED_ONCE, BUSY),
    "booking": Held(
        "quanthedge.ledger.booking",
        ("tests/ledger/test_booking.py", *FUND),
        PREPARED_ONCE,
        BUSY,
    ),
    "bridge": Held(
        "quanthedge.performance.bridge",
        ("tests/performance/test_bridge_by_hand.py",),
    ),
    "bridge_groups": Held(
        "quanthedge.performance.bridge_groups",
        ("tests/performance/test_groups_by_hand.py", "tests/performance/test_bridge_groups.py"),
        ("quanthedge.backtesting.run.backtest",),
    ),
    "variant_runs": Held(
        "quanthedge.backtesting.execute",
        ("tests/backtesting/test_variant_terms.py", *CLIENTS, "tests/strategy/test_variants.py"),
        PREPARED_ONCE, BUSY,
    ),
}  # fmt: skip
FOUND, SURVIVED, TOO_LONG = "found", "survived", "too long"
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
    _warm()
    unexplained = 0
    for name in arguments.module or MODULES:
        judged = judge(name, arguments)
        _report(name, judged)
        unexplained += sum(one.outcome == SURVIVED and not one.reason for one in judged)
    return int(unexplained > 0)


def judge(name: str, asked: argparse.Namespace) -> list[Judged]:
    """Return what became of every fault of a module."""
    held = MODULES[name]
    module = importlib.import_module(held.module)
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    wanted = [one for one in mutants(source) if asked.only in one.where]
    known = _logged(asked.log, name)
    with _kept(held.once):
        found = _try_all(name, _without_fault(module, source, held), wanted, known, asked)
    reasons = tomllib.loads(KNOWN.read_text(encoding="utf-8")).get(name, {})
    return [Judged(one, found[one.key], reasons.get(one.key, "")) for one in wanted]


def _without_fault(module: ModuleType, source: str, held: Held) -> Trial:
    """Return what is tried, once the tests have passed without a fault, here and in a child."""
    trial = Trial(module, source, held, 600)
    if _run_tests(held) != 0:  # here, so that what it loads is loaded once
        raise SystemExit(f"{held.module}: the tests fail without any fault: {held.tests}")
    begun = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if _finish({_start(trial, None): None})[1] != 0:
        raise SystemExit(f"{held.module}: the tests fail in a process of their own")
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begun
    return trial._replace(seconds=int(ENOUGH * taken) + 5)


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


def _logged(log: Path | None, name: str) -> dict[str, str]:
    """Return what an earlier command has found; survivors are tried again."""
    if log is None or not log.exists():
        return {}
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return {key: outcome for one, key, outcome in lines if one == name and outcome != SURVIVED}


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
    options = ["-x", "-q", "-p", "no:cacheprovider"]
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
    """Load once what every process needs: libraries, compiled code, the sample market."""
    import hypothesis

    os.chdir(ROOT)
    sys.argv = sys.argv[:1]
    hypothesis.settings.register_profile("mutations", database=None, derandomize=True)
    hypothesis.settings.load_profile("mutations")
    from quanthedge.backtesting.run import backtest
    from tests.sample import END, START, sample_market, small_strategy

    backtest(small_strategy(), sample_market(), START, END)


_KEPT: dict[str, Any] = {}


def _once(function: Any) -> Any:
    """Return a function that remembers what it gave for a strategy, a market and dates."""

    def kept(strategy: Any, market: Any, *span: Any, **options: Any) -> Any:
        data = f"{market.fingerprint} {market.dates[-1]} {span} {options}"
        key = f"{function.__name__} {strategy.model_dump_json()} {data}"
        if key not in _KEPT:
            _KEPT[key] = function(strategy, market, *span, **options)
        return _KEPT[key]

    return kept


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


def _report(name: str, judged: list[Judged]) -> None:
    counts = {one: sum(j.outcome == one for j in judged) for one in (FOUND, TOO_LONG, SURVIVED)}
    equal = sum(j.outcome == SURVIVED and bool(j.reason) for j in judged)
    print(
        f"{name}: {len(judged)} faults, {counts[FOUND] + counts[TOO_LONG]} found "
        f"({counts[TOO_LONG]} by the clock), {equal} change nothing, "
        f"{counts[SURVIVED] - equal} survive",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", action="append", choices=list(MODULES))
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--only", default="", help="functions whose name contains this")
    parser.add_argument("--log", type=Path, help="file of outcomes, by which a run is taken up")
    parser.add_argument("--verbose", action="store_true", help="print every fault")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
