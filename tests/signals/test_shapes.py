"""One table, however it comes: every shape, order and spelling is the same scores."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.signals import read_scores
from tests.market.small_market import CODES

SPELLINGS = {
    "600519.SH": lambda code: code,
    "SH600519": lambda code: code[-2:] + code[:6],
    "sh.600519": lambda code: f"{code[-2:].lower()}.{code[:6]}",
    "600519.XSHG": lambda code: code.replace("SH", "XSHG").replace("SZ", "XSHE"),
    "600519.SSE": lambda code: code.replace("SH", "SSE").replace("SZ", "SZSE"),
    "600519": lambda code: code[:6],
}


def wide(spelling="600519.SH", days=8):
    rng = np.random.default_rng(1)
    dates = pd.bdate_range("2014-02-03", periods=days)
    values = rng.normal(size=(days, len(CODES)))
    values[rng.random(values.shape) < 0.2] = np.nan
    return pd.DataFrame(values, index=dates, columns=[SPELLINGS[spelling](c) for c in CODES])


def long(names=("date", "code"), spelling="600519.SH"):
    series = wide(spelling).stack()  # noqa: PD013
    series.index.names = list(names)
    return series.rename("score")


def qlib_predictions():
    """As Qlib's pred.pkl: levels (datetime, instrument), SH600519, one column, 32-bit numbers."""
    return long(("datetime", "instrument"), "SH600519").to_frame("score")


def alphalens_data():
    """As alphalens makes it: levels (date, asset), forward returns, quantile and group beside."""
    frame = long(("date", "asset")).to_frame("factor")
    return frame.assign(
        **{"1D": 0.01, "5D": 0.02, "10D": np.nan, "factor_quantile": 3, "group": "bank"}
    )[["1D", "5D", "10D", "factor", "factor_quantile", "group"]]


def numbers_as_dates(frame):
    frame = frame.copy()
    frame.index = pd.Index([int(f"{day:%Y%m%d}") for day in frame.index])
    return frame


SHAPES = {
    "wide": wide,
    "wide, texts as dates": lambda: wide().set_axis(wide().index.strftime("%Y-%m-%d")),
    "wide, whole numbers as dates": lambda: numbers_as_dates(wide()),
    "wide, a column of dates": lambda: wide().rename_axis("trade_date").reset_index(),
    "wide, an index without a name beside": lambda: wide().reset_index(),
    "wide, whole numbers as codes": lambda: wide().set_axis([int(c[:6]) for c in CODES], axis=1),
    "wide, UTC midnights": lambda: wide().tz_localize("UTC"),
    "wide, nullable numbers": lambda: wide().astype("Float64"),
    "series": long,
    "series without names": lambda: long((None, None)),
    "series, stocks first": lambda: long().swaplevel(),
    "series without names, stocks first": lambda: long((None, None)).swaplevel().sort_index(),
    "levels as columns": lambda: long().reset_index(),
    "ts_code and trade_date": lambda: long(("trade_date", "ts_code")).reset_index(),
    "categorical codes": lambda: long().reset_index().astype({"code": "category"}),
    "dates as index, codes as column": lambda: long().reset_index("code"),
    "qlib predictions": qlib_predictions,
    "qlib features' order": lambda: qlib_predictions().swaplevel(),
    "alphalens": alphalens_data,
    "alphalens, in UTC": lambda: alphalens_data().pipe(
        lambda f: f.set_axis(f.index.set_levels(f.index.levels[0].tz_localize("UTC"), level=0))
    ),
    "days of Python": lambda: long().reset_index().assign(date=lambda f: f["date"].dt.date),
    "Chinese names": lambda: long(("日期", "股票代码")).reset_index(),
    "capitals": lambda: long(("Date", "Symbol")).reset_index(),
    "compact texts": lambda: (
        long().reset_index().assign(date=lambda f: f["date"].dt.strftime("%Y%m%d"))
    ),
    "whole numbers as codes, long": lambda: (
        long().reset_index().assign(code=lambda f: f["code"].str[:6].astype(int))
    ),
    "arrow": lambda: pa.Table.from_pandas(long().reset_index()),
    **{f"codes as {name}": (lambda name=name: wide(name)) for name in SPELLINGS},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_the_same_table(shape):
    assert read_scores(SHAPES[shape]()).digest == read_scores(wide()).digest


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ending", ["parquet", "csv", "feather", "csv.gz"])
def test_every_shape_is_the_same_table_from_a_file(shape, ending, tmp_path):
    frame = SHAPES[shape]()
    frame = frame.to_pandas() if isinstance(frame, pa.Table) else frame
    frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if None in frame.index.names and isinstance(frame.index, pd.MultiIndex):
        frame.index.names = ["datetime" if "datetime64" in str(level.dtype) else "instrument"
                             for level in frame.index.levels]  # fmt: skip
    frame.columns = [str(name) for name in frame.columns]
    path = tmp_path / f"scores.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "feather":
        frame.reset_index().to_feather(path)
    else:
        frame.to_csv(path, float_format="%.17g")
    assert read_scores(path).digest == read_scores(wide()).digest


def test_numbers_of_32_bits_are_taken_as_they_are():
    scores = read_scores(wide().astype(np.float32))
    assert (scores.values == long().dropna().astype(np.float32).astype(float)).all()


def test_the_day_of_knowledge_is_a_column_or_a_level():
    frame = long().reset_index()
    frame["known"] = frame["date"] + pd.Timedelta(days=3)
    renamed = frame.rename(columns={"known": "announced"})
    told = read_scores(frame)
    assert (told.known == told.dates + np.timedelta64(3, "D")).all()
    assert read_scores(renamed, column="score", known="announced").digest == told.digest
    levels = frame.set_index(["known", "code", "date"])
    assert read_scores(levels).digest == told.digest
    assert told.digest != read_scores(frame.drop(columns="known")).digest
    beside = wide().assign(known=wide().index + pd.Timedelta(days=3))
    assert read_scores(beside).digest == told.digest


def test_a_score_known_on_its_own_day_is_a_score_without_that_column():
    frame = long().reset_index()
    assert read_scores(frame.assign(known=frame["date"])).digest == read_scores(frame).digest


def test_the_column_of_the_scores_can_be_chosen():
    frame = long().reset_index().assign(other=1.0)
    assert (read_scores(frame, column="other").values == 1.0).all()
    assert read_scores(frame, column="score").digest == read_scores(wide()).digest


@settings(max_examples=25, deadline=None)
@given(
    order=st.randoms(use_true_random=False),
    spelling=st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=6, max_size=6),
    names=st.sampled_from([("date", "asset"), ("datetime", "instrument"), ("day", "symbol")]),
    swapped=st.booleans(),
    flat=st.booleans(),
)
def test_order_of_rows_levels_and_spellings_change_nothing(order, spelling, names, swapped, flat):
    series = long(names)
    words = {code: SPELLINGS[how](code) for code, how in zip(CODES, spelling, strict=True)}
    series = series.rename(words, level=1)
    places = list(range(len(series)))
    order.shuffle(places)
    series = series.iloc[places]
    table = series.swaplevel() if swapped else series
    assert read_scores(table.reset_index() if flat else table).digest == read_scores(long()).digest


def test_a_kept_table_is_read_as_what_it_was(tmp_path):
    frame = long().reset_index()
    frame["known"] = frame["date"] + pd.Timedelta(days=1)
    for table in (frame, frame.drop(columns="known"), wide().assign(AAPL=1.0)):
        scores = read_scores(table)
        (tmp_path / "kept.parquet").write_bytes(scores.to_parquet())
        assert read_scores(tmp_path / "kept.parquet").digest == scores.digest
