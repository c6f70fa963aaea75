"""A dividend pays the fee that is due, at most 60% of it; nothing is lost or charged twice."""

import copy
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import LedgerError
from quanthedge.fund import METHODS, FundTerms
from quanthedge.fund.hurdle import Hurdle
from quanthedge.fund.methods import Register

A, B = 1_000_000, 600_000
growths = st.decimals("0.75", "1.5", places=4).map(Fraction)
dividends = st.decimals("0.01", "0.3", places=4)
HURDLES = {
    "none": None,
    "hard": Hurdle(rate=0.05),
    "soft": Hurdle(rate=0.05, hard=False),
    "deposit": Hurdle(kind="deposit", rates={date(2014, 1, 1): 0.03}),
}
# a unit value may round up before the dividend and down after it: its last decimal, on all units
LAST_DECIMAL = 0.0001 * 1.8e6
NEAR = 0.25 * LAST_DECIMAL + 1


def two_investors(method: str, hurdle: Hurdle | None, first: Fraction, then: Fraction):
    register = METHODS[method]().open(FundTerms(hurdle=hurdle))
    register.subscribe("A", Decimal(A))
    if hurdle:
        register.advance(Fraction("1.02"))
    assets = A * first
    register.revalue(assets)
    register.subscribe("B", Decimal(B))
    if hurdle:
        register.advance(Fraction("1.05"))
    assets = (assets + B) * then
    register.revalue(assets)
    return register, assets


def fees(register: Register) -> dict[str, float]:
    """What each would pay on a fee date; under one mark for all, by units."""
    before = {one: register.holding(one) for one in "AB"}
    total = dict.fromkeys("AB", 0.0)
    for charge in register.crystallise():
        for one in "AB":
            if charge.investor == one:
                total[one] += float(charge.fee)
            elif charge.investor == "fund":
                total[one] += float(charge.fee * before[one] / sum(before.values()))
    return total


@pytest.mark.parametrize("name", HURDLES)
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=30)
@given(first=growths, then=growths, dividend=dividends)
def test_what_is_owed_is_paid_from_the_dividend_or_later(
    method: str, name: str, first: Fraction, then: Fraction, dividend: Decimal
) -> None:
    if method == "equalisation" and name == "soft":
        return
    register, assets = two_investors(method, HURDLES[name], first, then)
    plain = fees(copy.deepcopy(register))
    worth = {one: float(register.value_if_redeemed(one)) for one in "AB"}
    units = {one: register.holding(one) for one in "AB"}
    paid = {one.investor: one for one in register.distribute(dividend)}
    for one in "AB":
        gross = paid[one].cash + paid[one].fee
        assert float(gross) == pytest.approx(float(units[one] * dividend), abs=0.02)
        assert paid[one].fee <= Decimal("0.6") * gross + Decimal("0.01")
        # a fee is taken up to the 60%, not less
        first_due = min(plain[one], 0.6 * float(gross))
        if method != "equalisation":  # there a credit pays first
            assert float(paid[one].fee) == pytest.approx(first_due, abs=NEAR)
    assets -= sum(Fraction(one.cash + one.fee) for one in paid.values())
    register.revalue(assets)
    for one in "AB":
        now = float(register.value_if_redeemed(one)) + float(paid[one].cash)
        assert now == pytest.approx(worth[one], abs=LAST_DECIMAL)
    later = fees(register)
    for one in "AB":
        assert later[one] + float(paid[one].fee) == pytest.approx(plain[one], abs=NEAR)


@pytest.mark.parametrize("method", METHODS)
@given(first=growths, dividend=dividends, last=growths)
def test_a_dividend_resets_nothing(method: str, first, dividend, last) -> None:
    """Whoever gets his dividend and then the same return pays the fee of what he earned in all."""
    register = METHODS[method]().open(FundTerms())
    register.subscribe("A", Decimal(A))
    assets = A * first
    register.revalue(assets)
    paid = register.distribute(dividend)[0]
    assets = (assets - Fraction(paid.cash + paid.fee)) * last
    register.revalue(assets)
    charged = float(paid.fee) + sum(float(one.fee) for one in register.crystallise())
    # nothing above the mark has been charged when the gain after the dividend brings it back
    gain = A * ((first - Fraction(dividend)) * last + Fraction(dividend) - 1)
    best = max(gain, Fraction(0), Fraction(paid.fee) * 4)
    assert charged == pytest.approx(float(best) / 4, abs=NEAR)


@pytest.mark.parametrize("method", METHODS)
def test_a_dividend_of_all_is_refused(method: str) -> None:
    register = METHODS[method]().open(FundTerms())
    register.subscribe("A", Decimal(A))
    with pytest.raises(LedgerError, match="above 0 and below it"):
        register.distribute(Decimal(1))
