"""Hedge ratios against statsmodels, arch, pandas and slow references."""

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.kernels.ratios import correlation_cost
from quanthedge.hedge.ratios.conditional import error_correction_ratio, fit_garch
from quanthedge.hedge.ratios.ratios import (
    AlphaScaled,
    BetaRatio,
    DollarNeutral,
    DynamicCorrelation,
    ErrorCorrection,
    EwmaRatio,
    FixedRatio,
    HedgeHistory,
    HedgeRatio,
    MinimumVariance,
)
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats
from tests.lazy import lazily
from tests.oracles.hedge_ratio import (
    conditional_ratio,
    correlation_likelihood,
    lead_lag_ratio,
    overlapping_returns,
    windowed_ratio,
)

sm = lazily("statsmodels.api")
vecm = lazily("statsmodels.tsa.vector_ar.vecm")


def history(days: int = 400, products: int = 1, seed: int = 0, ratio: float = 0.9) -> HedgeHistory:
    """A book that is `ratio` of the futures plus noise."""
    random = np.random.default_rng(seed)
    index = random.normal(0.0, 0.015, (days, products))
    future = index + random.normal(0.0, 0.003, (days, products))
    book = ratio * future.sum(axis=1) + random.normal(0.0, 0.004, days)
    dates = np.busday_offset("2012-01-02", np.arange(days), roll="forward")
    return HedgeHistory(
        dates.astype("datetime64[D]"),
        book,
        index,
        future,
        np.full((days, products), 1.1),
        np.full((days, products), 0.05),
    )


def with_gaps(past: HedgeHistory) -> HedgeHistory:
    past.book[[3, 120, 121, 300]] = np.nan
    past.future[[50, 200]] = np.nan
    return past


RULES: list[HedgeRatio] = [
    BetaRatio(),
    DollarNeutral(),
    FixedRatio(value=0.7),
    MinimumVariance(window=60, min_observations=30),
    MinimumVariance(window=60, min_observations=30, horizon_days=1, lead_lag=2),
    EwmaRatio(half_life=10, min_observations=20),
    ErrorCorrection(window=200, min_observations=100, significance=0.999),
    DynamicCorrelation(window=250, min_observations=150),
    AlphaScaled(window=60),
    AlphaScaled(base=MinimumVariance(window=60, min_observations=30), window=60),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: type(r).__name__)
def test_no_ratio_knows_the_days_after_it(rule: HedgeRatio) -> None:
    whole = history(320)
    changed = history(320)
    for array in (changed.book, changed.index_return, changed.future, changed.beta, changed.carry):
        array[290:] *= -3.0
    first = rule.estimate(whole, 285).ratio[:5]
    np.testing.assert_array_equal(first, rule.estimate(changed, 285).ratio[:5])
    assert np.isfinite(first).all()


@pytest.mark.parametrize(
    "rule", [r for r in RULES if r.memory < 300], ids=lambda r: type(r).__name__
)
def test_days_beyond_the_memory_do_not_matter(rule: HedgeRatio) -> None:
    whole = history(400)
    cut = 400 - rule.memory
    short = HedgeHistory(*(array[cut:] for array in whole))
    np.testing.assert_allclose(
        rule.estimate(whole, 399).ratio,
        rule.estimate(short, rule.memory - 1).ratio,
        rtol=2e-3 if isinstance(rule, EwmaRatio) else 1e-10,
    )


def test_minimum_variance_is_the_slope_of_statsmodels() -> None:
    past = history()
    ratio = MinimumVariance(window=120, horizon_days=1).estimate(past).ratio[:, 0]
    for row in (119, 250, 399):
        days = slice(row - 119, row + 1)
        fit = sm.OLS(past.book[days], sm.add_constant(past.future[days])).fit()
        assert ratio[row] == pytest.approx(fit.params[1], rel=1e-10)


@pytest.mark.parametrize("horizon", [1, 5])
def test_days_without_a_return_are_left_out_of_the_window(horizon: int) -> None:
    past = with_gaps(history())
    rule = MinimumVariance(window=60, min_observations=30, horizon_days=horizon)
    result = rule.estimate(past)
    book = overlapping_returns(past.book[:, None], horizon)[:, 0]
    future = overlapping_returns(past.future, horizon)[:, 0]
    for row in range(0, 400, 7):
        expected = windowed_ratio(book, future, row, 60, 30)
        if np.isnan(expected):
            assert result.fallback[row]
            assert result.ratio[row, 0] == 1.1
        else:
            assert not result.fallback[row]
            assert result.ratio[row, 0] == pytest.approx(expected, rel=1e-10)


def test_lead_and_lag_covariances_are_all_added() -> None:
    past = history(150)
    rule = MinimumVariance(window=150, horizon_days=1, lead_lag=2)
    expected = lead_lag_ratio(past.book, past.future[:, 0], 2)
    assert rule.estimate(past, 149).ratio[0, 0] == pytest.approx(expected, rel=1e-10)


def test_marks_of_different_hours_bias_the_daily_ratio_and_the_corrections_undo_it() -> None:
    # The book marks a third of the day earlier than the future: true ratio 1.
    random = np.random.default_rng(3)
    early, late = random.normal(0, 0.012, 6000), random.normal(0, 0.008, 6000)
    future = early + late
    book = early + np.concatenate([[0.0], late[:-1]]) + random.normal(0, 0.002, 6000)
    past = history(6000)._replace(book=book, future=future[:, None])
    wide = {"window": 6000, "min_observations": 60}
    daily = MinimumVariance(**wide, horizon_days=1).estimate(past, 5999).ratio[0, 0]
    assert daily == pytest.approx(0.012**2 / (0.012**2 + 0.008**2), abs=0.02)  # 0.69
    corrected = MinimumVariance(**wide, horizon_days=1, lead_lag=1).estimate(past, 5999)
    assert corrected.ratio[0, 0] == pytest.approx(1.0, abs=0.03)
    longer = MinimumVariance(**wide, horizon_days=21).estimate(past, 5999)
    assert longer.ratio[0, 0] == pytest.approx(1.0, abs=0.05)


def test_two_futures_get_the_slopes_of_the_joint_regression() -> None:
    past = history(300, products=2)
    ratio = MinimumVariance(window=300, horizon_days=1).estimate(past, 299).ratio[0]
    fit = sm.OLS(past.book, sm.add_constant(past.future)).fit()
    np.testing.assert_allclose(ratio, fit.params[1:], rtol=1e-9)


def test_a_future_is_never_bought() -> None:
    past = history(300, products=2)
    past = past._replace(book=past.future[:, 0] - 0.5 * past.future[:, 1])
    ratio = MinimumVariance(window=300, horizon_days=1).estimate(past, 299).ratio[0]
    assert ratio[1] == 0.0
    alone = sm.OLS(past.book, sm.add_constant(past.future[:, 0])).fit()
    assert ratio[0] == pytest.approx(alone.params[1], rel=1e-9)


@pytest.mark.parametrize("gaps", [False, True])
def test_exponential_weights_are_those_of_pandas(gaps: bool) -> None:
    past = with_gaps(history()) if gaps else history()
    frame = pd.DataFrame({"book": past.book, "future": past.future[:, 0]})
    frame[frame.isna().any(axis=1)] = np.nan
    joint = frame.ewm(halflife=30).cov(bias=True)
    rule = EwmaRatio(half_life=30, horizon_days=1, min_observations=20)
    ratio = rule.estimate(past).ratio[:, 0]
    for row in (100, 250, 399):
        matrix = joint.loc[row]
        expected = matrix.loc["book", "future"] / matrix.loc["future", "future"]
        assert ratio[row] == pytest.approx(expected, rel=1e-9)


def cointegrated(days: int = 800, seed: int = 1) -> tuple[Floats, Floats]:
    """Simple returns of a book and a future whose logarithms are tied together at slope 0.9."""
    random = np.random.default_rng(seed)
    dx = random.normal(0.0, 0.012, days)
    gap = 0.0
    dy = np.empty(days)
    for t in range(days):
        dy[t] = -0.15 * gap + 0.8 * dx[t] + random.normal(0.0, 0.002)
        gap += dy[t] - 0.9 * dx[t]
    return np.expm1(dy), np.expm1(dx)


def test_the_error_correction_model_finds_both_ratios_of_a_cointegrated_pair() -> None:
    book, future = cointegrated()
    fit = error_correction_ratio(book, future, lags=1)
    assert fit["p_value"] < 0.01
    assert fit["short_run"] == pytest.approx(0.8, abs=0.02)
    assert fit["long_run"] == pytest.approx(0.9, abs=0.02)
    assert fit["correction"] == pytest.approx(-0.15, abs=0.05)


def test_the_error_correction_model_is_that_of_statsmodels() -> None:
    book, future = cointegrated()
    fit = error_correction_ratio(book, future, lags=1)
    levels = np.column_stack([np.cumsum(np.log1p(book)), np.cumsum(np.log1p(future))])
    system = vecm.VECM(levels, k_ar_diff=1, coint_rank=1, deterministic="ci").fit()
    assert -system.beta[1, 0] == pytest.approx(fit["long_run"], abs=0.01)
    changes = pd.DataFrame(levels, columns=["y", "x"]).diff()
    step = sm.OLS(levels[:, 0], sm.add_constant(levels[:, 1])).fit()
    regressors = pd.DataFrame(
        {
            "gap": pd.Series(step.resid).shift(),
            "dx": changes["x"],
            "dy1": changes["y"].shift(),
            "dx1": changes["x"].shift(),
        }
    ).iloc[2:]
    second = sm.OLS(changes["y"].iloc[2:], sm.add_constant(regressors)).fit()
    assert fit["short_run"] == pytest.approx(second.params["dx"], rel=1e-8)
    assert fit["correction"] == pytest.approx(second.params["gap"], rel=1e-8)
    assert fit["long_run"] == pytest.approx(step.params[1], rel=1e-8)


def test_a_pair_that_is_not_cointegrated_falls_back_on_the_beta_and_is_counted() -> None:
    past = history(400)  # independent noise each day adds up: the gap is a random walk
    result = ErrorCorrection(window=300, min_observations=100).estimate(past, 350)
    refused = ~result.refits["cointegrated"].astype(bool)
    assert refused.any()
    assert result.fallback[: 21 if refused.iloc[0] else 0].all()
    assert (result.ratio[result.fallback] == 1.1).all()
    book, future = cointegrated(400)
    tied = past._replace(book=book, future=future[:, None])
    result = ErrorCorrection(window=300, min_observations=100).estimate(tied, 350)
    assert not result.fallback.any()
    assert len(result.refits) == 3  # rows 350, 371 and 392


def test_the_correlation_likelihood_is_its_definition() -> None:
    scaled = np.random.default_rng(5).normal(size=(200, 2))
    for news, memory, average in ((0.05, 0.9, 0.3), (0.0, 0.0, -0.5), (0.2, 0.5, 0.9)):
        expected = -correlation_likelihood(scaled, news, memory, average)
        assert correlation_cost(scaled, news, memory, average) == pytest.approx(expected, rel=1e-9)
    assert correlation_cost(scaled, 0.5, 0.6, 0.1) == np.inf


def test_dynamic_correlation_follows_the_recursions_between_fits() -> None:
    past = history(300)
    rule = DynamicCorrelation(window=250, min_observations=150, refit_days=10)
    result = rule.estimate(past, 290)
    fit = result.refits.iloc[0]
    assert fit["book_converged"] == fit["future_converged"] == 1
    days = slice(290 - 249, 300)
    models = [fit_garch(past.book[41:291]), fit_garch(past.future[41:291, 0])]
    expected = conditional_ratio(
        past.book[days],
        past.future[days, 0],
        models,
        fit["news"],
        fit["memory"],
        fit["average_correlation"],
    )
    np.testing.assert_allclose(result.ratio[:, 0], expected[-10:], rtol=1e-9)


def test_dynamic_correlation_is_fitted_where_the_likelihood_is_highest() -> None:
    random = np.random.default_rng(8)
    news, memory, average = 0.06, 0.90, 0.6
    base = np.array([[1.0, average], [average, 1.0]])
    q = base.copy()
    pairs = np.empty((1500, 2))
    for t in range(1500):
        r = q / np.sqrt(np.outer(np.diag(q), np.diag(q)))
        z = np.linalg.cholesky(r) @ random.normal(size=2)
        pairs[t] = 0.01 * z
        q = (1 - news - memory) * base + news * np.outer(z, z) + memory * q
    past = history(1500)._replace(book=pairs[:, 0], future=pairs[:, 1:])
    rule = DynamicCorrelation(window=1500, min_observations=500)
    fit = rule.estimate(past, 1499).refits.iloc[0]
    assert fit["news"] == pytest.approx(news, abs=0.03)
    assert fit["memory"] == pytest.approx(memory, abs=0.07)


def test_a_missing_day_leaves_the_conditional_ratio_as_it_was() -> None:
    past = history(300)
    past.book[295] = np.nan
    ratio = DynamicCorrelation(window=250, min_observations=150).estimate(past, 290).ratio[:, 0]
    assert ratio[5] == ratio[4]
    assert ratio[6] != ratio[5]


def test_a_partial_hedge_solves_the_first_order_condition() -> None:
    past = history()
    rule = AlphaScaled(risk_aversion=4.0, roll_cost_per_year=0.01, window=100)
    got = rule.estimate(past, 399).ratio[0, 0]
    variance = past.index_return[300:, 0].var(ddof=1) * TRADING_DAYS_A_YEAR
    assert got == pytest.approx(1.1 - 0.06 / (4.0 * variance), rel=1e-10)


def test_a_partial_hedge_stays_in_its_range_and_never_exceeds_the_base_by_default() -> None:
    past = history()
    dear, cheap = past._replace(carry=past.carry * 100), past._replace(carry=-past.carry)
    assert AlphaScaled().estimate(dear, 399).ratio[0, 0] == 0.0
    assert AlphaScaled(range=(0.8, 1.2)).estimate(dear, 399).ratio[0, 0] == pytest.approx(0.88)
    assert AlphaScaled().estimate(cheap, 399).ratio[0, 0] == pytest.approx(1.1)
    assert AlphaScaled(range=(0.8, 1.2)).estimate(cheap, 399).ratio[0, 0] > 1.1


@pytest.mark.parametrize("rule", RULES, ids=lambda r: type(r).__name__)
def test_scale_is_a_part_of_the_whole_ratio(rule: HedgeRatio) -> None:
    past = history(320)
    whole = rule.estimate(past, 310)
    half = rule.model_copy(update={"scale": 0.5}).estimate(past, 310)
    np.testing.assert_allclose(half.ratio, 0.5 * whole.ratio, rtol=1e-12)


def test_rules_are_named_by_kind() -> None:
    reader: TypeAdapter[HedgeRatio] = TypeAdapter(HedgeRatio)
    rule = reader.validate_python({"kind": "alpha_scaled", "base": {"kind": "ewma"}})
    assert isinstance(rule, AlphaScaled)
    assert isinstance(rule.base, EwmaRatio)
    assert isinstance(reader.validate_python({"kind": "dcc", "window": 500}), DynamicCorrelation)
    with pytest.raises(ValidationError, match="kind"):
        reader.validate_python({"kind": "magic"})


def test_mistakes_are_refused_in_words() -> None:
    with pytest.raises(StrategyError, match="hedges with one product, 2 are given"):
        DynamicCorrelation().estimate(history(products=2))
    with pytest.raises(StrategyError, match="1 values for 2 products"):
        FixedRatio(value=0.5).estimate(history(products=2))
    with pytest.raises(DataError, match=r"history\.book has shape"):
        BetaRatio().estimate(history()._replace(book=np.zeros(3)))
    with pytest.raises(ValidationError, match="lead_lag corrects daily returns"):
        MinimumVariance(horizon_days=5, lead_lag=1)
    with pytest.raises(ValidationError, match="futures are sold short"):
        FixedRatio(value=-0.1)
