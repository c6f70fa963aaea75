"""The first run on a machine says that it compiles, once, and later ones do not."""

import logging
from types import SimpleNamespace

import pytest

from quanthedge.backtesting import first_run
from quanthedge.ledger.kernels import day as kernels


def stages(monkeypatch: pytest.MonkeyPatch, run_days: object) -> list[str]:
    monkeypatch.setattr(kernels, "run_days", run_days)
    told: list[str] = []
    say = first_run.saying_so(told.append)
    say("selecting stocks")
    return told


def kernel(*signatures: str) -> SimpleNamespace:
    return SimpleNamespace(signatures=list(signatures), _cache=None)


def test_without_a_cache_every_stage_says_so_and_the_log_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(first_run, "_told", False)
    with caplog.at_level(logging.WARNING, logger="quanthedge"):
        for _ in range(2):
            assert stages(monkeypatch, kernel()) == [
                "selecting stocks (compiling, once on this machine: about a minute)"
            ]
    assert [record.message for record in caplog.records] == [
        "compiling, once on this machine: about a minute"
    ]


def test_a_compiled_kernel_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stages(monkeypatch, kernel("compiled")) == ["selecting stocks"]
