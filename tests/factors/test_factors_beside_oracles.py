"""Every factor agrees with a slow reading of its definition."""

from functools import cache

import numpy as np
import pyarrow.parquet as pq
import pytest

from quanthedge.market.schema import TABLES
from tests.factors.every_factor import CLASSES, FACTORS, fake, known, name_of
from tests.oracles.factors import exposure
from tests.sample import SAMPLE, sample_market


@pytest.mark.parametrize("factor", FACTORS, ids=name_of)
def test_exposures_are_those_of_the_definition(factor):
    market = fake(0)
    found = known(name_of(factor), 0)
    expected = exposure(factor, market)
    assert found.shape == (len(market.dates), len(market.codes))
    assert found.dtype == np.float64
    assert np.isfinite(expected).sum() > 50
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("factor", FACTORS, ids=name_of)
def test_rows_asked_for_are_rows_of_the_whole(factor):
    market = fake(0)
    rows = [88, 3, 41, 41]
    np.testing.assert_array_equal(factor.exposure(market, rows), known(name_of(factor), 0)[rows])
    assert factor.exposure(market, []).shape == (0, len(market.codes))


@cache
def table_of(name):
    frame = pq.read_table(SAMPLE / f"{name}.parquet").to_pandas(date_as_object=False)
    return frame.reindex(columns=list(TABLES[name].column_names))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_standard_parameters_agree_on_the_sample_market(kind):
    market, factor = sample_market(), kind()
    stocks = slice(0, 9)

    rows = [250, 729, 730]

    class Few:  # the first stocks only: the oracle is slow
        dates, codes, whole = market.dates, market.codes[stocks], market
        asked = rows
        fundamental_items = market.fundamental_items

        def panel(self, name):
            return market.panel(name)[:, stocks]

        def fundamental(self, item):
            return market.fundamental(item)[:, stocks]

        def fundamental_ttm(self, item):
            return market.fundamental_ttm(item)[:, stocks]

        def index_close(self, code):
            return market.index_close(code)

        def table(self, name):
            return table_of(name)

    expected = exposure(factor, Few())[rows]
    assert np.isfinite(expected).sum() >= 12
    found = factor.exposure(market, rows)[:, stocks]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def test_one_of_each_kind_is_tried():
    assert {type(factor) for factor in FACTORS} == set(CLASSES)
