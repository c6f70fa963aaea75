"""New days are added to a dataset, changed history is found, and nobody sees half an update."""

import json
import multiprocessing
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.market.checks import Collector
from quanthedge.sources import import_market, update_market
from quanthedge.sources.news import contracts_with_ends, joined_stocks
from quanthedge.sources.source import News
from tests.market.small_market import small_market
from tests.sample import SAMPLE

CUT = date(2014, 3, 3)


def save(folder: Path, tables) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def fingerprint(folder: Path) -> str:
    return json.loads((folder / "manifest.json").read_text())["fingerprint"]


def until(tables, day: date):
    """The tables as a source would have given them on an earlier day."""
    cut = {}
    for name, whole in tables.items():
        table = whole
        for column in ("date", "known_date", "start", "list_date"):
            if column in table.column_names:
                table = table.filter(pc.less_equal(table[column], pa.scalar(day)))
        for column in ("end", "delist_date"):
            if column in table.column_names:
                later = pc.greater(table[column], pa.scalar(day))
                place = table.column_names.index(column)
                table = table.set_column(
                    place, table.schema.field(place),
                    pc.if_else(pc.fill_null(later, True), None, table[column]),
                )  # fmt: skip
        cut[name] = table
    return cut


def since(tables, day: date):
    """Only the last days, as a daily download gives them."""
    recent = {}
    for name, table in tables.items():
        dated = "date" in table.column_names
        recent[name] = table.filter(pc.greater_equal(table["date"], day)) if dated else table
    return recent


def altered(tables, name: str, column: str, value):
    """Change the first row that was known by the cut."""
    table = tables[name]
    public = "known_date" if "known_date" in table.column_names else "date"
    row = next(k for k, day in enumerate(table[public].to_pylist()) if day <= CUT)
    values = table[column].to_pylist()
    values[row] = value
    place = table.column_names.index(column)
    kind = table.schema.field(place)
    return {**tables, name: table.set_column(place, kind, pa.array(values, kind.type))}


@pytest.fixture
def tables():
    return small_market()


@pytest.fixture
def early(tmp_path, tables):
    import_market(save(tmp_path / "early", until(tables, CUT)), tmp_path / "m", name="small")
    return tmp_path / "m"


@pytest.mark.parametrize("news", ["everything", "from the last day on"])
def test_an_updated_market_is_the_market_imported_at_once(tmp_path, tables, early, news):
    whole = save(tmp_path / "whole", tables)
    import_market(whole, tmp_path / "direct", name="small")
    source = whole if news == "everything" else save(tmp_path / "new", since(tables, CUT))
    report = update_market(source, early)
    assert fingerprint(early) == fingerprint(tmp_path / "direct")
    assert "rows added" in report.to_text()
    assert not any(f.rule == "update" and f.level == "warning" for f in report)


def test_nulls_where_a_number_may_be_unknown_are_taken_as_an_import_takes_them(tmp_path, tables):
    bars = tables["stock_daily"]
    for name in ("amount", "total_shares", "float_shares"):
        values = bars[name].to_pylist()
        values[::7] = [None] * len(values[::7])
        place = bars.column_names.index(name)
        bars = bars.set_column(place, name, pa.array(values, pa.float64()))
    tables = {**tables, "stock_daily": bars}
    import_market(save(tmp_path / "early", until(tables, CUT)), tmp_path / "m", name="small")
    update_market(save(tmp_path / "new", since(tables, CUT)), tmp_path / "m")
    import_market(save(tmp_path / "whole", tables), tmp_path / "direct", name="small")
    assert fingerprint(tmp_path / "m") == fingerprint(tmp_path / "direct")


def test_a_null_where_none_may_be_is_one_clear_error(tmp_path, tables, early):
    bars = tables["stock_daily"]
    values = bars["close"].to_pylist()
    values[-1] = None
    place = bars.column_names.index("close")
    wrong = bars.set_column(place, "close", pa.array(values, pa.float64()))
    before = fingerprint(early)
    with pytest.raises(DataError, match="stock_daily: 1 row has no close"):
        update_market(save(tmp_path / "wrong", {**tables, "stock_daily": wrong}), early)
    assert fingerprint(early) == before


def test_old_delistings_keep_their_day_when_the_source_begins_later():
    calendar = np.arange(np.datetime64("2014-01-01"), np.datetime64("2014-03-01"))
    codes = ["600000.SH", "600001.SH", "600002.SH"]
    first = pa.array([date(2001, 1, 2)] * 3)
    gone = [date(2010, 5, 4), None, date(2014, 1, 8)]
    old = pa.table({"code": codes, "list_date": first, "delist_date": pa.array(gone, pa.date32())})
    days = np.union1d(calendar, np.arange(np.datetime64("2010-05-01"), np.datetime64("2010-06-01")))
    last = [date(2010, 5, 3), date(2014, 2, 3), date(2014, 1, 7)]
    news = News(last_days=pa.table({"code": codes, "list_date": first, "last_day": last}))
    found = joined_stocks(old, old, news, old.slice(0, 0), days, Collector())
    assert found["delist_date"].to_pylist() == [date(2010, 5, 4), date(2014, 2, 4),
                                                date(2014, 1, 8)]  # fmt: skip


def test_the_end_of_a_contract_reaches_rows_without_a_new_bar(tables):
    futures = tables["futures_daily"]
    contract = futures["contract"][-1].as_py()
    told = pa.table({"contract": [contract], "last_trading_day": [date(2014, 8, 18)]})
    found = contracts_with_ends(
        futures, told, np.datetime64(CUT), tables["calendar"]["date"].to_numpy()
    )
    mine = found.filter(pc.equal(found["contract"], contract))
    assert set(mine["last_trading_day"].to_pylist()) == {date(2014, 8, 18)}


def test_an_update_with_nothing_new_changes_nothing(tmp_path, tables):
    source = save(tmp_path / "whole", tables)
    import_market(source, tmp_path / "m")
    before = fingerprint(tmp_path / "m")
    update_market(source, tmp_path / "m")
    assert fingerprint(tmp_path / "m") == before


def test_another_level_of_the_factor_is_no_change(tmp_path, tables, early):
    bars = tables["stock_daily"]
    place = bars.column_names.index("adj_factor")
    doubled = pc.multiply(bars["adj_factor"], 2.0)
    other = {**tables, "stock_daily": bars.set_column(place, bars.schema.field(place), doubled)}
    import_market(save(tmp_path / "whole", tables), tmp_path / "direct", name="small")
    update_market(save(tmp_path / "other", since(other, CUT)), early)
    old, new = (Market.open(folder).panel("adj_factor") for folder in (tmp_path / "direct", early))
    np.testing.assert_allclose(new, old, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "column", "value", "words"),
    [
        (
            "stock_daily",
            "volume",
            123.0,
            r"stock_daily: .* 1 changed \(first: \d{6}\.S[HZ] .*volume",
        ),
        ("index_daily", "close", 2500.0, "index_daily: .* 1 changed .*close"),
        ("fundamentals", "value", 77.0, "fundamentals: .* 1 changed .*value"),
        ("cash_rate", "rate", 0.0123, "cash_rate: .* 1 changed .*rate"),
    ],
)
def test_changed_history_is_named_and_refused(tmp_path, tables, early, name, column, value, words):
    before = fingerprint(early)
    source = save(tmp_path / "changed", altered(tables, name, column, value))
    with pytest.raises(DataError, match=words):
        update_market(source, early)
    assert fingerprint(early) == before
    report = update_market(source, early, accept_changes=True)
    assert any(f.table == name and "1 changed" in f.text for f in report.warnings)


def test_a_vanished_bar_is_history_changed(tmp_path, tables, early):
    bars = tables["stock_daily"]
    keep = np.ones(bars.num_rows, dtype=bool)
    keep[3] = False
    source = save(tmp_path / "gone", {**tables, "stock_daily": bars.filter(pa.array(keep))})
    with pytest.raises(DataError, match=r"stock_daily: .* 1 gone"):
        update_market(source, early)


def test_an_open_market_says_that_it_must_be_opened_again(tmp_path, tables, early):
    market = Market.open(early)
    close = market.panel("close")
    update_market(save(tmp_path / "whole", tables), early)
    assert np.isfinite(close).any()  # what was read stays readable
    with pytest.raises(DataError, match="open it again"):
        market.index_close("000300.SH")
    assert len(Market.open(early).dates) > len(market.dates)


def _update(source: Path, target: Path) -> None:
    update_market(source, target)


def test_two_updates_at_once_wait_for_each_other(tmp_path, tables, early):
    source = save(tmp_path / "whole", tables)
    processes = [
        multiprocessing.get_context("spawn").Process(target=_update, args=(source, early))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    import_market(source, tmp_path / "direct", name="small")
    assert fingerprint(early) == fingerprint(tmp_path / "direct")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_truth_of_a_simulated_market_is_not_lost_to_an_update(tmp_path):
    target = tmp_path / "simulated"
    shutil.copytree(SAMPLE, target, ignore=shutil.ignore_patterns(".panels"))
    before = sorted(path.name for path in (target / "truth").iterdir())
    assert before
    with pytest.raises(DataError, match="a simulated market, whose truth is of its own days"):
        update_market(SAMPLE, target)
    assert sorted(path.name for path in (target / "truth").iterdir()) == before


def test_there_must_be_a_dataset_to_update(tmp_path, tables):
    with pytest.raises(DataError, match="no such folder"):
        update_market(save(tmp_path / "whole", tables), tmp_path / "nothing")
