"""Compiled kernels where their compiled code cannot be kept: the work goes on, and says so once."""

import importlib.util
import resource
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numba.core.errors import TypingError

from quanthedge import compiled
from quanthedge.compiled import telling

KERNELS = """
from quanthedge.compiled import njit

@njit(cache=True)
def twice(value):
    return 2 * value

@njit(cache=True)
def four_times(value):
    return twice(twice(value))
"""


@pytest.fixture(autouse=True)
def _nothing_told_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_told", set())


def kernels(folder: Path, name: str) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(KERNELS, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_compiled_code_is_kept_where_it_can_be(tmp_path, caplog) -> None:
    assert kernels(tmp_path, "kept").four_times(2) == 8
    assert kernels(tmp_path, "kept").four_times.stats.cache_hits == {}
    again = kernels(tmp_path, "kept")
    assert again.four_times(2) == 8
    assert sum(again.four_times.stats.cache_hits.values()) == 1
    assert not caplog.records


def test_without_a_place_for_compiled_code_it_is_compiled_and_said_once(
    tmp_path, caplog, monkeypatch
) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert kernels(tmp_path, "homeless").four_times(2) == 8
    (told,) = caplog.messages
    assert "NUMBA_CACHE_DIR" in told


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_kept_code_that_is_damaged_is_compiled_again(ending, tmp_path, caplog) -> None:
    assert kernels(tmp_path, "damaged").twice(2) == 4
    for path in tmp_path.rglob(f"*.{ending}"):
        path.write_bytes(path.read_bytes()[:40])
    assert kernels(tmp_path, "damaged").twice(2) == 4
    caplog.clear()
    mended = kernels(tmp_path, "damaged")
    assert mended.twice(2) == 4
    assert sum(mended.twice.stats.cache_hits.values()) == 1
    assert not caplog.records


def test_kept_code_with_one_flipped_bit_is_not_run(tmp_path, caplog) -> None:
    assert kernels(tmp_path, "flipped").twice(2) == 4
    (path,) = tmp_path.rglob("*twice*.nbc")
    whole = path.read_bytes()
    for place in range(50, len(whole), len(whole) // 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert kernels(tmp_path, "flipped").twice(2) == 4, place
    assert "damaged" in caplog.text


ASKS_WHAT_IS_LOADED = """
import sys, many
compiler = "numba.cpython.unicode" in sys.modules
print(many.four_times(2), "numba.cpython.unicode" in sys.modules, compiler)
print(many.hashed('abc') == hash('abc'), many.twice(2.5), "numba.cpython.unicode" in sys.modules)
"""
HASHES = """
@njit(cache=True)
def hashed(value):
    return hash(value)
"""


def test_kept_code_runs_without_the_compiler_and_the_compiler_is_there_when_asked(tmp_path) -> None:
    (tmp_path / "many.py").write_text(KERNELS + HASHES, encoding="utf-8")

    def start() -> list[list[str]]:
        process = subprocess.run(
            [sys.executable, "-c", ASKS_WHAT_IS_LOADED],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return [line.split() for line in process.stdout.splitlines()]

    assert start()[0] == ["8", "True", "False"]
    for path in tmp_path.rglob("*twice*.nbc"):  # of a float: it has to be compiled again
        if path.name.endswith(".2.nbc"):
            path.unlink()
    assert start() == [["8", "False", "False"], ["True", "5.0", "True"]]


USES_NUMPY = """
import numpy as np

@njit(cache=True)
def middle(values):
    if values.size == 0:
        raise ValueError("nothing in it")
    return np.median(values[np.isfinite(values)]) + np.nansum(np.sort(values)[::2])

@njit(cache=True)
def twice_the_middle(values):
    return 2.0 * middle(values)
"""
ASKS_OF_NUMPY = """
import sys, numpy as np, many
print("numba.np.arraymath" in sys.modules, many.middle(np.array([3.0, np.nan, 1.0, 5.0])))
try:
    many.middle(np.empty(0))
except ValueError as error:
    print(error, "numba.np.arraymath" in sys.modules)
print(many.twice_the_middle(np.array([3.0, 1.0])), many.middle(np.array([[2.0, 4.0]]).ravel()[::2]))
"""


def test_kept_code_of_numpys_functions_runs_without_their_modules(tmp_path) -> None:
    (tmp_path / "many.py").write_text(KERNELS + USES_NUMPY, encoding="utf-8")

    def start() -> list[str]:
        process = subprocess.run(
            [sys.executable, "-c", ASKS_OF_NUMPY],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stdout.splitlines()

    first = start()
    assert first == ["False 9.0", "nothing in it True", "6.0 4.0"]
    again = start()
    assert again == ["False 9.0", "nothing in it False", "6.0 4.0"]
    for path in tmp_path.rglob("*twice_the_middle*.nb?"):  # compiled again on top of kept code
        path.unlink()
    assert start() == [*again[:1], "nothing in it False", "6.0 4.0"]


def test_a_full_disk_does_not_stop_the_compiler(tmp_path) -> None:
    (tmp_path / "full.py").write_text(KERNELS, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-c", "import full; print(full.four_times(2))"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert process.stdout == "8\n"
    assert process.stderr.count("\n") == 1
    assert "cannot be kept" in process.stderr


@compiled.njit(cache=False, allocates=False)
def _added(number: int, constant: int) -> int:
    return number + constant


@compiled.njit(cache=False)
def _made(size: int) -> float:
    return float(np.ones(size).sum())


@compiled.njit(cache=False, allocates=False)
def _asks_for_arrays(size: int) -> float:
    return _made(size) + _added(size, 1) + _added(size, 2)


@compiled.njit(cache=False, allocates=False)
def _makes_one_all_the_same(size: int) -> float:
    return float(np.ones(size).sum())


def test_calls_with_different_constants_share_one_compiled_version() -> None:
    assert _asks_for_arrays(3) == 3.0 + 4.0 + 5.0
    assert len(_added.parts) == 1
    assert not _added.signatures  # only what Python calls becomes machine code
    assert _added(1, 2) == 3


DIAMOND = """
from quanthedge.compiled import njit

@njit(cache=True)
def lowest(values, place):
    if place >= values.size:
        raise ValueError("no such place")
    return values[place]

@njit(cache=True)
def left(values):
    return lowest(values, 0)

@njit(cache=True)
def right(values):
    return lowest(values, 1)

@njit(cache=True)
def both(values):
    return left(values) + 2.0 * right(values) + np.unique(values).size

@numba.njit
def of_numba(values):
    return both(values) + np.unique(values).size
"""


def test_what_is_called_on_two_ways_is_there_once_and_kept_with_its_errors(tmp_path) -> None:
    (tmp_path / "diamond.py").write_text("import numba\nimport numpy as np\n" + DIAMOND, "utf-8")
    asks = """
import numpy as np, diamond
print(diamond.both(np.array([3.0, 4.0])), diamond.of_numba(np.array([3.0, 4.0])))
print(diamond.lowest(np.array([5.0]), 0), sum(diamond.both.stats.cache_hits.values()))
try:
    diamond.both(np.array([3.0]))
except ValueError as error:
    print(error)
"""
    for kept in (0, 1):
        process = subprocess.run(
            [sys.executable, "-c", asks], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert process.returncode == 0, process.stderr
        assert process.stdout.splitlines() == ["13.0 15.0", f"5.0 {kept}", "no such place"]


def test_a_function_that_is_said_to_make_no_array_and_makes_one_is_refused() -> None:
    with pytest.raises(TypingError, match="ones"):
        _makes_one_all_the_same(3)


def test_what_lies_on_disk_counts_for_the_source_that_it_was_made_of(tmp_path) -> None:
    file = tmp_path / "doubled.py"
    text = "from quanthedge.compiled import njit\n\n@njit()\ndef doubled(x):\n    return 2 * x\n"

    def fresh(name: str):
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.doubled

    file.write_text(text, encoding="utf-8")
    first = fresh("doubled_1")
    assert not compiled.is_kept(first)
    assert first(2.0) == 4.0
    assert compiled.is_kept(first)
    assert compiled.is_kept(fresh("doubled_1"))
    file.write_text(text.replace("2 * x", "3 * x + 1"), encoding="utf-8")
    assert not compiled.is_kept(fresh("doubled_1"))
