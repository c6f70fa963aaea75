"""The capacity curve: impact grows with size, counts agree with the tables of the runs."""

import numpy as np
import pytest

from quanthedge.capacity import capacity_curve, capacity_spec, modelled_impact
from quanthedge.report.drawing import draw
from quanthedge.run import backtest
from tests.sample import sample_market, small_strategy

END = "2015-02-27"
SIZES = (2e4, 5e7, 1e9)


@pytest.fixture(scope="module")
def curve():
    return capacity_curve(small_strategy(), sample_market(), "2014-09-17", END, sizes=SIZES)


def test_more_money_moves_prices_more(curve) -> None:
    ran = curve[curve["reason"] == ""]
    assert ran["impact"].is_monotonic_increasing
    assert (ran["net_after_impact"] <= ran["net"]).all()
    assert ran["lots"].is_monotonic_increasing
    assert ran["open_interest_share_most"].iloc[-1] >= ran["open_interest_share"].iloc[-1]


def test_a_size_that_cannot_be_run_keeps_its_row_with_the_reason(curve) -> None:
    assert "capital_yuan 20,000" in curve.loc[2e4, "reason"]
    assert np.isnan(curve.loc[2e4, "net"])


def test_impact_is_the_square_root_law_order_by_order() -> None:
    market = sample_market()
    result = backtest(small_strategy(), market, "2014-09-17", END)
    found = modelled_impact(result, market, 0.5)
    stock = result.trades.loc[found.index]
    dates = market.dates.astype("datetime64[D]")
    returns, amounts = market.panel("simple_return"), market.panel("amount")
    for k in (0, 7, len(stock) - 1):
        trade = stock.iloc[k]
        t = int(np.searchsorted(dates, np.datetime64(trade["date"], "D")))
        i = int(np.flatnonzero(market.codes == trade["code"])[0])
        spread = np.nanstd(returns[t - 20 : t, i].astype(float), ddof=1)
        expected = 0.5 * spread * np.sqrt(trade["amount"] / amounts[t, i]) * trade["amount"]
        assert found.iloc[k] == pytest.approx(expected, rel=1e-6)


def test_the_figure_can_be_drawn(curve) -> None:
    spec = capacity_spec(curve, "zh")
    assert spec["layout"]["xaxis"]["ticktext"] == ["50", "1000"]
    assert spec["data"][1]["name"] == "费后"
    assert draw(spec) is not None
