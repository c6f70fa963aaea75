"""Books of an optimiser and of balanced industries, on the sample market."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting.circumstances import circumstances
from quanthedge.backtesting.expectation import graded
from quanthedge.backtesting.selection import Selection, select
from quanthedge.errors import StrategyError
from quanthedge.optimise import Decision
from quanthedge.portfolio import IndustryBalancedSelector, OptimisedSelector, Periodic
from quanthedge.portfolio.industry_balanced import allotted
from quanthedge.portfolio.paper import PaperBook
from quanthedge.risk import index_weights
from tests.sample import ROOT, sample_market

SPAN = ("2015-02-02", "2015-08-31")


@cache
def strategy() -> qh.Strategy:
    """The shipped strategy on six factors and a model without simulations, which cost time."""
    six = qh.load_strategy(ROOT / "strategies" / "market_neutral.toml")
    mine = qh.load_strategy(ROOT / "strategies" / "index_relative.toml")
    return mine.change({"alpha": None, "factors": six.factors, "risk": {"eigen": 0.0}})


@cache
def rows() -> np.ndarray:
    first, last = sample_market().span(*SPAN)
    return strategy().rebalance.decision_rows(sample_market(), first, last)


@cache
def scored() -> np.ndarray:
    mask, _ = strategy().universe.mask(sample_market(), rows())
    return graded(strategy(), sample_market(), mask, rows()).scores


@cache
def around():
    return circumstances(strategy(), sample_market(), scored(), rows())


@cache
def decisions() -> list[tuple[np.ndarray, Decision]]:
    selector = strategy().selector
    assert isinstance(selector, OptimisedSelector)
    return selector.decisions(sample_market(), scored(), rows(), around())


@cache
def selection() -> Selection:
    return select(strategy(), sample_market(), rows())


def test_targets_are_the_weights_decided_times_the_invested_fraction():
    targets = selection().targets
    for r, (weights, _) in enumerate(decisions()):
        mine = slice(targets.pointer[r], targets.pointer[r + 1])
        stocks = np.flatnonzero(weights)
        np.testing.assert_array_equal(targets.stocks[mine], stocks)
        np.testing.assert_allclose(targets.weights[mine], 0.75 * weights[stocks])
        assert weights.sum() == pytest.approx(1, abs=1e-4)


def test_each_decision_is_a_row_of_the_table():
    table = selection().decisions
    assert list(table["date"]) == list(pd.DatetimeIndex(sample_market().dates[rows()]))
    assert set(table["status"]) <= {"solved", "relaxed"}
    assert (table["beta_left"].abs() < 0.01).all()
    assert (table["lot_loss_bp"].abs() < 2).all()
    assert (table["residual"] <= 1e-6).all()
    assert table["contracts"].eq(table["contracts"].round()).all()
    for _, row in table.iloc[1:].iterrows():
        assert row["turnover"] <= 0.30 + 1e-6 or "turnover" in row["relaxed"]


def test_the_paper_book_drifts_by_total_returns_and_earns_them_less_the_hedge():
    market, selector = sample_market(), strategy().selector
    equity = strategy().capital_yuan
    before = None
    for r, (weights, decision) in enumerate(decisions()):
        if before is not None:
            old, sold, held = rows()[r - 1], before[1], before[0]
            value = {}
            for n in np.flatnonzero(held):
                returns = market.panel("simple_return")[old + 1 : rows()[r] + 1, n]
                value[n] = held[n] * np.prod(1 + np.nan_to_num(returns))
            gain = sum(value.values()) - held.sum()
            index = market.index_close("000300.SH")
            equity += 0.75 * equity * gain - sold * (index[rows()[r]] / index[old] - 1)
            drifted = np.zeros(len(market.codes))
            for n, worth in value.items():
                drifted[n] = worth / (1 + gain)
            np.testing.assert_allclose(
                decision.problem.held, drifted[decision.posed.stocks], atol=1e-9
            )
        assert decision.book_yuan == pytest.approx(0.75 * equity)
        before = weights, decision.contracts * decision.contract_yuan
    assert selector.needs_circumstances


def test_a_stock_that_is_gone_is_cash_in_the_paper_book():
    market = sample_market()
    gone = np.flatnonzero(market.delist_index() < len(market.dates))
    assert gone.size
    n, row = int(gone[0]), int(market.delist_index()[gone[0]])
    paper = PaperBook(market, around())
    weights = np.zeros(len(market.codes))
    weights[[n, n + 1]] = 0.5
    paper.decide(row - 2, weights, 0.0)
    paper.carry_to(row)
    assert paper.held[n] == 0
    assert 0.2 < paper.held.sum() < 0.8


def test_decisions_do_not_depend_on_what_comes_later():
    market = sample_market().until(sample_market().dates[rows()[3]])
    cut = select(strategy(), market, rows()[:4])
    stop = selection().targets.pointer[4]
    np.testing.assert_array_equal(cut.targets.stocks, selection().targets.stocks[:stop])
    np.testing.assert_array_equal(cut.targets.weights, selection().targets.weights[:stop])
    pd.testing.assert_frame_equal(cut.decisions, selection().decisions.iloc[:4])


def test_scores_alone_decide_no_optimised_book():
    with pytest.raises(StrategyError, match=r"take qh\.Optimiser"):
        strategy().selector.targets(sample_market(), scored(), rows())


def test_an_optimised_book_is_hedged_with_one_product():
    both = strategy().change({"hedge.product": ("IF", "IC")})
    with pytest.raises(StrategyError, match=r"one product; hedge\.product names IF, IC"):
        select(both, sample_market(), rows())


def test_exactly_one_price_of_risk_is_asked_for():
    with pytest.raises(StrategyError, match="exactly one of risk_aversion and tracking_error"):
        strategy().change("selector.tracking_error=0.04")


def test_a_capital_that_the_market_cannot_take_is_refused_at_the_first_decision():
    with pytest.raises(StrategyError, match=r"no book on 2015-01-30 keeps its limits"):
        select(strategy().change(capital_yuan=1e12), sample_market(), rows()[:1])


def balanced_slowly(selector, market, scores, row, tilts):
    """Industries by the index's weights and tilts, names by largest remainder, one by one."""
    index = index_weights(market, selector.benchmark).on(np.array([row]))[0]
    numbers = market.industry()[0][row]
    shares: dict[int, float] = {}
    for n, weight in enumerate(index):
        shares[numbers[n]] = shares.get(numbers[n], 0.0) + weight
    for g, tilt in enumerate(tilts):
        shares[g] = shares.get(g, 0.0) + tilt
    shares = {g: max(share, 0.0) for g, share in shares.items()}
    ranked = {
        g: sorted((n for n in np.flatnonzero(numbers == g) if np.isfinite(scores[n])),
                  key=lambda n: (-scores[n], n))
        for g in shares
    }  # fmt: skip
    names = allotted(
        np.array([shares[g] for g in sorted(shares)]), selector.n,
        np.array([len(ranked[g]) for g in sorted(shares)]),
    )  # fmt: skip
    book = {}
    for g, count in zip(sorted(shares), names, strict=True):
        chosen = ranked[g][:count]
        for n in chosen:
            book[n] = shares[g] / len(chosen)
    total = sum(book.values())
    return {n: weight / total for n, weight in book.items() if weight}


def test_balanced_industries_weigh_as_the_index_and_hold_their_best_names():
    market, selector = sample_market(), IndustryBalancedSelector(n=40)
    groups = len(market.industry()[1])
    tilts = np.random.default_rng(1).normal(0, 0.02, (rows().size, groups))
    book = selector.decide(market, scored(), rows(), _tilted(tilts))
    for r, row in enumerate(rows()):
        mine = slice(book.targets.pointer[r], book.targets.pointer[r + 1])
        found = dict(zip(book.targets.stocks[mine], book.targets.weights[mine], strict=True))
        slow = balanced_slowly(selector, market, scored()[r], row, tilts[r])
        assert found.keys() == slow.keys()
        assert len(found) == 40
        for n, weight in slow.items():
            assert found[n] == pytest.approx(weight)


def _tilted(tilts):
    from dataclasses import replace

    return replace(around(), tilts=lambda: tilts)


@pytest.mark.parametrize("weighting", ["equal", "score", "index"])
def test_inside_an_industry_names_weigh_as_asked(weighting):
    market, selector = sample_market(), IndustryBalancedSelector(n=40, weighting=weighting)
    targets = selector.targets(market, scored(), rows(), invested_fraction=0.75)
    index = index_weights(market, "000300.SH").on(rows())
    for r, row in enumerate(rows()):
        mine = slice(targets.pointer[r], targets.pointer[r + 1])
        stocks, weights = targets.stocks[mine], targets.weights[mine]
        assert weights.sum() == pytest.approx(0.75)
        numbers = market.industry()[0][row][stocks]
        for group in np.unique(numbers):
            own = numbers == group
            share = weights[own] / weights[own].sum()
            if weighting == "equal":
                np.testing.assert_allclose(share, 1 / own.sum())
            elif weighting == "index":
                expected = index[r][stocks[own]]
                np.testing.assert_allclose(share, expected / expected.sum())
            else:
                ranks = scored()[r][stocks[own]].argsort().argsort() + 1
                np.testing.assert_allclose(share, ranks / ranks.sum())


@pytest.mark.parametrize("seed", range(30))
def test_names_are_allotted_whole_and_none_is_lost(seed):
    rng = np.random.default_rng(seed)
    shares, there = rng.random(8) * (rng.random(8) < 0.8), rng.integers(0, 12, 8)
    count = int(rng.integers(1, 60))
    names = allotted(shares, count, there)
    assert (names <= there).all()
    assert (names[shares == 0] == 0).all()
    assert names.sum() == min(count, there[shares > 0].sum())
    free = (names < there) & (shares > 0)
    if names.sum() == count and free.all():  # nothing was full: within one of the exact share
        assert (np.abs(names - count * shares / shares.sum()) < 1).all()


def test_a_months_days_are_the_same_whatever_the_span():
    assert Periodic().days_between == 20
    assert Periodic(every="week").days_between == 5
    assert Periodic(every=7).days_between == 7


@pytest.mark.parametrize("bound", [-0.1, float("nan"), float("inf")])
def test_a_bound_that_is_none_is_refused_at_the_door(bound):
    with pytest.raises(ValueError, match=r"style size: bound .*; accepted: 0 or more"):
        OptimisedSelector(risk_aversion=10.0, style={"size": bound})
