"""The evidence of factors agrees with a plain reading of its definition, and with alphalens."""
# ruff: noqa: PD010, PD013 -- Series by date and code are what is tested

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.evaluation import evaluate
from quanthedge.evaluation.evidence import DECAY_DAYS, variance_inflation
from quanthedge.evaluation.hedge_leg import hedge_returns
from quanthedge.evaluation.tables import half_life
from quanthedge.factors import panel
from quanthedge.hedge import ContractSchedule
from quanthedge.labelling import labels
from quanthedge.universe import AllUniverse, LargestUniverse
from tests.oracles.evaluation import (
    book_return,
    future_return,
    neutral_ic,
    newey_west,
    rank_ic,
    top_book,
)
from tests.sample import sample_market

KINDS = ("turnover", "reversal", "earnings_yield", "size")


@cache
def monthly():
    market = sample_market()
    first = market.day("2013-01-04")
    rows = np.flatnonzero(np.diff(market.dates.astype("datetime64[M]").astype(int)) != 0)
    return labels(market, rows[rows >= first])


@cache
def factors():
    from quanthedge.factors import CATALOGUE

    classes = CATALOGUE.classes()
    return panel(sample_market(), [classes[kind]() for kind in KINDS], monthly().rows)


@cache
def evaluation():
    return evaluate(factors(), monthly(), fewest=10, quantiles=5)


@cache
def mask():
    return AllUniverse().mask(sample_market(), monthly().rows)[0]


def exposure(k, r):
    signed = factors().values[r, :, k].astype(float) * factors().signs[k]
    return np.where(mask()[r], signed, np.nan)


def evidence():
    return next(iter(evaluation().universes.values()))


def test_rank_correlations_are_those_of_pandas():
    found, made = evidence(), monthly()
    for k in range(len(KINDS)):
        for r in range(0, len(made.rows), 3):
            x = exposure(k, r)
            for target, y in ((0, made.naive[r]), (1, made.value[r])):
                expected = rank_ic(x, y) if np.isfinite(y).any() else np.nan
                assert found.ic[k, target, r] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_the_windows_of_decay_do_not_overlap():
    found, made, market = evidence(), monthly(), sample_market()
    worth = market.panel("mark") * market.panel("adj_factor")
    for j in (0, 3, 6):
        begin = (0, *DECAY_DAYS)[j]
        for r in (0, 5):
            t = made.rows[r]
            y = worth[t + DECAY_DAYS[j]] / worth[t + begin] - 1
            y = np.where(t + begin < market.delist_index(), y, np.nan)
            assert found.decay_ic[0, j, r] == pytest.approx(rank_ic(exposure(0, r), y), abs=1e-12)


def test_neutral_figures_are_what_dummies_and_size_leave_by_least_squares():
    found, made, market = evidence(), monthly(), sample_market()
    size = market.panel("mark") * market.panel("total_shares")
    industry = market.industry()[0]
    for k in (0, 2):
        for r in (1, 7):
            t = made.rows[r]
            expected = neutral_ic(exposure(k, r), made.naive[r], industry[t], size[t], mask()[r])
            assert found.neutral_ic[k, r] == pytest.approx(expected, abs=1e-9)


def test_the_regression_may_weigh_large_stocks_more():
    from quanthedge.operators import neutralise, rank

    e = evaluate(factors(), monthly(), fewest=10, quantiles=5, neutral_weights="sqrt_size")
    found, made, market = next(iter(e.universes.values())), monthly(), sample_market()
    size = (market.panel("mark") * market.panel("total_shares"))[made.rows]
    industry = market.industry()[0][made.rows]
    x = np.stack([exposure(0, r) for r in range(len(made.rows))])
    y = np.where(mask(), made.naive, np.nan)
    left = [neutralise(rank(one), industry, np.log(size), np.sqrt(size)) for one in (x, y)]
    for r in (1, 7):
        both = np.isfinite(left[0][r]) & np.isfinite(left[1][r])
        expected = np.corrcoef(left[0][r][both], left[1][r][both])[0, 1]
        assert found.neutral_ic[0, r] == pytest.approx(expected, abs=1e-9)
    assert not np.allclose(found.neutral_ic[0, 1:8], evidence().neutral_ic[0, 1:8])


def test_the_long_leg_its_cost_and_its_hedge_are_those_of_the_definition():
    made, e = monthly(), evaluation()
    table = e.legs("turnover")
    hedge = hedge_returns(made, "IF")
    before = np.zeros(len(sample_market().codes))
    for r in range(6):
        weights = top_book(exposure(0, r), 5).to_numpy()
        top = book_return(weights, made.value[r])
        market = np.nanmean(np.where(mask()[r], made.value[r], np.nan))
        cost = np.abs(weights - before).sum() * 15e-4
        row = table.iloc[r]
        assert row["top"] == pytest.approx(top, abs=1e-12)
        assert row["long_gross"] == pytest.approx(top - market, abs=1e-12)
        assert row["cost"] == pytest.approx(cost, abs=1e-12)
        assert row["long_net"] == pytest.approx(top - market - cost, abs=1e-12)
        assert row["long_minus_hedge"] == pytest.approx(top - cost - hedge[r], abs=1e-12)
        before = weights


def test_the_future_earns_what_its_contracts_did_from_open_to_open():
    market, made = sample_market(), monthly()
    bars = market.futures("IF")
    first = market.day("2013-01-04")
    schedule = ContractSchedule.of(market, "IF", first, len(market.dates) - 1)
    held = {first + t: schedule.contracts[c] for t, c in enumerate(schedule.hold)}
    found = hedge_returns(made, "IF")
    dates = pd.DatetimeIndex(market.dates)
    for r in (2, 5, 9):
        expected = future_return(bars, dates, held, int(made.begins[r]), int(made.ends[r]))
        assert found[r] == pytest.approx(expected, abs=1e-9)


def test_the_ranking_is_that_of_the_series_behind_it():
    table, made = evaluation().table(), monthly()
    row = table.loc[("all", "turnover")]
    ics = np.array([rank_ic(exposure(0, r), made.naive[r]) for r in range(len(made.rows) - 1)])
    assert row["ic"] == pytest.approx(ics.mean(), abs=1e-12)
    assert row["icir"] == pytest.approx(ics.mean() / ics.std(ddof=1), abs=1e-12)
    assert row["t"] == pytest.approx(newey_west(ics, 3), abs=1e-9)
    known = [np.isfinite(exposure(0, r)).sum() / mask()[r].sum() for r in range(len(made.rows))]
    assert row["coverage"] == pytest.approx(np.mean(known), abs=1e-12)
    assert table["long_minus_hedge"].is_monotonic_decreasing
    assert row["months"] == len(made.rows) - 1
    legs = evaluation().legs("turnover")
    assert row["long_net"] == pytest.approx(legs["long_net"].mean() * evaluation().per_year)
    by_year = evaluation().years().loc[("all", "turnover")]
    assert row["worst"] == pytest.approx(by_year["long_minus_hedge"].min())
    assert by_year["months"].sum() == row["months"]


def test_every_table_says_what_it_is_of():
    for name, table in evaluation().all_tables().items():
        assert table.attrs["label"] == monthly().definition, name
        assert table.attrs["decisions"] == len(monthly().rows), name
        assert table.attrs["universes"] == ["all"], name
        assert list(table.index.names[:2]) == ["universe", "factor"], name


def test_what_the_leg_lost_is_shared_out_among_the_reasons_without_a_rest():
    e, found = evaluation(), evidence()
    for k, name in enumerate(KINDS):
        naive, earned = found.quantiles[k, 0, -1], found.quantiles[k, 1, -1]
        lost = found.lost[k].sum(axis=1)
        known = np.isfinite(lost)
        assert known.sum() > 10
        np.testing.assert_allclose(lost[known], (naive - earned)[known], atol=1e-12)
        table = e.executable().loc[("all", name)]
        parts = table.drop(index="all")
        assert parts["lost_bp"].sum() == pytest.approx(table.loc["all", "lost_bp"])
        assert parts["share"].sum() == pytest.approx(1.0)


def test_quantiles_share_their_borders_and_equal_values_share_their_places():
    made = monthly()
    rows, stocks = made.value.shape
    score = np.full((rows, stocks), np.nan)
    score[:, :13] = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]  # 13 / 5 = 2.6 stocks a quantile
    e = evaluate(score, made, universe=np.isfinite(score), fewest=5, quantiles=5, neutral=())
    found = next(iter(e.universes.values()))
    r = next(r for r in range(rows) if np.isfinite(made.value[r, :13]).all())
    y = made.value[r, :13]
    top = (y[11:].sum() + 0.6 * y[7:11].mean()) / 2.6
    low = y[:7].mean()
    assert found.quantiles[0, 1, -1, r] == pytest.approx(top, abs=1e-12)
    assert found.quantiles[0, 1, 0, r] == pytest.approx(low, abs=1e-12)
    assert found.quantiles[0, 1, :, r].mean() == pytest.approx(y.mean(), abs=1e-12)
    weights = [0] * 7 + [0.6 / 4 / 2.6] * 4 + [1 / 2.6] * 2
    np.testing.assert_allclose(top_book(score[r, :13], 5), weights)


def test_alphalens_agrees_on_the_naive_part():
    alphalens = pytest.importorskip("alphalens", reason="alphalens-reloaded is not installed")
    made, market = monthly(), sample_market()
    score = factors().values[:, :, 1].astype(float)
    days = slice(1, -1)  # the first has no return of twenty days yet, the last no label
    known = np.isfinite(made.naive[days]) & np.isfinite(score[days])
    columns = np.flatnonzero(known.all(axis=0))[:60]
    assert len(columns) == 60
    chosen = np.zeros(score.shape, dtype=bool)
    chosen[:, columns] = True
    e = evaluate(score, made, universe=chosen, fewest=10, quantiles=5, neutral=())
    dates, codes = pd.DatetimeIndex(market.dates[made.rows]), market.codes[columns]
    stacked = pd.DataFrame(score[days][:, columns], dates[days], codes).stack()
    stacked.index.names = ["date", "asset"]
    forward = pd.DataFrame(made.naive[days][:, columns], dates[days], codes).stack()
    data = stacked.to_frame("factor")
    data["1D"] = forward.to_numpy()
    data["factor_quantile"] = alphalens.utils.quantize_factor(data, 5, None)
    ic = alphalens.performance.factor_information_coefficient(data.dropna())["1D"]
    found = next(iter(e.universes.values()))
    np.testing.assert_allclose(found.ic[0, 0, days], ic.to_numpy(), atol=1e-12)
    by_day, _ = alphalens.performance.mean_return_by_quantile(
        data.dropna(), by_date=True, demeaned=False
    )
    theirs = by_day["1D"].unstack(level=0).to_numpy().T
    np.testing.assert_allclose(found.quantiles[0, 0, :, days], theirs, atol=1e-12)


def test_skfolios_evaluation_of_a_daily_forecast_has_the_same_rank_correlations():
    alpha = pytest.importorskip("skfolio.alpha", reason="skfolio is not installed")
    if not hasattr(alpha, "alpha_forecast_evaluation"):
        pytest.skip("this skfolio has no alpha_forecast_evaluation")
    from sklearn.base import BaseEstimator

    class Given(BaseEstimator):
        def __init__(self, values=None):
            self.values = values

        def fit_transform(self, X, y=None):
            return self.values

    containers = pytest.importorskip("skfolio.containers")
    market, rows = sample_market(), np.arange(120, 240)
    made = labels(market, rows, horizon=1, executable=False)
    score = (market.panel("volume") / market.panel("float_shares"))[rows]
    e = evaluate(score, made, universe=np.isfinite(score), fewest=10, hedge=None, neutral=())
    returns = np.full(score.shape, np.nan)
    returns[1:] = made.naive[:-1]  # of day t, what was decided at the close before
    fields = containers.AssetPanel(
        {"returns": returns}, market.dates[rows], market.codes.astype(str)
    )
    theirs = alpha.alpha_forecast_evaluation(
        Given(score), fields, target="returns", n_forward_periods=1, factor_exposures=None,
        factor_correlation_method=None,
    ).spearman_ic  # fmt: skip
    ours = next(iter(e.universes.values())).ic[0, 0]
    np.testing.assert_allclose(ours[: len(theirs)], theirs, atol=1e-12)


def test_a_factor_that_is_there_twice_is_inflated_and_adds_nothing():
    tables = {"one": factors().frame("turnover"), "twin": factors().frame("turnover")}
    tables["other"] = factors().frame("reversal")
    e = evaluate(tables, monthly(), fewest=10, quantiles=5, accepted=["one"])
    table = e.table().loc["all"]
    assert table.loc["twin", "vif"] > 10
    assert table.loc["other", "vif"] < 10
    assert table.loc["twin", "incremental_ic"] == 0
    assert table.loc["other", "incremental_ic"] != 0
    assert table.loc["one", "incremental_ic"] == pytest.approx(table.loc["one", "executable_ic"])
    assert e.vif().loc[("all", "twin"), "most_like"] == "one"


def test_variance_inflation_is_the_diagonal_of_the_inverse():
    x = np.random.default_rng(5).standard_normal((300, 4))
    x[:, 3] += x[:, 0]
    correlation = np.corrcoef(x.T)
    np.testing.assert_allclose(variance_inflation(correlation), np.diag(np.linalg.inv(correlation)))


def test_two_universes_stand_in_one_table_each_in_its_order():
    e = evaluate(
        factors(), monthly(), fewest=10, quantiles=5,
        universe={"large": LargestUniverse(n=60), "all": AllUniverse()},
    )  # fmt: skip
    table = e.table()
    assert list(dict.fromkeys(table.index.get_level_values(0))) == ["large", "all"]
    for one in ("large", "all"):
        assert table.loc[one]["long_minus_hedge"].is_monotonic_decreasing
    assert table.loc["all"]["ic"].to_dict() == pytest.approx(
        evaluation().table().loc["all"]["ic"].to_dict()
    )


def test_the_books_own_beta_takes_less_or_more_of_the_future():
    plain = evaluation().legs("size").dropna()
    book = evaluate(factors(), monthly(), fewest=10, quantiles=5, beta="book").legs("size").dropna()
    assert book["beta"].between(0.3, 2.0).all()
    plain = plain.loc[book.index]
    expected = plain["long_minus_hedge"] + (1 - book["beta"]) * plain["hedge"]
    np.testing.assert_allclose(book["long_minus_hedge"], expected, atol=1e-12)


def test_without_a_hedge_the_order_is_by_the_leg_less_the_universe():
    table = evaluate(factors(), monthly(), fewest=10, quantiles=5, hedge=None).table()
    assert table["long_net"].is_monotonic_decreasing
    assert table["long_minus_hedge"].isna().all()


def test_q_counts_everything_that_was_tried():
    few = evaluation().table()["q"]
    many = evaluate(factors(), monthly(), fewest=10, quantiles=5, tried=400).table()["q"]
    assert (many >= few).all()
    assert many.min() > few.min()


def test_an_evaluation_is_written_down_once_and_counts_what_was_tried_before(monkeypatch, tmp_path):
    monkeypatch.setenv("QUANTHEDGE_TRIALS", str(tmp_path / "trials"))
    first = evaluate(factors(), monthly(), fewest=10, quantiles=5)
    assert first.tried == len(KINDS)
    again = evaluate(factors(), monthly(), fewest=10, quantiles=5)
    assert again.tried == len(KINDS)
    other = evaluate(score_table(), monthly(), fewest=10, quantiles=5)
    assert other.tried == len(KINDS) + 1
    assert other.table().attrs["tried"] == len(KINDS) + 1
    assert other.table()["q"].iloc[0] > other.table()["p"].iloc[0]
    assert evaluate(factors(), monthly(), fewest=10, quantiles=5, tried=77).tried == 77


def test_the_half_life_of_an_exponential_is_its_own():
    ends = np.array(DECAY_DAYS, dtype=float)
    starts = np.append(0.0, ends[:-1])
    same = np.ones((len(ends), 3))
    for true in (4.0, 25.0, 200.0):
        strength = 0.01 * 0.5 ** ((starts + ends) / 2 / true)
        ic = (strength * np.sqrt(ends - starts))[:, None] * same
        assert half_life(ic) == pytest.approx(true, rel=0.01)
    ic = np.sqrt(ends - starts)[:, None] * same
    assert half_life(ic) == np.inf
    assert np.isnan(half_life(-ic))


def test_a_screening_tells_the_same_figures_as_the_ranking():
    found, whole = evaluation().screening(), evaluation().table()
    assert found["t"].is_monotonic_decreasing
    pd.testing.assert_frame_equal(found, whole.loc[found.index, found.columns])
    assert {"ic", "q", "executable_ic", "spread", "turnover"} < set(found.columns)


def test_what_a_screening_does_not_show_waits_until_it_is_asked_for():
    e = evaluate(factors(), monthly(), fewest=10, quantiles=5)
    found = next(iter(e.universes.values()))
    e.screening(), e.quantiles()
    assert not {"decay_ic", "correlation", "incremental_ic"} & set(vars(found))
    e.table()
    assert {"decay_ic", "correlation", "incremental_ic"} < set(vars(found))


def test_overlapping_labels_have_books_that_follow_their_own_money():
    made = labels(sample_market(), monthly().rows, horizon=60)
    e = evaluate(factors(), made, fewest=10, quantiles=5)
    assert e.apart == 3
    assert e.lags == 3
    found = next(iter(e.universes.values()))
    before, now = (top_book(exposure(0, r), 5).to_numpy() for r in (1, 4))
    assert found.changes[0, 4] == pytest.approx(np.abs(now - before).sum(), abs=1e-12)


def score_table():
    return factors().frame("turnover").copy()


def test_a_table_a_series_and_an_array_are_the_same_factor():
    table = score_table()
    expected = evaluate(table, monthly(), fewest=10).table()["ic"].to_numpy()
    series = table.stack()
    swapped = series.swaplevel().sort_index()
    for given in (series, swapped, table.to_numpy(), {"x": table[table.columns[::-1]]}):
        found = evaluate(given, monthly(), fewest=10).table()["ic"].to_numpy()
        np.testing.assert_allclose(found, expected)


def test_what_became_of_a_table_is_told():
    table = score_table()
    table["999999.SH"] = 1.0
    notes = evaluate(table, monthly(), fewest=10).table().attrs["notes"]
    assert any("1 codes are no stock of the market (999999.SH)" in note for note in notes)


def wrong_labels():
    made = monthly()
    order = np.argsort(-np.nanmean(made.value[:-1], axis=1))
    return replace(made, rows=made.rows[order], value=made.value[order])


def spoilt(change):
    table = score_table()
    return change(table)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda: (score_table(), wrong_labels()), "not in the order of time"),
        (lambda: (factors().values[:5, :, 0], monthly()), "decision of the labels and a column"),
        (lambda: (score_table().astype(object), monthly()), "dtype object; accepted: numbers"),
        (lambda: (score_table().to_numpy().astype(object), monthly()), "an array of object"),
        (lambda: (score_table() * np.nan, monthly()), "all NaN"),
        (lambda: (spoilt(lambda t: t.where(t > t.median().median(), np.inf)), monthly()),
         "infinite"),
        (lambda: (score_table().to_numpy() * np.nan, monthly()), "nothing but NaN"),
        (lambda: (np.where(score_table() > 0, np.inf, 0.0), monthly()), "infinities"),
        (lambda: (score_table().rename(columns=lambda c: f"x{c}"), monthly()), "none of its"),
        (lambda: (score_table().stack().iloc[[0, 0, 1]], monthly()), "repeat a pair of day"),
        (lambda: ([], monthly()), "factors: list; accepted"),
        (lambda: (panel(sample_market(), factors().factors, monthly().rows[1:]), monthly()),
         "the same rows in the same order"),
        (lambda: (score_table(), replace(monthly(), begins=monthly().rows)), "before its decision"),
        (lambda: (score_table(), replace(monthly(), naive=monthly().naive[:, :3])), "naive has"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_one_line(given, told):
    what, made = given()
    with pytest.raises(qh.QuantHedgeError, match=told) as problem:
        qh.evaluate(what, made, fewest=10)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"hedge": "XX"}, "no such futures; there are"),
        ({"accepted": ["nobody"]}, "accepted are names of the factors"),
        ({"tried": 1}, "4 tests are made here"),
        ({"cost_bp": -5.0}, "accepted: 0 to 10000"),
        ({"quantiles": 1}, "quantiles 1"),
        ({"neutral": ("mood",)}, "'industry', 'size'"),
        ({"universe": np.ones((2, 2), dtype=bool)}, "accepted: a universe, or bool"),
        ({"beta": "two"}, "beta"),
    ],
)
def test_a_wrong_option_is_one_line(options, told):
    with pytest.raises(qh.QuantHedgeError, match=told) as problem:
        qh.evaluate(factors(), monthly(), **options)
    assert "\n" not in str(problem.value)


def test_labels_with_costs_are_not_charged_twice():
    made = labels(sample_market(), monthly().rows, cost_bp=10)
    with pytest.raises(qh.StrategyError, match="charged twice"):
        evaluate(factors(), made, fewest=10)
    assert len(evaluate(factors(), made, fewest=10, cost_bp=0).table())
