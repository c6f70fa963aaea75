"""Unit value and performance fee: decimals against published cases, whole numbers against both."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quanthedge.errors import LedgerError
from quanthedge.fund import exact, round_half_up
from quanthedge.fund.performance_fee import PerformanceFee
from quanthedge.fund.values import unit_value
from quanthedge.ledger.kernels.fees import (
    crystallise,
    performance_fee_cents,
    to_cents,
    unit_value_ticks,
)

no_deadline = settings(deadline=None)  # the first call compiles
CENTS = st.integers(1, 9 * 10**14)  # up to nine trillion yuan
UNITS = st.integers(1, 9 * 10**14)
RATES = st.integers(0, 9_999)  # basis points
ONE_UNIT_OWNS_ALL = {"cents": 886_862_004_742_992, "units": 100, "mark": 0, "points": 105}


@no_deadline
@given(CENTS, UNITS)
def test_the_whole_number_unit_value_is_the_decimal_one(cents, units):
    plain = unit_value(Decimal(cents) / 100, Decimal(units) / 100)
    assert unit_value_ticks(cents, units) == plain * 10_000


@no_deadline
@given(st.integers(1, 10**9), st.integers(1, 10**5))
def test_ties_are_rounded_up_like_in_decimals(half_ticks, units):
    cents = half_ticks * units  # a unit value of a whole number of halves of 0.0001 yuan
    plain = unit_value(Decimal(cents) / 100, Decimal(20_000 * units) / 100)
    assert unit_value_ticks(cents, 20_000 * units) == plain * 10_000 == (half_ticks + 1) // 2


@no_deadline
@given(CENTS, UNITS)
def test_a_negative_value_is_rounded_away_from_zero(cents, units):
    assert unit_value_ticks(-cents, units) == -unit_value_ticks(cents, units)
    assert unit_value(-cents, units) == -unit_value(cents, units)


@no_deadline
@example(**ONE_UNIT_OWNS_ALL)
@given(
    cents=CENTS,
    units=st.integers(100, 9 * 10**14),
    mark=st.integers(0, 10**7),
    points=RATES,
)
def test_the_whole_number_fee_is_the_decimal_one(cents, units, mark, points):
    ticks = unit_value_ticks(cents, units)
    value, level = Fraction(int(ticks), 10_000), Fraction(mark, 10_000)
    fee = PerformanceFee(Decimal(points) / 10_000)
    plain = fee.on(Decimal(units) / 100, value, level, level)
    assert performance_fee_cents(ticks, mark, units, points / 10_000) == plain * 100


@no_deadline
@given(st.integers(0, 9 * 10**16), st.integers(0, 10**9), UNITS, RATES)
def test_the_fee_is_exact_at_every_magnitude(ticks, mark, units, points):
    cents = Fraction(points * max(0, ticks - mark) * units, 10**8)
    if cents < 2**63:
        rounded = (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)
        assert performance_fee_cents(ticks, mark, units, points / 10_000) == rounded


@no_deadline
@given(CENTS, st.integers(10**4, 9 * 10**14), st.integers(1, 10**8), RATES, st.booleans())
def test_a_fee_date_keeps_its_promises(cents, units, mark, points, post_fee):
    fee, before, after, new_mark = crystallise(cents, units, mark, points / 10_000, post_fee)
    gain = Fraction(max(0, before - mark) * units, 10_000)  # cents
    assert fee == 0 or before > mark
    assert abs(fee - Fraction(points, 10_000) * gain) <= Fraction(1, 2)
    assert new_mark >= mark
    assert after == unit_value_ticks(cents - fee, units)
    if before <= mark:
        assert new_mark == mark
    elif not post_fee:
        assert new_mark == before


@pytest.mark.parametrize(
    ("raw", "rounded"),
    [("1.23445", "1.2345"), ("1.23455", "1.2346"), ("1.00005", "1.0001"), ("0.99995", "1.0000")],
)
def test_unit_values_are_rounded_half_up_in_decimals(raw, rounded):
    # nav_rounding of the worked cases
    assert str(round_half_up(Decimal(raw), 4)) == rounded
    assert str(unit_value(Decimal(raw) * 1_000_000, 1_000_000)) == rounded
    assert unit_value_ticks(int(Decimal(raw) * 100_000_000), 100_000_000) == int(
        Decimal(rounded) * 10_000
    )


def test_cents_are_rounded_half_up():
    assert [to_cents(yuan) for yuan in (0.0, 0.125, 1e12, 100_000_000.004)] == [
        0, 13, 10**14, 10**10,
    ]  # fmt: skip


def test_a_float_counts_as_the_decimal_that_it_prints():
    assert exact(1.23455) == Decimal("1.23455")
    assert unit_value(1.23455, 1) == Decimal("1.2346")


def test_no_units_and_no_number_are_errors():
    with pytest.raises(LedgerError, match="at least one unit"):
        unit_value(100, 0)
    with pytest.raises(LedgerError, match="not a finite number"):
        unit_value(float("nan"), 1)
