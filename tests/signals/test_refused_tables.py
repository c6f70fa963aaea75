"""What is no table of scores ends in one line that says what is wrong and what is accepted."""

import gzip
import pickle

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import DataError, QuantHedgeError, StrategyError
from quanthedge.signals import read_scores
from tests.signals.small import long_scores, market_in, wide_scores


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return market_in(tmp_path_factory.mktemp("small") / "m")


def flat(days=3):
    dates = pd.bdate_range("2014-03-03", periods=days)
    return pd.DataFrame({"date": dates, "code": "600519.SH", "score": np.arange(days) + 1.0})


def with_cell(place, column, value):
    frame = flat().astype({column: object})
    frame.loc[place, column] = value
    return frame


WRONG = {
    "nothing": (pd.DataFrame, "the table is empty"),
    "a list": (lambda: [1, 2], "found a list; accepted: a DataFrame"),
    "no dates": (lambda: flat().drop(columns="date"), "no dates among"),
    "no dates, wide": (lambda: pd.DataFrame({"600519.SH": [1.0]}), "no dates among"),
    "a series by date only": (lambda: pd.Series([1.0], index=["x"]), "'x' is no date"),
    "codes x dates": (
        lambda: flat().set_index(["date", "code"])["score"].unstack("date"),  # noqa: PD010
        "give frame.T",
    ),
    "two levels of columns": (
        lambda: pd.concat({"feature": flat().set_index(["date", "code"])}, axis=1),
        "columns have 2 levels; accepted: one",
    ),
    "texts as scores": (lambda: flat().assign(score="high"), "dtype str; accepted: numbers"),
    "dtype object": (
        lambda: flat().astype({"score": object}),
        "dtype object; accepted: numbers",
    ),
    "yes and no": (lambda: flat().assign(score=True), "dtype bool; accepted: numbers"),
    "complex numbers": (lambda: flat().assign(score=1j), "dtype complex128; accepted: numbers"),
    "an infinite score": (
        lambda: flat().assign(score=[1.0, np.inf, -np.inf]),
        "2 values are infinite (first: 600519.SH 2014-03-04)",
    ),
    "nothing but NaN": (lambda: flat().assign(score=np.nan), "no number in it (3 cells, all NaN)"),
    "a pair twice": (
        lambda: pd.concat([flat(), flat().head(1).assign(code="SH600519")]),
        "1 rows repeat a pair of day and code (first: 600519.SH 2014-03-03)",
    ),
    "a pair twice, one of them NaN": (
        lambda: pd.concat([flat(), flat().head(1).assign(score=np.nan)]),
        "1 rows repeat a pair",
    ),
    "two columns of one stock": (
        lambda: pd.DataFrame([[1.0, 2.0]], index=["2014-03-03"], columns=["600519", "SH600519"]),
        "1 rows repeat a pair of day and code (first: 600519.SH 2014-03-03)",
    ),
    "two times of one day": (
        lambda: flat(1)
        .pipe(lambda f: pd.concat([f, f.assign(date=f["date"] + pd.Timedelta(hours=9))])),
        "1 rows repeat a pair",
    ),
    "a cell that is no day": (lambda: with_cell(1, "date", "soon"), "date"),
    "an empty day": (lambda: with_cell(1, "date", None), "1 cells are empty; each row needs a day"),
    "an empty code": (lambda: flat().assign(code=["600519.SH", None, "x"]), "1 rows have no code"),
    "fractions as codes": (lambda: flat().assign(code=600519.5), "codes are float64"),
    "two columns of dates": (
        lambda: flat().assign(datetime=flat()["date"]),
        "2 columns or levels of one meaning (date, datetime)",
    ),
    "no column of scores": (lambda: flat().drop(columns="score"), "which column holds the scores?"),
    "several columns": (
        lambda: flat().rename(columns={"score": "a"}).assign(b=1.0),
        "which column holds the scores? there are a, b",
    ),
    "known before its day": (
        lambda: flat().assign(known=flat()["date"] - pd.Timedelta(days=1)),
        "3 scores are known before their day (first: 600519.SH 2014-03-03, known 2014-03-02)",
    ),
    "never known": (
        lambda: flat().assign(known=[pd.NaT, *flat()["date"][1:]]),
        "known: 1 cells are empty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_table_is_refused_in_one_line(what):
    make, told = WRONG[what]
    with pytest.raises(DataError) as error:
        qh.signal_from(make(), name="mine")
    assert told in str(error.value)
    assert str(error.value).startswith("signal mine")
    assert "\n" not in str(error.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(DataError, match=r"no column 'alpha'; there are score"):
        read_scores(flat(), column="alpha")
    with pytest.raises(DataError, match=r"no column or level 'told'; there are date, code, score"):
        read_scores(flat(), known="told")
    with pytest.raises(DataError, match=r"a wide table \(dates x codes\) has no column 'alpha'"):
        read_scores(pd.DataFrame({"600519": [1.0]}, index=["2014-03-03"]), column="alpha")


def test_options_out_of_range_are_refused_in_one_line():
    for options, told in (
        ({"lag_days": -1}, "lag_days: Input should be greater than or equal to 0"),
        ({"sign": 2}, "sign"),
        ({"closed_days": "last"}, "closed_days"),
        ({"nane": "x"}, "nane"),
    ):
        with pytest.raises(StrategyError) as error:
            qh.signal_from(flat(), **options)
        assert told in str(error.value)
        assert "\n" not in str(error.value)


def test_files_that_are_none_are_refused_by_name(tmp_path):
    (tmp_path / "scores.xlsx").write_bytes(b"x")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "twice.csv").write_text("date,600519,600519\n2014-03-03,1,2\n")
    (tmp_path / "empty.csv").write_text("")
    for name, told in (
        ("absent.parquet", "no such file"),
        ("scores.xlsx", "accepted: .parquet"),
        ("broken.parquet", "cannot be read"),
        ("twice.csv", "the column '600519' comes twice"),
        ("empty.csv", "cannot be read"),
    ):
        with pytest.raises(DataError) as error:
            read_scores(tmp_path / name)
        assert told in str(error.value)
        assert name in str(error.value)
        assert "\n" not in str(error.value)


def test_a_small_file_that_unpacks_to_an_enormous_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTHEDGE_BUDGET", "file_bytes=20MB")
    with gzip.open(tmp_path / "bomb.csv.gz", "wb") as file:
        file.write(b"date,code,score\n")
        for _ in range(40):
            file.write(b"2014-03-03,600519.SH,1.0\n" * 40_000)
    with pytest.raises(DataError, match=r"bomb\.csv\.gz"):
        read_scores(tmp_path / "bomb.csv.gz")


def test_a_pickle_that_asks_for_more_is_refused_unread_and_plain_data_in_one_is_read(tmp_path):
    frame = flat()
    (tmp_path / "pred.pkl").write_bytes(pickle.dumps({"date": np.datetime64("2014-01-02")}))
    with pytest.raises(DataError, match=r"it asks for .*scalar\); write the frame as Parq"):
        read_scores(tmp_path / "pred.pkl")
    plain = frame.astype({"date": str, "code": str}).to_dict("records")
    (tmp_path / "rows.pkl").write_bytes(pickle.dumps(plain))
    columns = frame.astype({"date": str, "code": str}).to_dict("list")
    (tmp_path / "columns.pkl").write_bytes(pickle.dumps(columns))
    for name in ("rows.pkl", "columns.pkl"):
        assert read_scores(tmp_path / name).digest == read_scores(frame).digest


def test_days_after_the_data_are_refused_but_on_a_market_that_was_cut(market):
    signal = qh.signal_from(wide_scores(market), name="mine")
    cut = market.until(market.dates[40])
    assert np.isfinite(signal.exposure(cut, [40])).any()
    later = wide_scores(market)
    later.index = [*later.index[:-2], *pd.to_datetime(["2019-01-02", "2019-01-03"])]
    with pytest.raises(DataError, match=r"signal mine: 2 days after the end of market 'small'.*"
                       r"first: 2019-01-02\); import more data"):  # fmt: skip
        qh.signal_from(later, name="mine").exposure(market)


def test_a_table_without_a_stock_or_a_day_of_the_market_is_refused(market):
    others = wide_scores(market).set_axis([f"60{k + 5:04d}" for k in range(6)], axis=1)
    with pytest.raises(DataError, match=r"none of its 6 codes is a stock of market 'small'"):
        qh.signal_from(others, market)
    early = wide_scores(market)
    early.index = pd.bdate_range("2010-01-04", periods=len(early))
    with pytest.raises(DataError, match=r"no score of a stock of market 'small' on its days"):
        qh.signal_from(early).exposure(market)


def test_a_lag_and_a_column_of_known_days_exclude_each_other(market):
    frame = long_scores(wide_scores(market)).reset_index()
    frame["known"] = frame["date"] + pd.Timedelta(days=2)
    with pytest.raises(QuantHedgeError, match="take one of them"):
        qh.signal_from(frame, lag_days=1).exposure(market)
