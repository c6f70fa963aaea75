"""A judgement says what is true of sweeps whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.batch.judgement import judged
from quanthedge.batch.judgement.verdict import FEWEST_DAYS
from quanthedge.errors import DataError
from quanthedge.performance import cscv
from quanthedge.performance.deflation import deflated_sharpe
from tests.batch.judgement.made_sweeps import grid_of, made_sweep


def test_noise_is_not_believed() -> None:
    beliefs = []
    for seed in range(40):
        runs, returns = made_sweep(grid_of(), 0.0, seed)
        beliefs.append(judged(runs, returns, 48).verdict.belief)
    assert beliefs.count("no") >= 34
    assert beliefs.count("yes") <= 1


def test_an_edge_that_all_neighbours_share_is_believed() -> None:
    beliefs = []
    for seed in range(20):
        runs, returns = made_sweep(grid_of(), 2.5, seed, days=1250, common=0.9)
        beliefs.append(judged(runs, returns, 48).verdict.belief)
    assert beliefs.count("yes") >= 18


def test_more_trials_elsewhere_make_the_same_runs_less_believable() -> None:
    runs, returns = made_sweep(grid_of(), 1.6, 3, days=1250, common=0.9)
    few, many = judged(runs, returns, 48), judged(runs, returns, 20_000)
    assert few.table["deflated"].iloc[0] > many.table["deflated"].iloc[0] + 0.05
    assert many.trials == 20_000
    assert judged(runs, returns, 2).trials == 48  # never less than the runs themselves


def test_one_run_alone_with_an_edge_is_told_as_a_lonely_peak() -> None:
    grid = grid_of()
    truth = np.where(np.arange(len(grid)) == 20, 5.0, 0.0)
    runs, returns = made_sweep(grid, truth, 1, days=1500)
    found = judged(runs, returns, 48)
    assert found.best == grid.index[20]
    assert found.verdict.lonely
    assert found.verdict.belief == "open"
    assert "lonely peak" in found.text("en")
    assert "参数孤岛" in found.text("zh")


def test_figures_are_those_of_the_definitions() -> None:
    runs, returns = made_sweep(grid_of(), 1.0, 5)
    found = judged(runs, returns, 100, blocks=8)
    best = found.best
    expected = deflated_sharpe(returns[best], trials=100, sharpe_variance=1.0 / (len(returns) - 1))
    assert found.table.loc[best, "deflated"] == pytest.approx(expected, abs=1e-12)
    assert found.table.loc[best, "chance"] == pytest.approx(
        deflated_sharpe(returns[best], trials=1, sharpe_variance=0.0), abs=1e-12
    )
    assert found.cscv is not None
    assert found.cscv.pbo == cscv(returns, 8).pbo
    assert found.table["best_in_half"].sum() == pytest.approx(1.0)
    corr = returns.corr().to_numpy()
    mean = corr[~np.eye(48, dtype=bool)].mean()
    assert found.correlation == pytest.approx(max(0.0, mean), abs=1e-9)


def test_failed_runs_are_counted_and_stand_last() -> None:
    runs, returns = made_sweep(grid_of(), 1.0, 2, failed=5)
    found = judged(runs, returns, 48)
    assert len(found.failures) == 5
    assert found.table["rank"].tail(5).isna().all()
    assert "5 of 48 runs failed" in found.text("en")
    ranks = found.table["rank"].iloc[:-5]
    assert ranks.is_monotonic_increasing
    assert ranks.iloc[0] == 1


def test_days_that_not_all_runs_have_are_left_out_of_the_cross_validation() -> None:
    runs, returns = made_sweep(grid_of(), 0.0, 4, days=400)
    returns.iloc[:100, 0] = np.nan
    found = judged(runs, returns, 48)
    assert len(found.returns) == 300
    short = judged(runs, returns.iloc[80:130], 48)
    assert short.cscv is None
    assert short.verdict.belief == "short"
    assert FEWEST_DAYS > 50


def test_a_run_that_never_moves_is_left_out_of_the_cross_validation() -> None:
    runs, returns = made_sweep(grid_of(), 0.5, 4)
    still = returns.columns[7]
    returns[still] = 0.0
    runs.loc[still, "sharpe_net"] = np.nan
    found = judged(runs, returns, 48)
    assert still not in found.returns
    assert found.table.index[-1] == still


def test_one_run_can_be_judged() -> None:
    runs, returns = made_sweep(grid_of().head(1), 3.0, 1, days=1000)
    found = judged(runs, returns, 1)
    assert found.cscv is None
    assert found.parameters.shape == (1, 0)
    assert found.verdict.belief == "yes"


def test_runs_of_different_windows_differ_in_their_window() -> None:
    runs, returns = made_sweep(grid_of().head(4), 1.0, 1)
    runs.iloc[:2, runs.columns.get_loc("start")] = "2014-01-02"
    assert "window" in judged(runs, returns, 4).parameters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r, s: (r.drop(columns="status"), s), "no column .status"),
        (lambda r, s: (r, s.iloc[:, 1:]), "no returns of 1 runs"),
        (lambda r, s: (r.assign(status="failed"), s), "none of 48 runs is done"),
        (lambda r, s: (pd.concat([r, r.head(1)]), s), "stands twice"),
        (lambda r, s: (r.assign(sharpe_net=np.nan), s), "no run that is done has sharpe_net"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_line(change, message) -> None:  # type: ignore[no-untyped-def]
    runs, returns = change(*made_sweep(grid_of(), 0.0, 1, days=100))
    with pytest.raises(DataError, match=message) as caught:
        judged(runs, returns, 48)
    assert "\n" not in str(caught.value)


def test_a_figure_of_which_less_is_better_is_refused() -> None:
    runs, returns = made_sweep(grid_of(), 0.0, 1, days=100)
    with pytest.raises(DataError, match=r"'turnover'; accepted: .*sharpe_net"):
        judged(runs, returns, 48, by="turnover")
    with pytest.raises(DataError, match=r"'sharpe_index'; accepted: ") as refused:
        judged(runs.assign(sharpe_index=1.0), returns, 48, by="sharpe_index")
    assert "_index" not in str(refused.value).partition("accepted")[2]
    with pytest.raises(DataError, match=r"no column 'sharpe'; did you mean .*sharpe_net") as caught:
        judged(runs, returns, 48, by="sharpe")
    assert len(str(caught.value)) < 200  # not all columns that there are
