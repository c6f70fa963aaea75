"""Scores beside a slow reading of their definition, and what becomes of gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from quanthedge.alpha import FactorTerm, scores
from quanthedge.errors import StrategyError
from quanthedge.factors import (
    BookYield,
    EarningsYield,
    Leverage,
    Reversal,
    Size,
    Transforms,
    Turnover,
)
from tests.market_fake import fake_market

TERMS = [
    FactorTerm(factor=EarningsYield(), weight=2.0),
    FactorTerm(factor=Reversal(window=10), weight=1.0),
    FactorTerm(factor=Size(), weight=-0.5),
    FactorTerm(factor=Leverage()),
]
ROWS = np.array([40, 55, 80])
PLAIN = Transforms(winsorise=0.0)


def universe_of(market, rows=ROWS):
    return np.isfinite(market.panel("mark")[rows]) & (np.arange(len(market.codes)) % 5 > 0)


def slow_scores(market, terms, universe, rows, transforms):
    """One day and factor at a time, in pandas."""
    answer = []
    for r, t in enumerate(rows):
        held = pd.Series(0.0, index=np.flatnonzero(universe[r]))
        seen = pd.DataFrame(False, index=held.index, columns=range(len(terms)))
        for k, term in enumerate(terms):
            values = pd.Series(term.factor.exposure(market)[t])[held.index].dropna()
            seen.loc[values.index, k] = True
            low = values.quantile(transforms.winsorise)
            values = values.clip(low, values.quantile(1 - transforms.winsorise))
            if transforms.industry_neutral:
                industry = pd.Series(market.industries[t])[values.index]
                centre = pd.Series(values.mean(), index=values.index)
                for number, members in values.groupby(industry):
                    if number >= 0 and len(members) >= transforms.industry_minimum:
                        centre[members.index] = members.mean()
                values = values - centre
            else:
                values = values - values.mean()
            grade = values / values.std(ddof=0)
            weight = term.weight * term.factor.sign / sum(abs(x.weight) for x in terms)
            held = held.add(weight * grade, fill_value=0.0)
        kept = seen.all(axis=1) if transforms.missing == "exclude" else seen.any(axis=1)
        answer.append(held.where(kept).reindex(range(universe.shape[1])).to_numpy())
    return np.array(answer)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "transforms",
    [
        PLAIN,
        Transforms(winsorise=0.05),
        Transforms(missing="exclude"),
        Transforms(industry_neutral=True),
        Transforms(industry_neutral=True, industry_minimum=6, winsorise=0.1, missing="exclude"),
    ],
)
def test_scores_are_those_of_the_definition(seed, transforms):
    market = fake_market(seed, stocks=30)
    universe = universe_of(market)
    found, _ = scores(market, TERMS, universe, ROWS, transforms)
    expected = slow_scores(market, TERMS, universe, ROWS, transforms)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    assert np.isnan(found[~universe]).all()


def test_coverage_counts_defined_stocks_by_date_and_factor():
    market = fake_market(1)
    universe = universe_of(market)
    _, coverage = scores(market, TERMS, universe, ROWS, PLAIN)
    assert list(coverage.columns) == ["date", "factor", "defined", "universe"]
    assert len(coverage) == len(TERMS) * len(ROWS)
    for row in coverage.itertuples():
        r = int(np.flatnonzero(market.dates[ROWS] == np.datetime64(row.date, "D"))[0])
        factor = next(term.factor for term in TERMS if term.factor.kind == row.factor)
        known = np.isfinite(factor.exposure(market, [ROWS[r]])[0])
        assert row.defined == (known & universe[r]).sum()
        assert row.universe == universe[r].sum()
    assert (coverage["defined"] < coverage["universe"]).any()


def test_two_factors_of_one_kind_are_told_apart_in_the_coverage():
    market = fake_market(1)
    terms = [FactorTerm(factor=Reversal(window=5)), FactorTerm(factor=Reversal(window=10))]
    _, coverage = scores(market, terms, universe_of(market), ROWS, PLAIN)
    assert sorted(coverage["factor"].unique()) == [
        "reversal(min_traded=0.5, window=10)",
        "reversal(min_traded=0.5, window=5)",
    ]


def test_a_missing_factor_counts_as_average_or_excludes_the_stock():
    market = fake_market(1)
    universe = universe_of(market)
    terms = [FactorTerm(factor=BookYield()), FactorTerm(factor=Size())]
    gap = universe & np.isnan(BookYield().exposure(market, ROWS))
    assert gap.any()
    neutral, _ = scores(market, terms, universe, ROWS, PLAIN)
    size_alone, _ = scores(market, terms[1:], universe, ROWS, PLAIN)
    np.testing.assert_allclose(neutral[gap], size_alone[gap] / 2)
    left_out, _ = scores(market, terms, universe, ROWS, Transforms(winsorise=0, missing="exclude"))
    assert np.isnan(left_out[gap]).all()
    np.testing.assert_array_equal(left_out[~gap], neutral[~gap])


def test_a_stock_without_any_factor_has_no_score():
    market = fake_market(1)
    universe = universe_of(market)
    gap = universe & np.isnan(BookYield().exposure(market, ROWS))
    found, _ = scores(market, [FactorTerm(factor=BookYield())], universe, ROWS, PLAIN)
    assert np.isnan(found[gap]).all()


def test_higher_scores_take_the_side_of_the_published_finding():
    market = fake_market(1)
    universe = universe_of(market)
    found, _ = scores(market, [FactorTerm(factor=Turnover(window=5))], universe, ROWS, PLAIN)
    raw = Turnover(window=5).exposure(market, ROWS)
    for r in range(len(ROWS)):
        known = np.isfinite(found[r])
        assert pd.Series(found[r][known]).corr(pd.Series(raw[r][known]), "spearman") < -0.999


def test_weights_count_by_their_share_and_zero_switches_a_factor_off():
    market = fake_market(1)
    universe = universe_of(market)
    tenfold = [FactorTerm(factor=x.factor, weight=10 * x.weight) for x in TERMS]
    with_off = [*TERMS, FactorTerm(factor=BookYield(), weight=0.0)]
    exclude = Transforms(missing="exclude")
    expected, _ = scores(market, TERMS, universe, ROWS, exclude)
    np.testing.assert_allclose(scores(market, tenfold, universe, ROWS, exclude)[0], expected)
    np.testing.assert_array_equal(scores(market, with_off, universe, ROWS, exclude)[0], expected)


def test_weights_that_are_all_zero_are_refused():
    market = fake_market(1)
    terms = [FactorTerm(factor=Size(), weight=0)]
    with pytest.raises(StrategyError, match="all weights are 0"):
        scores(market, terms, universe_of(market), ROWS, PLAIN)
    with pytest.raises(ValidationError):
        FactorTerm(factor=Size(), weight=float("nan"))


def test_a_factor_that_nobody_has_on_a_day_is_refused_by_name_and_date():
    market = fake_market(1)
    rows = np.array([5, 40])
    terms = [FactorTerm(factor=Size()), FactorTerm(factor=Turnover(window=20))]
    with pytest.raises(StrategyError, match=f"factor turnover.*{market.dates[5]}"):
        scores(market, terms, universe_of(market, rows), rows, PLAIN)


def test_a_day_without_universe_has_no_scores():
    market = fake_market(1)
    universe = universe_of(market)
    universe[1] = False
    found, coverage = scores(market, TERMS, universe, ROWS, Transforms(industry_neutral=True))
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).any(axis=1).all()
    assert (coverage.loc[coverage["universe"] == 0, "defined"] == 0).all()


def test_a_factor_without_differences_says_nothing():
    flat = np.full((1, 5), 0.1)
    np.testing.assert_array_equal(PLAIN.grades(flat), np.zeros((1, 5)))
    tiny = PLAIN.grades(np.array([[1e-14, 2e-14, 3e-14]]))
    np.testing.assert_allclose(tiny, [[-(1.5**0.5), 0, 1.5**0.5]])


CROSS_SECTIONS = arrays(
    np.float64,
    st.integers(3, 40),
    elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.just(np.nan)),
)


@settings(max_examples=150, deadline=None)
@given(row=CROSS_SECTIONS, winsorise=st.sampled_from([0.0, 0.01, 0.2]))
def test_grades_have_mean_0_and_deviation_1_and_keep_the_order(row, winsorise):
    grades = Transforms(winsorise=winsorise).grades(row[None, :])[0]
    known = np.isfinite(row)
    np.testing.assert_array_equal(np.isfinite(grades), known)
    if known.any() and grades[known].any():
        assert abs(grades[known].mean()) < 1e-6
        assert grades[known].std() == pytest.approx(1.0)
        order = np.argsort(row[known], kind="stable")
        assert (np.diff(grades[known][order]) >= -1e-9).all()


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_industry_neutral_grades_average_0_in_every_large_industry(data):
    n = data.draw(st.integers(8, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    row = np.where(rng.random(n) < 0.1, np.nan, rng.normal(0, 1, n) + rng.integers(0, 3, n))
    industry = rng.integers(-1, 4, n).astype(np.int16)
    transforms = Transforms(industry_neutral=True, industry_minimum=4)
    grades = transforms.grades(row[None, :], industry[None, :])[0]
    for number in range(4):
        members = np.isfinite(row) & (industry == number)
        if members.sum() >= 4:
            assert abs(grades[members].mean()) < 1e-9


@pytest.mark.parametrize("neutral", [False, True])
def test_scores_do_not_move_when_the_future_is_scrambled_or_cut_off(neutral):
    market = fake_market(4, stocks=30)
    row = 60
    rows = np.array([40, 52, row])
    transforms = Transforms(industry_neutral=neutral)
    expected, coverage = scores(market, TERMS, universe_of(market, rows), rows, transforms)
    for other in (market.scrambled(row), market.until(market.dates[row])):
        found, again = scores(other, TERMS, universe_of(other, rows), rows, transforms)
        np.testing.assert_array_equal(found, expected)
        pd.testing.assert_frame_equal(again, coverage)


def test_a_row_does_not_depend_on_the_other_rows():
    market = fake_market(4)
    together, _ = scores(market, TERMS, universe_of(market), ROWS, Transforms())
    for r, t in enumerate(ROWS):
        alone, _ = scores(market, TERMS, universe_of(market, [t]), np.array([t]), Transforms())
        np.testing.assert_array_equal(alone[0], together[r])
