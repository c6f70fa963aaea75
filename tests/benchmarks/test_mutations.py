"""Planted faults: which are drawn, and what is said of them afterwards."""

import importlib.util
import json
from pathlib import Path

import pytest

from benchmarks.mutants import mutants
from benchmarks.mutated import MODULES
from benchmarks.mutation_table import DRAWN, drawn, interval, reasons, table
from benchmarks.mutations import ROOT


def source_of(name):
    return Path(importlib.util.find_spec(MODULES[name].module).origin).read_text("utf-8")


SOURCE = "def f(a, b):\n    return a + b * 2 - min(a, b)\n"


def test_a_sample_has_each_fault_once_and_is_the_same_for_the_same_seed():
    faults = mutants(SOURCE)
    some = drawn(faults, 4, 1)
    assert len({one.key for one in some}) == 4
    assert some == drawn(faults, 4, 1) != drawn(faults, 4, 2)
    every = drawn(faults, None, 1)
    assert every == drawn(faults, 1_000, 1) != faults
    assert sorted(every) == sorted(faults)


@pytest.mark.parametrize(("found", "tried"), [(0, 10), (27, 30), (10, 10)])
def test_the_interval_is_that_of_clopper_and_pearson(found, tried):
    from scipy.stats import beta

    low = beta.ppf(0.025, found, tried - found + 1) if found else 0.0
    high = beta.ppf(0.975, found + 1, tried - found) if found < tried else 1.0
    assert interval(found, tried) == pytest.approx((low, high), abs=1e-9)


def test_the_table_tells_what_was_found_at_once_from_what_tests_found_since(tmp_path):
    one, two, three = (fault.key for fault in drawn(mutants(source_of("sleeves")), 3, 1))
    lines = [
        (DRAWN, "3 1"), (one, "survived"), (two, "too long"), (three, "survived"),
        (DRAWN, "3 1"), (one, "found"), (three, "survived"), ("not drawn", "survived"),
    ]  # fmt: skip
    log = tmp_path / "log"
    log.write_text("".join(json.dumps(["sleeves", *line]) + "\n" for line in lines))
    row, _, rest = table([log]).splitlines()[2:]
    assert "stocks (" in rest
    assert "sleeves" not in rest
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == "`sleeves`"
    assert cells[3:] == ["3", "1", "1% to 91%", "1", "0", "0", "1"]


@pytest.mark.parametrize("name", MODULES)
def test_what_holds_a_module_is_there(name):
    held = MODULES[name]
    assert importlib.util.find_spec(held.module)
    paths = [one.partition("::")[0] for one in held.tests if one != "--deselect"]
    assert all((ROOT / path).exists() for path in paths)


@pytest.mark.parametrize("name", MODULES)
def test_reasons_are_those_of_faults_that_there_are(name):
    faults = {one.key for one in mutants(source_of(name))} if reasons(name) else set()
    assert reasons(name).keys() <= faults
