"""A folder of kept results is filled by runs, shown, trimmed, and nothing else is touched."""

from pathlib import Path

import pytest

from quanthedge.stages import keep_stages
from quanthedge.stages.keyed import forget_stages
from tests.cli.inside import inside
from tests.sample import SAMPLE


def outcome(words: list[str]) -> tuple[int, str, str]:
    done = inside(*words)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(autouse=True)
def _no_folder():
    yield
    keep_stages(None)


def test_a_run_fills_the_cache_that_the_command_shows_and_trims(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    words = ["run", "strategies/market_neutral.toml", "--market", str(SAMPLE), "--quiet",
             "--set", "selector.n=20", "--start", "2014-09-17", "--end", "2014-12-31",
             "--cache", str(folder)]  # fmt: skip
    code, first, _ = outcome(words)
    assert code == 0
    forget_stages()
    code, again, _ = outcome(words)
    assert code == 0
    assert first.split(",")[:-1] == again.split(",")[:-1]  # all but the seconds
    code, shown, _ = outcome(["cache", str(folder)])
    assert code == 0
    assert "betas" in shown
    assert "4 results" in shown
    code, shown, _ = outcome(["cache", str(folder), "--limit", "100kb"])
    assert code == 0
    assert "were taken away" in shown
    code, shown, _ = outcome(["cache", str(folder), "--clear"])
    assert "0 results, 0.0 MB" in shown


def test_a_wrong_limit_and_a_folder_of_something_else_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    for words in (["cache", str(tmp_path)], ["cache", str(tmp_path / "new"), "--limit", "much"]):
        code, _, said = outcome(words)
        assert code == 2
        assert len(said.strip().splitlines()) == 1
    assert (tmp_path / "letter.txt").exists()
