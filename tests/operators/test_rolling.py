"""Rolling operators are what their definitions, pandas and bottleneck say, at any level."""

import math
from fractions import Fraction

import bottleneck
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quanthedge as qh
from quanthedge import ops
from quanthedge.errors import QuantHedgeError

WINDOWS = (2, 5, 20, 61, 119)


def numbers(seed=0, days=130, stocks=70, gaps=0.2):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((days, stocks))
    values[rng.random(values.shape) < gaps] = np.nan
    return values


def skews(rolling):
    """pandas' skewness of each window for itself: what it carries along loses ten digits."""
    rows = [part.skew().where(part.count() >= rolling.min_periods) for part in rolling]
    return pd.DataFrame(rows)


LIKE_PANDAS = {
    "mean": lambda rolling: rolling.mean(),
    "sum": lambda rolling: rolling.sum(),
    "std": lambda rolling: rolling.std(),
    "min": lambda rolling: rolling.min(),
    "max": lambda rolling: rolling.max(),
    "skew": skews,
    "rank": lambda rolling: rolling.rank(pct=True),
}
OPERATORS = {name: getattr(ops, f"rolling_{name}") for name in LIKE_PANDAS}
PAIRS = {name: getattr(ops, f"rolling_{name}") for name in ("cov", "corr", "beta")}


def whole(values, window):
    """What pandas finds where the window lies within the data."""
    return np.where(np.arange(len(values))[:, None] >= window - 1, values, np.nan)


@pytest.mark.parametrize("share", [0.3, 0.75, 1.0])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", LIKE_PANDAS)
def test_pandas_agrees(name, window, share):
    fewest = {"skew": 3, "std": 2}.get(name, 1)
    if window < fewest:
        return
    x = numbers(gaps=0.0 if share == 1.0 else 0.3)
    x[100:, 3] = np.round(x[100:, 3])  # ties
    least = max(fewest, math.ceil(share * window - 1e-9))
    expected = LIKE_PANDAS[name](pd.DataFrame(x).rolling(window, min_periods=least)).to_numpy()
    found = OPERATORS[name](x, window, min_share=share)
    if name == "rank":
        count = pd.DataFrame(x).rolling(window, min_periods=1).count().to_numpy()
        expected = expected - 0.5 / np.maximum(count, 1) - 0.5
        assert np.nanmax(np.abs(found)) < 0.5
    assert np.isfinite(found).any()
    np.testing.assert_allclose(found, whole(expected, window), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("window", WINDOWS)
def test_bottleneck_agrees(window):
    x = numbers(1)
    least = math.ceil(0.6 * window)
    for name in ("mean", "sum", "min", "max"):
        peer = getattr(bottleneck, f"move_{name}")(x, window, min_count=least, axis=0)
        found = OPERATORS[name](x, window, min_share=least / window)
        np.testing.assert_allclose(found, whole(peer, window), rtol=1e-12, atol=1e-12)
    # it carries the variance from day to day: right to 1e-12 beside its usual size, as a variance
    peer = bottleneck.move_var(x, window, min_count=max(least, 2), axis=0, ddof=1)
    found = ops.rolling_std(x, window, min_share=least / window) ** 2
    np.testing.assert_allclose(found, whole(peer, window), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("window", WINDOWS[1:])
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_are_those_of_pandas(name, window):
    x, y = numbers(2), numbers(3)
    y = 0.5 * x + numbers(4, gaps=0.1)
    a = pd.DataFrame(np.where(np.isnan(y), np.nan, x))
    b = pd.DataFrame(np.where(np.isnan(x), np.nan, y))
    least = math.ceil(0.5 * window)
    rolling = a.rolling(window, min_periods=max(least, 2))
    expected = rolling.corr(b) if name == "corr" else rolling.cov(b)
    if name == "beta":
        expected = expected / b.rolling(window, min_periods=max(least, 2)).var()
    found = PAIRS[name](x, y, window, min_share=0.5)
    np.testing.assert_allclose(found, whole(expected.to_numpy(), window), rtol=1e-11, atol=1e-12)


def test_an_outlier_at_a_block_s_border_costs_the_skewness_few_digits():
    from scipy.stats import skew

    rng = np.random.default_rng(14)
    x = rng.standard_normal((600, 4))
    x[250], x[249] = 1e4, -3e3  # where the two parts of windows of 250 days meet
    found = ops.rolling_skew(x, 250)
    for t in (250, 300, 498, 499, 500):
        expected = skew(x[t - 249 : t + 1], bias=False)
        np.testing.assert_allclose(found[t], expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("level", [0.0, 1e6, -1e9])
def test_a_high_level_costs_no_digits(level):
    # Small whole numbers and a level that floats hold exactly: the answer is that of fractions.
    from scipy.stats import skew

    rng = np.random.default_rng(5)
    small = rng.integers(-50, 50, (60, 3)).astype(float)
    window = 7
    found = ops.rolling_std(small + level, window)
    slope = ops.rolling_beta(small + level, small[:, ::-1] - level, window)
    tilt = ops.rolling_skew(small + level, window)
    for t in range(window - 1, 60):
        for i in range(3):
            seen = [Fraction(int(v)) for v in small[t - window + 1 : t + 1, i]]
            mean = sum(seen) / window
            variance = sum((v - mean) ** 2 for v in seen) / (window - 1)
            assert found[t, i] == pytest.approx(math.sqrt(variance), rel=1e-14)
            other = [Fraction(int(v)) for v in small[t - window + 1 : t + 1, 2 - i]]
            middle = sum(other) / window
            joint = sum((v - mean) * (w - middle) for v, w in zip(seen, other, strict=True))
            beta = joint / sum((w - middle) ** 2 for w in other)
            assert slope[t, i] == pytest.approx(float(beta), rel=1e-13, abs=1e-14)
            third = skew([float(v) for v in seen], bias=False)
            assert tilt[t, i] == pytest.approx(third, rel=1e-12, abs=1e-13)


def test_what_left_the_window_leaves_no_trace():
    x = np.full((30, 1), 1.0)
    x[3] = 1e16
    assert (ops.rolling_mean(x, 4)[8:] == 1.0).all()
    assert (ops.rolling_std(x, 4)[8:] == 0.0).all()
    assert np.isnan(ops.rolling_corr(x, x, 4)[8:]).all()
    assert np.isnan(ops.rolling_skew(x, 4)[8:]).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), min_size=12, max_size=40),
    st.integers(2, 12),
    st.floats(0.01, 1.0),
)
def test_any_pattern_of_gaps_gives_the_statistic_of_what_is_known(values, window, share):
    x = np.array(values)[:, None]
    y = np.roll(x, 1, axis=0) * 0.5 + 1.0
    least = math.ceil(share * window - 1e-9)
    found = {
        name: f(x, window, min_share=share)[:, 0] for name, f in OPERATORS.items() if name != "skew"
    }
    decay = ops.decay_mean(x, window, min_share=share)[:, 0]
    joint = ops.rolling_cov(x, y, window, min_share=share)[:, 0]
    for t in range(len(x)):
        part = x[max(0, t - window + 1) : t + 1, 0]
        seen = part[~np.isnan(part)]
        if t < window - 1 or len(seen) < max(least, 1):
            assert all(np.isnan(answer[t]) for answer in found.values())
            assert np.isnan(decay[t])
            continue
        size = np.abs(seen).max()
        near = {"rel": 1e-12, "abs": 1e-12 * size}
        assert found["mean"][t] == pytest.approx(math.fsum(seen) / len(seen), **near)
        assert found["sum"][t] == pytest.approx(math.fsum(seen), **near)
        assert (found["min"][t], found["max"][t]) == (seen.min(), seen.max())
        weights = np.arange(1, window + 1)[~np.isnan(part)]
        assert decay[t] == pytest.approx(weights @ seen / weights.sum(), **near)
        if len(seen) >= max(least, 2):
            # below 1e-154 squares have fewer digits than a number has: ours and numpy's
            assert found["std"][t] == pytest.approx(np.std(seen, ddof=1), rel=1e-11, abs=1e-153)
        else:
            assert np.isnan(found["std"][t])
        last = part[-1]
        if np.isnan(last):
            assert np.isnan(found["rank"][t])
        else:
            place = (seen < last).sum() + (seen == last).sum() / 2
            assert found["rank"][t] == pytest.approx(place / len(seen) - 0.5)
        both = ~np.isnan(part) & ~np.isnan(y[t - window + 1 : t + 1, 0])
        if both.sum() >= max(least, 2):
            a, b = part[both], y[t - window + 1 : t + 1, 0][both]
            expected = np.cov(a, b)[0, 1]
            bound = 1e-12 * np.abs(a).max() * np.abs(b).max()
            assert joint[t] == pytest.approx(expected, rel=1e-11, abs=bound)
        else:
            assert np.isnan(joint[t])


def test_a_half_life_weighs_days_by_their_age():
    x, y, window, half_life = numbers(6), numbers(7), 20, 6.0
    mean = ops.rolling_mean(x, window, min_share=0.3, half_life=half_life)
    spread = ops.rolling_std(x, window, min_share=0.3, half_life=half_life)
    beta = ops.rolling_beta(y, x, window, min_share=0.3, half_life=half_life)
    weight = 0.5 ** (np.arange(window)[::-1] / half_life)
    for t in (19, 40, 59, 60, 129):
        a, b = x[t - 19 : t + 1, 0], y[t - 19 : t + 1, 0]
        known = ~np.isnan(a)
        w = weight[known] / weight[known].sum()
        middle = w @ a[known]
        variance = w @ (a[known] - middle) ** 2 / (1 - w @ w)
        assert mean[t, 0] == pytest.approx(middle, rel=1e-12)
        assert spread[t, 0] == pytest.approx(math.sqrt(variance), rel=1e-12)
        both = known & ~np.isnan(b)
        design = np.column_stack([np.ones(both.sum()), a[both]]) * np.sqrt(weight[both])[:, None]
        slope = np.linalg.lstsq(design, b[both] * np.sqrt(weight[both]), rcond=None)[0][1]
        assert beta[t, 0] == pytest.approx(slope, rel=1e-11)


def test_moments_residuals_and_days_of_a_low_index_are_what_they_say():
    y, x, window = numbers(12) + 50.0, numbers(13)[:, 0], 30
    moments = ops.rolling_moments(y, x, window, min_share=0.3)
    beta = ops.rolling_beta(y, x, window, min_share=0.3)
    left = ops.rolling_residuals(y, x, beta, window, min_share=0.3)
    down = ops.rolling_downside_beta(y, x, window, min_share=0.3)
    top = ops.rolling_top_mean(y, window, 4, min_share=0.3)
    for t in (29, 30, 59, 88, 129):
        for i in range(4):
            a, b = y[t - 29 : t + 1, i], x[t - 29 : t + 1]
            both = ~np.isnan(a) & ~np.isnan(b)
            rest = a[both] - beta[t, i] * b[both]
            found = [part[t, i] for part in moments]
            joint = np.cov(a[both], b[both])
            expected = [both.sum(), a[both].mean(), b[both].mean(), *joint.diagonal(), joint[0, 1]]
            np.testing.assert_allclose(found, expected, rtol=1e-11)
            assert beta[t, i] == pytest.approx(joint[0, 1] / joint[1, 1], rel=1e-11)
            assert left.total[t, i] == pytest.approx(rest.sum(), rel=1e-11)
            assert left.std[t, i] == pytest.approx(rest.std(ddof=1), rel=1e-11)
            low = both & (b < np.nanmean(b))
            slope = np.cov(a[low], b[low])[0, 1] / np.var(b[low], ddof=1)
            assert down[t, i] == pytest.approx(slope, rel=1e-11)
            best = np.sort(a[~np.isnan(a)])[-4:].mean()
            assert top[t, i] == pytest.approx(best, rel=1e-12)
    few = ops.rolling_top_mean(y, 5, 5)
    assert (np.isfinite(few) == (pd.DataFrame(y).rolling(5).count() == 5)).to_numpy().all()


def test_faded_means_and_changes_are_those_of_pandas():
    x = numbers(8)
    table = pd.DataFrame(x)
    expected = table.ewm(halflife=7.0).mean().to_numpy()
    np.testing.assert_allclose(ops.ewm_mean(x, 7.0), expected, rtol=1e-12, atol=1e-12)
    steps = np.round(x)
    change, age = ops.last_change(steps), ops.days_since_change(steps)
    for i in range(5):
        known, when, size = math.nan, -1, math.nan
        for t, value in enumerate(steps[:, i]):
            if not math.isnan(value):
                if not math.isnan(known) and value != known:
                    when, size = t, value - known
                known = value
            np.testing.assert_array_equal(change[t, i], size)
            np.testing.assert_array_equal(age[t, i], t - when if when >= 0 else math.nan)


EVERY = {
    **{name: lambda x, f=f, **more: f(x, 20, min_share=0.4, **more)
       for name, f in OPERATORS.items()},
    **{name: lambda x, f=f, **more: f(x, x[:, ::-1] + 1.0, 20, min_share=0.4, half_life=9, **more)
       for name, f in PAIRS.items()},
    "top": lambda x, **more: ops.rolling_top_mean(x, 20, 5, min_share=0.4, **more),
    "downside": lambda x, **more: ops.rolling_downside_beta(
        x, np.nan_to_num(x[:, 5]), 20, min_share=0.4, **more),
    "moments": lambda x, **more: ops.rolling_moments(
        x, x[:, ::-1], 20, min_share=0.4, half_life=9, **more).mean_y,
    "residuals": lambda x, rows=None: ops.rolling_residuals(
        x, x[:, ::-1], x if rows is None else x[rows], 20, min_share=0.4, rows=rows).total,
    "decay": lambda x, **more: ops.decay_mean(x, 20, min_share=0.4, **more),
    "ewm": lambda x, **more: ops.ewm_mean(x, 5.0, **more),
    "change": ops.last_change,
    "age": ops.days_since_change,
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_rows_asked_for_are_rows_of_the_whole_and_know_no_future(name):
    x = numbers(9)
    rows = [88, 3, 41, 41, 129, 100]
    all_days = EVERY[name](x)
    assert all_days.shape == x.shape
    np.testing.assert_array_equal(EVERY[name](x, rows=rows), all_days[rows])
    assert EVERY[name](x, rows=[]).shape == (0, x.shape[1])
    np.testing.assert_array_equal(EVERY[name](x[:90]), all_days[:90])


def test_what_comes_in_comes_out():
    x = numbers(10, days=40, stocks=3)
    dates = pd.bdate_range("2015-01-01", periods=40, name="date")
    table = pd.DataFrame(x, index=dates, columns=["a", "b", "c"])
    found = qh.ops.rolling_mean(table, 5, rows=[30, 10])
    assert list(found.index) == [dates[30], dates[10]]
    assert list(found.columns) == ["a", "b", "c"]
    np.testing.assert_array_equal(found.to_numpy(), ops.rolling_mean(x, 5)[[30, 10]])
    single = ops.rolling_std(x.astype(np.float32), 5)
    assert single.dtype == np.float32
    assert set(ops.rolling_std(table.astype(np.float32), 5).dtypes) == {np.dtype(np.float32)}
    np.testing.assert_array_equal(
        single, ops.rolling_std(x.astype(np.float32).astype(float), 5).astype(np.float32)
    )
    frozen = x.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(ops.rolling_mean(frozen, 5), ops.rolling_mean(x, 5))
    market = pd.Series(x[:, 0], index=dates)
    np.testing.assert_array_equal(
        ops.rolling_beta(table, market, 5, min_share=0.5).to_numpy(),
        ops.rolling_beta(x, np.tile(x[:, :1], 3), 5, min_share=0.5),
    )


BAD = {
    "an infinity": (lambda x: ops.rolling_mean(np.where(x > 2, np.inf, x), 5), "infinit"),
    "objects": (lambda x: ops.rolling_mean(x.astype(object), 5), "dtype object"),
    "texts": (lambda x: ops.rolling_mean(pd.DataFrame(x).astype(str), 5), "dtype"),
    "one axis": (lambda x: ops.rolling_mean(x[:, 0], 5), "two axes"),
    "a list": (lambda x: ops.rolling_mean(x.tolist(), 5), "list"),
    "no window": (lambda x: ops.rolling_mean(x, 0), "window 0"),
    "a window of 2.5": (lambda x: ops.rolling_mean(x, 2.5), "window 2.5"),
    "a deviation of one": (lambda x: ops.rolling_std(x, 1), "2 or more"),
    "no share": (lambda x: ops.rolling_mean(x, 5, min_share=0), "min_share 0"),
    "too much": (lambda x: ops.rolling_mean(x, 5, min_share=1.2), "min_share 1.2"),
    "a day of the future": (lambda x: ops.rolling_mean(x, 5, rows=[-1]), "rows -1..-1"),
    "half a row": (lambda x: ops.rolling_mean(x, 5, rows=[1.5]), "whole numbers"),
    "another shape": (lambda x: ops.rolling_corr(x, x[:, :2], 5), "shape"),
    "another history": (lambda x: ops.rolling_corr(x, x[:9, 0], 5), "shape"),
    "more than the window": (lambda x: ops.rolling_top_mean(x, 3, 4), "count 4"),
    "a beta of another shape": (
        lambda x: ops.rolling_residuals(x, x, x[:2], 5), "beta has the shape"),
    "two betas of a day": (
        lambda x: ops.rolling_residuals(x, x, x[:2], 5, rows=[9, 9]), "beta differs"),
    "no half-life": (lambda x: ops.ewm_mean(x, 0.0), "half_life 0.0"),
    "dates backward": (
        lambda x: ops.rolling_mean(
            pd.DataFrame(x, index=pd.bdate_range("2015-01-01", periods=len(x))[::-1]), 5
        ),
        "order",
    ),
    "other codes": (
        lambda x: ops.rolling_corr(pd.DataFrame(x), pd.DataFrame(x).rename(columns={0: 99}), 5),
        "reindex",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_wrong_input_ends_in_one_line(name):
    call, told = BAD[name]
    with pytest.raises(QuantHedgeError, match=told) as caught:
        call(numbers(11, days=30, stocks=4, gaps=0.0) * 3)
    assert "\n" not in str(caught.value)
