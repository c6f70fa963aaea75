"""Macro indicators: their definitions, their past, and what a market must have for them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.conditions.macro import indicators
from quanthedge.errors import DataError, StrategyError
from tests.oracles import macro as oracle
from tests.sample import sample_market

NAMES = indicators().index.tolist()
ROWS = [10, 130, 420, 610, 730]


@cache
def whole() -> pd.DataFrame:
    return qh.macro(sample_market())


@pytest.mark.parametrize("name", NAMES)
def test_indicators_are_those_of_the_definition(name):
    market = sample_market()
    expected = [getattr(oracle, name)(market, row) for row in ROWS]
    assert np.isfinite(expected).sum() >= 2
    np.testing.assert_allclose(whole()[name].iloc[ROWS], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("date", ["2013-06-03", "2014-09-17", "2015-08-24"])
def test_the_past_stays_when_the_market_is_cut(date):
    cut = qh.macro(sample_market().until(date))
    pd.testing.assert_frame_equal(cut, whole().loc[:date], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("alteration", ["scrambled", "absurd", "restated"])
def test_another_future_leaves_the_past(alteration):
    market = sample_market()
    row = market.day("2015-08-24")
    with np.errstate(all="ignore"):  # an index of 0 points is among the nonsense
        found = qh.macro(market.altered(row, alteration))
    kept = slice(None, row + 1)
    np.testing.assert_allclose(found.iloc[kept], whole().iloc[kept], rtol=1e-9, atol=1e-12)
    if alteration != "restated":  # publishing old reports anew moves no price
        moved = (found.iloc[row + 1 : row + 40] != whole().iloc[row + 1 : row + 40]).any()
        assert moved.all(), moved[~moved].index.tolist()


def test_each_indicator_says_what_it_is_in_both_languages():
    table = indicators()
    assert table["en"].map(str.isascii).all()
    assert table["zh"].map(lambda text: any("一" <= letter <= "鿿" for letter in text)).all()
    assert (table["formula_en"].str.len() > 10).all()
    assert table["source"].str.contains(r"\(\d{4}\)").all()
    assert table["zh"].is_unique
    assert whole().columns.tolist() == NAMES


class Without:
    """The sample market without some tables."""

    def __init__(self, *tables):
        self._tables = tables

    def has(self, table):
        return table not in self._tables and sample_market().has(table)

    def __getattr__(self, name):
        return getattr(sample_market(), name)


def test_what_a_market_cannot_carry_is_left_out_with_the_reason():
    from quanthedge.conditions.macro import macro

    found = macro(Without("government_yield_curve"))
    assert set(NAMES) - set(found.columns) == {
        "ep_minus_10y", "rate_10y", "term_spread", "rate_change",
    }  # fmt: skip
    assert found.attrs["skipped"]["rate_10y"].endswith("has no table government_yield_curve")


def test_an_indicator_that_is_asked_for_and_cannot_be_carried_is_an_error():
    from quanthedge.conditions.macro import macro

    with pytest.raises(DataError, match=r"indicator rate_10y: .* no table government_yield_curve"):
        macro(Without("government_yield_curve"), ["breadth", "rate_10y"])
    with pytest.raises(StrategyError, match="no indicator 'bredth'; there are ep_minus_shibor"):
        qh.macro(sample_market(), ["bredth"])


def test_a_contract_that_is_not_listed_yet_has_no_basis():
    found = whole()["basis_ic"]
    assert found[:"2015-04-15"].isna().all()
    assert found["2015-06-01":].notna().all()


def test_those_asked_for_come_in_their_order():
    found = qh.macro(sample_market(), ["term_spread", "breadth"])
    assert found.columns.tolist() == ["term_spread", "breadth"]
