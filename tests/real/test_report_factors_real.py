"""Factors of reports on the real market, beside an independent program and another vendor's ratios.

The rank correlations are those of the program that tests/real/test_factor_ic_real.py tells of. The
returns on equity come from another vendor than the statements that the factor reads; they are dated
by the legal deadline, so that they are compared just after the first quarter's.
"""

import numpy as np
import pytest

from quanthedge.factors import panel
from tests.real.test_factor_ic_real import largest, month_ends

__all__ = ["largest", "month_ends"]

MEASURED = {
    "book_yield": 0.029,
    "sales_yield": 0.018,
    "dividend_yield": 0.045,
    "ebit_ev": 0.044,
    "return_on_equity": 0.034,
    "leverage": 0.007,
    "profit_growth": 0.021,
    "revenue_growth": 0.010,
    "issuance": 0.033,
}


def test_the_mean_rank_ic_of_fundamentals_is_what_was_measured(real_market, month_ends, largest):
    from scipy.stats import spearmanr

    wealth = real_market.prices("mark", adjusted="backward").to_numpy()[month_ends]
    earned = wealth[1:] / wealth[:-1] - 1
    found = panel(real_market, list(MEASURED), month_ends)
    means = {}
    for name, sign in zip(found.names, found.signs, strict=True):
        exposure = sign * found.frame(name).to_numpy()
        means[name] = np.nanmean(
            [
                spearmanr(exposure[r, own], earned[r, own], nan_policy="omit").statistic
                for r, own in enumerate(largest[: len(earned)])
                if np.isfinite(exposure[r, own]).sum() > 100
            ]
        )
    assert means == pytest.approx(MEASURED, abs=0.004)


@pytest.mark.parametrize("day", ["2012-05-03", "2014-05-05", "2017-05-03"])
def test_returns_of_a_first_quarter_are_another_vendors_ratio(real_market, day):
    from scipy.stats import spearmanr

    row = real_market.day(day)
    found = panel(real_market, ["roe_quarter"], [row]).frame("roe_quarter").to_numpy()[0]
    theirs = real_market.fundamental("roe_cum_pct")[row] / 100
    both = np.isfinite(found) & np.isfinite(theirs) & real_market.panel("traded")[row]
    assert both.sum() > 1500
    assert spearmanr(found[both], theirs[both]).statistic > 0.95
    # theirs is over the mean equity of the quarter, ours over that at its begin
    assert np.median(np.abs(found[both] - theirs[both])) < 0.002


def test_most_stocks_have_the_factors_of_statements_in_every_year(real_market, month_ends):
    kinds = ["accruals", "gross_profitability", "asset_growth", "earnings_change", "roe_quarter"]
    coverage = panel(real_market, kinds, month_ends).coverage()
    assert (coverage["mean"] > 0.85).all(), coverage
    assert (coverage["lowest"] > 0.6).all(), coverage
