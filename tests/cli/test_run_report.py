"""`run --report`: the report that `report` writes of the folder, in one go."""

import subprocess
import sys
from pathlib import Path

import pytest

from quanthedge.cli import shelf
from quanthedge.errors import DataError
from tests.cli.inside import inside
from tests.sample import SAMPLE

START, END = "2015-05-04", "2015-06-30"


@pytest.fixture(scope="module")
def strategy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (SAMPLE.parents[1] / "strategies" / "market_neutral.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("strategy") / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(strategy: Path, out: Path | None, *more: str) -> tuple[int, str, str]:
    words = ["run", strategy, "--market", SAMPLE, "--start", START, "--end", END, "--quiet"]
    words += ["--set", "selector.n=20"] + ([] if out is None else ["--out", out])
    done = inside(*words, *more)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_the_report_of_a_run_is_that_of_its_folder_byte_for_byte(
    strategy: Path, tmp_path: Path
) -> None:
    out, apart = tmp_path / "run", tmp_path / "apart"
    code, said, errors = run(strategy, out, "--report", "zh,en", "--format", "html,json")
    assert code == 0, errors
    names = [f"report_{tongue}.{kind}" for tongue in ("zh", "en") for kind in ("html", "json")]
    assert said.count("\n") == 1  # one line, which names what was written
    assert f"wrote {out}" in said
    words = ("--language", "zh,en", "--format", "html,json")
    assert inside("report", out, "--out", apart, *words).returncode == 0
    for name in names:
        assert (out / name).read_bytes() == (apart / name).read_bytes(), name
    # a run that is there is not run again, and its report is left alone where it is the same
    written = (out / "report_zh.html").stat().st_mtime_ns
    code, _, beside = run(strategy, out, "--report", "zh")
    assert code == 0
    assert beside.startswith(f"already there: {out} holds this run")
    assert (out / "report_zh.html").stat().st_mtime_ns == written


def test_the_documents_of_the_run_before_may_go_but_for_edited_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, earlier = tmp_path / "report_zh.html", "a" * 64
    monkeypatch.setattr(shelf, "_run", lambda _: earlier)
    shelf.Shelf(run=tmp_path).write(page, "one", "report")
    monkeypatch.setattr(shelf, "_run", lambda _: "b" * 64)
    with pytest.raises(DataError, match="another report is there"):
        shelf.Shelf(run=tmp_path).write(page, "two", "report")
    shelf.Shelf(run=tmp_path, before=earlier).write(page, "two", "report")
    assert page.read_text() == "two"
    page.write_text("edited")
    with pytest.raises(DataError, match="another report is there"):
        shelf.Shelf(run=tmp_path, before=earlier).write(page, "three", "report")
    assert page.read_text() == "edited"


def test_a_report_needs_a_folder_and_words_that_are_known(strategy: Path, tmp_path: Path) -> None:
    assert "--report: needs --out" in run(strategy, None, "--report", "zh")[2]
    assert "--report 'fr': accepted: zh, en" in run(strategy, tmp_path / "a", "--report", "fr")[2]
    wrong = run(strategy, tmp_path / "a", "--report", "zh", "--format", "doc")[2]
    assert "--format 'doc': accepted: html, pdf" in wrong
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_a_report_of_a_folder_loads_no_compiler(strategy: Path, tmp_path: Path) -> None:
    code, _, errors = run(strategy, tmp_path / "run")
    assert code == 0, errors
    script = (
        "import sys, quanthedge as qh; "
        "page = qh.Result.open(sys.argv[1]).report(sys.argv[1] + '/page.html', 'zh'); "
        "print(page.exists(), 'numba' in sys.modules, 'sklearn' in sys.modules)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "run")]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert told.split() == ["True", "False", "False"]
