"""What all tests share: things that are made once for all processes, and which files are slow."""

import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from _pytest.doctest import DoctestModule
from filelock import FileLock
from hypothesis import settings

from quanthedge.stages.keyed import forget_stages

TESTS = Path(__file__).parent
REAL = TESTS.parents[1] / "shared" / "market"
NEEDS_THE_MARKET = pytest.mark.skipif(
    not (REAL / "stock_daily.parquet").exists(),
    reason="the real market data are not beside the project (../shared/market)",
)
SLOW = TESTS / "slow_files.txt"
# benchmarks.examples draws many times more; a busy machine is no fault of an example
settings.register_profile("suite", max_examples=50, deadline=None)
settings.load_profile("suite")
gc.disable()  # until all is collected: what is made meanwhile stays, and looking it through costs
os.environ["QUANTHEDGE_TRIALS"] = "off"  # also of processes that tests start: no line of theirs
os.environ["QUANTHEDGE_LANGUAGE"] = "en"  # whatever the machine speaks
# A shell starts what runs in the background deaf to Ctrl-C, and so would be all programs of tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def slow_files() -> set[Path]:
    """Return the test files that `make fast` leaves out."""
    lines = (line.split("#")[0].strip() for line in SLOW.read_text(encoding="utf-8").splitlines())
    return {TESTS / line for line in lines if line}


class _Examples:
    """Looks for examples in docstrings where one stands: in a quarter of the package's files."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        found = yield
        if TESTS not in file_path.parents and b">>>" in file_path.read_bytes():
            return found
        return [one for one in found if not isinstance(one, DoctestModule)]


def pytest_configure(config: pytest.Config) -> None:
    """Ask for examples beside the tests too, where this file's own hooks are not heard."""
    config.pluginmanager.register(_Examples())


def pytest_collection_finish() -> None:
    """Leave thousands of tests and modules out of every search for garbage from now on."""
    gc.set_threshold(10_000, 20, 10)
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in the list of slow files, and everything on real data."""
    slow = {str(path) for path in slow_files()}
    real = f"{TESTS / 'real'}{os.sep}"
    for item in items:
        path = str(item.path)  # looking into a path's parents for each of ten thousand costs
        if path in slow:
            item.add_marker(pytest.mark.slow)
        if path.startswith(real):
            item.add_marker(pytest.mark.real)
            item.add_marker(NEEDS_THE_MARKET)


MadeOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Return a function that gives a folder by name, made by the first process that asks for it.

    ``made_once("real_market", make)`` calls ``make(folder)`` once, however many processes share the
    tests; the others wait for it. Tests read such a folder and do not write to it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        target, done = shared / name, shared / f"{name}.done"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                make(target)
                done.touch()
        return target

    return folder


@pytest.fixture(autouse=True)
def _no_stage_of_another_test() -> Iterator[None]:
    """Hand no result from one test to the next: tests replace what stages are made of."""
    forget_stages()
    yield
    forget_stages()
