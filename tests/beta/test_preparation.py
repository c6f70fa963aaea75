"""What suspensions, listings and locked days do to pairs of returns, against a slow reference."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.beta import Prepared
from quanthedge.beta.base import fit_prepared, index_returns
from quanthedge.beta.downside import Downside
from quanthedge.beta.huber import Huber
from quanthedge.beta.kalman import Kalman
from quanthedge.beta.limits import closed_at_limit
from quanthedge.beta.preparation import Preparation
from quanthedge.beta.vasicek import Vasicek
from quanthedge.errors import DataError, StrategyError

OLD = -1_000_000
CHOICES = st.builds(
    Preparation,
    resumption=st.sampled_from(["keep", "drop", "match"]),
    limit_days=st.sampled_from(["keep", "drop", "merge"]),
    listing_days=st.sampled_from([0, 3, "until_free"]),
)


@dataclass
class Prices:
    """A market of plain closes: NaN = no bar; the first reference price is given by `issue`."""

    close: np.ndarray
    listed: np.ndarray
    issue: np.ndarray
    special: np.ndarray | None = None
    leaving: np.ndarray | None = None
    start: str = "2014-09-01"
    codes: np.ndarray = field(init=False)
    dates: np.ndarray = field(init=False)

    def __post_init__(self):
        days, stocks = self.close.shape
        self.codes = np.array([f"{600000 + n:06d}.SH" for n in range(stocks)])
        self.dates = np.busday_offset(self.start, np.arange(days)).astype("datetime64[D]")

    @property
    def calendar(self):
        return self.dates

    def list_index(self):
        return np.minimum(self.listed, len(self.dates))

    def panel(self, name):
        close = self.close
        before = np.vstack([self.issue, close])[:-1]
        for t in range(1, len(before)):
            before[t] = np.where(np.isnan(before[t]), before[t - 1], before[t])
        traded = np.isfinite(close)
        none = np.zeros(close.shape, dtype=bool)
        return {
            "close": close,
            "pre_close": np.where(traded, before, np.nan),
            "simple_return": close / before - 1,
            "traded": traded,
            "is_st": none if self.special is None else self.special,
            "is_delisting": none if self.leaving is None else self.leaving,
        }[name]

    def stock_names(self):
        return None

    def until(self, day):
        cut = slice(0, day + 1)
        return Prices(self.close[cut], self.listed, self.issue, start=self.start)


def random_market(seed, days=60, stocks=6):
    """Walks cut at the 10% limit, with halts and listings that run up."""
    rng = np.random.default_rng(seed)
    listed = np.where(rng.random(stocks) < 0.5, OLD, rng.integers(0, days // 2, stocks))
    wanted = np.full(stocks, 10.0)
    close = np.full((days, stocks), np.nan)
    last = wanted.copy()
    for t in range(days):
        wanted = wanted * np.exp(rng.normal(0, 0.06, stocks) + 0.3 * (t == listed))
        here = (t >= listed) & ((rng.random(stocks) > 0.15) | (t == listed))
        up = np.floor(last * 110 + 0.5 + 1e-6) / 100
        down = np.floor(last * 90 + 0.5 + 1e-6) / 100
        close[t, here] = np.clip(np.round(wanted, 2), down, up)[here]
        last = np.where(here, close[t], last)
    market = Prices(close, listed, np.full(stocks, 10.0))
    index = np.r_[np.nan, rng.normal(0, 0.02, days - 1)]
    index[rng.integers(20, days)] = np.nan
    return market, index


def over(index, after, last):
    return np.prod(1 + index[after + 1 : last + 1]) - 1 if after >= -1 else np.nan


def reference(market, index, choice):
    """Pairs of one market by walking through each stock's bars and looking back over each span."""
    locked = closed_at_limit(market)[0]
    returns, traded = market.panel("simple_return"), market.panel("traded")
    pair_y, pair_x = np.full((2, *returns.shape), np.nan)
    for s in range(returns.shape[1]):
        rows = np.flatnonzero(traded[:, s])
        wait = 0
        if choice.listing_days == "until_free" and market.listed[s] >= 0:
            free = np.flatnonzero(~locked[rows, s])
            wait = free[0] + 1 if free.size else rows.size
        elif market.listed[s] >= 0:
            wait = 0 if choice.listing_days == "until_free" else choice.listing_days
        for place in range(wait, rows.size):
            t = rows[place]
            if locked[t, s] and choice.limit_days != "keep":
                continue
            begin = place
            while choice.limit_days == "merge" and begin > wait and locked[rows[begin - 1], s]:
                begin -= 1
            span = rows[begin : place + 1]
            before = [rows[b - 1] if b else None for b in range(begin, place + 1)]
            listing = market.listed[s]
            for b, t_b in enumerate(span):
                if before[b] is None:
                    before[b] = t_b - 1 if t_b in (0, listing) else -2
            resumed = [b < t_b - 1 for b, t_b in zip(before, span, strict=True)]
            if choice.resumption == "drop" and any(resumed):
                continue
            pair_y[t, s] = np.prod(1 + returns[span, s]) - 1
            whole = len(span) > 1 or (choice.resumption == "match" and resumed[0])
            pair_x[t, s] = over(index, before[0] if whole else t - 1, t)
    return pair_y, pair_x


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), choice=CHOICES)
def test_pairs_agree_with_a_walk_through_each_stocks_bars(seed, choice):
    market, index = random_market(seed)
    ours = Prepared.of(market, index, choice)
    pair_y, pair_x = reference(market, index, choice)
    np.testing.assert_allclose(ours.returns, pair_y, rtol=1e-12, atol=1e-15)
    if choice.pairs_by_stock:
        np.testing.assert_allclose(ours.own_index, pair_x, rtol=1e-9, atol=1e-12)
    else:
        assert ours.own_index is None
    assert ours.counts["bars"] == market.panel("traded").sum()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), choice=CHOICES, cut=st.integers(5, 58))
def test_cutting_the_future_moves_no_past_pair(seed, choice, cut):
    market, index = random_market(seed)
    whole = Prepared.of(market, index, choice)
    short = Prepared.of(market.until(cut), index[: cut + 1], choice)
    np.testing.assert_array_equal(short.returns, whole.returns[: cut + 1])
    if short.own_index is not None:
        np.testing.assert_array_equal(short.own_index, whole.own_index[: cut + 1])


def test_by_default_nothing_is_changed():
    market, index = random_market(1)
    prepared = Prepared.of(market, index)
    np.testing.assert_array_equal(prepared.returns, market.panel("simple_return"))
    assert prepared.index is not None
    assert list(prepared.counts) == ["bars"]


def column(*closes):
    return np.array(closes, dtype=float)[:, None]


def test_a_resumption_is_paired_with_the_index_over_the_suspension():
    market = Prices(column(10.0, 10.1, np.nan, np.nan, 11.0, 11.0), np.array([OLD]), column(9.9)[0])
    index = np.array([np.nan, 0.01, 0.02, -0.01, 0.03, 0.0])
    kept = Prepared.of(market, index)
    assert kept.returns[4, 0] == pytest.approx(11.0 / 10.1 - 1)
    dropped = Prepared.of(market, index, Preparation(resumption="drop"))
    assert np.isnan(dropped.returns[4, 0])
    assert dropped.counts["resumption days left out"] == 1
    matched = Prepared.of(market, index, Preparation(resumption="match"))
    assert matched.returns[4, 0] == pytest.approx(11.0 / 10.1 - 1)
    assert matched.own_index[4, 0] == pytest.approx(1.02 * 0.99 * 1.03 - 1)
    assert matched.own_index[5, 0] == pytest.approx(0.0)


def test_a_locked_spell_becomes_one_return_on_the_first_free_day():
    market = Prices(column(10.0, 11.0, 12.1, 12.5, 12.4), np.array([OLD]), column(10.0)[0])
    index = np.array([0.0, 0.03, 0.02, 0.01, -0.01])
    merged = Prepared.of(market, index, Preparation(limit_days="merge"))
    np.testing.assert_allclose(merged.returns[:, 0], [0, np.nan, np.nan, 0.25, 12.4 / 12.5 - 1])
    assert merged.own_index[3, 0] == pytest.approx(1.03 * 1.02 * 1.01 - 1)
    assert merged.counts["limit days merged"] == 2
    assert merged.counts["spells of limit days that ended in a pair"] == 1
    assert "2  limit days merged" in str(merged)


def test_a_new_listing_counts_from_the_day_after_its_first_free_close():
    # listed in 2014-09 at 10 yuan: +44% on the first day, +10% until it closes off the limit
    closes = column(np.nan, 14.4, 15.84, 17.42, 18.0, 18.3)
    market = Prices(closes, np.array([1]), column(10.0)[0])
    index = np.full(6, 0.01)
    free = Prepared.of(market, index, Preparation(listing_days="until_free"))
    assert np.flatnonzero(np.isfinite(free.returns[:, 0])).tolist() == [5]
    assert free.counts["bars after a listing left out"] == 4
    two = Prepared.of(market, index, Preparation(listing_days=2))
    assert np.flatnonzero(np.isfinite(two.returns[:, 0])).tolist() == [3, 4, 5]
    old = Prices(closes, np.array([OLD]), column(10.0)[0])
    assert np.isfinite(Prepared.of(old, index, Preparation(listing_days=2)).returns[2:]).all()


def test_limits_are_those_of_the_board_the_day_and_special_treatment():
    close = np.array([[10.0, 10.0, 10.0], [11.0, 10.5, 10.99], [9.9, 11.03, 9.89]])
    special = np.zeros((3, 3), dtype=bool)
    special[:, 1] = True
    market = Prices(close, np.full(3, OLD), np.full(3, 10.0), special)
    locked, unknown = closed_at_limit(market)
    np.testing.assert_array_equal(locked[1:], [[True, True, False], [True, True, True]])
    assert unknown == 0
    market.codes = np.array(["123456.XX", "600001.SH", "600002.SH"])
    locked, unknown = closed_at_limit(market)
    assert not locked[:, 0].any()
    assert unknown == 3


def test_merging_takes_away_the_bias_that_limits_leave_and_dropping_adds_to_it():
    rng = np.random.default_rng(7)
    days, stocks, beta = 250, 150, 1.3
    index = 0.03 * np.clip(rng.standard_t(4, days) / np.sqrt(2), -3, 3)
    wanted = 100 * np.exp(
        np.cumsum(np.log1p(beta * index)[:, None] + 0.03 * rng.standard_normal((days, stocks)), 0)
    )
    close, last = np.empty((days, stocks)), np.full(stocks, 100.0)
    for t in range(days):
        up, down = (np.floor(last * k + 0.5 + 1e-6) / 100 for k in (110, 90))
        close[t] = last = np.clip(np.round(wanted[t], 2), down, up)
    market = Prices(close, np.full(stocks, OLD), np.full(stocks, 100.0))

    def mean_beta(**choice):
        prepared = Prepared.of(market, index, Preparation(**choice))
        model = Huber(window=days, tuning=1e6)  # least squares
        return np.mean(fit_prepared(model, prepared).beta[-1])

    kept, dropped, merged = (mean_beta(limit_days=c) for c in ("keep", "drop", "merge"))
    assert abs(merged - beta) < 0.03
    assert dropped < kept - 0.01 < merged - 0.04


def test_own_indices_go_through_every_estimator_of_pairs_and_through_adjustments():
    market, index = random_market(3, 90, 40)
    prepared = Prepared.of(market, index, Preparation(limit_days="merge"))
    huber = Huber(window=30, min_observations=8)
    for model in (huber, Downside(window=60, min_observations=8), Kalman(estimated_for="stock")):
        betas = fit_prepared(model, prepared)
        alone = model.fit(prepared.returns[:, 3:4], prepared.own_index[:, 3])
        np.testing.assert_array_equal(betas.beta[:, 3], alone.beta_[:, 0])
    base = fit_prepared(huber, prepared)
    model = Vasicek(base=huber, min_stocks=5)
    np.testing.assert_array_equal(fit_prepared(model, prepared).beta, model.adjust(base).beta)
    plain = Prepared.of(market, index, Preparation(resumption="drop"))
    np.testing.assert_array_equal(
        fit_prepared(huber, plain).beta, huber.fit(plain.returns, index).beta_
    )


def test_what_cannot_be_paired_is_refused():
    market, index = random_market(4)
    merge = Preparation(limit_days="merge")
    with pytest.raises(StrategyError, match="needs the index on every day"):
        fit_prepared(Kalman(), Prepared.of(market, index, merge))
    with pytest.raises(StrategyError, match="pair each stock with one index, found 2"):
        Prepared.of(market, np.column_stack([index, index]), merge)
    with pytest.raises(DataError, match="the market 60 days"):
        Prepared.of(market, index[:50])
    with pytest.raises(ValidationError):
        Preparation(listing_days=-1)


def test_the_index_returns_of_a_market_can_be_matched():
    market, _ = random_market(5)
    market.index_close = lambda code: np.linspace(2000, 2100, 60)
    prepared = Prepared.of(
        market, index_returns(market, "000300.SH"), Preparation(resumption="match")
    )
    assert prepared.own_index.shape == prepared.returns.shape
