"""A table of scores does in a strategy, a stage and a run folder what a factor of ours does."""

import json
import pickle
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import DataError, StrategyError, StrategyWarning
from quanthedge.factors import Reversal, factor_name, panel
from quanthedge.record import RunFolder
from quanthedge.stages.keyed import stage_key
from quanthedge.strategy import Strategy, load_strategy
from tests.cli.inside import inside
from tests.sample import START, sample_market
from tests.signals.small import long_scores

END = "2015-01-30"
SPAN = ("--market", "data/sample", "--start", START, "--end", END, "--quiet")


@pytest.fixture(scope="module")
def scores():
    """A month's total return of every stock, each day, as Qlib spells codes."""
    market = sample_market()
    frame = pd.DataFrame(
        Reversal().exposure(market), index=pd.DatetimeIndex(market.dates), columns=market.codes
    )
    return frame.rename(columns=lambda code: code[-2:] + code[:6])


def held(factor):
    return Strategy(name="mine", factors=[factor], selector={"n": 30})


@pytest.fixture(scope="module")
def run(scores):
    signal = qh.signal_from(scores, name="last month", name_zh="上月收益", sign=-1)
    return qh.backtest(held(signal), sample_market(), START, END)


def test_scores_of_a_factor_make_the_run_that_the_factor_makes(run):
    ours = qh.backtest(held(Reversal()), sample_market(), START, END)
    pd.testing.assert_frame_equal(run.ledger, ours.ledger)
    pd.testing.assert_frame_equal(run.targets, ours.targets)
    assert run.coverage["factor"].unique().tolist() == ["last month"]


def test_a_run_says_what_it_was_given(run):
    given = next(note for note in run.notes if note["kind"] == "table_given")
    digest = run.strategy.factors[0].factor.digest
    assert f"last month, {len(run.strategy.factors[0].factor.scores):,} rows" in given["en"]
    assert digest[:12] in given["en"]
    assert digest[:12] in given["zh"]
    assert factor_name(run.strategy.factors[0].factor, "zh") == "上月收益（自有评分）"


def test_a_run_tells_unknown_codes_closed_days_gaps_and_old_scores(scores):
    months = (
        scores[scores.index.is_month_end]
        .assign(AAPL=1.0)
        .drop(scores.index[450:650], errors="ignore")
    )
    saturday = pd.Timestamp("2014-11-08")
    months.loc[saturday] = scores.loc["2014-11-07"]
    signal = qh.signal_from(months.sort_index(), max_age_days=250)
    told = {n["kind"]: n for n in qh.backtest(held(signal), sample_market(), START, END).notes}
    assert "1 (AAPL)" in told["table_unknown"]["en"]
    assert (
        "1 (2014-11-08); they count with the close of the next trading day"
        in (told["table_closed"]["en"])
    )
    assert "后一交易日收盘计" in told["table_closed"]["zh"]
    assert "of 5" in told["table_stale"]["en"]
    assert "Longest time without new rows" in told["table_gap"]["en"]


def test_without_a_start_a_run_begins_when_the_scores_do(scores):
    late = scores[scores.index >= "2015-06-01"]
    run = qh.backtest(held(qh.signal_from(late)), sample_market(), None, "2015-07-31")
    assert run.market_info["start"] == str(sample_market().dates[
        sample_market().day(f"{late.index[0]:%Y-%m-%d}") + 1])  # fmt: skip
    with pytest.raises(StrategyError, match="defined for no stock of the universe on 2014-09-16"):
        qh.backtest(held(qh.signal_from(late)), sample_market(), START, END)


def signal_of(strategy):
    return strategy.factors[0].factor


def test_another_table_is_another_key_of_a_stage(scores):
    def key(factor):
        return stage_key("selection", sample_market(), {"factors": held(factor).factors})

    signal = qh.signal_from(scores)
    other = scores.copy()
    other.iloc[500, 50] += 1e-9
    assert key(signal) == key(qh.signal_from(scores.iloc[::-1]))
    assert len({key(signal), key(qh.signal_from(other)), key(qh.signal_from(scores, sign=-1))}) == 3


def test_a_strategy_is_changed_copied_and_sent_with_its_table(scores):
    strategy = held(qh.signal_from(scores, name="mine"))
    changed = strategy.change("selector.n=20", {"factors.0.factor.sign": -1})
    other = Strategy(name="other", factors=[Reversal()]).change({"factors": [signal_of(strategy)]})
    assert other.factors == strategy.factors
    for one in (changed, pickle.loads(pickle.dumps(changed)), changed.model_copy(deep=True)):
        assert one == changed
        assert len(one.factors[0].factor.scores) == len(strategy.factors[0].factor.scores)
    assert changed.factors[0].factor.sign == -1
    assert changed.selector.n == 20


def test_a_panel_of_factors_holds_a_table_beside_ours(scores):
    found = panel(sample_market(), [qh.signal_from(scores), Reversal()], np.array([300, 400]))
    assert np.array_equal(found.values[:, :, 0], found.values[:, :, 1], equal_nan=True)


def test_two_tables_in_one_strategy_are_told_apart(scores):
    terms = [qh.signal_from(scores, name="a"), qh.signal_from(-scores, name="b", sign=-1)]
    strategy = Strategy(name="two", factors=terms, selector={"n": 30})
    run = qh.backtest(strategy, sample_market(), START, END)
    assert sorted(run.coverage["factor"].unique()) == ["a", "b"]
    assert len(run.own_tables) == 2


# -- from TOML, into a run folder and out of it


@pytest.fixture
def toml(tmp_path, scores):
    scores.to_parquet(tmp_path / "scores.parquet")
    text = (
        'name = "from a file"\n[selector]\nn = 30\n[[factors]]\nfactor.kind = "signal"\n'
        'factor.file = "scores.parquet"\nfactor.sign = -1\nfactor.name = "last month"\n'
        'factor.name_zh = "上月收益"\n'
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    return tmp_path / "mine.toml"


def test_a_file_named_in_toml_is_read_beside_it_and_makes_the_same_run(toml, run):
    strategy = load_strategy(toml)
    factor = strategy.factors[0].factor
    assert factor.digest == run.strategy.factors[0].factor.digest
    assert factor.file == "scores.parquet"
    again = qh.backtest(strategy, sample_market(), START, END)
    pd.testing.assert_frame_equal(again.ledger, run.ledger)


def folder_bytes(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_run_folder_is_run_again_to_the_same_bytes_without_the_file(toml, tmp_path):
    first, second = tmp_path / "runs" / "first", tmp_path / "runs" / "second"
    made = inside("run", toml, *SPAN, "--out", first)
    assert made.returncode == 0, made.stderr
    (tmp_path / "scores.parquet").unlink()
    again = inside("run", first / "strategy.json", *SPAN, "--out", second)
    assert again.returncode == 0, again.stderr
    assert folder_bytes(first) == folder_bytes(second)
    assert [name for name in folder_bytes(first) if name.startswith("signals/")]
    assert "already there" in inside("run", first / "strategy.json", *SPAN, "--out", first).stderr


def test_a_moved_folder_of_a_frame_is_run_again_and_opened_without_reading_scores(run, tmp_path):
    run.to_parquet(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    opened = qh.Result.open(tmp_path / "b")
    opened.to_parquet(tmp_path / "c")
    assert opened.own_tables == run.own_tables == qh.Result.open(tmp_path / "c").own_tables
    strategy = load_strategy(tmp_path / "b" / "strategy.json")
    pd.testing.assert_frame_equal(
        qh.backtest(strategy, sample_market(), START, END).ledger, run.ledger
    )
    assert opened.strategy.loaded(tmp_path / "b") == strategy


def test_kept_scores_that_were_changed_are_said_to_be(toml, tmp_path, scores):
    folder = tmp_path / "run"
    assert inside("run", toml, *SPAN, "--out", folder).returncode == 0
    kept = next((folder / "signals").iterdir())
    long_scores(scores * 2.0).reset_index().to_parquet(kept)
    with pytest.warns(StrategyWarning, match=r"is not as the strategy states it \(sha256 of its"):
        load_strategy(folder / "strategy.json")
    with pytest.raises(DataError, match="changed since it was written"):
        RunFolder(folder).read()


def test_a_file_that_was_changed_is_another_run(toml, tmp_path, scores):
    folder = tmp_path / "run"
    assert inside("run", toml, *SPAN, "--out", folder).returncode == 0
    (scores * 2.0).to_parquet(tmp_path / "scores.parquet")
    refused = inside("run", toml, *SPAN, "--out", folder)
    assert refused.returncode == 2
    assert "holds another run (factors.0.factor.digest" in refused.stderr


def test_the_strategy_of_a_run_takes_another_file_where_one_is_set(toml, tmp_path, scores):
    folder = tmp_path / "run"
    assert inside("run", toml, *SPAN, "--out", folder).returncode == 0
    (scores * 2.0).to_csv(folder / "other.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StrategyWarning)
        other = load_strategy(folder / "strategy.json", ["factors.0.factor.file=other.csv"])
    kept = load_strategy(folder / "strategy.json")
    assert other.factors[0].factor.digest != kept.factors[0].factor.digest


def test_a_missing_file_and_a_missing_frame_are_one_line(toml, tmp_path, run):
    (tmp_path / "scores.parquet").unlink()
    with pytest.raises(DataError, match=r"signal last month: no file .*scores\.parquet"):
        load_strategy(toml)
    plain = json.loads(run.strategy.model_dump_json())
    plain["factors"][0]["factor"]["digest"] = "0" * 64
    (tmp_path / "alone.json").write_text(json.dumps(plain))
    with pytest.raises(DataError, match="its rows were given as a frame, and"):
        load_strategy(tmp_path / "alone.json")
    with pytest.raises(DataError, match="are not at hand"):
        qh.backtest(Strategy.model_validate(plain), sample_market(), START, END)
    with pytest.raises(StrategyError, match="signal without a table: give a file"):
        Strategy(name="x", factors=[{"factor": {"kind": "signal"}}])


def test_a_file_is_found_in_the_working_folder_from_python(toml, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    part = {"kind": "signal", "file": "scores.parquet", "sign": -1}
    again = qh.backtest(held({"factor": part}), sample_market(), START, END)
    pd.testing.assert_frame_equal(again.ledger, run.ledger)
    assert again.strategy.factors[0].factor.digest == run.strategy.factors[0].factor.digest
