"""A kept result is held to all code and facts of the package that worked it out."""

import shutil
from pathlib import Path

import pytest

import quanthedge
from quanthedge.stages import keyed, stage_key
from quanthedge.stages.code import code_digest
from tests.sample import sample_market


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy") / "quanthedge"
    shutil.copytree(
        Path(quanthedge.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def digest(root: Path) -> str:
    code_digest.cache_clear()
    return code_digest(root)


def test_a_copy_is_the_same_code(copied: Path) -> None:
    assert digest(copied) == code_digest()


@pytest.mark.parametrize(
    "file",
    [
        "operators/kernels/sections.py",  # three imports from the volatility beside a market
        "rules/data/fut_margin.csv",
        "kinds/catalogue.py",
        "factors/catalogue.toml",
    ],
)
def test_a_change_of_any_file_is_another_key(copied: Path, file: str) -> None:
    path = copied / file
    text, before = path.read_bytes(), digest(copied)
    path.write_bytes(text + b"\n")
    assert digest(copied) != before
    path.write_bytes(text)
    assert digest(copied) == before
    moved = path.rename(path.with_name("another" + path.suffix))
    assert digest(copied) != before
    moved.rename(path)


def test_the_key_of_a_stage_is_that_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stage_key("numbers", sample_market(), {})
    assert stage_key("numbers", sample_market(), {}) == before
    monkeypatch.setattr(keyed, "code_digest", lambda: "another")
    assert stage_key("numbers", sample_market(), {}) != before
