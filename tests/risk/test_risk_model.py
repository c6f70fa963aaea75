"""The risk model whole: a world that is known, the sample market, futures, and no look-ahead."""

from functools import cache

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.factors import Size
from quanthedge.risk import RiskModel, StatisticalRiskModel, index_weights
from quanthedge.risk.exposures import characteristics_of, style_exposures
from quanthedge.risk.model import FittedRiskModel
from quanthedge.risk.regression import factor_returns
from quanthedge.risk.validate import bias_table, factor_scores, standard_classes
from tests.risk.small_worlds import days_of, world
from tests.sample import sample_market

INDEX = "000300.SH"
CALM = RiskModel(regime=0, structural=False, shrink=0)  # the world has one level and no fat tails


def fit_world(made, model):
    of = made.of
    found = factor_returns(of)
    return FittedRiskModel(model, days_of(*of.returns.shape), of, found, model._moments(of, found),
                           model._specific(of, found))  # fmt: skip


@cache
def sample_model() -> FittedRiskModel:
    return RiskModel().fit(sample_market())


def books(stocks, rng):
    """Long-only, active and single-factor-like books, [P, N]."""
    long = rng.dirichlet(np.full(stocks, 0.5), 30)
    return np.vstack([long, long[:15] - long[15:]])


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [1, 5])
def test_in_a_known_world_forecasts_are_right_on_average(horizon):
    made = world(seed=11, days=1500, stocks=150)
    fitted = fit_world(made, CALM.model_copy(update={"eigen": 0.0}))
    weights = books(150, np.random.default_rng(0))
    returns = np.nan_to_num(made.of.returns.astype(float))
    biases = []
    for row in range(400, 1500 - horizon, horizon):
        found = fitted.forecast(row, horizon)
        earned = weights @ returns[row + 1 : row + 1 + horizon].sum(axis=0)
        spread = [np.sqrt(sum(found.parts(one)[1:])) for one in weights]
        biases.append(earned / spread)
    bias = np.mean(np.std(biases, axis=0, ddof=1))
    # a stock that is halted on 3% of days returns nothing then: its risk is 3% of variance less
    assert bias == pytest.approx(np.sqrt(0.97), abs=0.05)


def test_in_a_known_world_the_covariance_of_a_book_is_found():
    made = world(seed=3, days=1500, stocks=150, halted=0.0)
    model = CALM.model_copy(
        update={"volatility_half_life": 2000.0, "correlation_half_life": 2000.0,
                "specific_half_life": 2000.0, "newey_west": 0, "correlation_lags": 0,
                "specific_lags": 0, "eigen": 0.0}
    )  # fmt: skip
    found = fit_world(made, model).forecast(1499)
    design = found.exposures[:, [*range(7), *range(8, 11)]]  # without the unknown industry
    for one in books(150, np.random.default_rng(1)):
        exposure = one @ design
        true = exposure @ made.covariance @ exposure + one**2 @ made.specific
        assert sum(found.parts(one)[1:]) == pytest.approx(true, rel=0.12)


def test_the_eigenfactor_step_raises_the_risk_of_books_that_look_safest():
    made = world(seed=5, days=400, stocks=150, industries=20, styles=5)
    plain = fit_world(made, CALM.model_copy(update={"eigen": 0.0})).factor_covariance(399)
    raised = fit_world(made, CALM).factor_covariance(399)
    on = np.diag(plain) > 0
    values, vectors = np.linalg.eigh(plain[np.ix_(on, on)])
    after = ((vectors.T @ raised[np.ix_(on, on)]) * vectors.T).sum(axis=1) / values
    # the country absorbs one dimension, whose eigenvalue is nothing
    assert after[2] > 1.05
    assert after[2] > after[len(values) // 2] > 0.9


def test_contributions_sum_to_the_whole_and_weights_may_be_told_by_code():
    fitted, market = sample_model(), sample_market()
    codes = [str(code) for code in fitted.exposures("2015-06-30").index[:5]]
    book = dict.fromkeys(codes, 0.2)
    found = fitted.risk(book, "2015-06-30", horizon=20)
    array = np.zeros(len(market.codes))
    array[[market.column(code) for code in codes]] = 0.2
    again = fitted.risk(array, market.day("2015-06-30"), horizon=20)
    assert found.volatility == again.volatility
    assert found.contributions.sum() == pytest.approx(1.0)
    whole = found.by_factors**2 + found.by_specific**2 + found.by_basis**2
    assert found.volatility**2 == pytest.approx(whole)
    specific = fitted.specific("2015-06-30", 20)[codes]
    assert found.by_specific**2 == pytest.approx((0.04 * specific**2).sum())


def test_the_index_against_its_future_leaves_the_basis_alone():
    fitted, market = sample_model(), sample_market()
    row = market.day("2015-06-30")
    held = index_weights(market, INDEX).on(np.array([row]))[0]
    found = fitted.risk(held, row, horizon=20, futures={"IF": -1.0})
    assert found.volatility == pytest.approx(found.by_basis)
    assert found.by_basis == pytest.approx(fitted.futures("IF", row, 20)["basis"])
    assert found.by_basis < 0.2 * fitted.risk(held, row, horizon=20).volatility
    exposure = fitted.futures("IF", row)
    np.testing.assert_allclose(exposure.iloc[:-1], held @ fitted.design(row), atol=1e-15)
    assert exposure["country"] == pytest.approx(1.0)


def test_a_member_without_market_value_gives_its_weight_to_the_others(monkeypatch):
    from quanthedge.risk import fitted as module

    fitted, market = sample_model(), sample_market()
    row = next(r for r in range(400, 715) if np.isnan(fitted.forecast(r).specific).any())
    gone = int(np.flatnonzero(np.isnan(fitted.forecast(row).specific))[0])
    held = index_weights(market, INDEX).on(np.array([row]))[0]
    with_gone = 0.9 * held
    with_gone[gone] += 0.1
    plain = fitted.risk(np.zeros(len(held)), row, 20, {"IF": -1.0})
    monkeypatch.setattr(module, "future_members", lambda *_: with_gone)
    found = fitted.risk(np.zeros(len(held)), row, 20, {"IF": -1.0})
    assert found.volatility == pytest.approx(plain.volatility, rel=1e-12)
    assert np.isfinite(fitted.futures("IF", row, 20)).all()


def test_a_halted_stock_carries_the_markets_variance_of_the_days_missed():
    made = world(seed=2, days=400, stocks=120)
    missed = made.of.missed.copy()
    missed[380, 5], missed[380, 9] = 7, 60
    made = made._replace(of=made.of._replace(missed=missed))
    with_gap = fit_world(made, RiskModel())
    without = fit_world(made, RiskModel(gap=False))
    for horizon in (1, 20):
        one, other = with_gap.forecast(380, horizon), without.forecast(380, horizon)
        carried = one.specific - other.specific
        np.testing.assert_array_equal(one.covariance, other.covariance)
        size = made.of.size[380].astype(float)
        index = (size / size.sum()) @ one.exposures
        for stock, days in ((5, 7), (9, 60)):
            beta = one.exposures[stock] @ one.covariance @ index
            beta /= index @ one.covariance @ index
            moments, wanted = with_gap.moments, 0.0
            for day in range(381 - days, 381):
                wanted += beta**2 * moments.plain[day - 1, 0] * moments.regime[day - 1]
            assert carried[stock] == pytest.approx(wanted)
            assert 0.3 * days * 0.012**2 < carried[stock] < 6 * days * 0.012**2
        assert not np.delete(carried, [5, 9]).any()


def test_days_missed_count_from_the_last_trade():
    market = sample_market()
    of, traded = characteristics_of(market), market.panel("traded")
    listed = market.list_index()
    for n in range(0, len(market.codes), 7):
        gone = 0
        for t in range(len(market.dates)):
            gone = 0 if traded[t, n] or t < listed[n] else gone + 1
            assert of.missed[t, n] == gone
    assert (of.missed > 20).any()


def test_no_forecast_moves_when_the_market_is_cut():
    market = sample_market()
    cut = market.until("2015-03-31")
    early, late = RiskModel().fit(cut), sample_model()
    for row in (len(cut.dates) - 1, 300):
        for horizon in (1, 20):
            mine, theirs = early.forecast(row, horizon), late.forecast(row, horizon)
            np.testing.assert_array_equal(mine.exposures, theirs.exposures)
            np.testing.assert_array_equal(mine.covariance, theirs.covariance)
            np.testing.assert_array_equal(mine.specific, theirs.specific)
    row = market.day("2014-06-30")
    np.testing.assert_array_equal(
        early.futures("IF", row, 20).to_numpy(), late.futures("IF", row, 20).to_numpy()
    )


def test_styles_have_mean_0_by_value_deviation_1_and_are_what_the_factor_says():
    market = sample_market()
    of = characteristics_of(market)
    for row in (100, 700):
        size = of.size[row].astype(float)
        raw = Size().exposure(market, np.array([row]))[0]
        on = np.isfinite(size) & np.isfinite(raw)
        value = np.clip(raw[on], *np.quantile(raw[on], [0.01, 0.99]))
        wanted = (value - np.average(value, weights=size[on])) / value.std()
        k = of.style_names.index("size")
        np.testing.assert_allclose(of.styles[row, on, k], wanted, atol=2e-6)
        for k in range(len(of.style_names)):
            grade = of.styles[row].astype(float)[:, k]
            assert np.average(grade[on], weights=size[on]) == pytest.approx(0, abs=1e-5)


def test_exposures_of_some_days_are_those_of_all_days():
    market, of = sample_market(), sample_model().characteristics
    rows = np.array([250, 251, 700])
    names, found = style_exposures(market, RiskModel().styles, rows)
    assert names == of.style_names
    np.testing.assert_array_equal(found, of.styles[rows])


def test_volatility_carries_neither_beta_nor_size():
    of = characteristics_of(sample_market())
    row, names = 700, of.style_names
    size = np.nan_to_num(of.size[row].astype(float))
    grades = of.styles[row].astype(float)
    known = grades[:, names.index("volatility")] != 0
    for other in ("beta", "size"):
        product = grades[:, names.index("volatility")] * grades[:, names.index(other)]
        assert np.average(product[known], weights=size[known]) == pytest.approx(0, abs=1e-4)


def test_beta_is_the_slope_on_all_stocks_by_value_with_exponential_weights():
    market = sample_market()
    of = characteristics_of(market)
    row, returns, size = 600, of.returns.astype(float), of.size.astype(float)
    index = np.full(row + 1, np.nan)
    for t in range(1, row + 1):
        on = np.isfinite(returns[t]) & (size[t - 1] > 0)
        index[t] = np.average(returns[t, on], weights=size[t - 1, on])
    raw = np.full(len(market.codes), np.nan)
    for n in range(len(raw)):
        on = np.flatnonzero(np.isfinite(returns[: row + 1, n]) & np.isfinite(index))
        if len(on) >= 60:
            weight = 0.5 ** ((row - on) / 63.0)
            x, y = index[on], returns[on, n]
            x0, y0 = np.average(x, weights=weight), np.average(y, weights=weight)
            raw[n] = (weight * (x - x0) * (y - y0)).sum() / (weight * (x - x0) ** 2).sum()
    grade = of.styles[row, :, of.style_names.index("beta")].astype(float)
    on = np.isfinite(raw) & np.isfinite(size[row])
    raw = np.clip(raw, *np.quantile(raw[on], [0.01, 0.99]))
    wanted = (raw[on] - np.average(raw[on], weights=size[row, on])) / raw[on].std()
    np.testing.assert_allclose(grade[on], wanted, atol=1e-4)


@pytest.mark.slow
def test_a_validation_has_every_class_and_its_band():
    fitted = sample_model()
    rows = fitted.days_of(20, "2013-07-01")
    assert (np.diff(rows) == 20).all()
    table = fitted.validate(horizon=20, start="2013-07-01")
    assert set(table.index) <= set(standard_classes(fitted.style_names))
    assert {"all, equal", "tilt: size", "optimised, 300 largest"} <= set(table.index)
    assert (table["forecasts"] == len(rows)).mean() > 0.8
    np.testing.assert_allclose(table["high"] - 1, np.sqrt(2 / len(rows)), rtol=0.1)
    scores = factor_scores(fitted, ("country", "size"), rows, 20)
    assert list(bias_table(scores).index) == ["factor: country", "factor: size"]


def test_bias_q_and_mrad_of_right_forecasts_are_what_theory_says():
    rng = np.random.default_rng(0)
    table = bias_table({"right": rng.standard_normal((97, 400)),
                        "low": 1.3 * rng.standard_normal((97, 400))})  # fmt: skip
    assert table.loc["right", "bias"] == pytest.approx(1.0, abs=0.01)
    assert table.loc["right", "q"] == pytest.approx(1 + 0.5772 + np.log(2), abs=0.03)
    assert table.loc["right", "mrad"] == pytest.approx(0.17, abs=0.01)
    assert table.loc["low", "bias"] == pytest.approx(1.3, abs=0.02)
    assert table["inside"].tolist() == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pca", "ledoit_wolf"])
def test_a_statistical_model_answers_the_same_questions(kind):
    market = sample_market()
    fitted = StatisticalRiskModel(kind=kind, window=200, components=8).fit(market)
    row = 600
    found = fitted.forecast(row, 20)
    codes = market.codes[np.isfinite(found.specific)]
    report = fitted.risk(dict.fromkeys(codes.tolist(), 1 / len(codes)), row, horizon=20)
    assert report.contributions.sum() == pytest.approx(1.0)
    own = sample_model().risk(dict.fromkeys(codes.tolist(), 1 / len(codes)), row, horizon=20)
    assert 0.4 < report.volatility / own.volatility < 2.5
    with pytest.raises(DataError, match="the window of 200 days is full"):
        fitted.forecast(100)
    table = fitted.validate(horizon=20)
    assert "all, equal" in table.index


def test_ledoit_wolf_is_the_matrix_of_scikit_learn():
    from sklearn.covariance import ledoit_wolf

    market = sample_market()
    fitted = StatisticalRiskModel(kind="ledoit_wolf", window=200).fit(market)
    returns, known, _ = fitted._window(600)
    wanted, _ = ledoit_wolf(returns[:, known], assume_centered=True)
    found = fitted.forecast(600)
    loading = found.exposures[known]
    made = loading @ found.covariance @ loading.T + np.diag(found.specific[known])
    np.testing.assert_allclose(made, wanted, rtol=1e-8, atol=1e-14)


def test_wrong_questions_end_in_one_line():
    fitted, market = sample_model(), sample_market()
    with pytest.raises(DataError, match="60 days of factor returns are needed"):
        fitted.forecast(5)
    with pytest.raises(DataError, match="horizon 0"):
        fitted.forecast(500, 0)
    with pytest.raises(DataError, match=r"no stock '999999.SH'"):
        fitted.risk({"999999.SH": 1.0}, 500)
    with pytest.raises(DataError, match="is not a trading day"):
        fitted.covariance("2015-06-28")
    with pytest.raises(DataError, match="weights of shape"):
        fitted.risk(np.zeros(3), 500)
    gone = np.flatnonzero(market.delist_index() < 700)
    if gone.size:
        with pytest.raises(DataError, match="has no market value"):
            fitted.risk({str(market.codes[gone[0]]): 1.0}, 715)
    with pytest.raises(DataError, match="universe of shape"):
        RiskModel().fit(market, np.ones((2, 2), dtype=bool))
    with pytest.raises(DataError, match="stocks on a day, fewer than"):
        RiskModel().fit(market, np.zeros((len(market.dates), len(market.codes)), dtype=bool))


def test_a_style_may_not_take_the_name_of_another_part():
    from quanthedge.errors import StrategyError

    with pytest.raises(StrategyError, match="the name of another part"):
        RiskModel(styles={"beta": Size()})
