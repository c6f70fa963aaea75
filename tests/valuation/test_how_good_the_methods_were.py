"""The judgement of the valuation methods against plain pandas on the tables on disk."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.pages import write_between
from benchmarks.suspensions import METHODS, column, judged, score, scores, text_of
from tests.sample import SAMPLE, sample_market

YEARS = (2013, 2015)


@pytest.fixture(scope="module")
def judgement():
    return judged(sample_market(), YEARS)


@pytest.fixture(scope="module")
def bars():
    table = pd.read_parquet(SAMPLE / "stock_daily.parquet")
    table["date"] = pd.to_datetime(table["date"])
    return table.astype({"code": str}).sort_values(["code", "date"])


@pytest.fixture(scope="module")
def calendar():
    return pd.DatetimeIndex(pd.read_parquet(SAMPLE / "calendar.parquet")["date"])


def cent(price):
    """Rounded half up, as limit prices are."""
    return np.floor(price * 100 + 0.5 + 1e-6) / 100


def suspensions_of(bars, calendar):
    """Every gap, and the first close inside the limits of 10% (ST 5%) after it."""
    rows = []
    for code, own in bars.groupby("code"):
        day = calendar.get_indexer(own["date"])
        limit = np.where(own["is_st"], 0.05, 0.10)
        pre = own["pre_close"].to_numpy()
        high, low = cent(pre * (1 + limit)), cent(pre * (1 - limit))
        close = own["close"].to_numpy()
        inside = ((close < high - 0.005) & (close > low + 0.005)) | own["is_delisting"].to_numpy()
        value = close * own["adj_factor"].to_numpy()
        busy = -1
        for k in np.flatnonzero(np.diff(day) > 1):
            if k < busy:
                continue  # still at its limit since the gap before
            off = next((j for j in range(k + 1, len(day)) if inside[j]), None)
            if off is None:
                continue
            busy = off
            last = max(j for j in range(k + 1, off + 1) if day[j] - day[j - 1] > 1)
            rows.append((code, calendar[day[k]], calendar[day[last] - 1], calendar[day[off]],
                         value[off] / value[k] - 1.0))  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "last_bar", "last_silent", "off_limit", "actual"])


def test_suspensions_and_what_came_are_those_of_a_plain_loop(judgement, bars, calendar):
    plain = suspensions_of(bars, calendar)
    listing = bars.groupby("code")["date"].transform("cumcount")
    assert listing.max() > 0
    found = judgement.table.sort_values(["code", "last_bar"], ignore_index=True)
    assert len(found) > 50
    columns = ["code", "last_bar", "last_silent", "off_limit"]
    pd.testing.assert_frame_equal(
        found[columns].astype({"code": str}).astype(dict.fromkeys(columns[1:], "datetime64[ns]")),
        plain[columns].astype(dict.fromkeys(columns[1:], "datetime64[ns]")),
        check_dtype=False,
    )
    np.testing.assert_allclose(found["actual"], plain["actual"], rtol=0, atol=1e-12)


def test_what_the_hedged_index_said_is_its_return_since_the_last_close(judgement):
    index = pd.read_parquet(SAMPLE / "index_daily.parquet")
    own = index[index["code"].astype(str) == "000300.SH"]
    close = own.set_axis(pd.to_datetime(own["date"]))["close"]
    table = judgement.table
    said = close[table["last_silent"]].to_numpy() / close[table["last_bar"]].to_numpy() - 1.0
    np.testing.assert_allclose(table["hedged"], said, rtol=0, atol=1e-12)


def test_what_an_industry_of_own_stocks_said_is_their_mean_by_floating_value(
    judgement, bars, calendar
):
    industry = pd.read_parquet(SAMPLE / "industry.parquet").astype({"code": str})
    of = industry.groupby("code")["name_en"].last()
    table = judgement.table
    one = table[table["days"] == 1].iloc[0]
    mine = bars[bars["code"].map(of) == of[one["code"]]]
    wide = {name: mine.pivot_table(name, "date", "code") for name in
            ("close", "pre_close", "float_shares")}  # fmt: skip
    before, day = one["last_bar"], one["last_silent"]
    both = wide["close"].loc[[before, day]].notna().all()
    weight = (wide["close"].loc[before] * wide["float_shares"].loc[before])[both]
    moved = (wide["close"].loc[day] / wide["pre_close"].loc[day] - 1.0)[both]
    assert one["own"] == pytest.approx((weight * moved).sum() / weight.sum(), abs=1e-12)
    # a market without AMAC indices follows its own stocks
    np.testing.assert_array_equal(table["industry_index"], table["own"])


def test_scores_are_those_of_a_hand_made_table():
    part = pd.DataFrame(
        {"hedged": [-0.10, 0.05, 0.0], "actual": [-0.12, 0.02, 0.06], "off": [3, 3, 9]}
    )
    found = score(part, "hedged")
    assert found["mae"] == pytest.approx((0.02 + 0.03 + 0.06) / 3)
    assert found["bias"] == pytest.approx((0.02 + 0.03 - 0.06) / 3)
    assert found["gain"] == pytest.approx((0.12 + 0.02 + 0.06) / 3 - found["mae"])
    assert found["nearer"] == 0.5  # nearer, further, and the last said nothing else
    assert found["slope"] == pytest.approx(np.polyfit(part["hedged"], part["actual"], 1)[0])


def test_every_group_has_every_method_and_the_page_takes_the_tables(judgement, tmp_path):
    found = scores(judgement.table)
    assert set(found["method"]) == set(METHODS)
    counts = found[found["by"] == "days"].groupby("method")["suspensions"].sum()
    assert (counts == len(judgement.table)).all()
    assert column("industry") in judgement.table
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end of a -->\nafter", encoding="utf-8")
    write_between(page, "a", text_of(found, judgement))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after")
    assert "old" not in text
    assert "last close" in text


def test_a_page_without_the_marks_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(SystemExit, match="needs <!-- a -->"):
        write_between(page, "a", "text")
