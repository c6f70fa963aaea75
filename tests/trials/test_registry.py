"""The registry counts what was tried on overlapping data, and stops nothing."""

import contextlib
import logging
import multiprocessing
import shutil
import sqlite3
from pathlib import Path

import pytest

from quanthedge import trials
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.trials import Catalogue, Trial, count, digest, known, overlapping, record
from quanthedge.trials.registry import _SAID
from tests.cli.inside import inside
from tests.sample import SAMPLE, sample_market, small_strategy

DAYS = ("2015-07-01", "2015-07-10")


class Data:
    """What the registry asks of a market."""

    def __init__(self, name: str = "data", fingerprint: str = "aa", altered: bool = False) -> None:
        self.name, self.fingerprint, self.is_altered = name, fingerprint, altered
        self.dates = sample_market().dates


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "trials"))
    _SAID.clear()
    return tmp_path / "trials"


def tried(number: int, p: float | None = None) -> Trial:
    return Trial("evaluation", f"factor {number}", digest(number), p)


def test_the_same_again_counts_once_and_another_counts(registry) -> None:
    data = Data()
    assert count(data, "2015-01-01", "2015-06-30") == 0
    for numbers in ((1, 2), (2, 3, 3)):
        assert record(data, "2015-01-01", "2015-06-30", [tried(one) for one in numbers])
    assert count(data, "2015-01-01", "2015-06-30") == 3
    record(data, "2015-01-01", "2015-07-31", [tried(1)])  # other days: another look
    assert count(data, "2015-01-01", "2015-06-30") == 4


def test_only_trials_whose_days_and_data_overlap_count(registry) -> None:
    record(Data(), "2015-01-01", "2015-06-30", [tried(1)])
    assert count(Data(), "2015-06-30", "2016-01-01") == 1
    assert count(Data(), "2015-07-01", "2016-01-01") == 0
    assert count(Data("another", "bb"), "2015-01-01", "2015-06-30") == 0
    # cut at a day, or updated under the same name, the data are the same
    assert count(Data("copy", "aa@2015-03-01"), "2015-01-01", "2015-06-30") == 1
    assert count(Data("data", "cc"), "2015-01-01", "2015-06-30") == 1


def test_kinds_are_told_apart_and_p_values_come_back(registry) -> None:
    record(Data(), "2015-01-01", "2015-06-30", [tried(1, 0.25), tried(2)])
    record(Data(), "2015-01-01", "2015-06-30", [Trial("backtest", "a fund", digest("fund"))])
    assert count(Data(), "2015-01-01", "2015-06-30", "backtest") == 1
    found = overlapping(Data(), "2015-01-01", "2015-06-30", "evaluation")
    assert found is not None
    assert found["label"].tolist() == ["factor 1", "factor 2"]
    assert found["p"].iloc[0] == 0.25
    assert found["p"].isna().iloc[1]


def test_an_altered_market_leaves_no_trial(registry) -> None:
    assert not record(Data(altered=True), "2015-01-01", "2015-06-30", [tried(1)])
    assert not registry.exists()


def test_off_nothing_is_written_or_counted(registry, monkeypatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", "off")
    assert not record(Data(), "2015-01-01", "2015-06-30", [tried(1)])
    assert count(Data(), "2015-01-01", "2015-06-30") is None
    assert known() is None


def test_a_registry_that_cannot_be_written_says_so_once_and_the_run_goes_on(
    registry, monkeypatch, tmp_path, caplog
) -> None:
    (tmp_path / "a_file").write_text("")
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "a_file"))
    with caplog.at_level(logging.WARNING, "quanthedge.trials"):
        result = backtest(small_strategy(), sample_market(), *DAYS)
        backtest(small_strategy(), sample_market(), *DAYS)
    assert result.trials is None
    assert caplog.text.count("cannot be written") == 1


@pytest.mark.parametrize(
    "content", [b"no catalogue at all" * 99, b"SQLite format 3\0" + bytes(9000)]
)
def test_a_damaged_registry_is_said_once_and_stops_nothing(registry, caplog, content) -> None:
    record(Data(), "2015-01-01", "2015-06-30", [tried(1)])
    (registry / Catalogue.NAME).write_bytes(content)
    with caplog.at_level(logging.WARNING, "quanthedge.trials"):
        for _ in range(2):
            assert not record(Data(), "2015-01-01", "2015-06-30", [tried(2)])
            assert count(Data(), "2015-01-01", "2015-06-30") is None
    assert caplog.text.count("cannot be written") == 1
    assert caplog.text.count("cannot be read") == 1
    assert (registry / Catalogue.NAME).read_bytes() == content


def test_a_file_of_another_program_is_left_as_it_is(registry, caplog) -> None:
    registry.mkdir()
    with contextlib.closing(sqlite3.connect(registry / Catalogue.NAME)) as other, other:
        other.execute("CREATE TABLE letters (text TEXT)")
    content = (registry / Catalogue.NAME).read_bytes()
    with caplog.at_level(logging.WARNING, "quanthedge.trials"):
        assert not record(Data(), "2015-01-01", "2015-06-30", [tried(1)])
    assert "of another program" in caplog.text
    assert (registry / Catalogue.NAME).read_bytes() == content


def _many(first: int) -> None:
    for number in range(first, first + 5):
        record(Data(), "2015-01-01", "2015-06-30", [tried(number)])


@pytest.mark.slow
def test_processes_that_write_together_lose_no_trial(registry) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(_many, [0, 3, 100])
    assert count(Data(), "2015-01-01", "2015-06-30") == 8 + 5


def test_a_run_knows_its_trials_and_the_same_run_gives_the_same_folder(registry, tmp_path) -> None:
    market = sample_market()
    first = backtest(small_strategy(), market, *DAYS)
    assert (first.trials, backtest(small_strategy(), market, *DAYS).trials) == (1, 1)
    renamed = small_strategy("name='another word'")
    assert backtest(renamed, market, *DAYS).trials == 1
    second = backtest(small_strategy("selector.n=20"), market, *DAYS)
    assert second.trials == 2

    folder = first.to_parquet(tmp_path / "run")
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    later = backtest(small_strategy(), market, *DAYS)
    assert later.trials == 2
    later.to_parquet(folder)  # the very run: left as it is
    assert {path.name: path.read_bytes() for path in folder.glob("*.*")} == before
    assert Result.open(folder).trials == 1
    other = later.to_parquet(tmp_path / "other")
    same = {path.name for path in other.glob("*.*") if path.read_bytes() == before[path.name]}
    assert same == set(before) - {"run.json"}


def test_a_folder_of_before_the_registry_is_read(registry, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", "off")
    folder = backtest(small_strategy(), sample_market(), *DAYS).to_parquet(tmp_path / "run")
    assert b"trials" not in (folder / "run.json").read_bytes()
    assert Result.open(folder).trials is None


def test_the_report_deflates_by_the_trials_that_were_known(registry) -> None:
    from quanthedge.report.chapters.risk import tails
    from quanthedge.report.writer import Writer
    from tests.sample import sample_result

    run = sample_result().changed(trials=37)
    for language in ("en", "zh"):
        block = tails(Writer(run, language))[-1]
        assert "37" in block.caption
        assert [row[0].text for row in block.rows] == ["1", "10", "37", "50", "100", "1,000"]


def test_the_command_lists_trials_by_market_and_span(registry) -> None:
    backtest(small_strategy(), sample_market(), *DAYS)
    record(Data("another", "bb"), "2001-01-01", "2001-06-30", [tried(1)])
    everything = inside("trials").stdout
    assert "factor 1" in everything
    assert "2 trials." in everything
    here = inside("trials", SAMPLE, "--start", DAYS[0], "--end", DAYS[1]).stdout
    assert "factor 1" not in here
    assert "1 trials." in here
    assert "0 trials." in inside("trials", SAMPLE, "--start", "2016-01-01").stdout


def test_the_command_says_that_the_registry_is_off(registry, monkeypatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", "off")
    process = inside("trials")
    assert process.returncode == 2
    assert "off or cannot be read" in process.stderr


def test_a_strangers_folder_is_not_touched_beyond_the_catalogue(registry) -> None:
    record(Data(), "2015-01-01", "2015-06-30", [tried(1)])
    assert {path.name for path in registry.iterdir()} == {Catalogue.NAME}
    shutil.rmtree(registry)
    assert trials.count(Data(), "2015-01-01", "2015-06-30") == 0


def test_a_variant_that_may_be_chosen_is_a_trial_and_more_money_is_none(registry) -> None:

    run = backtest(small_strategy(), sample_market(), *DAYS, variants=("long_only", "levered"))
    assert set(run.variants) == {"long_only", "levered"}
    assert run.trials == 2
    found = overlapping(sample_market(), *DAYS)
    assert found["label"].tolist() == [run.strategy.name, f"{run.strategy.name}: long_only"]
    # the variant run as a strategy of its own is the same trial
    assert backtest(small_strategy().variant("long_only"), sample_market(), *DAYS).trials == 2


def test_capacity_and_leverage_leave_no_trial(registry) -> None:
    from quanthedge.studies.capacity import capacity_curve
    from quanthedge.studies.stress import compare_leverage

    capacity_curve(small_strategy(), sample_market(), *DAYS, sizes=[1e8])
    compare_leverage(small_strategy(), sample_market(), *DAYS, gross=(1.0,))
    assert count(sample_market(), *DAYS) == 0
