"""Hurdles by worked numbers, by their order, and inside a run."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.fund import METHODS, Clients, FundTerms
from quanthedge.fund.hurdle import Hurdle
from quanthedge.fund.performance_fee import PerformanceFee
from tests.sample import END, START, sample_market, small_strategy

RATE = Fraction(1, 4)
HARD, SOFT = Hurdle(rate=0.08), Hurdle(rate=0.08, hard=False)
CATCH = Hurdle(rate=0.08, hard=False, catch_up=0.5)


def due(value: str, hurdle: Hurdle | None, threshold: str = "1.08") -> float:
    fee = PerformanceFee("0.25", hurdle)
    exact = fee.due(Fraction(value), Fraction(1), Fraction(threshold))
    days = fee.due(*(np.array([float(one)]) for one in (value, 1, threshold)))
    assert days[0] == pytest.approx(float(exact), abs=1e-15)  # one formula, both kinds of numbers
    return float(exact)


def test_worked_numbers() -> None:
    # gain 0.20 over a hurdle of 0.08: hard 0.25 x 0.12, soft 0.25 x 0.20,
    # catching up half of what exceeds 0.08 until the soft fee is reached
    assert due("1.20", HARD) == pytest.approx(0.03)
    assert due("1.20", SOFT) == pytest.approx(0.05)
    assert due("1.20", CATCH) == pytest.approx(0.05)  # min(0.05, 0.06): caught up
    assert due("1.10", CATCH) == pytest.approx(0.01)  # min(0.025, 0.5 x 0.02)
    assert due("1.08", SOFT) == 0.0
    assert due("1.07", HARD) == due("1.07", SOFT) == due("1.07", CATCH) == 0.0
    assert due("1.07", None) == pytest.approx(0.0175)


@given(st.fractions(1, 3), st.fractions(1, 2), st.fractions(Fraction(3, 10), 1))
def test_a_hurdle_only_lowers_the_fee_and_catching_up_lies_between(value, threshold, part) -> None:
    catch = Hurdle(rate=0.08, hard=False, catch_up=float(part))
    fees = [
        PerformanceFee("0.25", one).due(value, Fraction(1), threshold)
        for one in (HARD, catch, SOFT, None)
    ]
    assert fees == sorted(fees)


def test_a_lot_s_hurdle_grows_from_its_purchase_and_begins_anew_with_a_fee() -> None:
    fund = METHODS["lot_units"]().open(FundTerms(hurdle=HARD))
    fund.subscribe("A", 1_000_000)
    fund.revalue(Fraction(1_050_000))
    fund.advance(Fraction("1.08"))
    assert fund.crystallise()[0].fee == 0  # 1.05 is below 1.08
    assert fund.lots()[0]["mark"] == 1
    fund.subscribe("B", 1_050_000)
    fund.revalue(Fraction(2_400_000))
    fund.advance(Fraction("1.16"))
    fees = {charge.investor: charge.fee for charge in fund.crystallise()}
    assert float(fees["A"]) == pytest.approx(0.25 * (1.20 - 1.16) * 1e6, abs=0.01)
    threshold = 1.05 * (1 + 1.16 - 1.08)  # simple interest from his own day on
    assert float(fees["B"]) == pytest.approx(0.25 * (1.20 - threshold) * 1e6, abs=0.01)
    assert fund.lots()[0]["mark"] == fund.unit_value()
    assert fund.crystallise()[0].fee == 0


def test_the_whole_fund_keeps_its_mark_until_a_fee_is_paid() -> None:
    fund = METHODS["whole_fund"]().open(FundTerms(hurdle=SOFT))
    fund.subscribe("A", 1_000_000)
    fund.revalue(Fraction(1_050_000))
    fund.advance(Fraction("1.08"))
    fund.crystallise()
    assert fund.lots()[0]["mark"] == 1
    fund.revalue(Fraction(1_100_000))
    assert fund.crystallise()[0].fee == 25_000  # a quarter of 0.10, once above 1.08
    assert float(fund.lots()[0]["mark"]) == pytest.approx(1.075)


def test_paths() -> None:
    dates = np.array(["2014-12-31", "2015-01-05", "2015-12-31"], dtype="datetime64[D]")
    close = np.array([100.0, 110.0, 121.0])
    fixed = Hurdle(rate=0.08).path(dates, close)
    assert fixed.tolist() == pytest.approx([1 + 0.08 * 5 / 365, 1 + 0.08])
    assert Hurdle(kind="index").path(dates, close).tolist() == pytest.approx([1.1, 1.21])
    rates = {date(2014, 1, 1): 0.03, date(2015, 2, 1): 0.02}
    paid = Hurdle(kind="deposit", rates=rates).path(dates, close)
    # 5 days at 3%, 27 more up to 1 February, 333 at 2%
    assert paid[1] == pytest.approx(1 + 0.03 * (5 + 27) / 365 + 0.02 * 333 / 365)
    begins = {date(2015, 1, 2): 0.03}  # the first rate stands for the days before it
    first = Hurdle(kind="deposit", rates=begins).path(dates, close)
    assert first[0] == pytest.approx(1 + 0.03 * 5 / 365)
    late = Hurdle(kind="deposit", rates={date(2016, 1, 1): 0.02})
    with pytest.raises(StrategyError, match="the first rate is of 2016-01-01"):
        late.path(dates, close)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.sampled_from(["fixed", "deposit"]))
def test_a_rate_depends_on_the_two_dates_and_not_on_the_closes_between(gaps, kind) -> None:
    rates = {date(2013, 1, 1): 0.03, date(2015, 2, 1): 0.02}
    hurdle = Hurdle(rate=0.05) if kind == "fixed" else Hurdle(kind="deposit", rates=rates)
    days = np.datetime64("2014-12-31") + np.cumsum([0, *gaps])
    every = np.arange(days[0], days[-1] + 1)
    often = hurdle.path(every, np.ones(every.size))
    seldom = hurdle.path(days, np.ones(days.size))
    assert seldom.tolist() == pytest.approx(often[(days[1:] - days[0]).astype(int) - 1].tolist())


@pytest.mark.parametrize("method", METHODS)
def test_a_second_year_without_a_fee_asks_simple_interest_and_not_its_interest(method) -> None:
    # 8% simple on a mark of 1: 1.08 after a year (a fee date without a fee), 1.16 after two
    register = METHODS[method]().open(FundTerms(hurdle=HARD))
    register.subscribe("A", Decimal(1_000_000))
    register.advance(Fraction("1.08"))
    register.revalue(Fraction(1_050_000))
    assert sum(charge.fee for charge in register.crystallise()) == 0
    register.advance(Fraction("1.16"))
    register.revalue(Fraction(1_300_000))
    assert register.accrued() == 35_000  # 0.25 x (1.30 - 1.16) a unit
    assert [line["threshold"] for line in register.lots()] == [Decimal("1.16")]
    assert sum(charge.fee for charge in register.crystallise()) == 35_000


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "fixed"}, {"kind": "deposit"}, {"rate": 0.05, "catch_up": 0.5}, {"rate": 1.5}],
)
def test_what_does_not_fit_together_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Hurdle(**wrong)


def fees_of(method: str, hurdle: Hurdle | None) -> float:
    strategy = small_strategy()
    terms = FundTerms.model_validate(strategy.fund.model_dump() | {"hurdle": hurdle})
    changed = strategy.model_copy(update={"fund": terms, "clients": Clients(method=method)})
    result = backtest(changed, sample_market(), START, END)
    return float(result.ledger["performance_fee"].sum())


@pytest.mark.parametrize("method", ["whole_fund", "lot_units", "series", "equalisation"])
def test_in_a_run_a_hurdle_lowers_the_fee(method: str) -> None:
    hard = fees_of(method, Hurdle(rate=0.03))
    none = fees_of(method, None)
    assert 0 < hard < none
    if method != "equalisation":
        assert hard < fees_of(method, Hurdle(rate=0.03, hard=False)) <= none
    assert fees_of(method, Hurdle(rate=0.9)) == 0.0


@pytest.mark.parametrize("method", ["lot_units", "lot_value", "investor", "series", "equalisation"])
@given(
    growth=st.tuples(*[st.decimals("0.7", "1.5", places=4)] * 2),
    hurdle=st.tuples(*[st.decimals("1", "1.1", places=4)] * 2),
)
def test_each_investor_pays_for_what_he_earned_above_his_own_hurdle(
    method: str, growth, hurdle
) -> None:
    register = METHODS[method]().open(FundTerms(hurdle=HARD))
    (g1, g2), (h1, h2) = [Fraction(one) for one in growth], [Fraction(one) for one in hurdle]
    h2 += h1 - 1  # simple interest is added up
    register.subscribe("A", Decimal(1_000_000))
    register.advance(h1)
    register.revalue(1_000_000 * g1)
    register.subscribe("B", Decimal(1_000_000))
    register.advance(h2)
    assets = (1_000_000 * g1 + 1_000_000) * g2
    register.revalue(assets)
    accrued = register.accrued()
    fees = dict.fromkeys("AB", Decimal(0))
    for charge in register.crystallise():
        fees[charge.investor] += charge.fee
    due_a = RATE * 1_000_000 * max(Fraction(0), g1 * g2 - h2)
    due_b = RATE * 1_000_000 * max(Fraction(0), g2 - (1 + h2 - h1))
    # half of the last decimal of the unit value, at both ends of the way
    near = 0.25 * 1e6 * 0.00005 * 4
    assert float(fees["A"]) == pytest.approx(float(due_a), abs=near)
    assert float(fees["B"]) == pytest.approx(float(due_b), abs=near)
    assert float(accrued) == pytest.approx(float(sum(fees.values())), abs=near)
    register.advance(h2 + Fraction("0.02"))
    register.revalue((assets - sum(map(Fraction, fees.values()))) * Fraction("1.01"))
    again = sum((float(charge.fee) for charge in register.crystallise()), 0.0)
    if min(due_a, due_b) > 100:  # both have just paid: a smaller gain than the hurdle costs nothing
        assert again == pytest.approx(0.0, abs=near)


def test_equalisation_refuses_what_its_credits_cannot_settle() -> None:
    for hurdle in (SOFT, CATCH, Hurdle(kind="index")):
        with pytest.raises(StrategyError, match="hard hurdle that never"):
            METHODS["equalisation"]().open(FundTerms(hurdle=hurdle))


def test_a_rate_above_the_cap_is_refused_and_short_intervals_are_noted() -> None:
    with pytest.raises(ValidationError, match="up to 60%"):
        FundTerms(performance_fee_rate=0.65)
    strategy = small_strategy("fund.crystallisation=month")
    notes = backtest(strategy, sample_market(), START, "2014-12-31").notes
    assert any(note["kind"] == "fee_interval" for note in notes)
