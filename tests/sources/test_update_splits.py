"""However a market's days are split into an import and updates, the dataset is the same."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.market.schema import TABLES
from quanthedge.sources import import_market, update_market
from tests.market.small_market import small_market

INDEX = "399300.SZ"  # lists come under Shenzhen's code, later under CSI's own
LONG_AGO = pd.Timestamp("1990-01-01")


@pytest.fixture(scope="module")
def world():
    tables = small_market(seed=4, days=28)
    frames = {name: table.to_pandas(date_as_object=False) for name, table in tables.items()}
    frames["days"] = sorted(frames["stock_daily"]["date"].unique())
    return frames


def compact(days):
    return pd.to_datetime(days).dt.strftime("%Y%m%d")


def tushare(folder, world, after, until, *, factor=True, names="whole", shares=True):
    """What Tushare gives of the days after one day up to another, as it was known by then."""
    folder.mkdir(parents=True)

    def save(name, frame):
        if len(frame.columns):
            frame.to_csv(folder / f"{name}.csv", index=False)

    def window(frame, column="date"):
        return frame[(frame[column] > after) & (frame[column] <= until)]

    bars = window(world["stock_daily"])
    key = {"ts_code": bars["code"].to_numpy(), "trade_date": compact(bars["date"]).to_numpy()}
    prices = {n: bars[n].to_numpy() for n in ("open", "high", "low", "close", "pre_close")}
    amounts = {"vol": (bars["volume"] / 100).to_numpy(), "amount": bars["amount"].to_numpy() / 1e3}
    save("daily", pd.DataFrame({**key, **prices, **amounts}))
    if factor:
        save("adj_factor", pd.DataFrame({**key, "adj_factor": bars["adj_factor"].to_numpy()}))
    if shares:
        counts = {"total_share": bars["total_shares"].to_numpy() / 1e4,
                  "float_share": None}  # fmt: skip
        counts["float_share"] = (bars["total_shares"] * 0.8 / 1e4).where(
            bars["date"].dt.day % 3 > 0
        ).to_numpy()  # fmt: skip
        save("daily_basic", pd.DataFrame({**key, **counts}))
    stocks = world["stocks"][world["stocks"]["list_date"] <= until]
    gone = stocks["delist_date"].where(stocks["delist_date"] <= until)
    save("stock_basic", pd.DataFrame({"ts_code": stocks["code"],
                                      "list_date": compact(stocks["list_date"]),
                                      "delist_date": compact(gone)}))  # fmt: skip
    calendar = window(world["calendar"])["date"]
    save(
        "trade_cal", pd.DataFrame({"exchange": "SSE", "cal_date": compact(calendar), "is_open": 1})
    )
    spells = world["names"]
    known = spells[(spells["start"] <= until) & ((names == "whole") | (spells["start"] > after))]
    ends = known["end"].where(known["end"] < until)
    save("namechange", pd.DataFrame({"ts_code": known["code"], "name": known["name"],
                                     "start_date": compact(known["start"]),
                                     "end_date": compact(ends)}))  # fmt: skip
    index = window(world["index_daily"])
    values = {n: index[n].to_numpy() for n in ("open", "high", "low", "close")}
    save("index_daily", pd.DataFrame({"ts_code": "000300.SH", "trade_date": compact(index["date"]),
                                      **values, "vol": 1e7, "amount": 1e7}))  # fmt: skip
    lists = window(world["lists"])
    save("index_weight", pd.DataFrame({"index_code": lists["index"], "con_code": lists["code"],
                                       "trade_date": compact(lists["date"])}))  # fmt: skip
    futures = window(world["futures_daily"])
    numbers = {n: futures[n].to_numpy() for n in ("open", "high", "low", "close", "settle")}
    save("fut_daily", pd.DataFrame({"ts_code": futures["contract"] + ".CFX",
                                    "trade_date": compact(futures["date"]), **numbers,
                                    "vol": futures["volume"], "amount": np.nan,
                                    "oi": futures["open_interest"]}))  # fmt: skip
    rates = window(world["cash_rate"])
    save("shibor", pd.DataFrame({"date": compact(rates["date"]), "on": rates["rate"] * 100}))
    return folder


@pytest.fixture(scope="module")
def told(world):
    """Names that change (one becomes ST), and lists of members under both codes of an index."""
    days, codes = world["days"], world["stocks"]["code"].tolist()
    renamed, marked = days[9], days[17]
    rows = [(code, "某某", LONG_AGO, pd.NaT) for code in codes[2:]]
    rows += [(codes[0], "某某", LONG_AGO, renamed - pd.Timedelta(1, "D")),
             (codes[0], "ST某某", renamed, pd.NaT),
             (codes[1], "某某", LONG_AGO, marked - pd.Timedelta(1, "D")),
             (codes[1], "*ST某某", marked, pd.NaT)]  # fmt: skip
    members = []
    for number, day in enumerate(days[::5]):
        out = number % len(codes)
        code = INDEX if number < 3 else "000300.SH"
        members += [(code, stock, day) for k, stock in enumerate(codes) if k not in (out, 4)]
    return {
        **world,
        "names": pd.DataFrame(rows, columns=["code", "name", "start", "end"]),
        "lists": pd.DataFrame(members, columns=["index", "code", "date"]),
    }


def fingerprints(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    return {name: entry["content"] for name, entry in manifest["tables"].items()}


def split_and_whole(told, folder, cuts, *, overlap=0, names="whole", factor=True):
    """Import up to the first cut and update to each further one; import everything at once."""
    days = told["days"]
    ends = [days[cut] for cut in cuts] + [days[-1]]
    import_market(tushare(folder / "s0", told, LONG_AGO, ends[0], factor=factor), folder / "m",
                  layout="tushare", name="x")  # fmt: skip
    for number, (before, end) in enumerate(zip(cuts, ends[1:], strict=True)):
        after = days[before - overlap] if overlap <= before else LONG_AGO
        source = tushare(folder / f"s{number + 1}", told, after, end, factor=factor, names=names)
        update_market(source, folder / "m", layout="tushare")
    import_market(tushare(folder / "all", told, LONG_AGO, days[-1], factor=factor),
                  folder / "direct", layout="tushare", name="x")  # fmt: skip
    return fingerprints(folder / "m"), fingerprints(folder / "direct")


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(4, 26), min_size=1, max_size=3, unique=True).map(sorted),
    overlap=st.integers(0, 2),
    names=st.sampled_from(["whole", "new only"]),
    factor=st.booleans(),
)
def test_any_split_of_the_days_gives_the_market_imported_at_once(
    tmp_path_factory, told, cuts, overlap, names, factor
):
    folder = tmp_path_factory.mktemp("split")
    found, right = split_and_whole(told, folder, cuts, overlap=overlap, names=names, factor=factor)
    assert set(found) == set(right)
    assert [name for name in TABLES if name in right and found[name] != right[name]] == []


@pytest.mark.parametrize("factor", [True, False], ids=["with a factor", "without a factor"])
def test_updates_day_by_day_give_the_market_imported_at_once(tmp_path, told, factor):
    found, right = split_and_whole(told, tmp_path, list(range(18, 27)), factor=factor)
    assert found == right
