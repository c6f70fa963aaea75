"""Volume in lots, amount in thousands: the import stops and says which units were meant."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market import write_dataset
from tests.market.checks.made_bars import axes_of, checked, quiet_bars
from tests.market.small_market import small_market, to_arrow

DATES = pd.bdate_range("2019-12-02", "2021-01-29")
CODES = ("000001.SZ", "300001.SZ", "430047.BJ", "600519.SH", "688001.SH")


def market():
    frames = [quiet_bars(code, DATES, seed=place) for place, code in enumerate(CODES)]
    return pd.concat(frames, ignore_index=True)


def errors(frame):
    return [finding.text for finding in checked(frame).errors]


@pytest.mark.parametrize(
    ("volume", "amount", "ratio", "words"),
    [
        (0.01, 1.0, "100", "volume is in lots of 100 shares"),
        (1.0, 1e-3, "0.001", "amount is in thousand yuan"),
        (0.01, 1e-3, "0.1", "lots of 100 shares .hands. and amount in thousand yuan"),
        (1.0, 1e-4, "0.0001", "amount is in ten thousand yuan"),
        (0.01, 1e-4, "0.01", "lots of 100 shares .hands. and amount in ten thousand yuan"),
        (1.0, 1e-8, "1e-08", "amount is in hundred million yuan"),
        (0.2, 1.0, "5", "no unit in use explains this ratio"),
    ],
)
def test_the_ratio_says_which_units_were_meant(volume, amount, ratio, words):
    frame = market()
    frame["volume"] *= volume
    frame["amount"] *= amount
    (text,) = errors(frame)
    assert f"amount / (volume x price) is {ratio} (median) where 1 is right" in text
    assert pd.Series([text]).str.contains(words).all()
    assert "volume must be in shares, amount in yuan" in text


def test_right_units_give_no_error():
    assert errors(market()) == []


def test_one_board_alone_is_named_with_the_others_that_are_right():
    frame = market()
    frame.loc[frame["code"] != "688001.SH", "volume"] /= 100
    (text,) = errors(frame)
    assert (
        "in main board Shanghai 2019-2021, main board Shenzhen 2019-2021, ChiNext 2019-2021, "
        "Beijing 2019-2021: volume is in lots" in text
    )
    assert "it is right in STAR 2019-2021" in text


def test_one_year_alone_is_named():
    frame = market()
    frame.loc[frame["date"].dt.year == 2020, "amount"] /= 1000
    (text,) = errors(frame)
    assert "main board Shanghai 2020," in text
    assert "main board Shanghai 2019 2021," in text.partition("it is right in")[2]


def test_two_kinds_of_wrong_units_are_two_errors():
    frame = market()
    frame.loc[frame["code"] == "688001.SH", "amount"] /= 1000
    frame.loc[frame["code"] == "300001.SZ", "volume"] /= 100
    assert len(errors(frame)) == 2


def test_a_fifth_of_rows_that_scatter_is_no_unit_but_more_is():
    for share, count in ((0.19, 0), (0.21, 1)):
        frame = market()
        rows = frame.index[frame["code"] == "600519.SH"]
        year = rows[frame.loc[rows, "date"].dt.year == 2020]
        frame.loc[year[: int(share * len(year))], "volume"] /= 37  # no decimal power: no unit
        assert len([text for text in errors(frame) if "x price" in text]) == count


def test_unknown_amounts_are_left_out_and_counted():
    frame = market()
    frame.loc[frame["code"] == "688001.SH", "amount"] = np.nan
    frame[["total_shares", "float_shares"]] = np.nan
    report = checked(frame)
    assert report.errors == []
    assert not any("VWAP" in finding.text for finding in report)
    texts = " ".join(finding.text for finding in report.of("info"))
    assert f"amount is unknown (NaN) in {len(DATES):,} of {len(frame):,} rows" in texts
    assert f"total_shares is unknown (NaN) in {len(frame):,} of {len(frame):,} rows" in texts


@pytest.mark.parametrize("column", ["amount", "total_shares", "float_shares"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.inf])
def test_known_amounts_and_shares_must_be_positive_and_finite(column, value):
    frame = market()
    frame.loc[7, column] = value
    (text,) = errors(frame)
    assert f"1 row has {column} <= 0 or infinite" in text


def test_adjusted_prices_are_told_from_units():
    frame = market()
    prices = ["open", "high", "low", "close", "pre_close"]
    frame[prices] *= 0.8
    (text,) = errors(frame)
    assert "the VWAP of 100% of the rows lies outside the day's range" in text
    assert "prices must not be adjusted" in text


def test_codes_on_no_board_have_a_group_of_their_own():
    frame = quiet_bars("900901.SH", DATES)
    frame["volume"] /= 100
    (text,) = errors(frame)
    assert "other codes 2019-2021" in text
    assert len(axes_of(frame).codes) == 1


def test_the_import_stops_and_writes_nothing(tmp_path):
    tables = small_market()
    bars = tables["stock_daily"].to_pandas()
    bars["amount"] /= 1000
    tables["stock_daily"] = to_arrow(bars, "stock_daily")
    with pytest.raises(DataError, match=r"is 0\.001 .*amount is in thousand yuan"):
        write_dataset(tmp_path / "market", tables, name="bad", source="test")
    assert list(tmp_path.iterdir()) == []
