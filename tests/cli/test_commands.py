"""One file a command, one convention for all, and a start that loads nothing heavy."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from quanthedge.begin import sample_folder
from quanthedge.cli.app import app
from quanthedge.cli.commands import Commands
from tests.code_of_package import PACKAGE, modules, nodes

COMMANDS = Commands()
NAMES = [name for name in COMMANDS if name != "runs"]  # which has commands of its own


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_the_function_command_of_a_file_of_its_name(name: str) -> None:
    module = import_module(f"quanthedge.cli.{'import_' if name == 'import' else name}")
    assert module.__all__ == ["command"]
    assert inspect.unwrap(COMMANDS[name].callback) is module.command
    text = inspect.getdoc(module.command) or ""
    assert "Example" in text
    assert f"quanthedge {name}" in text


def test_every_file_with_a_command_is_joined() -> None:
    files = [
        path for path in (PACKAGE / "cli").glob("*.py") if "\ndef command(" in path.read_text()
    ]
    assert len(files) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_several_commands_have_means_the_same_in_all(name: str) -> None:
    common = {"overwrite": "--overwrite", "again": "--again", "changes": "--set"}
    for option in COMMANDS[name].params:
        if option.name in common:
            assert option.opts == [common[option.name]]
        if option.name == "market" and "--market" in option.opts:
            assert option.default == sample_folder()
        if option.name == "language":
            assert option.default is None  # as the environment says


def test_nothing_prints_outside_the_command_line() -> None:
    for path in modules():
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path}, line {node.lineno}"


def test_a_command_waits_for_no_other_one() -> None:
    code = (
        "import sys; from quanthedge.cli.app import app; from typer.main import get_command; "
        "get_command(app).commands['rules']; "
        "print(*(one for one in sys.modules if one.startswith('quanthedge.cli.')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    loaded = {one.rpartition(".")[2] for one in told.stdout.splitlines()[-1].split()}
    assert loaded & {*NAMES, "import_", "runs"} == {"rules"}


def test_the_command_line_starts_without_the_libraries_of_the_work() -> None:
    code = "import sys, quanthedge.cli; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    heavy = {"numpy", "pandas", "pyarrow", "pydantic", "numba", "scipy", "matplotlib", "rich"}
    assert not heavy & set(run.stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ("report", "run", "--language", "fr"),
        ("bridge", "run", "--language", "fr"),
        ("statement", "run", "A", "--language", "fr"),
        ("capacity", "s.toml", "--language", "fr"),
    ],
)
def test_a_language_is_refused_in_the_same_words_by_every_command(words: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app, list(words))
    assert str(found.exception).startswith("--language 'fr': accepted: zh, en")
