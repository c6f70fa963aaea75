"""Code that came compiled with the package: used where all fits, and the same to the bit."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.platform_wheel import PROCESSORS
from quanthedge.compiled import is_kept, kinds_of, shipped, shipping, telling, what_was_shipped
from quanthedge.compiled.made_of import made_of, spelt

HELPERS = """
from typing import NamedTuple

from quanthedge.compiled import njit

LOT = 100

class Order(NamedTuple):
    bought: float
    sold: float

@njit(allocates=False)
def rounded(value):
    return value // LOT * LOT
"""
KERNELS = """
from quanthedge.compiled import njit
from tiny_helpers import LOT, rounded

@njit(allocates=False)
def lots(value):
    return rounded(value + 0.0) / LOT

@njit(allocates=False)
def left(order):
    return order.bought - order.sold
"""
Loader = Callable[[], ModuleType]


@pytest.fixture(autouse=True)
def _a_store_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_told", set())
    monkeypatch.setattr(shipped, "STORE", tmp_path / "store")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    """Return what imports the two files as they stand, anew each time."""
    place = tmp_path / "code"
    place.mkdir()
    (place / "tiny_helpers.py").write_text(HELPERS, encoding="utf-8")
    (place / "tiny_kernels.py").write_text(KERNELS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def fresh() -> ModuleType:
        forget()
        invalidate_caches()
        return import_module("tiny_kernels")

    yield fresh
    forget()


def forget() -> None:
    for name in ("tiny_kernels", "tiny_helpers"):
        sys.modules.pop(name, None)
    shipped._listing.cache_clear()
    shipped._fails_to_fit.cache_clear()


def ship(load: Loader, tmp_path: Path) -> None:
    """Compile one kernel, ship it, and forget what was kept beside the source."""
    assert load().lots(1234.0) == 12.0
    assert shipping.ship(tmp_path / "store", ["tiny_helpers", "tiny_kernels"]) == 1
    for path in kept(tmp_path):
        path.unlink()


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "code").rglob("*.nb?"))


def change(tmp_path: Path, **facts: Any) -> None:
    """Alter what the store says that it was made for."""
    listing = tmp_path / "store" / shipped.LISTING
    told = json.loads(listing.read_text(encoding="utf-8"))
    for name, value in facts.items():
        (told if name == "features" else told["made_for"])[name] = value
    listing.write_text(json.dumps(told), encoding="utf-8")


def edit(tmp_path: Path, name: str, old: str, new: str) -> None:
    path = tmp_path / "code" / f"{name}.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def was_loaded(kernel: Any) -> bool:
    return bool(sum(kernel.stats.cache_hits.values()))


def test_shipped_code_is_used_and_nothing_is_compiled_or_written(load, tmp_path, caplog) -> None:
    ship(load, tmp_path)
    kernels = load()
    assert is_kept(kernels.lots)
    assert not is_kept(kernels.left)
    assert kernels.lots(1234.0) == 12.0
    assert was_loaded(kernels.lots)
    assert kept(tmp_path) == []
    assert kernels.lots(1234) == 12.0  # of a whole number: compiled as ever, and kept
    assert len(kept(tmp_path)) == 2
    assert not caplog.records


def test_shipped_code_is_used_where_nothing_can_be_kept(
    load, tmp_path, caplog, monkeypatch
) -> None:
    ship(load, tmp_path)
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    kernels = load()
    assert is_kept(kernels.lots)
    assert kernels.lots(1234.0) == 12.0
    assert not caplog.records
    assert kernels.lots(1234) == 12.0
    (told,) = caplog.messages
    assert "NUMBA_CACHE_DIR" in told


@pytest.mark.parametrize("fact", ["numba", "llvmlite", "numpy", "python", "machine", "NUMBA_OPT"])
def test_code_for_another_version_or_machine_is_not_used(fact, load, tmp_path) -> None:
    ship(load, tmp_path)
    change(tmp_path, **{fact: "another"})
    kernels = load()
    assert what_was_shipped().misfits == {fact: ("another", shipped.here()[fact])}
    assert not is_kept(kernels.lots)
    assert kernels.lots(1234.0) == 12.0
    assert not was_loaded(kernels.lots)


def test_code_that_asks_a_feature_of_the_processor_is_used_only_where_it_is_there(
    load, tmp_path
) -> None:
    ship(load, tmp_path)
    change(tmp_path, features=[])
    assert is_kept(load().lots)
    change(tmp_path, features=["a-feature-of-tomorrow"])
    assert not is_kept(load().lots)
    assert what_was_shipped().misfits["cpu"][1] == "a-feature-of-tomorrow"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("tiny_kernels", "/ LOT", "/ LOT + 1", 13.0),
        ("tiny_helpers", "value // LOT * LOT", "value // LOT * LOT + LOT", 13.0),
        ("tiny_helpers", "LOT = 100", "LOT = 10", 123.0),
    ],
)
def test_code_of_another_source_is_not_used(file, old, new, expected, load, tmp_path) -> None:
    ship(load, tmp_path)
    edit(tmp_path, file, old, new)
    kernels = load()
    assert not is_kept(kernels.lots)
    assert kernels.lots(1234.0) == expected
    assert what_was_shipped().changed == ["tiny_kernels.lots"]


def test_kept_code_counts_for_the_files_of_what_it_calls_too(load, tmp_path) -> None:
    assert load().lots(1234.0) == 12.0
    assert is_kept(load().lots)
    edit(tmp_path, "tiny_helpers", "value // LOT * LOT", "value // LOT * LOT + LOT")
    kernels = load()
    assert not is_kept(kernels.lots)
    assert kernels.lots(1234.0) == 13.0


def test_kept_code_counts_for_the_order_of_the_fields_that_it_reads(load, tmp_path) -> None:
    def asked() -> float:
        kernels = load()
        return kernels.left(sys.modules["tiny_helpers"].Order(bought=3.0, sold=1.0))

    assert asked() == 2.0
    edit(
        tmp_path, "tiny_helpers", "bought: float\n    sold: float", "sold: float\n    bought: float"
    )
    assert asked() == 2.0


def test_what_code_was_made_of_names_no_place_and_no_time(load, tmp_path) -> None:
    first = made_of(load().lots.py_func)
    for path in (tmp_path / "code").glob("*.py"):
        path.touch()
    assert made_of(load().lots.py_func) == first


def test_kinds_of_arguments_are_spelt_with_the_names_of_fields(load) -> None:
    load()
    order = sys.modules["tiny_helpers"].Order
    told = spelt(kinds_of(1, order(1.0, np.zeros(2)), (2, order(1.0, 2.0))))
    assert told == (
        "(int64, tiny_helpers.Order(bought: float64, sold: array(float64, 1d, C)), "
        "(int64, tiny_helpers.Order(bought: float64, sold: float64)))"
    )


def test_damaged_code_is_compiled_again_and_said_once(load, tmp_path, caplog) -> None:
    ship(load, tmp_path)
    (file,) = (path for path in (tmp_path / "store").iterdir() if path.suffix != ".json")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 4]))
    for _ in range(2):
        kernels = load()
        assert kernels.lots(1234.0) == 12.0
    (told,) = caplog.messages
    assert "damaged" in told
    assert what_was_shipped().damaged == [file.name]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kernels": {"a": 1}}'])
def test_a_damaged_list_leaves_all_to_numba(text, load, tmp_path, caplog) -> None:
    ship(load, tmp_path)
    (tmp_path / "store" / shipped.LISTING).write_text(text, encoding="utf-8")
    assert load().lots(1234.0) == 12.0
    (told,) = caplog.messages
    assert "compiled again" in told
    assert what_was_shipped() is None


FIGURES = """
import hashlib, sys
import numpy as np
from quanthedge.operators.kernels.windows import window_spreads
from quanthedge.risk.kernels.grades import grade

chance = np.random.default_rng(4)
values = chance.normal(size=(90, 37)) * np.exp(chance.normal(size=37))
values[chance.random(values.shape) < 0.1] = np.nan
days, spreads = np.arange(90), np.full((90, 37), np.nan)
window_spreads(values, days, 20, 5, 0.97, spreads)
grades = np.zeros((90, 37), np.float32)
grade(spreads, np.exp(values), 0.025, grades)
assert grades.std() > 0.1
print(hashlib.sha256(spreads.tobytes() + grades.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_code_for_a_processor_of_a_kind_gives_the_figures_of_this_one_to_the_bit(tmp_path) -> None:
    cpu, features = PROCESSORS.get(platform.machine(), ("generic", ""))
    if set(features.split()) - shipped.features_here():
        pytest.skip(f"this processor cannot run code for {cpu}")
    wanted = ",".join(f"+{one}" for one in features.split())

    def digest(**own: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", FIGURES], capture_output=True, text=True, check=False,
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / str(len(own)))} | own,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[0]

    assert digest() == digest(NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES=wanted)


def test_without_a_store_nothing_was_shipped() -> None:
    assert what_was_shipped() is None
