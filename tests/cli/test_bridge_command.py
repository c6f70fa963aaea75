"""`quanthedge bridge`: the table, the file and the figure of any period of a run."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.errors import QuantHedgeError
from quanthedge.performance import Bridge
from quanthedge.report.texts import words
from tests.sample import sample_result


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return sample_result().to_parquet(tmp_path_factory.mktemp("bridge") / "run")


def said(*options: str) -> str:
    done = CliRunner().invoke(app, ["bridge", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_months_as_table_file_and_figure(folder: Path, tmp_path: Path) -> None:
    out, figure = tmp_path / "b.csv", tmp_path / "b.png"
    span = ("--start", "2015-01-01", "--end", "2015-03-31")
    text = said(
        str(folder), *span, "--by", "month", "--out", str(out), "--figure", str(figure),
        "--language", "en",
    )  # fmt: skip
    expected = Bridge(sample_result()).yuan("month", "2015-01-01", "2015-03-31")
    found = pd.read_csv(io.StringIO(out.read_text(encoding="utf-8-sig")), index_col="date")
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-12, atol=1e-9)
    assert list(found.columns) == list(expected.columns)
    row = next(line for line in text.splitlines() if line.strip().startswith("Alpha"))
    assert row.split()[-3:] == [f"{value:,.0f}" for value in expected["alpha"]]
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_the_investor_s_view_in_chinese(folder: Path, tmp_path: Path) -> None:
    out, figure = tmp_path / "b.csv", tmp_path / "b.svg"
    text = said(
        str(folder), "--investor", "--out", str(out), "--figure", str(figure), "--language", "zh"
    )
    names = words("zh")["lines"]
    total = Bridge(sample_result()).returns().iloc[0]
    assert f"{total['return']:.3%}" in text
    found = pd.read_csv(out, encoding="utf-8-sig").iloc[0]
    assert found[names["return"]] == pytest.approx(total["return"])
    assert found[names["performance_fee"]] == pytest.approx(total["performance_fee"])
    assert b"<svg" in figure.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "decade"), "accepted: day, week, month, year, whole"),
        (("--figure", "a.jpg"), "accepted: .png, .svg"),
        (("--language", "fr"), "accepted: zh, en"),
        (("--start", "2030-01-01"), "no trading day of the run"),
    ],
)
def test_what_is_not_known_is_refused(folder: Path, options: tuple[str, ...], message: str) -> None:
    with pytest.raises(QuantHedgeError, match=message):
        said(str(folder), *options)


def test_the_waterfall_ends_at_the_total() -> None:
    run = sample_result()
    for investor, total in (
        (False, Bridge(run).yuan().iloc[0]["equity_change"] / 1e4),
        (True, Bridge(run).returns().iloc[0]["return"]),
    ):
        bars = run.plot_bridge(investor=investor, language="zh").data[0]
        assert bars.x[-1] == pytest.approx(total, abs=0.01)
        assert sum(bars.x[:-1]) == pytest.approx(total, rel=2e-3)
        assert list(bars.measure) == ["relative"] * (len(bars.x) - 1) + ["total"]
