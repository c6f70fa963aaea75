"""What is planned: enough for the importer, nothing twice, and only what there is."""

import inspect
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quanthedge.errors import DataError
from quanthedge.sources.akshare.client import AkShare
from quanthedge.sources.baostock.client import BaoStock
from quanthedge.sources.download.plan import Period, Request, Vendor, chosen_tables
from quanthedge.sources.download.secret import Token
from quanthedge.sources.tushare import tables as tushare_tables
from quanthedge.sources.tushare.client import Tushare
from tests.sources.download import fake_akshare
from tests.sources.download.conftest import Fetch
from tests.sources.download.fake_baostock import BaoStockModule
from tests.sources.download.tushare_server import TOKEN

PERIOD = Period(date(2014, 12, 15), date(2015, 2, 10))
VENDORS: dict[str, Vendor] = {
    "tushare": Tushare(Token(TOKEN)),
    "akshare": AkShare(fake_akshare.module()),
    "baostock": BaoStock(BaoStockModule().module()),
}
STORED = {
    "trade_cal": {"cal_date": ["20150104", "20150105", "20150106"], "is_open": [0.0, 1.0, 1.0]},
    "stock_basic": {
        "ts_code": ["000001.SZ", "600001.SH", "688001.SH"],
        "list_date": ["19910403", "19980122", "20190722"],
        "delist_date": [None, "20091229", None],
    },
}


def read(table: str, columns: Sequence[str]) -> pa.Table | None:
    return pa.table(STORED[table]).select(list(columns)) if table in STORED else None


def planned(vendor: str, *tables: str) -> list[Request]:
    client = VENDORS[vendor]
    stages = client.stages(chosen_tables(client, tables or None), PERIOD, read, date(2015, 2, 10))
    return [request for stage in stages for request in stage]


def keys(requests: list[Request], table: str) -> list[str]:
    return [request.key for request in requests if request.table.name == table]


def test_tushares_plan_asks_for_days_months_quarters_and_variants() -> None:
    requests = planned("tushare")
    assert keys(requests, "daily") == ["20150106", "20150105"]
    assert keys(requests, "fut_daily") == ["20150106", "20150105"]
    assert keys(requests, "stock_basic") == ["L", "D", "P"]
    assert keys(requests, "index_member_all") == ["current", "former"]
    members = keys(requests, "index_weight")
    assert {"399300.SZ_201412", "000300.SH_201502", "000905.SH_201501"} <= set(members)
    quarters = keys(requests, "income_vip")
    assert quarters[:3] == ["20121231_1", "20121231_4", "20121231_5"]  # two years before
    assert quarters[-1] == "20141231_5"
    assert keys(requests, "fina_indicator_vip")[-1] == "20141231"
    dividends = [request for request in requests if request.table.name == "dividend"]
    assert dict(dividends[0].params) == {"ex_date": "20150106"}


def test_reports_by_stock_leave_out_those_not_listed_in_the_period() -> None:
    assert keys(planned("tushare", "fina_indicator"), "fina_indicator") == ["000001.SZ"]
    assert keys(planned("tushare", "income"), "income") == [f"000001.SZ_{k}" for k in "145"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_two_requests_share_a_file(vendor: str) -> None:
    every = [table.name for table in VENDORS[vendor].tables]
    requests = planned(vendor, *every)
    files = [request.name.lower() for request in requests]
    assert len(set(files)) == len(files)


def fields_of(vendor: str) -> dict[str, set[str]]:
    return {table.name: set(table.columns) for table in VENDORS[vendor].tables}


TUSHARE = (*tushare_tables.OTHERS, *(table for table, _ in tushare_tables.STATEMENTS.values()))


@pytest.mark.parametrize("table", TUSHARE, ids=lambda table: table.files[0])
def test_columns_that_the_importer_needs_are_asked_for(table: Any) -> None:
    asked = fields_of("tushare")
    for file in table.files:
        needed = [field.found for field in table.fields if field.needed]
        assert not [found for found in needed if not set(found) & asked[file]]


def test_statements_ask_for_every_item_that_the_importer_keeps() -> None:
    asked = fields_of("tushare")
    for name, (table, _) in tushare_tables.STATEMENTS.items():
        items = {name for field in table.fields for name in field.found}
        lacking = items - asked[f"{name}_vip"]
        assert lacking <= {"report_type", "f_ann_date"}, (name, lacking)
        if name != "fina_indicator":
            assert not lacking


def test_tables_that_the_plan_needs_are_added_to_those_asked_for() -> None:
    names = [table.name for table in chosen_tables(VENDORS["tushare"], ["daily"])]
    assert names == ["trade_cal", "daily"]


def test_an_unknown_table_is_answered_with_those_there_are(fetch: Fetch) -> None:
    with pytest.raises(DataError, match=r"'dayly'; accepted: trade_cal.*on demand: income"):
        fetch("dayly")
    with pytest.raises(DataError, match="no tables"):
        chosen_tables(VENDORS["tushare"], [])


@pytest.mark.parametrize(
    ("days", "said"),
    [({"start": "2015-08-01", "end": "2015-07-01"}, "give the earlier day first"),
     ({"start": "1980-01-01"}, "accepted are days from 1990-01-01"),
     ({"start": "2016-01-01", "end": "2016-02-01"}, "to today"),
     ({"refresh": -1}, "0 or more")],
)  # fmt: skip
def test_days_that_cannot_be_are_refused(
    fetch: Fetch, tmp_path: Path, days: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        fetch("daily", **days)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("vendor", ["akshare", "baostock"])
def test_the_installed_package_has_every_function_with_its_parameters(vendor: str) -> None:
    package = pytest.importorskip(vendor)
    for table in VENDORS[vendor].tables:
        function = getattr(package, table.call or table.name)
        example = PARAMETERS[vendor].get(table.by, {})
        variant = next(iter(table.variants.values()))
        inspect.signature(function).bind(**{**example, **variant})


DAYS = {"start_date": "20150701", "end_date": "20150701"}
PARAMETERS: dict[str, dict[str, dict[str, str]]] = {
    "akshare": {
        "code": {"symbol": "600000", "period": "daily", **DAYS},
        "actions": {"symbol": "600000"},
        "index": {"symbol": "000300", "period": "daily", **DAYS},
        "members": {"symbol": "000300"},
        "futures day": {**DAYS, "market": "CFFEX"},
    },
    "baostock": {
        "calendar": DAYS,
        "bars": {"code": "a", "fields": "b", "frequency": "d", "adjustflag": "3", **DAYS},
        "month end": {"date": "2015-07-01"},
        "quarter end": {"date": "2015-07-01"},
        "dividends": {"code": "a", "year": "2015", "yearType": "operate"},
        "factors": {"code": "a", **DAYS},
        "reports": {"code": "a", "year": "2015", "quarter": "1"},
    },
}
