"""Data come out of a market as tables of dates x codes that pandas alone would give."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import QuantHedgeError
from quanthedge.strategy import load_strategy
from quanthedge.universe import AllUniverse, LargestUniverse
from quanthedge.universe.filters import Price
from tests.sample import ROOT, sample_market

SPAN = {"start": "2014-06-01", "end": "2014-07-30"}
NOBODY = AllUniverse(filters=(Price(min_yuan=1e9),))


def table(name="stock_daily"):
    return pd.read_parquet(ROOT / "data" / "sample" / f"{name}.parquet")


def test_prices_are_those_of_the_table_of_bars():
    market = sample_market()
    found = market.prices("close", **SPAN)
    bars = table()
    bars = bars.assign(date=pd.to_datetime(bars["date"]), code=bars["code"].astype(str))
    wide = bars.pivot_table(index="date", columns="code", values="close")
    wide = wide.loc["2014-06-01":"2014-07-30"].reindex(columns=market.codes)
    assert found.index.name == "date"
    assert found.columns.name == "code"
    assert found.index.equals(pd.DatetimeIndex(wide.index, name="date"))
    np.testing.assert_allclose(found.to_numpy(), wide.to_numpy())
    assert market.prices().shape == (len(market.dates), len(market.codes))


def test_adjusted_prices_move_as_the_holder_earned():
    market = sample_market()
    returns = market.returns(**SPAN)
    for way in ("backward", "forward"):
        mark = market.prices("mark", adjusted=way, **SPAN)
        moved = mark.pct_change(fill_method=None).where(returns.notna())
        both = moved.notna() & returns.notna()
        assert both.to_numpy().mean() > 0.7
        assert (moved - returns).abs().where(both).max().max() < 2e-3
    forward = market.prices("mark", adjusted="forward", **SPAN)
    raw = market.prices("mark", **SPAN)
    pd.testing.assert_series_equal(forward.iloc[-1], raw.iloc[-1])
    backward = market.prices("mark", adjusted="backward", **SPAN)
    early = market.until("2014-07-30").prices("mark", adjusted="backward", **SPAN)
    pd.testing.assert_frame_equal(early, backward)


def test_codes_are_understood_in_every_spelling_and_come_in_the_order_asked():
    market = sample_market()
    first, second = str(market.codes[3]), str(market.codes[1])
    number, exchange = first.split(".")
    for text in (first, exchange.lower() + number, f"{exchange}.{number}", number):
        found = market.bars("volume", codes=[text, second], **SPAN)
        assert found.columns.tolist() == [first, second]
    begin, end = market.span(*SPAN.values())
    np.testing.assert_array_equal(found[first], market.panel("volume")[begin : end + 1, 3])


def test_reports_come_as_they_were_known():
    market = sample_market()
    item = market.fundamental_items()[0]
    found = market.fundamentals(item, **SPAN)
    begin, end = market.span(*SPAN.values())
    np.testing.assert_array_equal(found.to_numpy(), market.fundamental(item)[begin : end + 1])
    for name in market.statement_items()[:1]:
        np.testing.assert_array_equal(
            market.fundamentals(name, **SPAN).to_numpy(), market.statement(name)[begin : end + 1]
        )


def test_a_universe_is_a_table_of_booleans():
    market = sample_market()
    found = market.universe(LargestUniverse(n=30), **SPAN)
    assert (found.sum(axis=1) == 30).all()
    assert set(found.dtypes) == {np.dtype(bool)}
    strategy = load_strategy(next(iter(sorted((ROOT / "strategies").glob("*.toml")))))
    assert market.universe(strategy, **SPAN).equals(market.universe(strategy.universe, **SPAN))


def test_a_table_may_be_written_to():
    market = sample_market()
    found = market.prices("close", **SPAN)
    before = market.panel("close").copy()
    found.iloc[:, :] = -1.0
    np.testing.assert_array_equal(market.panel("close"), before)


BAD = {
    "a price that is none": (lambda m: m.prices("volume"), "'volume' is no price"),
    "an adjustment that is none": (lambda m: m.prices(adjusted=True), "accepted: None"),
    "an adjustment in another word": (lambda m: m.prices(adjusted="qfq"), "'backward'"),
    "bars that are none": (lambda m: m.bars("vwap"), "no bars 'vwap'"),
    "no date": (lambda m: m.prices(start="soon"), "no.* date"),
    "dates turned round": (lambda m: m.prices(start="2014-08-01", end="2014-06-01"), "after end"),
    "a date outside": (lambda m: m.prices(start="1990-01-01"), "outside the market"),
    "no code": (lambda m: m.prices(codes="Moutai"), "code 'Moutai'"),
    "a stock that is not there": (lambda m: m.prices(codes=["999999.SH"]), "no stock"),
    "a stock asked for twice": (lambda m: m.prices(codes=[m.codes[0]] * 2), "twice"),
    "numbers as codes": (lambda m: m.prices(codes=[1, 2]), "accepted: texts"),
    "no codes": (lambda m: m.prices(codes=[]), "at least one"),
    "no item": (lambda m: m.fundamentals("ebitda2"), "no item 'ebitda2'"),
    "no figure": (lambda m: m.fundamentals(m.fundamental_items()[0], figure="year"), "quarter"),
    "no universe": (lambda m: m.universe("CSI 300"), "neither a strategy nor a universe"),
    "an empty universe": (lambda m: m.universe(NOBODY, **SPAN), "empty on"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_wrong_names_and_dates_end_in_one_line(name):
    call, told = BAD[name]
    with pytest.raises(QuantHedgeError, match=told) as caught:
        call(sample_market())
    assert "\n" not in str(caught.value)
