"""The page of a judgement: what it says, in both languages, and that it needs nothing else."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quanthedge.batch.judgement import Judgement, judged
from quanthedge.batch.judgement.figures import MOST_LINES
from quanthedge.batch.judgement.page import MOST_ROWS
from quanthedge.errors import DataError, StrategyError
from tests.batch.judgement.made_sweeps import GRID, grid_of, made_sweep


@pytest.fixture(scope="module")
def small() -> Judgement:
    return judged(*made_sweep(grid_of(), 1.0, 2, failed=3), 60)


@pytest.fixture(scope="module")
def large() -> Judgement:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"p.{k}": rng.random(450) for k in range(6)})
    frame.index = pd.Index([f"{i:064x}" for i in range(450)])
    return judged(*made_sweep(frame, 1.0, 2, days=300), 450)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_tells_the_verdict_first_and_loads_nothing(
    small: Judgement, tmp_path: Path, language: str
) -> None:
    text = small.report(tmp_path / "page.html", language).read_text("utf-8")  # type: ignore[arg-type]
    for one in small.verdict.sentences:
        assert one[language] in text
    assert not re.search(r"(src|href)=\"(?!#)", text)
    assert "url(http" not in text
    assert "<40> &" not in text  # names from runs are escaped
    assert "&lt;40&gt; &amp; no more" in text
    chinese = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.S)
    assert bool(re.search("[\u4e00-\u9fff]", chinese)) == (language == "zh")


def test_every_pair_of_parameters_has_a_heat_map_and_the_best_is_framed(
    small: Judgement, tmp_path: Path
) -> None:
    text = small.report(tmp_path / "page.html", "en").read_text("utf-8")
    assert text.count('<table class="heat">') == 3
    assert text.count('class="framed"') == 3
    assert text.count("<tr data-run=") == 45
    lines = set(re.findall(r'<polyline class="run[^"]*" data-run="(\d+)"', text))
    assert lines == {str(i) for i in range(45)}


def test_a_large_sweep_says_what_is_cut(large: Judgement, tmp_path: Path) -> None:
    text = large.report(tmp_path / "page.html", "en").read_text("utf-8")
    assert text.count("<tr data-run=") == MOST_ROWS
    assert f"The first {MOST_ROWS} of 450 runs; the CSV file beside the page has all." in text
    assert f"{MOST_LINES} of 450 runs are drawn" in text
    assert text.count('<table class="heat">') == 6  # of the four that matter most
    assert "the sample has no grid" in text
    whole = pd.read_csv(large.report(tmp_path / "all.csv"))
    assert len(whole) == 450
    assert whole["rank"].notna().all()


def test_the_table_has_what_differs_and_every_figure(small: Judgement, tmp_path: Path) -> None:
    whole = pd.read_csv(small.report(tmp_path / "all.csv"))
    needed = {*GRID, "sharpe_net", "turnover", "deflated", "plateau", "neighbours_worst", "reason"}
    assert needed <= set(whole)


def test_one_parameter_and_no_parameter_make_a_page(tmp_path: Path) -> None:
    for width, count in ((1, 4), (0, 1)):
        frame = grid_of({"hedge.ratio": [0.8, 0.9, 1.0, 1.1]}).iloc[:count]
        found = judged(*made_sweep(frame, 1.0, 1), 10)
        text = found.report(tmp_path / f"{width}.html", "zh").read_text("utf-8")
        assert 'class="heat"' not in text
        assert ('id="effects"' in text) == bool(width)


def test_other_endings_and_languages_are_refused(small: Judgement, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"accepted: \.html, \.csv"):
        small.report(tmp_path / "page.pdf")
    with pytest.raises(StrategyError, match="accepted: en, zh"):
        small.report(tmp_path / "page.html", "fr")  # type: ignore[arg-type]


def test_runs_of_different_strategies_show_the_parameters_that_matter_most(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"p.{k}": rng.random(20) for k in range(13)})
    frame.index = pd.Index([f"{i:064x}" for i in range(20)])
    text = judged(*made_sweep(frame, 1.0, 2, days=300), 20).report(tmp_path / "page.html", "en")
    page = text.read_text("utf-8")
    assert "and 3 more" in page
    head = re.search(r'id="runs".*?</thead>', page, re.S)
    assert head is not None
    assert len(set(re.findall(r"p\.\d+", head[0]))) == 10
