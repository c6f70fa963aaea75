"""Raw and adjusted prices are told apart by their type, and never mixed."""

import numpy as np
import pytest

from quanthedge.errors import DataError
from quanthedge.market.prices import Prices
from tests.sample import sample_market

RAW, ADJUSTED = Prices([10.0, 5.0, 6.0], "raw"), Prices([10.0, 10.0, 12.0], "adjusted")


@pytest.mark.parametrize(
    "mix",
    [
        lambda: RAW - ADJUSTED,
        lambda: RAW[1:] / ADJUSTED[:-1],
        lambda: RAW > ADJUSTED,
        lambda: np.where([True, False, True], RAW, ADJUSTED),
        lambda: np.concatenate([RAW, ADJUSTED]),
        lambda: np.maximum(RAW, ADJUSTED),
        lambda: np.add(np.zeros(3), RAW, out=ADJUSTED.copy()),
        lambda: np.corrcoef(RAW, ADJUSTED),
    ],
)
def test_mixing_raises(mix):
    with pytest.raises(DataError, match="raw and adjusted prices are mixed"):
        mix()


def test_slices_keep_the_kind_and_results_are_plain_numbers():
    assert (ADJUSTED[1:].kind, RAW[None, :].kind, RAW.copy().kind) == ("adjusted", "raw", "raw")
    returns = ADJUSTED[1:] / ADJUSTED[:-1] - 1
    assert type(returns) is np.ndarray
    np.testing.assert_allclose(returns, [0.0, 0.2])
    assert type(np.nanmean(RAW)) is np.float64


def test_adjusted_returns_are_those_of_the_exchanges_previous_close():
    market = sample_market()
    mark = market.price_panel("mark", "adjusted")
    returns = np.where(market.panel("traded")[1:], mark[1:] / mark[:-1] - 1, np.nan)
    expected = market.panel("simple_return")[1:]
    both = np.isfinite(returns) & np.isfinite(expected)
    np.testing.assert_allclose(returns[both], expected[both], atol=1e-3)
    assert np.isfinite(returns).mean() > 0.8


def test_raw_prices_are_the_panel_and_other_names_are_refused():
    market = sample_market()
    np.testing.assert_array_equal(market.price_panel("close"), market.panel("close"))
    with pytest.raises(DataError, match="'volume' is no price"):
        market.price_panel("volume")
    with pytest.raises(DataError, match="accepted: raw, adjusted"):
        market.price_panel("close", "forward")
