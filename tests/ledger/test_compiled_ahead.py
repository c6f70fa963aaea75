"""What is compiled before a run is known is what the run asks for."""

import subprocess
import sys

import pytest

from quanthedge import compiled
from quanthedge.ledger import ahead, engine
from quanthedge.ledger.kernels import day
from tests.sample import sample_result


def test_the_ledger_is_compiled_ahead_for_the_very_arguments_of_a_run() -> None:
    sample_result()
    kept = {tuple(map(str, kinds)) for kinds in day.run_days.signatures}
    assert kept == {tuple(map(str, ahead.compiled_for()))}


def test_a_run_waits_for_the_process_that_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    monkeypatch.setattr(ahead, "_begun", [process])
    engine.wait_until_compiled()
    assert process.returncode == 0
    assert ahead._begun == []


@pytest.mark.parametrize("change", [{"can_be_kept": lambda _: False}, {"_cores": lambda: 1}])
def test_nothing_is_begun_where_it_would_not_help(
    change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_begun", [])
    usual = {"is_kept": lambda _: False, "can_be_kept": lambda _: True, "_cores": lambda: 2}
    for name, value in (usual | change).items():
        monkeypatch.setattr(compiled if hasattr(compiled, name) else ahead, name, value)
    assert ahead.compile_ahead()
    assert ahead._begun == []


def test_one_process_is_begun_where_it_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_begun", [])
    monkeypatch.setattr(ahead, "_BEGIN", "pass")
    monkeypatch.setattr(compiled, "is_kept", lambda _: False)
    monkeypatch.setattr(compiled, "can_be_kept", lambda _: True)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    assert ahead.compile_ahead()
    assert ahead.compile_ahead()
    (process,) = ahead._begun
    ahead.wait_until_compiled()
    assert process.returncode == 0
