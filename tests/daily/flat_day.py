"""The sample market up to a day on which everything opens, stays and closes at the last closes."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from quanthedge.market import Market, write_dataset
from quanthedge.market.schema import TABLES
from tests.market.small_market import to_arrow
from tests.sample import SAMPLE


def flat_market(folder, day, following):
    """Write the sample up to ``following``, a flat day after ``day``, and open it."""
    tables = {
        path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet") if path.stem in TABLES
    }
    day, following = pd.Timestamp(day), pd.Timestamp(following)
    actions = tables["corporate_actions"].to_pandas()
    for name, flat in (
        ("stock_daily", lambda frame: flat_stocks(frame, actions, day, following)),
        ("index_daily", lambda frame: flat_bars(frame, day, following)),
        ("industry_index_daily", lambda frame: flat_bars(frame, day, following)),
        ("futures_daily", lambda frame: flat_bars(frame, day, following)),
    ):
        frame = tables[name].to_pandas()
        frame["date"] = pd.to_datetime(frame["date"])
        past = frame[frame["date"] <= day]
        whole = pd.concat([past, flat(past)]).sort_values(
            ["code", "date"] if "code" in frame else ["product", "contract", "date"]
        )
        tables[name] = to_arrow(whole.reset_index(drop=True), name)
    assert write_dataset(folder, tables, name="flat", source="the sample").ok
    return Market.open(folder)


def flat_stocks(past, actions, day, following):
    rows = past[past["date"] == day].copy()
    usual = {}
    for code, own in past.groupby("code", observed=True):
        recent = own["volume"].tail(60)  # trading days: the sample has few gaps
        recent = own[own["date"] > sorted(past["date"].unique())[-61]]["volume"].tail(20)
        usual[code] = recent.median() if len(recent) >= 5 else recent.iloc[-1] if len(recent) else 0
    rows["date"] = following
    close = rows["close"].to_numpy()
    reference = close.copy()
    ex = actions[pd.to_datetime(actions["ex_date"]) == following].set_index("code")
    for k, code in enumerate(rows["code"].astype(str)):
        if code in ex.index:
            one = ex.loc[code]
            paid = 0.0 if np.isnan(one["rights_price"]) else one["rights_price"]
            reference[k] = (close[k] - one["cash_per_share"] + one["rights_per_share"] * paid) / (
                1.0 + one["bonus_per_share"] + one["rights_per_share"]
            )
    price = np.round(reference + 1e-9, 2)
    rows["adj_factor"] = rows["adj_factor"].to_numpy() * close / reference
    for name in ("open", "high", "low", "close", "pre_close"):
        rows[name] = price
    rows["volume"] = [usual[code] for code in rows["code"]]
    rows["amount"] = rows["volume"].to_numpy() * price
    return rows


def flat_bars(past, day, following):
    rows = past[past["date"] == day].copy()
    if "last_trading_day" in rows:
        rows = rows[pd.to_datetime(rows["last_trading_day"]) >= following]
    rows["date"] = following
    for name in ("open", "high", "low"):
        rows[name] = rows["close"]
    return rows
