"""A company under two codes is found by its bars, and joined under one of them."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks.whole import check_dataset
from quanthedge.market.manifest import Manifest
from quanthedge.sources import import_market, update_market
from quanthedge.sources.doubles import joins_said
from tests.market.small_market import small_market, to_arrow

LATER = "600000.SH"


def frames():
    return {name: table.to_pandas(date_as_object=False) for name, table in small_market().items()}


def twice(whole, *, last_days=0, moved=0):
    """Give a company that goes on a second code, back-filled, as vendors do after a change."""
    tables = {name: frame.copy() for name, frame in whole.items()}
    bars = tables["stock_daily"]
    mine = bars[bars["code"] == LATER]
    old = mine.iloc[: len(mine) - last_days].assign(code=OLD_CODE)
    if moved:
        old = old.assign(adj_factor=old["adj_factor"] * moved)
    tables["stock_daily"] = pd.concat([bars, old]).sort_values(["code", "date"])
    listing = tables["stocks"]
    row = listing[listing["code"] == LATER].assign(
        code=OLD_CODE, list_date=pd.Timestamp("1998-01-05"),
        delist_date=old["date"].max() + pd.Timedelta(1, "D"),
    )  # fmt: skip
    tables["stocks"] = pd.concat([listing, row])
    members = tables["index_members"]
    tables["index_members"] = pd.concat(
        [members[members["code"] != LATER],
         pd.DataFrame([["000300.SH", OLD_CODE, pd.Timestamp("2014-01-06"),
                        pd.Timestamp("2014-02-10")],
                       ["000300.SH", LATER, pd.Timestamp("2014-02-03"), pd.NaT]],
                      columns=members.columns)]
    )  # fmt: skip
    return tables


OLD_CODE = "600849.SH"


def saved(folder, tables):
    folder.mkdir()
    for name, frame in tables.items():
        pq.write_table(to_arrow(frame, name), folder / f"{name}.parquet")
    return folder


def read(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pandas(date_as_object=False)


def test_pairs_with_equal_bars_are_named_and_nothing_else(tmp_path):
    source = saved(tmp_path / "s", twice(frames(), last_days=6))
    import_market(source, tmp_path / "m", keep_doubles=True)
    found = [f for f in check_dataset(tmp_path / "m") if f.rule == "one company twice"]
    assert len(found) == 1
    assert found[0].count == 1
    assert f"{LATER} and {OLD_CODE} on " in found[0].text
    import_market(saved(tmp_path / "plain", frames()), tmp_path / "p")
    assert not [f for f in check_dataset(tmp_path / "p") if f.rule == "one company twice"]


def test_the_code_that_goes_on_stays_and_has_what_either_knew(tmp_path):
    whole = frames()
    report = import_market(saved(tmp_path / "s", twice(whole, last_days=6)), tmp_path / "m")
    assert f"{LATER} stands for {OLD_CODE} too (one company: equal bars on" in report.to_text()
    bars, stocks = read(tmp_path / "m", "stock_daily"), read(tmp_path / "m", "stocks")
    right = whole["stock_daily"]
    assert (bars["code"] == LATER).sum() == (right["code"] == LATER).sum()
    assert OLD_CODE not in set(bars["code"]) | set(stocks["code"])
    kept = stocks[stocks["code"] == LATER].iloc[0]
    assert kept["list_date"] == pd.Timestamp("1998-01-05")
    assert pd.isna(kept["delist_date"])
    members = read(tmp_path / "m", "index_members")
    mine = members[members["code"] == LATER]
    assert mine["start"].tolist() == [pd.Timestamp("2014-01-06")]
    assert mine["end"].isna().all()
    assert not [f for f in check_dataset(tmp_path / "m") if f.rule == "one company twice"]


def test_the_code_that_the_user_keeps_gets_the_days_that_only_the_other_has(tmp_path):
    whole = frames()
    source = saved(tmp_path / "s", twice(whole, last_days=6, moved=3.0))
    import_market(source, tmp_path / "m", keep_code=[OLD_CODE])
    bars = read(tmp_path / "m", "stock_daily")
    right = whole["stock_daily"]
    right = right[right["code"] == LATER].reset_index(drop=True)
    mine = bars[bars["code"] == OLD_CODE].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        mine[["date", "close", "volume"]], right[["date", "close", "volume"]]
    )
    np.testing.assert_allclose(mine["adj_factor"], 3.0 * right["adj_factor"], rtol=1e-12)
    assert LATER not in set(bars["code"])


def test_a_code_without_a_double_and_both_codes_of_a_pair_are_refused(tmp_path):
    source = saved(tmp_path / "s", twice(frames(), last_days=6))
    with pytest.raises(DataError, match=r"--keep-code 000001\.SZ: no other stock has its bars"):
        import_market(source, tmp_path / "m", keep_code=["000001.SZ"])
    with pytest.raises(DataError, match="they are one company"):
        import_market(source, tmp_path / "m", keep_code=[OLD_CODE, LATER])


def test_an_update_goes_on_under_the_code_that_was_kept(tmp_path):
    tables = twice(frames())
    cut = date(2014, 3, 3)
    whole = saved(tmp_path / "whole", tables)
    first = saved(tmp_path / "first", {
        name: frame[frame["date"] <= pd.Timestamp(cut)] if "date" in frame else frame
        for name, frame in tables.items()
    })  # fmt: skip
    import_market(first, tmp_path / "m", name="x", keep_code=[LATER])
    manifest = Manifest.read(tmp_path / "m")
    assert joins_said(manifest.assumptions) == {OLD_CODE: LATER}
    update_market(whole, tmp_path / "m", accept_changes=True)
    assert joins_said(Manifest.read(tmp_path / "m").assumptions) == {OLD_CODE: LATER}
    codes = pq.read_table(tmp_path / "m" / "stock_daily.parquet")["code"]
    assert not pc.any(pc.equal(codes.cast(pa.string()), OLD_CODE)).as_py()


def test_a_double_whose_volumes_are_rounded_otherwise_is_joined(tmp_path):
    tables = twice(frames())
    bars = tables["stock_daily"]
    old = bars["code"] == OLD_CODE
    bars.loc[old, "volume"] = (bars.loc[old, "volume"] * 1.0001).round()
    bars.loc[old, "amount"] *= 1.0001
    import_market(saved(tmp_path / "s", tables), tmp_path / "m", layout="quanthedge")
    assert OLD_CODE not in pq.read_table(tmp_path / "m" / "stocks.parquet")["code"].to_pylist()
