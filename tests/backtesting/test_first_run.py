"""The first run on a machine says that it compiles, once, and later ones do not."""

import logging
from types import SimpleNamespace

import pytest

from quanthedge.backtesting import first_run
from quanthedge.ledger.kernels import day as kernels


def stages(monkeypatch: pytest.MonkeyPatch, kernel: object) -> list[str]:
    monkeypatch.setattr(kernels, "run_days", kernel)
    told: list[str] = []
    say = first_run.saying_so(told.append)
    say("selecting stocks")
    return told


def kernel_at(folder: object, **more: object) -> SimpleNamespace:
    code = SimpleNamespace(co_filename=kernels.__file__)
    return SimpleNamespace(
        __name__="run_days", signatures=[], stats=SimpleNamespace(cache_path=folder),
        py_func=SimpleNamespace(__code__=code), **more,
    )  # fmt: skip


def test_without_a_cache_every_stage_says_so_and_the_log_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path
) -> None:
    monkeypatch.setattr(first_run, "_told", False)
    with caplog.at_level(logging.WARNING, logger="quanthedge"):
        for folder in (str(tmp_path), None):
            assert stages(monkeypatch, kernel_at(folder)) == [
                "selecting stocks (compiling, once on this machine: about two minutes)"
            ]
    assert [record.message for record in caplog.records] == [
        "compiling, once on this machine: about two minutes"
    ]


def test_a_cache_on_disk_or_a_compiled_kernel_is_silent(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    (tmp_path / "day.run_days-1.py311.nbi").touch()
    assert stages(monkeypatch, kernel_at(str(tmp_path))) == ["selecting stocks"]
    used = kernel_at(None)
    used.signatures = ["compiled"]
    assert stages(monkeypatch, used) == ["selecting stocks"]
