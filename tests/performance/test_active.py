"""Statistics beside an index agree with other libraries, with closed forms and with simulation."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.performance import Pair, Relations, deflated_by_trials, expected_highest_sharpe
from quanthedge.performance.active import geometric_excess, information_ratio, tracking_error
from quanthedge.performance.deflation import _probability, deflated_sharpe, probabilistic_sharpe
from quanthedge.performance.resampling import block_length, draw, loss_probabilities, year_range


def series(n: int = 500, seed: int = 3) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2014-01-01", periods=n)
    index = pd.Series(rng.normal(0.0003, 0.015, n), days)
    return 0.1 * index + pd.Series(rng.normal(0.0004, 0.005, n), days), index


def test_excess_of_a_fund_that_doubles_while_the_index_halves() -> None:
    days = pd.to_datetime(["2014-01-01", "2016-01-01"])
    fund, index = pd.Series([1.0, 2.0], days), pd.Series([10.0, 5.0], days)
    assert geometric_excess(fund, index) == pytest.approx(3.0)
    assert geometric_excess(fund, index, annual=True) == pytest.approx(1.0)


def test_blocks_go_on_with_the_stated_probability_and_cover_all_days_alike() -> None:
    found = draw(100, 400, 500, 8.0, np.random.default_rng(0))
    goes_on = (found[:, 1:] == (found[:, :-1] + 1) % 100).mean()
    assert goes_on == pytest.approx(1 - 1 / 8 + 1 / 800, abs=0.003)
    counts = np.bincount(found.ravel(), minlength=100)
    assert counts.std() / counts.mean() < 0.03


def test_blocks_grow_with_the_cube_root_of_the_days() -> None:
    own, _ = series(729)
    assert block_length(own) == pytest.approx(9.0)
    own.iloc[:217] = np.nan
    assert block_length(own) == pytest.approx(8.0)


def test_loss_probability_is_that_of_normal_days() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(5)
    logs = rng.normal(0.0003, 0.004, 3000)
    found = loss_probabilities(pd.Series(np.expm1(logs)), paths=4000)
    for month, chance in found.items():
        days = round(20.25 * month)
        expected = norm.cdf(-logs.mean() * days**0.5 / logs.std())
        assert chance == pytest.approx(expected, abs=0.04)
    low, middle, high = year_range(pd.Series(np.expm1(logs)), paths=4000)
    assert low < middle < high
    assert middle == pytest.approx(np.expm1(logs.mean() * 243), abs=0.01)


def test_a_short_run_knows_less_about_long_spells_than_its_days_alone_say() -> None:
    from scipy.stats import norm

    found = []
    for seed in range(12):
        own = pd.Series(np.random.default_rng(seed).normal(0.0006, 0.008, 243))
        plain = loss_probabilities(own, (12, 36), paths=1000)
        honest = loss_probabilities(own, (12, 36), mean_error=True, paths=1000)
        logs = np.log1p(own)
        for month in (12, 36):
            days = round(20.25 * month)
            # with the mean's own error the spread over T days is that of T (1 + T / 243) days
            wide = logs.std() * np.sqrt(days * (1.0 + days / 243.0))
            known = norm.cdf(-logs.mean() * np.sqrt(days) / logs.std())
            found.append(
                (plain[month] - known, honest[month] - norm.cdf(-logs.mean() * days / wide))
            )
        narrow, wider = year_range(own), year_range(own, mean_error=True)
        assert wider[0] < narrow[0] < narrow[2] < wider[2]
    assert np.abs(np.mean(found, axis=0)).max() < 0.02


def test_the_same_returns_give_the_same_figures_and_few_days_none() -> None:
    own, index = series()
    assert loss_probabilities(own) == loss_probabilities(own.copy())
    assert Pair(own, index).correlation_bootstrap() == Pair(own, index).correlation_bootstrap()
    assert all(np.isnan(v) for v in loss_probabilities(own[:100]).values())
    assert np.isnan(year_range(own[:100])).all()
    assert np.isnan(Pair(own[:5], index[:5]).correlation_bootstrap().low)


def test_deflated_sharpe_is_the_published_example() -> None:
    # Bailey and Lopez de Prado (2014): 100 trials, variance 1/2 a year, 1,250 days, ratio 2.5
    hurdle = expected_highest_sharpe(100, 0.5 / 250)
    assert hurdle == pytest.approx(0.1132, abs=5e-5)
    assert _probability(2.5 / 250**0.5, hurdle, 1250, -3.0, 10.0) == pytest.approx(0.9004, abs=5e-4)


def test_the_best_of_many_trials_without_skill_is_taken_for_what_it_is() -> None:
    rng, trials, days = np.random.default_rng(8), 50, 400
    shown, probable = [], []
    for _ in range(120):
        noise = pd.DataFrame(rng.normal(0.0, 0.01, (days, trials)))
        best = noise[(noise.mean() / noise.std()).idxmax()]
        found = deflated_by_trials(best, (1, trials))
        shown.append(float(best.mean() / best.std()) * np.sqrt(243))
        probable.append(found["probability"].to_list())
    plain, deflated = np.mean(probable, axis=0)
    # the mean of 120 highest ratios has an error of 0.04; deflated, luck is the throw of a coin
    assert np.mean(shown) == pytest.approx(found.loc[trials, "highest"], abs=0.12)
    assert plain > 0.97
    assert deflated == pytest.approx(0.5, abs=0.08)


def test_few_days_give_no_deflated_ratio() -> None:
    assert deflated_by_trials(pd.Series([0.01, -0.01] * 20)).isna().all().all()


def test_one_trial_is_not_deflated_and_luck_is() -> None:
    own, _ = series()
    assert deflated_sharpe(own, trials=1, sharpe_variance=0.002) == probabilistic_sharpe(own)
    rng = np.random.default_rng(11)
    luck = pd.DataFrame(rng.normal(0, 0.01, (750, 200)))
    ratios = luck.mean() / luck.std()
    best = luck[ratios.idxmax()]
    assert probabilistic_sharpe(best) > 0.97
    assert deflated_sharpe(best, trials=200, sharpe_variance=float(ratios.var())) < 0.85
    with pytest.raises(DataError, match="accepted: 1 or more"):
        deflated_sharpe(best, trials=0, sharpe_variance=0.1)


def test_several_indices_in_one_table() -> None:
    own, index = series(600)
    level = (1 + own).cumprod()
    closes = {"A": (1 + index).cumprod(), "B": (1 + own).cumprod()}
    table = Relations(level, closes).whole(paths=200)
    assert list(table.index.get_level_values("index").unique()) == ["A", "B"]
    assert table.loc[("B", "daily"), "correlation"] == pytest.approx(1.0)
    assert table.loc[("A", "daily"), "beta"] == pytest.approx(Pair(own[1:], index[1:]).beta().value)
    inside = table["correlation_low"] <= table["correlation"] + 1e-9
    assert inside.all()


def test_rolling_correlation_is_numpy_on_each_window() -> None:
    own, index = series(200)
    found = Pair(own, index).rolling_correlation(60)
    assert found.iloc[:59].isna().all()
    for day in (59, 120, 199):
        part = slice(day - 59, day + 1)
        expected = np.corrcoef(own.iloc[part], index.iloc[part])[0, 1]
        assert found.iloc[day] == pytest.approx(expected)


def test_measures_agree_with_empyrical_where_the_definitions_match() -> None:
    empyrical = pytest.importorskip("empyrical")
    from quanthedge.performance import sharpe_ratio, sortino_ratio, volatility
    from quanthedge.performance.drawdown import Drawdowns
    from quanthedge.performance.returns import downside_deviation
    from quanthedge.performance.tails import expected_shortfall, value_at_risk

    own, index = series(600)
    level = pd.concat(
        [pd.Series([1.0], [own.index[0] - pd.Timedelta(days=1)]), (1 + own).cumprod()]
    )
    assert volatility(own) == pytest.approx(empyrical.annual_volatility(own, annualization=243))
    assert sharpe_ratio(own) == pytest.approx(empyrical.sharpe_ratio(own, annualization=243))
    fall = Drawdowns(level).deepest()
    assert fall is not None
    assert fall.depth == pytest.approx(empyrical.max_drawdown(own))
    assert Pair(own, index).beta().value == pytest.approx(empyrical.beta(own, index))
    assert sortino_ratio(own) == pytest.approx(empyrical.sortino_ratio(own, annualization=243))
    below = empyrical.downside_risk(own, annualization=243)
    assert downside_deviation(own) == pytest.approx(below)
    assert value_at_risk(own) == pytest.approx(-empyrical.value_at_risk(own))
    assert expected_shortfall(own) == pytest.approx(-empyrical.conditional_value_at_risk(own))
    excess = information_ratio(own, index) / 243**0.5
    assert excess == pytest.approx(empyrical.excess_sharpe(own, index))
    assert tracking_error(own, index) == pytest.approx(
        empyrical.annual_volatility(own - index, annualization=243)
    )
