"""Why a stock is in tomorrow's book: rank, buffer, industry and balance, as a run has them."""

from functools import cache

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.backtesting.expectation import graded
from quanthedge.backtesting.selection import select
from quanthedge.errors import DataError
from quanthedge.market import Explanation
from quanthedge.optimise.decision import PARTS
from quanthedge.words import texts
from tests.sample import ROOT, sample_market, small_strategy

DAY, START = "2015-05-29", "2015-03-02"  # the end of a month, so a rebalance


def told(strategy, code, day=DAY, language="en"):
    """The explanation as {(subject, fact): value}."""
    found = qh.explain_holding(strategy, sample_market(), code, day, start=START, language=language)
    return {(one.subject, one.fact): one.value for one in found.facts.itertuples(index=False)}


@cache
def optimised() -> qh.Strategy:
    six = qh.load_strategy(ROOT / "strategies" / "market_neutral.toml")
    mine = qh.load_strategy(ROOT / "strategies" / "index_relative.toml")
    return mine.change({"alpha": None, "factors": six.factors, "risk": {"eigen": 0.0}})


@cache
def rows() -> np.ndarray:
    first, last = sample_market().span(START, "2015-06-01")
    return small_strategy().rebalance.decision_rows(sample_market(), first, last)


def weights_of(strategy) -> dict[str, float]:
    """What a run wants on the day."""
    targets = select(strategy, sample_market(), rows(), invested_fraction=1.0).targets
    mine = slice(targets.pointer[-2], targets.pointer[-1])
    return dict(
        zip(sample_market().codes[targets.stocks[mine]], targets.weights[mine], strict=True)
    )


def test_the_best_scores_are_told_with_rank_buffer_and_factors():
    strategy = small_strategy("selector.n=20", "selector.buffer=0.5")
    mask, _ = strategy.universe.mask(sample_market(), rows())
    scores = graded(strategy, sample_market(), mask, rows()).scores[-1]
    held = weights_of(strategy)
    ranked = sorted(np.flatnonzero(np.isfinite(scores)), key=lambda n: (-scores[n], n))
    for rank in (1, 20, 21, 30, 31):
        code = str(sample_market().codes[ranked[rank - 1]])
        found = told(strategy, code)
        assert found["score", "rank"] == f"{rank} of {len(ranked)}"
        assert found["book", "kept up to rank"] == "30"
        assert found["book", "wanted now"] == ("yes" if code in held else "no")
        assert found["book", "weight, of the stock book"] == f"{held.get(code, 0.0):.3%}"
        own = [float(value) for (subject, _), value in found.items() if "factors" in subject]
        assert len(own) == 6
        assert np.mean(own) == pytest.approx(scores[ranked[rank - 1]], abs=1e-3)


def test_a_stock_that_may_not_be_held_is_told_why():
    strategy = small_strategy()
    mask, _ = strategy.universe.mask(sample_market(), rows())
    traded = sample_market().panel("traded")[rows()[-1]]
    listed = np.isfinite(sample_market().panel("mark")[rows()[-1]])
    out = np.flatnonzero(~mask[-1] & ~traded & listed & (sample_market().list_index() < 100))[0]
    found = told(strategy, str(sample_market().codes[out]))
    assert found["universe", "may be held"] == "no"
    assert "left out because of" in {fact for _, fact in found}
    assert found["book", "wanted now"] == "no"


def test_a_balanced_book_is_told_by_industry():
    strategy = small_strategy().change('selector={kind="industry_balanced",n=30}')
    held = weights_of(strategy)
    numbers, names = sample_market().industry()
    today = numbers[rows()[-1]]
    for code in [*held][:4]:
        found = told(strategy, code)
        mine = today[sample_market().column(code)]
        assert found["industry", "industry"] == names["name_en"].iloc[mine]
        inside = sum(today[sample_market().column(one)] == mine for one in held)
        assert found["industry", "names wanted of it"] == str(inside)
        assert int(found["industry", "rank inside"].split(" ")[0]) <= inside
        assert found["book", "weight, of the stock book"] == f"{held[code]:.3%}"


def test_an_optimised_book_is_told_by_a_balance_that_adds_up_to_nothing():
    held = weights_of(optimised())
    without = next(one for one in sample_market().codes if one not in held)
    for code in (min(held), max(held), str(without)):
        found = told(optimised(), code)
        bound = "weights and bounds, of the stock book"
        assert found[bound, "wanted"] == f"{held.get(code, 0.0):.3%}"
        worth = {
            fact: float(value.removesuffix(" bp"))
            for (subject, fact), value in found.items()
            if subject == "what one more unit of it is worth"
        }
        total = worth.pop("sum")
        assert total == pytest.approx(0, abs=0.011)
        assert sum(worth.values()) == pytest.approx(total, abs=0.06)  # printed to a hundredth


def test_a_day_between_rebalances_is_told_to_be_none():
    decision = "decision", "a rebalance by the schedule"
    code = str(sample_market().codes[3])
    assert told(small_strategy(), code)[decision] == "yes"
    assert told(small_strategy(), code, "2015-05-28")[decision] == "no"


def test_every_nth_day_is_counted_from_the_first_decision_of_the_fund():
    decision = "decision", "a rebalance by the schedule"
    code = str(sample_market().codes[3])
    weekly = small_strategy("rebalance.every=5")
    first = sample_market().day(START) - 1
    for later in (10, 11):
        day = str(sample_market().dates[first + later])
        assert told(weekly, code, day)[decision] == ("yes" if later == 10 else "no")


def test_nothing_after_the_day_is_looked_at():
    code = str(sample_market().codes[3])
    whole = told(optimised(), code)
    cut = qh.explain_holding(optimised(), sample_market().until(DAY), code, DAY, start=START)
    assert {(a, b): c for a, b, c in cut.facts.itertuples(index=False)} == whole


def test_both_languages_tell_the_same():
    code = str(sample_market().codes[3])
    english, chinese = told(optimised(), code), told(optimised(), code, language="zh")
    assert len(english) == len(chinese)
    assert ("股票池", "可否持有") in chinese
    known = texts("quanthedge.backtesting", "explaining")
    assert set(known["balance"]) == {*PARTS, "sum"}


def test_the_reason_for_leaving_a_stock_out_is_told_in_the_language_asked_for():
    code = str(sample_market().codes[5])
    strategy = small_strategy(f'universe.filters=[{{kind="codes", exclude=["{code}"]}}]')
    english = told(strategy, code)["universe", "left out because of"]
    chinese = told(strategy, code, language="zh")["股票池", "剔除原因"]
    assert english == "codes: on the list of exclusions (not on the list of exclusions)"
    assert chinese == "股票名单：在禁投名单（要求：不在禁投名单）"


def test_an_explanation_prints_and_refuses_what_is_not_there():
    code = str(sample_market().codes[0])
    found = qh.explain_holding(small_strategy(), sample_market(), code, DAY, start=START)
    assert isinstance(found, Explanation)
    assert DAY in str(found)
    with pytest.raises(DataError, match="no stock"):
        qh.explain_holding(small_strategy(), sample_market(), "999999.SH", DAY)
    with pytest.raises(DataError, match="not a trading day"):
        qh.explain_holding(small_strategy(), sample_market(), code, "2015-05-30")
