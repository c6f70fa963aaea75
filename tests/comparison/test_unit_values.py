"""Files of unit values as people really have them, and every damage as one clear error."""

import pandas as pd
import pytest

from quanthedge.comparison import read_unit_values
from quanthedge.errors import DataError


def write(path, text: str, encoding: str = "utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("day,value\n2015-01-05,1.0\n", "no column of dates among day, value"),
        ("date,price\n2015-01-05,1.0\n", "no column of unit values among date, price"),
        ("date,nav,value\n2015-01-05,1.0,1.0\n", r"several columns of unit values \(nav, value\)"),
        ("date,value\n2015-01-05,1.0\n5 Jan,1.1\n", "line 3, column date: '5 Jan'"),
        ("date,value\n31/01/2015,1.0\n", "line 2, column date: '31/01/2015'"),
        ("date,value\n2015-02-30,1.0\n", "line 2, column date: '2015-02-30'"),
        ("date,value\n2015-01-05,1.0\n2015-01-06,-1\n", "line 3, column value"),
        ("date,value\n2015-01-05,0\n", "line 2, column value"),
        ("date,value\n2015-01-05,\n", "line 2, column value"),
        ("date,value\n2015-01-05,--\n", "line 2, column value"),
        ("date,value\n2015-01-05,1.0\n2015-01-05,1.1\n", "line 3, column date: 2015-01-05 has"),
        ("date,value\n", "at least one is needed"),
        ("", "cannot be read as CSV"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, text: str, message: str) -> None:
    path = write(tmp_path / "nav.csv", text)
    with pytest.raises(DataError, match=message) as caught:
        read_unit_values(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: unit values cannot be read"):
        read_unit_values(tmp_path / "gone.csv")


@pytest.mark.parametrize(
    "day",
    ["2015-01-05", "2015/01/05", "2015/1/5", "2015.1.5", "20150105", "2015年1月5日",
     "2015-01-05 00:00:00", "2015/1/5 0:00"],
)  # fmt: skip
def test_dates_in_the_usual_spellings_are_the_same_day(tmp_path, day: str) -> None:
    path = write(tmp_path / "nav.csv", f"date,value\n{day},1\n")
    assert read_unit_values(path).index[0] == pd.Timestamp("2015-01-05")


def test_lines_in_any_order_and_repeated_lines_are_one_series(tmp_path) -> None:
    lines = ["2015-01-07,1.02", "2015-01-05,1", "2015-01-06,1.01", "2015-01-06,1.01", ","]
    series = read_unit_values(write(tmp_path / "nav.csv", "date,value\n" + "\n".join(lines)))
    assert series.to_list() == [1.0, 1.01, 1.02]
    assert series.index.is_monotonic_increasing


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_with_chinese_titles_as_excel_saves_it(tmp_path, encoding: str) -> None:
    text = "基金代码,净值日期,累计净值,日增长率\n000753,2015-01-05,1.05,0.1%\n"
    series = read_unit_values(write(tmp_path / "nav.csv", text, encoding))
    assert series.to_list() == [1.05]
