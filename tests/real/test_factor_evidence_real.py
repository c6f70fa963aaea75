"""Published premia on the real market: month-end rank ICs of the 800 largest, 2010 to 2018.

The figures were worked out once by a program that shares nothing with the package: naive returns
from month end to month end, stocks that traded, listed for half a year, without special treatment
and outside delisting periods.
"""

import numpy as np
import pytest

from quanthedge.evaluation import evaluate
from quanthedge.factors import panel
from quanthedge.labelling import decision_rows, labels
from quanthedge.universe import LargestUniverse

FOUND = {  # rank IC, and what industry and size leave of it
    "turnover": (0.086, 0.092),
    "price_volume": (0.066, 0.065),
    "volatility": (0.069, 0.075),
    "earnings_yield": (0.046, 0.054),
    "reversal": (0.047, 0.057),
    "intraday": (0.054, 0.066),
}


def test_the_rank_correlations_of_six_published_factors_are_those_found_before(real_market):
    rows = decision_rows(real_market, "month")
    dates = real_market.dates[rows]
    rows = rows[(dates >= np.datetime64("2009-12-01")) & (dates <= np.datetime64("2018-11-30"))]
    made = labels(real_market, rows)
    found = panel(real_market, list(FOUND), rows)
    table = evaluate(found, made, universe={"large": LargestUniverse(n=800)}).table().loc["large"]
    assert (table["months"] == 107).all()
    for name, (ic, neutral) in FOUND.items():
        assert table.loc[name, "ic"] == pytest.approx(ic, abs=0.004), name
        assert table.loc[name, "neutral_ic"] == pytest.approx(neutral, abs=0.006), name
        assert table.loc[name, "executable_ic"] < table.loc[name, "ic"], name
