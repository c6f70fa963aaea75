"""Yields of the real market agree with the ratios that a data vendor published for the same day."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quanthedge.factors import BookYield, DividendYield, EarningsYield, SalesYield, Size
from tests.market_fake import FakeMarket

SHARED = Path(__file__).resolve().parents[3] / "shared" / "market"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (SHARED / "valuation_month_end.parquet").exists(),
        reason="the real market data are not beside the project",
    ),
]
RATIOS = {
    EarningsYield(fallback=False): lambda vendor: 1 / vendor["pe_ttm"],
    BookYield(): lambda vendor: 1 / vendor["pb"],
    SalesYield(fallback=False): lambda vendor: 1 / vendor["ps_ttm"],
    DividendYield(fallback=False): lambda vendor: vendor["dividend_yield_ttm_pct"] / 100,
}


def of_day(table, date):
    frame = pd.read_parquet(SHARED / table, filters=[("date", "==", date.item())])
    return frame.set_index("code").sort_index()


def market_of(date):
    """One real day in memory: bars of the day, the last reports that were public by its close."""
    bars = of_day("stock_daily.parquet", date)
    reports = pd.read_parquet(
        SHARED / "fundamentals_pit.parquet", filters=[("effective_date", "<=", date.item())]
    )
    last = reports.sort_values(["code", "effective_date"]).groupby("code").tail(1)
    last = last.set_index("code").reindex(bars.index)
    items = [name for name in last.columns if name.endswith(("_ttm", "_annual", "equity"))]
    panels = {name: bars[[name]].to_numpy(np.float64).T for name in ("close", "total_shares")}
    return FakeMarket(
        dates=np.array([date]),
        codes=bars.index.to_numpy(),
        panels={**panels, "mark": panels["close"]},
        fundamentals={name: last[[name]].to_numpy(np.float64).T for name in items},
        members_by_index={},
        industries=np.zeros((1, len(bars)), dtype=np.int16),
        listed=np.zeros(len(bars)),
        gone=np.ones(len(bars)),
    )


@pytest.mark.parametrize("day", ["2011-06-30", "2014-09-30", "2017-12-29"])
def test_yields_are_the_vendors_ratios_upside_down(day):
    date = np.datetime64(day)
    market = market_of(date)
    vendor = of_day("valuation_month_end.parquet", date).reindex(market.codes)
    for factor, ratio in RATIOS.items():
        found, expected = factor.exposure(market)[0], ratio(vendor).to_numpy()
        both = np.isfinite(found) & np.isfinite(expected)
        assert both.sum() > 700, factor.kind
        apart = np.abs(found[both] / expected[both] - 1)
        assert np.median(apart) < 1e-4, factor.kind  # the vendor rounds to four decimals
        assert (apart < 0.01).mean() > 0.99, factor.kind
    value = np.exp(Size().exposure(market)[0]) / vendor["total_market_cap"].to_numpy()
    assert abs(np.nanmedian(value) - 1) < 1e-6
