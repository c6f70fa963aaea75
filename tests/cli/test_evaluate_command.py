"""`quanthedge evaluate`: pages, tables, and one line for what cannot be."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.errors import QuantHedgeError
from tests.evaluation.test_evaluation import score_table
from tests.sample import SAMPLE


def said(*options):
    done = CliRunner().invoke(app, ["evaluate", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_table_of_scores_is_evaluated_beside_factors_of_the_library(tmp_path):
    mine = tmp_path / "mine.csv"
    score_table().to_csv(mine)
    out = tmp_path / "out"
    text = said(
        "turnover", "--signal", str(mine), "--market", str(SAMPLE), "--out", str(out),
        "--universe", "all", "--universe", "largest:60", "--language", "en", "--start",
        "2014-01-01", "--tried", "40",
    )  # fmt: skip
    assert "turnover" in text
    assert "largest:60" in text
    ranking = pd.read_csv(out / "ranking.csv")
    assert len(ranking) == 4
    assert ranking["first"].min() >= "2014-01-01"
    assert (out / "ranking_en.html").is_file()
    assert not (out / "ranking_zh.html").exists()
    assert "40" in (out / "ranking_en.html").read_text(encoding="utf-8")


def test_a_factor_of_a_file_is_evaluated_beside_one_of_the_library(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from quanthedge.factors import factor\n"
        "@factor(family='sentiment', sign=-1, needs=['open', 'close'])\n"
        "def today(d):\n"
        "    return d.close / d.open - 1\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    said(f"{mine}:today", "turnover", "--market", str(SAMPLE), "--out", str(out), "--start",
         "2015-01-01", "--language", "en")  # fmt: skip
    ranking = pd.read_csv(out / "ranking.csv")
    assert len(ranking) == 2
    assert ranking["ic"].notna().all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["nonsense"], "factor 'nonsense'; accepted"),
        (["nowhere.py:mine"], "nowhere.py: no such file"),
        (["turnover", "--universe", "largest:few"], "--universe"),
        (["turnover", "--every", "year"], "--every"),
        (["turnover", "--start", "2015-11-20"], "decisions; accepted"),
        (["turnover", "--hedge", "XX"], "no such futures"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, options, told):
    with pytest.raises(QuantHedgeError, match=told) as problem:
        said(*options, "--market", str(SAMPLE), "--out", str(tmp_path / "out"))
    assert "\n" not in str(problem.value)
    assert not (tmp_path / "out").exists()
