"""An error tells in a notebook what it tells on the command line: one line."""

from typing import TYPE_CHECKING

import pytest

import quanthedge as qh

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell() -> "InteractiveShell":
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("colors", "nocolor")
    return shell


def said(shell: "InteractiveShell", capsys: pytest.CaptureFixture[str], code: str) -> list[str]:
    shell.run_cell("import quanthedge as qh")
    capsys.readouterr()
    shell.run_cell(code)
    told = capsys.readouterr()
    return f"{told.out}{told.err}".strip().splitlines()


def test_a_wrong_call_in_a_notebook_ends_in_one_line(shell, capsys) -> None:
    (line,) = said(shell, capsys, "qh.load_strategy('market_neutral', ['selector.m=5'])")
    assert line.startswith("StrategyError: ")
    assert "selector.m: unknown key" in line


def test_the_way_there_is_shown_when_it_is_asked_for(shell, capsys, monkeypatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRACEBACK", "full")
    lines = said(shell, capsys, "qh.sample_market().day('1999-01-01')")
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("quanthedge.errors.DataError: ")
    assert len(lines) > 3


def test_other_errors_keep_their_traceback(shell, capsys) -> None:
    assert len(said(shell, capsys, "qh.sample_market().dates[99999]")) > 3


def test_every_error_of_the_family_shows_itself_so() -> None:
    for name in ("DataError", "LedgerError", "RuleError", "StrategyError"):
        assert getattr(qh, name)("a fault")._render_traceback_() == [f"{name}: a fault"]
