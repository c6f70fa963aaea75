"""Weights, statements, holdings of funds, industry indices and the curve: as known on each day."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.checks import Collector
from quanthedge.market.schema import STATEMENT_ITEMS, TABLES
from quanthedge.sources import update_market
from quanthedge.sources.supplement import with_all_contracts
from tests.market.small_market import to_arrow
from tests.sample import SAMPLE

INDEX = "000300.SH"
CODES = ["000001.SZ", "000002.SZ", "600000.SH", "600004.SH"]
DAYS = pd.bdate_range("2014-04-01", periods=20).date.tolist()


def bars():
    """Four stocks that trade every day at prices that go different ways."""
    rows = []
    for n, code in enumerate(CODES):
        close = np.round(10 * np.cumprod(np.full(len(DAYS), 1.0 + 0.01 * (n - 1))), 2)
        frame = pd.DataFrame({"code": code, "date": DAYS, "close": close})
        frame["pre_close"] = np.append(10.0, close[:-1])
        frame["open"] = frame["pre_close"]
        frame["high"] = frame[["open", "close"]].max(axis=1)
        frame["low"] = frame[["open", "close"]].min(axis=1)
        rows.append(frame.assign(volume=1e6, amount=1e6 * (frame["open"] + close) / 2,
                                 adj_factor=1.0, total_shares=1e9, float_shares=1e9,
                                 is_st=False, is_delisting=False))  # fmt: skip
    return to_arrow(pd.concat(rows), "stock_daily")


def market_with(folder, **tables):
    stocks = pd.DataFrame({"code": CODES, "list_date": DAYS[0], "delist_date": pd.NaT})
    base = {
        "calendar": to_arrow(pd.DataFrame({"date": DAYS}), "calendar"),
        "stocks": to_arrow(stocks, "stocks"),
        "stock_daily": bars(),
    }
    report = write_dataset(folder, base | tables, name="small", source="made by hand")
    return Market.open(folder), report


def weights(*rows, index=INDEX):
    frame = pd.DataFrame(rows, columns=["date", "code", "weight"]).assign(index_code=index)
    return to_arrow(frame[["index_code", "date", "code", "weight"]], "index_weights")


def statements(*rows):
    """Rows of code, period_end, known_date and items."""
    made = []
    for code, period, known, items in rows:
        blank = dict.fromkeys(STATEMENT_ITEMS, np.nan)
        made.append({"code": code, "period_end": period, "known_date": known,
                     "announce_date": None, **blank, **items})  # fmt: skip
    return pa.Table.from_pylist(made, TABLES["statements"].arrow)


def test_weights_drift_with_prices_until_the_next_list(tmp_path):
    lists = weights(
        (DAYS[3], CODES[0], 0.6), (DAYS[3], CODES[1], 0.4),
        (DAYS[8], CODES[1], 0.5), (DAYS[8], CODES[2], 0.5),
    )  # fmt: skip
    market, _ = market_with(tmp_path / "m", index_weights=lists)
    found, origin = market.index_weights(INDEX)
    assert np.isnan(found[:3]).all()
    assert np.isnat(origin[:3]).all()
    one, two, three = (market.column(code) for code in CODES[:3])
    worth = market.panel("mark") * market.panel("adj_factor")
    value = np.array([0.6, 0.4]) * worth[6, [one, two]] / worth[3, [one, two]]
    np.testing.assert_allclose(found[6, [one, two]], value / value.sum())
    assert found[8, [one, two, three]].tolist() == [0.0, 0.5, 0.5]
    assert [str(day) for day in origin[[3, 7, 8]]] == [str(DAYS[3]), str(DAYS[3]), str(DAYS[8])]


def test_nothing_of_a_list_is_known_before_its_day(tmp_path):
    lists = weights((DAYS[3], CODES[0], 1.0), (DAYS[8], CODES[1], 1.0))
    market, _ = market_with(tmp_path / "m", index_weights=lists)
    found, _ = market.index_weights(INDEX)
    cut, _ = market.until(DAYS[7]).index_weights(INDEX)
    np.testing.assert_array_equal(cut, found[: len(cut)])
    with pytest.raises(DataError, match="no weights of"):
        market.until(DAYS[2]).index_weights(INDEX)
    assert market.until(DAYS[2]).weight_indices() == []


def test_a_statement_counts_from_the_day_on_which_it_was_known(tmp_path):
    march, june = dt.date(2013, 12, 31), dt.date(2014, 3, 31)
    table = statements(
        (CODES[0], march, DAYS[5], {"total_assets": 10.0, "revenue": 4.0}),
        (CODES[0], march, DAYS[9], {"revenue": 5.0}),  # says nothing of the balance sheet
        (CODES[0], june, DAYS[12], {"total_assets": 12.0, "revenue": 2.0}),
    )  # fmt: skip
    market, _ = market_with(tmp_path / "m", statements=table)
    n = market.column(CODES[0])
    assets, revenue = market.statement("total_assets")[:, n], market.statement("revenue")[:, n]
    assert np.isnan(assets[4])
    assert assets[[5, 9, 12]].tolist() == [10.0, 10.0, 12.0]
    assert revenue[[5, 8, 9, 12]].tolist() == [4.0, 4.0, 5.0, 2.0]
    assert market.statement("revenue", "first")[9, n] == 4.0
    assert len(market.until(DAYS[9]).statements(CODES[0])) == 2
    np.testing.assert_array_equal(market.until(DAYS[9]).statement("revenue")[:, n], revenue[:10])
    with pytest.raises(DataError, match="figure of the balance sheet"):
        market.statement_ttm("total_assets")


def test_trailing_flows_add_the_year_before(tmp_path):
    ends = [dt.date(2013, 3, 31), dt.date(2013, 12, 31), dt.date(2014, 3, 31)]
    rows = zip(ends, (1, 2, 3), (3.0, 20.0, 5.0), strict=True)
    table = statements(*((CODES[0], end, DAYS[k], {"revenue": value}) for end, k, value in rows))
    market, _ = market_with(tmp_path / "m", statements=table)
    n = market.column(CODES[0])
    assert market.statement_ttm("revenue")[3, n] == 5.0 + 20.0 - 3.0
    assert market.statement_quarter("revenue")[3, n] == 5.0


def test_the_ten_largest_positions_never_stand_in_for_whole_holdings(tmp_path):
    rows = [
        (CODES[0], dt.date(2013, 12, 31), DAYS[4], True, 50.0),
        (CODES[1], dt.date(2013, 12, 31), DAYS[4], True, 7.0),
        (CODES[0], dt.date(2014, 3, 31), DAYS[8], False, 9.0),
    ]
    frame = pd.DataFrame(rows, columns=["code", "period_end", "known_date", "full_holdings", "n"])
    frame = frame.assign(funds_holding=frame["n"], shares_held=1e6, value_held=np.nan)
    table = to_arrow(frame.drop(columns="n"), "fund_holdings")
    market, _ = market_with(tmp_path / "m", fund_holdings=table)
    full = market.fund_holdings("funds_holding", full=True)
    assert np.isnan(full[3]).all()
    assert full[[4, 9], market.column(CODES[0])].tolist() == [50.0, 50.0]
    assert full[9, market.column(CODES[2])] == 0.0  # no fund held it
    ten = market.fund_holdings("funds_holding", full=False)
    assert np.isnan(ten[7]).all()
    assert ten[8, market.column(CODES[1])] == 0.0


@pytest.fixture(scope="module")
def sample() -> Market:
    return Market.open(SAMPLE)


def test_the_samples_new_tables_are_cut_like_all_others(sample):
    day = sample.dates[300]
    cut = sample.until(day)
    code = sample.industry_indices()["code"].iloc[0]
    np.testing.assert_array_equal(
        cut.industry_index_close(code), sample.industry_index_close(code)[:301]
    )
    np.testing.assert_array_equal(cut.government_yield("10Y"), sample.government_yield("10Y")[:301])
    assert cut.government_curve().index.max() == pd.Timestamp(day)
    np.testing.assert_array_equal(
        cut.statement("equity_parent"), sample.statement("equity_parent")[:301]
    )
    np.testing.assert_array_equal(
        cut.index_weights("000300.SH")[0], sample.index_weights("000300.SH")[0][:301]
    )


@pytest.mark.parametrize("alteration", ["scrambled", "absurd", "restated"])
def test_another_future_changes_nothing_of_the_past_of_the_new_tables(sample, alteration):
    other = sample.altered(300, alteration)
    code = sample.industry_indices()["code"].iloc[0]
    for read in (
        lambda market: market.index_weights("000300.SH")[0],
        lambda market: market.statement("equity_parent"),
        lambda market: market.statement_ttm("net_profit_parent"),
        lambda market: market.industry_index_close(code)[:, None],
        lambda market: market.government_yield("10Y")[:, None],
    ):
        true, made = read(sample), read(other)
        np.testing.assert_allclose(made[:301], true[:301], rtol=1e-9)
    if alteration != "restated":
        later = other.statement("equity_parent")[301:]
        assert not np.array_equal(later, sample.statement("equity_parent")[301 : len(later) + 301],
                                  equal_nan=True)  # fmt: skip


def test_reports_restated_later_are_seen_later(sample):
    other = sample.altered(300, "restated")
    later = slice(301, len(other.dates))
    true, made = (m.statement("equity_parent")[later] for m in (sample, other))
    assert not np.array_equal(true, made, equal_nan=True)


def test_opening_a_market_reads_none_of_the_tables_that_nobody_asked_for():
    assert set(Market.open(SAMPLE)._store._tables) == {"calendar", "stocks"}


def test_other_members_than_the_weights_are_named_with_their_days(tmp_path):
    spells = pd.DataFrame({"index_code": INDEX, "code": CODES[:2], "start": DAYS[0], "end": pd.NaT})
    lists = weights(*((day, code, 0.5) for day in DAYS[5:9] for code in CODES[1:3]))
    members = to_arrow(spells, "index_members")
    _, report = market_with(tmp_path / "m", index_weights=lists, index_members=members)
    text = next(f.text for f in report.warnings if f.rule.startswith("other than the weights"))
    assert "4 lists of 000300.SH (of 4)" in text
    said = f"{DAYS[5]} to {DAYS[8]}: only in weights {CODES[2]}, only in members {CODES[0]}"
    assert said in text


def test_weights_in_percent_are_refused(tmp_path):
    with pytest.raises(DataError, match="weights are fractions"):
        market_with(tmp_path / "m", index_weights=weights((DAYS[3], CODES[0], 100.0)))


def all_contracts(**changes):
    rows = {
        "date": DAYS[:3], "product": "IF", "contract": "IF1402",
        "last_trading_day": dt.date(2014, 2, 21), "open": 2300.0, "high": 2310.0, "low": 2290.0,
        "close": 2305.0, "settle": [2301.0, 2302.0, 2303.0], "volume": 10.0, "amount": 6.9e6,
        "open_interest": 5.0, **changes,
    }  # fmt: skip
    return pd.DataFrame(rows)


def test_the_table_of_all_contracts_wins_and_every_conflict_is_counted(tmp_path):
    full = all_contracts(pre_settle=2300.0, limit_up=2530.0, limit_down=2070.0)
    full.loc[2, "settle"] = np.nan
    path = tmp_path / "futures_all_contracts_daily.parquet"
    full.to_parquet(path)
    few = all_contracts(settle=[2301.0, 2302.6, 2303.5])
    extra = few.iloc[:1].assign(contract="IF1403", last_trading_day=dt.date(2014, 3, 21))
    few = pd.concat([few, extra])
    table = pa.Table.from_pandas(few, preserve_index=False)
    collector = Collector()
    calendar = np.array(DAYS, dtype="datetime64[D]")
    made = with_all_contracts(tmp_path, table, calendar, collector).to_pandas()
    one = made[made["contract"] == "IF1402"]
    assert one["settle"].tolist() == [2301.0, 2302.0, 2303.5]  # the winner's, gaps filled
    assert one["pre_settle"].tolist() == [2300.0] * 3
    assert len(made) == 4
    text = next(f for f in collector.report().warnings if f.rule == "two values of settle")
    assert (text.count, text.examples[0]) == (1, f"IF1402 {DAYS[1]}: 2302.0 and 2302.6")
    notes = "\n".join(f.text for f in collector.report().of("info"))
    assert "1 row taken from the table of fewer contracts" in notes
    assert "1 row settle missing in the table of all contracts" in notes


def test_an_update_adds_days_of_every_new_table_and_columns_that_may_be_absent(tmp_path):
    whole = {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}
    cut = dt.date(2015, 6, 30)
    dated = {"index_weights": "date", "statements": "known_date", "corporate_actions": "ex_date",
             "industry_index_daily": "date", "government_yield_curve": "date"}  # fmt: skip
    early = dict(whole)
    for name, column in dated.items():
        days = pa.chunked_array([pa.array(whole[name][column].to_pylist(), pa.date32())])
        early[name] = whole[name].filter(pa.compute.less_equal(days, pa.scalar(cut)))
    assert write_dataset(tmp_path / "early", early, name="s", source="s").ok
    source = tmp_path / "source"
    source.mkdir()
    for name, table in whole.items():
        pq.write_table(table, source / f"{name}.parquet")
    update_market(source, tmp_path / "early", layout="quanthedge")
    assert write_dataset(tmp_path / "all", whole, name="s", source="s").ok
    one, two = Market.open(tmp_path / "early"), Market.open(tmp_path / "all")
    assert one.fingerprint == two.fingerprint


def test_a_previous_settlement_other_than_the_day_before_is_named(tmp_path):
    bars_of = {"product": "IF", "contract": "IF1405", "last_trading_day": dt.date(2014, 5, 16)}
    frame = pd.DataFrame({"date": DAYS[:4], **bars_of, "open": 2300.0, "high": 2320.0})
    frame = frame.assign(low=2280.0, close=2301.0, settle=[2301.0, 2302.0, 2303.0, 2304.0])
    frame = frame.assign(volume=1.0, amount=6.9e5, open_interest=1.0)
    frame["pre_settle"] = [2300.0, 2301.0, 2302.5, 2303.0]
    table = to_arrow(frame.assign(limit_up=2310.0, limit_down=2070.0), "futures_daily")
    _, report = market_with(tmp_path / "m", futures_daily=table)
    text = {f.rule: f for f in report.warnings}
    assert text["pre_settle"].examples == [
        f"IF1405 {DAYS[2]}: pre_settle 2302.5, settle of the bar before 2302"
    ]
    assert text["beyond the limit"].count == 4


def test_figures_of_fundamentals_and_statements_that_differ_are_named(tmp_path):
    end, known = dt.date(2012, 12, 31), dt.date(2013, 4, 20)
    fundamentals = pd.DataFrame(
        {"code": CODES[:2], "item": "net_profit_last_annual", "known_date": known,
         "period_end": pd.NaT, "value": [100.0, 100.0]}
    )  # fmt: skip
    reports = statements(
        (CODES[0], end, known, {"net_profit_parent": 100.4}),
        (CODES[1], end, known, {"net_profit_parent": 90.0}),
    )
    _, report = market_with(
        tmp_path / "m", fundamentals=to_arrow(fundamentals, "fundamentals"), statements=reports
    )
    found = next(f for f in report.warnings if f.rule == "two values of net_profit_last_annual")
    assert (found.count, found.examples) == (1, [f"{CODES[1]} 2013-05-31: 100 and 90"])
