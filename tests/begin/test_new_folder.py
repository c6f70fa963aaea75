"""A new folder runs as it stands, speaks the language asked for, replaces nothing."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import quanthedge as qh
from quanthedge.begin import new_folder
from quanthedge.errors import StrategyError
from tests.cli.inside import inside

CHINESE = re.compile("[\u3400-\u9fff]")
LANGUAGES = ("en", "zh")


@pytest.fixture(params=LANGUAGES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    new_folder(tmp_path / "my_fund", request.param)
    return tmp_path / "my_fund"


def commands(readme: Path) -> list[str]:
    """Return the commands that a page shows."""
    lines = readme.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    ")]


def cells(folder: Path) -> list[str]:
    """Return the code of a folder's notebook."""
    import nbformat

    book = nbformat.read(folder / "first_steps.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def test_nothing_is_left_to_fill_in(folder: Path) -> None:
    for file in folder.iterdir():
        assert not re.search(r"@[A-Z_]+@", file.read_text(encoding="utf-8")), file.name


def test_the_strategy_loads_with_its_own_factor_and_carries_the_folders_name(folder: Path) -> None:
    strategy = qh.load_strategy(folder / "strategy.toml")
    assert strategy.name == "my_fund"
    assert "daily_range" in type(strategy.factors[0].factor).__name__
    assert sum(strategy.clients.founders.values()) == pytest.approx(1)  # type: ignore[union-attr]


def test_the_notebook_is_valid_and_has_the_code_of_its_text(folder: Path) -> None:
    import nbformat

    nbformat.validate(nbformat.read(folder / "first_steps.ipynb", as_version=4))  # type: ignore[no-untyped-call]
    text = ast.parse((folder / "first_steps.py").read_text(encoding="utf-8"))
    assert ast.dump(text) == ast.dump(ast.parse("\n".join(cells(folder))))


def test_both_languages_have_the_same_steps(tmp_path: Path) -> None:
    english, chinese = (tmp_path / language for language in LANGUAGES)
    for place, language in zip((english, chinese), LANGUAGES, strict=True):
        new_folder(place, language)
    assert commands(english / "README.md") == [
        line.replace("language zh", "language en").replace("客户甲", "Client A")
        for line in commands(chinese / "README.md")
    ]
    assert cells(english) == [
        cell.replace('language="zh"', 'language="en"') for cell in cells(chinese)
    ]
    for file in english.iterdir():
        text = file.read_text(encoding="utf-8").replace("日内振幅", "")  # a name has both
        assert not CHINESE.search(text), file.name
        assert CHINESE.search((chinese / file.name).read_text(encoding="utf-8")), file.name


def test_a_name_that_toml_has_to_quote_is_quoted(tmp_path: Path) -> None:
    name = 'my "market neutral" 基金'
    new_folder(tmp_path / name)
    assert qh.load_strategy(tmp_path / name / "strategy.toml").name == name


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StrategyError, match=r"not empty; accepted: a new or an empty folder"):
        new_folder(tmp_path)
    with pytest.raises(StrategyError, match="not empty"):
        new_folder(tmp_path / "mine.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert {file.parent for file in new_folder(tmp_path)} == {tmp_path}


def test_the_command_writes_in_the_language_asked_for_or_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "zh")
    done = inside("new", tmp_path / "a")
    assert done.returncode == 0
    assert "--language zh" in done.stdout
    assert CHINESE.search((tmp_path / "a" / "README.md").read_text(encoding="utf-8"))
    assert inside("new", tmp_path / "b", "--language", "en").returncode == 0
    assert not CHINESE.search((tmp_path / "b" / "README.md").read_text(encoding="utf-8"))
    refused = inside("new", tmp_path / "b")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1


def test_every_step_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All commands of the page one after the other: the first run and Python's as processes."""
    folder = tmp_path / "my_fund"
    new_folder(folder, "zh")
    env = os.environ | {"PYTHONPATH": str(Path(qh.__file__).parents[1])}
    steps = [shlex.split(line) for line in commands(folder / "README.md")]
    run = steps[1]
    second = [*run[:-1], "runs/second", "--set", "selector.n=20"]  # the reader's own change
    steps.insert(len(steps) - 1, second)
    monkeypatch.chdir(folder)
    for words in steps:
        if words[0] == "python" or words is run:
            done = subprocess.run(
                [sys.executable, "-m", *(words[2:] if words[0] == "python" else words)],
                check=False, cwd=folder, env=env, capture_output=True, encoding="utf-8",
            )  # fmt: skip
        else:
            done = inside(*words[1:])
        assert done.returncode == 0, f"{words}\n{done.stdout[-500:]}{done.stderr[-2000:]}"
    assert (folder / "runs" / "first" / "report_zh.html").stat().st_size > 100_000


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_folder(tmp_path / "fund")
    monkeypatch.chdir(tmp_path / "fund")
    spoken: dict[str, object] = {}
    for cell in cells(tmp_path / "fund"):
        exec(compile(cell, "cell", "exec"), spoken)
    assert (tmp_path / "fund" / "report.html").stat().st_size > 100_000
