"""The price limits of the rule book against what really traded, 2009 to 2018."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from quanthedge.rules import stock_rules

REAL = Path(__file__).parents[3] / "shared" / "market"
COLUMNS = ["code", "date", "high", "low", "pre_close", "is_st"]


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real market data is not beside the project")
def test_no_price_leaves_its_limits_but_on_the_free_days_of_relistings():
    bars = pq.read_table(REAL / "stock_daily.parquet", columns=COLUMNS).unify_dictionaries()
    code = bars["code"].combine_chunks()
    day = bars["date"].to_numpy().astype("datetime64[D]")
    high, low, pre_close = (bars[name].to_numpy() for name in ("high", "low", "pre_close"))
    odd = pd.read_csv(REAL / "odd_moves.csv")
    stocks = pd.read_parquet(REAL / "stock_list.parquet").set_index("code")
    codes = np.array(code.dictionary.to_pylist())
    listed = stocks["first_date"].reindex(codes).to_numpy().astype("datetime64[D]")
    days = np.unique(day)
    rules = stock_rules(days, codes, listed)

    t = np.searchsorted(days, day)
    i = code.indices.to_numpy()
    column = 2 * rules.board[i] + bars["is_st"].to_numpy()
    first = (day == listed[i]) & (rules.ipo_days[i] > 0)
    up = np.where(first, rules.ipo_up[i], rules.limit_up[t, column])
    down = np.where(first, rules.ipo_down[i], rules.limit_down[t, column])

    reference = pre_close.astype(np.float64).round(2)
    ceiling = np.floor(reference * (1 + up) * 100 + 0.5 + 1e-6) / 100
    floor = np.floor(reference * (1 - down) * 100 + 0.5 + 1e-6) / 100
    beyond = (high > ceiling + 0.0051) | (low < floor - 0.0051)
    known = set(zip(odd["code"], odd["date"], strict=True))
    left = [
        one
        for one in zip(codes[i[beyond]].tolist(), day[beyond].astype(str).tolist(), strict=True)
        if one not in known
    ]
    # 46 of 4,771,534: relistings after a reorganisation and listings by merger, free for a day
    assert len(left) <= 46
    assert np.isnan(up).sum() < 400  # listing days in Shenzhen between two rules
    at_limit = np.abs(high - ceiling) < 0.0051
    assert at_limit.sum() > 100_000  # the limits do bind: they are not merely wide
