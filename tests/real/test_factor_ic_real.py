"""The library's price factors carry on the real market what an independent program measured.

That program (numpy on the source's tables, written before the library) took the month ends of 2010
to 2018, the 800 largest stocks that traded, had been listed for more than 180 days and stood under
no special treatment, and the rank correlation of exposure and return to the next month end. It
counted four companies twice, which the import puts together, set 49 odd moves to no return, chained
returns in single precision, read volatility and reversal without asking for traded days, and
volume as it stood, where the library reads it free of splits. All of that together moves none of
the means by 0.003.
"""

import numpy as np
import pandas as pd
import pytest

from quanthedge.factors import panel

MEASURED = {
    "turnover": 0.086,
    "price_volume": 0.066,
    "volatility": 0.069,
    "earnings_yield": 0.046,
    "reversal": 0.047,
    "intraday": 0.054,
}


@pytest.fixture(scope="module")
def month_ends(real_market):
    dates = pd.DatetimeIndex(real_market.dates)
    rows = pd.Series(np.arange(len(dates)), index=dates).groupby(dates.to_period("M")).last()
    return rows["2010-01":"2018-12"].to_numpy()


@pytest.fixture(scope="module")
def largest(real_market, month_ends):
    """Who counts on each month end, bool [R, N]."""
    m, rows = real_market, month_ends
    age = m.dates[rows][:, None] - m.list_dates()[None, :]
    fine = m.panel("traded")[rows] & (age > np.timedelta64(180, "D"))
    fine &= ~m.panel("is_st")[rows] & ~m.panel("is_delisting")[rows]
    value = np.where(fine, m.panel("close")[rows] * m.panel("total_shares")[rows], -1.0)
    place = np.argsort(np.argsort(-value, axis=1, kind="stable"), axis=1)
    return fine & (place < 800)


def test_the_mean_rank_ic_of_the_800_largest_is_what_was_measured(real_market, month_ends, largest):
    from scipy.stats import spearmanr

    wealth = real_market.prices("mark", adjusted="backward").to_numpy()[month_ends]
    earned = wealth[1:] / wealth[:-1] - 1
    found = panel(real_market, list(MEASURED), month_ends)
    means = {}
    for name, sign in zip(found.names, found.signs, strict=True):
        exposure = sign * found.frame(name).to_numpy()
        means[name] = np.mean(
            [
                spearmanr(
                    exposure[r, largest[r]], earned[r, largest[r]], nan_policy="omit"
                ).statistic
                for r in range(len(earned))
            ]
        )
    assert len(earned) == 107
    assert means == pytest.approx(MEASURED, abs=0.004)
