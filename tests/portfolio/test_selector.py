"""The best n, the buffer, and the weights."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.alpha import FactorTerm, scores
from quanthedge.errors import StrategyError
from quanthedge.factors import EarningsYield, Reversal, Size, Transforms, Volatility
from quanthedge.portfolio import Periodic, TopSelector
from quanthedge.universe import LargestUniverse
from quanthedge.universe.filters import DEFAULT_FILTERS, Listed
from tests.market_fake import fake_market
from tests.sample import sample_market

ROWS = np.array([30, 40, 50, 60, 70])
MARKET = fake_market(0, stocks=24)
for _name in ("mark", "float_shares"):  # every stock has a price, so that any may be chosen
    MARKET.panels[_name] = np.nan_to_num(MARKET.panels[_name], nan=7.0)


def books(targets):
    """Each rebalance as {stock: weight}."""
    pairs = zip(targets.pointer[:-1], targets.pointer[1:], strict=True)
    return [
        dict(zip(targets.stocks[a:b].tolist(), targets.weights[a:b].tolist(), strict=True))
        for a, b in pairs
    ]


def slow_choice(score, n, buffer, before):
    """Rank one by one: those wanted before and still near the top stay, the best fill up."""
    ranked = sorted(
        (k for k in range(len(score)) if np.isfinite(score[k])), key=lambda k: (-score[k], k)
    )
    reach = int(np.floor(n * (1 + buffer) + 1e-9))
    stay = [k for k in ranked[:reach] if k in before][:n]
    fill = [k for k in ranked if k not in stay][: n - len(stay)]
    return sorted(stay + fill)


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 30),
    buffer=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    weighting=st.sampled_from(["equal", "cap", "score"]),
    limit=st.sampled_from([1.0, 0.4, 0.1]),
    fraction=st.sampled_from([1.0, 0.75]),
)
def test_targets_follow_the_definition(seed, n, buffer, weighting, limit, fraction):
    rng = np.random.default_rng(seed)
    grades = np.round(rng.normal(0, 1, (len(ROWS), 24)), 1)  # with ties
    grades[rng.random(grades.shape) < 0.2] = np.nan
    selector = TopSelector(n=n, buffer=buffer, weighting=weighting, max_weight=limit)
    if min(n, np.isfinite(grades).sum(axis=1).min()) * limit < 1:
        with pytest.raises(StrategyError, match="max_weight"):
            selector.targets(MARKET, grades, ROWS, invested_fraction=fraction)
        return
    targets = selector.targets(MARKET, grades, ROWS, invested_fraction=fraction)
    before = []
    for r, book in enumerate(books(targets)):
        before = slow_choice(grades[r], n, buffer, before)
        assert list(book) == before
        weights = np.array(list(book.values())) / fraction
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert weights.max() <= limit + 1e-12
        assert weights.min() > 0
        free = weights < limit - 1e-9
        raw = wanted_weights(weighting, grades[r][before], ROWS[r], before)
        shares = weights[free] / weights[free].sum() if free.any() else weights[free]
        np.testing.assert_allclose(shares, raw[free] / raw[free].sum(), rtol=1e-9)
        assert (raw[~free] >= raw[free].max(initial=0) * (1 - 1e-9)).all()


def wanted_weights(weighting, score, t, stocks):
    if weighting == "equal":
        return np.ones(len(stocks))
    if weighting == "cap":
        return (MARKET.panel("mark") * MARKET.panel("float_shares"))[t, stocks]
    return pd.Series(score).rank().to_numpy()


def test_equal_scores_get_equal_weights_and_the_lower_code_comes_first():
    grades = np.full((1, 24), 0.5)
    targets = TopSelector(n=4, weighting="score").targets(MARKET, grades, ROWS[:1])
    assert targets.stocks.tolist() == [0, 1, 2, 3]
    assert targets.weights.tolist() == [0.25] * 4


def test_a_buffer_of_a_fraction_is_not_lost_to_rounding():
    market = fake_market(0, stocks=120)
    grades = -np.arange(120.0)[None, :].repeat(2, axis=0)
    grades[1, 0] = -114.5  # from the first rank to the 115th
    selector = TopSelector(n=100, buffer=0.15)  # 100 * 1.15 = 114.99999999999999
    assert 0 in books(selector.targets(market, grades, ROWS[:2]))[1]
    grades[1, 0] = -115.5
    assert 0 not in books(selector.targets(market, grades, ROWS[:2]))[1]


def test_the_buffer_saves_turnover():
    rng = np.random.default_rng(0)
    grades = rng.normal(0, 1, 24) + 0.3 * rng.normal(0, 1, (5, 24))

    def changes(buffer):
        wanted = [
            set(book)
            for book in books(TopSelector(n=8, buffer=buffer).targets(MARKET, grades, ROWS))
        ]
        return sum(len(b - a) for a, b in pairwise(wanted))

    assert changes(1.0) < changes(0.0)


def test_fewer_scores_than_n_are_all_taken():
    grades = np.full((1, 24), np.nan)
    grades[0, [3, 9]] = [1.0, -1.0]
    assert books(TopSelector(n=10).targets(MARKET, grades, ROWS[:1])) == [{3: 0.5, 9: 0.5}]


def test_a_date_without_scores_is_refused_by_date():
    grades = np.full((1, 24), np.nan)
    with pytest.raises(StrategyError, match=f"no stock has a score on {MARKET.dates[30]}"):
        TopSelector().targets(MARKET, grades, ROWS[:1])


def test_cap_weights_need_a_market_value():
    market = fake_market(0)
    market.panels["float_shares"][:, 2] = np.nan
    grades = np.where(np.arange(24) == 2, 1.0, np.nan)[None, :]
    with pytest.raises(StrategyError, match=f"{market.codes[2]} has no float market value"):
        TopSelector(weighting="cap").targets(market, grades, ROWS[:1])


def test_targets_are_shown_as_a_table():
    grades = np.arange(24.0)[None, :].repeat(5, axis=0)
    frame = TopSelector(n=3).targets(MARKET, grades, ROWS, invested_fraction=0.6).to_frame()
    assert list(frame.columns) == ["date", "code", "weight"]
    assert frame["date"].unique().tolist() == list(pd.DatetimeIndex(MARKET.dates[ROWS]))
    assert frame["code"].tolist() == MARKET.codes[[21, 22, 23]].tolist() * 5
    assert frame.groupby("date")["weight"].sum().to_numpy() == pytest.approx([0.6] * 5)


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"buffer": -0.1}, {"weighting": "rank"}, {"max_weight": 0}, {"m": 5}]
)
def test_wrong_selectors_are_refused(wrong):
    with pytest.raises(ValidationError):
        TopSelector(**wrong)


TERMS = [FactorTerm(factor=x) for x in (EarningsYield(), Reversal(window=8), Volatility(window=9))]


def select(market, rows, terms, **options):
    """From a market to targets, as a run does it."""
    mask, _ = LargestUniverse(n=15, filters=(Listed(min_days=10), *DEFAULT_FILTERS[1:])).mask(
        market, rows
    )
    grades, _ = scores(market, terms, mask, rows, Transforms(industry_neutral=True))
    return TopSelector(n=5, buffer=0.6, **options).targets(market, grades, rows)


@pytest.mark.parametrize("weighting", ["equal", "cap", "score"])
def test_targets_do_not_move_when_the_future_is_scrambled_or_cut_off(weighting):
    market = fake_market(7, stocks=30)
    row = 60
    rows = np.array([25, 32, 41, 53, row, 66, 80])
    known = rows[rows <= row]
    whole = select(market, rows, TERMS, weighting=weighting)
    end = whole.pointer[len(known)]
    for other, asked in (
        (market.scrambled(row), rows),
        (market.scrambled(row), known),
        (market.until(market.dates[row]), known),
    ):
        found = select(other, asked, TERMS, weighting=weighting)
        np.testing.assert_array_equal(
            found.pointer[: len(known) + 1], whole.pointer[: len(known) + 1]
        )
        np.testing.assert_array_equal(found.stocks[:end], whole.stocks[:end])
        np.testing.assert_array_equal(found.weights[:end], whole.weights[:end])


def test_targets_of_the_sample_market_do_not_move_when_it_is_cut_off():
    market = sample_market()
    first, last = market.span("2014-01-02", "2015-06-30")
    rows = Periodic(every="week").decision_rows(market, first, last)
    terms = [*TERMS, FactorTerm(factor=Size())]
    whole = select(market, rows, terms)
    cut = market.until(market.dates[rows[30]])
    found = select(cut, rows[:31], terms)
    np.testing.assert_array_equal(found.stocks, whole.stocks[: len(found.stocks)])
    np.testing.assert_array_equal(found.weights, whole.weights[: len(found.weights)])
