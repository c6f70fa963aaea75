"""Neighbours of runs against slow loops written from the definition."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.batch.judgement.effects import effects_of, grouped
from quanthedge.batch.judgement.heat import pair_table
from quanthedge.batch.judgement.neighbours import neighbours_of, sensitivity
from quanthedge.batch.judgement.parameters import levels_of, parameters_of
from tests.batch.judgement.made_sweeps import grid_of


def slow_grid_neighbours(frame: pd.DataFrame) -> set[tuple[int, int]]:
    """Pairs that differ in one column, by one step of its sorted values or in its text."""
    pairs = set()
    steps = {name: sorted(frame[name].dropna().unique().tolist()) for name in frame}
    for i in range(len(frame)):
        for k in range(len(frame)):
            one, other = frame.iloc[i], frame.iloc[k]
            same = [(one[n] == other[n]) or (pd.isna(one[n]) and pd.isna(other[n])) for n in frame]
            if same.count(False) != 1:
                continue
            name = list(frame)[same.index(False)]
            if pd.isna(one[name]) or pd.isna(other[name]):
                continue
            near = isinstance(one[name], str)
            if near or abs(steps[name].index(one[name]) - steps[name].index(other[name])) == 1:
                pairs.add((i, k))
    return pairs


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_neighbours_on_a_grid_are_those_of_the_definition(share: float) -> None:
    frame = grid_of({"a": [3, 1, 2, 8], "b": ["x", "y", "z"], "c": [0.5, 0.1]})
    frame = frame.sample(frac=share, random_state=1)
    if share < 1.0:
        frame["a"] = frame["a"].astype(float)
        frame.iloc[3, 0] = np.nan
    frame["a"] = frame["a"].astype(float)
    found = neighbours_of(levels_of(parameters_of(frame)))
    assert found.kind == "grid"
    got = set(zip(found.run.tolist(), found.other.tolist(), strict=True))
    assert got == slow_grid_neighbours(frame)
    assert len(got) == found.run.size


def test_neighbours_in_a_random_sample_are_the_nearest_by_ranks() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "a.x": rng.lognormal(size=40),
            "b.y": rng.normal(size=40),
            "c.z": rng.choice(["u", "v"], 40),
        }
    )
    found = neighbours_of(levels_of(parameters_of(frame)))
    assert found.kind == "nearest"
    rank = frame[["a.x", "b.y"]].rank() / 40
    for i in range(40):
        apart = []
        for k in range(40):
            gap = ((rank.iloc[i] - rank.iloc[k]) ** 2).sum()
            apart.append(gap + (frame["c.z"].iloc[i] != frame["c.z"].iloc[k]))
        apart[i] = np.inf
        expected = set(np.argsort(apart, kind="stable")[:6].tolist())
        assert set(found.other[found.run == i].tolist()) == expected


def test_sensitivity_is_mean_worst_and_share_of_the_lead() -> None:
    frame = grid_of({"a": [1, 2, 3, 4, 5], "b": ["x", "y"]})
    levels = levels_of(parameters_of(frame))
    figure = np.random.default_rng(1).normal(size=10)
    figure[4] = np.nan
    finished = np.isfinite(figure)
    pairs = neighbours_of(levels)
    table = sensitivity(figure, finished, pairs, frame.index)
    slow = slow_grid_neighbours(frame)
    median = np.median(figure[finished])
    for i in range(10):
        near = [figure[k] for j, k in slow if j == i and finished[k]]
        row = table.iloc[i]
        assert row["neighbours"] == len(near)
        assert row["neighbours_failed"] == sum(j == i and not finished[k] for j, k in slow)
        assert row["neighbours_mean"] == pytest.approx(np.mean(near))
        assert row["neighbours_worst"] == min(near)
        if figure[i] > median:
            lead = (np.mean(near) - median) / (figure[i] - median)
            assert row["plateau"] == pytest.approx(lead)
        else:
            assert np.isnan(row["plateau"])


def test_share_of_variance_is_that_of_the_analysis_of_variance() -> None:
    from scipy.stats import f_oneway

    rng = np.random.default_rng(2)
    frame = grid_of({"a": [1, 2, 3, 4], "b": list("uvw"), "c": [1, 2, 3, 4, 5]})
    figure = frame["a"].to_numpy() * 0.5 + rng.normal(size=len(frame))
    table = effects_of(levels_of(parameters_of(frame)), figure)
    assert table.index[0] == "a"
    for name, row in table.iterrows():
        parts = [figure[(frame[name] == v).to_numpy()] for v in frame[name].unique()]
        f, (k, n) = f_oneway(*parts).statistic, (len(parts), len(frame))
        eta = f * (k - 1) / (f * (k - 1) + n - k)
        assert row["share"] == pytest.approx(max(0.0, 1 - (1 - eta) * (n - 1) / (n - k)), abs=1e-12)


def test_a_heat_map_is_the_mean_and_best_over_the_rest() -> None:
    frame = grid_of({"a": [1, 2, 3], "b": list("uv"), "c": [1, 2]})
    figure = np.random.default_rng(5).normal(size=12)
    figure[0] = np.nan
    levels = levels_of(parameters_of(frame))
    mean, best = pair_table(grouped(levels, 0), grouped(levels, 1), figure)
    values = frame.assign(figure=figure)
    for r, b in enumerate("uv"):
        for c, a in enumerate([1, 2, 3]):
            inside = values[(values["a"] == a) & (values["b"] == b)]["figure"].dropna()
            assert mean[r, c] == pytest.approx(inside.mean())
            assert best[r, c] == inside.max()


def test_many_numbers_are_put_into_classes_that_cover_them() -> None:
    values = np.random.default_rng(1).permutation(np.arange(100.0))
    frame = pd.DataFrame({"a.b": values})
    groups = grouped(levels_of(parameters_of(frame)), 0)
    assert len(groups.bounds) == 6
    for g, (low, high) in enumerate(groups.bounds):
        inside = values[groups.place == g]
        assert (inside.min(), inside.max()) == (low, high)
        assert 14 <= inside.size <= 20


def test_lists_are_texts_and_what_is_the_same_is_no_parameter() -> None:
    frame = pd.DataFrame(
        {
            "alpha.weights": [[1, 2], [2, 1]],
            "hedge.ratio": [1.0, 1.0],
            "sharpe_net": [1.0, 2.0],
            "costs.own": [True, False],
        }
    )
    found = parameters_of(frame)
    assert list(found) == ["alpha.weights", "costs.own"]
    assert found["alpha.weights"].tolist() == ["[1, 2]", "[2, 1]"]
