"""The capacity table in a sentence, a figure, a file and a chapter of the report."""

import json
import math

import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli import capacity as command
from quanthedge.cli.app import app
from quanthedge.errors import DataError, StrategyError
from quanthedge.report import capacity_answer
from quanthedge.report.capacity import capacity_limits, capacity_spec, read_capacity, shown_size
from quanthedge.report.chapters import build_chapters
from quanthedge.report.drawing import draw
from quanthedge.report.formats import write_reports
from quanthedge.report.writer import Writer
from quanthedge.studies.capacity import capacity_curve
from tests.sample import NEUTRAL, SAMPLE, sample_market, sample_result, small_strategy


def table(net, share=(0.01, 0.05, 0.2), hurdle=math.nan, limit=0.10):
    """Return the columns that the answer reads, for three sizes."""
    return pd.DataFrame(
        {"net": net, "open_interest_share_most": share, "reason": "", "hurdle": hurdle,
         "open_interest_limit": limit},
        index=pd.Index([1e8, 1e9, 1e10], name="size_yuan"),
    )  # fmt: skip


def test_sizes_between_two_runs_are_interpolated_in_the_logarithm() -> None:
    net, short = capacity_limits(table((0.20, 0.15, 0.05)))
    # half of 20%: midway from 15% to 5% lies the middle of 1e9 and 1e10 in logarithms
    assert (net.level, net.state) == (0.10, "between")
    assert net.size_yuan == pytest.approx(1e9 * 10**0.5)
    # 10% is a third of the way from 5% to 20%
    assert short.size_yuan == pytest.approx(1e9 * 10 ** (1 / 3))


def test_limits_not_reached_reached_at_once_and_not_known_are_told_apart() -> None:
    assert capacity_limits(table((0.20, 0.19, 0.18)))[0].state == "none"
    assert capacity_limits(table((0.20, 0.19, 0.18), hurdle=0.3))[0].state == "first"
    assert capacity_limits(table((0.20, 0.19, 0.07), hurdle=0.08))[0].state == "between"
    assert capacity_limits(table((-0.01, -0.02, -0.03)))[0].state == "unknown"
    assert capacity_limits(table((0.2,) * 3, share=(math.nan,) * 3))[1].state == "unknown"
    assert capacity_limits(table((0.2,) * 3, limit=0.5))[1].state == "none"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("net", [(0.2, 0.15, 0.05), (0.2, 0.19, 0.18), (-0.1, -0.2, -0.3)])
@pytest.mark.parametrize("hurdle", [math.nan, 0.12, 0.5])
def test_the_answer_is_one_sentence_in_both_languages(language, net, hurdle) -> None:
    sentence = capacity_answer(table(net, hurdle=hurdle), language)
    assert "{" not in sentence
    assert sentence.endswith("." if language == "en" else "。")


def test_the_answer_names_level_and_size() -> None:
    assert capacity_answer(table((0.20, 0.15, 0.05)), "en") == (
        "With the impact of size paid in the ledger, net return falls below 10.0% a year (half of "
        "what the smallest size brings) at about 3,160 million yuan; the short exceeds 10.0% of a "
        "contract's open interest on its largest day at about 2,150 million yuan."
    )
    assert "规模约 31.6 亿元时，费后年化收益降至 10.0% 以下" in capacity_answer(
        table((0.20, 0.15, 0.05)), "zh"
    )


def test_sizes_are_shown_to_three_digits() -> None:
    assert [shown_size(size, "en") for size in (7.794e5, 5e7, 1.0804e9, 5e9)] == [
        "0.779", "50", "1,080", "5,000",
    ]  # fmt: skip
    assert [shown_size(size, "zh") for size in (5e7, 1.0804e9)] == ["0.5", "10.8"]


@pytest.fixture(scope="module")
def curve():
    return capacity_curve(
        small_strategy(), sample_market(), "2014-09-17", "2014-11-28", sizes=(2e4, 5e7, 1e9)
    )


@pytest.fixture(scope="module")
def file(curve, tmp_path_factory):
    path = tmp_path_factory.mktemp("capacity") / "capacity.csv"
    path.write_text(curve.to_csv(), encoding="utf-8")
    return path


def test_the_figure_has_two_panels_that_share_the_sizes(curve) -> None:
    spec = capacity_spec(curve, "zh")
    assert spec["layout"]["xaxis"]["ticktext"] == ["0.5", "10"]
    assert [line["name"] for line in spec["data"] if line["yaxis"] == "y"][-1] == "费后"
    upper, lower = draw(spec).axes
    assert (len(upper.lines), len(lower.lines)) == (6, 5)  # lines, and marks apart
    assert upper.get_xlabel() == ""
    assert lower.get_xlabel() == "基金规模（亿元）"


def test_a_file_reads_back_as_the_table(curve, file) -> None:
    read = read_capacity(file)
    pd.testing.assert_frame_equal(read, pd.DataFrame(curve), check_dtype=False, rtol=1e-12)
    assert capacity_answer(read, "en") == capacity_answer(curve, "en")


def test_other_files_are_refused(tmp_path, curve) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_capacity(tmp_path / "none.csv")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no column size_yuan"):
        read_capacity(other)
    curve.astype({"net": object}).replace({"net": {curve["net"].iloc[-1]: "much"}}).to_csv(other)
    with pytest.raises(DataError, match="not a number"):
        read_capacity(other)
    curve[curve["reason"] != ""].to_csv(other)
    with pytest.raises(DataError, match="none of the sizes"):
        read_capacity(other)
    curve.assign(strategy="Another").to_csv(other)
    with pytest.raises(DataError, match="made with strategy 'Another'"):
        sample_result().with_capacity(other)
    result = sample_result()
    changed = result.strategy.change("selector.n=29")
    with pytest.raises(DataError, match="made with parameters"):
        result.changed(strategy=changed).with_capacity(curve)
    larger = result.changed(strategy=result.strategy.change(capital_yuan=3e8))
    assert larger.with_capacity(curve).capacity is curve


def test_the_report_has_the_chapter_only_with_a_table(file) -> None:
    plain = [chapter.id for chapter in build_chapters(Writer(sample_result(), "en"))]
    assert "capacity" not in plain
    run = sample_result().with_capacity(file)
    for language in ("en", "zh"):
        chapters = build_chapters(Writer(run, language, capacity=run.capacity))
        (chapter,) = [one for one in chapters if one.id == "capacity"]
        assert [one.id for one in chapters if one.id != "capacity"] == plain
        texts, figure, measures, method = chapter.blocks
        assert texts.items[0] == capacity_answer(read_capacity(file), language)
        assert len(texts.items) == 3  # answer, smallest hedge, the size without a run
        assert [len(row) for row in measures.rows] == [3] * len(measures.rows)
        assert not any("{" in line for line in [*method.items, measures.caption, figure.caption])


def test_every_format_shows_the_chapter(file, tmp_path) -> None:
    answer = capacity_answer(read_capacity(file), "zh")
    page = sample_result().report(tmp_path / "report.html", "zh", capacity=file)
    run = sample_result().with_capacity(file)
    kinds = ["html", "json", "xlsx", "pdf"]
    paths = list(write_reports(run, tmp_path / "all", kinds, "zh", capacity=run.capacity))
    assert all(path.stat().st_size > 10_000 for path in paths)
    for one in (page, paths[0]):
        assert answer in one.read_text(encoding="utf-8")
    numbers = json.loads(paths[1].read_text(encoding="utf-8"))
    assert "table-capacity-table" in numbers["tables"]
    assert "figure-capacity" in numbers["figures"]


def test_the_command_writes_table_and_figure_and_prints_the_answer(tmp_path) -> None:
    out = tmp_path / "capacity.csv"
    asked = [
        "capacity", str(NEUTRAL), "--market", str(SAMPLE), "--set", "selector.n=30", "--start",
        "2014-09-17", "--end", "2014-10-31", "--sizes", "5e7,1e9", "--coefficient", "0.5",
        "--hurdle", "0.05", "--language", "en", "--out", str(out),
    ]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    read = read_capacity(out)
    assert read["coefficient"].tolist() == [0.5, 0.5]
    assert read["hurdle"].tolist() == [0.05, 0.05]
    assert capacity_answer(read, "en") in " ".join(done.output.split())
    assert "2/2" in done.output
    assert out.with_suffix(".png").stat().st_size > 10_000


def test_the_command_refuses_what_it_cannot_use(tmp_path) -> None:
    with pytest.raises(StrategyError, match="--language 'fr'"):
        command.command(NEUTRAL, SAMPLE, language="fr")
    with pytest.raises(StrategyError, match=r"ends in \.csv"):
        command.command(NEUTRAL, SAMPLE, out=tmp_path / "a.txt")
    with pytest.raises(StrategyError, match="--sizes 'many'"):
        command.command(NEUTRAL, SAMPLE, sizes="many")
