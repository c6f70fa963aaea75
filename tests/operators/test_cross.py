"""Cross-sectional operators are what scipy, numpy and statsmodels say of each row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge import ops
from quanthedge.errors import QuantHedgeError
from quanthedge.operators.kernels import sorted_places


def rows(seed=0, days=12, stocks=90, gaps=0.2):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((days, stocks))
    values[rng.random(values.shape) < gaps] = np.nan
    return values


def universe(seed, shape):
    return np.random.default_rng(seed).random(shape) < 0.7


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(-4, 4).map(float), st.just(np.nan)), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy_with_ties_averaged(values):
    from scipy.stats import rankdata

    x = np.array([values])
    known = ~np.isnan(x[0])
    found = ops.rank(x)[0]
    assert np.isnan(found[~known]).all()
    expected = (rankdata(x[0][known]) - 0.5) / max(known.sum(), 1) - 0.5
    np.testing.assert_allclose(found[known], expected, atol=1e-15)
    assert abs(found[known].sum()) < 1e-12


def test_a_universe_is_all_that_counts():
    x, where = rows(1), universe(2, (12, 90))
    groups = np.random.default_rng(3).integers(-1, 5, x.shape)
    for work in (
        ops.rank,
        ops.standardise,
        lambda v, where=None: ops.winsorise(v, 0.1, where),
        lambda v, where=None: ops.demean(v, groups, where),
        lambda v, where=None: ops.neutralise(v, groups, v**2, where=where),
    ):
        found = work(x, where=where)
        np.testing.assert_array_equal(found, work(np.where(where, x, np.nan)))
        assert np.isnan(found[~where]).all()
        assert np.isfinite(found).any()


def test_tails_are_pulled_in_to_the_quantiles_of_numpy():
    x = rows(4)
    for fraction in (0.0, 0.01, 0.2):
        low, high = np.nanquantile(x, [fraction, 1 - fraction], axis=1, keepdims=True)
        expected = np.where(np.isnan(x), np.nan, np.clip(x, low, high))
        np.testing.assert_allclose(ops.winsorise(x, fraction), expected, rtol=1e-12)
    empty = np.full((2, 3), np.nan)
    assert np.isnan(ops.winsorise(empty, 0.1)).all()


def test_standardised_rows_have_mean_0_and_deviation_1():
    x = rows(5) * 3 + 1e6
    found = ops.standardise(x)
    expected = (x - np.nanmean(x, axis=1, keepdims=True)) / np.nanstd(x, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    caps = np.abs(rows(6, gaps=0.05)) + 0.1
    held = ops.standardise(x, weights=caps)
    both = np.isfinite(x) & np.isfinite(caps)
    np.testing.assert_array_equal(np.isfinite(held), both)
    for r in range(len(x)):
        k = both[r]
        assert caps[r, k] @ held[r, k] == pytest.approx(0.0, abs=1e-9)
        assert held[r, k].std() == pytest.approx(1.0)
    assert (ops.standardise(np.full((1, 4), 0.1)) == 0.0).all()


def test_what_is_left_of_a_regression_is_what_statsmodels_leaves():
    import statsmodels.api as sm

    rng = np.random.default_rng(7)
    x, size, beta = rows(8), rows(9, gaps=0.05) * 2 + 25, rows(10, gaps=0.0)
    groups = rng.integers(-1, 6, x.shape)
    weights = np.exp(rng.standard_normal(x.shape))
    where = universe(11, x.shape)
    found = ops.neutralise(x, groups, [size, beta], weights, where)
    for r in range(len(x)):
        k = where[r] & np.isfinite(x[r]) & np.isfinite(size[r])
        np.testing.assert_array_equal(np.isfinite(found[r]), k)
        dummies = pd.get_dummies(groups[r, k]).to_numpy(float)
        design = np.column_stack([dummies, size[r, k], beta[r, k]])
        left = sm.WLS(x[r, k], design, weights=weights[r, k]).fit().resid
        np.testing.assert_allclose(found[r, k], left, atol=1e-10)


@pytest.mark.parametrize("grouped", [True, False])
def test_without_weights_it_is_least_squares_whatever_the_level(grouped):
    x = rows(12, gaps=0.0)
    groups = np.random.default_rng(13).integers(0, 4, x.shape) if grouped else None
    size = rows(14, gaps=0.0)
    found = ops.neutralise(x + 1e6, groups, size + 1e6)
    for r in range(len(x)):
        base = pd.get_dummies(groups[r]).to_numpy(float) if grouped else np.ones((90, 1))
        design = np.column_stack([base, size[r]])
        left = x[r] - design @ np.linalg.lstsq(design, x[r], rcond=None)[0]
        np.testing.assert_allclose(found[r], left, atol=1e-8)
    again = ops.neutralise(found, groups, size)
    np.testing.assert_allclose(again, found, atol=1e-8)


def test_columns_that_say_nothing_new_change_nothing():
    x, size = rows(15), rows(16, gaps=0.0)
    groups = np.random.default_rng(17).integers(0, 4, x.shape)
    once = ops.neutralise(x, groups, size)
    stack = np.stack([size, 3 * size - 1, groups.astype(float), np.ones_like(size)], axis=2)
    np.testing.assert_allclose(ops.neutralise(x, groups, stack), once, atol=1e-11)
    assert np.nanmax(np.abs(ops.neutralise(size, groups, size))) < 1e-12
    large = np.where(groups < 0, -1, groups * 801_010 + 801_010)
    np.testing.assert_allclose(ops.neutralise(x, large, size), once, atol=1e-12)


def test_a_group_of_one_and_the_unknown_group_lose_their_own_mean():
    x = np.array([[1.0, 2.0, 4.0, 10.0, 20.0]])
    groups = np.array([[0, 0, 3, -1, -1]])
    np.testing.assert_allclose(ops.demean(x, groups), [[-0.5, 0.5, 0.0, -5.0, 5.0]])


def test_rank_correlations_are_those_of_scipy():
    from scipy.stats import spearmanr

    x, y = np.round(rows(18), 1), rows(19)
    where = universe(20, x.shape)
    found = ops.rank_correlation(x, y, where)
    for r in range(len(x)):
        k = where[r] & np.isfinite(x[r]) & np.isfinite(y[r])
        assert found[r] == pytest.approx(spearmanr(x[r, k], y[r, k]).statistic, abs=1e-12)
    assert np.isnan(ops.rank_correlation(np.ones((1, 5)), y[:1, :5])).all()


def test_tables_come_out_as_tables():
    dates = pd.bdate_range("2015-01-01", periods=12, name="date")
    table = pd.DataFrame(rows(21), index=dates)
    groups = pd.DataFrame(np.zeros((12, 90), int), index=dates)
    for found in (ops.rank(table), ops.demean(table, groups), ops.standardise(table)):
        assert found.index.equals(table.index)
        assert found.columns.equals(table.columns)
    series = ops.rank_correlation(table, table)
    assert series.index.equals(dates)
    np.testing.assert_allclose(series, 1.0)
    assert ops.rank(rows(21).astype(np.float32)).dtype == np.float32


BAD = {
    "an infinity": (lambda x: ops.rank(np.where(x > 1, np.inf, x)), "infinit"),
    "objects": (lambda x: ops.rank(x.astype(object)), "dtype object"),
    "a universe of numbers": (lambda x: ops.rank(x, np.ones(x.shape)), "booleans"),
    "a universe of another shape": (lambda x: ops.rank(x, np.ones((2, 2), bool)), "booleans"),
    "half of the stocks": (lambda x: ops.winsorise(x, 0.5), "fraction 0.5"),
    "groups as floats": (lambda x: ops.demean(x, np.zeros(x.shape)), "whole numbers"),
    "a group below -1": (lambda x: ops.demean(x, np.full(x.shape, -2)), "-2"),
    "weights below 0": (lambda x: ops.neutralise(x, weights=-np.ones(x.shape)), "below 0"),
    "others of another shape": (lambda x: ops.neutralise(x, others=x[:, :3]), "shape"),
    "other dates": (
        lambda x: ops.rank_correlation(pd.DataFrame(x), pd.DataFrame(x).iloc[::-1]),
        "reindex",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_wrong_input_ends_in_one_line(name):
    call, told = BAD[name]
    with pytest.raises(QuantHedgeError, match=told) as caught:
        call(rows(22))
    assert "\n" not in str(caught.value)


def hard_to_sort():
    """Return rows of ties, unknown and infinite values, signed zeros, last bits that differ."""
    rng = np.random.default_rng(7)
    odd = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324, -5e-324])
    return {
        "plain": rng.normal(size=(40, 700)),
        "ties and unknown": np.where(
            rng.random((40, 300)) < 0.3, np.nan, rng.integers(-2, 3, (40, 300)).astype(float)
        ),
        "odd": rng.choice(odd, (40, 50)),
        "a few last bits": 1.0 + rng.integers(0, 3, (10, 40)) * 2.0**-52,
        "all last bits": -1.0 - rng.permuted(np.tile(np.arange(3000.0), (3, 1)), axis=1) * 2.0**-52,
        "one column": np.array([[1.0], [np.nan]]),
        "no column": np.empty((3, 0)),
        "no row": np.empty((0, 3)),
    }


@pytest.mark.parametrize("name", hard_to_sort())
def test_places_sort_rows_as_a_stable_sort_does(name):
    rows = hard_to_sort()[name]
    expected = np.argsort(rows, axis=1, kind="stable")
    np.testing.assert_array_equal(sorted_places(rows), expected)
