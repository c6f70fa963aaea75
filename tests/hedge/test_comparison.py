"""Comparisons of hedges: futures legs, books, policies followed, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.beta import RollingOLS, index_returns
from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.contracts.leg import futures_leg
from quanthedge.hedge.kernels.policy_errors import followed
from quanthedge.hedge.kernels.ratios import drifted_book
from quanthedge.hedge.policies import Band, Calendar, compile_policy
from quanthedge.hedge.ratios.pro_forma import book_ratios
from quanthedge.hedge.ratios.ratios import (
    AlphaScaled,
    BetaRatio,
    DollarNeutral,
    FixedRatio,
    MinimumVariance,
)
from quanthedge.hedge.research.books import Book, index_book, random_book
from quanthedge.hedge.research.comparison import HedgeComparison, compare_hedges
from quanthedge.hedge.research.neutrality import compound, exposure, newey_west_lags
from quanthedge.rules import FuturesRules
from tests.lazy import lazily
from tests.sample import sample_market

sm = lazily("statsmodels.api")

START, END = "2014-03-03", "2015-10-30"
INDEX = "000300.SH"


@pytest.fixture(scope="module")
def book() -> Book:
    return index_book(sample_market(), INDEX, START, END)


@pytest.fixture(scope="module")
def found(book: Book) -> HedgeComparison:
    return compare_hedges(
        sample_market(),
        book,
        estimators={"60 days": RollingOLS(), "own": RollingOLS(method="top_down")},
        ratios={
            "beta": BetaRatio(),
            "one": DollarNeutral(),
            "least": MinimumVariance(window=120, min_observations=60),
            "partial": AlphaScaled(),
        },
        policies={"daily": Calendar(every_days=1), "weekly": Calendar(every_days=5)},
        end=END,
    )


def column(found: HedgeComparison, estimator: str, ratio: str, policy: str) -> int:
    place = (found.labels == [estimator, ratio, policy]).to_numpy().all(axis=1)
    assert place.sum() == 1
    return int(np.argmax(place))


# -- the futures leg


def test_a_day_earns_the_return_of_the_contract_held_the_day_before() -> None:
    market = sample_market()
    first, last = market.span(START, END)
    leg = futures_leg(market, "IF", first, last)
    prices = market.futures("IF").pivot_table(index="date", columns="contract", values="settle")
    returns = prices.pct_change(fill_method=None).loc[pd.DatetimeIndex(leg.dates)]
    near = np.abs(returns.to_numpy() - leg.future) < 1e-12
    assert (
        np.atleast_2d(near)[1:].any(axis=1).all()
    )  # each day one real contract's own return, rolls included
    assert leg.rolled.sum() == 20  # a roll a month
    assert np.isnan(leg.future[0]).all()


def test_expected_carry_is_the_basis_over_the_life_that_is_left() -> None:
    market = sample_market()
    first, last = market.span(START, END)
    leg = futures_leg(market, "IF", first, last)
    bars = market.futures("IF")
    level = pd.Series(market.index_close(INDEX), pd.DatetimeIndex(market.dates))
    row = 5
    basis = years = 0.0
    for day in leg.dates[: row + 1]:
        listed = bars[bars["date"] == pd.Timestamp(day)].sort_values("last_trading_day")
        front = listed.iloc[0]  # START is the beginning of a month: no roll yet
        basis += front["settle"] / level[pd.Timestamp(day)] - 1.0
        years += (front["last_trading_day"] - pd.Timestamp(day)).days / 365
    assert leg.carry[row, 0] == pytest.approx(-basis / years, rel=1e-10)


def test_the_index_itself_is_a_perfect_instrument() -> None:
    market = sample_market()
    first, last = market.span(START, END)
    leg = futures_leg(market, "IF", first, last, mark="index")
    np.testing.assert_array_equal(leg.future, leg.index_return)
    assert not leg.rolled.any()


# -- books


def test_members_are_held_in_equal_weights_from_each_month_end(book: Book) -> None:
    market = sample_market()
    members = market.members(INDEX)
    assert market.dates[book.decision_rows[0] + 1] == np.datetime64("2014-03-03")
    for r, row in enumerate(book.decision_rows):
        held = book.stocks[book.pointer[r] : book.pointer[r + 1]]
        assert set(held) <= set(np.flatnonzero(members[row]))
        weights = book.weights[book.pointer[r] : book.pointer[r + 1]]
        np.testing.assert_allclose(weights, 1.0 / held.size)
    days = market.dates[book.decision_rows[1:]]
    after = market.dates[book.decision_rows[1:] + 1]
    assert (days.astype("M8[M]") != after.astype("M8[M]")).all()


def test_a_random_book_stays_with_its_stocks() -> None:
    drawn = random_book(sample_market(), 30, seed=4, start=START, end=END)
    assert (np.diff(drawn.pointer) == 30).all()
    kept = [
        np.intersect1d(
            drawn.stocks[drawn.pointer[r] : drawn.pointer[r + 1]],
            drawn.stocks[drawn.pointer[r + 1] : drawn.pointer[r + 2]],
        ).size
        for r in range(drawn.decision_rows.size - 1)
    ]
    assert min(kept) >= 28
    again = random_book(sample_market(), 30, seed=4, start=START, end=END)
    np.testing.assert_array_equal(drawn.stocks, again.stocks)
    with pytest.raises(DataError, match="400 are wanted"):
        random_book(sample_market(), 400, start=START)


def test_shares_drift_with_returns_and_a_suspended_stock_stands_still() -> None:
    returns = np.array([[0.5, 0.5], [0.1, np.nan], [0.2, -0.1], [0.0, 0.3]])
    rows, pointer = np.array([0, 2]), np.array([0, 2, 3])
    stocks, weights = np.array([0, 1, 1]), np.array([1.0, 1.0, 2.0])
    own, shares, places = drifted_book(returns, rows, pointer, stocks, weights, 3)
    np.testing.assert_allclose(own[1:], [0.05, (1.1 * 0.2 - 1.0 * 0.1) / 2.1, 0.3])
    np.testing.assert_allclose(shares[places[1] : places[2]], [1.1 / 2.1, 1.0 / 2.1])
    np.testing.assert_allclose(shares[places[2] : places[3]], [1.0])


# -- following a policy


def test_a_held_ratio_drifts_until_the_policy_trades_it() -> None:
    random = np.random.default_rng(2)
    days = 60
    target = 1.0 + 0.02 * random.normal(size=(days, 1)).cumsum(axis=0)
    book, future = random.normal(0, 0.02, days), random.normal(0, 0.02, (days, 1))
    level = 100 * np.cumprod(1 + future, axis=0)
    forced = np.zeros(days, dtype=bool)
    forced[17] = True
    dates = np.busday_offset("2014-01-01", np.arange(days), roll="forward")
    program = compile_policy(Calendar(every_days=7), dates.astype("datetime64[D]"))
    held, traded = followed(target, book, future, level, forced, program)
    current = 0.0
    for d in range(days):
        if d:
            current *= (1 + future[d, 0]) / (1 + book[d])
        before = current
        if d % 7 == 0 or d == 17:
            current = target[d, 0]
        assert held[d, 0] == pytest.approx(current, rel=1e-12)
        assert traded[d, 0] == pytest.approx(abs(current - before), abs=1e-12)


def test_a_band_trades_less_than_every_day(book: Book) -> None:
    result = compare_hedges(
        sample_market(),
        book,
        ratios={"beta": BetaRatio()},
        policies={"daily": Calendar(every_days=1), "band": Band(low=0.9, high=1.1)},
        end=END,
    )
    daily, band = result.turnover.mean(axis=0)
    assert band < daily


# -- results


def test_the_hedged_return_is_the_book_less_yesterdays_ratio_times_the_future(
    found: HedgeComparison,
) -> None:
    market = sample_market()
    first, last = market.span(START, END)
    leg = futures_leg(market, "IF", first - 1, last)
    expected = found.book[:, None] - found.held * leg.future[1:]
    np.testing.assert_allclose(found.hedged, expected, atol=1e-14)
    carry = -found.held * (leg.future - leg.index_return)[1:]
    np.testing.assert_allclose(found.carry, carry, atol=1e-14)


def test_the_beta_of_the_book_is_that_of_the_stocks_held(
    found: HedgeComparison, book: Book
) -> None:
    market = sample_market()
    returns = np.asarray(market.panel("simple_return"), dtype=float)
    betas = RollingOLS().fit(returns, index_returns(market, INDEX)).beta_
    row, c = int(book.decision_rows[3]), column(found, "60 days", "beta", "daily")
    held = book.stocks[book.pointer[3] : book.pointer[4]]
    own = np.nan_to_num(betas[row, held], nan=1.0)
    day = row + 1 - int(book.decision_rows[0]) - 1
    assert found.held[day, c] == pytest.approx(own.mean(), rel=1e-12)


def test_costs_are_turnover_at_the_exchange_fee_and_slippage(found: HedgeComparison) -> None:
    market = sample_market()
    first, last = market.span(START, END)
    fee = FuturesRules.between("IF", market.dates[first - 1 : last + 1]).fee_rate[:-1]
    np.testing.assert_allclose(found.cost, found.turnover * (fee + 1e-4)[:, None], rtol=1e-12)
    rolls = futures_leg(market, "IF", first - 1, last).rolled[:-1, 0]
    c = column(found, "any", "one", "weekly")
    quiet = rolls & (found.turnover[:, c] > 0)
    assert (found.turnover[quiet, c] >= 2 * found.held[quiet, c] - 1e-12).all()
    assert quiet.sum() == rolls.sum()


def test_a_partial_hedge_is_never_larger_than_the_whole(found: HedgeComparison) -> None:
    whole, part = (column(found, "60 days", name, "daily") for name in ("beta", "partial"))
    assert (found.held[:, part] <= found.held[:, whole] + 1e-12).all()
    assert (found.held[:, part] < found.held[:, whole] - 0.05).any()


def test_ratios_without_a_beta_appear_once(found: HedgeComparison) -> None:
    assert len(found.labels) == 2 * (2 + 1 + 1 + 2)
    table = found.table()
    least = table[table["ratio"] == "least"]
    assert (least["estimator"] == "any").all()
    assert (least["fallback_days"] == 0).all()  # 2013 is there to learn from


def test_nothing_changes_when_the_market_ends_earlier(book: Book) -> None:
    short = sample_market().until("2015-06-30")
    early = index_book(short, INDEX, START)
    rules = {"beta": BetaRatio(), "least": MinimumVariance(window=120), "partial": AlphaScaled()}
    whole = compare_hedges(sample_market(), book, ratios=rules, end=END)
    cut = compare_hedges(short, early, ratios=rules)
    np.testing.assert_allclose(cut.hedged, whole.hedged[: len(cut.dates)], atol=1e-13)


def test_intervals_are_those_of_newey_and_west_in_statsmodels(found: HedgeComparison) -> None:
    row = found.table().iloc[0]
    fit = sm.OLS(found.hedged[:, 0], sm.add_constant(found.index)).fit(
        cov_type="HAC", cov_kwds={"maxlags": newey_west_lags(len(found.dates))}
    )
    low, high = fit.conf_int()[1]
    assert row["beta_daily"] == pytest.approx(fit.params[1], abs=1e-12)
    assert row["beta_low_daily"] == pytest.approx(low, abs=1e-9)
    assert row["beta_high_daily"] == pytest.approx(high, abs=1e-9)
    expected = np.corrcoef(found.hedged[:, 0], found.index)[0, 1]
    assert row["correlation_daily"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("frequency", "rule"), [("weekly", "W-SUN"), ("monthly", "ME")])
def test_weeks_and_months_are_compounded_like_pandas(
    found: HedgeComparison, frequency: str, rule: str
) -> None:
    series = pd.Series(found.book, pd.DatetimeIndex(found.dates))
    expected = (1 + series).resample(rule).prod()
    days = series.resample(rule).size()
    own = compound(found.book[:, None], found.dates, frequency)[:, 0]  # type: ignore[arg-type]
    np.testing.assert_allclose(own, expected[days > 0] - 1, atol=1e-12)


def test_years_are_judged_on_their_own_days(found: HedgeComparison) -> None:
    table = found.by_year()
    assert sorted(table["year"].unique()) == [2014, 2015]
    days = found.dates >= np.datetime64("2015-01-01")
    own = exposure(found.hedged[days], found.index[days])
    np.testing.assert_allclose(table.loc[table["year"] == 2015, "beta_daily"], own.beta)
    removed = 1 - found.hedged[days].var(axis=0) / found.book[days].var()
    np.testing.assert_allclose(table.loc[table["year"] == 2015, "variance_removed_daily"], removed)


def test_text_and_figure_name_every_combination(found: HedgeComparison) -> None:
    text, figure = found.text(), found.figure()
    for label in ("60 days / beta / weekly", "any / least / daily"):
        assert label in text
        assert label in list(figure.data[0].y)
    assert "variance removed" in text


def test_several_futures_hedge_together() -> None:
    # IC was first listed on 2015-04-16: a comparison begins with it.
    market = sample_market()
    late = index_book(market, [INDEX, "000905.SH"], "2015-03-02", END)
    fixed = {"half": FixedRatio(value=(0.5, 0.5))}
    result = compare_hedges(market, late, ratios=fixed, products=("IF", "IC"), end=END)
    assert result.dates[0] == np.datetime64("2015-04-17")
    assert result.held[0, 0] == pytest.approx(1.0)
    least = {"least": MinimumVariance(min_observations=40), **fixed}
    result = compare_hedges(
        market, late, ratios=least, products=("IF", "IC"), start="2015-08-03", end=END
    )
    assert result.fallback_days[0] == 0
    assert result.table()["variance_removed_daily"].min() > 0.3


# -- ratios for the ledger


def test_a_run_gets_the_last_decisions_weights_carried_back(book: Book) -> None:
    market = sample_market()
    first, last = market.span(START, END)
    rule = MinimumVariance(window=120, min_observations=60, horizon_days=1)
    result = book_ratios(rule, market, book, "IF", first, last)
    assert result.ratio.shape == (last - first + 2, 1)
    returns = np.asarray(market.panel("simple_return"), dtype=float)
    for t in (0, 30, last - first + 1):
        row = first - 1 + t
        r = int(np.searchsorted(book.decision_rows, row, side="right")) - 1
        span = slice(book.pointer[r], book.pointer[r + 1])
        past = slice(row - 119, row + 1)
        own = np.nan_to_num(returns[past][:, book.stocks[span]]) @ book.weights[span]
        leg = futures_leg(market, "IF", row - 130, row)
        fit = sm.OLS(own, sm.add_constant(leg.future[-120:])).fit()
        assert result.ratio[t, 0] == pytest.approx(fit.params[1], rel=1e-8)


def test_the_given_betas_stand_in_until_a_rule_has_its_own(book: Book) -> None:
    market = sample_market()
    first, last = market.span(START, END)
    betas = np.full((last - first + 2, len(market.codes)), 1.2)
    rule = MinimumVariance(window=600, min_observations=500)
    result = book_ratios(rule, market, book, "IF", first, last, betas=betas)
    assert result.fallback[0]
    np.testing.assert_allclose(result.ratio[result.fallback], 1.2)
    assert np.isnan(book_ratios(rule, market, book, "IF", first, last).ratio[0, 0])


def test_mistakes_are_refused_in_words(book: Book) -> None:
    market = sample_market()
    with pytest.raises(StrategyError, match="first decided at the close of"):
        compare_hedges(market, book, start="2014-01-06")
    with pytest.raises(StrategyError, match="each once"):
        compare_hedges(market, book, ratios=[BetaRatio(), BetaRatio()])
    with pytest.raises(StrategyError, match="one index for each"):
        futures_leg(market, ("IF", "IF"), 10, 20)
