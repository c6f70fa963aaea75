"""Weights of an index's members: published lists, and estimates where there are none."""

import numpy as np
import pytest

from quanthedge.errors import DataError, StrategyError
from quanthedge.portfolio import TopSelector
from quanthedge.risk.index_weights import (
    IndexWeightModel,
    _estimate,
    _Inputs,
    float_band,
    index_weights,
)
from tests.sample import sample_market

INDEX = "000300.SH"
ALONE = IndexWeightModel(lists=False)


def true_weights():
    """Weights of the sample's index as simulated: float value of the members at the close."""
    market = sample_market()
    members = market.members(INDEX)
    value = np.where(members, market.panel("mark") * market.panel("float_shares"), 0.0)
    value[np.arange(len(value))[:, None] >= market.delist_index()] = 0.0
    return np.nan_to_num(value) / np.nansum(value, axis=1, keepdims=True)


def distance(weights, rows):
    return np.abs(weights.on(rows) - true_weights()[rows]).sum(axis=1)


def test_lists_are_taken_at_their_close_and_drift_with_total_returns():
    market = sample_market()
    found = index_weights(market, INDEX)
    lists = market.index_weight_lists(INDEX)
    day = lists["date"].iloc[0]
    row = market.day(day)
    own = lists[lists["date"] == day]
    held = np.zeros(len(market.codes))
    held[[market.column(code) for code in own["code"]]] = own["weight"]
    np.testing.assert_allclose(found.on(np.array([row]))[0], held / held.sum(), atol=1e-12)
    for t in (row + 1, row + 2):
        held = held * (1 + np.nan_to_num(market.panel("simple_return")[t]))
        held /= held.sum()
        np.testing.assert_allclose(found.on(np.array([t]))[0], held, atol=1e-12)


def test_without_lists_the_returns_lead_from_the_bands_to_the_true_weights():
    market = sample_market()
    found = index_weights(market, INDEX, ALONE)
    ends = np.array([market.day(d) for d in found.quarters.index[-4:]])
    start = index_weights(market, INDEX, IndexWeightModel(lists=False, least_days=10_000))
    assert (distance(found, ends) < distance(start, ends)).all()
    assert (found.quarters["source"].iloc[3:] == "estimate").all()
    judged = found.quarters.iloc[3:].dropna()
    assert judged["accepted"].astype(bool).all()
    assert (found.quarters["misfit_bp"].dropna() < 3).all()


def test_shares_that_are_never_traded_are_found_by_the_returns():
    """True weights are the float weights times hidden factors; two stocks join in the middle."""
    rng = np.random.default_rng(3)
    days, stocks, q = 140, 30, 139
    returns = 0.012 * rng.normal(size=(days, 1)) + 0.02 * rng.normal(size=(days, stocks))
    worth = np.cumprod(1 + returns, axis=0)
    members = np.ones((days, stocks), dtype=bool)
    members[:80, :2], members[80:, 2:4] = False, False
    size = rng.lognormal(0, 0.5, stocks) * worth
    hidden = size * np.where(np.arange(stocks) < 4, 0.6, rng.uniform(0.2, 1.0, stocks))
    index = np.full(days, np.nan)
    for t in range(1, days):
        own = members[t] * hidden[t - 1]
        index[t] = own @ returns[t] / own.sum()
    base = size * members / (size * members).sum(axis=1, keepdims=True)
    inputs = _Inputs(members, returns, worth, base, index, {})
    found, misfit = _estimate(inputs, q, base[q], 0.6, IndexWeightModel(lists=False))
    true = hidden[q] * members[q] / (hidden[q] * members[q]).sum()
    assert np.abs(found - true).sum() < 0.15 * np.abs(base[q] - true).sum()
    assert misfit < 3e-4
    assert found.sum() == pytest.approx(1.0)


def test_weights_are_those_of_members_and_sum_to_one():
    market = sample_market()
    for model in (IndexWeightModel(), ALONE):
        found = index_weights(market, INDEX, model).on(np.arange(len(market.dates)))
        assert (found >= 0).all()
        np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)
    assert (found[~market.members(INDEX)] == 0).all()


@pytest.mark.parametrize("model", [IndexWeightModel(), ALONE], ids=["lists", "estimates"])
def test_no_row_moves_when_the_market_is_cut(model):
    market = sample_market()
    whole = index_weights(market, INDEX, model)
    for t in (whole.since[300], whole.since[450] + 7):
        cut = market.until(market.dates[t])
        rows = np.arange(t + 1)
        np.testing.assert_array_equal(
            index_weights(cut, INDEX, model).on(rows), whole.on(rows)
        )  # fmt: skip


def test_a_quarter_is_judged_by_the_days_after_it_and_only_when_they_are_over():
    market = sample_market()
    cut = market.until(market.dates[500])
    table = index_weights(cut, INDEX, ALONE).quarters
    late = table.index > cut.dates[len(cut.dates) - 61]
    assert late.any()
    assert table["accepted"][late].isna().all()
    day = table.index[-3]
    t = market.day(day)
    book, held = [], index_weights(market, INDEX, ALONE).on(np.array([t]))[0]
    members, returns = market.members(INDEX), np.nan_to_num(market.panel("simple_return"))
    if (members[t : t + 61] == members[t]).all():
        for s in range(t + 1, t + 61):
            book.append(held @ returns[s])
            held = held * (1 + returns[s]) / (1 + book[-1])
        close = market.index_close(INDEX)
        index = close[t + 1 : t + 61] / close[t : t + 60] - 1
        off = np.std(np.array(book) - index, ddof=1)
        assert table["tracking"].iloc[-3] == pytest.approx(off * 243**0.5, rel=0.01)


def test_a_bad_quarter_is_said():
    market = sample_market()
    strict = IndexWeightModel(lists=False, most_tracking=1e-9)
    notes = index_weights(market, INDEX, strict).notes()
    assert any("not accepted: tracking" in note for note in notes)
    assert any("begin with estimate weights" in note for note in notes)


def test_bands_round_up_as_the_index_provider_does():
    shares = np.array([0.001, 0.15, 0.1501, 0.2001, 0.3, 0.7999, 0.8001, 1.0])
    assert float_band(shares).tolist() == [0.01, 0.15, 0.2, 0.3, 0.3, 0.8, 1.0, 1.0]


def test_an_index_without_members_is_one_error():
    with pytest.raises(DataError, match=r"no members of '399001.SZ'"):
        index_weights(sample_market(), "399001.SZ")


def test_a_selector_can_weigh_as_the_index_does():
    market = sample_market()
    rows = np.array([400])
    member = market.members(INDEX)[rows]
    scores = np.where(member, 1.0, np.nan)
    selector = TopSelector(n=10_000, weighting="index", index=INDEX)
    book = selector.targets(market, scores, rows)
    expected = index_weights(market, INDEX).on(rows)[0, book.stocks]
    np.testing.assert_allclose(book.weights, expected / expected.sum(), rtol=1e-12)
    with pytest.raises(StrategyError, match="no chosen stock has a weight"):
        selector.targets(market, np.where(member, np.nan, 1.0), rows)
    with pytest.raises(ValueError, match="an index go together"):
        TopSelector(weighting="index")
