"""A factor's past does not move when the future is cut off or replaced by nonsense."""

from functools import cache

import numpy as np
import pytest

from tests.factors.every_factor import CLASSES, FACTORS, SLOW, fake, known, name_of
from tests.sample import sample_market


@cache
def scrambled_after(row):
    return fake(5).scrambled(row)


@cache
def cut_after(row):
    return fake(5).until(fake(5).dates[row])


@cache
def cut_sample():
    return sample_market().until("2014-09-16")


@pytest.mark.parametrize("factor", FACTORS, ids=name_of)
@pytest.mark.parametrize("row", [31, 60])
def test_the_past_stays_when_the_future_is_scrambled(factor, row):
    whole = known(name_of(factor), 5)
    scrambled = factor.exposure(scrambled_after(row))
    np.testing.assert_array_equal(scrambled[: row + 1], whole[: row + 1])
    if factor.kind not in SLOW:
        assert not np.array_equal(scrambled, whole, equal_nan=True)


@pytest.mark.parametrize("factor", FACTORS, ids=name_of)
@pytest.mark.parametrize("row", [0, 70])
def test_the_past_stays_when_the_future_is_cut_off(factor, row):
    np.testing.assert_array_equal(
        factor.exposure(cut_after(row)), known(name_of(factor), 5)[: row + 1]
    )


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_sample_market_cut_off_gives_the_same_exposures(kind):
    market = sample_market()
    row = market.day("2014-09-16")
    days = [row - 60, row - 1, row]
    np.testing.assert_array_equal(
        kind().exposure(cut_sample(), days), kind().exposure(market, days)
    )


def test_fundamentals_count_from_the_day_they_are_known_and_not_before():
    market = sample_market()
    factor = next(kind for kind in CLASSES if kind.__name__ == "BookYield")()
    equity = market.fundamental("book_equity")
    t, n = np.argwhere(np.isnan(equity[:-1]) & np.isfinite(equity[1:]))[0]
    assert np.isnan(factor.exposure(market, [t])[0, n])
    changed = (equity[1:] != equity[:-1]) & np.isfinite(equity[1:]) & np.isfinite(equity[:-1])
    t, n = np.argwhere(changed)[0]
    value = market.panel("mark") * market.panel("total_shares")
    before, after = factor.exposure(market, [t, t + 1])[:, n]
    assert before == equity[t, n] / value[t, n]
    assert after == equity[t + 1, n] / value[t + 1, n]
